"""What builds cost: the one that was made for the signals, or those that the history has.

Seconds (and metrics that stages tell) are those of the run that made the outputs, now or whenever
that was: a hit and what is up to date tell them too, so they change only with what is built. The
others are of recorded builds, the latest ones before this command; a build that found everything
up to date is not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from molt_build.building.outcome import StageResult
from molt_build.history.builds import Build, BuildAction
from molt_build.manifests.signal import BuildReader
from molt_build.plan.warm import EXECUTED
from molt_build.signals.reading import Material, NotRead, Reading, of_names

UNIT_DIGITS = 6  # of seconds that are added up


def read(how: BuildReader, material: Material) -> Reading:
    """The number, with a part for each stage; raises `NotRead`."""
    if how.take == "seconds":
        return _seconds(how, material)
    if material.commit is not None:
        raise NotRead("recorded builds are not told apart by revision")
    builds = _recorded(how, material)
    if not builds:
        raise NotRead("no build is recorded yet that did anything")
    note = (f"of {len(builds)} recorded builds since {builds[0].started}",)
    if how.take == "hit-ratio":
        return _hit_ratio(how, builds, note)
    sums: dict[str, float] = {}
    for action in _actions(how, material, builds):
        if how.take == "rebuilds":
            sums[action.stage] = sums.get(action.stage, 0) + 1
        elif action.is_wasted:
            sums[action.stage] = sums.get(action.stage, 0) + action.seconds
    return Reading(_total(sums), of_names(sums), note)


def _seconds(how: BuildReader, material: Material) -> Reading:
    """Of the stages of what was built for this."""
    sums: dict[str, float] = {}
    for program in material.programs:
        for stage in material.stages.get(program, ()):
            if how.stage in (None, stage.stage):
                sums[stage.stage] = sums.get(stage.stage, 0) + _of_stage(how, stage)
    if not sums:
        what = f"stage {how.stage}" if how.stage else "stages"
        raise NotRead(f"the engine has no {what}")
    return Reading(_total(sums), of_names(sums))


def _of_stage(how: BuildReader, stage: StageResult) -> float:
    if how.metric is None:
        return stage.stage_seconds
    if how.metric not in stage.metrics:
        raise NotRead(f"the stage {stage.stage} of {stage.program} did not tell {how.metric}")
    return stage.metrics[how.metric]


def _recorded(how: BuildReader, material: Material) -> list[Build]:
    """The latest builds of the engine, or in the scope of the project of all."""
    engine = material.engine
    builds = [
        build
        for build in material.builds
        if engine is None or _identity(build) == (engine.toolchain, engine.profile, engine.target)
    ]
    return builds[-how.builds :]


def _identity(build: Build) -> tuple[str, str, str]:
    return build.toolchain, build.profile, build.target


def _hit_ratio(how: BuildReader, builds: list[Build], note: tuple[str, ...]) -> Reading:
    """Hits over hits and executed actions, as `molt-build cache stats` says it."""
    hits = executed = 0.0
    for build in builds:
        for stage, counts in build.stages.items():
            if how.stage in (None, stage):
                hits += counts.get("hits", 0)
                executed += counts.get("misses", 0)
    if not hits + executed:
        raise NotRead(f"nothing was looked up in the {len(builds)} recorded builds")
    return Reading(hits / (hits + executed), (), note)


def _actions(how: BuildReader, material: Material, builds: list[Build]) -> Iterator[BuildAction]:
    """What was executed of the programs (in the scope of the project: of all)."""
    wanted = set(material.programs)
    for build in builds:
        for action in build.actions:
            is_asked = not wanted or action.program in wanted
            if action.status == EXECUTED and is_asked and how.stage in (None, action.stage):
                yield action


def _total(sums: dict[str, float]) -> float:
    """The sum; a count stays an integer."""
    if all(isinstance(value, int) for value in sums.values()):
        return sum(sums.values())
    return round(math.fsum(sums.values()), UNIT_DIGITS)
