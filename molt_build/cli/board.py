"""`molt-build board`: how far each track of the program is, from recorded and published runs."""

from __future__ import annotations

import argparse
import time

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE
from molt_build.voice import warn

EXAMPLES = (
    "molt-build board",
    "molt-build board --engine mypyc --json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--engine", metavar="E", help="the engine that it is about (default: the project's subject)"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show it; a target that is missed changes no exit code."""
    from molt_build.governance.board import board_of
    from molt_build.governance.evidence import evidence
    from molt_build.manifests.loading import load

    manifests = load(args.project)
    with evidence(args.project, warn) as rows:
        board = board_of(rows, manifests, args.engine, now=time.time(), warn=warn)
    if args.json:
        print_document(board)
        return EXIT_DONE
    from molt_build.report.board_table import print_board
    from molt_build.report.terminal import result_console

    print_board(result_console(), board)
    return EXIT_DONE
