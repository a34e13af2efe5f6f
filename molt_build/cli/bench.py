"""`molt-build bench`: build and measure a lane or a suite, and show what it found."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from molt_build.cli.documents import print_document
from molt_build.cli.measuring import (
    add_budget,
    add_comparison,
    add_resume,
    add_waiting,
    asked,
    check_exports,
    check_precision,
    conclude,
    print_lanes,
    print_planned,
    typed_again,
    write_exports,
)
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs, positive
from molt_build.engines import GRAMMAR
from molt_build.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from molt_build.bench.selection import Asked

EXAMPLES = (
    "molt-build bench bench_native --quick",
    "molt-build bench bench_native --engine cython:dev --engine cython:release",
    "molt-build bench bench_native --against HEAD~1",
    "molt-build bench bench_native --column instructions --against HEAD~1",
)


SEVERAL = ("program", "engine", "add-engine", "column")  # options that take several words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.epilog = (
        f"An engine is {GRAMMAR}, such as cython:release-fast or cython@wasm; "
        "what it does not say is the lane's."
    )
    parser.add_argument("lane", nargs="?", metavar="LANE", help="the name of a lane or of a suite")
    for option, metavar, what in (
        ("--program", "P", "only these programs (fib means bench_fib); names may be patterns"),
        ("--engine", "E", "measure these engines, not the lane's own"),
        ("--add-engine", "E", "measure these engines too, beside the lane's own"),
        ("--column", "M", "measure these columns, not the lane's own: wall_s, instructions, ..."),
    ):
        add_several(parser, option, metavar, what)
    add_comparison(parser)
    parser.add_argument(
        "--profile", metavar="P", help="the profile of engines that name none; default: the lane's"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="keep a small budget: fewer blocks, wide or no intervals, and what does not fit is "
        "left out",
    )
    add_budget(parser, "what measuring may take, pilot included")
    parser.add_argument(
        "--layouts",
        type=positive,
        metavar="N",
        help="spread N sizes of the environment over the blocks, as where the stack lies decides "
        "what loops cost: intervals cover that too",
    )
    add_jobs(parser, "; runs are never side by side")
    add_waiting(parser)
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    which = "this run (a TIMESTAMP, or LANE/TIMESTAMP), or with the lane's latest unfinished one"
    add_resume(parser, which)


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when the lane's subject or its reference failed a program."""
    _find_lane(args)
    check_exports(args.export)
    check_precision(args.precision, is_quick=args.quick)
    from molt_build.bench.selection import select

    wanted = asked(
        args,
        programs=tuple(args.program),
        engines=tuple(args.engine),
        also=tuple(args.add_engine),
        columns=tuple(args.column),
        layouts=args.layouts or 0,
    )
    if args.list:
        _list(args, wanted)
        return EXIT_DONE
    from molt_build.bench.job import run_lane
    from molt_build.building.opening import open_session
    from molt_build.measure.machine import await_turn
    from molt_build.report.progress import shown_progress

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        if args.resume is None:
            select(session.manifests, args.lane, wanted)  # a slip is said before anybody waits
        await_turn(watch, is_patient=args.wait)
        finished = run_lane(
            session,
            args.lane,
            wanted,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["bench", args.lane],
                (*SEVERAL, "reference", "against", "profile", "budget", "precision", "layouts"),
                ("aa", "quick"),
            )
            + (["--resume"] if args.resume is not None else []),
            resume=args.resume or None,
            is_resumed=args.resume is not None,
        )
    return conclude(
        finished,
        is_json=args.json,
        show=lambda: print_lanes(finished.result),
        session=args.lane,
        command=f"bench {args.lane}",
        exported=lambda: write_exports(finished.result, args.export),
    )


def _find_lane(args: argparse.Namespace) -> None:
    """The lane, which a run's name says too: `--resume LANE/TIMESTAMP`, and `--resume LANE`."""
    if args.resume and (args.lane is None or "/" in args.resume):
        job, _, run = args.resume.rpartition("/")
        if args.lane is None and not job:
            job, run = args.resume, ""
        job = job.rpartition("/")[2]  # of a folder of bench/results
        if args.lane not in (None, job):
            raise UsageError(f"{args.resume} is no run of {args.lane}", f"of {job} it would be")
        args.lane, args.resume = job, run
    if args.lane is None:
        taking = [name for name in SEVERAL if len(getattr(args, name.replace("-", "_"))) > 1]
        hint = f"LANE goes first: --{taking[0]} takes all words that follow" if taking else None
        raise UsageError("no lane is named", hint or "molt-build bench LANE; molt-build list lanes")


def _list(args: argparse.Namespace, wanted: Asked) -> None:
    from molt_build.bench import listing
    from molt_build.bench.selection import select
    from molt_build.manifests.loading import load

    manifests = load(args.project)
    selection = select(manifests, args.lane, wanted)
    if selection.suite is not None:
        print_planned((selection,), is_json=args.json)
        return
    row = listing.listed_lane(selection, manifests)
    if args.json:
        print_document(listing.LaneToMeasure(row))
    else:
        print("\n".join(listing.lane_lines(row)))
