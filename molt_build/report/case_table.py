"""A run of the cases on the terminal: cells, KPIs, then what no row can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from molt_build.history.kpis import KpiKey, KpiPoint, streak
from molt_build.report.text import NO_VALUE, estimated, number, seconds
from molt_build.runs.rows import cell_workload

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CELL_COLUMNS = ("case", "toolchain", "workload", "n", "median", "p95", "x interpreter", "reused")
KPI_COLUMNS = ("KPI", "case", "toolchain", "workload", "value", "limit", "verdict", "green runs")
TEXTS = ("case", "toolchain", "workload", "KPI", "verdict")
VERDICTS = {True: ("green", "green"), False: ("RED", "red"), None: ("not measured", "yellow")}


def print_cases(
    console: Console, result: Mapping[str, Any], series: Mapping[KpiKey, Sequence[KpiPoint]]
) -> None:
    """The whole result; a streak counts recorded runs, this one included if it is one."""
    for table in (cell_table(result), kpi_table(result, series)):
        if table.row_count:
            console.print()
            console.print(table)
    console.print()
    for line in footer(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def cell_table(result: Mapping[str, Any]) -> Table:
    """A row for each cell that was measured."""
    table = _table(CELL_COLUMNS)
    for cell in result["cells"]:
        if cell["n"] == 0:
            continue
        table.add_row(
            cell["case"],
            cell["toolchain"],
            cell_workload(cell),
            str(cell["n"]),
            _seconds(cell["median_s"]),
            _seconds(cell["p95_s"]) + ("*" if cell["p95_is_max"] else ""),
            estimated(cell["ratio_to_interpreter"]),
            NO_VALUE if cell["hit_ratio"] is None else f"{cell['hit_ratio']:.0%}",
        )
    return table


def kpi_table(result: Mapping[str, Any], series: Mapping[KpiKey, Sequence[KpiPoint]]) -> Table:
    """A row for each KPI of each cell that was not skipped."""
    from rich.text import Text

    table = _table(KPI_COLUMNS)
    for cell in result["cells"]:
        if cell["status"] == "skipped":
            continue
        for kpi in cell["kpis"]:
            key = KpiKey(cell["case"], cell["toolchain"], cell_workload(cell), kpi["name"])
            sign = "<=" if kpi["op"] == "max" else ">="
            table.add_row(
                kpi["name"],
                *key[:3],
                NO_VALUE if kpi["value"] is None else number(kpi["value"]),
                f"{sign} {kpi['limit']:g}",
                Text(*VERDICTS[kpi["is_green"]]),
                str(streak(series.get(key, ()))),
            )
    return table


def _table(columns: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        is_text = column in TEXTS
        table.add_column(column, justify="left" if is_text else "right", overflow="fold")
    return table


def footer(result: Mapping[str, Any]) -> list[str]:
    """What the tables do not say: comparisons, what was skipped, retries, noise."""
    lines = []
    if any(cell["n"] and cell["p95_is_max"] for cell in result["cells"]):
        lines.append("*: the maximum, since there are fewer than 20 samples")
    skipped: dict[str, list[str]] = {}
    for cell in result["cells"]:
        name = f"{cell['case']} {cell['toolchain']} {cell_workload(cell)}"
        if cell["comparison"] is not None:
            lines.append(f"{name}: {_comparison(cell['comparison'])}")
        if cell["timeouts"] or cell["retries"]:
            lines.append(f"{name}: {cell['timeouts']} timeouts, {cell['retries']} retries")
        if cell["status"] == "skipped":
            skipped.setdefault(cell["reason"], []).append(cell["case"])
    for reason, cases in skipped.items():
        lines.append(f"not measured: {', '.join(dict.fromkeys(cases))}: {reason}")
    compared = [cell["equality"] for cell in result["cells"] if cell["equality"] is not None]
    if compared:
        checked, equal = (sum(row[key] for row in compared) for key in ("checked", "equal"))
        lines.append(f"{equal} of {checked} outputs were those of the reference")
    lines += dict.fromkeys(line for part in result["parts"] for line in part["warnings"])
    return lines


def _comparison(row: Mapping[str, Any]) -> str:
    words = [f"shards on / off: wall {estimated(row['wall_ratio'])}"]
    on, off = row["lock_wait_p95_on_s"], row["lock_wait_p95_off_s"]
    if on is not None and off is not None:
        words.append(f"lock wait p95 {_seconds(on)} / {_seconds(off)}")
        words.append(f"ratio {estimated(row['lock_wait_ratio'])}")
    return ", ".join(words)


def _seconds(value: float | None) -> str:
    return NO_VALUE if value is None else seconds(value) if value else "0 ms"
