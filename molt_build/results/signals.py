"""What `molt-build signals` finds: numbers that builds, files and the history reveal.

A *row* is one signal of one program under one engine, of one engine, or of the project. A signal of
programs has for each engine a row more, with no program: what those of the programs come to.
Nothing is timed for it: the same sources, tools and manifests give the same rows, so a difference
is exact. The exceptions rest on times that were measured before (`SignalFacts.is_measured`): a
difference of theirs is told, and called neither better nor worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, geometric_mean, median
from typing import Annotated, Literal

from molt_build.json_schema import Count
from molt_build.manifests.signal import Better, Scope, Total
from molt_build.measure.environment import Environment
from molt_build.results.facts import SkippedEngine, Time, WholeRun

ChangeVerdict = Literal["better", "worse", "changed", "same", "new", "gone"]


@dataclass(frozen=True)
class SignalPart:
    """A named part of a number."""

    name: Annotated[str, "Of what: a symbol, a function, a module, a kind of operation, a file."]
    value: Annotated[float, "How much of the number it is."]
    group: Annotated[str, "What it belongs to: a module's class, a section; else empty."] = ""
    note: Annotated[str, "What else is to know: the rule that decided, a path; else empty."] = ""


@dataclass(frozen=True)
class SignalFacts:
    """A signal as its manifest declared it when it was read."""

    description: Annotated[str, "What it is."]
    unit: Annotated[str, "The unit; empty for a count."]
    better: Annotated[Better, "Which direction is better."]
    scope: Annotated[
        Scope,
        "Whether there is a number for each program and engine, for each engine, or one.",
    ]
    reader: Annotated[str, "What reads it."]
    per: Annotated[str | None, "The signal that it is divided by."]
    total: Annotated[Total, "How the numbers of programs become one."]
    is_measured: Annotated[
        bool, "Whether it rests on times or runs, so that a difference need not mean anything."
    ]


@dataclass(frozen=True)
class SignalEngine:
    """An engine whose builds were read."""

    toolchain: Annotated[str, "Its toolchain."]
    profile: Annotated[str, "Its profile."]
    target: Annotated[str, "Its target."]
    identity: Annotated[
        str | None, "The digest of all of its toolchain; null where nothing had to be built."
    ]


@dataclass(frozen=True)
class SignalRow:
    """One number, or why there is none."""

    signal: Annotated[str, "The signal."]
    engine: Annotated[str, "The engine; empty in the scope of the project."]
    program: Annotated[str, "The program; empty for all of the engine's together."]
    value: Annotated[float | None, "The number; null where it could not be read."]
    reason: Annotated[str, "Why it could not; empty where it could."] = ""
    programs: Annotated[Count, "Of how many programs it is."] = 0
    parts: Annotated[tuple[SignalPart, ...], "What it is made of, the most telling first."] = ()
    notes: Annotated[tuple[str, ...], "What a reader of it must know."] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others of its run."""
        return self.signal, self.engine, self.program


@dataclass(frozen=True)
class PartChange:
    """A part that differs."""

    name: Annotated[str, "The part."]
    group: Annotated[str, "What it belongs to; may be empty."]
    before: Annotated[float | None, "What it was; null where it was not there."]
    after: Annotated[float | None, "What it is; null where it is gone."]


@dataclass(frozen=True)
class SignalChange:
    """A row before and after."""

    signal: Annotated[str, "The signal."]
    engine: Annotated[str, "The engine; empty in the scope of the project."]
    program: Annotated[str, "The program; empty for all of the engine's together."]
    before: Annotated[float | None, "What it was; null where it was not read."]
    after: Annotated[float | None, "What it is; null where it was not read."]
    difference: Annotated[float | None, "After less before, exactly; null where one is missing."]
    verdict: Annotated[
        ChangeVerdict,
        "better or worse by the signal's direction; changed where it has none, or was measured.",
    ]
    reason: Annotated[str, "Why one of the two is missing; else empty."] = ""
    parts: Annotated[tuple[PartChange, ...], "The parts that differ, the largest first."] = ()


@dataclass(frozen=True)
class SignalsAgainst:
    """The same signals, read of the project as it was."""

    revision: Annotated[str, "The revision, as it was asked for."]
    commit: Annotated[str, "The full id of its commit."]
    skipped: Annotated[tuple[SkippedEngine, ...], "Engines that could not be built then."]
    rows: Annotated[tuple[SignalRow, ...], "What they were."]
    changes: Annotated[tuple[SignalChange, ...], "What became of each."]


