"""`molt-build prepare`: what toolchains and lanes need is fetched and installed, nothing built."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from molt_build.cli.documents import print_document
from molt_build.cli.names import add_several
from molt_build.cli.numbers import add_jobs
from molt_build.engines import GRAMMAR
from molt_build.errors import EXIT_DONE, EXIT_MISSING_TOOL
from molt_build.sizes import shown_size

if TYPE_CHECKING:
    from molt_build.bench.needs import Prepared

EXAMPLES = ("molt-build prepare cython mypyc", "molt-build prepare --lane bench_native")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    what = f"{GRAMMAR.partition('[@rev')[0]}; default: the engines of all lanes"
    parser.add_argument("engines", nargs="*", metavar="TOOLCHAIN", help=what)
    add_several(parser, "--engine", "E", "the same as an option")
    what = "all engines of this lane or suite, and the sources of its programs"
    add_several(parser, "--lane", "LANE", what)
    parser.add_argument(
        "--profile", metavar="P", help="of engines that name none; default: the project's"
    )
    add_jobs(parser, ", of what toolchains are made of")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Prepare; exit code 3 when something could not be had."""
    from molt_build.bench.needs import Preparation, prepared, wanted
    from molt_build.building.opening import open_session
    from molt_build.report.progress import shown_progress

    with (
        shown_progress() as watch,
        open_session(args.project, watch.note, jobs=args.jobs) as session,
    ):
        names = (*args.engines, *args.engine)
        asked = wanted(session.manifests, names, args.lane, args.profile)
        rows = tuple(prepared(session, asked, watch))
    if args.json:
        print_document(Preparation(rows))
    else:
        for row in rows:
            print("\n".join(_lines(row)))
    is_lacking = any(row.state == "missing" for row in rows)
    return EXIT_MISSING_TOOL if is_lacking else EXIT_DONE


def _lines(row: Prepared) -> Iterator[str]:
    """A row in words; of what is missing also what to do."""
    what = row.name if row.kind == "toolchain" else f"{row.kind} of {row.name}"
    if row.state == "missing":
        yield f"{what}: missing: {row.problem}"
        if row.hint:
            yield f"  {row.hint}"
        return
    parts = [
        f"{'has' if one.was_there else 'installed'} {one.toolchain} {shown_size(one.size_bytes)}"
        for one in row.environments
    ]
    parts += [
        f"{'has' if one.was_there else 'fetched'} {one.source} {shown_size(one.size_bytes)}"
        for one in row.artifacts
    ]
    parts += [f"built {one}" for one in row.built]
    if row.size_bytes is not None:
        parts.append(shown_size(row.size_bytes))
    state = "was there" if row.state == "there" else f"ready after {row.seconds:.1f} s"
    yield f"{what}: {state}" + (f" ({', '.join(parts)})" if parts else "")
