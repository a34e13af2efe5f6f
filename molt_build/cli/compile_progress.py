"""`molt-build compile-progress`: measure build latency, case by case, and judge the KPIs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from molt_build.cli.command_line import warn
from molt_build.cli.measuring import conclude, typed_again
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE
from molt_build.report.text import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    for option, metavar, what in (
        ("--only", "CASE", "only this case (repeatable)"),
        ("--workload", "W", "only this workload (repeatable)"),
        ("--toolchain", "T", "only this toolchain (repeatable)"),
    ):
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=what)
    parser.add_argument(
        "--repeats",
        type=positive,
        metavar="N",
        help="samples of each cell; such a run is no record",
    )
    parser.add_argument(
        "--quick", action="store_true", help="two samples of each cell; such a run is no record"
    )
    parser.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="RUN",
        help="go on with this run, or with the latest unfinished one",
    )
    parser.add_argument(
        "--diagnostics",
        action="store_true",
        help="keep each build's report and trace, and the machine's load; such a run is no record",
    )
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when a KPI of the program's is red or a cell failed."""
    from molt_build.latency.selection import Asked, select

    asked = Asked(
        cases=tuple(dict.fromkeys(args.only)),
        workloads=tuple(dict.fromkeys(args.workload)),
        toolchains=tuple(dict.fromkeys(args.toolchain)),
        repeats=args.repeats,
        is_quick=args.quick,
        has_diagnostics=args.diagnostics,
    )
    if args.list:
        from molt_build.manifests.cache import load

        _list(select(load(args.project), asked), args)
        return EXIT_DONE
    from molt_build.latency.job import run_cases
    from molt_build.report.progress import shown_progress

    with shown_progress() as watch:
        finished = run_cases(
            args.project,
            asked,
            watch,
            command=typed_again(
                args,
                ["compile-progress"],
                ("only", "workload", "toolchain", "repeats"),
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
        command="compile-progress",
        when_whole=lambda: _write_page(args.project, finished.result),
    )


def _show(project: Path, result: Mapping[str, Any]) -> None:
    from molt_build.history.kpis import kpi_series
    from molt_build.report.case_table import print_cases
    from molt_build.report.table import result_console
    from molt_build.runs.recorded import known_runs

    with known_runs(project, warn) as history:
        series = kpi_series(history, result["environment"]["machine_class"])
    print_cases(result_console(), result, series)


def _write_page(project: Path, result: Mapping[str, Any]) -> None:
    """The page of a run that is a record of all cases."""
    if result["unrecorded_because"]:
        print(f"not recorded: {result['unrecorded_because']}", file=sys.stderr)
        return
    if not any(result["asked"][key] for key in ("cases", "workloads", "toolchains")):
        from molt_build.report.compile_progress import write_report

        page = write_report(project, warn=warn)
        print(f"report: {os.path.relpath(page)}", file=sys.stderr)


def _list(cells: Sequence[Any], args: argparse.Namespace) -> None:
    rows: list[dict[str, Any]] = [
        {
            "case": cell.case.name,
            "toolchain": cell.toolchain,
            "workload": cell.workload,
            "shard": cell.shard,
            "profile": cell.case.profile,
            "cache_state": cell.case.cache_state,
            "clients": cell.case.clients,
            "programs": [list(deal) for deal in cell.deals],
            "samples": cell.sample_count,
            "skipped": cell.skip_reason,
        }
        for cell in cells
    ]
    if args.json:
        print(json.dumps({"cells": rows}))
        return
    for row in rows:
        print(_line(row))


def _line(row: Mapping[str, Any]) -> str:
    shard = f" {row['shard']}" if row["shard"] else ""
    name = f"{row['case']} {row['toolchain']} {row['workload']}{shard}"
    if row["skipped"]:
        return f"{name}: skipped: {row['skipped']}"
    programs = count(len({name for deal in row["programs"] for name in deal}), "program")
    clients = f", {row['clients']} clients" if row["clients"] > 1 else ""
    return f"{name}: {count(row['samples'], 'sample')} of {programs}{clients}"
