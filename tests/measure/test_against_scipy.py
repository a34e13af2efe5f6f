"""Our statistics beside scipy's, which others wrote and many use: an oracle for tests alone.

Both are given the same data. What is the same formula must agree to the last digits that floating
point leaves (`EXACT`); where the two are different answers to one question, each test says how far
apart they may be, and why.
"""

from __future__ import annotations

import math
import random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.measure.correlation import spearman
from molt_build.measure.significance import (
    benjamini_hochberg,
    rank_sum_p_value,
    signed_rank_p_value,
)
from molt_build.measure.statistics import (
    MIN_BLOCKS,
    RESAMPLES,
    _expanded_tail,
    _order_depth,
    _resampled_interval,
    _student_quantile,
    geometric_mean,
    quantile,
    ratio_estimate,
    summarize,
)

np = pytest.importorskip("numpy", reason="scipy is not installed: it comes with the extra test")
stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: it comes with test")

EXACT = 1e-9  # relative

seconds = st.floats(1e-4, 1e3)
samples = st.lists(seconds, min_size=1, max_size=60)
logs = st.floats(-2, 2)
blocks = st.lists(logs, min_size=MIN_BLOCKS, max_size=40)
different = st.lists(logs, min_size=2, max_size=25, unique=True)
few = st.lists(st.integers(-2, 2).map(float), min_size=2, max_size=5)
few_values = st.integers(-4, 4).map(float)
often = settings(max_examples=60)


@often
@given(samples)
def test_medians_quantiles_and_deviations(values: list[float]) -> None:
    own = summarize(values)
    assert own.median == pytest.approx(np.median(values), rel=EXACT)
    assert own.mad == pytest.approx(stats.median_abs_deviation(values), rel=EXACT, abs=1e-12)
    for level in (0.05, 0.25, 0.95):  # of type 7, which is numpy's by default
        found = quantile(sorted(values), level)
        assert found == pytest.approx(np.quantile(values, level), rel=EXACT)
    if own.p95 is not None:
        assert own.p95 == pytest.approx(np.percentile(values, 95), rel=EXACT)


@often
@given(st.lists(st.lists(logs, min_size=1, max_size=9), min_size=2, max_size=9))
def test_geometric_means(programs: list[list[float]]) -> None:
    """The blocks that all programs have are used: here all have as many."""
    fewest = min(map(len, programs))
    ratios = {str(name): values[:fewest] for name, values in enumerate(programs)}
    own = geometric_mean(ratios).ratio
    theirs = stats.gmean([math.exp(median(values)) for values in ratios.values()])
    assert own == pytest.approx(theirs, rel=EXACT)


@often
@given(different, different)
def test_the_exact_law_of_the_rank_sum(first: list[float], second: list[float]) -> None:
    """scipy's exact law is for values that differ."""
    if set(first) & set(second):
        return
    theirs = stats.mannwhitneyu(first, second, alternative="two-sided", method="exact").pvalue
    assert rank_sum_p_value(first, second) == pytest.approx(theirs, rel=EXACT)


@often
@given(different)
def test_the_exact_law_of_signed_ranks(values: list[float]) -> None:
    sizes = {abs(value) for value in values}
    if len(sizes) < len(values) or 0.0 in sizes:
        return
    theirs = stats.wilcoxon(values, alternative="two-sided", method="exact").pvalue
    assert signed_rank_p_value(values) == pytest.approx(theirs, rel=EXACT)


@often
@given(few, few)
def test_equal_values_are_dealt_like_others(first: list[float], second: list[float]) -> None:
    """By all permutations of the very values."""
    theirs = stats.permutation_test(
        (first, second), lambda x, y: float(stats.rankdata([*x, *y])[: len(x)].sum()),
        permutation_type="independent", n_resamples=np.inf, alternative="two-sided",
    ).pvalue  # fmt: skip
    assert rank_sum_p_value(first, second) == pytest.approx(theirs, rel=EXACT)


@often
@given(few)
def test_equal_sizes_and_zeros_are_signed_like_others(values: list[float]) -> None:
    """By all signs of the very values: a zero has a rank, and adds nothing to either side."""

    def above_less_below(x: list[float]) -> float:
        return float(sum(np.sign(x) * stats.rankdata(np.abs(x))))

    theirs = stats.permutation_test(
        (values,), above_less_below, permutation_type="samples", n_resamples=np.inf,
        alternative="two-sided", vectorized=False,
    ).pvalue  # fmt: skip
    assert signed_rank_p_value(values) == pytest.approx(theirs, rel=EXACT)


@often
@given(st.lists(st.tuples(few_values, few_values), min_size=3, max_size=9))
def test_rank_correlations(rows: list[tuple[float, float]]) -> None:
    first, second = [one for one, _ in rows], [other for _, other in rows]
    own = spearman(first, second)
    if own is None:  # scipy warns, and says it is no number
        assert len(set(first)) == 1 or len(set(second)) == 1
        return
    assert own.rho == pytest.approx(stats.spearmanr(first, second).statistic, rel=EXACT, abs=1e-12)


