"""pyperf's JSON, version 1.0: a benchmark for every scored cell, a run for each of its runs.

A benchmark is named after its program where the file holds one engine, so that two files can be
given to `pyperf compare_to`; else after program and engine. The values are wall seconds; those of a
steady state are benchmarks of their own.
https://pyperf.readthedocs.io/en/latest/api.html#benchmarksuite-class
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from molt_build.measure.process import Metric, Way
from molt_build.report.export.cells import Exported, ExportedCell

_TIMES: Mapping[Way, tuple[Metric, str]] = {
    "run": ("wall_s", ""),
    "steady": ("steady_s", " steady"),
}


def text(run: Exported) -> str:
    """The suite."""
    environment = run.result.environment
    metadata = {
        "unit": "second",
        "cpu_count": environment.cores,
        "cpu_model_name": environment.cpu_model,
        "platform": f"{environment.system} {environment.kernel}",
        "date": run.result.started.replace("T", " ").rstrip("Z"),
        "description": run.result.run,
    }
    is_named = len(run.engines) > 1
    benchmarks = [
        benchmark
        for one in run.cells
        for benchmark in _benchmarks(one, f" [{one.cell.engine}]" if is_named else "")
    ]
    return json.dumps({"benchmarks": benchmarks, "metadata": metadata, "version": "1.0"}) + "\n"


def _benchmarks(one: ExportedCell, of_engine: str) -> Iterator[dict[str, Any]]:
    for way, runs in one.runs.items():
        metric, word = _TIMES[way]
        rows = [
            {
                "metadata": {"command_max_rss": int(values["peak_memory_bytes"])},
                "values": [values[metric]],
            }
            for values in runs
            if values[metric]
        ]
        name = f"{one.title}{word}{of_engine}"
        metadata = {"name": name, "tags": [one.cell.engine], "loops": 1}
        if rows:
            yield {"metadata": metadata, "runs": rows}
