"""`molt-build dashboard`: one HTML file with all that recorded runs say, to be opened or sent."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE
from molt_build.sizes import shown_size
from molt_build.voice import warn
from molt_build.watch import counted

EXAMPLES = (
    "molt-build dashboard",
    "molt-build dashboard --output dashboard.html",
)
FILE = Path(STATE_FOLDER) / "dashboard.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--engine", metavar="E", help="the engine of the board (default: the project's subject)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"where it is written (default: {FILE})"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write it; exit code 3 without the plotting library."""
    from molt_build.manifests.loading import load
    from molt_build.report.dashboard.page import write_dashboard

    manifests = load(args.project)
    file = args.output or Path(args.project) / FILE
    written = write_dashboard(args.project, manifests, file, warn, engine=args.engine)
    if args.json:
        print_document(written)
        return EXIT_DONE
    size = shown_size(written.bytes)
    print(f"{os.path.relpath(file)}: {size}, {counted(written.runs, 'run')}")
    print(f"raw samples of {counted(len(written.samples), 'run')} are in it")
    return EXIT_DONE
