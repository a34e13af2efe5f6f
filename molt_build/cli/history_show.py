"""`molt-build history show RUN`: what the history holds of a run."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from molt_build.errors import EXIT_DONE

if TYPE_CHECKING:
    from rich.table import Table

    from molt_build.history.runs import CellRow, RunRows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    what = "a TIMESTAMP, latest or latest~1; JOB/ may precede it (default: any lane's)"
    parser.add_argument("run", metavar="RUN", help=what)
    parser.add_argument("--job", metavar="JOB", help="whose runs latest means")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """The run, its engines, cells and KPIs."""
    from molt_build.cli.command_line import warn
    from molt_build.history.runs import read_run
    from molt_build.runs.recorded import find_row, has_result, known_runs

    with known_runs(args.project, warn) as history:
        rows = read_run(history, find_row(history, args.run, args.job), warn)
    is_there = has_result(args.project, rows.run)
    if args.json:
        print(json.dumps({**asdict(rows), "has_result": is_there}))
    else:
        _print(rows, is_there)
    return EXIT_DONE


def _print(rows: RunRows, is_there: bool) -> None:
    from molt_build.cli.history_list import remarks
    from molt_build.report.table import print_table, result_console

    run = rows.run
    console = result_console()
    lines = [
        f"{run.id}: {run.kind}, started {run.started}",
        *([f"machine: {run.machine_class}"] if run.machine_class else []),
        *([said] if (said := ", ".join(remarks(run, is_there))) else []),
        f"folder: {run.folder}",
    ]
    for row in rows.engines:
        parts = [part for part in (row.profile, row.target, row.revision) if part]
        reference = " (the reference)" if row.engine == run.reference else ""
        identity = row.identity or "not there"
        lines.append(f"engine {row.engine}{reference}: {', '.join([*parts, identity])}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for table in (_cells(rows.cells), _kpis(rows)):
        if table.row_count:
            console.print()
            print_table(console, table)


def _cells(cells: tuple[CellRow, ...]) -> Table:
    from molt_build.report.text import NO_VALUE, interval, metric_value

    names = [name for name in ("case_name", "workload", "program") if any_of(cells, name)]
    titles = ["case" if name == "case_name" else name for name in names]
    table = _table([*titles, "engine", "metric"], ("ratio", "median", "p95", "n"), "status")
    for cell in cells:
        ratio = {"ratio": cell.ratio, "low": cell.low, "high": cell.high}
        values = [
            NO_VALUE if value is None else metric_value(value, cell.metric)
            for value in (cell.median, cell.p95)
        ]
        table.add_row(
            *(getattr(cell, name) for name in names),
            *(cell.engine, cell.metric),
            interval(None if cell.ratio is None else ratio),
            *values,
            NO_VALUE if cell.n is None else str(cell.n),
            cell.status,
        )
    return table


def any_of(cells: tuple[CellRow, ...], name: str) -> bool:
    """Whether a column says anything."""
    return any(getattr(cell, name) for cell in cells)


def _kpis(rows: RunRows) -> Table:
    from molt_build.report.text import NO_VALUE

    table = _table(["KPI", "case", "toolchain", "workload"], ("value", "limit"), "verdict")
    for kpi in rows.kpis:
        sign = "<=" if kpi.is_maximum else ">="
        table.add_row(
            *(kpi.kpi, kpi.case_name, kpi.toolchain, kpi.workload),
            NO_VALUE if kpi.value is None else f"{kpi.value:.4g}",
            f"{sign} {kpi.limit_value:g}",
            "green" if kpi.is_green else "RED",
        )
    return table


def _table(texts: list[str], numbers: tuple[str, ...], last: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (*texts, *numbers, last):
        table.add_column(title, justify="right" if title in numbers else "left", no_wrap=True)
    return table
