"""A run of the cases on the terminal: cells, KPIs, then what no row can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from molt_build.history.kpis import KpiKey, KpiPoint, streak
from molt_build.report.formatting import NO_VALUE, interval, seconds
from molt_build.report.kpi_table import KpiLine, kpi_table
from molt_build.report.kpi_trends import kpi_key
from molt_build.report.terminal import plain_table, print_table, say
from molt_build.results.cases import CasesResult, ShardComparison
from molt_build.runs.job import warnings_of
from molt_build.watch import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NAMES = ("case", "toolchain", "workload")
NUMBERS = ("n", "median", "p95", "x interpreter", "reused")


def print_cases(
    console: Console, result: CasesResult, series: Mapping[KpiKey, Sequence[KpiPoint]]
) -> None:
    """The whole result; a streak counts recorded runs, this one included if it is one."""
    for table in (cell_table(result), kpi_table(_kpi_lines(result, series))):
        if table.row_count:
            console.print()
            print_table(console, table)
    say(console, ["", *footer(result)])


def cell_table(result: CasesResult) -> Table:
    """A row for each cell that was measured."""
    table = plain_table((*NAMES, *NUMBERS), NUMBERS)
    for cell in result.cells:
        if cell.wall_s is not None:
            table.add_row(
                cell.case,
                cell.toolchain,
                cell.label,
                str(cell.wall_s.n),
                seconds(cell.wall_s.median),
                seconds(cell.wall_s.p95_or_maximum) + ("*" if cell.wall_s.p95 is None else ""),
                interval(cell.ratio_to_interpreter),
                NO_VALUE if cell.hit_ratio is None else f"{cell.hit_ratio:.0%}",
            )
    return table


def _kpi_lines(
    result: CasesResult, series: Mapping[KpiKey, Sequence[KpiPoint]]
) -> Iterator[KpiLine]:
    """The KPIs of each cell that was not skipped."""
    for cell in result.cells:
        for kpi in cell.kpis if cell.status != "skipped" else ():
            yield KpiLine(
                cell=(cell.case, cell.toolchain, cell.label),
                name=kpi.name,
                value=kpi.value,
                limit=kpi.limit,
                is_maximum=kpi.op == "max",
                is_green=kpi.is_green,
                green_runs=streak(series.get(kpi_key(cell, kpi), ())),
            )


def footer(result: CasesResult) -> list[str]:
    """What the tables do not say: comparisons, what was skipped, retries, noise."""
    lines = []
    if any(cell.wall_s is not None and cell.wall_s.p95 is None for cell in result.cells):
        lines.append("*: the maximum, since there are fewer than 20 samples")
    skipped: dict[str, list[str]] = {}
    for cell in result.cells:
        if cell.comparison is not None:
            lines.append(f"{cell.name}: {_comparison(cell.comparison)}")
        if cell.timeouts or cell.retries:
            lines.append(
                f"{cell.name}: {counted(cell.timeouts, 'timeout')}, "
                f"{counted(cell.retries, 'retry', 'retries')}"
            )
        if cell.status == "skipped":
            skipped.setdefault(cell.reason, []).append(cell.case)
    for reason, cases in skipped.items():
        lines.append(f"not measured: {', '.join(dict.fromkeys(cases))}: {reason}")
    compared = [cell.equality for cell in result.cells if cell.equality is not None]
    if compared:
        equal, checked = sum(one.equal for one in compared), sum(one.checked for one in compared)
        lines.append(f"outputs that are those of the reference: {equal} of {checked}")
    return [*lines, *warnings_of(result.parts)]


def _comparison(found: ShardComparison) -> str:
    words = [f"shards on / off: wall {interval(found.wall_ratio)}"]
    on, off = found.lock_wait_p95_on_s, found.lock_wait_p95_off_s
    if on is not None and off is not None:
        words.append(f"lock wait p95 {seconds(on)} / {seconds(off)}")
        words.append(f"ratio {interval(found.lock_wait_ratio)}")
    return ", ".join(words)
