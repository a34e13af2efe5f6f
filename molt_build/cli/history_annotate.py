"""`molt-build history annotate`: days whose runs are no part of a gate's past, and why.

What is written stands in the gate's manifest, where such ranges are read from: it is of the project
and not of this machine, is reviewed as the limit beside it is, and stays when a history is made
anew.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.voice import warn

EXAMPLES = (
    'molt-build history annotate dev_warm_trend --since 2026-11-01 --reason "a throttled machine"',
    "molt-build history annotate all_programs --run bench_native/latest --reason 'a new compiler'",
)


@dataclass(frozen=True)
class AnnotatedGate:
    """A gate, and the range that its manifest has now."""

    gate: Annotated[str, "The gate."]
    file: Annotated[str, "Its manifest."]
    is_changed: Annotated[bool, "Whether it had no such range before."]


@dataclass(frozen=True)
class AnnotatedGates:
    """A range of days, in the manifests of gates."""

    dry_run: Annotated[bool, "Whether nothing was written."]
    since: Annotated[str, "The first day."]
    until: Annotated[str, "The last day."]
    reason: Annotated[str, "Why runs of those days are no part of a past."]
    gates: Annotated[tuple[AnnotatedGate, ...], "The gates."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    parser.add_argument("gates", nargs="+", metavar="GATE", help="whose past it is about")
    days = parser.add_mutually_exclusive_group(required=True)
    days.add_argument("--since", type=_day, metavar="DAY", help="the first day: 2026-11-01")
    days.add_argument("--run", metavar="RUN", help="the day of this run: JOB/TIMESTAMP, JOB/latest")
    parser.add_argument(
        "--until", type=_day, metavar="DAY", help="the last day (default: the same)"
    )
    parser.add_argument("--reason", required=True, metavar="TEXT", help="what was different then")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = "It is written into the gates' manifests; who takes it back edits these."


def run(args: argparse.Namespace) -> int:
    """Write it into each gate's manifest."""
    from molt_build.manifests.editing import (
        own_manifest,
        read_manifest,
        replace_manifest,
        with_row,
    )
    from molt_build.manifests.loading import load
    from molt_build.names import known

    manifests = load(args.project)
    for name in args.gates:
        known("gate", name, manifests.gates)
    since = args.since or _day_of(args)
    until = args.until or since
    if until < since:
        raise UsageError(f"{until} is before {since}, and no range")
    if not args.reason.strip():
        raise UsageError("--reason is empty", "say what was different on those days")
    row = {"since": since, "until": until, "reason": args.reason}
    edits, done = [], []
    for name in dict.fromkeys(args.gates):
        file = own_manifest(args.project, "gate", name)
        is_new = all(vars(one) != row for one in manifests.gates[name].annotations)
        if is_new:
            edits.append((file, with_row(read_manifest(file), "annotations", row)))
        done.append(AnnotatedGate(name, str(file), is_new))
    for file, text in edits if not args.dry_run else ():
        replace_manifest(file, text)
    if args.json:
        print_document(AnnotatedGates(args.dry_run, since, until, args.reason, tuple(done)))
        return EXIT_DONE
    for one in done:
        word = "as it was" if not one.is_changed else "to be written" if args.dry_run else "written"
        print(f"{os.path.relpath(one.file)}: {since} to {until}: {word}")
    return EXIT_DONE


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day: 2026-11-01") from None


def _day_of(args: argparse.Namespace) -> str:
    """The day on which a run began."""
    from molt_build.runs.recorded import find_row, known_runs

    with known_runs(args.project, warn) as history:
        return find_row(history, args.run).started[:10]
