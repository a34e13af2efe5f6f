"""`molt-build history show RUN`: what the history holds of a run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE
from molt_build.history.runs import CellRow, EngineRow, KpiRow, PairRow, Run, RunRows
from molt_build.voice import warn


@dataclass(frozen=True)
class ShownRun:
    """All that the history holds of a run."""

    run: Annotated[Run, "The run itself."]
    engines: Annotated[tuple[EngineRow, ...], "Its engines."]
    cells: Annotated[tuple[CellRow, ...], "What it measured."]
    kpis: Annotated[tuple[KpiRow, ...], "Its KPIs."]
    pairs: Annotated[tuple[PairRow, ...], "Its pairs of engines."]
    has_result: Annotated[bool, "Whether its folder has its result."]


EXAMPLES = (
    "molt-build history show latest",
    "molt-build history show compile_progress/latest~1",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    what = "a folder or file, a TIMESTAMP, latest or latest~1; JOB/ may precede the last three"
    parser.add_argument("run", metavar="RUN", help=what)
    parser.add_argument("--job", metavar="JOB", help="whose runs latest means")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """The run, its engines, cells, pairs and KPIs."""
    from molt_build.history.runs import read_run
    from molt_build.results.files import read_result
    from molt_build.runs.history_rows import Place, rows_of
    from molt_build.runs.recorded import find_result, find_row, has_result, known_runs

    folder = find_result(args.project, args.run)
    if folder is not None:
        result = read_result(folder)
        rows = rows_of(result, Place(result.job, result.timestamp, str(folder)))
        is_there = True
    else:
        with known_runs(args.project, warn) as history:
            rows = read_run(history, find_row(history, args.run, args.job), warn)
        is_there = has_result(args.project, rows.run)
    if args.json:
        print_document(ShownRun(**vars(rows), has_result=is_there))
    else:
        _print(rows, is_there)
    return EXIT_DONE


def _print(rows: RunRows, is_there: bool) -> None:
    from molt_build.cli.history_list import remarks
    from molt_build.report.history_table import history_tables
    from molt_build.report.terminal import print_table, result_console, say

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
    say(console, lines)
    for table in history_tables(rows):
        console.print()
        print_table(console, table)
