"""What the measurements of a lane say: speed-ups, their means, wins, losses and coverage.

Pure functions from a lane's result to a score. A *comparison* is of two engines, first and second:
a ratio above 1 says that the first is better, as many times. It is made of the blocks in which both
ran, one log ratio a block; values of different blocks are never divided.

Only cells whose status is ok enter a column; where it is of the steady state, only those whose
status there is ok too. Summaries (mean, wins, losses) are over the programs that every compared
engine scored: reference, subject and friend together, and with them any other engine. A program
that only some of them scored has an estimate of its own, and no part in any summary. Columns share
no number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from statistics import median
from typing import Annotated

from molt_build.manifests.model import Manifests
from molt_build.measure.blocks import log_ratios, values
from molt_build.measure.counts import within_floor
from molt_build.measure.process import METRIC_WAYS, Metric, Way
from molt_build.measure.statistics import (
    RatioEstimate,
    Summary,
    geometric_mean,
    ratio_estimate,
    summarize,
)
from molt_build.results.bench import (
    VERDICTS,
    Cell,
    ColumnSummary,
    LaneResult,
    Program,
    Status,
    Track,
    Verdict,
)
from molt_build.results.facts import Mean, by_family
from molt_build.results.verdicts import verdict

WAY_WORDS: Mapping[Way, str] = {
    "run": "whole run",
    "steady": "steady state",
    "counted": "instructions",
}


@dataclass(frozen=True)
class Loss:
    """A program on which the first engine is surely slower than the second.

    `impact` is what it adds to the log of the geometric mean (below 0), `mean_without` the mean
    that the other programs would have; both are None for a program outside the mean, the latter
    also for the only one in it.
    """

    program: str
    kernel: str
    track: str | None
    estimate: RatioEstimate
    impact: float | None
    mean_without: float | None

    @property
    def cost(self) -> float | None:
        """The share of the geometric mean that it takes: 0.03 where the mean is 3 % lower."""
        return None if self.impact is None else 1 - math.exp(self.impact)


@dataclass(frozen=True)
class Comparison:
    """The first engine against the second: above 1 the first is faster.

    `estimates` and `log_ratios` have all programs that both scored, `verdicts` (faster, slower,
    equal, unclear) and `mean` those that all compared engines scored. `verdicts` leaves out the
    programs with too few blocks for an interval. `losses` begin with the largest.
    """

    first: str
    second: str
    log_ratios: Mapping[str, tuple[float, ...]]
    estimates: Mapping[str, RatioEstimate]
    mean: Mean | None
    mean_verdict: Verdict | None
    program_verdicts: Mapping[str, Verdict | None]
    verdicts: Mapping[Verdict, tuple[str, ...]]
    losses: tuple[Loss, ...]
    floor: float | None = None  # of counts: what stands in the place of intervals

    def mean_over(self, programs: Iterable[str]) -> Mean | None:
        """The geometric mean over those of the programs that both scored."""
        found = {name: self.log_ratios[name] for name in programs if name in self.log_ratios}
        return self.own_mean if len(found) == len(self.log_ratios) else mean_of(found, self.floor)

    @cached_property
    def own_mean(self) -> Mean | None:
        """The geometric mean over all programs that both scored."""
        if self.mean is not None and self.mean.programs == len(self.log_ratios):
            return self.mean  # over the same programs
        return mean_of(self.log_ratios, self.floor)

    @property
    def all_verdicts(self) -> dict[Verdict, tuple[str, ...]]:
        """The programs of each verdict, those among them that not all engines scored."""
        judged = self.program_verdicts
        return {word: tuple(name for name in judged if judged[name] == word) for word in VERDICTS}

    @property
    def lowest(self) -> tuple[str, RatioEstimate] | None:
        """The program on which the first engine does worst, sure or not."""
        if not self.estimates:
            return None
        name = min(self.estimates, key=lambda program: (self.estimates[program].ratio, program))
        return name, self.estimates[name]


@dataclass(frozen=True)
class Column:
    """A metric: `programs` are those that all compared engines scored."""

    metric: Metric
    programs: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    values: Mapping[tuple[str, str], Summary]  # (program, engine) -> in the metric's unit

    def between(self, first: str | None, second: str | None) -> Comparison | None:
        """The comparison of these two in this order, where they were compared."""
        for comparison in self.comparisons:
            if (comparison.first, comparison.second) == (first, second):
                return comparison
        return None


@dataclass(frozen=True)
class Builds:
    """Seconds of an engine's builds; None where nothing was built."""

    engine: Annotated[str, "The engine."]
    count: Annotated[int, "How many."]
    failed: Annotated[int, "How many of them failed."]
    total_s: Annotated[float | None, "All together."]
    median_s: Annotated[float | None, "The median."]
    longest_s: Annotated[float | None, "The longest."]
    longest: Annotated[str | None, "Of which program that was."]


