"""pyperf's JSON, version 1.0: a benchmark for every scored cell, a run for each of its runs.

A benchmark is named after its program where the file holds one engine, so that two files can be
given to `pyperf compare_to`; else after program and engine. The values are wall seconds; those of a
steady state are benchmarks of their own.
https://pyperf.readthedocs.io/en/latest/api.html#benchmarksuite-class
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from molt_build.measure.process import STEADY_METRIC
from molt_build.report.export.cells import Exported, ExportedCell


def text(run: Exported) -> str:
    """The suite."""
    environment = run.environment
    metadata = {
        "unit": "second",
        "cpu_count": environment["cores"],
        "cpu_model_name": environment["cpu_model"],
        "platform": f"{environment['system']} {environment['kernel']}",
        "date": run.started.replace("T", " ").rstrip("Z"),
        "description": run.run,
    }
    is_named = len(run.engines) > 1
    benchmarks = [
        benchmark
        for cell in run.cells
        if cell.status == "ok"
        for benchmark in _benchmarks(cell, f" [{cell.engine}]" if is_named else "")
    ]
    return json.dumps({"benchmarks": benchmarks, "metadata": metadata, "version": "1.0"}) + "\n"


def _benchmarks(cell: ExportedCell, of_engine: str) -> Iterator[dict[str, Any]]:
    if cell.runs:
        yield _benchmark(f"{cell.title}{of_engine}", cell.engine, cell.runs, "wall_s")
    if cell.steady_runs:
        name = f"{cell.title} steady{of_engine}"
        yield _benchmark(name, cell.engine, cell.steady_runs, STEADY_METRIC)


def _benchmark(
    name: str, engine: str, runs: Sequence[Mapping[str, Any]], metric: str
) -> dict[str, Any]:
    rows = [
        {
            "metadata": {"command_max_rss": int(run["peak_memory_bytes"])},
            "values": [run[metric]],
        }
        for run in runs
        if run[metric]
    ]
    return {"metadata": {"name": name, "tags": [engine], "loops": 1}, "runs": rows}
