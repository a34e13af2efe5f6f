"""`molt-build signals`: read what builds, files and the history reveal; no program is run."""

from __future__ import annotations

import argparse
import os

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.measuring import typed_again
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE, UsageError

EXAMPLES = (
    "molt-build signals --lane bench_native",
    "molt-build signals --engine cython --program fib --parts",
    "molt-build signals --against HEAD~1 --fail-on-worse",
)

SEVERAL = ("lane", "engine", "program", "signal")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    for option, metavar, what in (
        ("--lane", "LANE", "only the engines and programs of these lanes"),
        ("--engine", "E", "these engines, in place of the lanes' own"),
        ("--program", "P", "only these programs (fib means bench_fib); names may be patterns"),
        ("--signal", "S", "only these signals; names may be patterns"),
    ):
        add_several(parser, option, metavar, what)
    parser.add_argument(
        "--against",
        metavar="REV",
        help="read them as they were at this revision too, and say exactly what differs",
    )
    parser.add_argument(
        "--fail-on-worse",
        action="store_true",
        help="with --against: exit with 1 when a number is worse than it was",
    )
    parser.add_argument(
        "--parts", action="store_true", help="show what each number is made of: symbols, modules"
    )
    add_jobs(parser)
    parser.add_argument("--list", action="store_true", help="say what would be read")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Read, record and show; exit code 1 when nothing could be read, or as `--fail-on-worse`
    says."""
    if args.fail_on_worse and args.against is None:
        raise UsageError("--fail-on-worse needs --against REV: what is it worse than?")
    from molt_build.results.signals import SignalsAsked, has_worse

    asked = SignalsAsked(
        lanes=tuple(dict.fromkeys(args.lane)),
        engines=tuple(dict.fromkeys(args.engine)),
        programs=tuple(dict.fromkeys(args.program)),
        signals=tuple(dict.fromkeys(args.signal)),
        against=args.against,
    )
    if args.list:
        from molt_build.manifests.loading import load
        from molt_build.signals.listing import lines, listed
        from molt_build.signals.selection import select

        document = listed(select(load(args.project), asked))
        if args.json:
            print_document(document)
        else:
            print("\n".join(lines(document)))
        return EXIT_DONE
    from molt_build.building.opening import open_session
    from molt_build.report.progress import shown_progress
    from molt_build.signals.job import run_signals

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        command = typed_again(args, ["signals"], (*SEVERAL, "against"), ())
        folder, result = run_signals(session, asked, watch, jobs=args.jobs, command=command)
    if args.json:
        print_document(result)
    else:
        from molt_build.report.signal_table import print_signals
        from molt_build.report.terminal import result_console

        print_signals(result_console(), result, has_parts=args.parts)
    voice.tell(f"result: {os.path.relpath(folder)}/result.json")
    changes = () if result.against is None else result.against.changes
    is_failing = args.fail_on_worse and has_worse(changes)
    return EXIT_MEASURED_FAILURE if is_failing else EXIT_DONE
