"""What `molt-build build --json` prints of a build: the report, and the classes of the schema.

`molt_build.cli.warm_build` prints the same object of a build with nothing to do, by hand; a test
holds what it prints to these classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from molt_build.building.attribution import published, ranking
from molt_build.building.outcome import BuildReport, CompilerBuild, StageResult, stage_counts
from molt_build.codec import added
from molt_build.json_schema import Count, Seconds
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.results.costs import ComponentCost, StageCounts
from molt_build.store.lock_log import UsedLock

Status = Literal["up-to-date", "hit", "executed", "failed"]


@dataclass(frozen=True)
class BuiltAction:
    """One stage of one program."""

    program: Annotated[str, "The program."]
    stage: Annotated[str, "The stage of the toolchain."]
    key: Annotated[str, "Its key; of a stage that failed, what is known of it."]
    status: Annotated[Status, "How it was come by."]
    seconds: Annotated[Seconds, "What it took now."]
    waited_s: Annotated[float, "Waited for locks; left out where it did not wait."] = added(0.0)
    tries: Annotated[int, "How often a fetch was run; left out of one that was run once."] = added(
        0
    )
    changed: Annotated[tuple[str, ...], "The components that it was executed for."] = added(())
    warnings: Annotated[str, "What its command printed to standard error."] = added("")
    metrics: Annotated[Mapping[str, float], "What its command told of itself."] = added({})
    kept_out: Annotated[tuple[str, ...], "Outputs that stayed out of the store."] = added(())
    message: Annotated[str, "Why it failed, as a person reads it."] = added("")
    reason: Annotated[str, "Why, in the compiler's own words."] = added("")
    wasted: Annotated[
        bool | None, "Of one that was executed: whether it made the same bytes again."
    ] = added(None)


@dataclass(frozen=True)
class BuiltToolchain:
    """A program that the toolchain is made of, and its build."""

    toolchain: Annotated[str, "What built it."]
    profile: Annotated[str, "The profile."]
    target: Annotated[str, "The target."]
    program: Annotated[str, "The program."]
    actions: Annotated[tuple[BuiltAction, ...], "Its stages."]
    executed: Annotated[Count, "How many were executed."]
    hits: Annotated[Count, "How many were found in the store."]
    up_to_date: Annotated[Count, "How many lay as they were written."]
    failed: Annotated[Count, "How many failed."]
    stages: Annotated[Mapping[str, StageCounts], "The same by stage."]
    seconds: Annotated[Seconds, "What its actions took now."]


@dataclass(frozen=True)
class BuildCosts:
    """What was executed, and for which changes."""

    stages: Annotated[Mapping[str, StageCounts], "By stage."]
    components: Annotated[tuple[ComponentCost, ...], "The most wasteful first."]
    seconds: Annotated[Seconds, "What was executed took."]
    wasted: Annotated[Count, "Executed actions that made the same bytes again."]
    wasted_s: Annotated[Seconds, "What these took."]


@dataclass(frozen=True)
class Unsupported:
    """A program that was not built, as the manifests say."""

    program: Annotated[str, "The program."]
    reason: Annotated[str, "Why the toolchain does not take it."]


@dataclass(frozen=True)
class Built:
    """A build."""

    toolchain: Annotated[str, "What built."]
    profile: Annotated[str, "The profile."]
    target: Annotated[str, "The target."]
    actions: Annotated[tuple[BuiltAction, ...], "Every stage of every program."]
    executed: Annotated[Count, "How many were executed."]
    hits: Annotated[Count, "How many were found in the store."]
    up_to_date: Annotated[Count, "How many lay as they were written."]
    failed: Annotated[Count, "How many failed."]
    toolchains: Annotated[tuple[BuiltToolchain, ...], "What the toolchain itself is made of."]
    attribution: Annotated[BuildCosts, "What was executed, and for which changes."]
    unsupported: Annotated[tuple[Unsupported, ...], "Programs that the toolchain does not take."]
    locks: Annotated[tuple[UsedLock, ...], "The locks that were used, in order."]
    seconds: Annotated[Seconds, "What the build took."]
    saved_s: Annotated[Seconds, "What was not executed took so long when it was."]
    dry_run: Annotated[bool, "Whether nothing was executed, as was asked for."] = added(False)


def built(report: BuildReport, *, is_dry: bool = False) -> Built:
    """A whole build."""
    misses = report.misses()
    wasted = [miss.action.seconds for miss in misses if miss.action.is_wasted]
    refused = [one for one in report.programs.values() if one.is_unsupported]
    return Built(
        toolchain=report.toolchain,
        profile=report.profile,
        target=report.target,
        actions=tuple(map(_action, report.actions)),
        executed=report.count(EXECUTED),
        hits=report.count(HIT),
        up_to_date=report.count(UP_TO_DATE),
        failed=report.count(FAILED),
        toolchains=tuple(map(_toolchain, report.compilers)),
        attribution=BuildCosts(
            stages=report.stages(),
            components=published(ranking(misses)),
            seconds=round(math.fsum(miss.action.seconds for miss in misses), 6),
            wasted=len(wasted),
            wasted_s=round(math.fsum(wasted), 6),
        ),
        unsupported=tuple(Unsupported(one.program, one.reason) for one in refused),
        locks=tuple(use.published() for use in report.locks),
        seconds=round(report.seconds, 6),
        saved_s=round(report.saved_s, 6),
        dry_run=is_dry,
    )


def _action(one: StageResult) -> BuiltAction:
    return BuiltAction(
        program=one.program,
        stage=one.stage,
        key=one.key,
        status=cast(Status, one.status),
        seconds=round(one.seconds, 6),
        waited_s=round(one.waited_s, 6),
        tries=one.tries if one.tries > 1 else 0,
        changed=one.cause.changed,
        warnings=one.warnings,
        metrics=one.metrics,
        kept_out=tuple(one.kept_out),
        message=one.message,
        reason=one.reason,
        wasted=one.is_wasted if one.status == EXECUTED else None,
    )


def _toolchain(compiler: CompilerBuild) -> BuiltToolchain:
    wanted, actions = compiler.wanted, compiler.actions
    statuses = [action.status for action in actions]
    return BuiltToolchain(
        toolchain=wanted.toolchain,
        profile=wanted.profile,
        target=wanted.target,
        program=wanted.program,
        actions=tuple(map(_action, actions)),
        executed=statuses.count(EXECUTED),
        hits=statuses.count(HIT),
        up_to_date=statuses.count(UP_TO_DATE),
        failed=statuses.count(FAILED),
        stages=stage_counts(actions),
        seconds=round(math.fsum(action.seconds for action in actions), 6),
    )
