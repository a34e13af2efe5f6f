"""The ratios of the pairs that a lane declares, of its blocks.

A ratio of a program is the median over blocks of the log ratio within a block, as a speed-up is,
and of programs that both engines scored alone: an output that differs from the reference's is no
result to divide. The interval of the median over programs resamples the same blocks for all of them
(`molt_build.measure.statistics.median_over_programs`).

Starting is a part of every run that users wait for, so it is in the ratio. What is left without it
can be told only of programs that run much longer than starting takes: near the floor a difference
of two times is mostly noise. So it is told of those that run at least three times as long under
both engines, and what is taken off in a block is what the empty program took in the same sweep: the
floor's own noise is part of the interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from molt_build.manifests.model import EnginePair
from molt_build.measure.blocks import Block, log_ratios
from molt_build.measure.counts import within_floor
from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate, median_over_programs, ratio_estimate
from molt_build.results.bench import Cell, LaneResult
from molt_build.results.pairs import MOST_SLOWEST, GoalVerdict, MedianRatio, Pair, SlowCell
from molt_build.results.scoring import scored_log_ratios
from molt_build.results.startup import short_runs

TIME_OF_WHOLE_RUNS: Metric = "wall_s"  # of which the start-up floor is a part


def pairs_of(lane: LaneResult, declared: Iterable[EnginePair]) -> tuple[Pair, ...]:
    """What a lane's blocks say of the pairs that its manifest declares.

    The engines of `declared` have the names that they have in the result. A pair of which an engine
    was not asked for is left out; one of which an engine could not be measured says so.
    """
    asked = [pair for pair in declared if {pair.engine, pair.over} <= set(lane.engines)]
    return tuple(_pair(lane, pair) for pair in asked)


def goal_verdict(median: RatioEstimate | None, goal: float | None) -> GoalVerdict | None:
    """Whether a median stays below its goal, as far as its interval tells; None without one."""
    if goal is None or median is None or median.low is None or median.high is None:
        return None
    if median.high < goal:
        return "met"
    return "missed" if median.low >= goal else "unclear"


def _pair(lane: LaneResult, pair: EnginePair) -> Pair:
    metric, engine, over = lane.metric, pair.engine, pair.over
    logs = scored_log_ratios(lane, metric, over, engine)
    floor = lane.floor(metric, engine, over)
    median = median_ratio(logs, floor)
    slowest = _slowest(lane, metric, (engine, over), list(logs))
    own = sum(cell.engine == engine for cell in slowest)
    return Pair(
        engine=engine,
        over=over,
        description=pair.description,
        metric=metric,
        goal=pair.goal,
        reason="" if logs else _why_not(lane, pair),
        programs={name: within_floor(ratio_estimate(row), floor) for name, row in logs.items()},
        median=median,
        goal_verdict=goal_verdict(median, pair.goal),
        startup=_startup(lane, metric, engine, over),
        after_startup=median_ratio(_without_startup(lane, metric, engine, over, logs)),
        slowest=tuple(slowest),
        slowest_share=own / len(slowest) if slowest else None,
    )


def median_ratio(
    logs: Mapping[str, Sequence[float]], floor: float | None = None
) -> MedianRatio | None:
    """The median over programs, by their blocks' log ratios; None without programs.

    That of counts has a floor in the place of an interval.
    """
    if not logs:
        return None
    found = MedianRatio(**asdict(median_over_programs(logs)), programs=len(logs))
    return within_floor(found, floor)


def _why_not(lane: LaneResult, pair: EnginePair) -> str:
    for skipped in lane.skipped:
        if skipped.engine in (pair.engine, pair.over):
            return f"{skipped.engine} was not measured: {skipped.reason}"
    return f"no program was scored under both {pair.engine} and {pair.over}"


def _slowest(
    lane: LaneResult, metric: Metric, engines: Iterable[str], programs: Sequence[str]
) -> list[SlowCell]:
    """The cells of both engines that are slowest beside the reference, the slowest first.

    As many as there are programs, but ten at most: so either engine could have them all.
    """
    cells = lane.cells_by_key
    found = [
        SlowCell(name, engine, slowdown)
        for engine in engines
        for name in programs
        if (slowdown := _slowdown(lane, cells[name, engine], metric)) is not None
    ]
    found.sort(key=lambda one: (-one.slowdown.ratio, one.program, one.engine))
    return found[: min(MOST_SLOWEST, len(programs))]


def _slowdown(lane: LaneResult, cell: Cell, metric: Metric) -> RatioEstimate | None:
    if cell.engine == lane.reference:
        runs = cell.metrics[metric].summary.n if metric in cell.metrics else 1
        return RatioEstimate(1.0, 1.0, 1.0, runs)
    speedup = cell.speedup(metric)
    return None if speedup is None else speedup.inverse


def _floor_blocks(lane: LaneResult, engines: Sequence[str], metric: Metric) -> list[Block]:
    """The blocks of the empty program, where it was scored under both engines."""
    scored = {cell.engine for cell in lane.startup if cell.outcome(metric).status == "ok"}
    if not lane.startup or not set(engines) <= scored:
        return []
    empty = lane.startup[0].program
    return [block for block in lane.blocks(metric) if block.program == empty]


def _startup(lane: LaneResult, metric: Metric, engine: str, over: str) -> RatioEstimate | None:
    blocks = _floor_blocks(lane, (engine, over), metric)
    found = map(ratio_estimate, log_ratios(blocks, over, engine, metric).values())
    floor = lane.floor(metric, engine, over)
    return next((within_floor(one, floor) for one in found), None)


def _without_startup(
    lane: LaneResult, metric: Metric, engine: str, over: str, programs: Iterable[str]
) -> dict[str, list[float]]:
    """Log ratios of what is left of each block's times without starting, of long programs."""
    if metric != TIME_OF_WHOLE_RUNS:
        return {}
    floors = {
        block.index: times
        for block in _floor_blocks(lane, (engine, over), metric)
        if (times := _values(block, engine, over, metric)) is not None
    }
    too_short = {one.program for one in short_runs(lane) if one.engine in (engine, over)}
    long = [name for name in programs if name not in too_short] if floors else []
    found: dict[str, list[float]] = {name: [] for name in long}
    spoilt = set()
    for block in sorted(lane.blocks(metric), key=lambda block: block.index):
        times = _values(block, engine, over, metric)
        if block.program not in found or times is None or block.index not in floors:
            continue
        left, left_over = (a - b for a, b in zip(times, floors[block.index], strict=True))
        if left > 0 and left_over > 0:
            found[block.program].append(math.log(left / left_over))
        else:  # starting took longer than the whole run once: nothing can be said of that program
            spoilt.add(block.program)
    return {name: logs for name, logs in found.items() if logs and name not in spoilt}


def _values(block: Block, engine: str, over: str, metric: Metric) -> tuple[float, float] | None:
    """What the two engines took in a block, where both ran in it."""
    amounts = {run.engine: run.metrics.get(metric) for run in block.runs}
    own, other = amounts.get(engine), amounts.get(over)
    return None if own is None or other is None else (own, other)
