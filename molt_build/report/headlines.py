"""What a published page says first, as `molt-build report --json` gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Annotated

from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.bench_summary import headline_score
from molt_build.report.beside_speed import BesideSpeed, beside_speed
from molt_build.report.latest import NotTaken
from molt_build.report.phrases import half_widths
from molt_build.report.published_pages import CheckedPage, Published
from molt_build.report.scorecard import Scorecard, Scored
from molt_build.results.bench import Verdict
from molt_build.results.combined import Combined
from molt_build.results.differential import ComparedStatus, DifferentialResult
from molt_build.results.facts import Mean
from molt_build.results.pairs import Pair
from molt_build.results.scoring import (
    Builds,
    Column,
    Comparison,
    ScoredShare,
)
from molt_build.results.signals import SignalsResult
from molt_build.runs.published import RawResult


@dataclass(frozen=True, kw_only=True)
class WrittenPage:
    """A page that was written."""

    output: Annotated[str, "The page's file."] = field(kw_only=False)
    not_taken: Annotated[tuple[NotTaken, ...], "Later runs that it is not made of."] = ()
    raw: Annotated[tuple[RawResult, ...], "Raw results that lie in bench/published now."] = ()
    raw_removed: Annotated[tuple[str, ...], "Runs whose raw results were removed."] = ()


@dataclass(frozen=True, kw_only=True)
class CasesPage(WrittenPage):
    """The page of the cases of build latency."""

    runs: Annotated[tuple[str, ...], "The runs that it is made of."]


@dataclass(frozen=True, kw_only=True)
class DifferentialPage(WrittenPage):
    """The page of the differential job."""

    run: Annotated[str, "The run that it is made of."]
    reference: Annotated[str, "The engine that all others are compared with."]
    programs: Annotated[int, "How many programs were run."]
    engines: Annotated[
        Mapping[str, Mapping[ComparedStatus, int]], "By engine, how many have each status."
    ]


@dataclass(frozen=True, kw_only=True)
class BoardPage(WrittenPage):
    """The page of the board."""

    runs: Annotated[tuple[str, ...], "The runs that it is made of."]
    tracks: Annotated[Mapping[str, str], "By track: met, open or unmeasured."]


@dataclass(frozen=True)
class CheckedPages:
    """Every published page, made anew."""

    pages: Annotated[tuple[CheckedPage, ...], "The pages."]


@dataclass(frozen=True)
class PageEngine:
    """An engine against the reference."""

    run: Annotated[str, "The run that it was taken from."]
    own: Annotated[Mean | None, "The mean over all programs that it scored."]
    compared: Annotated[Mean | None, "The mean over those that every engine scored."]
    half_width: Annotated[
        float | None, "The median half-width of its programs' intervals; null without any."
    ]
    verdicts: Annotated[Mapping[Verdict, int], "How many programs have each."]


@dataclass(frozen=True)
class PagePair:
    """A pair of engines on a page."""

    run: Annotated[str, "The run that it was taken from."]
    pair: Annotated[Pair, "What its blocks say."]


@dataclass(frozen=True, kw_only=True)
class LanePage(WrittenPage):
    """The page of a lane."""

    lane: Annotated[str, "The lane."]
    reference: Annotated[str, "The engine compared with."]
    metric: Annotated[Metric, "The column of verdicts."]
    python: Annotated[str, "The version of Python that it is of."]
    runs: Annotated[tuple[str, ...], "The runs that it is made of."]
    programs: Annotated[int, "How many programs were measured."]
    compared: Annotated[int, "How many every engine scored."]
    engines: Annotated[Mapping[str, PageEngine], "By engine."]
    pairs: Annotated[tuple[PagePair, ...], "The pairs of engines that the lane declares."]
    beside_speed: Annotated[
        tuple[BesideSpeed, ...], "Signals of an engine's programs beside their speed-ups."
    ]


@dataclass(frozen=True)
class PageLoss:
    """A program on which the first engine is surely slower, and what that costs."""

    program: Annotated[str, "The program."]
    kernel: Annotated[str, "What it computes."]
    track: Annotated[str | None, "The track that can change it."]
    estimate: Annotated[RatioEstimate, "The first over the second."]
    impact: Annotated[float | None, "What it adds to the log of the mean."]
    mean_without: Annotated[float | None, "The mean that the others would have."]
    cost: Annotated[float | None, "The share of the mean that it takes; null outside the mean."]


@dataclass(frozen=True)
class PageComparison:
    """One engine against another, over the programs of a suite; above 1 the first is better."""

    first: Annotated[str, "The first."]
    second: Annotated[str, "The second."]
    estimates: Annotated[Mapping[str, RatioEstimate], "By program, where both scored it."]
    mean: Annotated[Mean | None, "Over those that every engine scored."]
    mean_verdict: Annotated[Verdict | None, "What the mean says."]
    program_verdicts: Annotated[Mapping[str, Verdict | None], "By program; null: too few blocks."]
    verdicts: Annotated[Mapping[Verdict, tuple[str, ...]], "Programs that every engine scored."]
    losses: Annotated[tuple[PageLoss, ...], "The largest first."]


@dataclass(frozen=True)
class PageColumn:
    """A metric of a suite."""

    programs: Annotated[tuple[str, ...], "Those that every engine scored."]
    comparisons: Annotated[tuple[PageComparison, ...], "Who was compared with whom."]


@dataclass(frozen=True)
class PageSuite:
    """A suite that was measured."""

    run: Annotated[str, "The run that it was taken from."]
    status: Annotated[str, "What came of it."]
    reference: Annotated[str, "The engine compared with."]
    friend: Annotated[str | None, "The suite's own engine; null where it was not measured."]
    whole_run: Annotated[PageColumn, "The column of verdicts."]
    steady_state: Annotated[PageColumn | None, "Times of repetitions, where they were measured."]
    coverage: Annotated[ScoredShare, "How much of the suite this is about."]
    builds: Annotated[tuple[Builds, ...], "What its builds took."]


@dataclass(frozen=True)
class MissingSuite:
    """A suite that was not measured."""

    run: Annotated[str, "The run that tried it."]
    status: Annotated[str, "What came of it."]
    reason: Annotated[str, "Why."]


@dataclass(frozen=True, kw_only=True)
class FriendsPage(WrittenPage):
    """The page of the friend suites."""

    subject: Annotated[str, "The engine that they are scored for."]
    runs: Annotated[tuple[str, ...], "The runs that it is made of."]
    suites: Annotated[Mapping[str, PageSuite | MissingSuite], "By suite."]
    combined: Annotated[tuple[Combined, ...], "Over the suites, each kernel once."]


def written(passed: Sequence[NotTaken], published: Published) -> WrittenPage:
    """What is said of any page."""
    return WrittenPage(
        str(published.file),
        not_taken=tuple(passed),
        raw=published.kept,
        raw_removed=published.dropped,
    )


def headline_of_lane(
    one: Scored, page: WrittenPage, signals: SignalsResult | None = None
) -> LanePage:
    """Of a lane's page; raises `UsageError` where nothing of it was measured."""
    score = headline_score(one)
    return LanePage(
        **vars(page),
        lane=one.name,
        reference=one.lane.reference,
        metric=one.lane.metric,
        python=one.python,
        runs=tuple(result.run for result in one.results),
        programs=len(one.programs),
        compared=len(score.main.programs),
        engines={
            row.first: PageEngine(
                run=one.results[one.run_of[row.first]].run,
                own=row.own_mean,
                compared=row.mean,
                half_width=median(widths) if (widths := half_widths(row)) else None,
                verdicts={word: len(names) for word, names in row.all_verdicts.items()},
            )
            for row in score.main.comparisons
        },
        pairs=tuple(PagePair(one.results[run].run, pair) for run, pair in one.pairs),
        beside_speed=beside_speed(one, score, signals),
    )


