"""`molt-build gates`: whether anything is worse than it may be, by recorded runs."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.cli.measuring import add_waiting, typed_again
from molt_build.cli.numbers import add_jobs, whole
from molt_build.errors import EXIT_DONE, EXIT_MEASURED_FAILURE, UsageError
from molt_build.voice import warn

if TYPE_CHECKING:
    from molt_build.manifests.gate import Gate
    from molt_build.manifests.model import Manifests
    from molt_build.results.gates import GatesResult

EXAMPLES = (
    "molt-build gates",
    "molt-build gates loop_budget --base origin/main",
    "molt-build gates --base origin/main --quick",
    "molt-build gates --junit gates.xml --annotations --summary gates.md",
    "molt-build gates --register",
    "molt-build gates --canary",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("gates", nargs="*", metavar="GATE", help="only these gates")
    parser.add_argument(
        "--base",
        metavar="REV",
        help="measure the lanes of gates that are against a base beside this revision first",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="with --base: hold times to counted instructions, which are exact: nothing is timed",
    )
    parser.add_argument(
        "--reruns",
        type=whole,
        metavar="N",
        help="with --base: measure again what is unclear, at most so often, for twice the blocks "
        "each time (default: 2)",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 where a gate that may fail is stale or unmeasured, too",
    )
    parser.add_argument(
        "--canary",
        action="store_true",
        help="try each gate with runs that are made up: whether it fires where it must, and only "
        "there",
    )
    parser.add_argument(
        "--register",
        action="store_true",
        help="open and close regressions in the register, a manifest: what fails is opened, what "
        "passed in three runs in a row closed",
    )
    parser.add_argument("--junit", metavar="FILE", help="write a test report there")
    parser.add_argument(
        "--summary", metavar="FILE", help="write Markdown for a job's summary there"
    )
    parser.add_argument(
        "--annotations",
        action="store_true",
        help="print annotations of a GitHub workflow, at most one of each level",
    )
    add_jobs(parser)
    add_waiting(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Judge; exit code 1 where a gate fails, with `--strict` also where one is not judged."""
    from molt_build.governance.gates import run_gates
    from molt_build.manifests.loading import load
    from molt_build.names import known
    from molt_build.results.gates import GatesAsked

    manifests = load(args.project)
    for name in args.gates:
        known("gate", name, manifests.gates)
    if not manifests.gates:
        raise UsageError("no gate is declared", "manifests/gates/NAME.toml declares one")
    if args.register and args.canary:
        raise UsageError("--canary tries runs that never were: nothing of them is registered")
    for option in ("quick", "reruns"):
        if getattr(args, option) not in (None, False) and args.base is None:
            raise UsageError(f"--{option} needs --base REV: nothing else is measured")
    if args.canary:
        return _canary(args)
    own: Sequence[str] = ()
    base, reruns = None, 0
    if args.base is not None:
        base, own, reruns = _measured(args)
    if args.quick:
        manifests = replace(manifests, gates=_counted(manifests.gates))
    asked = GatesAsked(tuple(dict.fromkeys(args.gates)), args.base, args.quick)
    command = typed_again(args, ["gates", *args.gates], ("base", "reruns"), ("quick",))
    past = _past(args) if args.register else []
    folder, result = run_gates(
        args.project,
        manifests,
        asked,
        warn,
        command=command,
        own=own,
        base=base,
        reruns=reruns,
    )
    from molt_build.report import gate_reports

    for file, text in ((args.junit, gate_reports.junit), (args.summary, gate_reports.summary)):
        if file is not None:
            Path(file).write_text(text(result), encoding="utf-8")
    if args.json:
        print_document(result)
    elif args.annotations:
        print(gate_reports.github(result), end="")
    else:
        from molt_build.report.gate_table import print_gates
        from molt_build.report.terminal import result_console

        print_gates(result_console(), result)
    if args.register:
        _register(args, manifests, result, past)
    voice.tell(f"result: {os.path.relpath(folder)}/result.json")
    silent = [one for one in result.of("stale", "unmeasured") if one.severity == "fail"]
    is_failing = result.of("fail") or (args.strict and silent)
    return EXIT_MEASURED_FAILURE if is_failing else EXIT_DONE


def _past(args: argparse.Namespace) -> list[GatesResult]:
    """What gates found before, the latest last."""
    from molt_build.results.gates import GatesResult as Gates
    from molt_build.runs.folder import GATES
    from molt_build.runs.recorded import known_runs, read_results

    with known_runs(args.project, warn) as history:
        found = read_results(history, args.project, GATES, warn)
    return [one for one in found if isinstance(one, Gates)]


def _register(
    args: argparse.Namespace, manifests: Manifests, result: GatesResult, past: list[GatesResult]
) -> None:
    """Write into the register what the result changes, and say it."""
    from molt_build.governance.register import changes, write_changes

    found = changes(manifests.register, manifests, result, past)
    file = os.path.relpath(write_changes(args.project, manifests, found))
    for one in found:
        voice.tell(f"{file}: {one.now.id} is {'new' if one.place is None else one.now.state}")


def _measured(args: argparse.Namespace) -> tuple[str, list[str], int]:
    """The commit of the base, the runs that were measured beside it, and how many are reruns."""
    from molt_build.building.opening import open_session
    from molt_build.governance.reruns import RERUNS, measure_until_clear
    from molt_build.measure.machine import await_turn
    from molt_build.report.progress import shown_progress
    from molt_build.sources.revisions import find_commit

    base = find_commit(args.project, args.base)
    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        await_turn(watch, is_patient=args.wait)
        there = session.manifests.gates
        there = _counted(there) if args.quick else there
        gates = [there[name] for name in args.gates or there]
        made, count = measure_until_clear(
            session,
            gates,
            base,
            watch,
            jobs=args.jobs,
            reruns=RERUNS if args.reruns is None else args.reruns,
        )
    return base, made, count


def _counted(gates: Mapping[str, Gate]) -> dict[str, Gate]:
    from molt_build.governance.bases import by_counts

    return {name: by_counts(gate) for name, gate in gates.items()}


def _canary(args: argparse.Namespace) -> int:
    from molt_build.governance.canaries import run_canaries
    from molt_build.manifests.loading import load

    there = load(args.project).gates
    gates = [there[name] for name in args.gates or sorted(there)]
    found = run_canaries(args.project, load(args.project), gates, time.time())
    if args.json:
        print_document(found)
    else:
        from molt_build.report.gate_table import print_canaries
        from molt_build.report.terminal import result_console

        print_canaries(result_console(), found)
    return EXIT_MEASURED_FAILURE if found.wrong else EXIT_DONE