@dataclass(frozen=True)
class SignalsAsked:
    """What was asked for; the manifests say the rest."""

    lanes: Annotated[tuple[str, ...], "Only these lanes; all when empty."] = ()
    engines: Annotated[tuple[str, ...], "These engines in place of the lanes' own."] = ()
    programs: Annotated[tuple[str, ...], "Only these programs."] = ()
    signals: Annotated[tuple[str, ...], "Only these signals."] = ()
    against: Annotated[str | None, "The revision that is compared with."] = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out that the manifests or the lanes have."""
        return not (self.engines or self.programs or self.signals)


@dataclass(frozen=True)
class SignalsResult(WholeRun):
    """A run of the signals: bench/results/signals/TIMESTAMP/result.json."""

    kind: Annotated[Literal["signals"], "What was read: signals."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[tuple[str, ...], "The command, as it can be typed again."]
    started: Annotated[Time, "When it began."]
    finished: Annotated[Time, "When all was read."]
    asked: Annotated[SignalsAsked, "What was asked for."]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    profile: Annotated[str, "The profile of engines that name none."]
    target: Annotated[str, "The target of engines that name none."]
    lanes: Annotated[Mapping[str, tuple[str, ...]], "By lane, its programs that were read."]
    signals: Annotated[Mapping[str, SignalFacts], "The signals, by name."]
    engines: Annotated[Mapping[str, SignalEngine], "The engines, by name."]
    skipped: Annotated[tuple[SkippedEngine, ...], "Engines that could not be built."]
    rows: Annotated[tuple[SignalRow, ...], "By signal, engine and program."]
    against: Annotated[SignalsAgainst | None, "The comparison that was asked for."] = None

    @property
    def is_recorded(self) -> bool:
        """Whether it counts in trends: nothing was left out."""
        return self.asked.is_whole


@dataclass(frozen=True)
class ComparedSignals:
    """Two runs of the signals, row by row."""

    before: Annotated[str, "The earlier run."]
    after: Annotated[str, "The later run."]
    changes: Annotated[tuple[SignalChange, ...], "What became of each row."]


def total(values: list[float], how: Total) -> float | None:
    """What numbers come to; None where they cannot come to that."""
    if how == "sum":
        return sum(values)
    if how == "geometric-mean":
        return geometric_mean(values) if min(values) > 0 else None
    if how == "median":
        return median(values)
    return max(values) if how == "maximum" else fmean(values)


def compared(before: SignalsResult, after: SignalsResult) -> ComparedSignals:
    """What differs between two runs; of signals that either has."""
    facts = {**before.signals, **after.signals}
    changes = changes_of(before.rows, after.rows, facts)
    return ComparedSignals(before.run, after.run, changes)


def has_worse(changes: Iterable[SignalChange]) -> bool:
    """Whether a number is worse than it was."""
    return any(change.verdict == "worse" for change in changes)


def changes_of(
    before: Sequence[SignalRow], after: Sequence[SignalRow], facts: Mapping[str, SignalFacts]
) -> tuple[SignalChange, ...]:
    """A change for each row that either side has, in the order of the later side."""
    earlier = {row.key: row for row in before}
    later = {row.key: row for row in after}
    keys = dict.fromkeys((*later, *earlier))
    return tuple(_change(key, earlier.get(key), later.get(key), facts[key[0]]) for key in keys)


def _change(
    key: tuple[str, str, str], before: SignalRow | None, after: SignalRow | None, facts: SignalFacts
) -> SignalChange:
    was, now = (None if row is None else row.value for row in (before, after))
    both = was is not None and now is not None
    return SignalChange(
        *key,
        before=was,
        after=now,
        difference=now - was if was is not None and now is not None else None,
        verdict=_verdict(was, now, facts),
        reason="" if both else _why_missing(before, after),
        parts=_part_changes(before, after) if before is not None and after is not None else (),
    )


def _verdict(was: float | None, now: float | None, facts: SignalFacts) -> ChangeVerdict:
    if was is None and now is None:
        return "same"
    if was is None or now is None:
        return "new" if was is None else "gone"
    if was == now:
        return "same"
    if facts.better == "neither" or facts.is_measured:
        return "changed"
    return "better" if (now < was) == (facts.better == "lower") else "worse"


def _why_missing(before: SignalRow | None, after: SignalRow | None) -> str:
    sides = (("before", before), ("after", after))
    return "; ".join(
        f"{when}: {row.reason}" if row is not None else f"{when}: there was none"
        for when, row in sides
        if row is None or row.value is None
    )


def _part_changes(before: SignalRow, after: SignalRow) -> tuple[PartChange, ...]:
    was, now = (
        {(part.group, part.name): part.value for part in row.parts} for row in (before, after)
    )
    changed = [
        PartChange(name, group, was.get((group, name)), now.get((group, name)))
        for group, name in dict.fromkeys((*now, *was))
        if was.get((group, name)) != now.get((group, name))
    ]

    def size(one: PartChange) -> tuple[float, str]:
        return -abs((one.after or 0) - (one.before or 0)), one.name

    return tuple(sorted(changed, key=size))
