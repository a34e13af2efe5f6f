"""What counts of instructions allow to say.

A count has no distribution to speak of, so there is nothing to resample: the same is counted twice,
and the *noise floor* of an engine is the largest relative difference between two counts of one
program that it was found to have. A ratio of two engines is as sure as their floors together say,

    r / ((1 + f1) (1 + f2)) <= true ratio <= r (1 + f1) (1 + f2)

and a mean of ratios is no less sure than each. These are the ends of an estimate of counts, in the
place of a 95 % interval. A difference is real where it is beyond them, and at least `LEAST_EFFECT`:
what is closer is not worth a word, and two runs, days apart, meet other conditions than the two
counts of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import TypeVar

from molt_build.measure.blocks import Block
from molt_build.measure.process import METRIC_WAYS, Metric
from molt_build.measure.significance import ChangeEstimate
from molt_build.measure.statistics import RatioEstimate

LEAST_EFFECT = 0.0001  # a count differs from another by at least that, or they are called equal

E = TypeVar("E", bound=RatioEstimate)


def effect_of(metric: Metric, min_effect: float) -> float:
    """The least effect that a column knows, where what is timed has that minimum effect."""
    return LEAST_EFFECT if METRIC_WAYS[metric] == "counted" else min_effect


def noise_floors(blocks: Iterable[Block]) -> dict[str, float]:
    """By engine, the largest relative difference between two counts of the same program."""
    found: dict[tuple[str, str], list[float]] = {}
    for block in blocks:
        for run in block.runs:
            if "instructions" in run.metrics:
                counts = found.setdefault((run.engine, block.program), [])
                counts.append(run.metrics["instructions"])
    floors: dict[str, float] = {}
    for (engine, _), counts in found.items():
        if len(counts) > 1:
            apart = max(counts) / min(counts) - 1
            floors[engine] = max(floors.get(engine, 0.0), apart)
    return floors


def between(floors: Mapping[str, float] | None, *engines: str) -> float | None:
    """The floor of a ratio of these engines; None without floors of all of them."""
    if floors is None or not all(engine in floors for engine in engines):
        return None
    return math.prod(1 + floors[engine] for engine in engines) - 1


def within_floor(estimate: E, floor: float | None) -> E:
    """The estimate with the ends that the floor gives it; as it is without one."""
    if floor is None:
        return estimate
    low, high = estimate.ratio / (1 + floor), estimate.ratio * (1 + floor)
    return replace(estimate, low=low, high=high)


def counted_changes(
    log_ratios: Mapping[str, Sequence[float]], floor: float, min_effect: float = LEAST_EFFECT
) -> list[ChangeEstimate]:
    """Program by program, the change that log ratios of counts say; there is no p value."""
    found = []
    for name, values in log_ratios.items():
        estimate = RatioEstimate(math.exp(median(values)), None, None, len(values))
        change = within_floor(estimate, floor)
        size = abs(math.log(change.ratio))
        is_real = size > math.log1p(floor) and size >= math.log1p(min_effect)
        found.append(ChangeEstimate(name, change, None, is_real))
    return found
