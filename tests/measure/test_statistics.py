"""The estimators against what is known of them, and coverage under noise like a machine's."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.measure import statistics
from molt_build.measure.significance import benjamini_hochberg, compare_ratios, rank_sum_p_value
from molt_build.measure.statistics import (
    MIN_BLOCKS,
    block_count,
    difference_estimate,
    geometric_mean,
    median_over_programs,
    ratio_estimate,
    summarize,
)

Noise = Callable[[random.Random, int], list[float]]


def heavy(generator: random.Random) -> float:
    """Student's t with 2 degrees of freedom: no finite variance."""
    return generator.gauss(0, 1) / math.sqrt(generator.gammavariate(1, 1))


def alternating(times: Callable[[], float], blocks: int) -> list[float]:
    """Log ratios of an engine to itself, the order reversed from block to block."""
    ratios = []
    for block in range(blocks):
        first, second = times(), times()
        ratios.append(first - second if block % 2 else second - first)
    return ratios


def heavy_tailed(generator: random.Random, blocks: int) -> list[float]:
    return alternating(lambda: 0.02 * heavy(generator), blocks)


def spiky(generator: random.Random, blocks: int) -> list[float]:
    def log_time() -> float:
        spike = abs(generator.gauss(0, 0.3)) if generator.random() < 0.1 else 0.0
        return generator.gauss(0, 0.02) + spike

    return alternating(log_time, blocks)


def two_speed(generator: random.Random, blocks: int) -> list[float]:
    state = [generator.random() < 0.5]

    def log_time() -> float:
        if generator.random() < 0.1:
            state[0] = not state[0]
        return math.log(0.16 if state[0] else 0.104) + generator.gauss(0, 0.015)

    return alternating(log_time, blocks)


def autocorrelated(generator: random.Random, blocks: int) -> list[float]:
    level = [generator.gauss(0, 2.0)]

    def log_time() -> float:
        level[0] = 0.9 * level[0] + heavy(generator)
        return 0.02 * level[0]

    return alternating(log_time, blocks)


def similar_blocks(generator: random.Random, blocks: int) -> list[float]:
    """A limit of the method: the log ratios themselves are autocorrelated, by 0.3."""
    level = generator.gauss(0, 1)
    ratios = []
    for _ in range(blocks):
        level = 0.3 * level + math.sqrt(1 - 0.09) * generator.gauss(0, 1)
        ratios.append(0.02 * level)
    return ratios


@pytest.mark.parametrize("blocks", [6, 8, 11, 16, 24, 40])
@pytest.mark.parametrize("noise", [heavy_tailed, spiky, two_speed, autocorrelated])
def test_intervals_cover_the_truth_as_often_as_they_say(noise: Noise, blocks: int) -> None:
    generator = random.Random(f"{noise.__name__} {blocks}")
    trials = 600
    covered = 0
    for _ in range(trials):
        estimate = ratio_estimate(noise(generator, blocks))
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= 1.0 <= estimate.high
    # 92 to 99 %, and two standard errors of 600 trials.
    assert 0.92 - 0.02 <= covered / trials <= 0.99 + 0.008


@pytest.mark.parametrize("blocks", [12, 40])
def test_blocks_that_resemble_their_neighbours_widen_the_interval(blocks: int) -> None:
    generator = random.Random(blocks)
    covered = 0
    for _ in range(500):
        estimate = ratio_estimate(similar_blocks(generator, blocks))
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= 1.0 <= estimate.high
    assert covered / 500 >= 0.88


@pytest.mark.parametrize("blocks", [6, 16])
def test_summary_over_programs_covers_the_truth_when_sweeps_are_disturbed(blocks: int) -> None:
    generator = random.Random(blocks)
    trials = 60
    covered = 0
    for _ in range(trials):
        shared = [0.01 * heavy(generator) for _ in range(blocks)]
        programs = {
            f"p{index}": [a + b for a, b in zip(spiky(generator, blocks), shared, strict=True)]
            for index in range(8)
        }
        estimate = geometric_mean(programs)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= 1.0 <= estimate.high
    assert covered / trials >= 0.88


