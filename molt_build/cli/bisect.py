"""`molt-build bisect`: the commit at which a lane, a gate or a signal became what it is."""

from __future__ import annotations

import argparse

from molt_build.cli.measuring import add_resume, add_waiting, conclude, typed_again
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs, positive
from molt_build.errors import UsageError

EXAMPLES = (
    "molt-build bisect bench_native --program fib --good HEAD~40 --bad HEAD",
    "molt-build bisect loop_budget --good v1.2 --bad main",
    "molt-build bisect runtime_calls --engine cython --good HEAD~40 --bad HEAD",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "subject",
        nargs="?",
        metavar="LANE|GATE|SIGNAL",
        help="what became another; lane:NAME, gate:NAME or signal:NAME where a name is of several",
    )
    parser.add_argument("--good", metavar="REV", help="a revision at which it is as it should be")
    parser.add_argument("--bad", metavar="REV", help="a later one at which it is not")
    add_several(
        parser,
        "--program",
        "P",
        "only these programs (fib means bench_fib); names may be patterns; default: all of the "
        "lane, or those that the gate is about",
    )
    parser.add_argument(
        "--engine", metavar="E", help="default: the gate's, the lane's subject or the project's"
    )
    parser.add_argument(
        "--column",
        metavar="M",
        help="compare this column: instructions, wall_s, ...; default: instructions where they "
        "differ, else the lane's first column",
    )
    parser.add_argument(
        "--blocks",
        type=positive,
        metavar="N",
        help="where times are compared: at most so many blocks of a revision (default: 60)",
    )
    add_jobs(parser, "; runs are never side by side")
    add_waiting(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_resume(parser, "this run (a TIMESTAMP), or with the latest unfinished one")


def run(args: argparse.Namespace) -> int:
    """Search; exit code 1 where no single commit is found."""
    from molt_build.results.bisect import BisectAsked

    if args.resume is None:
        for name, value in (("LANE|GATE|SIGNAL", args.subject), ("--bad", args.bad)):
            if value is None:
                message = f"{name} is missing"
                raise UsageError(message, "molt-build bisect NAME --good REV --bad REV")
        if args.good is None:
            raise UsageError("--good is missing", "name a revision at which all was well")
    asked = BisectAsked(
        subject=args.subject or "",
        good=args.good or "",
        bad=args.bad or "",
        programs=tuple(args.program),
        engine=args.engine,
        column=args.column,
        blocks=args.blocks,
    )
    from molt_build.building.opening import open_session
    from molt_build.governance.bisect import look_up, run_bisect
    from molt_build.measure.machine import await_turn
    from molt_build.report.bisect_table import print_bisect
    from molt_build.report.progress import shown_progress
    from molt_build.report.terminal import result_console

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        if args.resume is None:
            look_up(session, asked)  # a slip is said before anybody waits
        await_turn(watch, is_patient=args.wait)
        finished = run_bisect(
            session,
            asked,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["bisect", *([args.subject] if args.subject else [])],
                ("good", "bad", "program", "engine", "column", "blocks"),
                (),
            ),
            resume=args.resume or None,
            is_resumed=args.resume is not None,
        )
    return conclude(
        finished,
        is_json=args.json,
        show=lambda: print_bisect(result_console(), finished.result),
        command="bisect",
    )
