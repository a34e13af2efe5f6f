"""`molt-build history prune`: runs removed from the history."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.history import add_job
from molt_build.cli.numbers import age_s, positive
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.sizes import shown_size
from molt_build.voice import warn

EXAMPLES = (
    "molt-build history prune --keep 20 --dry-run",
    "molt-build history prune --older-than 90d --folders",
)


@dataclass(frozen=True)
class SparedRun:
    """A run beyond the limits that stays."""

    run: Annotated[str, "The run: JOB/TIMESTAMP."]
    reason: Annotated[str, "What rests on it."]


@dataclass(frozen=True)
class PrunedRuns:
    """Runs that were removed from the history."""

    dry_run: Annotated[bool, "Whether they only would be."]
    folders: Annotated[bool, "Whether their folders were removed too."]
    pruned: Annotated[tuple[str, ...], "The runs: JOB/TIMESTAMP."]
    spared: Annotated[
        tuple[SparedRun, ...], "Runs beyond the limits that are published, or that a gate needs."
    ]
    freed_bytes: Annotated[int, "What their folders took."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    add_job(parser)
    parser.add_argument(
        "--keep", type=positive, metavar="N", help="all but the latest N runs of each job"
    )
    parser.add_argument(
        "--older-than", type=age_s, metavar="AGE", help="runs older than 12h, 90d, 8w"
    )
    parser.add_argument(
        "--folders", action="store_true", help="remove the runs' folders in bench/results too"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also runs that are published, and those that a gate or a track rests on",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "With both limits a run goes that is beyond both; one that is published, or that a gate or "
        "a track rests on, stays unless --all is said. Streaks and trends lose what is pruned. "
        "A run whose folder stays is not taken in again, unless molt-build history import names "
        "it. A run that may be going on stays."
    )


def run(args: argparse.Namespace) -> int:
    """Prune; raises `UsageError` when no limit is given."""
    from molt_build.runs.pruning import prune
    from molt_build.runs.recorded import own_history, take_in

    if args.keep is None and args.older_than is None:
        raise UsageError("say which runs to prune", "--keep N, --older-than AGE, or both")
    with own_history(args.project, warn) as history:
        take_in(history, args.project)
        needed = {} if args.all else _needed(args)
        pruned = prune(
            history,
            args.project,
            args.job,
            keep=args.keep or 0,
            older_than_s=args.older_than or 0.0,
            with_folders=args.folders,
            is_dry=args.dry_run,
            needed=needed,
            warn=warn,
        )
    if args.json:
        names = tuple(run.id for run in pruned.runs)
        spared = tuple(SparedRun(*one) for one in pruned.spared.items())
        print_document(PrunedRuns(args.dry_run, args.folders, names, spared, pruned.freed_bytes))
        return EXIT_DONE
    verb = "would be removed" if args.dry_run else "removed"
    for run in pruned.runs:
        print(f"{run.id}: {verb}{', with its folder' if args.folders else ''}")
    for name, reason in pruned.spared.items():
        print(f"{name}: stays, {reason}")
    if not pruned.runs:
        print("no run is beyond these limits")
    elif args.folders:
        freed = shown_size(pruned.freed_bytes)
        print(f"{freed} would be freed" if args.dry_run else f"{freed} freed")
    return EXIT_DONE


def _needed(args: argparse.Namespace) -> dict[str, str]:
    """The runs that stay, and why."""
    from molt_build.governance.evidence import evidence
    from molt_build.governance.needed import needed_runs
    from molt_build.manifests.loading import load
    from molt_build.measure.environment import read_environment
    from molt_build.runs.published import published_runs

    machine_class = read_environment(args.project).machine_class
    with evidence(args.project, warn) as rows:
        needed = needed_runs(rows, load(args.project), machine_class, warn)
    return needed | dict.fromkeys(published_runs(args.project), "it is published")
