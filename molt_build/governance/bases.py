"""Runs that measured a lane beside a base revision, in the same blocks, and what they say of gates.

A member's value is how many times as long (or as large) it is now as at the base: above 1 is worse.
It is estimated from the blocks of the result: the median over blocks of the log ratio within a
block, of a family's mean the geometric mean over programs, with intervals that resample blocks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from molt_build.bench.job import run_lane
from molt_build.bench.selection import Asked
from molt_build.building.session import Session
from molt_build.governance.figures import FAILED, SCORED, Member, figure_programs
from molt_build.history.row_mapping import read_rows
from molt_build.history.runs import Run
from molt_build.manifests.figure import LaneFigure
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests
from molt_build.measure.blocks import log_ratios
from molt_build.measure.counts import within_floor
from molt_build.measure.process import COUNTED_METRIC, METRIC_WAYS, RUN_TIMES, Metric
from molt_build.measure.quiescence import await_quiet
from molt_build.measure.statistics import RatioEstimate, ratio_estimate
from molt_build.results.bench import BenchResult, metric_named
from molt_build.results.scoring import mean_of
from molt_build.watch import Watch, counted

NOT_RUN = "left-out"  # of a quick run, which has no time for all
NOT_MEASURED = "it was not measured beside that base"


@dataclass(frozen=True)
class BaseReading:
    """What a run has of an engine now and at a base."""

    logs: Mapping[str, tuple[float, ...]]  # log ratios of then over now by program, a block each
    commit: str  # of the base
    identity: str  # of the engine's toolchain now
    left_out: Mapping[str, str]  # programs that say nothing of the compiler, and why
    failed: Mapping[str, str]  # those that fail now and did not then, and how
    floor: float | None  # of counts: what stands in the place of intervals


def base_runs(
    rows: sqlite3.Connection, lane: str, machine_class: str, warn: Callable[[str], None]
) -> list[Run]:
    """The runs of a lane that have engines at a revision, the latest last."""
    query = (
        "SELECT * FROM runs WHERE job = ? AND machine_class = ? AND problem = '' "
        "AND NOT is_interrupted "
        "AND id IN (SELECT run FROM engines WHERE revision IS NOT NULL) ORDER BY timestamp"
    )
    return read_rows(rows, Run, query, (lane, machine_class), warn)


def read_base(result: BenchResult, figure: LaneFigure, engine: str) -> BaseReading | None:
    """What a result has of the figure's column; None where no such engine has it then and now."""
    lane = result.lanes.get(figure.name)
    against = None if lane is None else lane.against
    metric = metric_named(figure.metric)
    if lane is None or against is None or metric not in lane.columns:
        return None
    rows = {row.program: row for row in against.changes if row.engine == engine}
    failed, left_out = {}, {}
    for name, row in rows.items():
        cell, earlier = (lane.cells_by_key[name, one] for one in (engine, row.then))
        if row.source_changed:
            left_out[name] = "the program itself changed"
        elif row.change is None and (cell.status in FAILED and earlier.status == SCORED):
            failed[name] = f"{cell.status}: {cell.reason}"
        elif row.change is None and NOT_RUN not in (cell.status, earlier.status):
            left_out[name] = row.reason
    logs: Mapping[str, tuple[float, ...]] = {}
    floor = None
    if rows:
        then = next(iter(rows.values())).then
        logs = log_ratios(lane.blocks(metric), engine, then, metric)
        floor = lane.floor(metric, engine, then)
    return BaseReading(
        logs={
            name: (0.0,) * len(logs[name]) if row.verdict == "control" else tuple(logs[name])
            for name, row in rows.items()
            if name in logs and name not in left_out and name not in failed
        },
        commit=against.commit,
        identity=result.engines[engine].identity if engine in result.engines else "",
        left_out=left_out,
        failed=failed,
        floor=floor,
    )


def pooled(readings: Sequence[BaseReading]) -> BaseReading:
    """The blocks of several runs put together: each is a ratio within itself, whenever it ran.

    The latest comes first. A program fails that failed in the latest run that has it.
    """
    logs: dict[str, tuple[float, ...]] = {}
    failed: dict[str, str] = {}
    for reading in readings:
        failed |= {name: why for name, why in reading.failed.items() if name not in logs}
        for name, own in reading.logs.items():
            if name not in failed:
                logs[name] = (*logs.get(name, ()), *own)
    floors = [one.floor for one in readings if one.floor is not None]
    return replace(
        readings[0],
        logs=logs,
        left_out={name: why for one in readings for name, why in one.left_out.items()},
        failed=failed,
        floor=max(floors, default=None),
    )


