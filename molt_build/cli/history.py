"""`molt-build history SUBCOMMAND`: the runs that are recorded."""

from __future__ import annotations

import argparse

from molt_build.cli.subcommands import add_subcommands, run_subcommand

EXAMPLES = (
    "molt-build history list",
    "molt-build history show latest",
    "molt-build history trend bench_native",
)

SUBCOMMANDS: dict[str, str] = {
    "list": "list the runs of all jobs, the latest last",
    "show": "show what the history holds of a run, its folder being there or not",
    "trend": "show figures over runs, and which are beside their usual changes",
    "annotate": "say why runs of some days are no part of what a gate holds for usual",
    "export": "print what all runs measured, a row for each cell",
    "import": "take in results that lie in bench/results, pruned ones by name",
    "prune": "remove runs from the history, their folders when that is asked for",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands."""
    add_subcommands(parser, "history", SUBCOMMANDS)


run = run_subcommand


def add_job(parser: argparse.ArgumentParser) -> None:
    """The option --job."""
    what = "only of this job: a lane's name, friends, compile_progress or differential"
    parser.add_argument("--job", metavar="JOB", help=what)
