"""The options that every command takes, before its name and after it."""

from __future__ import annotations

import argparse


def add_common(parser: argparse.ArgumentParser, *, is_main: bool = False) -> None:
    """Them; what a command's own parser is not given leaves what was said before its name."""

    def default(value: object) -> object:
        return value if is_main else argparse.SUPPRESS

    group = parser.add_argument_group("of every command")
    group.add_argument(
        "--project",
        metavar="DIR",
        default=default(None),
        help="the project (default: MOLT_BUILD_PROJECT, else the nearest folder upwards)",
    )
