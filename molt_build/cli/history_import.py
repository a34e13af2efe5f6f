"""`molt-build history import`: results that lie in bench/results taken in."""

from __future__ import annotations

import argparse
import json

from molt_build.errors import EXIT_DONE


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
    from molt_build.cli.command_line import warn
    from molt_build.runs.recorded import own_history, take_in

    with own_history(args.project, warn) as history:
        taken = take_in(history, args.project, args.runs or None)
    if args.json:
        rows = [{"run": run.id, "problem": run.problem} for run in taken]
        print(json.dumps({"taken_in": rows}))
        return EXIT_DONE
    for one in taken:
        print(f"{one.id}: {one.problem or 'taken in'}")
    if not taken:
        print("nothing is new")
    return EXIT_DONE
