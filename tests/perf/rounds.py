"""Several commands measured in one run, a round at a time: each once, the order turned round after.

A round gives one ratio for each pair of commands; the estimate is the median over rounds with the
interval of `molt_build.measure.statistics`. Nothing is divided by a time of another run. Memory is
the peak of the largest process of a command, as the small launcher sees it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from molt_build.errors import MeasurementFailed
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.measure.statistics import ratio_estimate, summarize

TIMEOUT_S = 3600.0


def nothing() -> None:
    """What most commands need before they are run."""


def passes(sample: Sample) -> str | None:
    """No further wish than that the command ends well."""
    return None


@dataclass(frozen=True)
class Side:
    """A command that is measured; `before` runs outside the time, `wrong` says what is amiss."""

    name: str
    command: Command
    before: Callable[[], None] = nothing
    wrong: Callable[[Sample], str | None] = passes


@dataclass(frozen=True)
class Target:
    """A ratio of two sides, and the most it should be; without a limit it is for orientation."""

    numerator: str
    denominator: str
    limit: float | None = None


@dataclass
class Measured:
    """A benchmark's rounds and what is said about them; `facts` are numbers beside the times."""

    name: str
    title: str
    sides: dict[str, list[Mapping[str, float]]]
    targets: Sequence[Target]
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As published."""
        return {
            "name": self.name,
            "title": self.title,
            "sides": {name: _side(samples) for name, samples in self.sides.items()},
            "ratios": [self._ratio(target) for target in self.targets],
            "notes": self.notes,
            "facts": self.facts,
        }

    def _ratio(self, target: Target) -> dict[str, Any]:
        above, below = self.sides[target.numerator], self.sides[target.denominator]
        logs = [math.log(a["wall_s"] / b["wall_s"]) for a, b in zip(above, below, strict=True)]
        estimate = ratio_estimate(logs)
        return {
            "numerator": target.numerator,
            "denominator": target.denominator,
            "estimate": estimate.ratio,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.blocks,
            "limit": target.limit,
            "is_met": None if target.limit is None else estimate.ratio <= target.limit,
        }


def measure(
    launcher: Launcher,
    sides: Sequence[Side],
    rounds: int,
    *,
    warm_ups: int = 2,
    progress: Callable[[str], None],
) -> dict[str, list[Mapping[str, float]]]:
    """Every side once in each round; raises `MeasurementFailed` when a command fails."""
    samples: dict[str, list[Mapping[str, float]]] = {side.name: [] for side in sides}
    for number in range(-warm_ups, rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.before()
            sample = launcher.run(side.command, timeout_s=TIMEOUT_S)
            complaint = sample.failure or side.wrong(sample)
            if complaint is not None:
                said = sample.stderr_tail or sample.stdout.decode("utf-8", "replace")
                raise MeasurementFailed(f"{side.name}: {complaint}\n{said[-2000:]}")
            if number >= 0:
                samples[side.name].append(sample.metrics)
        if number >= 0:
            latest = ", ".join(f"{n} {s[-1]['wall_s']:.3f}" for n, s in samples.items())
            progress(f"  round {number + 1} of {rounds}: {latest}")
    return samples


def _side(samples: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    walls = summarize([sample["wall_s"] for sample in samples])
    return {
        "n": walls.n,
        "median_s": walls.median,
        "mad_s": walls.mad,
        "maximum_s": walls.maximum,
        "cpu_median_s": median(sample["cpu_s"] for sample in samples),
        "peak_memory_bytes": max(sample["peak_memory_bytes"] for sample in samples),
        "wall_s": [sample["wall_s"] for sample in samples],
    }
