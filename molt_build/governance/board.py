"""The board of the program: every track, with what recorded runs say of each of its KPIs.

Values come from runs alone; what no run has shown is unmeasured. A *streak* is the number of the
latest points of a KPI's figure that were met without a break (`molt_build.governance.figures` says
what a point is).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from molt_build.governance.figures import Figures, Member, Point, Series
from molt_build.governance.losses import MOST_CLUSTERS, LossCluster, loss_clusters
from molt_build.governance.targets import TargetVerdict, verdict_of, worst
from molt_build.manifests.model import Manifests
from molt_build.manifests.register import State
from molt_build.manifests.track import Track, TrackKpi

MOST_RUNS = 20  # of a KPI's figure that are looked at

TrackState = Literal["met", "open", "unmeasured"]


@dataclass(frozen=True)
class BoardKpi:
    """A KPI in the latest run that has its figure."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "What it is."]
    verdict: Annotated[
        TargetVerdict,
        "met, missed: the whole interval keeps the target, or no part of it does. unclear: the "
        "interval does not tell. unmeasured: no run has shown it.",
    ]
    value: Annotated[float | None, "What it came to; of several members the one that does worst."]
    low: Annotated[float | None, "The lower end of its 95 % interval; an exact one's is its value."]
    high: Annotated[float | None, "The upper end of its 95 % interval."]
    unit: Annotated[str, "s, times (a ratio), share, or what is counted; may be empty."]
    of: Annotated[str, "The program, cell, pair or engine that the value is of."]
    members: Annotated[int, "Of how many it is: each must keep the target."]
    limit: Annotated[float | None, "The target; null where there is none yet."]
    is_maximum: Annotated[bool, "Whether the target is the highest value allowed, not the lowest."]
    streak: Annotated[int, "In how many latest runs in a row it was met."]
    streak_wanted: Annotated[int, "In how many it must be."]
    run: Annotated[str | None, "The run that showed it."]
    started: Annotated[str | None, "When that run began, UTC."]
    age_days: Annotated[float | None, "How long ago that is; null on a page, which has no now."]
    git_commit: Annotated[str | None, "The project's commit in that run."]
    git_is_dirty: Annotated[bool | None, "Whether files differed from the commit."]
    runs: Annotated[tuple[str, ...], "The runs that value and streak rest on, the latest last."]
    reason: Annotated[str, "Why there is no value; else empty."]


@dataclass(frozen=True)
class BoardTrack:
    """A track."""

    name: Annotated[str, "Its id."]
    title: Annotated[str, "What it is about."]
    priority: Annotated[str, "How urgent it is: P0 is first."]
    owner: Annotated[str, "Who answers for it."]
    exit_gate: Annotated[str, "When it is done, in words."]
    state: Annotated[
        TrackState,
        "met: all KPIs are, for as many runs as they must be. unmeasured: none is known.",
    ]
    kpis: Annotated[tuple[BoardKpi, ...], "Its KPIs."]


@dataclass(frozen=True)
class BoardRegression:
    """A regression that is not closed."""

    id: Annotated[str, "Its id in the register."]
    gate: Annotated[str, "The gate that found it."]
    state: Annotated[State, "open, mitigated or waived."]
    found: Annotated[str, "The day on which it was found."]
    members: Annotated[tuple[str, ...], "What failed then: programs, cells or pairs."]
    run: Annotated[str | None, "The run that showed it."]
    hypothesis: Annotated[str, "What the cause may be; may be empty."]


@dataclass(frozen=True)
class Board:
    """All tracks, the regressions that are not closed, and the largest losses."""

    engine: Annotated[str, "The engine that it is about."]
    tracks: Annotated[tuple[BoardTrack, ...], "The tracks, the most urgent first."]
    regressions: Annotated[tuple[BoardRegression, ...], "Those not closed, the earliest first."]
    losses: Annotated[tuple[LossCluster, ...], "The ten costliest clusters of losses."]

    @property
    def runs(self) -> list[str]:
        """All runs that anything on it rests on."""
        found = {run for track in self.tracks for kpi in track.kpis for run in kpi.runs}
        return sorted(found | {one.run for one in self.losses}, key=_moment)


def board_of(
    rows: sqlite3.Connection,
    manifests: Manifests,
    engine: str | None = None,
    *,
    now: float | None = None,
    warn: Callable[[str], None] = lambda line: None,
) -> Board:
    """The board of an engine, by default the project's subject; `now` in seconds of the epoch."""
    return board_from(Figures(rows, manifests, engine, warn), manifests, now)


