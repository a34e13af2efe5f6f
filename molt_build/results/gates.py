"""What `molt-build gates` finds: a verdict for each gate, and the runs that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.json_schema import Count
from molt_build.manifests.gate import Against, Severity
from molt_build.measure.environment import Environment
from molt_build.results.facts import Time, WholeRun

GateVerdict = Literal["pass", "warn", "fail", "stale", "unmeasured"]
VERDICTS: tuple[GateVerdict, ...] = ("fail", "warn", "stale", "unmeasured", "pass")


@dataclass(frozen=True)
class JudgedMember:
    """A program, cell or pair that a gate is about."""

    of: Annotated[str, "What it is."]
    verdict: Annotated[GateVerdict, "What its interval says of the limit."]
    value: Annotated[float | None, "What is judged; null where there is none."]
    low: Annotated[float | None, "The lower end of its 95 % interval; an exact one's is its value."]
    high: Annotated[float | None, "The upper end of its 95 % interval."]
    limit: Annotated[float | None, "What it may be."]
    blocks: Annotated[int | None, "Blocks that its interval is made of; null: not known, or exact."]
    note: Annotated[str, "What else decided: a waiver, a wide interval, a failure; else empty."]


@dataclass(frozen=True)
class Evidence:
    """The run that a gate is judged by."""

    run: Annotated[str, "JOB/TIMESTAMP; builds: those that are recorded."]
    started: Annotated[str, "When it began, UTC."]
    age_days: Annotated[float, "How long ago that is."]
    git_commit: Annotated[str | None, "The project's commit in it."]
    git_parent: Annotated[str | None, "The first parent of that commit."]
    git_is_dirty: Annotated[bool | None, "Whether files differed from the commit."]
    commits_behind: Annotated[int | None, "How many commits there are since; null: not known."]
    machine_class: Annotated[str, "The machine, as far as runs can be compared."]
    digest: Annotated[str | None, "SHA-256 of its result; null where it has none."]


@dataclass(frozen=True)
class JudgedGate:
    """A gate, and what it is."""

    gate: Annotated[str, "Its name."]
    description: Annotated[str, "What it guards."]
    owner: Annotated[str, "Who answers when it fires."]
    severity: Annotated[Severity, "What becomes of a figure that is surely worse than it may be."]
    against: Annotated[Against, "What the figure is held against."]
    engine: Annotated[str, "The engine that it is about."]
    verdict: Annotated[
        GateVerdict,
        "pass: all intervals are within the limit. fail: one is wholly beyond it. warn: the "
        "interval does not tell, or it is beyond and may only warn. stale: the run is too old, or "
        "not of this tree. unmeasured: no run has shown it.",
    ]
    reason: Annotated[str, "Why it is stale or unmeasured; else empty."]
    unit: Annotated[str, "Of values and limit: s, times (a ratio), share, or what is counted."]
    is_maximum: Annotated[bool, "Whether the limit is the highest value allowed, not the lowest."]
    judged: Annotated[Count, "How many members it has."]
    members: Annotated[
        tuple[JudgedMember, ...], "The one that does worst first, and all that do not pass."
    ]
    evidence: Annotated[Evidence | None, "The run that it is judged by; null where there is none."]
    base: Annotated[str | None, "The commit that it is held against, of a base."]
    pooled: Annotated[
        tuple[str, ...], "Of a base: the runs whose blocks are put together, the latest first."
    ]
    past: Annotated[Count, "How many earlier runs its limit follows from, of a history."]
    notes: Annotated[tuple[str, ...], "Annotations of ranges, waivers that are over."]


@dataclass(frozen=True)
class Head:
    """The tree that was judged."""

    commit: Annotated[str | None, "Its commit; null outside of git."]
    parent: Annotated[str | None, "That one's first parent."]
    branch: Annotated[str | None, "The branch; null where none is checked out."]
    is_dirty: Annotated[bool | None, "Whether tracked files differ from the commit."]


@dataclass(frozen=True)
class GatesAsked:
    """What was asked for."""

    gates: Annotated[tuple[str, ...], "Only these gates; all when empty."] = ()
    base: Annotated[str | None, "The revision that was measured as a base."] = None
    is_quick: Annotated[bool, "Whether counted instructions stand for times."] = False


@dataclass(frozen=True)
class GatesResult(WholeRun):
    """A run of the gates: bench/results/gates/TIMESTAMP/result.json."""

    kind: Annotated[Literal["gates"], "What was judged: gates."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[tuple[str, ...], "The command, as it can be typed again."]
    started: Annotated[Time, "When it began."]
    finished: Annotated[Time, "When all was judged."]
    asked: Annotated[GatesAsked, "What was asked for."]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    head: Annotated[Head, "The tree that was judged."]
    reruns: Annotated[Count, "Runs beside the base that measured again what was unclear."]
    gates: Annotated[tuple[JudgedGate, ...], "The gates, in the order of their names."]

    @property
    def is_recorded(self) -> bool:
        """Whether it counts in trends: nothing was left out."""
        return not self.asked.gates

    def of(self, *verdicts: GateVerdict) -> list[JudgedGate]:
        """The gates of these verdicts."""
        return [one for one in self.gates if one.verdict in verdicts]