def test_the_interval_of_a_rank_correlation_is_about_scipys_bca() -> None:
    """scipy draws other resamples, so ends agree as far as 2000 of them tell a tail of 2.5 %."""
    generator = random.Random(3)
    first = [generator.gauss(0, 1) for _ in range(20)]
    second = [value + generator.gauss(0, 1) for value in first]
    own = spearman(first, second)
    theirs = stats.bootstrap(
        (first, second), lambda x, y: stats.spearmanr(x, y).statistic, paired=True,
        vectorized=False, n_resamples=1000, method="BCa", rng=np.random.default_rng(7),
    ).confidence_interval  # fmt: skip
    assert own is not None
    assert own.low == pytest.approx(theirs.low, abs=0.06)
    assert own.high == pytest.approx(theirs.high, abs=0.04)


@often
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.sampled_from([0.01, 0.05, 0.2]))
def test_false_discoveries(p_values: list[float], rate: float) -> None:
    adjusted = stats.false_discovery_control(p_values, method="bh")
    own = benjamini_hochberg(p_values, rate)
    for rejected, value in zip(own, adjusted, strict=True):
        if not math.isclose(value, rate, rel_tol=EXACT):  # on the edge rounding decides
            assert rejected == (value <= rate)


@pytest.mark.parametrize("freedom", [5, 7, 11, 29])
def test_students_quantiles_and_what_is_made_of_them(freedom: int) -> None:
    assert _student_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-6)
    n = freedom + 1
    expanded = stats.norm.cdf(-math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    assert _expanded_tail(n) == pytest.approx(expanded, abs=1e-6)


@pytest.mark.parametrize("n", [6, 7, 10, 20, 33, 60])
def test_the_depth_of_the_interval_of_order_statistics(n: int) -> None:
    """The deepest pair of order statistics that covers at least 95 %: the sign test, inverted."""
    depth, share = _order_depth(n)
    assert 1 - 2 * stats.binom.cdf(depth - 1, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(depth, n, 0.5) < 0.95
    assert 0 <= share < 1


@settings(max_examples=12)
@given(blocks)
def test_the_bootstrap_of_a_median_is_scipys_without_its_random_numbers(
    values: list[float],
) -> None:
    """scipy draws resamples and takes steps of the few medians that there are; ours has their law
    and goes between the steps. So an end may lie as far off as the neighbouring medians."""
    theirs = stats.bootstrap(
        (values,), np.median, n_resamples=RESAMPLES, method="percentile", confidence_level=0.95,
        rng=np.random.default_rng(7),
    )  # fmt: skip
    drawn = sorted(set(theirs.bootstrap_distribution))
    ends = theirs.confidence_interval
    for own, end in zip(_resampled_interval(sorted(values)), ends, strict=True):
        place = min(range(len(drawn)), key=lambda i: abs(drawn[i] - end))
        low, high = drawn[max(place - 2, 0)], drawn[min(place + 2, len(drawn) - 1)]
        assert low - 1e-12 <= own <= high + 1e-12


@settings(max_examples=12)
@given(blocks)
def test_an_interval_of_ours_holds_scipys_of_the_median(values: list[float]) -> None:
    """Ours is the wider of two, so it holds the exact one of order statistics, inverted from the
    sign test: `scipy.stats.quantile_test`, which takes the order statistic on the safe side."""
    own = ratio_estimate(values)
    assert own.low is not None and own.high is not None
    assert own.low <= own.ratio <= own.high
    exact = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    ordered = sorted(values)
    # Ours goes between the order statistics where theirs takes the outer one: inside of theirs by
    # less than a step, and no shorter than the next pair further in.
    depth = ordered.index(exact.low)
    inner = ordered[min(depth + 1, len(ordered) - 1)], ordered[max(len(ordered) - depth - 2, 0)]
    assert math.log(own.low) <= inner[0] + 1e-12 and math.log(own.high) >= inner[1] - 1e-12


def test_coverage_is_no_worse_than_scipys() -> None:
    """Of 300 samples of ten heavy-tailed log ratios, how many intervals hold the true 0."""
    generator = random.Random(20)
    ours = theirs = 0
    for _ in range(300):
        values = [generator.gauss(0, 1) / max(generator.random(), 1e-6) ** 0.5 for _ in range(10)]
        own = ratio_estimate([value / 100 for value in values])
        assert own.low is not None and own.high is not None
        ours += own.low <= 1 <= own.high
        found = stats.bootstrap(
            (values,), np.median, n_resamples=300, method="percentile", rng=generator.randrange(99),
        ).confidence_interval  # fmt: skip
        theirs += found.low <= 0 <= found.high
    assert ours >= theirs and ours >= 275  # 285 are expected, and 275 happen in 1 of 200 runs
