"""`molt-build check`: validate every manifest and print all errors of all files at once."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from molt_build.errors import EXIT_BAD_MANIFEST, EXIT_DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `molt-build check`."""
    parser.add_argument("--json", action="store_true", help="the same facts for programs")


def run(args: argparse.Namespace) -> int:
    """Print `file:line:column: path.to.key: message` for each error; 2 when there are any."""
    from molt_build.manifests import validation
    from molt_build.report.formatting import count

    examined = validation.examine(str(Path(args.project)), with_files=True)
    diagnostics = examined.diagnostics
    if args.json:
        report = {
            "valid": not diagnostics,
            "files": len(examined.files),
            "diagnostics": [asdict(one) for one in diagnostics],
        }
        print(json.dumps(report, indent=2))
    elif diagnostics:
        for one in diagnostics:
            print(one, file=sys.stderr)
        in_files = len({one.file for one in diagnostics})
        print(
            f"{count(len(diagnostics), 'error')} in {count(in_files, 'manifest')} "
            f"of {len(examined.files)}",
            file=sys.stderr,
        )
    else:
        files = len(examined.files)
        print(f"{count(files, 'manifest')} {'is' if files == 1 else 'are'} valid")
    return EXIT_BAD_MANIFEST if diagnostics else EXIT_DONE