@pytest.mark.parametrize("blocks", [6, 16])
def test_the_median_over_programs_covers_the_truth_when_sweeps_are_disturbed(blocks: int) -> None:
    generator = random.Random(f"median {blocks}")
    trials = 40
    covered = 0
    for _ in range(trials):
        shared = [0.01 * heavy(generator) for _ in range(blocks)]
        true = [generator.gauss(1.0, 0.4) for _ in range(9)]
        programs = {
            f"p{index}": [
                log + a + b for a, b in zip(spiky(generator, blocks), shared, strict=True)
            ]
            for index, log in enumerate(true)
        }
        estimate = median_over_programs(programs)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= math.exp(median(true)) <= estimate.high
    assert covered / trials >= 0.87


exact = st.integers(-128, 128).map(lambda number: number / 64)  # sums of them are not rounded
programs_of_blocks = st.integers(1, 9).flatmap(
    lambda blocks: st.lists(
        st.lists(exact, min_size=blocks, max_size=blocks), min_size=1, max_size=7
    )
)


@settings(max_examples=30)
@given(programs_of_blocks, exact)
def test_the_median_over_programs_moves_with_them_and_turns_with_them(
    rows: list[list[float]], shift: float
) -> None:
    named = {f"p{number}": row for number, row in enumerate(rows)}
    found = median_over_programs(named)
    assert found.ratio == pytest.approx(math.exp(median([median(row) for row in rows])))
    assert found.blocks == len(rows[0])
    assert (found.low is None) == (found.blocks < MIN_BLOCKS)
    moved = median_over_programs({n: [v + shift for v in row] for n, row in named.items()})
    assert math.log(moved.ratio / found.ratio) == pytest.approx(shift, abs=1e-9)
    turned = median_over_programs({name: [-v for v in row] for name, row in named.items()})
    assert turned.ratio == pytest.approx(found.inverse.ratio)
    if found.low is not None and found.high is not None and moved.low is not None:
        assert found.low <= found.ratio <= found.high
        assert math.log(moved.low / found.low) == pytest.approx(shift, abs=1e-9)
        assert turned.low == pytest.approx(1 / found.high)


def test_the_median_over_programs_does_not_ask_how_far_out_the_others_are() -> None:
    near = {f"p{number}": [math.log(number + 1)] * 6 for number in range(5)}
    far = {**near, "p4": [math.log(5000)] * 6}
    assert median_over_programs(near) == median_over_programs(far)
    assert median_over_programs({"a": [0.1, 0.2] * 4, "b": [0.1] * 6}).blocks == 6
    for nothing in ({}, {"a": []}):
        with pytest.raises(ValueError, match="at least one program"):
            median_over_programs(nothing)


def test_a_known_ratio_is_found() -> None:
    generator = random.Random(1)
    ratios = [math.log(0.5) + shift for shift in heavy_tailed(generator, 20)]
    estimate = ratio_estimate(ratios)
    assert estimate.ratio == pytest.approx(math.exp(median(ratios)))
    assert estimate.low is not None and estimate.high is not None
    assert estimate.low < 0.5 < estimate.high
    assert estimate.blocks == 20
    assert estimate.half_width == pytest.approx(math.log(estimate.high / estimate.low) / 2)


def test_fewer_than_six_blocks_have_no_interval() -> None:
    assert ratio_estimate([0.1] * (MIN_BLOCKS - 1)).low is None
    assert ratio_estimate([0.1] * MIN_BLOCKS).low == pytest.approx(math.exp(0.1))
    assert geometric_mean({"a": [0.1] * 5, "b": [0.3] * 5}).high is None
    assert difference_estimate([0.1] * 5, [0.1] * 20).half_width is None


@pytest.mark.parametrize("blocks", [5, 6])
def test_the_law_of_the_median_is_that_of_resampling(blocks: int) -> None:
    counts: dict[tuple[int, int], int] = {}
    for drawn in itertools.product(range(blocks), repeat=blocks):
        ordered = sorted(drawn)
        middle = (ordered[(blocks - 1) // 2], ordered[blocks // 2])
        counts[middle] = counts.get(middle, 0) + 1
    law = {(i, j): weight for i, j, weight in statistics._middle_law(blocks)}
    for pair, weight in law.items():
        assert weight == pytest.approx(counts.get(pair, 0) / blocks**blocks, abs=1e-12)
    assert sum(law.values()) == pytest.approx(1)


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=40))
def test_an_interval_holds_its_estimate_and_follows_a_scale(ratios: list[float]) -> None:
    estimate = ratio_estimate(ratios)
    assert estimate.low is not None and estimate.high is not None
    assert estimate.low <= estimate.ratio * (1 + 1e-12)
    assert estimate.high >= estimate.ratio * (1 - 1e-12)
    turned = ratio_estimate([-value for value in ratios])
    assert turned.low == pytest.approx(1 / estimate.high)


