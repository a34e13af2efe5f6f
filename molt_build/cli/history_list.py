"""`molt-build history list`: the runs that are recorded."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.history import add_job
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE
from molt_build.history.runs import Run
from molt_build.voice import warn

EXAMPLES = ("molt-build history list --job bench_native --last 5",)


@dataclass(frozen=True)
class ListedRun(Run):
    """A run that is recorded, and whether its folder is there."""

    has_result: Annotated[bool, "Whether its folder has its result."]


@dataclass(frozen=True)
class ListedRuns:
    """The runs that are recorded."""

    runs: Annotated[tuple[ListedRun, ...], "The latest last."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    add_job(parser)
    parser.add_argument("--last", type=positive, metavar="N", help="only the latest N")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """A line for each run."""
    runs = recorded(args.project, args.job)[-args.last if args.last else 0 :]
    if args.json:
        print_document(document(runs))
    else:
        print("\n".join(lines(runs)))
    return EXIT_DONE


def recorded(project: Path, job: str | None = None) -> list[tuple[Run, bool]]:
    """The runs of a job, or of all, the latest last, each with whether its result is there."""
    from molt_build.runs.recorded import has_result, jobs_runs, known_runs

    with known_runs(project, warn) as history:
        return [(run, has_result(project, run)) for run in jobs_runs(history, job, warn)]


def document(runs: Sequence[tuple[Run, bool]]) -> ListedRuns:
    """The runs for programs."""
    return ListedRuns(tuple(ListedRun(**vars(run), has_result=there) for run, there in runs))


def lines(runs: Sequence[tuple[Run, bool]]) -> list[str]:
    """A line for each run, or how one is made."""
    if not runs:
        return ["no run is recorded yet: molt-build bench LANE makes one"]
    return [
        "  ".join((f"{run.id:<40}", f"{run.kind:<6}", *remarks(run, is_there))).rstrip()
        for run, is_there in runs
    ]


def remarks(run: Run, has_result: bool) -> list[str]:
    """The commit, and what makes the run another than a whole one."""
    words = []
    if run.git_commit:
        words.append(run.git_commit[:12] + ("+" if run.git_is_dirty else ""))
    notes = {
        "quick": run.is_quick,
        "interrupted": run.is_interrupted,
        "its folder is gone": not has_result,
    }
    words += [word for word, holds in notes.items() if holds]
    if not (run.is_of_record or run.problem or run.is_quick or run.is_interrupted):
        words.append("not of record")
    return words + ([f"cannot be read: {run.problem}"] if run.problem else [])
