"""What the history holds of a run, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from molt_build.history.runs import CellRow, PairRow, RunRows
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.formatting import NO_VALUE, interval, metric_value
from molt_build.report.kpi_table import KpiLine, kpi_table
from molt_build.report.signal_table import signal_value
from molt_build.report.terminal import plain_table
from molt_build.runs.folder import SIGNALS

if TYPE_CHECKING:
    from rich.table import Table

NAMES = {"case_name": "case", "workload": "workload", "program": "program"}


def history_tables(rows: RunRows) -> Iterator[Table]:
    """The cells, the pairs of engines, then the KPIs: those that the run has."""
    if rows.cells:
        yield _cells(rows.cells, is_exact=rows.run.kind == SIGNALS)
    if rows.pairs:
        yield _pairs(rows.pairs)
    if rows.kpis:
        yield kpi_table(
            KpiLine(
                cell=(kpi.case_name, kpi.toolchain, kpi.workload),
                name=kpi.kpi,
                value=kpi.value,
                limit=kpi.limit_value,
                is_maximum=kpi.is_maximum,
                is_green=kpi.is_green,
            )
            for kpi in rows.kpis
        )


def _cells(cells: Sequence[CellRow], *, is_exact: bool) -> Table:
    """A row for each metric of each cell, with the names that any of them has."""
    from rich.text import Text

    names = [name for name in NAMES if any(getattr(cell, name) for cell in cells)]
    numbers = ("ratio", "median", "p95", "n")
    titles = [NAMES[name] for name in names]
    table = plain_table((*titles, "engine", "metric", *numbers, "status"), numbers)
    for cell in cells:
        ratio = None
        if cell.ratio is not None and cell.blocks is not None:
            ratio = RatioEstimate(cell.ratio, cell.low, cell.high, cell.blocks)
        values = [
            NO_VALUE if value is None else _value(value, cell.metric, is_exact=is_exact)
            for value in (cell.median, cell.p95)
        ]
        words = [*(getattr(cell, name) for name in names), cell.engine, cell.metric]
        words += [interval(ratio), *values, NO_VALUE if cell.n is None else str(cell.n)]
        table.add_row(*(Text(word) for word in (*words, cell.status)))
    return table


def _pairs(pairs: Sequence[PairRow]) -> Table:
    """A row for each pair: what the first engine takes over the second, and its goal."""
    from rich.text import Text

    numbers = ("median", "programs", "goal below")
    table = plain_table(("pair", "metric", *numbers, "goal"), numbers)
    for pair in pairs:
        median = None
        if pair.ratio is not None and pair.blocks is not None:
            median = RatioEstimate(pair.ratio, pair.low, pair.high, pair.blocks)
        programs = NO_VALUE if pair.programs is None else str(pair.programs)
        goal = NO_VALUE if pair.goal is None else f"{pair.goal:g}"
        words = (f"{pair.engine} / {pair.over}", pair.metric, interval(median), programs, goal)
        table.add_row(*map(Text, (*words, pair.goal_verdict or "")))
    return table


def _value(value: float, metric: str, *, is_exact: bool) -> str:
    """A median; of a signal to the last digit, in whatever unit it is."""
    return signal_value(value, "") if is_exact else metric_value(value, metric)
