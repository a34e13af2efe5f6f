"""What is kept of runs: result files under `bench/results/`, and rows in one SQLite history."""
