"""`molt-build history import`: results that lie in bench/results taken in."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE
from molt_build.voice import warn

EXAMPLES = (
    "molt-build history import",
    "molt-build history import bench_native/20261124T021500Z",
)


@dataclass(frozen=True)
class TakenRun:
    """A run that was taken into the history."""

    run: Annotated[str, "The run: JOB/TIMESTAMP."]
    problem: Annotated[str, "Why its result cannot be read; empty when it can."]


@dataclass(frozen=True)
class TakenIn:
    """What was taken into the history."""

    taken_in: Annotated[tuple[TakenRun, ...], "The runs that are new or have changed."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    what = "JOB/TIMESTAMP: this one, though it was pruned or is in the history already"
    parser.add_argument("runs", nargs="*", metavar="RUN", help=what)
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Every command that asks the history takes in what is new or has changed; this one says "
        "what it took in."
    )


def run(args: argparse.Namespace) -> int:
    """Take in what is new, or what is named."""
    from molt_build.runs.recorded import own_history, take_in

    with own_history(args.project, warn) as history:
        taken = take_in(history, args.project, args.runs or None)
    if args.json:
        print_document(TakenIn(tuple(TakenRun(run.id, run.problem) for run in taken)))
        return EXIT_DONE
    for one in taken:
        print(f"{one.id}: {one.problem or 'taken in'}")
    if not taken:
        print("nothing is new")
    return EXIT_DONE
