"""What `molt-build explain` says of actions: their keys, and on a miss what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.building.outcome import BuildReport, StageResult
from molt_build.codec import added
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.report.components import changes

Status = Literal["up to date", "hit", "miss", "failed"]
_STATUS_WORDS: Mapping[str, Status] = {
    UP_TO_DATE: "up to date",
    HIT: "hit",
    EXECUTED: "miss",
    FAILED: "failed",
}


@dataclass(frozen=True)
class DifferentComponent:
    """A component of a key that is not what it was."""

    component: Annotated[str, "Its name."]
    old: Annotated[str | None, "Its value in the earlier entry; null where it had none."]
    new: Annotated[str | None, "Its value now; null where there is none."]
    changes: Annotated[tuple[str, ...], "The difference in lines for people."]


@dataclass(frozen=True)
class NearestEntry:
    """The earlier entry with the fewest differences."""

    key: Annotated[str, "Its key."]
    differs: Annotated[tuple[DifferentComponent, ...], "What differs."]


@dataclass(frozen=True)
class Explanation:
    """An action, and why it would be executed, if it would."""

    program: Annotated[str, "The program."]
    stage: Annotated[str, "The stage."]
    status: Annotated[Status, "What a build would find."]
    key: Annotated[str, "Its key."]
    components: Annotated[Mapping[str, str], "What the key is made of."]
    nearest: Annotated[NearestEntry | None, "Of a miss: what it was compared with, if anything."]
    changed: Annotated[
        tuple[str, ...] | None, "Of a miss: the components that differ, or why there are none."
    ] = added(None)
    message: Annotated[str | None, "Why it fails, where it does."] = added(None)
    metrics: Annotated[Mapping[str, float], "What its command told of itself."] = added({})


@dataclass(frozen=True)
class ExplainedToolchain:
    """A program that the toolchain is made of."""

    program: Annotated[str, "The program."]
    toolchain: Annotated[str, "What builds it."]
    profile: Annotated[str, "The profile."]
    target: Annotated[str, "The target."]
    actions: Annotated[tuple[Explanation, ...], "Its stages."]


@dataclass(frozen=True)
class Explained:
    """Why each action is up to date, a hit or a miss."""

    actions: Annotated[tuple[Explanation, ...], "Every stage of every program."]
    toolchains: Annotated[tuple[ExplainedToolchain, ...], "What the toolchain itself is made of."]


def explained(report: BuildReport) -> Explained:
    """A dry build, explained."""
    made = tuple(
        ExplainedToolchain(*compiler.wanted, explanations(compiler.actions))
        for compiler in report.compilers
    )
    return Explained(explanations(report.actions), made)


def explanations(results: Sequence[StageResult]) -> tuple[Explanation, ...]:
    """Each action with its status and components, and on a miss what differs from the nearest."""
    return tuple(map(_explanation, results))


def _explanation(result: StageResult) -> Explanation:
    is_miss = result.status == EXECUTED
    return Explanation(
        program=result.program,
        stage=result.stage,
        status=_STATUS_WORDS[result.status],
        key=result.key,
        components=dict(result.components),
        changed=result.cause.changed if is_miss else None,
        nearest=_nearest(result) if is_miss else None,
        message=result.message if result.status == FAILED else None,
        metrics=dict(result.metrics),
    )


def _nearest(result: StageResult) -> NearestEntry | None:
    """None without an earlier entry."""
    if result.cause.nearest_key is None:
        return None
    rows = (
        DifferentComponent(d.component, d.old, d.new, tuple(changes(d.old, d.new, d.component)))
        for d in result.cause.differences
    )
    return NearestEntry(result.cause.nearest_key, tuple(rows))
