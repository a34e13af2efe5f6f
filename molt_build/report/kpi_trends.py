"""The KPIs of a compile_progress run beside what the runs of record before it say.

Those are of the same class of machine. Streaks are the history's (`molt_build.history.kpis`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from molt_build.history.kpis import KpiKey, KpiPoint, kpi_series, streak
from molt_build.history.runs import Run, all_runs
from molt_build.results.cases import CaseCell, CasesResult, JudgedKpi
from molt_build.runs.folder import COMPILE_PROGRESS


@dataclass(frozen=True)
class Judged:
    """A KPI of one cell of the page's run, and what the runs up to it say: oldest first."""

    kpi: JudgedKpi
    cell: CaseCell
    points: tuple[tuple[float | None, bool | None], ...]  # (value, is green) of each run
    streak: int  # for how many consecutive latest runs of record it was green


def kpi_key(cell: CaseCell, kpi: JudgedKpi) -> KpiKey:
    """What the history knows a cell's KPI by."""
    return KpiKey(cell.case, cell.toolchain, cell.label, kpi.name)


def runs_before(
    history: sqlite3.Connection, chosen: CasesResult, warn: Callable[[str], None]
) -> list[Run]:
    """The runs of record before the chosen one on the same class of machine."""
    machine = chosen.environment.machine_class
    return [
        run
        for run in all_runs(history, warn, COMPILE_PROGRESS)
        if run.is_of_record and run.timestamp < chosen.timestamp and run.machine_class == machine
    ]


def judged_kpis(
    history: sqlite3.Connection, chosen: CasesResult, before: Sequence[Run]
) -> list[Judged]:
    """Every KPI of a run, with its points in `before`, and its own as the last."""
    series = kpi_series(history, chosen.environment.machine_class, before=chosen.timestamp)
    return [
        _judged(chosen, cell, kpi, before, series) for cell in chosen.cells for kpi in cell.kpis
    ]


def _judged(
    chosen: CasesResult,
    cell: CaseCell,
    kpi: JudgedKpi,
    before: Sequence[Run],
    series: Mapping[KpiKey, Sequence[KpiPoint]],
) -> Judged:
    known = list(series.get(kpi_key(cell, kpi), ()))
    values = {point.run: (point.value, point.is_green) for point in known}
    own = kpi.value, kpi.is_green
    points = (*(values.get(run.timestamp, (None, None)) for run in before), own)
    if chosen.is_recorded and kpi.is_green is not None:
        known.append(KpiPoint(chosen.timestamp, kpi.value, kpi.is_green))
    return Judged(kpi, cell, points, streak(known))
