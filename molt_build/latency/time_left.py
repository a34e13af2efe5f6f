"""How long the cells that are left will take, from what the measured ones took.

A guess for people who wait, and for nothing else: no decision rests on it. A sample of a cell takes
about what samples of the same toolchain and workload took in other cases; where there are none, as
long for each program as everywhere so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean, median
from typing import Any

from molt_build.latency.selection import Cell

OVERHEAD_S = 0.1  # of a sample: the interpreter's own timing, cleaning up


def remaining_s(cells: Iterable[Cell], rows: Mapping[tuple[str, str, str], Any]) -> float | None:
    """Seconds that the cells without a row will take; None while nothing is known."""
    building: dict[tuple[str, str], list[float]] = {}
    for (_, toolchain, workload), row in rows.items():
        if row["median_s"] is not None and row["executed_actions"]:
            building.setdefault((toolchain, workload), []).append(row["median_s"])
    if not building:
        return None
    sizes = {(row["toolchain"], key[2]): len(row["programs"]) for key, row in rows.items()}
    per_program = fmean(median(values) / sizes[key] for key, values in building.items())
    total = 0.0
    for cell in cells:
        if cell.key in rows or cell.skip_reason:
            continue
        known = building.get(cell.key[1:])
        build_s = median(known) if known else per_program * len(cell.programs)
        counted = cell.sample_count + cell.warm_ups
        is_idle = cell.case.cache_state == "warm" and not cell.case.edits
        total += build_s + counted * ((0.0 if is_idle else build_s) + OVERHEAD_S)
    return total