def members_of(
    figure: LaneFigure, programs: Sequence[str], reading: BaseReading
) -> tuple[Member, ...]:
    """The members of a figure over these programs, those without a value that have no blocks."""
    logs = {name: reading.logs[name] for name in programs if name in reading.logs}
    others = tuple(
        Member(name, None, reason=reading.failed[name], is_failed=True)
        if name in reading.failed
        else Member(name, None, reason=NOT_MEASURED)
        for name in programs
        if name not in logs
    )
    if figure.take == "worst":
        found = {n: within_floor(ratio_estimate(own), reading.floor) for n, own in logs.items()}
        return (*(_member(name, one) for name, one in found.items()), *others)
    mean = mean_of(logs, reading.floor)
    of_all = () if mean is None else (_member(counted(mean.programs, "program"), mean),)
    return (*of_all, *others)


def _member(of: str, faster: RatioEstimate) -> Member:
    slower = faster.inverse
    return Member(of, slower.ratio, slower.low, slower.high, blocks=slower.blocks)


def by_counts(gate: Gate) -> Gate:
    """The gate held to counted instructions, which are exact, in the place of a time.

    One that is not against a base, or is about another column than a time, is as it was.
    """
    if gate.against != "base" or gate.lane is None or gate.lane.metric not in RUN_TIMES:
        return gate
    return replace(gate, lane=replace(gate.lane, metric=COUNTED_METRIC))


def measure_base(
    session: Session, gates: Iterable[Gate], base: str, watch: Watch, *, jobs: int
) -> list[str]:
    """Measure each lane that the gates of a base are about beside that revision; the runs' names.

    Of each lane the programs that some gate is about, under the engines that they name, in the
    columns of their figures. Raises as `run_lane` does.
    """
    made = []
    for lane, those in _by_lane(gates).items():
        engines = dict.fromkeys(gate.engine or session.manifests.project.subject for gate in those)
        asked = Asked(
            programs=_asked_programs(session.manifests, those),
            engines=tuple(engines),
            against=base,
            columns=columns_of(those),
        )
        made.append(measured_beside(session, lane, asked, watch, jobs))
    return made


def columns_of(gates: Iterable[Gate]) -> tuple[Metric, ...]:
    """The columns that the gates' figures are in, those that are timed first."""
    metrics = {metric_named(gate.lane.metric) for gate in gates if gate.lane is not None}
    return tuple(one for one in METRIC_WAYS if one in metrics)


def measured_beside(session: Session, lane: str, asked: Asked, watch: Watch, jobs: int) -> str:
    """Measure a lane beside a revision, what is timed on a quiet machine where that comes; the
    run's name."""
    if any(METRIC_WAYS[metric_named(one)] != "counted" for one in asked.columns):
        await_quiet(watch.note)
    options = [f"--program={name}" for name in asked.programs]
    options += [f"--engine={name}" for name in asked.engines]
    options += [f"--column={name}" for name in asked.columns]
    options += [] if asked.budget_s is None else [f"--budget={asked.budget_s:g}"]
    command = ["molt-build", "bench", lane, "--against", asked.against or "", *options]
    return run_lane(session, lane, asked, watch, jobs=jobs, command=command).result.run


def _by_lane(gates: Iterable[Gate]) -> dict[str, list[Gate]]:
    found: dict[str, list[Gate]] = {}
    for gate in gates:
        if gate.against == "base" and gate.lane is not None:
            found.setdefault(gate.lane.name, []).append(gate)
    return found


def _asked_programs(manifests: Manifests, gates: Iterable[Gate]) -> tuple[str, ...]:
    """The programs that some of the gates is about; () means all of the lane."""
    figures = [gate.lane for gate in gates if gate.lane is not None]
    if any(not (figure.programs or figure.families) for figure in figures):
        return ()
    found = [name for figure in figures for name in figure_programs(manifests, figure)]
    return tuple(dict.fromkeys(found))
