"""What a set of timings allows to say.

The unit is the block: every engine once. A block gives one log ratio of engine to reference, and
everything about the ratio is computed from those, never from single runs. Which differences are
real is another question (`molt_build.measure.significance`).

    ratio       r = exp(median_b d_b),   d_b = log(engine_b / reference_b)

    interval    Blocks are resampled with replacement. For a median the resampling needs no
                random numbers: the distribution of the median of n draws from n values is known
                (odd n: Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans",
                10.3; even n: the joint law of the two middle order statistics, `_middle_law`).
                Its 2.5 % points, interpolated, are one interval; as it is a little too short, the
                interval of order statistics with the interpolation of Hettmansperger and Sheather
                (1986, Statistics and Probability Letters 4, 75-79) is taken with it, and the
                wider end of the two counts. Where the signs of successive d_b around their
                median agree more often than chance allows, both ends move out by
                sqrt((1 + rho) / (1 - rho)), the growth of the standard error of a mean of a
                first-order autoregressive series.

    summary     the mean over programs of their median log ratios. Block i of all programs was
                measured in one sweep with one hash seed, so what disturbs it may disturb all:
                the same blocks are drawn for every program of a resample. Percentile ends, half
                way between 2.5 % (too short for few blocks) and the expanded level of Hesterberg
                (2015, The American Statistician 69, 371-386), Phi(-sqrt(n / (n - 1)) t(n - 1)),
                which is right for means but too long for means of medians.
                The interval is about these programs, not about programs not measured. Over sets
                of sweeps that were measured apart, each set's blocks are drawn for itself, and
                the level is that of the smallest set.

    middle      the median over programs of their median log ratios, where what is asked is how the
                typical program does and a few that are far out should not decide. Resampled like a
                summary: the same blocks for all programs, ends at the same level.

    difference  of two runs' median log ratios: interval by MOVER (Zou and Donner 2008, Statistics
                in Medicine 27, 1693-1702) from the two intervals.

Coverage of the 95 % interval of a ratio, simulated (1000 trials each, in per cent), for log times
with Student t2 noise; with 10 % of spikes of 30 %; of a machine that runs at two speeds, 0.104 and
0.16 s, and changes before one run in 20 or in 5; autocorrelated by 0.9 from run to run with t3
steps; and, as a limit of the method, log ratios that are themselves autocorrelated by 0.3 and by
0.5 from block to block (on one busy two-core machine their signs were, by 0.03):

    blocks                  6     8    10    12    16    20    30    40
    t2                   96.5  95.1  94.8  95.7  96.7  95.3  95.3  96.4
    spikes               95.3  95.5  95.6  95.7  95.4  95.6  95.3  95.9
    two speeds, 1/20     95.5  96.4  95.0  96.0  97.0  97.3  95.2  95.0
    two speeds, 1/5      96.2  95.6  95.9  96.0  94.6  95.7  95.2  94.8
    autocorrelated times 94.4  95.1  95.8  94.9  96.1  95.6  94.7  94.7
    ratios by 0.3        90.8  90.1  91.1  90.1  91.7  91.6  90.4  92.3
    ratios by 0.5        84.0  83.9  82.4  85.1  85.4  86.6  90.3  88.6

Tried and left: the percentile interval alone covers 89 to 95 %; at the expanded level it covers 91
to 99 %, but at eight blocks it is up to three times as long; the interval of order statistics alone
covers 91 to 97 %. Summaries (12 programs, 6 to 30 blocks, also with noise common to a sweep): plain
ends cover 90 to 99 %, expanded ones 94 to 99 %, those half way 92 to 99 %. Medians over programs,
with those ends (12 and 45 programs, 6 to 30 blocks, noise common to a sweep, spikes or t2, programs
alike, somewhat and far apart: 24 cases of 60 trials): 90 to 100 %, and 96 % of all. A block of four
runs, ABBA, is no better than two blocks of two: 16 of them gave +-5.5 % where 32 pairs of the same
recorded runs gave +-4.1 %.
"""