@dataclass(frozen=True)
class NotScored:
    """Programs that an engine did not score for one reason, at least not in the steady state."""

    engine: Annotated[str, "The engine."]
    status: Annotated[Status, "What came of them."]
    reason: Annotated[str, "Why."]
    programs: Annotated[tuple[str, ...], "The programs."]


@dataclass(frozen=True)
class ScoredShare:
    """How much of the suite the scores are about.

    `present` counts the files of the source that are the suite's programs; one file may hold
    several programs. `scored` are the programs that all compared engines scored.
    """

    present: Annotated[int, "Files of the source that are its programs."]
    programs: Annotated[int, "Programs that were to be measured."]
    scored: Annotated[tuple[str, ...], "Programs that every engine scored."]
    quick_left_out: Annotated[int, "Programs that were not asked for."]
    by_status: Annotated[Mapping[str, Mapping[Status, int]], "By engine, programs of each status."]
    not_scored: Annotated[tuple[NotScored, ...], "What was not scored, and why."]
    exclusions: Annotated[Mapping[str, tuple[str, ...]], "By reason, what the suite leaves out."]


@dataclass(frozen=True)
class LaneScore:
    """The score of a lane.

    `subject` and `friend` are None where that engine was not measured, and `friend` also where it
    is the reference or the subject itself. The first column is the one that verdicts are about.
    """

    name: str
    reference: str
    subject: str | None
    friend: str | None
    compared: tuple[str, ...]  # the reference, the subject, the friend, then others
    kernels: Mapping[str, str]  # program -> kernel
    columns: tuple[Column, ...]
    coverage: ScoredShare
    builds: tuple[Builds, ...]

    @property
    def main(self) -> Column:
        """The column that verdicts are about."""
        return self.columns[0]

    def column(self, metric: Metric) -> Column | None:
        """The column of this metric, where there is one."""
        return next((column for column in self.columns if column.metric == metric), None)


def score_lane(lane: LaneResult) -> LaneScore:
    """The score of a lane of a result, in the columns that were measured."""
    reference, engines = lane.reference, lane.compared
    subject = lane.subject if lane.subject in engines else None
    friend = lane.suite.friend if lane.suite is not None else None
    if friend not in engines or friend == subject:
        friend = None
    roles = [engine for engine in (subject, friend) if engine is not None]
    compared = tuple(dict.fromkeys((reference, *roles, *engines)))
    pairs = [(engine, reference) for engine in compared[1:]]
    pairs += [(subject, friend)] if subject is not None and friend is not None else []
    columns = [
        score_column(lane, metric, pairs)
        for metric in lane.columns
        if METRIC_WAYS[metric] in lane.measurements or metric == lane.metric
    ]
    return LaneScore(
        name=lane.name,
        reference=reference,
        subject=subject,
        friend=friend,
        compared=compared,
        kernels={name: program.kernel for name, program in lane.programs.items()},
        columns=tuple(columns),
        coverage=_coverage(lane, compared, columns[0].programs),
        builds=tuple(_builds(lane.cells, engine) for engine in compared),
    )


def scored_log_ratios(
    lane: LaneResult, metric: Metric, first: str, second: str
) -> dict[str, tuple[float, ...]]:
    """As `log_ratios` of the lane's blocks, of the programs that both engines scored."""
    ok = {(c.program, c.engine) for c in lane.cells if c.outcome(metric).status == "ok"}
    return {
        name: values
        for name, values in log_ratios(lane.blocks(metric), first, second, metric).items()
        if (name, first) in ok and (name, second) in ok
    }


