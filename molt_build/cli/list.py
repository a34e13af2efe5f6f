"""`molt-build list`: what the manifests declare, and the runs that are recorded, a line each.

Nothing is fetched or built.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from molt_build.cli import history_list
from molt_build.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from molt_build.manifests.model import Manifests
    from molt_build.manifests.toolchain import Provides

Row = Mapping[str, Any]  # with a `name`
RUNS = "runs"  # which no manifest declares


class Declared(Protocol):
    """What every row is of."""

    @property
    def name(self) -> str:
        """By which it is known."""

    @property
    def description(self) -> str:
        """In one line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    kinds = ", ".join((*_KINDS, RUNS))
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

    if args.kind is not None:
        known("kind to list", args.kind, (*_KINDS, RUNS))
    if args.kind == RUNS:
        return _list_runs(args)
    manifests = load(args.project)
    if args.kind is None:
        counts = {kind: len(list(rows(manifests))) for kind, rows in _KINDS.items()}
        counts[RUNS] = len(history_list.recorded(args.project))
        lines = [
            f"{n:>6} {kind.removesuffix('s') if n == 1 else kind}" for kind, n in counts.items()
        ]
        print(json.dumps(counts) if args.json else "\n".join(lines))
        return EXIT_DONE
    found = _chosen(args.kind, list(_KINDS[args.kind](manifests)), args.names)
    if args.json:
        print(json.dumps({args.kind: found}))
    elif found:
        width = max(len(row["name"]) for row in found)
        print("\n".join(f"{row['name']:<{width}}  {_words(row)}".rstrip() for row in found))
    return EXIT_DONE


def _list_runs(args: argparse.Namespace) -> int:
    """As `molt-build history list` does, with names and patterns of runs: bench_native/*."""
    runs = {one[0].id: one for one in history_list.recorded(args.project)}
    rows: list[Row] = [{"name": name} for name in runs]
    chosen = [runs[row["name"]] for row in _chosen(RUNS, rows, args.names)]
    if args.json:
        print(json.dumps({RUNS: [history_list.row(*one) for one in chosen]}))
    else:
        print("\n".join(history_list.lines(chosen)))
    return EXIT_DONE


def _chosen(kind: str, rows: Sequence[Row], names: Iterable[str]) -> list[Row]:
    from molt_build.names import name_hint, programs_named

    there = [row["name"] for row in rows]
    wanted: set[str] = set()
    for name in names:
        meant = programs_named(name, there)
        if not meant:
            raise UsageError(f"there is no {name} among the {kind}", name_hint(name, there))
        wanted.update(meant)
    return [row for row in rows if row["name"] in wanted or not wanted]


def _words(row: Row) -> str:
    """What a row says beside its name."""
    words = []
    for key, value in row.items():
        if key in ("name", "description") or value in ("", (), [], {}, 0):
            continue
        if isinstance(value, list):
            value = " ".join(value)
        elif isinstance(value, Mapping):
            value = " ".join(f"{name}={text}" for name, text in value.items())
        words.append(f"{_LABELS[key]}{value}")
    return "  ".join([*words, *filter(None, [row.get("description", "")])])


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
}


def _row(one: Declared, **columns: Any) -> Row:
    return {"name": one.name, **columns, "description": one.description}


def _programs(manifests: Manifests) -> Iterable[Row]:
    for one, workload in manifests.programs.values():
        yield _row(
            one,
            workload=workload.name,
            entry=one.entry,
            family=one.family if one.family != "other" else "",
            tags=list(one.tags),
            args=list(one.args),
            environment=dict(one.environment),
            exit_status=one.exit_status,
            skip=one.skip,
        )


def _toolchains(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.toolchains.values():
        yield _row(
            one,
            engine=one.engine,
            accepts=list(one.accepts),
            targets=[target.name for target in one.targets],
            results={t.name: " ".join(t.results) for t in one.targets if t.results},
            provides=_purposes(one.provides),
        )


def _purposes(provides: Provides | None) -> list[str]:
    """What others may write who use a toolchain in its role."""
    if provides is None:
        return []
    return [provides.role, *(f"{provides.role}.{purpose}" for purpose in provides.flags)]


def _profiles(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.profiles.values():
        yield _row(one, inherits=one.inherits or "")


def _workloads(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.workloads.values():
        programs, found_by = len(one.programs), one.found_by or ""
        yield _row(one, language=one.language, programs=programs, found_by=found_by)


def _lanes(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.lanes.values():
        yield _row(one, engines=[one.reference, *one.engines], workloads=list(one.workloads))


def _suites(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.suites.values():
        yield _row(one, friend=one.friend)


def _cases(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.cases.values():
        labels = [workload.label for workload in one.workloads]
        toolchains = list(one.toolchains)
        yield _row(one, cache_state=one.cache_state, toolchains=toolchains, workloads=labels)


_KINDS: Mapping[str, Callable[[Manifests], Iterable[Row]]] = {
    "programs": _programs,
    "toolchains": _toolchains,
    "profiles": _profiles,
    "workloads": _workloads,
    "lanes": _lanes,
    "suites": _suites,
    "cases": _cases,
}
