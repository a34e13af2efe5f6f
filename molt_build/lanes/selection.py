"""What is measured: a lane's programs and engines, narrowed and widened by what was asked for.

An engine is measured under its name in the lane (`molt_build.engines`); the reference may be
measured a second time (A/A), which shows how far apart two measurements of the same thing lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.manifests.model import Lane, Manifests, Program, Workload
from molt_build.names import known, name_hint

AGAIN = "~again"  # the reference measured a second time
PROGRAM_PREFIX = "bench_"  # may be left out on the command line


@dataclass(frozen=True)
class Asked:
    """What was asked for; what a lane's manifest says holds where nothing was."""

    benches: tuple[str, ...] = ()  # programs; () means all
    toolchains: tuple[str, ...] = ()  # engines that join the lane's own
    engines: tuple[str, ...] = ()  # instead of the lane's own
    reference: str | None = None  # an engine
    against: str | None = None  # a revision: each engine is measured as it was then, too
    profile: str | None = None
    budget_s: float | None = None
    is_quick: bool = False
    is_again: bool = False  # measure the reference against itself too


@dataclass(frozen=True)
class NamedEngine:
    """An engine, all of it said, under a name that is unique in the result."""

    name: str
    engine: Engine
    then_of: str | None = None  # the engine that it is the earlier state of


@dataclass(frozen=True)
class Selection:
    """What will be built and measured."""

    lane: Lane
    asked: Asked
    programs: tuple[tuple[Program, Workload], ...]
    startup: tuple[Program, Workload] | None
    reference: NamedEngine
    engines: tuple[NamedEngine, ...]  # without the reference
    profile: str
    budget_s: float

    @property
    def judged(self) -> tuple[str, ...]:
        """The engines whose failures fail the lane: its subject, else all that were asked for."""
        asked_for = [one for one in self.engines if one.then_of is None]
        subject = [one for one in asked_for if one.engine.toolchain == self.lane.subject]
        now = [one for one in subject if one.engine.revision is None]
        return tuple(one.name for one in now or asked_for)


def select(manifests: Manifests, lane_name: str, asked: Asked) -> Selection:
    """The selection; raises `UsageError` for names that do not exist, with near misses."""
    lane = manifests.lanes[known("lane", lane_name, manifests.lanes)]
    profile = known("profile", asked.profile or lane.profile, manifests.profiles)

    def named(text: str) -> NamedEngine:
        try:
            engine = parse(text).within(profile, lane.target)
        except ValueError as error:
            raise UsageError(str(error), "cython:release-fast is one, and cython@wasm") from None
        if engine.revision is None:  # else the manifests of that revision say what there is
            check_engine(manifests, lane, engine)
        return NamedEngine(engine.named(profile, lane.target), engine)

    reference = named(asked.reference or lane.reference)
    wanted = (*(asked.engines or lane.toolchains), *asked.toolchains)
    engines = [one for one in dict.fromkeys(map(named, wanted)) if one != reference]
    if asked.against is not None:
        engines = _with_earlier(engines, asked.against, profile, lane.target)
    if asked.is_again:
        engines.append(NamedEngine(reference.name + AGAIN, reference.engine))
    if not engines:
        message = f"nothing is left to compare with {reference.name}"
        raise UsageError(message, "name an engine, or use --aa to measure it against itself")
    return Selection(
        lane=lane,
        asked=asked,
        programs=_programs(manifests, lane, asked.benches),
        startup=_startup(manifests, lane),
        reference=reference,
        engines=tuple(engines),
        profile=profile,
        budget_s=asked.budget_s or (lane.quick_budget_s if asked.is_quick else lane.budget_s),
    )


def _with_earlier(
    engines: Sequence[NamedEngine], revision: str, profile: str, target: str
) -> list[NamedEngine]:
    """Each engine of the project as it is now, and beside it the same at the revision."""
    result = []
    for one in engines:
        result.append(one)
        if one.engine.revision is None:
            then = replace(one.engine, revision=revision)
            result.append(NamedEngine(then.named(profile, target), then, one.name))
    return result


def check_engine(manifests: Manifests, lane: Lane, engine: Engine) -> None:
    """Raise `UsageError` where the manifests do not have it, or it does not take the programs."""
    name = known("toolchain", engine.toolchain, manifests.toolchains)
    toolchain = manifests.toolchains[name]
    known("profile", engine.profile or lane.profile, manifests.profiles)
    targets = [target.name for target in toolchain.targets]
    if engine.target not in targets:
        hint = name_hint(engine.target or "", targets)
        raise UsageError(f"toolchain {name} has no target {engine.target}", hint)
    workloads = [manifests.workloads[w] for w in lane.workloads if w in manifests.workloads]
    for language in (workload.language for workload in workloads):
        if language not in toolchain.accepts:
            message = f"toolchain {name} takes {', '.join(toolchain.accepts)}, "
            raise UsageError(message + f"and the programs of {lane.name} are {language}")


def _programs(
    manifests: Manifests, lane: Lane, benches: Sequence[str]
) -> tuple[tuple[Program, Workload], ...]:
    all_programs = {
        program.name: (program, manifests.workloads[workload])
        for workload in lane.workloads
        for program in manifests.workloads[workload].programs
    }
    if not benches:
        return tuple(all_programs.values())
    chosen = set()
    for bench in benches:
        forms = [name for name in (bench, PROGRAM_PREFIX + bench) if name in all_programs]
        if not forms:
            short = [name.removeprefix(PROGRAM_PREFIX) for name in all_programs]
            hint = name_hint(bench.removeprefix(PROGRAM_PREFIX), short)
            raise UsageError(f"{lane.name} has no program {bench}", hint)
        chosen.add(forms[0])
    return tuple(pair for name, pair in all_programs.items() if name in chosen)


def _startup(manifests: Manifests, lane: Lane) -> tuple[Program, Workload] | None:
    for workload in manifests.workloads.values():
        for program in workload.programs:
            if program.name == lane.startup_program:
                return program, workload
    return None
