"""What a pair of engines comes to, in words: the same on the terminal, on pages and in README.

A pair is written `A / B`, unlike `A vs B`: how many times as long A takes as B, so that below 1 it
is the faster one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from molt_build.measure.process import Metric
from molt_build.report.formatting import NO_VALUE, interval, metric_value, number, quoted
from molt_build.report.scorecard import Scored
from molt_build.results.bench import LaneResult
from molt_build.results.pairing import TIME_OF_WHOLE_RUNS
from molt_build.results.pairs import GoalVerdict, Pair
from molt_build.results.startup import SHORT
from molt_build.watch import counted

_GOALS: Mapping[GoalVerdict | None, str] = {
    "met": "the goal, below {goal:g}, is met",
    "missed": "the goal, below {goal:g}, is missed",
    "unclear": "whether the goal, below {goal:g}, is met its interval does not tell",
    None: "whether the goal, below {goal:g}, is met takes an interval, so six blocks, to tell",
}


def as_much(metric: Metric) -> str:
    """What a ratio of a pair is called: times as long, times as much memory."""
    if metric == "instructions":
        return "times as many instructions"
    return "times as much memory" if metric == "peak_memory_bytes" else "times as long"


def pair_lines(lane: LaneResult, pair: Pair, *, is_page: bool = False) -> Iterator[str]:
    """The median and its goal first, then what starting costs: sentences without a full stop.

    On a page the figure is strong, and nothing that tools said is markup.
    """
    if pair.median is None:
        why = quoted(pair.reason) if is_page else " ".join(pair.reason.split())
        yield f"{pair.title}: no ratio: {why}"
        return
    strong = "**" if is_page else ""
    many = as_much(pair.metric)
    line = f"{strong}{pair.engine} takes {interval(pair.median)} {many} as {pair.over}{strong}"
    line += f", the median over {counted(pair.median.programs, 'program')}"
    if pair.goal is not None:
        line += f"; {_GOALS[pair.goal_verdict].format(goal=pair.goal)}"
    if pair.description:
        line += f" ({quoted(pair.description) if is_page else pair.description.rstrip('.')})"
    yield line
    if pair.startup is not None:
        yield (
            f"starting alone, which is part of every run: {_floors(lane, pair)}, "
            f"{interval(pair.startup)} {many}"
        )
    if pair.startup is not None and pair.metric == TIME_OF_WHOLE_RUNS:
        yield _after_startup(pair)


def slowest_line(lane: LaneResult, pair: Pair) -> str:
    """Which of the two engines has the slowest cells; empty where none was scored."""
    if pair.slowest_share is None:
        return ""
    own = sum(cell.engine == pair.engine for cell in pair.slowest)
    cells = counted(len(pair.slowest), "slowest cell")
    return (
        f"of the {cells} of both beside {lane.reference}, {own} ({pair.slowest_share:.0%}) "
        f"{'is' if own == 1 else 'are'} {pair.engine}'s"
    )


def slowest_words(pair: Pair) -> str:
    """Those cells, each with how many times as slow as the reference it is."""
    return ", ".join(
        f"{cell.program} {number(cell.slowdown.ratio)} ({cell.engine})" for cell in pair.slowest
    )


def slowest_rows(pair: Pair) -> Iterator[list[str]]:
    """Program, engine, times as slow as the reference, the pair's ratio: the slowest first."""
    for cell in pair.slowest:
        ratio = interval(pair.programs.get(cell.program))
        yield [cell.program, cell.engine, interval(cell.slowdown), ratio]


def shown_pairs(one: Scored, metric: Metric) -> list[Pair]:
    """The pairs that have ratios of this metric: columns of its table."""
    return [pair for _, pair in one.pairs if pair.metric == metric and pair.programs]


def _after_startup(pair: Pair) -> str:
    long = f"at least {SHORT:g} times as long as starting under both engines"
    if pair.after_startup is None:
        return f"without starting: not told, as no program runs {long}"
    programs = counted(pair.after_startup.programs, "program")
    figure = f"{interval(pair.after_startup)} {as_much(pair.metric)}"
    return f"without starting: {figure}, the median over {programs}: those that run {long}"


def _floors(lane: LaneResult, pair: Pair) -> str:
    cells = {cell.engine: cell.metrics.get(pair.metric) for cell in lane.startup}
    found = []
    for engine in (pair.engine, pair.over):
        floor = cells.get(engine)
        shown = NO_VALUE if floor is None else metric_value(floor.summary.median, pair.metric)
        found.append(f"{engine} {shown}")
    return ", ".join(found)