def score_column(lane: LaneResult, metric: Metric, pairs: Sequence[tuple[str, str]]) -> Column:
    """The comparisons of these pairs of engines, first and second, in one metric."""
    ratios = {pair: scored_log_ratios(lane, metric, *pair) for pair in pairs}
    common = [name for name in lane.programs if pairs and all(name in r for r in ratios.values())]
    return Column(
        metric=metric,
        programs=tuple(common),
        comparisons=tuple(
            compare(
                *pair,
                found,
                common,
                lane.programs,
                lane.effect(metric),
                lane.floor(metric, *pair),
            )
            for pair, found in ratios.items()
        ),
        values={
            key: summarize(found) for key, found in values(lane.blocks(metric), metric).items()
        },
    )


def speedups(lane: LaneResult, engine: str, metric: Metric) -> dict[str, tuple[float, ...]]:
    """Per scored program the log speed-ups of an engine against the reference, a block each."""
    (comparison,) = score_column(lane, metric, [(engine, lane.reference)]).comparisons
    return dict(comparison.log_ratios)


def with_summaries(lane: LaneResult) -> LaneResult:
    """The same lane with what its cells say together."""
    found = {
        metric: _summary(lane, metric)
        for metric in lane.columns
        if METRIC_WAYS[metric] in lane.measurements
    }
    return replace(lane, summaries=found)


def _summary(lane: LaneResult, metric: Metric) -> ColumnSummary:
    column = score_column(lane, metric, [(engine, lane.reference) for engine in lane.compared])
    by_engine = {one.first: one for one in column.comparisons}
    medians: dict[str, list[float]] = {engine: [] for engine in (lane.reference, *by_engine)}
    for cell in lane.cells:
        if metric in cell.metrics:
            medians[cell.engine].append(cell.metrics[metric].summary.median)
    return ColumnSummary(
        programs=column.programs,
        compared={engine: one.mean for engine, one in by_engine.items()},
        own={engine: one.own_mean for engine, one in by_engine.items()},
        families={
            family: {engine: one.mean_over(names) for engine, one in by_engine.items()}
            for family, names in by_family(lane.programs).items()
        },
        verdicts={engine: one.all_verdicts for engine, one in by_engine.items()},
        medians={engine: median(found) if found else None for engine, found in medians.items()},
    )


def track_rows(manifests: Manifests) -> tuple[Track, ...]:
    """The tracks that losses can belong to, in the order in which they take them."""
    tagged = [one for one in manifests.tracks.values() if one.tags]
    tagged.sort(key=lambda one: (one.precedence, one.name))
    return tuple(Track(one.name, one.title, one.tags) for one in tagged)


def track_of(tags: Sequence[str], tracks: Sequence[Track]) -> str | None:
    """The track that a program's losses belong to: the first with one of its tags."""
    return next((track.id for track in tracks if set(track.tags) & set(tags)), None)


def mean_of(log_ratios: Mapping[str, Sequence[float]], floor: float | None = None) -> Mean | None:
    """The geometric mean over programs of their median log ratios; None without programs.

    Those of counts have a floor in the place of an interval.
    """
    if not log_ratios:
        return None
    mean = _mean(tuple((name, tuple(log_ratios[name])) for name in sorted(log_ratios)))
    return within_floor(mean, floor)


@lru_cache(maxsize=512)
def _mean(log_ratios: tuple[tuple[str, tuple[float, ...]], ...]) -> Mean:
    """A page, its pictures and README show the same means; each is resampled once."""
    return Mean(**asdict(geometric_mean(dict(log_ratios))), programs=len(log_ratios))


@lru_cache(maxsize=4096)
def _ratio(log_ratios: tuple[float, ...]) -> RatioEstimate:
    return ratio_estimate(log_ratios)


