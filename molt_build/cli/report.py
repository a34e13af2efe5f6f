"""`molt-build report`: write the published summary of a lane or of the friend suites."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molt_build.cli.command_line import warn
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.interrupts import say
from molt_build.report.page import PAGES

if TYPE_CHECKING:
    from molt_build.report.latest import Passed
    from molt_build.results.bench import BenchResult

PASSED_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--lane", metavar="LANE", help="default: the first lane that has runs")
    what.add_argument(
        "--friends",
        nargs="*",
        metavar="RUN",
        help="the page of the friend suites, each suite from the first of these runs that measured "
        "it (default: the latest full run, and for suites missing there the latest that has them)",
    )
    parser.add_argument(
        "--from",
        dest="run",
        action="extend",
        nargs="+",
        default=[],
        metavar="RUN",
        help="an engine is taken from the first of these that has it (default: the latest full "
        "runs; quick ones and parts only where they are named); as in molt-build compare",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help=f"write it there, from whatever runs there are (default: {PAGES}/LANE_summary.md, "
        "LANE without _native, or friend_summary.md, from full runs)",
    )
    parser.add_argument("--json", action="store_true", help="print the headline as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the page; exit code 2 where that would replace a published one by less."""
    from molt_build.report.latest import NothingToPublish

    try:
        return _lane(args) if args.friends is None else _friends(args)
    except NothingToPublish as nothing:
        _say_passed(nothing.passed)
        raise


def _lane(args: argparse.Namespace) -> int:
    from molt_build.manifests.loading import load
    from molt_build.names import known
    from molt_build.report.bench_summary import facts, lane_of, write_lane_summary
    from molt_build.report.latest import Choice, lane_runs
    from molt_build.results.files import read_bench
    from molt_build.runs.recorded import find_run

    if args.run:
        folders = [find_run(args.project, spec, args.lane, warn) for spec in args.run]
        choice = Choice(tuple(map(read_bench, folders)), ())
    else:
        manifests = load(args.project)
        lane = args.lane or _first_with_runs(args.project, list(manifests.lanes))
        lane = manifests.lanes[known("lane", lane, manifests.lanes)]
        choice = lane_runs(args.project, manifests, lane, warn, is_published=not args.output)
    one = lane_of(choice.results)
    output = write_lane_summary(args.project, one, Path(args.output) if args.output else None)
    return _said(args, facts(one) if args.json else {}, output, one.results, choice.passed)


def _friends(args: argparse.Namespace) -> int:
    from molt_build.manifests.loading import load
    from molt_build.report.friend_summary import facts, write_friend_summary
    from molt_build.report.latest import Choice, suite_runs
    from molt_build.report.scorecard import scorecard
    from molt_build.results.files import read_bench
    from molt_build.runs.folder import FRIENDS
    from molt_build.runs.recorded import find_run

    folders = [find_run(args.project, spec, FRIENDS, warn) for spec in (*args.friends, *args.run)]
    if folders:
        choice = Choice(tuple(map(read_bench, folders)), ())
    else:
        suites = load(args.project).suites
        references = {name: suite.reference for name, suite in suites.items()}
        choice = suite_runs(args.project, references, warn, is_published=not args.output)
    card = scorecard(choice.results)
    page = Path(args.output) if args.output else None
    output = write_friend_summary(args.project, card, page)
    return _said(args, facts(card) if args.json else {}, output, card.results, choice.passed)


def _said(
    args: argparse.Namespace,
    facts: dict[str, Any],
    output: Path,
    results: Sequence[BenchResult],
    passed: Sequence[Passed],
) -> int:
    if args.json:
        rows = [{"run": one.run, "reason": one.why} for one in passed]
        print(json.dumps({**facts, "output": str(output), "not_taken": rows}))
    else:
        _say_passed(passed)
        runs = ", ".join(result.run for result in results)
        print(f"{os.path.relpath(output)}: written from {runs}")
    return EXIT_DONE


def _say_passed(passed: Sequence[Passed]) -> None:
    """Which later runs the page is not made of; of many the latest."""
    for one in passed[:PASSED_SHOWN]:
        say(f"not taken: {one.run}: {one.why}")
    if len(passed) > PASSED_SHOWN:
        say(f"and {len(passed) - PASSED_SHOWN} more (--json lists them)")


def _first_with_runs(project: Path, lanes: list[str]) -> str:
    from molt_build.history.runs import all_runs
    from molt_build.runs.recorded import has_result, known_runs

    with known_runs(project, warn) as history:
        jobs = {run.job for run in all_runs(history, warn) if has_result(project, run)}
    for lane in lanes:
        if lane in jobs:
            return lane
    raise UsageError("no lane has a run", f"molt-build bench {lanes[0] if lanes else 'LANE'}")