from __future__ import annotations

import itertools
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from statistics import NormalDist, median
from typing import Annotated

from molt_build.json_schema import allowing

MIN_BLOCKS = 6  # below this there is no interval
MAX_BLOCKS = 60
P95_MIN_RUNS = 20
CONFIDENCE = 0.95
RESAMPLES = 2000
MAX_SERIAL_CORRELATION = 0.6
SEED = 20_240_607

Ratio = Annotated[float, allowing(exclusiveMinimum=0)]
Share = Annotated[float, allowing(minimum=0)]


@dataclass(frozen=True)
class Summary:
    """One metric of one engine on one program, in the metric's unit."""

    n: Annotated[int, "How many runs.", allowing(minimum=1)]
    median: Annotated[float, "Their median."]
    p95: Annotated[float | None, "Their 95th percentile; null below twenty runs."]
    maximum: Annotated[float, "The largest."]
    mad: Annotated[float, "Their median absolute deviation, unscaled."]
    minimum: Annotated[float, "The smallest."]

    @property
    def p95_or_maximum(self) -> float:
        """What nearly all were no longer than: below twenty runs that is the largest."""
        return self.maximum if self.p95 is None else self.p95


@dataclass(frozen=True)
class RatioFromZero:
    """A ratio with its 95 % interval, of what there may be none of: waiting, say."""

    ratio: Annotated[Share, "The estimate."]
    low: Annotated[Share | None, "The lower end of its interval; null below six blocks."]
    high: Annotated[Share | None, "The upper end of its interval; null below six blocks."]
    blocks: Annotated[int, "Blocks, or pairs of samples, that it rests on.", allowing(minimum=1)]


@dataclass(frozen=True)
class RatioEstimate(RatioFromZero):
    """A ratio of what always takes some, time or memory, with its 95 % interval."""

    ratio: Annotated[Ratio, "The estimate."]
    low: Annotated[Ratio | None, "The lower end of its interval; null below six blocks."]
    high: Annotated[Ratio | None, "The upper end of its interval; null below six blocks."]

    @property
    def half_width(self) -> float | None:
        """Half the interval's length on the log scale: 0.03 reads as +-3 %."""
        if self.low is None or self.high is None:
            return None
        return (math.log(self.high) - math.log(self.low)) / 2

    @property
    def inverse(self) -> RatioEstimate:
        """The same comparison the other way round."""
        low = None if self.high is None else 1 / self.high
        high = None if self.low is None else 1 / self.low
        return RatioEstimate(1 / self.ratio, low, high, self.blocks)


def summarize(values: Sequence[float]) -> Summary:
    """The description of at least one value."""
    ordered = sorted(values)
    middle = median(ordered)
    return Summary(
        n=len(ordered),
        median=middle,
        p95=quantile(ordered, 0.95) if len(ordered) >= P95_MIN_RUNS else None,
        maximum=ordered[-1],
        mad=median(abs(value - middle) for value in ordered),
        minimum=ordered[0],
    )


def ratio_estimate(log_ratios: Sequence[float]) -> RatioEstimate:
    """The median ratio over blocks, given in the order they were measured (at least one)."""
    middle, low, high = _median_interval(log_ratios)
    return _estimate(middle, low, high, len(log_ratios))


def geometric_mean(log_ratios: Mapping[str, Sequence[float]]) -> RatioEstimate:
    """The geometric mean over programs of their ratios; each program's blocks in order.

    Give the programs that all compared engines scored. Where some programs have fewer blocks (an
    interrupted run), the blocks that all have are used. Raises `ValueError` without programs.
    """
    if not log_ratios or not all(log_ratios.values()):
        raise ValueError("a geometric mean needs at least one program and one block of each")
    weight = 1 / len(log_ratios)
    return weighted_geometric_mean([[(weight, log_ratios[name]) for name in sorted(log_ratios)]])


