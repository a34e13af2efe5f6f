"""How many blocks a wished precision takes, and by simulation whether it is met."""

from __future__ import annotations

import math
import random
from statistics import median

import pytest
from test_statistics import Noise, autocorrelated, heavy_tailed, similar_blocks, spiky, two_speed

from molt_build.measure.planning import SPREAD_SWEEPS, blocks_needed, deviation
from molt_build.measure.statistics import MIN_BLOCKS, ratio_estimate


def normal(generator: random.Random, blocks: int) -> list[float]:
    return [generator.gauss(0, 0.03) for _ in range(blocks)]


def planned(generator: random.Random, noise: Noise, programs: int) -> tuple[float, float, int, int]:
    """A lane measured to a precision: what was wished, what came out, blocks, covered ratios."""
    scales = [math.exp(generator.gauss(0, 0.4)) for _ in range(programs)]
    pilots = [[scale * value for value in noise(generator, SPREAD_SWEEPS)] for scale in scales]
    spread = median(map(deviation, pilots))
    wished = 0.7 * spread
    blocks = blocks_needed({"engine": spread}, wished)
    found = [ratio_estimate([s * value for value in noise(generator, blocks)]) for s in scales]
    covered = sum((one.low or 2) <= 1 <= (one.high or 0) for one in found)
    return wished, median(one.half_width or 9.0 for one in found), blocks, covered


@pytest.mark.parametrize("noise", [normal, heavy_tailed, spiky, two_speed, autocorrelated])
def test_the_wished_precision_is_met_and_intervals_cover_as_ever(noise: Noise) -> None:
    generator = random.Random(noise.__name__)
    lanes, programs = 8, 25
    rows = [planned(generator, noise, programs) for _ in range(lanes)]
    assert all(blocks == 46 for _, _, blocks, _ in rows)
    reached = [width / wished for wished, width, _, _ in rows]
    assert sum(reached) / lanes <= 1.05
    assert max(reached) <= 1.35 and min(reached) >= 0.5
    assert sum(covered for *_, covered in rows) / (lanes * programs) >= 0.92 - 0.02


def test_blocks_that_resemble_their_neighbours_are_the_limit_of_the_promise() -> None:
    """Intervals are longer there, which the pilot is too short to foresee."""
    generator = random.Random(2)
    rows = [planned(generator, similar_blocks, 25) for _ in range(6)]
    assert 1.0 <= median(width / wished for wished, width, *_ in rows) <= 1.6


def test_the_engine_that_lies_furthest_apart_says_how_many() -> None:
    assert blocks_needed({"a": 0.02, "b": 0.05}, 0.03) == blocks_needed({"b": 0.05}, 0.03) == 62
    assert blocks_needed({"b": 0.05}, 0.015) == 246  # half as wide takes four times as many
    assert blocks_needed({"a": 0.0}, 0.03) == blocks_needed({}, 0.03) == MIN_BLOCKS
