"""`molt-build history list`: the runs that are recorded."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from molt_build.cli.history import add_job
from molt_build.cli.numbers import positive
from molt_build.errors import EXIT_DONE

if TYPE_CHECKING:
    from molt_build.history.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's own arguments."""
    add_job(parser)
    parser.add_argument("--last", type=positive, metavar="N", help="only the latest N")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """A line for each run."""
    from molt_build.cli.command_line import warn
    from molt_build.runs.recorded import has_result, jobs_runs, known_runs

    with known_runs(args.project, warn) as history:
        runs = jobs_runs(history, args.job, warn)[-args.last if args.last else 0 :]
    there = {run.id: has_result(args.project, run) for run in runs}
    if args.json:
        rows = [{**asdict(run), "has_result": there[run.id]} for run in runs]
        print(json.dumps({"runs": rows}))
        return EXIT_DONE
    for one in runs:
        print("  ".join((f"{one.id:<40}", f"{one.kind:<6}", *remarks(one, there[one.id]))).rstrip())
    if not runs:
        print("no run is recorded yet: molt-build bench LANE makes one")
    return EXIT_DONE


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
