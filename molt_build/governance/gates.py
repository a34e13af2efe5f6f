"""The gates, judged by recorded runs, and recorded as a run of their own.

For each gate: the series of its figure on this class of machine, or the runs beside a base; of
these the latest that says something of this tree (`molt_build.governance.freshness`); limits by
what the gate is against; a verdict for each member (`molt_build.governance.judging`). A result that
is not what was recorded ends the search: nothing is concluded around it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from molt_build.clock import utc
from molt_build.governance.bases import (
    BaseReading,
    base_runs,
    members_of,
    pooled,
    read_base,
)
from molt_build.governance.evidence import evidence
from molt_build.governance.figures import Figures, Member, Point, Series, figure_programs
from molt_build.governance.freshness import Tree
from molt_build.governance.judging import Limit, in_order, judge, of_all
from molt_build.governance.past import LEAST, MIN_PAST, beside_past, fences
from molt_build.history.runs import Run
from molt_build.manifests.figure import BuildsFigure, GatesFigure, SignalFigure
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests
from molt_build.measure.environment import read_environment
from molt_build.measure.process import COUNTED_METRIC
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.results.files import read_bench
from molt_build.results.gates import GatesAsked, GatesResult, JudgedGate
from molt_build.runs.folder import GATES, create_run
from molt_build.runs.published import published_folder
from molt_build.runs.recorded import publish

Warn = Callable[[str], None]


_OF_NO_MACHINE = (SignalFigure, GatesFigure, BuildsFigure)


@dataclass(frozen=True)
class Found:
    """What is judged of a gate: members with limits, or why there is nothing."""

    members: tuple[tuple[Member, Limit | None], ...] = ()
    run: Run | None = None
    reason: str = ""
    is_stale: bool = False
    unit: str = ""
    is_maximum: bool = True
    base: str | None = None
    pooled: tuple[str, ...] = ()
    past: int = 0
    notes: tuple[str, ...] = ()


def run_gates(
    project: Path,
    manifests: Manifests,
    asked: GatesAsked,
    warn: Warn,
    *,
    command: Sequence[str],
    own: Collection[str] = (),
    base: str | None = None,
    reruns: int = 0,
) -> tuple[Path, GatesResult]:
    """Judge, write the result and record it; the run's folder, and the result.

    `own` are runs that this command made, `base` the commit that these are held against, and
    `reruns` how many of them measured again what was unclear.
    """
    began = time.time()
    environment = read_environment(project)
    tree = Tree(project, began, own)
    wanted = [manifests.gates[name] for name in asked.gates or sorted(manifests.gates)]
    with evidence(project, warn) as rows:
        judged = tuple(
            judge_gate(rows, manifests, gate, tree, environment.machine_class, warn, base=base)
            for gate in wanted
        )
    folder = create_run(project, GATES, began)
    result = GatesResult(
        run=f"{GATES}/{folder.name}",
        kind="gates",
        schema_version=SCHEMA_VERSION,
        command=tuple(command),
        started=utc(began),
        finished=utc(time.time()),
        asked=asked,
        environment=environment,
        head=tree.head,
        reruns=reruns,
        gates=judged,
    )
    publish(project, folder, result, warn)
    return folder, result


def judge_gate(
    rows: sqlite3.Connection,
    manifests: Manifests,
    gate: Gate,
    tree: Tree,
    machine_class: str,
    warn: Warn,
    *,
    base: str | None = None,
) -> JudgedGate:
    """The verdict of one gate by the rows of runs."""
    figures = Figures(rows, manifests, gate.engine, warn, machine_class=machine_class)
    if gate.against == "base":
        found = _beside_base(rows, manifests, gate, figures, tree, machine_class, warn, base)
    else:
        series = figures.series(gate.source)
        if not isinstance(gate.source, _OF_NO_MACHINE):
            series = replace(series, missing=f"{series.missing} on this class of machine")
        found = (_red_line if gate.against == "red-line" else _beside_past)(gate, series, tree)
    return conclude(gate, figures.engine, found, tree)


def conclude(gate: Gate, engine: str, found: Found, tree: Tree) -> JudgedGate:
    """A gate with the verdicts of its members, the worst first."""
    day = datetime.fromtimestamp(tree.now, UTC).date()
    members = in_order(
        (judge(gate, one, limit, day) for one, limit in found.members),
        is_maximum=found.is_maximum,
    )
    verdict = of_all(members)
    reason = found.reason
    if verdict == "unmeasured" and not reason:
        reason = members[0].note or f"there is no value of {members[0].of}"
    if found.reason:
        verdict = "stale" if found.is_stale else "unmeasured"
    over = [row for row in gate.waivers if row.is_over(day)]
    return JudgedGate(
        gate=gate.name,
        description=gate.description,
        owner=gate.owner,
        severity=gate.severity,
        against=gate.against,
        engine=engine,
        verdict=verdict,
        reason=reason,
        unit=found.unit,
        is_maximum=found.is_maximum,
        judged=len(members),
        members=tuple(
            one for place, one in enumerate(members) if place == 0 or one.verdict != "pass"
        ),
        evidence=None if found.run is None else tree.evidence(found.run),
        base=found.base,
        pooled=found.pooled,
        past=found.past,
        notes=(
            *found.notes,
            *_annotated(gate, found.run),
            *(f"a waiver is over since {row.expires}: {row.reason}" for row in over),
        ),
    )


def _annotated(gate: Gate, run: Run | None) -> list[str]:
    if run is None:
        return []
    rows = [row for row in gate.annotations if row.covers(run.started)]
    return [f"{row.since} to {row.until}: {row.reason}" for row in rows]


def _chosen(points: Sequence[Point], gate: Gate, tree: Tree) -> tuple[int, str, bool]:
    """The place of the latest point that says something of the tree, else why none does.

    The reason is that of the latest; whether it is that it is stale.
    """
    reason = ""
    for place in range(len(points) - 1, -1, -1):
        run = points[place].run
        if untrue := tree.why_untrue(run):
            return place, untrue, False
        stale = tree.why_stale(run, gate.max_age_days)
        if not stale:
            return place, "", False
        reason = reason or stale
    return len(points) - 1, reason, True


def _red_line(gate: Gate, series: Series, tree: Tree) -> Found:
    """The figure against its absolute limit."""
    if not series.points:
        return Found(reason=series.missing, unit=series.unit)
    place, reason, is_stale = _chosen(series.points, gate, tree)
    point = series.points[place]
    members = []
    for one in point.members:
        if gate.max is not None or gate.min is not None:
            limit = Limit(
                gate.max if gate.max is not None else gate.min or 0.0, gate.max is not None
            )
        elif one.limit is not None:
            limit = Limit(one.limit, one.is_maximum)
        elif series.declared is not None:
            limit = Limit(series.declared, series.is_lower_better)
        elif isinstance(gate.source, SignalFigure) and place:
            before = series.points[place - 1].members[0].value or 0.0
            limit = Limit(before, series.is_lower_better)
        else:
            return Found(run=point.run, reason="there is no run before it", unit=series.unit)
        members.append((one, limit))
    return Found(
        members=tuple(members),
        run=point.run,
        reason=reason,
        is_stale=is_stale,
        unit=series.unit,
        is_maximum=members[0][1].is_maximum,
    )


def _beside_past(gate: Gate, series: Series, tree: Tree) -> Found:
    """The figure against its own past, member by member; runs of annotated days are none of it."""
    if not series.points:
        return Found(reason=series.missing, unit="times")
    place, reason, is_stale = _chosen(series.points, gate, tree)
    point = series.points[place]
    earlier = [
        one
        for one in series.points[:place]
        if not any(row.covers(one.run.started) for row in gate.annotations)
    ]
    least = LEAST if gate.worse_at_most is None else gate.worse_at_most
    lower = series.is_lower_better
    members: list[tuple[Member, Limit | None]] = []
    for member in point.members:
        past = [
            one.value
            for before in earlier
            for one in before.members
            if one.of == member.of and one.value is not None and one.value > 0
        ]
        if len(past) < MIN_PAST:
            missing = f"{len(past)} earlier runs have it: a past begins with {MIN_PAST}"
            members.append((replace(member, value=None, reason=missing), None))
        else:
            beside = beside_past(member, past, is_lower_better=lower)
            members.append((beside, fences(past, is_lower_better=lower, least=least)))
    return Found(
        members=tuple(members),
        run=point.run,
        reason=reason,
        is_stale=is_stale,
        unit="times",
        past=len(earlier),
    )


def _beside_base(
    rows: sqlite3.Connection,
    manifests: Manifests,
    gate: Gate,
    figures: Figures,
    tree: Tree,
    machine_class: str,
    warn: Warn,
    base: str | None,
) -> Found:
    """The figure now against then, in the same blocks."""
    figure = gate.lane
    assert figure is not None  # `molt-build check` allows no other figure
    lane = manifests.lanes[figure.name]
    engine = figures.named(lane.profile, lane.target)
    stale = ""
    runs: list[Run] = []
    readings: list[BaseReading] = []
    for run in reversed(base_runs(rows, figure.name, machine_class, warn)):
        if untrue := tree.why_untrue(run):
            return Found(run=run, reason=untrue, unit="times")
        reading = read_base(read_bench(_folder(tree.project, run)), figure, engine)
        if reading is None or base not in (None, reading.commit):
            continue
        if why := tree.why_stale(run, gate.max_age_days):
            stale = stale or why
        elif not runs or _is_alike(run, reading, runs[0], readings[0]):
            runs.append(run)
            readings.append(reading)
    if not runs:
        missing = f"no run of {figure.name} has {engine} beside a base"
        reason = stale or f"{missing}: molt-build gates --base REV makes one"
        return Found(reason=reason, is_stale=bool(stale), unit="times")
    together = pooled(readings)
    left_out = together.left_out
    programs = [name for name in figure_programs(manifests, figure) if name not in left_out]
    limit = Limit(1 + (gate.worse_at_most or 0.0), is_maximum=True)
    members = members_of(figure, programs, together)
    named = (name for name in figure_programs(manifests, figure) if name in left_out)
    return Found(
        members=tuple((one, limit) for one in members),
        run=runs[0],
        reason="" if members else "no program was scored then and now",
        unit="times",
        base=readings[0].commit,
        pooled=tuple(run.id for run in runs),
        notes=(
            *(["held to counted instructions"] if figure.metric == COUNTED_METRIC else []),
            *(f"{name} is left out: {left_out[name]}" for name in named),
        ),
    )


def _is_alike(run: Run, reading: BaseReading, latest: Run, other: BaseReading) -> bool:
    """Whether the blocks of two runs are of the same things, now and then."""
    return (run.git_commit, run.git_is_dirty, reading.commit, reading.identity) == (
        latest.git_commit,
        latest.git_is_dirty,
        other.commit,
        other.identity,
    )


def _folder(project: Path, run: Run) -> Path:
    folder = project / run.folder
    return folder if folder.is_dir() else published_folder(project, run.id)
