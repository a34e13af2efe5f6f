"""What starting costs beside what programs take: the start-up floor, and programs too near to it.

A run is a whole process, so starting is part of its time: of a program that runs k times as long as
starting takes, a share of 1/k is not the program's. Where the work itself becomes s times as fast
and starting stays, one sees k / (1 + (k - 1) / s): twice as fast shows as 1.5 at k = 3, as 1.8 at
k = 10; ten times as fast shows as 2.5 at k = 3, as 5.3 at k = 10. Below 3 a third of the time or
more is starting, and a ratio says more of that than of the program; from 10 on it is a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping

from molt_build.engines import AGAIN
from molt_build.results.bench import Cell, LaneResult, Status
from molt_build.results.facts import ShortRun

SHORT = 3.0  # times the start-up floor: what runs less is too short
LONG_ENOUGH = 10  # times: what is advised


def floors(lane: LaneResult) -> dict[str, float]:
    """Engine -> median seconds of the empty program, where it was scored."""
    return {
        cell.engine: cell.metrics["wall_s"].summary.median
        for cell in lane.startup
        if "wall_s" in cell.metrics
    }


def without_floor(lane: LaneResult) -> dict[tuple[Status, str], list[str]]:
    """(status, reason) -> the engines whose start-up could not be measured for it."""
    found: dict[tuple[Status, str], list[str]] = {}
    for cell in lane.startup:
        if cell.status != "ok" and not cell.engine.endswith(AGAIN):
            found.setdefault((cell.status, cell.reason), []).append(cell.engine)
    return found


def short_runs(lane: LaneResult) -> tuple[ShortRun, ...]:
    """The scored programs that run less than three times as long as starting takes."""
    known = floors(lane)
    return tuple(
        ShortRun(cell.program, cell.engine, median_s, known[cell.engine])
        for cell in lane.cells
        if (median_s := _median_s(cell)) is not None
        and cell.engine in known
        and not cell.engine.endswith(AGAIN)
        and median_s < SHORT * known[cell.engine]
    )


def by_engine(lane: LaneResult) -> Mapping[str, list[ShortRun]]:
    """The short runs of each engine that has any, the shortest first."""
    found: dict[str, list[ShortRun]] = {}
    for one in sorted(short_runs(lane), key=lambda one: one.times):
        found.setdefault(one.engine, []).append(one)
    return {name: found[name] for name in lane.engines if name in found}


def _median_s(cell: Cell) -> float | None:
    measured = cell.metrics.get("wall_s")
    return None if measured is None else measured.summary.median
