"""Which differences are real: p values, and false discoveries over many programs.

A difference is that of median log ratios (`molt_build.measure.statistics`); exp of it is a change.

    difference  of two runs' median log ratios: p value from the exact permutation law of the rank
                sum (Mann and Whitney 1947).

    pairs       of engines measured in the same blocks, the median of the blocks' own log ratios of
                the two: p value from the exact law of the signed ranks (Wilcoxon 1945, Biometrics
                Bulletin 1, 80-83).

    discoveries that are false among those that are called real: the procedure of Benjamini and
                Hochberg (1995, JRSS B 57, 289-300).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from molt_build.measure.statistics import (
    MIN_BLOCKS,
    RatioEstimate,
    difference_estimate,
    ratio_estimate,
)


@dataclass(frozen=True)
class ChangeEstimate:
    """What changed of one program: between two runs, or between two engines in the same blocks.

    `p_value` is None where there are too few blocks for an interval. `is_real` says that the
    change is at least the minimum effect and survives the false-discovery correction; of engines in
    the same blocks also that its interval leaves out 1.
    """

    program: str
    change: RatioEstimate  # of two runs, `blocks` is the smaller number of theirs
    p_value: float | None
    is_real: bool


def compare_ratios(
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    *,
    min_effect: float,
    false_discovery_rate: float = 0.05,
) -> list[ChangeEstimate]:
    """The later ratio over the earlier one: of the programs in both runs, by their log ratios."""
    programs = [name for name in before if name in after]
    p_values = {
        name: rank_sum_p_value(before[name], after[name])
        for name in programs
        if min(len(before[name]), len(after[name])) >= MIN_BLOCKS
    }
    discovered = _discovered(p_values, false_discovery_rate)
    result = []
    for name in programs:
        change = difference_estimate(before[name], after[name])
        is_real = name in discovered and _is_large(change, min_effect)
        result.append(ChangeEstimate(name, change, p_values.get(name), is_real))
    return result


def paired_changes(
    log_ratios: Mapping[str, Sequence[float]],
    *,
    min_effect: float,
    false_discovery_rate: float = 0.05,
) -> list[ChangeEstimate]:
    """Program by program, the change from one engine to another, by their blocks' log ratios."""
    p_values = {
        name: signed_rank_p_value(values)
        for name, values in log_ratios.items()
        if len(values) >= MIN_BLOCKS
    }
    discovered = _discovered(p_values, false_discovery_rate)
    result = []
    for name, values in log_ratios.items():
        change = ratio_estimate(values)
        is_sure = change.low is not None and change.high is not None
        is_sure = is_sure and not (change.low or 0) <= 1 <= (change.high or 0)
        is_real = name in discovered and is_sure and _is_large(change, min_effect)
        result.append(ChangeEstimate(name, change, p_values.get(name), is_real))
    return result


def _discovered(p_values: Mapping[str, float], rate: float) -> set[str]:
    accepted = benjamini_hochberg(list(p_values.values()), rate)
    return {name for name, is_accepted in zip(p_values, accepted, strict=True) if is_accepted}


def _is_large(change: RatioEstimate, min_effect: float) -> bool:
    return abs(math.log(change.ratio)) >= math.log1p(min_effect)


def rank_sum_p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p value of the hypothesis that both samples come from one distribution.

    Exact when no two values are equal, and conservative otherwise (equal values count half).
    """
    m, n = len(first), len(second)
    statistic = sum(1.0 if x < y else 0.5 if x == y else 0.0 for x in first for y in second)
    counts = _rank_sum_counts(m, n)
    nearer = int(min(statistic, m * n - statistic) + 0.5)
    return min(1.0, 2 * sum(counts[: nearer + 1]) / math.comb(m + n, n))


def signed_rank_p_value(differences: Sequence[float]) -> float:
    """Two-sided p value of the hypothesis that the differences lie evenly around zero.

    Exact when no two have one size and none is zero, and conservative otherwise (equal sizes share
    their ranks, a zero counts half to each side).
    """
    n = len(differences)
    sizes = sorted(abs(value) for value in differences)
    above = 0.0
    for value in differences:
        first = bisect.bisect_left(sizes, abs(value))
        rank = (first + bisect.bisect_right(sizes, abs(value)) + 1) / 2
        above += rank if value > 0 else rank / 2 if value == 0 else 0.0
    nearer = math.ceil(min(above, n * (n + 1) / 2 - above))
    return min(1.0, 2 * sum(_signed_rank_counts(n)[: nearer + 1]) / (1 << n))


def smallest_p_value(pairs: int, others: int | None = None) -> float:
    """The least that a p value of so many pairs, or of two samples of so many values, can be."""
    return 2 / (2**pairs if others is None else math.comb(pairs + others, others))


def benjamini_hochberg(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which hypotheses are rejected so that at most `rate` of them are false on average."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    last = 0
    for position, index in enumerate(order, start=1):
        if p_values[index] <= rate * position / len(p_values):
            last = position
    rejected = set(order[:last])
    return [index in rejected for index in range(len(p_values))]


@lru_cache(maxsize=64)
def _signed_rank_counts(n: int) -> tuple[int, ...]:
    """How many of the choices of signs of the ranks 1 to n give each sum of positive ranks."""
    counts = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(counts) - 1, rank - 1, -1):
            counts[total] += counts[total - rank]
    return tuple(counts)


@lru_cache(maxsize=64)
def _rank_sum_counts(m: int, n: int) -> tuple[int, ...]:
    """How many of the arrangements of m and n values give each rank-sum statistic U."""
    # The generating function is the Gaussian binomial: prod (1 - q^(m+k)) / (1 - q^k).
    size = m * n + 1
    counts = [1] + [0] * (size - 1)
    for k in range(1, n + 1):
        for index in range(size - 1, m + k - 1, -1):
            counts[index] -= counts[index - m - k]
        for index in range(k, size):
            counts[index] += counts[index - k]
    return tuple(counts)
