"""What `molt-build bisect` finds: the commit at which a figure became another one, or why none is.

Revisions are the commits from the good one to the bad one, in their order. One that was looked at
has a verdict: `good` where its figure is nearer to that of the good one, `bad` where it is nearer
to the other, `skipped` where there is none, `unknown` where it could not be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.json_schema import Count
from molt_build.measure.environment import Environment
from molt_build.measure.sequential import Difference
from molt_build.results.facts import NamedRun, Time

SubjectKind = Literal["lane", "gate", "signal"]
Ruler = Literal["counts", "blocks", "signal"]
RevisionVerdict = Literal["good", "bad", "skipped", "unknown"]
Outcome = Literal["found", "range", "not different", "unclear", "interrupted"]


@dataclass(frozen=True)
class BisectAsked:
    """What was asked for."""

    subject: Annotated[str, "The lane, gate or signal."] = ""
    good: Annotated[str, "The revision that is as it should be."] = ""
    bad: Annotated[str, "The revision that is not."] = ""
    programs: Annotated[tuple[str, ...], "Only these programs; empty: all of the lane's."] = ()
    engine: Annotated[str | None, "The engine; null: the subject's own."] = None
    column: Annotated[str | None, "What is compared; null: counts, else the lane's first."] = None
    blocks: Annotated[int | None, "The most blocks of a comparison; null: 60."] = None


@dataclass(frozen=True)
class BisectRevision:
    """A revision that was looked at."""

    place: Annotated[Count, "Its place: 0 is the good one."]
    commit: Annotated[str, "The full id."]
    title: Annotated[str, "The first line of its message."]
    verdict: Annotated[RevisionVerdict, "What it is."]
    reason: Annotated[str, "Why it was skipped, or is not known; else empty."] = ""
    digest: Annotated[
        str | None, "The digest of what runs there, all programs together; null: none, a signal."
    ] = None
    same_as: Annotated[
        str | None, "The revision of which the same runs, and whose verdict it has; null: its own."
    ] = None
    value: Annotated[
        float | None,
        "A signal's number; else how many times that of the good one, the geometric mean of the "
        "programs that differ; null where there is none.",
    ] = None
    blocks: Annotated[Count, "Blocks that its verdict took; 0 where nothing was timed."] = 0


@dataclass(frozen=True)
class BisectProgram:
    """A program at the bad revision beside the good one; of a signal, what it is of."""

    program: Annotated[str, "The program; of a signal of all programs empty."]
    verdict: Annotated[Difference, "Whether it differs by at least the least effect."]
    ratio: Annotated[
        float | None, "How many times that of the good one; null where it has no ratio."
    ]
    blocks: Annotated[Count, "Blocks that the verdict took; 0 where nothing was timed."] = 0


@dataclass(frozen=True)
class BisectChange:
    """What of an engine is another thing at the guilty commit."""

    name: Annotated[str, "PROGRAM ARTIFACT, or a component of the toolchain's identity."]
    before: Annotated[str | None, "What it was; null where there was none."]
    after: Annotated[str | None, "What it is; null where there is none."]


@dataclass(frozen=True)
class BisectResult(NamedRun):
    """A run of bisect: bench/results/bisect/TIMESTAMP/result.json."""

    kind: Annotated[Literal["bisect"], "What was looked for: a commit."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[tuple[str, ...], "The command, as it can be typed again."]
    started: Annotated[Time, "When it began."]
    finished: Annotated[Time, "When it ended."]
    is_interrupted: Annotated[bool, "Whether it was interrupted, and can be gone on with."]
    asked: Annotated[BisectAsked, "What was asked for."]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    subject: Annotated[SubjectKind, "What the subject is."]
    lane: Annotated[str | None, "The lane whose programs are compared; null: a signal's own."]
    engine: Annotated[str, "The engine; empty: a signal of the project."]
    figure: Annotated[str, "The metric or the signal that is compared."]
    ruler: Annotated[
        Ruler | None,
        "counts: of instructions, exact but for their noise floor. blocks: of times, one after "
        "another until it is sure. signal: exact. null: nothing had to be compared.",
    ]
    min_effect: Annotated[
        float, "Good and bad differ where they are at least that far from one another (0.02: 2 %)."
    ]
    error_rate: Annotated[
        float | None,
        "With at most what chance any of the verdicts is wrong; null: nothing was timed.",
    ]
    good: Annotated[str, "The full id of the good commit."]
    bad: Annotated[str, "The full id of the bad commit."]
    commits: Annotated[Count, "Commits after the good one, up to the bad one."]
    revisions: Annotated[tuple[BisectRevision, ...], "Those that were looked at, in their order."]
    programs: Annotated[tuple[BisectProgram, ...], "The programs at the two ends."]
    outcome: Annotated[
        Outcome,
        "found: the first bad commit. range: it is one of several, of which the others could not "
        "be judged. not different: good and bad are the same. unclear: that could not be told. "
        "interrupted: it goes on with --resume.",
    ]
    first_bad: Annotated[str | None, "The first commit that is bad; null without good and bad."]
    last_good: Annotated[str | None, "The last commit that is good; null without good and bad."]
    suspects: Annotated[
        tuple[str, ...], "The commits of which one is guilty, the first bad one the last."
    ]
    changes: Annotated[
        tuple[BisectChange, ...], "What differs between the last good and the first bad one."
    ]
    shown_by: Annotated[tuple[str, ...], "The commands that show the difference, a line each."]
    notes: Annotated[tuple[str, ...], "What a reader must know."]

    @property
    def is_quick(self) -> bool:
        """It never is."""
        return False

    @property
    def is_recorded(self) -> bool:
        """Whether it is whole."""
        return not self.is_interrupted

    @property
    def by_commit(self) -> Mapping[str, BisectRevision]:
        """Those that were looked at, by their ids."""
        return {one.commit: one for one in self.revisions}