def board_from(figures: Figures, manifests: Manifests, now: float | None) -> Board:
    """The board of the engine of these figures."""
    tracks = sorted(manifests.tracks.values(), key=lambda one: (one.priority, one.name))
    return Board(
        engine=figures.engine,
        tracks=tuple(_track(one, figures, now) for one in tracks),
        regressions=tuple(_regressions(manifests)),
        losses=tuple(loss_clusters(figures, manifests)[:MOST_CLUSTERS]),
    )


def _regressions(manifests: Manifests) -> Iterator[BoardRegression]:
    alive = manifests.register.alive.values()
    for one in sorted(alive, key=lambda one: (one.found, one.id)):
        yield BoardRegression(
            id=one.id,
            gate=one.gate,
            state=one.state,
            found=one.found,
            members=one.members,
            run=one.run,
            hypothesis=one.hypothesis,
        )


def _track(track: Track, figures: Figures, now: float | None) -> BoardTrack:
    kpis = tuple(_kpi(kpi, figures.series(kpi.source), now) for kpi in track.kpis)
    known = [kpi for kpi in kpis if kpi.verdict != "unmeasured"]
    is_met = bool(kpis) and all(
        kpi.verdict == "met" and kpi.streak >= kpi.streak_wanted for kpi in kpis
    )
    return BoardTrack(
        name=track.name,
        title=track.title,
        priority=track.priority,
        owner=track.owner,
        exit_gate=track.exit_gate,
        state="met" if is_met else "open" if known else "unmeasured",
        kpis=kpis,
    )


def _kpi(kpi: TrackKpi, series: Series, now: float | None) -> BoardKpi:
    points = series.points[-MOST_RUNS:]
    targets = [_target(kpi, series, place) for place in range(len(points))]
    verdicts = [
        verdict_of(point.members, limit, is_maximum=is_maximum)
        for point, (limit, is_maximum) in zip(points, targets, strict=True)
    ]
    streak = _streak(verdicts)
    limit, is_maximum = targets[-1] if targets else _declared(kpi, series)
    latest = points[-1] if points else None
    shown = None if latest is None else worst(latest.members, is_maximum=is_maximum)
    run = None if latest is None else latest.run
    is_none = shown is None or (shown.value is None and not shown.is_failed)
    return BoardKpi(
        name=kpi.name,
        description=kpi.description,
        verdict=verdicts[-1] if verdicts else "unmeasured",
        value=None if shown is None else shown.value,
        low=None if shown is None else shown.low,
        high=None if shown is None else shown.high,
        unit=series.unit,
        of="" if shown is None else shown.of,
        members=0 if latest is None else len(latest.members),
        limit=limit,
        is_maximum=is_maximum,
        streak=streak,
        streak_wanted=kpi.runs,
        run=None if run is None else run.id,
        started=None if run is None else run.started,
        age_days=None
        if run is None or now is None
        else round((now - _seconds(run.started)) / 86400, 2),
        git_commit=None if run is None else run.git_commit,
        git_is_dirty=None if run is None else run.git_is_dirty,
        runs=tuple(point.run.id for point in points[-max(streak + 1, 2) :]),
        reason=series.missing if is_none and not points else shown.reason if shown else "",
    )


def _streak(verdicts: Sequence[TargetVerdict]) -> int:
    """How many of the latest were met; what was not measured neither counts nor breaks it."""
    count = 0
    for word in reversed(verdicts):
        if word == "unmeasured":
            continue
        if word != "met":
            break
        count += 1
    return count


def _declared(kpi: TrackKpi, series: Series) -> tuple[float | None, bool]:
    """The target that manifests declare, and whether it is a maximum."""
    if kpi.min is not None:
        return kpi.min, False
    return (series.declared, series.is_lower_better) if kpi.max is None else (kpi.max, True)


def _target(kpi: TrackKpi, series: Series, place: int) -> tuple[float | None, bool]:
    """The KPI's own target, the one declared with its figure, or the value of the run before."""
    points: Sequence[Point] = series.points[-MOST_RUNS:]
    if kpi.max is not None or kpi.min is not None:
        return _declared(kpi, series)
    one: Member = points[place].members[0]
    if one.limit is not None:
        return one.limit, one.is_maximum
    before = points[place - 1].members[0].value if place else None
    return before, series.is_lower_better


def _seconds(started: str) -> float:
    return datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def _moment(run: str) -> tuple[str, str]:
    job, _, timestamp = run.partition("/")
    return timestamp, job
