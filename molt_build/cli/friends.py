"""`molt-build friends`: measure friend projects' own suites, and say who wins."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.common import add_common
from molt_build.cli.documents import print_document
from molt_build.cli.help import end_help
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
from molt_build.cli.numbers import add_jobs
from molt_build.cli.old_words import note
from molt_build.cli.pinned import print_changes
from molt_build.engines import GRAMMAR
from molt_build.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from molt_build.sources.pinning import Pinned

EXAMPLES = (
    "molt-build friends --quick",
    "molt-build friends --suite mypyc --subject mypyc",
    "molt-build friends pin mypyc master",
)
PIN_EXAMPLES = (
    "molt-build friends pin mypyc master",
    "molt-build friends pin pyperformance 1.14.0",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.epilog = (
        f"An engine is {GRAMMAR}, such as cython:release-fast or cython@rev:HEAD~1; "
        "what it does not say is that of --profile, the native target and the project as it is."
    )
    for option, metavar, what in (
        ("--suite", "S", "only these suites"),
        ("--program", "P", "only these programs, or patterns, as PROGRAM or SUITE/PROGRAM"),
        ("--engine", "E", "measure these engines, not subject and friend"),
    ):
        add_several(parser, option, metavar, what)
    parser.add_argument("--subject", metavar="E", help="score the suites for this engine")
    add_comparison(parser)
    parser.add_argument(
        "--profile",
        metavar="P",
        help="the profile of engines that name none; default: the project's",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few programs of each suite, and at most three blocks: no intervals",
    )
    add_budget(
        parser,
        "what measuring all suites of this command may take; a full run measures six blocks anyhow",
    )
    add_jobs(parser, "; runs are never side by side")
    parser.add_argument(
        "--run",
        metavar="NAME",
        help="add to this run (a TIMESTAMP), made if it is not there; default: MOLT_BUILD_RUN",
    )
    add_resume(parser, "this run (a TIMESTAMP), or with the latest one")
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 where a suite could not be measured"
    )
    add_waiting(parser)
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    commands = parser.add_subparsers(dest="subcommand", metavar="pin", required=False)
    what = "resolve a tag, a branch or a version, and write the pin into the suite's manifest"
    pin = commands.add_parser("pin", help=what, description=what.capitalize() + ".")
    pin.add_argument("pinned_suite", metavar="SUITE", help="the suite")
    pin.add_argument("ref", metavar="REF", help="a tag, branch or commit; a version of a package")
    pin.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="the same facts as one JSON object",
    )
    add_common(pin)
    end_help(pin, "friends pin", PIN_EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Measure; exit code 1 when a source was refused, with --strict when any suite is missing."""
    if args.subcommand == "pin":
        from molt_build.sources.pinning import pin

        _show_pin(pin(args.project, args.pinned_suite, args.ref), args)
        return EXIT_DONE
    check_exports(args.export)
    check_precision(args.precision, is_quick=args.quick)
    _find_run(args)
    from molt_build.bench.selection import select_suites

    wanted = asked(
        args,
        lanes=tuple(dict.fromkeys(args.suite)),
        programs=tuple(dict.fromkeys(args.program)),
        engines=tuple(dict.fromkeys(args.engine)),
        subject=args.subject,
    )
    if args.list:
        from molt_build.manifests.loading import load

        print_planned(select_suites(load(args.project), wanted), is_json=args.json)
        return EXIT_DONE
    from molt_build.bench.job import run_suites
    from molt_build.building.opening import open_session
    from molt_build.measure.machine import await_turn
    from molt_build.report.progress import shown_progress

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        if args.resume is None:
            select_suites(session.manifests, wanted)  # a slip is said before anybody waits
        await_turn(watch, is_patient=args.wait)
        finished = run_suites(
            session,
            wanted,
            watch,
            jobs=args.jobs,
            command=typed_again(
                args,
                ["friends"],
                (
                    *("suite", "program", "engine", "reference", "subject", "against"),
                    *("profile", "run", "budget", "precision"),
                ),
                ("aa", "quick", "strict"),
            )
            + ([] if args.resume is None else ["--resume", *filter(None, [args.resume])]),
            run=args.run or args.resume or None,
            is_resumed=args.resume is not None,
            is_strict=args.strict,
        )
        references = {name: one.reference for name, one in session.manifests.suites.items()}
    result = finished.result

    def write_page() -> None:
        from molt_build.report.latest import is_whole

        if is_whole(result, references):
            from molt_build.report.published_pages import friends_page, publish

            page = publish(args.project, friends_page, [result])
            voice.tell(f"report: {os.path.relpath(page.file)}")

    return conclude(
        finished,
        is_json=args.json,
        show=lambda: print_lanes(result),
        session="friends",
        command="friends",
        exported=lambda: write_exports(result, args.export),
        when_whole=write_page,
    )


def _find_run(args: argparse.Namespace) -> None:
    """The run to go on with, which was said as --run once."""
    if args.resume:
        args.resume = args.resume.removeprefix("friends/")
    if args.resume is not None and args.run is not None:
        if args.resume:
            message = "--resume and --run both name a run"
            raise UsageError(message, "--run adds to a run, --resume goes on with one")
        voice.tell(note("--run with --resume", f"--resume {args.run}"))
        args.resume, args.run = args.run, None


def _show_pin(pinned: Pinned, args: argparse.Namespace) -> None:
    if args.json:
        print_document(pinned)
        return
    print_changes(pinned.file, pinned.changes)
