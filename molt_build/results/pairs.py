"""Two engines of a lane against one another: what a result says of each pair that it declares.

A pair is written the way round in which its figure is asked for: `cython@wasm` over `cython` is how
many times as long the wasm of a program takes as its native code. So above 1 the first engine is
slower, and a goal is a ratio to stay below; all other ratios of a lane are to its reference, the
other way round. `molt_build.results.pairing` computes what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.json_schema import allowing
from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate

MOST_SLOWEST = 10  # cells that are named as the slowest

GoalVerdict = Literal["met", "missed", "unclear"]


@dataclass(frozen=True)
class MedianRatio(RatioEstimate):
    """The median over programs of their ratios; its interval resamples blocks."""

    programs: Annotated[int, "Over how many programs.", allowing(minimum=1)]


@dataclass(frozen=True)
class SlowCell:
    """A program under one engine of a pair, beside the lane's reference."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine of the two that it ran under."]
    slowdown: Annotated[
        RatioEstimate,
        "Its value over the reference's: 3 is three times as slow. The reference's own is 1.",
    ]


@dataclass(frozen=True)
class Pair:
    """An engine over another, in the blocks in which both ran; above 1 it takes more."""

    engine: Annotated[str, "The engine."]
    over: Annotated[str, "The engine that its values are divided by."]
    description: Annotated[str, "What the pair says, by the lane's manifest; may be empty."]
    metric: Annotated[Metric, "What is divided: the lane's first column."]
    goal: Annotated[
        float | None, "What the median should be below; null: none.", allowing(exclusiveMinimum=0)
    ]
    reason: Annotated[str, "Why there is no ratio; else empty."]
    programs: Annotated[
        Mapping[str, RatioEstimate], "By program that both engines scored, the median over blocks."
    ]
    median: Annotated[MedianRatio | None, "The median over those programs; null without any."]
    goal_verdict: Annotated[
        GoalVerdict | None,
        "met: the median's whole interval is below the goal. missed: no part of it is. unclear: "
        "the goal lies inside. null without a goal or an interval.",
    ]
    startup: Annotated[
        RatioEstimate | None,
        "The same of the empty program, which shows what starting costs; null where not measured.",
    ]
    after_startup: Annotated[
        MedianRatio | None,
        "The median without starting: in each block the empty program's time in that sweep is "
        "taken off both, of the programs alone that run at least three times as long as starting "
        "takes under both engines; null without such programs, and of what is no time of whole "
        "runs.",
    ]
    slowest: Annotated[
        tuple[SlowCell, ...],
        "Of the cells of both engines, over the programs that both scored, those that are slowest "
        "beside the lane's reference, the slowest first: ten, or as many as there are programs.",
    ]
    slowest_share: Annotated[
        float | None,
        "How many of the slowest cells are of the engine and not of the other, as a share: 0.9 "
        "where nine of ten are, 0.5 where both engines are slow alike; null without programs.",
        allowing(minimum=0, maximum=1),
    ]

    @property
    def title(self) -> str:
        """What a column of its ratios is called."""
        return f"{self.engine} / {self.over}"
