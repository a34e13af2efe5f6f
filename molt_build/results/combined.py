"""One figure over several suites that counts each kernel once.

The same computation (a *kernel*: nbody, fannkuch, ...) is a program of several suites. A kernel's
value is the mean of the log ratios of its programs; the combined figure is the geometric mean of
the kernels' values. Its interval resamples blocks, for each suite anew, since suites were measured
one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate, weighted_geometric_mean
from molt_build.results.scoring import Comparison, LaneScore


@dataclass(frozen=True)
class KernelValue:
    """A kernel, and each of its programs as (suite, program, estimate)."""

    kernel: Annotated[str, "What is computed."]
    ratio: Annotated[float, "The geometric mean of its programs."]
    programs: Annotated[
        tuple[tuple[str, str, RatioEstimate], ...], "Each as suite, program, estimate."
    ]

    @property
    def spread(self) -> float:
        """The highest over the lowest ratio of its programs: 1 where they agree."""
        ratios = [estimate.ratio for _, _, estimate in self.programs]
        return max(ratios) / min(ratios)


@dataclass(frozen=True)
class Combined:
    """The first engine against the second over the kernels of the suites, each counted once."""

    first: Annotated[str, "The first engine."]
    second: Annotated[str, "The second."]
    metric: Annotated[Metric, "The column."]
    suites: Annotated[tuple[str, ...], "The suites that compared these."]
    kernels: Annotated[tuple[KernelValue, ...], "The kernels, by name."]
    programs: Annotated[int, "How many programs these are."]
    mean: Annotated[RatioEstimate, "The geometric mean over kernels."]


def combine(
    scores: Sequence[LaneScore], first: str, second: str, metric: Metric
) -> Combined | None:
    """The combined figure of the suites that compared these two; None where none did."""
    found: list[tuple[str, dict[str, str], Comparison]] = []
    for score in scores:
        column = score.column(metric)
        comparison = column.between(first, second) if column is not None else None
        if comparison is not None and comparison.estimates:
            found.append((score.name, dict(score.kernels), comparison))
    if not found:
        return None
    members: dict[str, list[tuple[str, str, RatioEstimate, float]]] = {}
    for suite, kernels, comparison in found:
        for name, estimate in comparison.estimates.items():
            log_ratio = median(comparison.log_ratios[name])
            members.setdefault(kernels[name], []).append((suite, name, estimate, log_ratio))
    sweeps = [
        [
            (1 / (len(members) * len(members[kernels[name]])), comparison.log_ratios[name])
            for name in sorted(comparison.log_ratios)
        ]
        for _, kernels, comparison in sorted(found, key=lambda row: row[0])
    ]
    return Combined(
        first=first,
        second=second,
        metric=metric,
        suites=tuple(suite for suite, _, _ in found),
        kernels=tuple(
            KernelValue(
                kernel=kernel,
                ratio=math.exp(math.fsum(row[3] for row in rows) / len(rows)),
                programs=tuple(row[:3] for row in rows),
            )
            for kernel, rows in sorted(members.items())
        ),
        programs=sum(len(rows) for rows in members.values()),
        mean=weighted_geometric_mean(sweeps),
    )
