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

    Exact: over all ways to deal these very values, so equal ones, which share their ranks, too.
    """
    ranks = _doubled_ranks([*first, *second])
    law = _dealt(tuple(sorted(ranks)), len(first))
    return _two_sided(law, sum(ranks[: len(first)]))


def signed_rank_p_value(differences: Sequence[float]) -> float:
    """Two-sided p value of the hypothesis that the differences lie evenly around zero.

    Exact: over all signs of these very sizes, of which equal ones share their ranks. A zero has a
    rank, and no sign: it says nothing for either side.
    """
    ranks = _doubled_ranks([abs(value) for value in differences])
    signed = [(rank, value > 0) for rank, value in zip(ranks, differences, strict=True) if value]
    law = _signed(tuple(sorted(rank for rank, _ in signed)))
    return _two_sided(law, sum(rank for rank, is_above in signed if is_above))


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


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value, so that the middle rank of equal ones is a whole number."""
    ordered = sorted(values)
    return [
        bisect.bisect_left(ordered, value) + bisect.bisect_right(ordered, value) + 1
        for value in values
    ]


def _two_sided(law: Sequence[int], found: int) -> float:
    """Twice the lesser share of a law's counts that is as far out as what was found."""
    tail = min(sum(law[: found + 1]), sum(law[found:]))
    return min(1.0, 2 * tail / sum(law))


@lru_cache(maxsize=64)
def _dealt(ranks: tuple[int, ...], size: int) -> list[int]:
    """How many of the choices of `size` of the ranks give each sum.

    Coefficients of a polynomial, which is kept as one long number with a field for each: then a
    factor costs one shift and one addition. So does `_signed`.
    """
    width = math.comb(len(ranks), size).bit_length() // 8 + 1  # bytes of a field
    chosen = [1] + [0] * size
    for taken, rank in enumerate(ranks, start=1):
        for count in range(min(taken, size), 0, -1):
            chosen[count] += chosen[count - 1] << (8 * width * rank)
    return _fields(chosen[size], width)


@lru_cache(maxsize=64)
def _signed(ranks: tuple[int, ...]) -> list[int]:
    """How many of the choices of signs of the ranks give each sum of positive ranks."""
    width = len(ranks) // 8 + 1
    law = 1
    for rank in ranks:
        law += law << (8 * width * rank)
    return _fields(law, width)


def _fields(packed: int, width: int) -> list[int]:
    data = packed.to_bytes(packed.bit_length() // 8 + 1, "little")
    return [int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width)]
