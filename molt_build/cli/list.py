"""`molt-build list`: what the manifests declare, and the runs that are recorded, a line each.

Nothing is fetched or built.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from molt_build.cli import history_list
from molt_build.cli.documents import print_document
from molt_build.codec import added
from molt_build.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from molt_build.manifests.model import Manifests
    from molt_build.manifests.toolchain import Provides

RUNS = "runs"  # which no manifest declares
EXAMPLES = (
    "molt-build list",
    'molt-build list programs "bench_s*"',
    "molt-build list toolchains --json",
)


@dataclass(frozen=True)
class Row:
    """What every row says."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "What it is."]


@dataclass(frozen=True)
class ListedProgram(Row):
    """A program of a workload."""

    workload: Annotated[str, "The workload that it is of."]
    entry: Annotated[str, "Its first file, in the workload's source."]
    family: Annotated[str, "The family that it is shown with; empty for none."]
    tags: Annotated[tuple[str, ...], "Its tags."]
    args: Annotated[tuple[str, ...], "The arguments of its runs."]
    environment: Annotated[Mapping[str, str], "The environment of its runs."]
    exit_status: Annotated[int, "What its runs end with."]
    skip: Annotated[str, "Why it is neither built nor run; empty for nearly all."]


@dataclass(frozen=True)
class ListedToolchain(Row):
    """A toolchain."""

    engine: Annotated[str, "compiler or interpreter."]
    accepts: Annotated[tuple[str, ...], "The languages that it takes."]
    targets: Annotated[tuple[str, ...], "What it makes results for."]
    results: Annotated[Mapping[str, str], "By target, its results: STAGE.OUTPUT."]
    provides: Annotated[tuple[str, ...], "What others may write who use it in its role."]


@dataclass(frozen=True)
class ListedProfile(Row):
    """A profile."""

    inherits: Annotated[str, "The profile whose flags come first; empty for none."]


@dataclass(frozen=True)
class ListedWorkload(Row):
    """A workload."""

    language: Annotated[str, "The language of its programs."]
    programs: Annotated[int, "How many it has."]
    found_by: Annotated[str, "The glob that finds them; empty where each is named."]


@dataclass(frozen=True)
class ListedLane(Row):
    """A lane."""

    engines: Annotated[tuple[str, ...], "What it compares; the first is the reference."]
    workloads: Annotated[tuple[str, ...], "Whose programs it measures."]


@dataclass(frozen=True)
class ListedSuite(Row):
    """A suite."""

    friend: Annotated[str, "The toolchain whose project it is from."]


@dataclass(frozen=True)
class ListedCase(Row):
    """A case of build latency."""

    cache_state: Annotated[str, "What a build finds in the store."]
    toolchains: Annotated[tuple[str, ...], "What builds."]
    workloads: Annotated[tuple[str, ...], "What is built, with the shard."]


@dataclass(frozen=True)
class Listed:
    """What is declared of one kind."""

    programs: Annotated[tuple[ListedProgram, ...] | None, "The programs."] = added(None)
    toolchains: Annotated[tuple[ListedToolchain, ...] | None, "The toolchains."] = added(None)
    profiles: Annotated[tuple[ListedProfile, ...] | None, "The profiles."] = added(None)
    workloads: Annotated[tuple[ListedWorkload, ...] | None, "The workloads."] = added(None)
    lanes: Annotated[tuple[ListedLane, ...] | None, "The lanes."] = added(None)
    suites: Annotated[tuple[ListedSuite, ...] | None, "The suites."] = added(None)
    cases: Annotated[tuple[ListedCase, ...] | None, "The cases."] = added(None)


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
    runs: Annotated[int, "Runs that are recorded."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    kinds = ", ".join((*KINDS, RUNS))
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
        known("kind to list", args.kind, (*KINDS, RUNS))
    if args.kind == RUNS:
        return _list_runs(args)
    manifests = load(args.project)
    if args.kind is None:
        counts = {kind: len(list(rows(manifests))) for kind, rows in KINDS.items()}
        counts[RUNS] = len(history_list.recorded(args.project))
        if args.json:
            print_document(Counts(**counts))
            return EXIT_DONE
        for kind, number in counts.items():
            print(f"{number:>6} {kind if number != 1 else kind.removesuffix('s')}")
        return EXIT_DONE
    found = _chosen(args.kind, list(KINDS[args.kind](manifests)), args.names)
    if args.json:
        part: dict[str, Any] = {args.kind: found}
        print_document(Listed(**part))
    elif found:
        width = max(len(row.name) for row in found)
        print("\n".join(f"{row.name:<{width}}  {_words(row)}".rstrip() for row in found))
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
}


def _programs(manifests: Manifests) -> Iterable[Row]:
    for one, workload in manifests.programs.values():
        yield ListedProgram(
            one.name,
            one.description,
            workload=workload.name,
            entry=one.entry,
            family=one.family if one.family != "other" else "",
            tags=one.tags,
            args=one.args,
            environment=one.environment,
            exit_status=one.exit_status,
            skip=one.skip,
        )


def _toolchains(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.toolchains.values():
        yield ListedToolchain(
            one.name,
            one.description,
            engine=one.engine,
            accepts=tuple(one.accepts),
            targets=tuple(target.name for target in one.targets),
            results={t.name: " ".join(t.results) for t in one.targets if t.results},
            provides=_purposes(one.provides),
        )


def _purposes(provides: Provides | None) -> tuple[str, ...]:
    """What others may write who use a toolchain in its role."""
    if provides is None:
        return ()
    return (provides.role, *(f"{provides.role}.{purpose}" for purpose in provides.flags))


def _profiles(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.profiles.values():
        yield ListedProfile(one.name, one.description, inherits=one.inherits or "")


def _workloads(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.workloads.values():
        programs, found_by = len(one.programs), one.found_by or ""
        yield ListedWorkload(one.name, one.description, one.language, programs, found_by)


def _lanes(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.lanes.values():
        engines = (one.reference, *one.engines)
        yield ListedLane(one.name, one.description, engines, tuple(one.workloads))


def _suites(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.suites.values():
        yield ListedSuite(one.name, one.description, friend=one.friend)


def _cases(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.cases.values():
        labels = tuple(workload.label for workload in one.workloads)
        toolchains = tuple(one.toolchains)
        yield ListedCase(one.name, one.description, one.cache_state, toolchains, labels)


KINDS: Mapping[str, Callable[[Manifests], Iterable[Row]]] = {
    "programs": _programs,
    "toolchains": _toolchains,
    "profiles": _profiles,
    "workloads": _workloads,
    "lanes": _lanes,
    "suites": _suites,
    "cases": _cases,
}
