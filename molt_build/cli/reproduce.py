"""`molt-build reproduce RUN`: a run rebuilt and measured again, and whether it agrees."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.measuring import add_waiting
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs, seconds
from molt_build.errors import EXIT_DONE, EXIT_INTERRUPTED, EXIT_MEASURED_FAILURE, UsageError
from molt_build.voice import warn

if TYPE_CHECKING:
    from molt_build.building.session import Session
    from molt_build.results.bench import BenchResult, LaneResult
    from molt_build.results.signals import SignalsResult
    from molt_build.watch import Watch

EXAMPLES = (
    "molt-build reproduce bench_native/latest",
    "molt-build reproduce bench/published/bench_native/20261127T224017Z --program bench_fib",
    "molt-build reproduce result.json --by bench_native/latest",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = "a folder or file, a TIMESTAMP, latest or latest~1; JOB/ may precede the last three"
    parser.add_argument(
        "run", metavar="RUN", help=f"the run, of a lane, of suites or of signals: {what}"
    )
    parser.add_argument(
        "--by",
        metavar="RUN",
        help="measure nothing: hold it against this run, of another machine say",
    )
    parser.add_argument(
        "--lane", metavar="LANE", help="of a run of suites this one (default: all that it measured)"
    )
    add_several(parser, "--program", "P", "only these programs")
    add_several(parser, "--engine", "E", "only these engines of the run")
    parser.add_argument(
        "--budget",
        type=seconds,
        metavar="SECONDS",
        help="what measuring each lane may take (default: as the run was asked)",
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="measure this tree as it is, and not a worktree of the run's commit",
    )
    add_jobs(parser, "; runs are never side by side")
    add_waiting(parser)
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "It is measured in a worktree of the run's commit, by the locks of then; where there is no "
        "such commit, or the run was made of changed files, in this tree. Ratios to the reference "
        "agree where they are within what both intervals allow; with another class of machine they "
        "alone are compared."
    )


def run(args: argparse.Namespace) -> int:
    """Measure and compare; exit code 1 where a program disagrees, or none can be compared."""
    from molt_build.governance.reproduction import reproduction
    from molt_build.names import known
    from molt_build.results.files import of_lanes, read_bench, read_result
    from molt_build.results.signals import SignalsResult as Signals
    from molt_build.runs.recorded import find_run

    place = find_run(args.project, args.run, args.lane, warn)
    found = read_result(place)
    if isinstance(found, Signals):
        return _signals(args, found)
    result = of_lanes(found, place)
    lanes = {name: lane for name, lane in result.lanes.items() if lane.measurements}
    if not lanes:
        raise UsageError(f"{result.run} measured nothing")
    if args.lane is not None and args.lane != "friends":
        lanes = {args.lane: lanes[known(f"lane of {result.run}", args.lane, lanes)]}
    for engine in args.engine:
        known(f"engine of {result.run}", engine, result.engines)
    notes: tuple[str, ...] = ()
    if args.by is not None:
        others = [read_bench(find_run(args.project, args.by, args.lane, warn))]
    else:
        others, notes, is_whole = _measured(args, result, lanes)
        if not is_whole:
            return EXIT_INTERRUPTED
    again = reproduction(result, others, notes)
    if args.json:
        print_document(again)
    else:
        from molt_build.report.reproduction_table import print_reproduction
        from molt_build.report.terminal import result_console

        print_reproduction(result_console(), again)
    return EXIT_DONE if again.is_reproduced else EXIT_MEASURED_FAILURE


def _signals(args: argparse.Namespace, result: SignalsResult) -> int:
    """Read signals again: nothing of them is timed, so each number is the same or is not."""
    from molt_build.results.files import read_signals
    from molt_build.results.signals import compared
    from molt_build.runs.recorded import find_run

    for option in ("program", "engine", "budget"):
        if getattr(args, option):
            raise UsageError(f"--{option} is of runs that were measured", "all signals are read")
    if args.by is not None:
        other = read_signals(find_run(args.project, args.by, args.lane, warn))
    else:
        from molt_build.signals.job import run_signals

        command = ("molt-build", "reproduce", result.run)
        with _then(args, result) as (session, watch, _):
            folder, other = run_signals(
                session, result.asked, watch, jobs=args.jobs, command=command
            )
        voice.tell(f"result: {os.path.relpath(folder)}/result.json")
    found = compared(result, other)
    facts = {**result.signals, **other.signals}
    if args.json:
        print_document(found)
    else:
        from molt_build.report.signal_table import print_compared
        from molt_build.report.terminal import result_console

        print_compared(result_console(), found, facts)
    exact = [one.verdict for one in found.changes if not facts[one.signal].is_measured]
    return EXIT_DONE if exact and set(exact) == {"same"} else EXIT_MEASURED_FAILURE


def _measured(
    args: argparse.Namespace, result: BenchResult, lanes: dict[str, LaneResult]
) -> tuple[list[BenchResult], tuple[str, ...], bool]:
    """What was measured, what is to be said of where, and whether nothing interrupted it."""
    from molt_build.governance.reproduction import measured_again
    from molt_build.measure.machine import await_turn

    others: list[BenchResult] = []
    folders: list[Path] = []
    with _then(args, result) as (session, watch, note):
        await_turn(watch, is_patient=args.wait)
        is_whole = True
        for lane in lanes.values():
            finished = measured_again(
                session,
                lane,
                result,
                watch,
                programs=args.program,
                engines=args.engine,
                budget_s=args.budget,
                jobs=args.jobs,
            )
            others.append(finished.result)
            folders.append(finished.folder)
            is_whole = is_whole and not finished.is_interrupted
    for folder in folders:
        voice.tell(f"result: {os.path.relpath(folder)}/result.json")
    return others, (note,) if note else (), is_whole


@contextmanager
def _then(
    args: argparse.Namespace, result: BenchResult | SignalsResult
) -> Iterator[tuple[Session, Watch, str]]:
    """A session at the run's commit, or of this tree, and what is to be said of that."""
    from molt_build.building.opening import open_session
    from molt_build.governance.reproduction import commit_of_then
    from molt_build.report.progress import shown_progress

    commit, note = (None, "") if args.here else commit_of_then(args.project, result)
    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        if note:
            watch.note(note)
        if commit is None:
            yield session, watch, note
        else:
            with _at_commit(session, commit, args.jobs, watch) as then:
                yield then, watch, note


@contextmanager
def _at_commit(session: Session, commit: str, jobs: int, watch: Watch) -> Iterator[Session]:
    """The session of then; raises `UsageError` where its manifests are not valid now."""
    from molt_build.building.at_revision import session_at

    with ExitStack() as held:
        try:
            then, _ = held.enter_context(session_at(session, commit, jobs, watch))
        except UsageError as error:
            hint = "the molt_build of then reads them; --here measures this tree as it is"
            raise UsageError(error.message, hint) from None
        yield then
