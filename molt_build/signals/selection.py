"""Which signals are read, of which engines and programs: what was asked for, by what there is.

A signal is read of an engine where its manifest does not say that it is about others, and where the
engine has what is read: a stage with such an output on the way to its target. Lanes bring engines
and programs together; in a project without one the default toolchain builds all that it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from molt_build.building.builder import default_programs
from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.manifests.model import Manifests
from molt_build.manifests.signal import EVERY_OUTPUT, OF_HISTORY, RESULTS, Signal
from molt_build.manifests.toolchain import Toolchain
from molt_build.names import known, matching, name_hint, programs_named
from molt_build.results.signals import SignalsAsked
from molt_build.toolchains.wanted import check as check_builds

TARGET = "native"  # of engines that name none, where no lane says another


@dataclass(frozen=True)
class EngineTask:
    """What is read of one engine."""

    name: str
    engine: Engine  # all of it said
    # signal -> the programs that it is read of, in the order of the lanes
    signals: dict[str, dict[str, None]] = field(default_factory=dict)

    def programs(self, signals: Iterable[str]) -> tuple[str, ...]:
        """The programs of these signals, each once."""
        return tuple(dict.fromkeys(p for name in signals for p in self.signals.get(name, ())))


@dataclass(frozen=True)
class Selection:
    """What is read."""

    profile: str  # of engines that name none
    target: str
    signals: Mapping[str, Signal]  # those that were asked for, and those that they are divided by
    wanted: tuple[str, ...]  # those that were asked for
    tasks: tuple[EngineTask, ...]
    of_project: tuple[str, ...]  # the signals in the scope of the project
    lanes: Mapping[str, tuple[str, ...]]  # their programs

    @property
    def needs_history(self) -> bool:
        """Whether anything is read from the history."""
        return any(one.reader in OF_HISTORY for one in self.signals.values())


def select(manifests: Manifests, asked: SignalsAsked) -> Selection:
    """What was asked for; raises `UsageError` for names that do not exist, with near misses."""
    signals, wanted = _signals(manifests, asked.signals)
    lanes = {name: _lane_programs(manifests, name) for name in _lanes(manifests, asked.lanes)}
    profile, target = manifests.project.default_profile, TARGET
    if len(lanes) == 1:
        only = manifests.lanes[next(iter(lanes))]
        profile, target = only.profile, only.target
    default = manifests.toolchains[manifests.project.default_toolchain]
    pairs = lanes or {"": default_programs(manifests, default)}
    chosen = _chosen(pairs, asked.programs)
    named = [_named(manifests, text, profile, target) for text in asked.engines]
    tasks: dict[Engine, EngineTask] = {}
    for lane, programs in chosen.items():
        own = _engines(manifests, lane) if lane else [Engine(default.name, profile, target)]
        for engine in named or own:
            task = tasks.setdefault(engine, EngineTask(engine.named(profile, target), engine))
            _add(task, manifests, signals.values(), lane, programs)
    for engine in named:
        if not tasks[engine].signals:
            message = f"no signal of these is about {tasks[engine].name}"
            raise UsageError(message, "molt-build signals --list says which is about which")
    of_project = tuple(name for name, one in signals.items() if one.scope == "project")
    is_narrowed = bool(asked.engines or asked.programs)
    if is_narrowed and not asked.signals:
        of_project = ()  # nobody asked for them
    found = Selection(
        profile=profile,
        target=target,
        signals=signals,
        wanted=wanted,
        tasks=tuple(task for task in tasks.values() if task.signals),
        of_project=of_project,
        lanes={lane: tuple(programs) for lane, programs in chosen.items() if lane},
    )
    if not found.tasks and not found.of_project:
        message = "no engine of these lanes has what these signals read"
        raise UsageError(message, "molt-build signals --list says which is about which")
    return found


def outputs_read(signal: Signal, toolchain: Toolchain, target: str) -> tuple[str, ...]:
    """The outputs of a toolchain's stages that a signal reads, as STAGE.OUTPUT, in their order."""
    leading = toolchain.target(target)
    made = [
        f"{stage.name}.{output}"
        for stage in toolchain.stages
        if stage.name in leading.stages
        for output in stage.outputs
    ]
    wanted = set(signal.outputs)
    if RESULTS in wanted:
        wanted.update(leading.results)
    return tuple(one for one in made if one in wanted or EVERY_OUTPUT in wanted)


