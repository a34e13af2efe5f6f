"""`molt-build compile_progress`: measure build latency, case by case, and judge the KPIs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.measuring import (
    add_exports,
    add_resume,
    add_waiting,
    check_exports,
    conclude,
    typed_again,
    write_exports,
)
from molt_build.cli.names import add_several
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE
from molt_build.voice import warn
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.latency.selection import Cell
    from molt_build.results.cases import CasesResult


@dataclass(frozen=True)
class PlannedCell:
    """One case with one toolchain on one workload."""

    case: Annotated[str, "The case."]
    toolchain: Annotated[str, "What builds."]
    workload: Annotated[str, "What is built."]
    shard: Annotated[str | None, "Which part of the workload: 1/4; null: all of it."]
    profile: Annotated[str, "The profile."]
    cache_state: Annotated[str, "What a build finds in the store."]
    clients: Annotated[int, "Builds at once."]
    programs: Annotated[tuple[tuple[str, ...], ...], "What each client builds."]
    samples: Annotated[int, "How often it is measured."]
    skipped: Annotated[str | None, "Why it is not measured; null where it is."]


@dataclass(frozen=True)
class CellsToMeasure:
    """What the cases would measure."""

    cells: Annotated[tuple[PlannedCell, ...], "In their order."]


EXAMPLES = (
    "molt-build compile_progress --quick",
    "molt-build compile_progress --list",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    for option, metavar, what in (
        ("--case", "CASE", "only these cases"),
        ("--program", "P", "only these programs or workloads, in the words of --list"),
        ("--engine", "E", "only these engines: a toolchain, or one under a profile of cases"),
    ):
        add_several(parser, option, metavar, what)
    parser.add_argument(
        "--repeats",
        type=positive,
        metavar="N",
        help="samples of each cell; such a run is no record",
    )
    parser.add_argument(
        "--quick", action="store_true", help="two samples of each cell; such a run is no record"
    )
    add_resume(parser, "this run, or with the latest unfinished one")
    parser.add_argument(
        "--diagnostics",
        action="store_true",
        help="keep each build's report and trace, and the machine's load; such a run is no record",
    )
    add_waiting(parser)
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_exports(parser)


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when a KPI of the program's is red or a cell failed."""
    check_exports(args.export)
    from molt_build.latency.selection import select
    from molt_build.results.cases import CasesAsked

    asked = CasesAsked(
        cases=tuple(dict.fromkeys(args.case)),
        workloads=tuple(dict.fromkeys(args.program)),
        toolchains=tuple(dict.fromkeys(args.engine)),
        repeats=args.repeats,
        is_quick=args.quick,
        has_diagnostics=args.diagnostics,
    )
    if args.list or args.resume is None:  # a slip is said before anybody waits
        from molt_build.manifests.loading import load

        selection = select(load(args.project), asked)
    if args.list:
        _list(selection, args)
        return EXIT_DONE
    from molt_build.latency.job import run_cases
    from molt_build.measure.machine import await_turn
    from molt_build.report.progress import shown_progress

    with shown_progress() as watch:
        await_turn(watch, is_patient=args.wait)
        finished = run_cases(
            args.project,
            asked,
            watch,
            command=typed_again(
                args,
                ["compile_progress"],
                ("case", "program", "engine", "repeats"),
                ("quick", "diagnostics"),
            ),
            resume=args.resume or None,
            is_resumed=args.resume is not None,
        )
    return conclude(
        finished,
        is_json=args.json,
        show=lambda: _show(args.project, finished.result),
        session="compile_progress",
        command="compile_progress",
        exported=lambda: write_exports(finished.result, args.export),
        when_whole=lambda: _write_page(args.project, finished.result),
    )


def _show(project: Path, result: CasesResult) -> None:
    from molt_build.history.kpis import kpi_series
    from molt_build.report.case_table import print_cases
    from molt_build.report.terminal import result_console
    from molt_build.runs.recorded import known_runs

    with known_runs(project, warn) as history:
        series = kpi_series(history, result.environment.machine_class)
    print_cases(result_console(), result, series)


def _write_page(project: Path, result: CasesResult) -> None:
    """The page of a run that is a record of all cases."""
    if result.unrecorded_because:
        print(f"not recorded: {result.unrecorded_because}", file=sys.stderr)
        return
    if not (result.asked.cases or result.asked.workloads or result.asked.toolchains):
        from molt_build.report.compile_progress import page_results
        from molt_build.report.published_pages import cases_page, publish

        page = publish(project, cases_page, page_results(project, warn=warn))
        voice.tell(f"report: {os.path.relpath(page.file)}")


def _list(cells: Sequence[Cell], args: argparse.Namespace) -> None:
    if args.json:
        print_document(CellsToMeasure(tuple(map(_planned, cells))))
        return
    for cell in cells:
        print(f"{cell.name}: {_plan(cell)}")


def _planned(cell: Cell) -> PlannedCell:
    return PlannedCell(
        case=cell.case.name,
        toolchain=cell.toolchain,
        workload=cell.workload,
        shard=cell.shard,
        profile=cell.case.profile,
        cache_state=cell.case.cache_state,
        clients=cell.case.clients,
        programs=tuple(tuple(deal) for deal in cell.deals),
        samples=cell.sample_count,
        skipped=cell.skip_reason,
    )


def _plan(cell: Cell) -> str:
    if cell.skip_reason:
        return f"skipped: {cell.skip_reason}"
    programs = counted(len(cell.programs), "program")
    clients = f", {cell.case.clients} clients" if cell.case.clients > 1 else ""
    return f"{counted(cell.sample_count, 'sample')} of {programs}{clients}"
