"""`molt-build cache SUBCOMMAND`: one module a subcommand, imported only when it is used."""

from __future__ import annotations

import argparse
import importlib

# Subcommand X is served by the module `molt_build.cli.cache_X`, with `add_arguments` and `run`.
SUBCOMMANDS: dict[str, str] = {
    "stats": "say what the cache holds, and what it was good for in this project's builds",
    "verify": "check every file of the store, and set damaged ones aside",
    "prune": "remove from the store what was used least recently",
    "clear": "remove parts of the cache altogether, when no build runs",
    "waste": "say which components of keys made things run again for nothing",
    "audit": "execute a sample of hits again, and compare bytes with the store",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands, each with its own arguments."""
    commands = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
    for name, summary in SUBCOMMANDS.items():
        sentence = summary[:1].upper() + summary[1:] + "."
        command = commands.add_parser(name, help=summary, description=sentence)
        importlib.import_module(f"molt_build.cli.cache_{name}").add_arguments(command)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; its exit code."""
    code: int = importlib.import_module(f"molt_build.cli.cache_{args.subcommand}").run(args)
    return code
