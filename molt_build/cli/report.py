"""`molt-build report`: write the published pages from recorded runs, or check them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE, UsageError
from molt_build.interrupts import say
from molt_build.report.page import PAGES
from molt_build.runs.published import PUBLISHED
from molt_build.sizes import shown_size
from molt_build.voice import warn
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.report.headlines import WrittenPage
    from molt_build.report.latest import NotTaken
    from molt_build.report.published_pages import Maker
    from molt_build.results.files import Result

EXAMPLES = (
    "molt-build report",
    "molt-build report --from bench_native/latest --output summary.md",
    "molt-build report --friends",
)

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
    what.add_argument(
        "--cases",
        action="store_true",
        help="the page of compile_progress, of its latest run and those before it (--from names "
        "all of them, the page's own last)",
    )
    what.add_argument(
        "--differential",
        action="store_true",
        help="the page of the differential job, of its latest run of all programs",
    )
    what.add_argument(
        "--board",
        action="store_true",
        help="the page of the board: all tracks and their KPIs, of the runs that show them",
    )
    what.add_argument(
        "--check",
        action="store_true",
        help="make each published page anew from its raw results; exit code 1 where one differs",
    )
    parser.add_argument(
        "--python",
        metavar="VERSION",
        help="the lane's page of this version of Python, such as 3.13 (default: molt_build's own)",
    )
    parser.add_argument(
        "--no-raw",
        action="store_true",
        help=f"do not keep the raw results of a published page in {PUBLISHED}",
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
        help="write it there, from quick runs and parts too where no full run is; later runs that "
        f"it is not made of are said (default: {PAGES}/LANE_summary.md, LANE without _native, or "
        "friend_summary.md, from full runs)",
    )
    parser.add_argument("--json", action="store_true", help="print the headline as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the page; exit code 2 where that would replace a published one by less."""
    from molt_build.report.latest import NothingToPublish

    if args.check:
        return _check(args)
    try:
        if args.cases:
            return _cases(args)
        if args.board:
            return _board(args)
        if args.differential:
            return _differential(args)
        return _lane(args) if args.friends is None else _friends(args)
    except NothingToPublish as nothing:
        _say_passed(nothing.passed)
        raise


def _lane(args: argparse.Namespace) -> int:
    from molt_build.manifests.loading import load
    from molt_build.names import known
    from molt_build.report.bench_summary import lane_of
    from molt_build.report.headlines import headline_of_lane
    from molt_build.report.latest import NotTaken, lane_runs
    from molt_build.report.published_pages import lane_page, of_kind, signals_of
    from molt_build.report.signal_rows import latest_signals, not_on_page
    from molt_build.results.bench import BenchResult
    from molt_build.results.files import of_lanes, read_result
    from molt_build.results.signals import SignalsResult
    from molt_build.runs.recorded import find_run

    results: list[BenchResult] = []
    passed: Sequence[NotTaken] = ()
    if args.run:
        signals: SignalsResult | None = None
        for spec in args.run:
            folder = find_run(args.project, spec, args.lane, warn)
            result = read_result(folder)
            if isinstance(result, SignalsResult):
                signals = result
            else:
                results.append(of_lanes(result, folder))
        if not results:
            of_lanes(result, folder)  # which says that signals alone make no page
    else:
        manifests = load(args.project)
        lane = args.lane or _first_with_runs(args.project, list(manifests.lanes))
        lane = manifests.lanes[known("lane", lane, manifests.lanes)]
        choice = lane_runs(
            args.project,
            manifests,
            lane,
            warn,
            is_published=not args.output,
            python=args.python,
        )
        results, passed = [*choice.results], choice.passed
        signals = latest_signals(args.project, lane.name, warn)
    made_of: list[Result] = [*results]
    if signals is not None:
        reason = not_on_page(signals, lane_of(results))
        passed = [*passed, *([NotTaken(signals.run, reason)] if reason else [])]
        made_of.append(signals)

    def headline(made_of: Sequence[Result], page: WrittenPage) -> WrittenPage:
        one = lane_of(of_kind(made_of, BenchResult))
        return headline_of_lane(one, page, signals_of(made_of))

    stem = Path(args.output).stem if args.output else None
    return _written(args, partial(lane_page, stem=stem), made_of, headline, passed)


def _friends(args: argparse.Namespace) -> int:
    from molt_build.manifests.loading import load
    from molt_build.report.friend_summary import PICTURES
    from molt_build.report.headlines import headline_of_suites
    from molt_build.report.latest import Choice, suite_runs
    from molt_build.report.published_pages import friends_page, of_kind
    from molt_build.report.scorecard import scorecard
    from molt_build.results.bench import BenchResult
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

    def headline(made_of: Sequence[Result], page: WrittenPage) -> WrittenPage:
        return headline_of_suites(scorecard(of_kind(made_of, BenchResult), is_page=True), page)

    make = partial(friends_page, folder=_pictures(args, PICTURES))
    return _written(args, make, choice.results, headline, choice.passed)


