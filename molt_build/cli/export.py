"""`molt-build export RUN`: a recorded run in the formats of other tools."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.cli.measuring import EXPORTS
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.voice import warn

EXAMPLES = (
    "molt-build export latest --format csv",
    'molt-build export bench_native/latest --format pyperf --output "{engine}.json"',
)


@dataclass(frozen=True)
class Exported:
    """A run that was written in another format."""

    run: Annotated[str, "The run: JOB/TIMESTAMP."]
    format: Annotated[str, "The format."]
    files: Annotated[tuple[str, ...], "The files that were written."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = "a folder or file, a TIMESTAMP, latest or latest~1; JOB/ may precede the last three"
    parser.add_argument("run", metavar="RUN", help=f"the run: {what}")
    parser.add_argument(
        "--format",
        default="csv",
        metavar="FORMAT",
        help=f"{EXPORTS}; default: csv",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="default: standard output; {engine} in FILE: a file for each engine",
    )
    parser.add_argument(
        "--job",
        metavar="JOB",
        help="whose runs latest means: a lane's name, friends, compile_progress or differential "
        "(default: any lane's)",
    )
    parser.add_argument(
        "--json", action="store_true", help="say which files were written, as one JSON object"
    )


def run(args: argparse.Namespace) -> int:
    """Write the run, or print it."""
    from molt_build.names import known
    from molt_build.report.export import FORMATS, check_export, export, export_text
    from molt_build.results.files import read_result
    from molt_build.runs.recorded import find_run

    known("export format", args.format, FORMATS)
    if args.output is not None:
        check_export(args.format, args.output)
    elif args.json:
        message = "--json says which files were written, and none is without --output"
        raise UsageError(message, "give --output FILE, or --format json for the run as JSON")
    result = read_result(find_run(args.project, args.run, args.job, warn))
    if args.output is None:
        sys.stdout.write(export_text(result, args.format))
        return EXIT_DONE
    files = tuple(str(path) for path in export(result, args.format, args.output))
    if args.json:
        print_document(Exported(result.run, args.format, files))
    else:
        print("\n".join(files))
    return EXIT_DONE