def _signals(
    manifests: Manifests, asked: Sequence[str]
) -> tuple[dict[str, Signal], tuple[str, ...]]:
    """The signals, with those that they are divided by; and which of them were asked for."""
    there = manifests.signals
    if not there:
        raise UsageError("there is no signal", "declare one: manifests/signals/NAME.toml")
    wanted: dict[str, None] = {}
    for name in asked or there:
        found = matching(name, list(there))
        if not found:
            known("signal", name, there)
        wanted.update(dict.fromkeys(found))
    divisors = [one for name in wanted if (one := there[name].per) is not None]
    signals = {name: there[name] for name in dict.fromkeys((*wanted, *divisors))}
    return signals, tuple(wanted)


def _lanes(manifests: Manifests, asked: Sequence[str]) -> list[str]:
    return [known("lane", name, manifests.lanes) for name in asked] or list(manifests.lanes)


def _lane_programs(manifests: Manifests, lane: str) -> list[str]:
    workloads = manifests.lanes[lane].workloads
    return [program.name for name in workloads for program in manifests.workloads[name].programs]


def _chosen(lanes: Mapping[str, Sequence[str]], asked: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The programs of each lane that were asked for; lanes without any are left out.

    Raises `UsageError` for what none of them has.
    """
    names = list(dict.fromkeys(name for programs in lanes.values() for name in programs))
    wanted: set[str] = set()
    for name in asked:
        found = programs_named(name, names)
        if not found:
            of = (
                f"{next(iter(lanes))} has no"
                if len(lanes) == 1 and "" not in lanes
                else "no lane has a"
            )
            raise UsageError(f"{of} program {name}", name_hint(name, names))
        wanted.update(found)
    chosen = {
        lane: tuple(name for name in programs if not asked or name in wanted)
        for lane, programs in lanes.items()
    }
    return {lane: programs for lane, programs in chosen.items() if programs}


def _named(manifests: Manifests, text: str, profile: str, target: str) -> Engine:
    """An engine that was asked for, all of it said; raises `UsageError`."""
    engine = parse(text)
    if engine.revision is not None:
        message = f"{text}: signals are read of the project as it is"
        raise UsageError(message, f"--against {engine.revision} reads them as they were, too")
    engine = engine.within(profile, target)
    name = known("toolchain", engine.toolchain, manifests.toolchains)
    known("profile", engine.profile or "", manifests.profiles)
    manifests.toolchains[name].target(engine.target or "")
    check_builds(manifests, name, engine.profile or "", engine.target or "")
    return engine


def _engines(manifests: Manifests, name: str) -> list[Engine]:
    """The lane's own engines, as the project is now."""
    lane = manifests.lanes[name]
    engines = [parse(text) for text in (lane.reference, *lane.engines)]
    return [one.within(lane.profile, lane.target) for one in engines if one.revision is None]


def _add(
    task: EngineTask,
    manifests: Manifests,
    signals: Iterable[Signal],
    lane: str,
    programs: Sequence[str],
) -> None:
    """The signals that are read of an engine for a lane, with the lane's programs."""
    toolchain = manifests.toolchains[task.engine.toolchain]
    taken = [name for name in programs if toolchain.takes(manifests.programs[name][1].language)]
    for signal in signals:
        is_of_lane = not signal.lanes or lane in signal.lanes
        if taken and is_of_lane and _is_about(signal, toolchain, task.engine):
            task.signals.setdefault(signal.name, {}).update(dict.fromkeys(taken))


def _is_about(signal: Signal, toolchain: Toolchain, engine: Engine) -> bool:
    """Whether there is a number of this engine."""
    if signal.scope == "project" or not signal.fits(engine):
        return False
    target = engine.target or TARGET
    if signal.outputs:
        return bool(outputs_read(signal, toolchain, target))
    if signal.build is not None:
        stages = toolchain.target(target).stages if toolchain.stages else ()
        return bool(stages) and signal.build.stage in (None, *stages)
    return True