def weighted_geometric_mean(
    sweeps: Sequence[Sequence[tuple[float, Sequence[float]]]],
) -> RatioEstimate:
    """The geometric mean of programs measured in several sets of sweeps.

    A set has (weight, log ratios of the blocks in order) for each of its programs; the weights of
    all sets sum to one. A resample draws the same blocks for all programs of a set, and draws for
    each set anew. `blocks` is the smallest set's. Raises `ValueError` without programs or blocks.
    """
    sweeps = [sweep for sweep in sweeps if sweep]
    if not sweeps or not all(values for sweep in sweeps for _, values in sweep):
        raise ValueError("a geometric mean needs at least one program and one block of each")
    sizes = [min(len(values) for _, values in sweep) for sweep in sweeps]
    columns = [
        [(weight, values[:n]) for weight, values in sweep]
        for n, sweep in zip(sizes, sweeps, strict=True)
    ]
    fewest = min(sizes)
    if len(columns) == len(columns[0]) == 1:
        return ratio_estimate(columns[0][0][1])
    center = math.fsum(weight * median(values) for sweep in columns for weight, values in sweep)
    if fewest < MIN_BLOCKS:
        return _estimate(center, None, None, fewest)
    drawing = [
        [(weight, _median_when_drawn(values)) for weight, values in sweep] for sweep in columns
    ]
    means = []
    for drawn in drawn_times(tuple(sizes)):
        total = 0.0
        for programs, times in zip(drawing, drawn, strict=True):
            for weight, median_of in programs:
                total += weight * median_of(times)
        means.append(total)
    return _resampled_estimate(center, means, fewest)


def median_over_programs(log_ratios: Mapping[str, Sequence[float]]) -> RatioEstimate:
    """The median over programs of their ratios; each program's blocks in order.

    A resample draws the same blocks for all programs. Where some programs have fewer blocks, the
    blocks that all have are used. Raises `ValueError` without programs or blocks.
    """
    if not log_ratios or not all(log_ratios.values()):
        raise ValueError("a median over programs needs at least one program and one block of each")
    fewest = min(len(values) for values in log_ratios.values())
    rows = [values[:fewest] for values in log_ratios.values()]
    if len(rows) == 1:
        return ratio_estimate(rows[0])
    center = median([median(values) for values in rows])
    if fewest < MIN_BLOCKS:
        return _estimate(center, None, None, fewest)
    drawing = [_median_when_drawn(values) for values in rows]
    medians = [
        median([median_of(times) for median_of in drawing]) for (times,) in drawn_times((fewest,))
    ]
    return _resampled_estimate(center, medians, fewest)


def _resampled_estimate(center: float, resampled: list[float], blocks: int) -> RatioEstimate:
    """What was found over programs, with its ends among what the resamples gave."""
    resampled.sort()
    tail = ((1 - CONFIDENCE) / 2 + _expanded_tail(blocks)) / 2
    low, high = quantile(resampled, tail), quantile(resampled, 1 - tail)
    return _estimate(center, min(low, center), max(high, center), blocks)


@lru_cache(maxsize=4)
def drawn_times(sizes: tuple[int, ...]) -> list[tuple[tuple[int, ...], ...]]:
    """How often each resample draws each block, of sets of so many blocks each."""
    generator = random.Random(SEED)
    resamples = []
    for _ in range(RESAMPLES):
        resample = []
        for n in sizes:
            times = [0] * n
            for index in generator.choices(range(n), k=n):
                times[index] += 1
            resample.append(tuple(times))
        resamples.append(tuple(resample))
    return resamples


def _median_when_drawn(values: Sequence[float]) -> Callable[[Sequence[int]], float]:
    """What gives the median of a resample, told how often it draws each of the values.

    The drawn values are in order without sorting them: of how many there are up to each.
    """
    n = len(values)
    order = sorted(range(n), key=values.__getitem__)
    ordered, in_order = [values[index] for index in order], itemgetter(*order)
    lower, upper, is_odd = (n - 1) // 2, n // 2, n % 2

    def median_of(times: Sequence[int]) -> float:
        reached = list(itertools.accumulate(in_order(times)))
        low = ordered[bisect_right(reached, lower)]
        return low if is_odd else (low + ordered[bisect_right(reached, upper)]) / 2

    return median_of


