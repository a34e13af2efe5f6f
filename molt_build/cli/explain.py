"""`molt-build explain`: the components of each action's key, and what differs on a miss.

`explain --between RUN RUN` says what differs between two recorded runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from molt_build.building.attribution import (
    ENTRY_GONE,
    FIRST_BUILD,
    KEPT_OUT,
    OUTPUT_LOST,
    STORE_OFF,
)
from molt_build.cli.documents import print_document
from molt_build.cli.names import add_request, requested
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.voice import warn
from molt_build.watch import counted

if TYPE_CHECKING:
    from molt_build.building.outcome import BuildReport, StageResult
    from molt_build.cli.explanations import NearestEntry

EXAMPLES = (
    "molt-build explain bench_fib --engine cython",
    "molt-build explain bench_fib --all",
    "molt-build explain --between latest~1 latest",
)

_OTHER_CAUSES = {
    FIRST_BUILD: "no earlier entry: this was never built here",
    ENTRY_GONE: "an entry was there, and is gone: pruned, or set aside as damaged",
    OUTPUT_LOST: "the entry is there, and an output of it is not",
    KEPT_OUT: "the entry is there; its outputs stayed out of the store, and are needed here",
    STORE_OFF: "the store is off: everything is executed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    add_request(parser)
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.add_argument(
        "--between",
        nargs=2,
        metavar="RUN",
        help="say instead what differs between two recorded runs: engines, tools, programs, "
        "commands, machine, and what was built anew because of it; a run is named as in "
        "`molt-build compare`",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="list the discovered inputs and absences one by one, and the components of what the "
        "toolchain is made of",
    )


def run(args: argparse.Namespace) -> int:
    """Explain without building anything."""
    if args.between is not None:
        return _between(args)
    from molt_build.building.builder import build
    from molt_build.building.opening import open_session
    from molt_build.cli.explanations import explained

    with open_session(
        args.project, lambda line: None, install=False, assume_installed=True, assume_built=True
    ) as session:
        request = requested(args, session.manifests)
        report = build(session, replace(request, keep_going=True, dry_run=True))
        if args.json:
            print_document(explained(report))
        else:
            print_explanation(report, list_components=True, list_all=args.all)
    return EXIT_DONE


def _between(args: argparse.Namespace) -> int:
    if args.programs:
        raise UsageError("--between is about whole runs", f"leave out {args.programs[0]}")
    from molt_build.governance.between import between
    from molt_build.history.builds import BUILDS_KEPT, read_builds
    from molt_build.report.between import lines
    from molt_build.results.files import read_measured
    from molt_build.runs.recorded import find_run

    before, after = (
        read_measured(find_run(args.project, spec, None, warn)) for spec in args.between
    )
    found = between(before, after, read_builds(args.project, BUILDS_KEPT, warn))
    if args.json:
        print_document(found)
    else:
        print("\n".join(lines(found)))
    return EXIT_DONE


def print_explanation(
    report: BuildReport,
    *,
    list_components: bool = False,
    list_all: bool = False,
) -> None:
    """The explanation as text, an action a paragraph; first what its toolchain is made of.

    Of that the components, which are of other programs, are listed with `list_all` alone.
    """
    for compiler in report.compilers:
        print(f"{report.toolchain} is made of {compiler.wanted}:")
        _print(compiler.actions, list_components=list_components and list_all, list_all=list_all)
    _print(report.actions, list_components=list_components, list_all=list_all)


def _print(results: Sequence[StageResult], *, list_components: bool, list_all: bool) -> None:
    from molt_build.cli.explanations import explanations

    for row in explanations(results):
        print(f"{row.program} {row.stage}: {row.status}  {row.key}")
        if row.metrics:
            told = (f"{name} {value:g}" for name, value in row.metrics.items())
            print(f"    told: {', '.join(told)}")
        if list_components:
            _print_components(row.components, list_all)
        if row.status == "miss":
            _print_cause(row.changed or (), row.nearest)
            print("  what follows it depends on the outputs it will make")
        elif row.status == "failed":
            print(row.message)


def _print_components(components: Mapping[str, str], list_all: bool) -> None:
    from molt_build.report.components import short

    hidden = {"read": 0, "present": 0, "absent": 0, "module": 0, "names": 0}
    for name, value in components.items():
        kind, _, of = name.partition(" ")
        if kind == "source" and of.startswith("{"):  # it is read in place
            kind = "module"
        elif kind == "listed":
            kind = "names"
        if kind in hidden and not list_all:
            hidden[kind] += 1
            continue
        print(f"    {name}: {short(value, name)}")
    if any(hidden.values()):
        parts = [f"{counted(hidden['read'], 'file')} read", counted(hidden["absent"], "absence")]
        if hidden["present"]:
            parts.insert(1, f"{hidden['present']} seen to be there")
        if hidden["module"] or hidden["names"]:
            parts.append(f"{counted(hidden['module'], 'module')} in place")
            parts.append(f"{counted(hidden['names'], 'folder')} searched")
        print(f"    and {', '.join(parts)} (--all lists them)")


def _print_cause(changed: Sequence[str], nearest: NearestEntry | None) -> None:
    if nearest is None:
        print(f"  {_OTHER_CAUSES[changed[0]]}")
        return
    for difference in nearest.differs:
        print(f"  {difference.component}")
        for line in difference.changes:
            print(f"    {line}")