def headline_of_differential(result: DifferentialResult, page: WrittenPage) -> DifferentialPage:
    """Of the page of a run of the differential job."""
    return DifferentialPage(
        **vars(page),
        run=result.run,
        reference=result.reference,
        programs=len(result.programs),
        engines={engine: result.counts(engine) for engine in result.compared},
    )


def headline_of_suites(card: Scorecard, page: WrittenPage) -> FriendsPage:
    """The numbers of the friends' page, without the log ratios that they are made of."""
    return FriendsPage(
        **vars(page),
        subject=card.subject,
        runs=tuple(result.run for result in card.results),
        suites={one.name: _suite(one) for one in card.lanes},
        combined=card.combined,
    )


def _suite(one: Scored) -> PageSuite | MissingSuite:
    run, status = one.results[0].run, one.lane.status
    if one.score is None:
        return MissingSuite(run, status, one.lane.reason)
    steady = one.score.column("steady_s")
    return PageSuite(
        run=run,
        status=status,
        reference=one.score.reference,
        friend=one.score.friend,
        whole_run=_column(one.score.main),
        steady_state=None if steady is None else _column(steady),
        coverage=one.score.coverage,
        builds=one.score.builds,
    )


def _column(column: Column) -> PageColumn:
    return PageColumn(column.programs, tuple(map(_comparison, column.comparisons)))


def _comparison(one: Comparison) -> PageComparison:
    return PageComparison(
        first=one.first,
        second=one.second,
        estimates=one.estimates,
        mean=one.mean,
        mean_verdict=one.mean_verdict,
        program_verdicts=one.program_verdicts,
        verdicts=one.verdicts,
        losses=tuple(PageLoss(**vars(loss), cost=loss.cost) for loss in one.losses),
    )