def compare(
    first: str,
    second: str,
    ratios: Mapping[str, tuple[float, ...]],
    common: Sequence[str],
    programs: Mapping[str, Program],
    min_effect: float,
    floor: float | None = None,
) -> Comparison:
    """Two engines by their log ratios; the summary is about the programs in `common`.

    Those of counts have a `floor` in the place of intervals.
    """
    estimates = {name: within_floor(_ratio(ratios[name]), floor) for name in sorted(ratios)}
    judged = {name: verdict(row, min_effect) for name, row in estimates.items()}
    mean = mean_of({name: ratios[name] for name in common}, floor)
    logs = {name: median(ratios[name]) for name in common}
    losses = [
        Loss(
            program=name,
            kernel=programs[name].kernel if name in programs else name,
            track=programs[name].track if name in programs else None,
            estimate=estimates[name],
            impact=logs[name] / len(logs) if name in logs else None,
            mean_without=_mean_without(logs, name),
        )
        for name, word in judged.items()
        if word == "slower"
    ]
    losses.sort(key=lambda loss: (loss.impact is None, loss.estimate.ratio, loss.program))
    return Comparison(
        first=first,
        second=second,
        log_ratios=ratios,
        estimates=estimates,
        mean=mean,
        mean_verdict=verdict(mean, min_effect),
        program_verdicts=judged,
        verdicts={word: tuple(n for n in sorted(common) if judged[n] == word) for word in VERDICTS},
        losses=tuple(losses),
        floor=floor,
    )


def has_estimates(score: LaneScore) -> bool:
    """Whether any program was scored by two engines that are compared."""
    return any(one.estimates for column in score.columns for one in column.comparisons)


def has_intervals(column: Column) -> bool:
    """Whether its programs were measured in enough blocks for intervals."""
    known = [row for comparison in column.comparisons for row in comparison.estimates.values()]
    return any(row.low is not None for row in known)


def _mean_without(logs: Mapping[str, float], program: str) -> float | None:
    if program not in logs or len(logs) == 1:
        return None
    others = [value for name, value in sorted(logs.items()) if name != program]
    return math.exp(math.fsum(others) / len(others))


def _builds(cells: Iterable[Cell], engine: str) -> Builds:
    own = [(c.program, c.build) for c in cells if c.engine == engine and c.build is not None]
    spent = [(b.seconds, name) for name, b in own if b.status == "ok" and b.seconds]
    each = [seconds for seconds, _ in spent]
    longest_s, longest = max(spent) if spent else (None, None)
    return Builds(
        engine=engine,
        count=len(spent),
        failed=sum(build.status == "build-failed" for _, build in own),
        total_s=math.fsum(each) if each else None,
        median_s=median(each) if each else None,
        longest_s=longest_s,
        longest=longest,
    )


def _coverage(lane: LaneResult, compared: Sequence[str], scored: tuple[str, ...]) -> ScoredShare:
    by_status: dict[str, dict[Status, int]] = {engine: {} for engine in compared}
    reasons: dict[tuple[str, Status, str], list[str]] = {}
    for cell in lane.cells:
        if cell.engine not in compared:
            continue
        counts = by_status[cell.engine]
        counts[cell.status] = counts.get(cell.status, 0) + 1
        key: tuple[str, Status, str] = cell.engine, cell.status, cell.reason
        if cell.status == "ok":
            wanting = [(way, one) for way, one in cell.outcomes.items() if one.status != "ok"]
            if not wanting:
                continue
            way, one = wanting[0]
            key = cell.engine, one.status, f"{WAY_WORDS[way]}: {one.reason}"
        reasons.setdefault(key, []).append(cell.program)
    exclusions: dict[str, list[str]] = {}
    for row in lane.exclusions:
        exclusions.setdefault(row.reason, []).append(row.entry)
    return ScoredShare(
        present=lane.coverage.present,
        programs=len(lane.programs),
        scored=scored,
        quick_left_out=lane.coverage.quick_left_out,
        by_status=by_status,
        not_scored=tuple(NotScored(*key, programs=tuple(names)) for key, names in reasons.items()),
        exclusions={reason: tuple(entries) for reason, entries in exclusions.items()},
    )