def block_count(
    sweep_s: float,
    budget_s: float,
    *,
    minimum: int = MIN_BLOCKS,
    maximum: int = MAX_BLOCKS,
) -> int:
    """How many blocks of every program to measure, from what one of each costs.

    It depends on durations alone, never on ratios, and is fixed before the first block. Even
    from `MIN_BLOCKS` on, so that both orders of engines are met equally often.
    """
    affordable = int(budget_s / sweep_s) if sweep_s > 0 else maximum
    count = max(minimum, min(maximum, affordable))
    return count - count % 2 if count > MIN_BLOCKS else count


def difference_estimate(before: Sequence[float], after: Sequence[float]) -> RatioEstimate:
    """The later ratio over the earlier one, from the log ratios of two runs."""
    n = min(len(before), len(after))
    return _difference(_median_interval(before), _median_interval(after), n)


def change_between(before: RatioEstimate, after: RatioEstimate) -> RatioEstimate:
    """The later ratio over the earlier one, of two runs' estimates of whatever kind; by MOVER."""
    old, new = (_logarithms(one) for one in (before, after))
    return _difference(old, new, min(before.blocks, after.blocks))


def _logarithms(one: RatioEstimate) -> tuple[float, float | None, float | None]:
    if one.low is None or one.high is None:
        return math.log(one.ratio), None, None
    return math.log(one.ratio), math.log(one.low), math.log(one.high)


def _difference(
    before: tuple[float, float | None, float | None],
    after: tuple[float, float | None, float | None],
    blocks: int,
) -> RatioEstimate:
    """MOVER, of two middles with their ends."""
    (old, old_low, old_high), (new, new_low, new_high) = before, after
    if old_low is None or old_high is None or new_low is None or new_high is None:
        return _estimate(new - old, None, None, blocks)
    low = new - old - math.hypot(new - new_low, old_high - old)
    high = new - old + math.hypot(new_high - new, old - old_low)
    return _estimate(new - old, low, high, blocks)


def _estimate(middle: float, low: float | None, high: float | None, blocks: int) -> RatioEstimate:
    if low is None or high is None:
        return RatioEstimate(math.exp(middle), None, None, blocks)
    return RatioEstimate(math.exp(middle), math.exp(low), math.exp(high), blocks)


def _median_interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    n = len(values)
    middle = median(values)
    if n < MIN_BLOCKS:
        return middle, None, None
    ordered = sorted(values)
    low, high = _resampled_interval(ordered)
    order_low, order_high = _order_interval(ordered)
    growth = _serial_growth(values, middle)
    low = middle - growth * (middle - min(low, order_low))
    high = middle + growth * (max(high, order_high) - middle)
    return middle, low, high


def _resampled_interval(ordered: Sequence[float]) -> tuple[float, float]:
    """The 2.5 % points of the median of a resample, interpolated between mid-probabilities."""
    tail = (1 - CONFIDENCE) / 2
    ends = []
    for sign in (1, -1):
        # Equal medians stay in the order of their ranks, so that both ends are treated alike.
        medians = sorted(
            (sign * (ordered[i] + ordered[j]) / 2, sign * (i + j), j - i, weight)
            for i, j, weight in _middle_law(len(ordered))
        )
        ends.append(sign * _weighted_quantile(medians, tail))
    return ends[0], ends[1]


def _weighted_quantile(weighted: Sequence[tuple[float, int, int, float]], level: float) -> float:
    reached, before, before_level = 0.0, weighted[0][0], 0.0
    for value, _, _, weight in weighted:
        here = reached + weight / 2
        if here >= level:
            share = (level - before_level) / (here - before_level) if here > before_level else 1.0
            return before + share * (value - before)
        reached, before, before_level = reached + weight, value, here
    return weighted[-1][0]


