"""Figures over runs: what each run showed, and whether the latest is beside its usual changes.

The series are those that gates and tracks see (`molt_build.governance.figures`), and what is usual
is what a gate against a history holds for usual (`molt_build.governance.past`), to both sides.
Runs of annotated days are shown, and are no part of what is usual.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.governance.figures import Figures, Member, Series
from molt_build.governance.past import LEAST, MIN_PAST, beside_past, fences
from molt_build.governance.targets import worst
from molt_build.manifests.figure import (
    CaseFigure,
    FriendsFigure,
    GatesFigure,
    LaneFigure,
    SignalFigure,
    Source,
)
from molt_build.manifests.gate import Annotation, Gate
from molt_build.manifests.model import Manifests
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS, GATES, SIGNALS

TrendVerdict = Literal["worse", "better", "usual", "unknown"]


@dataclass(frozen=True)
class TrendPoint:
    """A figure in one run."""

    run: Annotated[str, "The run: JOB/TIMESTAMP."]
    started: Annotated[str, "When it began, UTC."]
    git_commit: Annotated[str | None, "The project's commit in it."]
    of: Annotated[str, "What the value is of: where there are several, the one that does worst."]
    value: Annotated[float | None, "The value; null where that failed."]
    low: Annotated[float | None, "The lower end of its 95 % interval."]
    high: Annotated[float | None, "The upper end of its 95 % interval."]
    annotation: Annotated[str, "Why it is no part of the past, where it is annotated; else empty."]


@dataclass(frozen=True)
class Trend:
    """A figure in all runs that have it."""

    name: Annotated[str, "The figure."]
    engine: Annotated[str, "The engine that it is about."]
    unit: Annotated[str, "s, times (a ratio), share, or what is counted; may be empty."]
    is_lower_better: Annotated[bool, "Whether less of it is better."]
    points: Annotated[tuple[TrendPoint, ...], "A point for each run, the latest last."]
    beside: Annotated[
        float | None,
        "How many times as bad the latest is as the median of the last ten before it: above 1 it "
        "is worse; null where there is no such past.",
    ]
    verdict: Annotated[
        TrendVerdict,
        "worse, better: beyond what changes from one run to the next. usual: not. unknown: there "
        "are fewer than eight runs before it.",
    ]
    reason: Annotated[str, "Why it has no point; else empty."]


@dataclass(frozen=True)
class Trends:
    """Figures over runs."""

    trends: Annotated[tuple[Trend, ...], "The figures that were asked for."]


@dataclass(frozen=True)
class Shown:
    """A figure that is asked for; a gate's has the gate's engine and annotations."""

    name: str
    source: Source
    engine: str | None = None
    annotations: tuple[Annotation, ...] = ()
    least: float = LEAST


def jobs_with_figures(manifests: Manifests) -> list[str]:
    """The jobs that have figures."""
    others = {
        COMPILE_PROGRESS: manifests.cases,
        FRIENDS: manifests.suites,
        SIGNALS: manifests.signals,
        GATES: manifests.gates,
    }
    return [*manifests.lanes, *(name for name, declared in others.items() if declared)]


def figures_of_job(
    manifests: Manifests, job: str, programs: Sequence[str] = (), metric: str | None = None
) -> Iterator[Shown]:
    """The figures of a job; of a lane its mean and each family's, or these programs."""
    if job in manifests.lanes:
        column = metric or manifests.lanes[job].columns[0]
        if programs:
            for name in programs:
                yield Shown(f"{job} {name}", LaneFigure(job, (name,), metric=column))
            return
        yield Shown(job, LaneFigure(job, metric=column, take="mean"))
        for family in _families(manifests, job):
            figure = LaneFigure(job, families=(family,), metric=column, take="mean")
            yield Shown(f"{job} {family}", figure)
    elif job == COMPILE_PROGRESS:
        for case in manifests.cases.values():
            for kpi in case.kpis:
                yield Shown(f"{case.name} {kpi.name}", CaseFigure(case.name, kpi.name))
    elif job == FRIENDS:
        for suite in manifests.suites.values():
            column = metric or next(iter(suite.columns), "wall_s")
            yield Shown(suite.name, FriendsFigure((suite.name,), metric=column))
    elif job == SIGNALS:
        for name in manifests.signals:
            yield Shown(name, SignalFigure(name))
    elif job == GATES:
        yield Shown("gates judged", GatesFigure("judged"))
        yield Shown("gates passed", GatesFigure("passed"))


def figure_of_gate(gate: Gate) -> Shown:
    """What a gate guards."""
    least = LEAST if gate.worse_at_most is None else gate.worse_at_most
    return Shown(gate.name, gate.source, gate.engine, gate.annotations, least)


def trend_of(
    rows: sqlite3.Connection,
    manifests: Manifests,
    shown: Shown,
    engine: str | None,
    warn: Callable[[str], None],
    last: int | None = None,
) -> Trend:
    """A figure of an engine, where it has none of its own; of points the latest `last`."""
    figures = Figures(rows, manifests, shown.engine or engine, warn)
    series = figures.series(shown.source)
    points = list(_points(series, shown.annotations))
    beside, verdict = _beside(points, series, shown.least)
    return Trend(
        name=shown.name,
        engine=figures.engine,
        unit=series.unit,
        is_lower_better=series.is_lower_better,
        points=tuple(points[-last if last else 0 :]),
        beside=beside,
        verdict=verdict,
        reason="" if points else series.missing,
    )


def _points(series: Series, annotations: Sequence[Annotation]) -> Iterator[TrendPoint]:
    for point in series.points:
        run, one = point.run, worst(point.members, is_maximum=series.is_lower_better)
        said = [row.reason for row in annotations if row.covers(run.started)]
        yield TrendPoint(
            run=run.id,
            started=run.started,
            git_commit=run.git_commit,
            of=one.of,
            value=one.value,
            low=one.low,
            high=one.high,
            annotation="; ".join(said),
        )


def _beside(
    points: Sequence[TrendPoint], series: Series, least: float
) -> tuple[float | None, TrendVerdict]:
    """How many times as bad the latest is as what was before, and whether that is usual."""
    lower = series.is_lower_better
    values = [one.value for one in points[:-1] if not one.annotation]
    past = [value for value in values if value is not None and value > 0]
    if not past or points[-1].value is None:
        return None, "unknown"
    times = beside_past(Member("", points[-1].value), past, is_lower_better=lower).value
    if times is None or len(past) < MIN_PAST:
        return times, "unknown"
    if times > fences(past, is_lower_better=lower, least=least).value:
        return times, "worse"
    is_better = 1 / times > fences(past, is_lower_better=not lower, least=least).value
    return times, "better" if is_better else "usual"


def _families(manifests: Manifests, lane: str) -> list[str]:
    found = dict.fromkeys(program.family for program, _ in manifests.of_lane(lane))
    return [name for name in found if name] if len(found) > 1 else []
