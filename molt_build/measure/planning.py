"""How many blocks a measurement makes: fixed from its pilot, before anything of the result is seen.

To stop once an interval looks narrow makes 95 % intervals cover 90 % (`statistics`). So one of two
things is fixed beforehand, and with it the number of blocks:

- A budget: as many blocks as fit, by what the pilot's runs took.
- A precision: the half-width that the middle one of the programs' intervals should have. The pilot
  has `SPREAD_SWEEPS` sweeps more. What they say of how far blocks lie apart fixes the number, and
  that is all that is taken of them: they are no part of the result, so the number does not depend
  on the blocks that the intervals are made of, and those cover as often as with any other fixed
  number. (Stein 1945, Annals of Mathematical Statistics 16, 243-258, keeps the first sample, with
  an interval made for it; the interval of a median has no such form.)

The half-width of the median's 95 % interval falls with the root of the number of blocks n. For
normal values it is 1.96 sqrt(pi / 2) sigma / sqrt(n), and sigma is 1.4826 times the median absolute
deviation (MAD); heavier tails have a higher density in the middle, and come out narrower. The
MAD of eight values is too small by 1.129 on average (Croux and Rousseeuw 1992, Computational
Statistics 1, 411-428), and our interval, the wider of two, longer than that law by about 8 %:

    n = (WIDTH_OF_SPREAD m / w)^2
    WIDTH_OF_SPREAD = 1.96 sqrt(pi / 2) 1.4826 * 1.129 * 1.08 * 1.06

for the wished half-width w and the median m over programs of the MADs of their log ratios, of the
engine that has the largest; the last factor is for the chance in m. What was reached, as a share
of what was wished, in 12 simulated lanes of 45 programs, and how often intervals covered (%):

    noise             normal   t2  spikes  two speeds  autocorrelated times  ratios by 0.3
    on average          0.95  0.83  0.85        0.97                  0.93           1.18
    at most             1.23  0.99  0.98        1.16                  1.14           1.41
    covered             94.1  94.6  95.7        97.2                  95.0           93.5
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from molt_build.codec import added
from molt_build.json_schema import Count, Seconds, allowing
from molt_build.measure.blocks import (
    Block,
    Measurement,
    hash_seeds,
    log_ratios,
)
from molt_build.measure.process import Metric
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS, block_count

SPREAD_SWEEPS = 8  # both orders of engines equally often
MOST_BLOCKS = 400  # where it was asked for a budget or a precision
WIDTH_OF_SPREAD = 4.7
PAGE_BYTES = 4096
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Plan:
    """What was fixed before the first block of a way of measuring."""

    blocks: Annotated[Count, "Blocks of every program."]
    sweep_s: Annotated[Seconds, "Seconds of one block of every program, by the pilot."]
    expected_s: Annotated[Seconds, "Seconds of all blocks, by the pilot."]
    budget_s: Annotated[
        Seconds,
        "Seconds that measuring was allowed, the pilot included; where a precision was asked for, "
        "what that takes by the pilot.",
    ]
    hash_seeds: Annotated[tuple[int, ...], "The hash seed of each block."]
    pilot_s: Annotated[
        float | None,
        "Seconds of the budget that were spent before; null where not recorded.",
        allowing(minimum=0),
    ] = added(None)
    run_limit_s: Annotated[
        float | None,
        "Seconds after which a quick run ends a run; null: programs' own time limits hold.",
        allowing(minimum=0),
    ] = added(None)
    precision: Annotated[
        float | None,
        "The median half-width of programs' intervals that was asked for, on the log scale (0.03: "
        "3 %); null: the budget fixed the blocks.",
        allowing(exclusiveMinimum=0),
    ] = added(None)
    spreads: Annotated[
        Mapping[str, float],
        "By engine, the median over programs of the median absolute deviations of log ratios in "
        "the pilot, from which blocks were fixed for that precision.",
    ] = added({})
    layouts: Annotated[
        tuple[Count, ...],
        "Bytes by which the environment of runs is longer, in turn, each for two blocks; empty: "
        "all blocks have the same.",
    ] = added(())

    @property
    def wanted_blocks(self) -> int:
        """What the precision takes, more than `blocks` where those are the most; else `blocks`."""
        if self.precision is None:
            return self.blocks
        return blocks_needed(self.spreads, self.precision)


def plan(
    pilot: Measurement,
    *,
    budget_s: float,
    spent_s: float = 0.0,
    seed: int = 0,
    minimum: int = MIN_BLOCKS,
    maximum: int = MAX_BLOCKS,
    run_overhead_s: float = 0.004,
    run_limit_s: float | None = None,
    precision: float | None = None,
    spreads: Mapping[str, float] | None = None,
    layouts: int = 0,
) -> Plan:
    """The number of blocks that the budget allows, or with a `precision` what the spreads demand.

    Durations are the pilot's. `spent_s` of the budget went into it; `seed` is that of the blocks'
    hash seeds. With `layouts` there are as many sizes of the environment.
    """
    runs = [
        run
        for block in pilot.blocks
        for run in block.runs
        if pilot.cells[block.program, run.engine].status == "ok"
    ]
    sweep_s = sum(run.metrics["wall_s"] + run_overhead_s for run in runs)
    if precision is None:
        left_s = max(0.0, budget_s - spent_s)
        blocks = block_count(sweep_s, left_s, minimum=minimum, maximum=maximum)
    else:
        blocks = max(minimum, min(maximum, blocks_needed(spreads or {}, precision)))
        budget_s = spent_s + blocks * sweep_s
    return Plan(
        blocks=blocks,
        sweep_s=round(sweep_s, 6),
        expected_s=round(blocks * sweep_s, 6),
        budget_s=round(budget_s, 3),
        hash_seeds=tuple(hash_seeds(blocks, seed)),
        pilot_s=round(spent_s, 3),
        run_limit_s=run_limit_s,
        precision=precision,
        spreads=dict(spreads or {}),
        layouts=layout_sizes(layouts),
    )


def layout_sizes(count: int) -> tuple[int, ...]:
    """So many sizes below a page, spread evenly and at odds with every alignment.

    Multiples of the golden ratio, modulo a page: how long the environment is decides where the
    stack begins, and what a loop costs may hang on that by more than what is to be measured
    (Mytkowicz and others 2009, ASPLOS XIV, 265-276).
    """
    return tuple(int(PAGE_BYTES * (number * GOLDEN % 1)) for number in range(count))


def overhead_s(pilot: Measurement, pilot_s: float) -> float:
    """Seconds that a run took besides its own: what starts it, and keeps what it said."""
    runs = [run for block in pilot.blocks for run in block.runs]
    spent_s = sum(run.metrics["wall_s"] for run in runs)
    return max(0.0, pilot_s - spent_s) / len(runs) if runs else 0.0


def spreads(
    blocks: Iterable[Block],
    measured: Measurement,
    metric: Metric,
    *,
    without: Iterable[str] = (),
) -> dict[str, float]:
    """By engine, the median over programs of how far their log ratios lie from their median.

    Only cells that may be scored count, and no program that `without` names.
    """
    blocks, left_out = tuple(blocks), set(without)
    found = {}
    for engine in measured.engines:
        if engine == measured.reference:
            continue
        each = [
            deviation(ratios)
            for name, ratios in log_ratios(blocks, engine, measured.reference, metric).items()
            if name not in left_out and measured.is_scored(name, engine)
        ]
        if each:
            found[engine] = median(each)
    return found


def deviation(values: Iterable[float]) -> float:
    """The median absolute deviation of values from their median."""
    values = tuple(values)
    middle = median(values)
    return median(abs(value - middle) for value in values)


def blocks_needed(spreads: Mapping[str, float], half_width: float) -> int:
    """How many blocks give every engine that median half-width; an even number from six on."""
    largest = max(spreads.values(), default=0.0)
    count = max(MIN_BLOCKS, math.ceil((WIDTH_OF_SPREAD * largest / half_width) ** 2))
    return count + count % 2
