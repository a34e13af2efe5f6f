"""What differs between two recorded runs: their engines, programs, commands, machines, settings.

Times are not compared here (`molt_build.governance.compare` does): this is about what might have
changed them. What a run was made of is in its result; what was built for the later one, and which
changed component of keys made it necessary, is in the project's history of builds.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.building.attribution import differences
from molt_build.history.builds import Build
from molt_build.plan.warm import EXECUTED
from molt_build.results.bench import BenchResult
from molt_build.results.facts import EngineFacts
from molt_build.results.files import Measured

MACHINE = (
    "machine_class",
    "system",
    "kernel",
    "governor",
    "turbo",
    "virtualization",
    "aslr",
    "python",
    "host_python",
)


@dataclass(frozen=True)
class Changed:
    """A value that is another one; None where a run has none."""

    name: Annotated[str, "What it is of."]
    old: Annotated[str | None, "In the earlier run; null where that has none."]
    new: Annotated[str | None, "In the later run; null where that has none."]


@dataclass(frozen=True)
class RunFacts:
    """One of the two runs."""

    run: Annotated[str, "JOB/TIMESTAMP."]
    started: Annotated[str, "When, in UTC."]
    finished: Annotated[str | None, "When it ended; null where it did not."]
    git_commit: Annotated[str | None, "The project's commit."]
    git_is_dirty: Annotated[bool | None, "Whether files differed from the commit."]


@dataclass(frozen=True)
class EngineChange:
    """An engine of either run, and what its identity is made of that differs."""

    engine: Annotated[str, "Its name."]
    status: Annotated[Literal["same", "changed", "gone", "new"], "What became of it."]
    old_identity: Annotated[str | None, "In the earlier run."]
    new_identity: Annotated[str | None, "In the later run."]
    versions: Annotated[
        tuple[Changed, ...], "Of its tools and of those it uses, and its requirements."
    ]
    components: Annotated[
        tuple[Changed, ...], "Of its identity; none where runs record no more than identities."
    ]


@dataclass(frozen=True)
class CommandChange:
    """A stage of an engine that is called otherwise: for how many programs, with one of them."""

    engine: Annotated[str, "The engine."]
    stage: Annotated[str, "The stage."]
    programs: Annotated[int, "For how many programs."]
    program: Annotated[str, "One of them."]
    old: Annotated[str, "The command in the earlier run."]
    new: Annotated[str, "The command in the later run."]


@dataclass(frozen=True)
class Rebuilt:
    """Actions that were executed after the earlier run for the same changes of keys."""

    toolchain: Annotated[str, "The toolchain."]
    stage: Annotated[str, "The stage."]
    causes: Annotated[
        tuple[str, ...], "Components of the toolchain that changed, or kinds of others."
    ]
    is_of_toolchain: Annotated[bool, "Whether they are the toolchain's."]
    programs: Annotated[int, "Of how many programs."]
    actions: Annotated[int, "How many."]
    seconds: Annotated[float, "What they took."]


@dataclass(frozen=True)
class Between:
    """What differs between two runs."""

    before: Annotated[RunFacts, "The earlier run."]
    after: Annotated[RunFacts, "The later run."]
    engines: Annotated[tuple[EngineChange, ...], "The engines of either."]
    programs_gone: Annotated[tuple[str, ...], "Programs of the earlier alone."]
    programs_new: Annotated[tuple[str, ...], "Programs of the later alone."]
    programs_changed: Annotated[tuple[str, ...], "Programs whose sources differ."]
    commands: Annotated[tuple[CommandChange, ...], "Stages that are called otherwise."]
    machine: Annotated[tuple[Changed, ...], "Of the machine."]
    settings: Annotated[tuple[Changed, ...], "Of how it was measured."]
    builds: Annotated[
        int, "Builds that were recorded after the earlier run and up to the end of the later one."
    ]
    rebuilt: Annotated[tuple[Rebuilt, ...], "What these executed; the most programs first."]

    @property
    def is_equal(self) -> bool:
        """Whether nothing that is recorded differs but the moment."""
        found = (self.programs_gone, self.programs_new, self.programs_changed, self.commands)
        is_same = all(one.status == "same" for one in self.engines)
        return is_same and not any((*found, self.machine, self.settings))


def between(before: Measured, after: Measured, builds: Iterable[Build] = ()) -> Between:
    """What differs; `builds` are the project's, from which those that matter are taken."""
    until = after.finished or after.started
    since = before.finished or before.started
    made = [build for build in builds if since < build.started <= until]
    engines = tuple(_engines(before, after))
    gone, new, changed = _programs(before, after)
    return Between(
        before=_facts(before),
        after=_facts(after),
        engines=engines,
        programs_gone=gone,
        programs_new=new,
        programs_changed=changed,
        commands=tuple(_commands(before, after)),
        machine=tuple(_changes(_machine(before), _machine(after))),
        settings=tuple(_changes(_settings(before), _settings(after))),
        builds=len(made),
        rebuilt=tuple(_rebuilt(made, {c.name for one in engines for c in one.components})),
    )


def _facts(result: Measured) -> RunFacts:
    machine = result.environment
    moments = (result.started, result.finished)
    return RunFacts(result.run, *moments, machine.git_commit, machine.git_is_dirty)


