"""`molt-build cache SUBCOMMAND`: into the store, and room in it."""

from __future__ import annotations

import argparse

from molt_build.cli.subcommands import add_subcommands, run_subcommand

EXAMPLES = (
    "molt-build cache stats",
    'molt-build cache prune --to "2 GB"',
)

SUBCOMMANDS: dict[str, str] = {
    "stats": "say what the cache holds, and what it was good for in this project's builds",
    "verify": "check every file of the store, and set damaged ones aside",
    "prune": "remove from the store what was used least recently",
    "clear": "remove parts of the cache altogether, when no build runs",
    "waste": "say which components of keys made things run again for nothing",
    "audit": "execute a sample of hits again, and compare bytes with the store",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands."""
    add_subcommands(parser, "cache", SUBCOMMANDS)


run = run_subcommand
