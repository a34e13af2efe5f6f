"""The raw samples of a result, as short as they can be said: every block, in columns.

Of a lane a row for each way of measuring, program, engine and metric: the numbers of its blocks, in
their order, to four digits; memory in KiB. The order of engines within a block is in the result
alone. Of the cases a row for each cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from molt_build.report.dashboard.packing import rounded
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.cases import CasesResult
from molt_build.results.files import Result

KIB = 1024


def samples_of(result: Result) -> dict[str, Any] | None:
    """The samples of a run; None where it timed nothing."""
    if isinstance(result, BenchResult):
        lanes = {name: list(_lane(lane)) for name, lane in result.lanes.items()}
        return {"lanes": {name: rows for name, rows in lanes.items() if rows}}
    if isinstance(result, CasesResult):
        return {"cases": list(_cases(result))}
    return None


def _lane(lane: LaneResult) -> Iterator[dict[str, Any]]:
    for way, measurement in lane.measurements.items():
        found: dict[tuple[str, str, str], list[float | int | None]] = {}
        for block in measurement.blocks:
            for run in block.runs:
                for metric, value in run.metrics.items():
                    key = (block.program, run.engine, str(metric))
                    found.setdefault(key, []).append(_short(metric, value))
        for (program, engine, name), values in found.items():
            yield {"way": way, "p": program, "e": engine, "m": name, "x": values}


def _short(metric: str, value: float) -> float | int | None:
    return round(value / KIB) if metric.endswith("_bytes") else rounded(value)


def _cases(result: CasesResult) -> Iterator[dict[str, Any]]:
    for cell in result.cells:
        if cell.samples:
            yield {
                "c": cell.case,
                "t": cell.toolchain,
                "w": cell.label,
                "x": [rounded(one.wall_s) for one in cell.samples],
                "on": "".join("1" if one.shards == "on" else "0" for one in cell.samples),
                "waited": [rounded(sum(one.lock_waits_s)) for one in cell.samples],
            }
