"""What of a quick run's programs fits its budget: decided while the pilot runs, by seconds alone.

A quick run keeps its budget, whatever its programs do. Three rules do that:

- No run takes more than `run_limit_s`. What has not ended by then is left out: that says nothing
  about it but that it needs more time than a quick run has.
- The pilot takes programs in `fair_order`: from each family in turn, so that those that fit are of
  all kinds. No ratio and no output has a say in it.
- A program is tried while the time so far, a block of all that were taken, and what a program has
  cost on average leave room (`Room.has_place`). It is taken if it fits, now that its cost is known
  (`Room.takes`).

So what the pilot cost, hangs among it, and one block of everything that was taken fit the budget;
more blocks are planned as long as they do. Where nothing fits at all, the first program is taken
nevertheless: a run is about something.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

RUN_SHARE = 1 / 20  # of the budget, that one run may take where there are many
RUN_LIMIT_FLOOR_S = 1.0
LONGER = 2  # times as long as they had, that runs are offered which did not end
SPARE = 1.5  # times what is estimated, and what there was

T = TypeVar("T")


def run_limit_s(budget_s: float, runs: int) -> float:
    """Seconds after which a run of a quick run is ended, where a sweep has so many runs.

    As much as falls to each if pilot and one block share the budget evenly, or a twentieth of the
    budget where that is more; at least a second.
    """
    return max(RUN_LIMIT_FLOOR_S, budget_s * max(RUN_SHARE, 1 / (2 * max(runs, 1))))


def fair_order(families: Sequence[Sequence[T]]) -> list[T]:
    """One of each family in turn; families, and programs of one, as `_spread` has them."""
    ordered = [[[one] for one in _spread(family)] for family in _spread(families)]
    return [one for turn in zip_longest(*ordered, fillvalue=[]) for found in turn for one in found]


def _spread(items: Sequence[T]) -> list[T]:
    """The first, then what lies between, ever closer: the front lies evenly over all of them."""
    bits = max(len(items) - 1, 0).bit_length()
    places = range(len(items))
    return [items[place] for place in sorted(places, key=lambda n: _reversed(n, bits))]


def _reversed(number: int, bits: int) -> int:
    return int(f"{number:0{bits}b}"[::-1], 2) if bits else 0


class Room:
    """The room that a budget leaves, from when the measurement began."""

    def __init__(
        self,
        budget_s: float,
        *,
        began: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget_s = budget_s
        self._clock = clock
        self._began = clock() if began is None else began
        self._pilot_began = clock()
        self._tried = 0
        self._taken = 0
        self._sweep_s = 0.0

    def has_place(self) -> bool:
        """Whether a program like those before would fit; always until one is taken in time."""
        spent_s = self._clock() - self._began
        if self._taken == 0:
            return self._tried == 0 or spent_s <= self.budget_s
        pilot_s = (self._clock() - self._pilot_began) / self._tried
        block_s = self._sweep_s / self._taken
        return spent_s + self._sweep_s + pilot_s + block_s <= self.budget_s

    def takes(self, block_s: float) -> bool:
        """Whether a program that was tried, and of which a block costs so much, is taken.

        One of which nothing can be scored costs nothing more.
        """
        self._tried += 1
        spent_s = self._clock() - self._began
        if block_s and self._taken and spent_s + self._sweep_s + block_s > self.budget_s:
            return False
        self._taken += block_s > 0
        self._sweep_s += block_s
        return True


@dataclass(frozen=True)
class Enough:
    """A budget that would take what was left out, as far as the pilot can know."""

    budget_s: float
    run_limit_s: float | None  # within which those that did not end must then; None: all ended

    @property
    def advice(self) -> str:
        """What to do, without a verb before it: `--budget 90 gives each run 6 s`."""
        if self.run_limit_s is None:
            return f"--budget {self.budget_s:g} would take all"
        return f"--budget {self.budget_s:g} gives each run {self.run_limit_s:.3g} s"


def enough_for(
    budget_s: float, limit_s: float | None, ended_s: Sequence[float], *, untried: int, late: int
) -> Enough:
    """A budget for the pilot and one block of everything.

    `ended_s` are the seconds of the runs that ended, `late` the number of those that did not in
    `limit_s` (or would have come after one), `untried` of those that there was no time to try.
    """
    longer_s = LONGER * (limit_s or 0.0) if late else 0.0
    usual_s = sum(ended_s) / len(ended_s) if ended_s else longer_s
    sweep_s = sum(ended_s) + untried * usual_s + late * longer_s
    runs = len(ended_s) + untried + late
    needed_s = max(SPARE * 2 * sweep_s, SPARE * budget_s)
    if late:  # so that a run may take as long: `run_limit_s` the other way round
        needed_s = max(needed_s, longer_s / max(RUN_SHARE, 1 / (2 * runs)))
    needed_s = _rounded_up(needed_s)
    return Enough(needed_s, run_limit_s(needed_s, runs) if late else None)


def _rounded_up(seconds: float) -> float:
    """To two digits, and to whole seconds."""
    step = 10 ** max(0, math.floor(math.log10(max(seconds, 1))) - 1)
    return float(math.ceil(seconds / step) * step)