def test_p95_needs_twenty_runs() -> None:
    few = summarize([float(value) for value in range(19)])
    assert (few.p95, few.maximum, few.minimum, few.median, few.mad) == (None, 18, 0, 9, 5)
    many = summarize([float(value) for value in range(101)])
    assert many.p95 == pytest.approx(95)
    assert summarize([2.0]).median == 2.0


def test_geometric_mean_is_the_mean_of_the_logs() -> None:
    estimate = geometric_mean({"a": [math.log(2.0)] * 8, "b": [math.log(8.0)] * 9})
    assert estimate.ratio == pytest.approx(4.0)
    assert estimate.low == pytest.approx(4.0)
    assert estimate.blocks == 8
    with pytest.raises(ValueError, match="at least one program"):
        geometric_mean({})


def test_estimates_are_the_same_every_time() -> None:
    generator = random.Random(3)
    programs = {f"p{index}": heavy_tailed(generator, 10) for index in range(5)}
    assert geometric_mean(programs) == geometric_mean(dict(reversed(programs.items())))


def test_the_number_of_blocks_follows_cost_and_budget() -> None:
    assert block_count(30, 480) == 16
    assert block_count(28, 480) == 16  # 17 would meet one order once more than the other
    assert block_count(30, 45) == 6
    assert block_count(30, 45, minimum=1) == 1
    assert block_count(0.1, 480) == 60
    assert block_count(0.0, 480, maximum=20) == 20


def test_rank_sum_is_exact() -> None:
    # All 20 arrangements of 3 and 3 are equally likely; the extreme ones are 2 of them.
    assert rank_sum_p_value([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    assert rank_sum_p_value([1, 3, 5], [2, 4, 6]) == pytest.approx(
        2
        * sum(
            sum(x < y for x in (set(range(6)) - set(chosen)) for y in chosen) >= 6
            for chosen in itertools.combinations(range(6), 3)
        )
        / 20
    )
    assert rank_sum_p_value([1, 1, 1], [1, 1, 1]) == 1.0


def test_benjamini_hochberg_steps_up() -> None:
    # The example of their paper (1995, section 3.2).
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert benjamini_hochberg(p_values, 0.05) == [True] * 4 + [False] * 11
    assert benjamini_hochberg([0.04, 0.03], 0.05) == [True, True]
    assert benjamini_hochberg([], 0.05) == []


def test_compare_finds_a_slowdown_and_little_else() -> None:
    generator = random.Random(11)
    slowed, false = 0, 0
    for _ in range(10):
        before = {f"p{index}": spiky(generator, 20) for index in range(45)}
        after = {f"p{index}": spiky(generator, 20) for index in range(45)}
        after["p7"] = [value + math.log(1.10) for value in after["p7"]]
        for comparison in compare_ratios(before, after, min_effect=0.02):
            if comparison.program == "p7":
                slowed += comparison.is_real
            else:
                false += comparison.is_real
    assert slowed >= 9
    assert false <= 5  # of 440; the rate is 5 % of what is found


def test_a_change_below_the_minimum_effect_is_not_real() -> None:
    before = {"p": [0.0001 * index for index in range(20)]}
    after = {"p": [0.01 + 0.0001 * index for index in range(20)]}
    (small,) = compare_ratios(before, after, min_effect=0.02)
    assert small.p_value is not None and small.p_value < 1e-6
    assert not small.is_real
    (large,) = compare_ratios(before, after, min_effect=0.005)
    assert large.is_real
    assert large.change.ratio == pytest.approx(math.exp(0.01))


def test_programs_in_one_run_only_and_short_runs_have_no_verdict() -> None:
    comparisons = compare_ratios(
        {"a": [0.0] * 3, "b": [0.0] * 9}, {"a": [1.0] * 9}, min_effect=0.02
    )
    assert [(c.program, c.p_value, c.is_real) for c in comparisons] == [("a", None, False)]


def test_a_full_lane_is_summarized_in_seconds() -> None:
    generator = random.Random(5)
    engines = [{f"p{index}": spiky(generator, 16) for index in range(45)} for _ in range(3)]
    started = time.process_time()
    for programs in engines:
        geometric_mean(programs)
        for ratios in programs.values():
            ratio_estimate(ratios)
    assert time.process_time() - started < 60
