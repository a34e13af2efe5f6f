"""Two numbers that go together: what is known of rank correlations, and how often they hold."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.measure.correlation import MIN_PAIRS, MIN_RANKED, spearman

# Few different numbers, so that there are ties, and none that a formula would round together.
few = st.integers(-3, 3).map(float)
pairs = st.lists(st.tuples(few, few), min_size=MIN_RANKED, max_size=14)
fast = settings(max_examples=25)


def split(rows: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [one for one, _ in rows], [other for _, other in rows]


@fast
@given(pairs)
def test_it_is_between_minus_one_and_one_and_has_no_sides(rows: list[tuple[float, float]]) -> None:
    first, second = split(rows)
    found = spearman(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
        return
    assert found is not None and -1 <= found.rho <= 1 and found.programs == len(rows)
    assert (found.low is None) == (found.high is None) == (len(rows) < MIN_PAIRS)
    other = spearman(second, first)
    assert other is not None and other.rho == pytest.approx(found.rho)
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.rho <= found.high <= 1


@fast
@given(pairs, st.sampled_from([math.exp, lambda value: value**3, lambda value: 7 * value - 2]))
def test_only_the_order_counts(rows: list[tuple[float, float]], rising: object) -> None:
    first, second = split(rows)
    found = spearman(first, second)
    assert callable(rising)
    assert spearman([rising(value) for value in first], second) == found
    turned = spearman(first, [-value for value in second])
    if found is not None:
        assert turned is not None and turned.rho == pytest.approx(-found.rho)
        if found.low is not None and turned.high is not None:
            # Resamples are drawn alike, and levels are turned with them.
            assert turned.high == pytest.approx(-found.low, abs=0.02)


def test_what_always_rises_is_one_and_what_always_falls_is_minus_one() -> None:
    up = [float(number) for number in range(12)]
    for second, rho in ((up, 1.0), (up[::-1], -1.0)):
        found = spearman(up, second)
        assert found is not None
        assert (found.rho, found.low, found.high) == (rho, rho, rho)
    assert spearman([1.0, 2.0], [3.0, 4.0]) is None
    assert spearman([], []) is None
    with pytest.raises(ValueError, match="beside 1"):
        spearman([1.0, 2.0], [1.0])


@pytest.mark.parametrize("true", [0.0, -0.7])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(true: float) -> None:
    """Of normal numbers whose correlation is known: Spearman's is 6 / pi asin(r / 2)."""
    generator = random.Random(f"{true}")
    rho = 6 / math.pi * math.asin(true / 2)
    trials, covered = 30, 0
    for _ in range(trials):
        first = [generator.gauss(0, 1) for _ in range(25)]
        noise = math.sqrt(1 - true * true)
        second = [true * value + noise * generator.gauss(0, 1) for value in first]
        found = spearman(first, second)
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= rho <= found.high
    assert covered / trials >= 0.86