def _changes(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> Iterator[Changed]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Changed(name, old.get(name), new.get(name))


def _engines(before: Measured, after: Measured) -> Iterator[EngineChange]:
    old, new = _identities(before), _identities(after)
    for name in dict.fromkeys((*old, *new)):
        identities = (old.get(name), new.get(name))
        if name not in new or name not in old:
            yield EngineChange(name, "new" if name in new else "gone", *identities, (), ())
            continue
        if identities[0] == identities[1]:
            yield EngineChange(name, "same", *identities, (), ())
            continue
        own, now = _engine(before, name), _engine(after, name)
        versions: tuple[Changed, ...] = ()
        components: tuple[Changed, ...] = ()
        if own is not None and now is not None:
            versions = tuple(_changes(_versions(own), _versions(now)))
            found = differences(own.components, now.components)
            components = tuple(Changed(*difference) for difference in found)
        yield EngineChange(name, "changed", *identities, versions, components)


def _identities(result: Measured) -> Mapping[str, str | None]:
    """Engine, or of the cases toolchain -> identity."""
    if isinstance(result, BenchResult):
        return {name: facts.identity for name, facts in result.engines.items()}
    return {name: one.identity for name, one in result.toolchains.items()}


def _engine(result: Measured, name: str) -> EngineFacts | None:
    return result.engines.get(name) if isinstance(result, BenchResult) else None


def _versions(engine: EngineFacts) -> dict[str, str | None]:
    found: dict[str, str | None] = dict(engine.versions)
    for role, used in engine.uses.items():
        found[role] = used.toolchain
        found |= {f"{role}: {name}": said for name, said in used.versions.items()}
    for requirement in engine.requires:
        found[requirement.partition("==")[0]] = requirement.partition("==")[2] or requirement
    return found


def _programs(
    before: Measured, after: Measured
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The names of those that are gone, that are new, and whose sources changed."""
    old, new = _sources(before), _sources(after)
    gone = tuple(name for name in old if name not in new)
    added = tuple(name for name in new if name not in old)
    changed = tuple(
        name
        for name in old
        if name in new and None not in (pair := (old[name], new[name])) and pair[0] != pair[1]
    )
    return gone, added, changed


def _sources(result: Measured) -> dict[str, str | None]:
    """Program -> digest of its files, where it is recorded."""
    if not isinstance(result, BenchResult):
        return {name: None for cell in result.cells for name in cell.programs}
    is_one = len(result.lanes) == 1
    return {
        (name if is_one else f"{lane.name}/{name}"): program.source_digest
        for lane in result.lanes.values()
        for name, program in lane.programs.items()
    }


def _commands(before: Measured, after: Measured) -> Iterator[CommandChange]:
    """The stages whose command lines differ, by how they differ."""
    old, new = _argv(before), _argv(after)
    found: dict[tuple[str, str, frozenset[str]], list[tuple[str, Sequence[str], Sequence[str]]]]
    found = {}
    for key, argv in old.items():
        now = new.get(key)
        if now is not None and argv != now:
            engine, stage, program = key
            # Programs' own names stand in command lines: what differs tells changes apart.
            way = frozenset(set(argv) ^ set(now))
            found.setdefault((engine, stage, way), []).append((program, argv, now))
    for (engine, stage, _), rows in found.items():
        program, first, second = rows[0]
        words = (shlex.join(first), shlex.join(second))
        yield CommandChange(engine, stage, len(rows), program, *words)


def _argv(result: Measured) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """(engine, stage, program) -> command line."""
    if not isinstance(result, BenchResult):
        return {}
    return {
        (cell.engine, command.stage, cell.program): command.argv
        for _, cell in result.all_cells()
        if cell.build is not None
        for command in cell.build.commands
    }


def _machine(result: Measured) -> dict[str, str | None]:
    return {name: _text(getattr(result.environment, name)) for name in MACHINE}


def _settings(result: Measured) -> dict[str, str | None]:
    """How it was measured, as far as it was decided by whoever asked."""
    quick = {"quick": _text(result.is_quick)}
    if not isinstance(result, BenchResult):
        return {**quick, **result.switches}
    found: dict[str, str | None] = {**quick}
    is_one = len(result.lanes) == 1
    for lane in result.lanes.values():
        of = "" if is_one else f"{lane.name}: "
        for name in ("profile", "target", "reference", "min_effect", "pinned_cpu"):
            found[f"{of}{name}"] = _text(getattr(lane, name))
        found[f"{of}columns"] = ", ".join(lane.columns)
        for way, measurement in lane.measurements.items():
            found[f"{of}blocks ({way})"] = str(measurement.plan.blocks)
        if lane.suite is not None:
            found[f"{of}source"] = lane.suite.source.pin
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _rebuilt(builds: Iterable[Build], of_toolchain: set[str]) -> list[Rebuilt]:
    """What was executed, by toolchain, stage and the components that had changed.

    Where components of the toolchain did, other changes are theirs: a new compiler makes another
    input for the next stage. Else their kinds tell: sources, inputs, that it was a first build.
    """
    found: dict[tuple[str, str, tuple[str, ...], bool], list[tuple[str, float]]] = {}
    for build in builds:
        for action in build.actions:
            if action.status != EXECUTED:
                continue
            own = tuple(name for name in action.changed if name in of_toolchain)
            kinds = dict.fromkeys(_kind(name) for name in action.changed)
            key = (build.toolchain, action.stage, own or tuple(kinds), bool(own))
            found.setdefault(key, []).append((action.program, action.seconds))
    rows = [
        Rebuilt(
            *key,
            programs=len({program for program, _ in actions}),
            actions=len(actions),
            seconds=round(sum(seconds for _, seconds in actions), 6),
        )
        for key, actions in found.items()
    ]
    return sorted(rows, key=lambda row: (not row.is_of_toolchain, -row.programs, row.stage))


def _kind(component: str) -> str:
    return component if component.startswith("(") else component.partition(" ")[0]
