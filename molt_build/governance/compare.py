"""Two runs, program by program: which differences are real.

Runs are compared by their ratios to the reference, never by raw times: a machine that was slower
on one day was slower for the reference too. A difference is real when it is at least the minimum
effect and survives the false-discovery correction over the programs of its engine. What was not
the same thing in both runs is not compared, and said; what ran unchanged in both, the reference
too, is a control (`molt_build.results.controls`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Annotated, Literal

from molt_build.errors import UsageError
from molt_build.governance.comparable import why_not
from molt_build.governance.pair_changes import PairChange, pair_changes
from molt_build.governance.power import weakness
from molt_build.measure.counts import counted_changes, within_floor
from molt_build.measure.process import Metric
from molt_build.measure.significance import ChangeEstimate, compare_ratios
from molt_build.measure.statistics import RatioEstimate, ratio_estimate
from molt_build.results.bench import BenchResult, LaneResult
from molt_build.results.changes import Change, Controls
from molt_build.results.controls import is_unchanged, with_controls
from molt_build.results.scoring import speedups
from molt_build.results.verdicts import FALSE_DISCOVERY_RATE, change_verdict


@dataclass(frozen=True)
class RunChange(Change):
    """A program of an engine in two runs: after over before, which are ratios to the reference.

    What was not the same thing in both runs, or not scored in one, is not compared.
    """

    lane: Annotated[str, "The lane or suite."]
    before: Annotated[RatioEstimate | None, "Its ratio to the reference in the earlier run."]
    after: Annotated[RatioEstimate | None, "The same in the later run."]


@dataclass(frozen=True)
class NotCompared:
    """A program of an engine that is not the same thing in both runs."""

    lane: Annotated[str, "The lane or suite."]
    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    reason: Annotated[str, "Why it was not compared."]


@dataclass(frozen=True)
class Compared:
    """What really changed from one run to another."""

    before: Annotated[str, "The earlier run."]
    after: Annotated[str, "The later run."]
    reference: Annotated[str, "The engine that both compared with."]
    metric: Annotated[Metric, "The column that was compared."]
    min_effect: Annotated[float, "Changes closer to 1 than this are none."]
    false_discovery_rate: Annotated[float, "Of what is called real, the share that may not be."]
    warnings: Annotated[tuple[str, ...], "What makes the comparison weak."]
    programs: Annotated[tuple[RunChange, ...], "What was compared."]
    not_compared: Annotated[tuple[NotCompared, ...], "What was not."]
    pairs: Annotated[tuple[PairChange, ...], "Pairs of engines that both runs declare."]
    controls: Annotated[Controls, "What ran unchanged in both runs."]
    real: Annotated[
        Mapping[Literal["faster", "slower"], tuple[str, ...]],
        "What really changed, as PROGRAM ENGINE.",
    ]


@dataclass(frozen=True)
class RunComparison:
    """What really changed from one run to another, in one column."""

    before: str
    after: str
    reference: str
    metric: Metric
    min_effect: float
    false_discovery_rate: float
    warnings: tuple[str, ...]
    changes: tuple[RunChange, ...]
    pairs: tuple[PairChange, ...]
    controls: Controls

    @property
    def programs(self) -> list[RunChange]:
        """What was compared."""
        return [row for row in self.changes if row.verdict != "not compared"]

    @property
    def not_compared(self) -> list[RunChange]:
        """What was not, each with its reason."""
        return [row for row in self.changes if row.verdict == "not compared"]

    @property
    def real(self) -> dict[Literal["faster", "slower"], list[str]]:
        """The programs that are really faster or slower, each with its engine."""
        words: tuple[Literal["faster", "slower"], ...] = ("faster", "slower")
        return {
            word: [f"{row.program} {row.engine}" for row in self.programs if row.verdict == word]
            for word in words
        }

    def published(self) -> Compared:
        """The same facts as `--json` gives them."""
        return Compared(
            before=self.before,
            after=self.after,
            reference=self.reference,
            metric=self.metric,
            min_effect=self.min_effect,
            false_discovery_rate=self.false_discovery_rate,
            warnings=self.warnings,
            programs=tuple(self.programs),
            not_compared=tuple(
                NotCompared(row.lane, row.program, row.engine, row.reason)
                for row in self.not_compared
            ),
            pairs=self.pairs,
            controls=self.controls,
            real={word: tuple(names) for word, names in self.real.items()},
        )


def compare_results(
    before: BenchResult,
    after: BenchResult,
    *,
    metric: Metric | None = None,
    min_effect: float | None = None,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
) -> RunComparison:
    """The lanes or suites that both runs have, in the earlier one's first column unless given.

    `min_effect` is the earlier run's unless given. Raises `UsageError` where nothing can be
    compared: other references, a column that one lacks, or no lane or engine in common.
    """
    lanes = [(old, after.lanes[name]) for name, old in before.lanes.items() if name in after.lanes]
    if not lanes and len(before.lanes) == len(after.lanes) == 1:
        lanes = [(before.lane, after.lane)]
    lanes = [pair for pair in lanes if all(lane.measurements for lane in pair)]
    if not lanes:
        raise UsageError(f"{before.run} and {after.run} have no suite in common")
    column = metric or lanes[0][0].metric
    pairs = [(old, new, _common_engines(old, new, column)) for old, new in lanes]
    if not any(engines for *_, engines in pairs):
        old, new, _ = pairs[0]
        message = f"the runs have no engine in common besides {old.reference}"
        lists = ", ".join(old.compared), ", ".join(new.compared)
        raise UsageError(message, f"one has {lists[0]}, the other {lists[1]}")
    effect = lanes[0][0].effect(column) if min_effect is None else min_effect
    warnings = list(run_warnings(before, after))
    changes: list[RunChange] = []
    of_pairs: list[PairChange] = []
    controls: list[str] = []
    false_alarms: list[str] = []
    for old, new, engines in pairs:
        warnings += _lane_warnings(old, new, column)
        of_pairs += pair_changes(old, new, column, effect)
        for engine in engines:
            floors = [lane.floor(column, engine, lane.reference) for lane in (old, new)]
            former, latter = speedups(old, engine, column), speedups(new, engine, column)
            for name in dict.fromkeys((*old.programs, *new.programs)):
                why = why_not(old, new, engine, name, column)
                if why is not None:
                    changes.append(_not_compared(old.name, engine, name, why))
                    former.pop(name, None)
                    latter.pop(name, None)
            judge = partial(_judged, former, latter, floors, effect, false_discovery_rate)
            common = [name for name in former if name in latter]
            unchanged = [name for name in common if _is_control(old, new, engine, name)]
            found, alarms = with_controls(common, unchanged, judge)
            compared = list(found.values())
            controls += [f"{name} {engine}" for name in unchanged]
            false_alarms += [f"{name} {engine}" for name in alarms]
            changes += [
                RunChange(
                    program=one.program,
                    engine=engine,
                    change=one.change,
                    p_value=one.p_value,
                    verdict="control"
                    if one.program in unchanged
                    else change_verdict(one.change, effect, is_real=one.is_real),
                    reason="",
                    lane=old.name,
                    before=within_floor(ratio_estimate(former[one.program]), floors[0]),
                    after=within_floor(ratio_estimate(latter[one.program]), floors[1]),
                )
                for one in compared
            ]
            tested = [
                (len(former[one.program]), len(latter[one.program]))
                for one in compared
                if one.p_value is not None and one.program not in unchanged
            ]
            if None in floors:
                many = len(compared) - len(unchanged)
                warnings += weakness(engine, many, tested, false_discovery_rate)
    return RunComparison(
        before=before.run,
        after=after.run,
        reference=lanes[0][0].reference,
        metric=column,
        min_effect=effect,
        false_discovery_rate=false_discovery_rate,
        warnings=tuple(warnings),
        changes=tuple(changes),
        pairs=tuple(of_pairs),
        controls=Controls(tuple(controls), tuple(false_alarms)),
    )


def _is_control(old: LaneResult, new: LaneResult, engine: str, program: str) -> bool:
    """Whether the same ran in both runs under the engine, and under the reference."""
    then, now = old.cells_by_key, new.cells_by_key
    return all(
        is_unchanged(then[program, name].artifacts, now[program, name].artifacts)
        for name in (engine, old.reference)
    )


def _judged(
    former: Mapping[str, Sequence[float]],
    latter: Mapping[str, Sequence[float]],
    floors: Sequence[float | None],
    effect: float,
    false_discovery_rate: float,
    names: Iterable[str],
) -> list[ChangeEstimate]:
    """The changes of these programs; those of counts have a floor in each run."""
    former = {name: former[name] for name in names}
    if None in floors:
        return compare_ratios(
            former, latter, min_effect=effect, false_discovery_rate=false_discovery_rate
        )
    floor = math.prod(1 + (one or 0.0) for one in floors) - 1
    changes = {name: [median(latter[name]) - median(former[name])] for name in former}
    return counted_changes(changes, floor, effect)


def _common_engines(old: LaneResult, new: LaneResult, metric: Metric) -> list[str]:
    if old.reference != new.reference:
        message = f"the runs have different references: {old.reference} and {new.reference}"
        raise UsageError(message, "ratios are comparable only to the same thing")
    for lane in (old, new):
        if metric not in lane.columns:
            message = f"{lane.name} has no column {metric} in one of the runs"
            raise UsageError(message, f"it has {', '.join(lane.columns)}")
    return [name for name in old.compared if name in new.compared]


def _not_compared(lane: str, engine: str, program: str, reason: str) -> RunChange:
    return RunChange(
        program=program,
        engine=engine,
        change=None,
        p_value=None,
        verdict="not compared",
        reason=reason,
        lane=lane,
        before=None,
        after=None,
    )


def run_warnings(before: BenchResult, after: BenchResult) -> Iterator[str]:
    """What differs between two runs as a whole: machines, engines; and what was noisy."""
    machines = [result.environment.machine_class for result in (before, after)]
    if machines[0] != machines[1]:
        yield f"other machine: {machines[0]}, then {machines[1]}"
    references = {lane.reference for lane in before.lanes.values()}
    for name, old in before.engines.items():
        if name not in after.engines:
            continue
        new = after.engines[name]
        if old.revision != new.revision:
            yield f"{name} is of another commit"
        if old.identity != new.identity:
            what = ", ".join(differing(old.components, new.components)) or "its manifest"
            role = "the reference " if name in references else ""
            yield f"{role}{name} is another one: {what}"
    for result in (before, after):
        if result.is_interrupted:
            yield f"{result.run} was interrupted"
        lines = dict.fromkeys(w for lane in result.lanes.values() for w in lane.warnings)
        if lines:
            yield f"{result.run}: {'; '.join(lines)}"


def _lane_warnings(old: LaneResult, new: LaneResult, metric: Metric) -> Iterator[str]:
    for what in ("name", "profile", "target"):
        own, other = getattr(old, what), getattr(new, what)
        if own != other:
            yield f"other {'lane' if what == 'name' else what}: {own}, then {other}"
    counting = [lane.counting(metric) for lane in (old, new)]
    versions = [one.version for one in counting if one is not None]
    if len(set(versions)) > 1:
        yield f"counted by {versions[0]}, then by {versions[1]}: their counts are not alike"


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The names of which two tables have not the same."""
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
