"""The KPIs of a compile-progress run beside what the runs of record before it say.

Those are of the same class of machine. Streaks are the history's (`molt_build.history.kpis`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from molt_build.history.kpis import KpiKey, KpiPoint, kpi_series, streak
from molt_build.history.runs import Run, all_runs
from molt_build.runs.folder import COMPILE_PROGRESS
from molt_build.runs.rows import cell_workload

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """A KPI of one cell of the page's run, and what the runs up to it say: oldest first."""

    kpi: Mapping[str, Any]
    cell: Cell
    points: tuple[tuple[float | None, bool | None], ...]  # (value, is green) of each run
    streak: int  # for how many consecutive latest runs of record it was green


def runs_before(
    history: sqlite3.Connection, chosen: Mapping[str, Any], warn: Callable[[str], None]
) -> list[Run]:
    """The runs of record before the chosen one on the same class of machine."""
    machine = chosen["environment"].get("machine_class", "")
    return [
        run
        for run in all_runs(history, warn, COMPILE_PROGRESS)
        if run.is_of_record and run.timestamp < chosen["run"] and run.machine_class == machine
    ]


def judged_kpis(
    history: sqlite3.Connection, chosen: Mapping[str, Any], before: Sequence[Run]
) -> list[Judged]:
    """Every KPI of a run, with its points in `before`, and its own as the last."""
    machine = chosen["environment"].get("machine_class", "")
    series = kpi_series(history, machine, before=chosen["run"])
    return [
        _judged(chosen, cell, kpi, before, series)
        for cell in chosen["cells"]
        for kpi in cell["kpis"]
    ]


def _judged(
    chosen: Mapping[str, Any],
    cell: Cell,
    kpi: Mapping[str, Any],
    before: Sequence[Run],
    series: Mapping[KpiKey, Sequence[KpiPoint]],
) -> Judged:
    key = KpiKey(cell["case"], cell["toolchain"], cell_workload(cell), kpi["name"])
    known = list(series.get(key, ()))
    values = {point.run: (point.value, point.is_green) for point in known}
    own = kpi["value"], kpi["is_green"]
    points = (*(values.get(run.timestamp, (None, None)) for run in before), own)
    if chosen["is_recorded"] and kpi["is_green"] is not None:
        known.append(KpiPoint(chosen["run"], *own))
    return Judged(kpi, cell, points, streak(known))
