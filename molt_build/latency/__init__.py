"""Build latency, measured case by case: `molt-build compile_progress`.

`job.run_cases` does all of it; the other modules are its steps: `selection` (the cells that are
asked for), `sources` and `workspace` (what each client builds in), `clients` (real builds, side by
side) and `reports` (what they said), `equality` (what was built, run and compared), `measuring`
(the samples of one cell), `summary` (numbers and KPIs), `resuming` (whether an interrupted run can
go on, and what it has).
"""
