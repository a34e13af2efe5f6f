"""KPIs on the terminal: of a run of the cases, and of what the history holds of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from molt_build.report.formatting import NO_VALUE, limit_words, number
from molt_build.report.terminal import plain_table

if TYPE_CHECKING:
    from rich.table import Table

VERDICTS = {True: ("green", "green"), False: ("RED", "red"), None: ("not measured", "yellow")}


@dataclass(frozen=True)
class KpiLine:
    """A KPI of a cell, and whether its limit was kept."""

    cell: Sequence[str]  # the case, the toolchain, the workload
    name: str
    value: float | None
    limit: float
    is_maximum: bool
    is_green: bool | None
    green_runs: int | None = None  # in a row, the latest of record; None where it is not asked


def kpi_table(lines: Iterable[KpiLine]) -> Table:
    """A row for each; the streaks of green runs where they are known."""
    from rich.text import Text

    rows = list(lines)
    has_streaks = any(row.green_runs is not None for row in rows)
    numbers = ("value", "limit")
    streaks = ("green runs",) if has_streaks else ()
    titles = ("KPI", "case", "toolchain", "workload", *numbers, "verdict", *streaks)
    table = plain_table(titles, (*numbers, *streaks))
    for row in rows:
        table.add_row(
            *(Text(name) for name in (row.name, *row.cell)),
            NO_VALUE if row.value is None else number(row.value),
            limit_words(f"{row.limit:g}", is_maximum=row.is_maximum),
            Text(*VERDICTS[row.is_green]),
            *([str(row.green_runs)] if has_streaks else []),
        )
    return table
