"""`molt-build list`: what the manifests declare, and the runs that are recorded, a line each.

Nothing is fetched or built.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from molt_build.cli import history_list
from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.manifests.listed import LISTS, Listed, Row

RUNS = "runs"  # which no manifest declares
EXAMPLES = (
    "molt-build list",
    'molt-build list programs "bench_s*"',
    "molt-build list toolchains --json",
)


@dataclass(frozen=True)
class Counts:
    """How many there are of each kind."""

    programs: Annotated[int, "Programs."]
    toolchains: Annotated[int, "Toolchains."]
    profiles: Annotated[int, "Profiles."]
    workloads: Annotated[int, "Workloads."]
    lanes: Annotated[int, "Lanes."]
    suites: Annotated[int, "Suites."]
    cases: Annotated[int, "Cases."]
    signals: Annotated[int, "Signals."]
    tracks: Annotated[int, "Tracks."]
    gates: Annotated[int, "Gates."]
    regressions: Annotated[int, "Regressions, closed ones too."]
    runs: Annotated[int, "Runs that are recorded."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    kinds = ", ".join((*LISTS, RUNS))
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help=f"{kinds}; default: how many there are of each"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these; names may be patterns: 'tests_*'"
    )
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")


def run(args: argparse.Namespace) -> int:
    """List; `UsageError` with near misses for a kind or a name that there is not."""
    from molt_build.manifests.loading import load
    from molt_build.names import known
    from molt_build.report.terminal import folded

    if args.kind is not None:
        known("kind to list", args.kind, (*LISTS, RUNS))
    if args.kind == RUNS:
        return _list_runs(args)
    manifests = load(args.project)
    if args.kind is None:
        counts = {kind: len(list(rows(manifests))) for kind, rows in LISTS.items()}
        counts[RUNS] = len(history_list.recorded(args.project))
        if args.json:
            print_document(Counts(**counts))
            return EXIT_DONE
        for kind, number in counts.items():
            print(f"{number:>6} {kind if number != 1 else kind.removesuffix('s')}")
        return EXIT_DONE
    found = _chosen(args.kind, list(LISTS[args.kind](manifests)), args.names)
    if args.json:
        part: dict[str, Any] = {args.kind: found}
        print_document(Listed(**part))
    elif found:
        width = max(len(row.name) for row in found)
        for row in found:
            print(folded(f"{row.name:<{width}}  {_words(row)}".rstrip(), width + 2))
    return EXIT_DONE


def _list_runs(args: argparse.Namespace) -> int:
    """As `molt-build history list` does, with names and patterns of runs: bench_native/*."""
    runs = {one[0].id: one for one in history_list.recorded(args.project)}
    rows = [Row(name, "") for name in runs]
    chosen = [runs[row.name] for row in _chosen(RUNS, rows, args.names)]
    if args.json:
        print_document(history_list.document(chosen))
    else:
        print("\n".join(history_list.lines(chosen)))
    return EXIT_DONE


def _chosen(kind: str, rows: Sequence[Row], names: Iterable[str]) -> tuple[Row, ...]:
    from molt_build.names import name_hint, programs_named

    there = [row.name for row in rows]
    wanted: set[str] = set()
    for name in names:
        meant = programs_named(name, there)
        if not meant:
            raise UsageError(f"there is no {name} among the {kind}", name_hint(name, there))
        wanted.update(meant)
    return tuple(row for row in rows if row.name in wanted or not wanted)


def _words(row: Row) -> str:
    """What a row says beside its name."""
    words = []
    for one in fields(row):
        value = getattr(row, one.name)
        if one.name not in _LABELS or value in ("", (), {}, 0):
            continue
        if isinstance(value, tuple):
            value = " ".join(value)
        elif isinstance(value, Mapping):
            value = " ".join(f"{name}={text}" for name, text in value.items())
        words.append(f"{_LABELS[one.name]}{value}")
    return "  ".join([*words, *filter(None, [row.description])])


_LABELS = {
    "workload": "",
    "entry": "",
    "family": "",
    "tags": "tags: ",
    "args": "args: ",
    "environment": "env: ",
    "exit_status": "exit: ",
    "skip": "skipped: ",
    "engine": "",
    "accepts": "accepts: ",
    "targets": "targets: ",
    "results": "results: ",
    "provides": "provides: ",
    "inherits": "inherits: ",
    "language": "",
    "programs": "programs: ",
    "found_by": "by: ",
    "engines": "engines: ",
    "workloads": "workloads: ",
    "toolchains": "toolchains: ",
    "friend": "friend: ",
    "cache_state": "",
    "scope": "",
    "reader": "reader: ",
    "unit": "unit: ",
    "priority": "",
    "against": "against: ",
    "severity": "",
    "kpis": "KPIs: ",
    "better": "better: ",
}
