"""The job of the friend suites: other projects' benchmarks fetched, built, measured, scored."""
