"""What the commands that measure have in common: how they are told again, and how they end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.numbers import seconds, share
from molt_build.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_MEASURED_FAILURE,
    UsageError,
)

if TYPE_CHECKING:
    from molt_build.bench.selection import Asked, Selection
    from molt_build.results.bench import BenchResult
    from molt_build.results.files import Result
    from molt_build.runs.job import Finished, R


# The names of the formats, for help that imports none of them; a test holds them to what there is.
EXPORTS = (
    "csv, json, md, pyperf, hyperfine, bmf, github-action-benchmark or "
    "github-action-benchmark-ratios"
)


def typed_again(
    args: argparse.Namespace, words: Sequence[str], options: Sequence[str], flags: Sequence[str]
) -> list[str]:
    """The command as it could be typed again, without where it was told to write."""
    again = ["molt-build", *words]
    for option in options:
        value = getattr(args, option.replace("-", "_"))
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                again += [f"--{option}", f"{one:g}" if isinstance(one, float) else str(one)]
    return again + [f"--{flag}" for flag in flags if getattr(args, flag)]


def add_resume(parser: argparse.ArgumentParser, which: str) -> None:
    """--resume [RUN]; `which` says which run goes on, the named one and the one that is not."""
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help=f"go on with {which}")


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what is compared with what, and how thoroughly."""
    parser.add_argument("--reference", metavar="E", help="compare with this engine")
    parser.add_argument(
        "--against",
        metavar="REV",
        help="measure each engine as it was at this revision too, and say what really changed",
    )
    parser.add_argument(
        "--aa", action="store_true", help="measure the reference a second time, against itself"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_exports(parser)


def asked(args: argparse.Namespace, **own: Any) -> Asked:
    """What `bench` and `friends` both ask for by their options, with what is a command's own."""
    from molt_build.bench.selection import Asked

    return Asked(
        reference=args.reference,
        against=args.against,
        profile=args.profile,
        budget_s=args.budget,
        precision=args.precision,
        is_quick=args.quick,
        is_again=args.aa,
        **own,
    )


def print_planned(selections: Sequence[Selection], *, is_json: bool) -> None:
    """What suites would measure."""
    from molt_build.bench.listing import SuitesToMeasure, lines, listed

    suites = listed(selections)
    if is_json:
        print_document(SuitesToMeasure(suites))
    else:
        print("\n".join(lines(suites)))


def add_exports(parser: argparse.ArgumentParser) -> None:
    """What else the result is written as."""
    parser.add_argument(
        "--export",
        action="append",
        nargs=2,
        default=[],
        metavar=("FORMAT", "FILE"),
        help=f"also write {EXPORTS}; {{engine}} in FILE: a file for each engine",
    )


def add_budget(parser: argparse.ArgumentParser, what: str) -> None:
    """The arguments that say how much is measured; `what` is said of the budget."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--budget", type=seconds, metavar="SECONDS", help=what)
    group.add_argument(
        "--precision",
        type=share,
        metavar="SHARE",
        help="as many blocks as the pilot says it takes until half of the intervals are at most so "
        "wide on either side, such as 3%%; in place of a budget",
    )


def check_precision(precision: float | None, *, is_quick: bool) -> None:
    """Raise `UsageError` where a precision is asked for in a hurry."""
    if is_quick and precision is not None:
        raise UsageError("--precision takes as long as it takes: it does not go with --quick")


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """The argument of a command that measures where another one does already."""
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait while another measurement runs on this machine; else it ends with who that is",
    )


def check_exports(exports: Sequence[Sequence[str]]) -> None:
    """Raise `UsageError` for exports that cannot be written: before anything is measured."""
    if exports:
        from molt_build.report.export import check_export

        for form, file in exports:
            check_export(form, file)


def write_exports(result: Result, exports: Sequence[Sequence[str]]) -> None:
    """Write what else was asked for, all that can be; raises `UsageError` for the rest."""
    lacking: list[UsageError] = []
    for form, file in exports:
        from molt_build.report.export import export

        try:
            export(result, form, file)
        except UsageError as error:
            lacking.append(error)
    if lacking:
        raise UsageError("\n".join(error.message for error in lacking), lacking[0].hint)


def print_lanes(result: BenchResult) -> None:
    """The tables of a run of lanes."""
    from molt_build.report.lane_table import print_run
    from molt_build.report.terminal import result_console

    print_run(result_console(), result)


def conclude(
    finished: Finished[R],
    *,
    is_json: bool,
    show: Callable[[], None],
    command: str,
    session: str | None = None,
    exported: Callable[[], None] = lambda: None,
    when_whole: Callable[[], None] = lambda: None,
) -> int:
    """Print what was found, where it lies and what failed; the exit code.

    `command`, and `session` where there is one, go on with an interrupted run, `exported` writes
    what else was asked for, `when_whole` what only a run gives that was not interrupted.
    Raises `UsageError` for what could not be gone on with, and what cannot be exported.
    """
    if is_json:
        print_document(finished.result)
    else:
        show()
    voice.tell(f"result: {os.path.relpath(finished.folder)}/result.json")
    if finished.is_interrupted:
        print("interrupted: what is measured is kept; go on with", file=sys.stderr)
        if session is not None:
            print(f"  nox -s {session} -- --resume", file=sys.stderr)
        print(f"  molt-build {command} --resume", file=sys.stderr)
        _export(exported, is_said=True)
        return EXIT_INTERRUPTED
    when_whole()
    for line in finished.failures:
        print(line, file=sys.stderr)
    # The last: what cannot be exported is an error where nothing else is, and all is said by then.
    _export(exported, is_said=bool(finished.failures))
    if finished.refused:
        raise UsageError("\n".join(finished.refused), "begin a new run, without --resume")
    return EXIT_MEASURED_FAILURE if finished.failures else EXIT_DONE


def _export(exported: Callable[[], None], *, is_said: bool) -> None:
    """Write the exports; what could not be made is said only, where the command fails anyhow."""
    try:
        exported()
    except UsageError as error:
        if not is_said:
            raise
        print(f"not exported: {error.message}", file=sys.stderr)
