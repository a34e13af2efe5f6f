"""The options that every command takes, before its name and after it."""

from __future__ import annotations

import argparse

from molt_build.voice import COLOURS, QUIET, USUAL, VERBOSE


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
    loudness = group.add_mutually_exclusive_group()
    for options, value, what in (
        (("-v", "--verbose"), VERBOSE, "say more: each action, the project, causes of errors"),
        (("-q", "--quiet"), QUIET, "say less: results, warnings and errors alone"),
    ):
        loudness.add_argument(
            *options,
            action="store_const",
            const=value,
            dest="loudness",
            default=default(USUAL),
            help=what,
        )
    group.add_argument(
        "--color",
        choices=COLOURS,
        default=default("auto"),
        help="auto (default): on a terminal, unless NO_COLOR is set",
    )