@lru_cache(maxsize=128)
def _middle_law(n: int) -> tuple[tuple[int, int, float], ...]:
    """(i, j, probability): a resample of n has the values of ranks i <= j in its middle."""
    half: int = (n + 1) // 2  # a resample's rank of the lower middle value
    at_most = [0.0] + [
        math.fsum(
            math.comb(n, r) * (k / n) ** r * (1 - k / n) ** (n - r) for r in range(half, n + 1)
        )
        for k in range(1, n + 1)
    ]
    law: list[tuple[int, int, float]] = []
    for i in range(n):
        same = at_most[i + 1] - at_most[i]
        if n % 2 == 0:
            left = ((i + 1) / n) ** half - (i / n) ** half
            for j in range(i + 1, n):
                right = ((n - j) / n) ** half - ((n - j - 1) / n) ** half
                weight = math.comb(n, half) * left * right
                law.append((i, j, weight))
                same -= weight
        law.append((i, i, max(same, 0.0)))
    return tuple(law)


def _order_interval(ordered: Sequence[float]) -> tuple[float, float]:
    n = len(ordered)
    depth, share = _order_depth(n)
    low = ordered[depth - 1] + share * (ordered[depth] - ordered[depth - 1])
    high = ordered[n - depth] + share * (ordered[n - depth - 1] - ordered[n - depth])
    return low, high


@lru_cache(maxsize=128)
def _order_depth(n: int) -> tuple[int, float]:
    """Between which order statistics, counted from both ends, the interval's ends lie."""

    def coverage(depth: int) -> float:
        return 1 - 2 * sum(math.comb(n, r) for r in range(depth)) / (1 << n)

    depth = 1
    while coverage(depth + 1) >= CONFIDENCE:
        depth += 1
    wide, narrow = coverage(depth), coverage(depth + 1)
    excess = (wide - CONFIDENCE) / (wide - narrow)
    return depth, (n - depth) * excess / (depth + (n - 2 * depth) * excess)


def _serial_growth(values: Sequence[float], middle: float) -> float:
    """How much longer the interval must be for the likeness of successive blocks.

    The correlation of signs is used (heavy tails do not move it), corrected for its bias of
    -1/n, less half its standard error for what chance may give, and turned into the correlation
    of normal values with such signs.
    """
    n = len(values)
    signs = [(value > middle) - (value < middle) for value in values]
    correlation = sum(a * b for a, b in itertools.pairwise(signs)) / (n - 1) + 1 / n
    excess = min(1.0, max(0.0, correlation - 0.5 / math.sqrt(n)))
    excess = min(MAX_SERIAL_CORRELATION, math.sin(math.pi / 2 * excess))
    return math.sqrt((1 + excess) / (1 - excess))


def quantile(ordered: Sequence[float], level: float) -> float:
    """The quantile of sorted values, linear between them (type 7, Hyndman and Fan 1996)."""
    place = level * (len(ordered) - 1)
    index = min(int(place), len(ordered) - 2) if len(ordered) > 1 else 0
    if len(ordered) == 1:
        return ordered[0]
    return ordered[index] + (place - index) * (ordered[index + 1] - ordered[index])


@lru_cache(maxsize=128)
def _expanded_tail(n: int) -> float:
    student = _student_quantile(1 - (1 - CONFIDENCE) / 2, n - 1)
    return NormalDist().cdf(-math.sqrt(n / (n - 1)) * student)


def _student_quantile(level: float, freedom: int) -> float:
    """Student's t quantile above the median, by bisection on Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    scale /= math.sqrt(freedom * math.pi)

    def area(end: float) -> float:
        parts = 200
        step = end / parts
        total = 0.0
        for part in range(parts + 1):
            weight = 1 if part in (0, parts) else 4 if part % 2 else 2
            total += weight * (1 + (part * step) ** 2 / freedom) ** (-(freedom + 1) / 2)
        return 0.5 + scale * total * step / 3

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if area(middle) < level else (low, middle)
    return (low + high) / 2
