"""`molt-build bench`: build and measure a lane, and show what it found."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from molt_build.cli.measuring import conclude, typed_again
from molt_build.cli.numbers import add_jobs, seconds
from molt_build.engines import GRAMMAR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.epilog = (
        f"An engine is {GRAMMAR}, such as cython:release-fast or cython@wasm; "
        "what it does not say is the lane's."
    )
    parser.add_argument("lane", metavar="LANE", help="the lane's name")
    for options, metavar, what in (
        (("--bench",), "NAME", "only these programs (fib means bench_fib)"),
        (("--engine", "--only-toolchain"), "E", "measure these engines, not the lane's own"),
        (("--toolchain",), "E", "measure these engines too, beside the lane's own"),
    ):
        parser.add_argument(
            *options, action="extend", nargs="+", default=[], metavar=metavar, help=what
        )
    parser.add_argument("--reference", metavar="E", help="compare with this engine")
    parser.add_argument(
        "--against",
        metavar="REV",
        help="measure each engine as it was at this revision too, and say what really changed",
    )
    parser.add_argument(
        "--profile", metavar="P", help="the profile of engines that name none; default: the lane's"
    )
    parser.add_argument(
        "--aa", action="store_true", help="measure the reference a second time, against itself"
    )
    parser.add_argument("--quick", action="store_true", help="fewer blocks: wide or no intervals")
    parser.add_argument(
        "--budget", type=seconds, metavar="SECONDS", help="what measuring may take, pilot included"
    )
    add_jobs(parser, "; runs are never side by side")
    parser.add_argument(
        "--resume", action="store_true", help="go on with the lane's latest interrupted run"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--export",
        action="append",
        nargs=2,
        default=[],
        metavar=("FORMAT", "FILE"),
        help="also write csv, json, pyperf or hyperfine; {engine} in FILE: a file for each engine",
    )


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when the lane's subject or its reference failed a program."""
    if args.export:  # before anything is measured, not after
        from molt_build.report.export import check_export

        for form, file in args.export:
            check_export(form, file)
    from molt_build.building.session import open_session
    from molt_build.lanes.job import run_lane
    from molt_build.lanes.selection import Asked
    from molt_build.report.progress import shown_progress

    asked = Asked(
        benches=tuple(args.bench),
        toolchains=tuple(args.toolchain),
        engines=tuple(args.engine),
        reference=args.reference,
        against=args.against,
        profile=args.profile,
        budget_s=args.budget,
        is_quick=args.quick,
        is_again=args.aa,
    )
    with (
        shown_progress() as watch,
        open_session(args.project, watch.note) as session,
    ):
        finished = run_lane(
            session,
            args.lane,
            asked,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["bench", args.lane],
                ("bench", "engine", "toolchain", "reference", "against", "profile", "budget"),
                ("aa", "quick", "resume"),
            ),
            is_resumed=args.resume,
        )
    return conclude(
        finished,
        is_json=args.json,
        show=lambda: _show(finished.result),
        session=args.lane,
        command=f"bench {args.lane}",
        exported=lambda: _export(finished.result, args.export),
    )


def _show(result: Mapping[str, Any]) -> None:
    from molt_build.report.against import print_against
    from molt_build.report.table import print_result, result_console

    show = print_against if result.get("against") else print_result
    show(result_console(), result)


def _export(result: Mapping[str, Any], exports: list[list[str]]) -> None:
    for form, file in exports:
        from molt_build.report.export import export

        export(result, form, file)
