"""What is declared, a row for each thing of a kind, as `molt-build list` shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from molt_build.codec import added

if TYPE_CHECKING:  # the command line imports this to complete a line
    from molt_build.manifests.model import Manifests
    from molt_build.manifests.toolchain import Provides


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
class ListedSignal(Row):
    """A signal."""

    scope: Annotated[str, "What there is a number of: program, engine or project."]
    reader: Annotated[str, "What reads it."]
    unit: Annotated[str, "Its unit; empty for a count."]
    better: Annotated[str, "Which direction is better: lower, higher or neither."]
    engines: Annotated[tuple[str, ...], "The engines that it is about; empty: all that fit."]


@dataclass(frozen=True)
class ListedTrack(Row):
    """A track."""

    priority: Annotated[str, "How urgent it is: P0 is first."]
    tags: Annotated[tuple[str, ...], "Tags of the programs that it can make faster."]
    kpis: Annotated[tuple[str, ...], "Its KPIs."]


@dataclass(frozen=True)
class ListedGate(Row):
    """A gate."""

    against: Annotated[str, "What its figure is held against: red-line, base or history."]
    severity: Annotated[str, "What becomes of a figure that is surely worse: warn or fail."]


@dataclass(frozen=True)
class ListedRegression(Row):
    """A regression of the register."""

    gate: Annotated[str, "The gate that found it."]
    found: Annotated[str, "The day on which it was found."]
    state: Annotated[str, "open, mitigated, waived or closed."]


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
    signals: Annotated[tuple[ListedSignal, ...] | None, "The signals."] = added(None)
    tracks: Annotated[tuple[ListedTrack, ...] | None, "The tracks."] = added(None)
    gates: Annotated[tuple[ListedGate, ...] | None, "The gates."] = added(None)
    regressions: Annotated[tuple[ListedRegression, ...] | None, "The regressions."] = added(None)


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


def _signals(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.signals.values():
        yield ListedSignal(
            one.name,
            one.description,
            scope=one.scope,
            reader=one.reader,
            unit=one.unit,
            better=one.better,
            engines=one.engines,
        )


def _tracks(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.tracks.values():
        kpis = tuple(kpi.name for kpi in one.kpis)
        yield ListedTrack(one.name, one.title, priority=one.priority, tags=one.tags, kpis=kpis)


def _gates(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.gates.values():
        yield ListedGate(one.name, one.description, against=one.against, severity=one.severity)


def _regressions(manifests: Manifests) -> Iterable[Row]:
    for one in manifests.register.regressions:
        yield ListedRegression(
            one.id, one.hypothesis, gate=one.gate, found=one.found, state=one.state
        )


LISTS: Mapping[str, Callable[[Manifests], Iterable[Row]]] = {
    "programs": _programs,
    "toolchains": _toolchains,
    "profiles": _profiles,
    "workloads": _workloads,
    "lanes": _lanes,
    "suites": _suites,
    "cases": _cases,
    "signals": _signals,
    "tracks": _tracks,
    "gates": _gates,
    "regressions": _regressions,
}
