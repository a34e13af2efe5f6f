"""Commands that have subcommands: one module for each, `molt_build.cli.COMMAND_SUBCOMMAND`."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from typing import Any

from molt_build.cli.common import add_common
from molt_build.cli.help import end_help


def add_subcommands(
    parser: argparse.ArgumentParser, command: str, names: Mapping[str, str]
) -> None:
    """The subcommands, each with its own arguments; `names` has a summary for each."""
    commands = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
    for name, summary in names.items():
        sentence = summary[:1].upper() + summary[1:] + "."
        subcommand = commands.add_parser(name, help=summary, description=sentence)
        module = _module(command, name)
        module.add_arguments(subcommand)
        add_common(subcommand)
        end_help(subcommand, f"{command} {name}", module.EXAMPLES)


def run_subcommand(args: argparse.Namespace) -> int:
    """Run the one that was asked for; its exit code."""
    code: int = _module(args.command, args.subcommand).run(args)
    return code


def _module(command: str, name: str) -> Any:
    return importlib.import_module(f"molt_build.cli.{command}_{name}")
