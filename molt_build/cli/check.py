"""`molt-build check`: validate every manifest and print all errors of all files at once."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build import voice
from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_BAD_MANIFEST, EXIT_DONE
from molt_build.manifests.diagnostics import Diagnostic

EXAMPLES = (
    "molt-build check",
    "molt-build check --format github",
)


@dataclass(frozen=True)
class Checked:
    """What was found in all manifests."""

    valid: Annotated[bool, "Whether there is nothing wrong with any."]
    files: Annotated[int, "How many manifests were read."]
    diagnostics: Annotated[tuple[Diagnostic, ...], "What is wrong, by file and place."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `molt-build check`."""
    parser.add_argument("--json", action="store_true", help="the same facts for programs")
    parser.add_argument(
        "--format",
        choices=("text", "github", "sarif"),
        default="text",
        help="text (the default); github: annotations of GitHub Actions; sarif: SARIF 2.1.0",
    )


def run(args: argparse.Namespace) -> int:
    """Print `file:line:column: path.to.key: message` for each error; 2 when there are any."""
    from molt_build.manifests import validation
    from molt_build.watch import counted

    examined = validation.examine(str(Path(args.project)), with_files=True)
    diagnostics = examined.diagnostics
    if args.format != "text":
        from molt_build.report.annotations import FORMATS

        sys.stdout.write(FORMATS[args.format](str(args.project), diagnostics))
    elif args.json:
        print_document(Checked(not diagnostics, len(examined.files), tuple(diagnostics)))
    elif diagnostics:
        for one in diagnostics:
            print(one, file=sys.stderr)
        wrong = {one.file for one in diagnostics}
        where = f"{counted(len(wrong), 'manifest')} of {len(examined.files)}"
        if not all(file.endswith(".toml") for file in wrong):  # programs that globs found
            where = counted(len(wrong), "file")
        print(f"{counted(len(diagnostics), 'error')} in {where}", file=sys.stderr)
    elif not voice.is_quiet():
        files = len(examined.files)
        print(f"{counted(files, 'manifest')} {'is' if files == 1 else 'are'} valid")
    return EXIT_BAD_MANIFEST if diagnostics else EXIT_DONE
