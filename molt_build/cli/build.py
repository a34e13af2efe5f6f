"""`molt-build build`, when not everything is up to date (`molt_build.cli.warm_build` tells)."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.names import add_request, requested
from molt_build.cli.numbers import add_jobs
from molt_build.errors import EXIT_MEASURED_FAILURE
from molt_build.interrupts import say
from molt_build.names import some
from molt_build.plan.warm import (
    EXECUTED,
    FAILED,
    HIT,
    NAMES_SHOWN,
    UP_TO_DATE,
    counted,
    refusals,
    times,
)
from molt_build.toolchains.wanted import Wanted, looking_closer

if TYPE_CHECKING:
    from molt_build.building.outcome import BuildReport
    from molt_build.building.trace import Trace

EXAMPLES = (
    "molt-build build bench_fib --engine cython",
    'molt-build build "bench_s*" --profile release --keep-going',
    "molt-build build --dry-run",
)


FEW_PROGRAMS = 40  # of each of which a line may tell when it has ended
LINE_EVERY_S = 2.0  # of more than that
COMMAND = "\n  $ "  # before a command in a message
MESSAGES_SHOWN = 20  # of failures; the others are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    add_request(parser)
    add_jobs(parser)
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be executed, and why"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="build the other programs when one fails"
    )
    parser.add_argument(
        "--keep-staging", action="store_true", help="leave a failed action's directory for a look"
    )
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write what ran when; opens in Perfetto"
    )


def run(args: argparse.Namespace) -> int:
    """Build; exit code 1 when an action failed, 4 when the environment failed it."""
    if args.trace is None:
        return _run(args, None)
    from molt_build.building.trace import Trace

    trace = Trace(args.trace, say)
    try:
        return _run(args, trace)
    finally:
        trace.close()


def _run(args: argparse.Namespace, trace: Trace | None) -> int:
    from molt_build.building.builder import build
    from molt_build.building.opening import open_session
    from molt_build.building.outcome import CompilerFailed

    is_dry = args.dry_run
    with open_session(
        args.project,
        _Progress().tell,
        install=not is_dry,
        assume_installed=is_dry,
        assume_built=is_dry,
        jobs=args.jobs,
        keep_staging=args.keep_staging,
        trace=trace,
    ) as session:
        request = replace(
            requested(args, session.manifests),
            jobs=args.jobs,
            keep_going=args.keep_going,
            keep_staging=args.keep_staging,
            dry_run=is_dry,
        )
        try:
            report = build(session, request)
        except CompilerFailed as failed:
            if args.json:
                _print_json(failed.report, args)
            else:
                _show_compilers(failed.report)
            raise
        if args.dry_run and not args.json:
            from molt_build.cli.explain import print_explanation

            print_explanation(report)
    _show(report, args)
    return report.exit_code


def _show(report: BuildReport, args: argparse.Namespace) -> None:
    if args.json:
        _print_json(report, args)
        _print_failures(report, keep_staging=args.keep_staging)
        return
    for action in (*report.compiler_actions, *report.actions):
        if action.warnings:
            _print_warnings(action.program, action.stage, action.warnings)
    _print_failures(report, keep_staging=args.keep_staging)
    refused = {p.program: p.reason for p in report.programs.values() if p.is_unsupported}
    for line in refusals(refused, report.toolchain):
        print(line)
    for action in (*report.compiler_actions, *report.actions):
        took = f"{action.seconds:.2f} s"
        if action.status in (HIT, UP_TO_DATE):
            took = f"{action.stage_seconds:.2f} s saved"
        voice.detail(f"{action.program} {action.stage}: {action.status}, {took}")
    if voice.is_quiet():
        return
    if not args.dry_run:
        _show_compilers(report)
    counts = f"{report.count(UP_TO_DATE)} up to date, {counted(report.count(HIT), 'hit')}, "
    counts += f"{report.count(EXECUTED)} {'to be executed' if args.dry_run else 'executed'}"
    if args.dry_run and report.count(EXECUTED):  # of which nobody knows yet what it will make
        counts += " with what follows"
    if report.count(FAILED):
        counts += f", {report.count(FAILED)} failed"
    programs = counted(len(report.programs), "program")
    took = "" if args.dry_run else f" {times(report.seconds, report.saved_s)}"
    print(f"{programs} with {report.toolchain} {report.profile}: {counts}{took}")
    if args.dry_run:
        return
    misses = report.misses()
    wasted = [miss.action.seconds for miss in misses if miss.action.is_wasted]
    if wasted:
        print(
            f"wasted: {len(wasted)} of {counted(len(misses), 'executed action')} made the same "
            f"bytes again "
            f"({sum(wasted):.1f} s); molt-build cache waste says why"
        )


def _print_json(report: BuildReport, args: argparse.Namespace) -> None:
    from molt_build.building.documents import built

    print_document(built(report, is_dry=args.dry_run))


def _show_compilers(report: BuildReport) -> None:
    """A line for each build of the toolchain itself that had anything to do."""
    for compiler in report.compilers:
        if all(action.status == UP_TO_DATE for action in compiler.actions):
            continue
        done = []
        for action in compiler.actions:
            took = f" {action.seconds:.1f} s" if action.status in (EXECUTED, FAILED) else ""
            done.append(f"{action.stage} {action.status}{took}")
        wanted = compiler.wanted
        verb = "failed:" if compiler.failure else "built"
        print(f"{verb} {wanted}: {', '.join(done)}")


class _Progress:
    """What a build tells while it runs; of thousands of programs those that failed, and how far
    it is from time to time."""

    def __init__(self) -> None:
        self._told_s = -LINE_EVERY_S

    def tell(self, line: str) -> None:
        """A line of the build: of a program that has ended it begins with its `[DONE/ALL]`."""
        if line.startswith("[") and not self._is_due(*line[1:].partition("] ")[::2]):
            return
        voice.tell(line)

    def _is_due(self, place: str, program: str) -> bool:
        done, _, total = place.partition("/")
        is_many = total.isdigit() and int(total) > FEW_PROGRAMS
        if not is_many or done == total or program.endswith(f": {FAILED}"):
            return True
        is_time = time.monotonic() - self._told_s >= LINE_EVERY_S
        if is_time:
            self._told_s = time.monotonic()
        return is_time


def _print_failures(report: BuildReport, *, keep_staging: bool) -> None:
    failed = [action for action in report.actions if action.message]
    for action in failed[:MESSAGES_SHOWN]:
        print(action.message, file=sys.stderr)
    others = [f"{action.program} {action.stage}" for action in failed[MESSAGES_SHOWN:]]
    if others:
        shown = some(others, NAMES_SHOWN)
        print(f"failed too, in words of their own with --json: {shown}", file=sys.stderr)
    # Of a stage that shows no command none was run, and no directory would stay.
    ran = (
        one for one in failed if one.exit_code == EXIT_MEASURED_FAILURE and COMMAND in one.message
    )
    first = next(ran, None)
    if first is not None and not keep_staging:
        one = Wanted(first.program, report.toolchain, report.profile, report.target)
        print(looking_closer(one), file=sys.stderr)


def _print_warnings(program: str, stage: str, warnings: str) -> None:
    for line in warnings.rstrip().splitlines():
        print(f"{program} {stage}: {line}", file=sys.stderr)
