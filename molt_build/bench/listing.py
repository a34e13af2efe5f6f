"""What a selection of lanes and suites would measure, from manifests alone: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from molt_build.bench.programs import chosen_programs
from molt_build.bench.selection import Selection
from molt_build.manifests.model import Lane, Manifests
from molt_build.manifests.suite import Suite, SuiteProgram
from molt_build.plan.warm import SKIPPED
from molt_build.watch import counted


@dataclass(frozen=True)
class PlannedProgram:
    """A program of a lane."""

    name: Annotated[str, "Its name."]
    workload: Annotated[str, "The workload that it is of."]
    entry: Annotated[str, "Its first file, in the workload's source."]
    skip: Annotated[str, "Why it is not measured; empty for nearly all."]


@dataclass(frozen=True)
class PlannedLane:
    """A lane of workloads, and what it would measure."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "What it is."]
    engines: Annotated[tuple[str, ...], "What is compared; the first is the reference."]
    programs: Annotated[tuple[PlannedProgram, ...], "What is measured."]


@dataclass(frozen=True)
class PlannedMode:
    """How an engine runs a program of a suite."""

    mode: Annotated[str, "How."]
    reason: Annotated[str, "Why so; may be empty."]


@dataclass(frozen=True)
class PlannedSuiteProgram:
    """A program of a suite."""

    name: Annotated[str, "Its name; empty: each file of the entry is a program."]
    entry: Annotated[str, "Its file, or a glob of files, in the suite's source."]
    kernel: Annotated[str, "What it computes; empty: its own name."]
    tags: Annotated[tuple[str, ...], "Its tags."]
    is_quick: Annotated[bool, "Whether quick runs have it."]
    c_accelerated: Annotated[str | None, "Why a comparison would mean nothing, where it would."]
    unchecked: Annotated[str | None, "Why its output is not compared, where it is not."]
    modes: Annotated[Mapping[str, PlannedMode], "By engine."]


@dataclass(frozen=True)
class PlannedExclusion:
    """What is left out of a suite."""

    entries: Annotated[tuple[str, ...], "Files, or globs of files."]
    reason: Annotated[str, "Why."]


@dataclass(frozen=True)
class PlannedSuite:
    """A suite, and what it would measure."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "What it is."]
    licence: Annotated[str, "The licence of its source."]
    engines: Annotated[tuple[str, ...], "What is compared; the first is the reference."]
    programs: Annotated[tuple[PlannedSuiteProgram, ...], "What is measured."]
    exclusions: Annotated[tuple[PlannedExclusion, ...], "What is left out."]


@dataclass(frozen=True)
class LaneToMeasure:
    """What a lane would measure."""

    lane: Annotated[PlannedLane, "The lane."]


@dataclass(frozen=True)
class SuitesToMeasure:
    """What suites would measure."""

    suites: Annotated[tuple[PlannedSuite, ...], "The suites."]


def listed_lane(selection: Selection, manifests: Manifests) -> PlannedLane:
    """A lane of workloads with its engines and programs; raises `UsageError` for unknown ones."""
    lane = selection.lane
    assert isinstance(lane, Lane)
    names = chosen_programs(lane, manifests, selection.asked.programs)
    return PlannedLane(
        name=lane.name,
        description=lane.description,
        engines=tuple(engine.name for engine in selection.all_engines),
        programs=tuple(
            PlannedProgram(one.name, workload.name, one.entry, one.skip)
            for one, workload in map(manifests.programs.__getitem__, names)
        ),
    )


def lane_lines(lane: PlannedLane) -> Iterator[str]:
    """The list as text."""
    skipped = sum(1 for program in lane.programs if program.skip)
    yield f"{lane.name}: {lane.description}"
    told = counted(len(lane.programs), "program") + (f", {skipped} skipped" if skipped else "")
    yield f"{told}, with {', '.join(lane.engines)}"
    for program in lane.programs:
        yield f"  {program.name}" + (f": {SKIPPED}{program.skip}" if program.skip else "")


def listed(selections: Sequence[Selection]) -> tuple[PlannedSuite, ...]:
    """Each suite with its programs, how each engine runs them, and its exclusions."""
    suites = [(one, one.suite) for one in selections]
    return tuple(_suite(selection, suite) for selection, suite in suites if suite is not None)


def _suite(selection: Selection, suite: Suite) -> PlannedSuite:
    return PlannedSuite(
        name=suite.name,
        description=suite.description,
        licence=suite.licence,
        engines=tuple(engine.name for engine in selection.all_engines),
        programs=tuple(
            _program(selection, suite, program)
            for program in suite.programs
            if selection.takes(program.name) or not program.name
        ),
        exclusions=tuple(
            PlannedExclusion(tuple(one.entries), one.reason) for one in suite.exclusions
        ),
    )


def _program(selection: Selection, suite: Suite, program: SuiteProgram) -> PlannedSuiteProgram:
    modes = {
        engine.name: suite.mode_of(program, engine.engine.toolchain)
        for engine in selection.all_engines
    }
    return PlannedSuiteProgram(
        name=program.name,
        entry=program.entry,
        kernel=program.kernel,
        tags=tuple(program.tags),
        is_quick=program.is_quick,
        c_accelerated=program.c_accelerated,
        unchecked=program.unchecked,
        modes={engine: PlannedMode(mode.mode, mode.reason) for engine, mode in modes.items()},
    )


def lines(suites: Sequence[PlannedSuite]) -> Iterator[str]:
    """The list as text."""
    for suite in suites:
        yield f"{suite.name} ({suite.licence}): {suite.description}"
        for program in suite.programs:
            yield f"  {_line(program)}"
        for exclusion in suite.exclusions:
            yield f"  left out: {', '.join(exclusion.entries)}: {exclusion.reason}"


def _line(program: PlannedSuiteProgram) -> str:
    words = [program.name or f"each of {program.entry}"]
    words += [f"[{program.kernel}]"] if program.kernel not in ("", program.name) else []
    words += ["(quick)"] if program.is_quick else []
    line = " ".join(words)
    for engine, mode in program.modes.items():
        line += f"; {engine}: {mode.mode}"
        line += f" ({mode.reason})" if mode.reason else ""
    line += f"; c_accelerated: {program.c_accelerated}" if program.c_accelerated else ""
    return line + (f"; unchecked: {program.unchecked}" if program.unchecked else "")