def _cases(args: argparse.Namespace) -> int:
    from molt_build.report.compile_progress import page_results
    from molt_build.report.headlines import CasesPage
    from molt_build.report.published_pages import cases_page
    from molt_build.results.files import read_cases
    from molt_build.runs.folder import COMPILE_PROGRESS
    from molt_build.runs.recorded import find_run

    if len(args.run) == 1:
        results = page_results(args.project, args.run[0], warn)
    elif args.run:
        found = [find_run(args.project, spec, COMPILE_PROGRESS, warn) for spec in args.run]
        results = [read_cases(folder) for folder in found]
    else:
        results = page_results(args.project, warn=warn)

    def headline(made_of: Sequence[Result], page: WrittenPage) -> WrittenPage:
        return CasesPage(**vars(page), runs=tuple(one.run for one in made_of))

    make = partial(cases_page, folder=_pictures(args, COMPILE_PROGRESS))
    return _written(args, make, results, headline, ())


def _differential(args: argparse.Namespace) -> int:
    from molt_build.report.differential_summary import PAGE, page_result
    from molt_build.report.headlines import headline_of_differential
    from molt_build.report.published_pages import differential_page, of_kind
    from molt_build.results.differential import DifferentialResult

    if len(args.run) > 1:
        message = "the page of the differential job is made of one run"
        raise UsageError(message, f"--from {args.run[0]}")
    result = page_result(args.project, args.run[0] if args.run else None, warn)

    def headline(made_of: Sequence[Result], page: WrittenPage) -> WrittenPage:
        return headline_of_differential(of_kind(made_of, DifferentialResult)[0], page)

    stem = Path(args.output).stem if args.output else PAGE.stem
    return _written(args, partial(differential_page, stem=stem), [result], headline, ())


def _board(args: argparse.Namespace) -> int:
    from molt_build.manifests.loading import load
    from molt_build.report.board_page import PAGE, board_results, page_of
    from molt_build.report.headlines import BoardPage
    from molt_build.report.published_pages import the_board
    from molt_build.results.files import read_result
    from molt_build.runs.recorded import find_run

    manifests = load(args.project)
    folders = [find_run(args.project, spec, warn=warn) for spec in args.run]
    results = [*map(read_result, folders)] or board_results(args.project, manifests, warn)
    stem = Path(args.output).stem if args.output else PAGE.stem

    def headline(made_of: Sequence[Result], page: WrittenPage) -> WrittenPage:
        _, board = page_of(made_of, manifests, stem)
        states = {track.name: track.state for track in board.tracks}
        return BoardPage(**vars(page), runs=tuple(one.run for one in made_of), tracks=states)

    make = partial(the_board, manifests=manifests, stem=stem)
    return _written(args, make, results, headline, ())


def _pictures(args: argparse.Namespace, folder: str) -> str:
    """The folder of a page's pictures beside it; of one that is written elsewhere it is its own."""
    from molt_build.report.bench_summary import PICTURES

    return f"{Path(args.output).stem}{PICTURES}" if args.output else folder


def _written(
    args: argparse.Namespace,
    make: Maker,
    results: Sequence[Result],
    headline: Callable[[Sequence[Result], WrittenPage], WrittenPage],
    passed: Sequence[NotTaken],
) -> int:
    """Write the page where it was asked for, or publish it; say so."""
    from molt_build.report.headlines import written
    from molt_build.report.published_pages import publish

    output = Path(args.output) if args.output else None
    published = publish(args.project, make, results, output=output, has_raw=not args.no_raw)
    made_of = published.made.results
    if args.json:
        print_document(headline(made_of, written(passed, published)))
        return EXIT_DONE
    _say_passed(passed)
    runs = ", ".join(result.run for result in made_of)
    print(f"{os.path.relpath(published.file)}: written from {runs}")
    for one in published.kept:
        print(f"{PUBLISHED}/{one.run}: {shown_size(one.bytes)} of raw results")
    for run in published.dropped:
        print(f"{PUBLISHED}/{run}: removed: no page is made of it any more")
    return EXIT_DONE


def _check(args: argparse.Namespace) -> int:
    """Every published page made anew; exit code 1 where one is not what its raw results give."""
    from molt_build.report.headlines import CheckedPages
    from molt_build.report.published_pages import DIFF_LINES, check_pages

    found = check_pages(args.project)
    differing = [one for one in found if one.state == "differs"]
    if args.json:
        print_document(CheckedPages(tuple(found)))
        return EXIT_MEASURED_FAILURE if differing else EXIT_DONE
    for one in found:
        words = {"same": "is what its raw results give", "differs": "differs"}.get(one.state)
        print(f"{one.page}: {words or f'not checked: {one.reason}'}")
        for line in one.diff[:DIFF_LINES]:
            print(f"  {line}")
        if len(one.diff) > DIFF_LINES:
            print(f"  and {counted(len(one.diff) - DIFF_LINES, 'line')} more")
    if not found:
        print("no page of a report is published")
    return EXIT_MEASURED_FAILURE if differing else EXIT_DONE


def _say_passed(passed: Sequence[NotTaken]) -> None:
    """Which later runs the page is not made of; of many the latest."""
    for one in passed[:PASSED_SHOWN]:
        say(f"not taken: {one.run}: {one.reason}")
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
