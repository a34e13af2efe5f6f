"""The pairs of engines that two runs declare: what one took over the other then, and takes now.

Both medians are over the same programs, those that are the same thing in both runs and that both
engines scored in both; so they may differ from what each run says by itself. The change is the
later median over the earlier one. It is real where its interval leaves out 1 and it is at least
the minimum effect: there is one figure a pair, and nothing to correct for many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from molt_build.governance.comparable import why_not
from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate, change_between
from molt_build.results.bench import LaneResult
from molt_build.results.changes import ChangeVerdict
from molt_build.results.pairing import goal_verdict, median_ratio
from molt_build.results.pairs import GoalVerdict, MedianRatio, Pair
from molt_build.results.scoring import scored_log_ratios
from molt_build.results.verdicts import change_verdict, verdict


@dataclass(frozen=True)
class PairChange:
    """A pair of engines in two runs; above 1 the first takes more than the second."""

    lane: Annotated[str, "The lane or suite."]
    engine: Annotated[str, "The engine."]
    over: Annotated[str, "The engine that its values are divided by."]
    before: Annotated[
        MedianRatio | None, "The median in the earlier run, over the programs that both runs have."
    ]
    after: Annotated[MedianRatio | None, "The same in the later run."]
    change: Annotated[
        RatioEstimate | None, "The later median over the earlier one: below 1 it takes less now."
    ]
    verdict: Annotated[
        ChangeVerdict, "faster where the engine really takes less beside the other than before."
    ]
    reason: Annotated[str, "Why it was not compared; else empty."]
    goal: Annotated[
        float | None,
        "What the median should be below, by the later run; null: none, or of another column.",
    ]
    goal_before: Annotated[GoalVerdict | None, "What the earlier median says of that goal."]
    goal_after: Annotated[GoalVerdict | None, "What the later one does."]


def pair_changes(
    old: LaneResult, new: LaneResult, metric: Metric, min_effect: float
) -> Iterator[PairChange]:
    """Each pair that the lane declares in both runs, in a metric that both measured."""
    known = {(pair.engine, pair.over) for pair in old.pairs}
    for pair in new.pairs:
        if (pair.engine, pair.over) in known:
            yield _pair_change(old, new, pair, metric, min_effect)


def _pair_change(
    old: LaneResult, new: LaneResult, pair: Pair, metric: Metric, min_effect: float
) -> PairChange:
    former, latter = (
        scored_log_ratios(lane, metric, pair.over, pair.engine) for lane in (old, new)
    )
    both = [name for name in former if name in latter and _is_same(old, new, pair, name, metric)]
    floors = (lane.floor(metric, pair.engine, pair.over) for lane in (old, new))
    before, after = (
        _over(logs, both, floor) for logs, floor in zip((former, latter), floors, strict=True)
    )
    change = None if before is None or after is None else change_between(before, after)
    better = None if change is None else change.inverse
    is_real = verdict(better, min_effect) in ("faster", "slower")
    reasons = [one.reason for one in (pair, *old.pairs) if _is_of(one, pair) and one.reason]
    goal = pair.goal if metric == pair.metric else None
    return PairChange(
        lane=new.name,
        engine=pair.engine,
        over=pair.over,
        before=before,
        after=after,
        change=change,
        verdict="not compared"
        if better is None
        else change_verdict(better, min_effect, is_real=is_real),
        reason="" if both else (*reasons, "no program was scored under both in both runs")[0],
        goal=goal,
        goal_before=goal_verdict(before, goal),
        goal_after=goal_verdict(after, goal),
    )


def _is_of(one: Pair, other: Pair) -> bool:
    return (one.engine, one.over) == (other.engine, other.over)


def _is_same(old: LaneResult, new: LaneResult, pair: Pair, name: str, metric: Metric) -> bool:
    engines = (pair.engine, pair.over)
    return all(why_not(old, new, engine, name, metric) is None for engine in engines)


def _over(
    logs: Mapping[str, Sequence[float]], programs: Sequence[str], floor: float | None
) -> MedianRatio | None:
    return median_ratio({name: logs[name] for name in programs}, floor)
