"""How long the cells that are left will take, from what the measured ones took.

A guess for people who wait, and for nothing else: no decision rests on it. A sample of a cell takes
about what samples of the same toolchain and workload took in other cases; where there are none, as
long for each program as everywhere so far.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean, median

from molt_build.latency.selection import Cell
from molt_build.results.cases import CaseCell

OVERHEAD_S = 0.1  # of a sample: the interpreter's own timing, cleaning up


def remaining_s(cells: Iterable[Cell], done: Iterable[CaseCell]) -> float | None:
    """Seconds that the cells will take that are not done; None while nothing is known."""
    building: dict[tuple[str, str], list[float]] = {}
    per_program: list[float] = []
    for one in done:
        if one.wall_s is not None and one.executed_actions:
            building.setdefault((one.toolchain, one.label), []).append(one.wall_s.median)
            per_program.append(one.wall_s.median / len(one.programs))
    if not building:
        return None
    total = 0.0
    for cell in cells:
        if cell.skip_reason:
            continue
        known = building.get((cell.toolchain, cell.label))
        build_s = median(known) if known else fmean(per_program) * len(cell.programs)
        counted = cell.sample_count + cell.case.warm_ups
        is_idle = cell.case.cache_state == "warm" and not cell.case.edits
        total += build_s + counted * ((0.0 if is_idle else build_s) + OVERHEAD_S)
    return total
