"""What became better or worse: of a lane's programs now against then, or from one run to another.

A change is a ratio, then over now of what is less the better: above 1 it became better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.codec import added
from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate
from molt_build.results.facts import Mean

ChangeVerdict = Literal["faster", "slower", "same", "inconclusive", "control", "not compared"]


@dataclass(frozen=True)
class Change:
    """A program of an engine, then and now."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine as it is now."]
    change: Annotated[
        RatioEstimate | None, "Above 1 it became better; null where it was not compared."
    ]
    p_value: Annotated[float | None, "Of the ranks; null where blocks are too few."]
    verdict: Annotated[
        ChangeVerdict,
        "faster, slower: the change is real. same: closer to 1. control: what ran is the same on "
        "both sides, so it is not judged, and shows what a judgement is worth.",
    ]
    reason: Annotated[str, "Why it was not compared; else empty."]


@dataclass(frozen=True)
class Controls:
    """Programs of which the same artifacts ran on both sides of a comparison.

    Whatever is found to differ there is a false alarm.
    """

    programs: Annotated[tuple[str, ...], "The programs; in two runs PROGRAM ENGINE."]
    false_alarms: Annotated[
        tuple[str, ...], "Those that would have been called different, were they judged."
    ]


@dataclass(frozen=True)
class RevisionChange(Change):
    """A program of an engine, now and at a revision: then over now, within blocks."""

    then: Annotated[str, "The engine as it was then."]
    source_changed: Annotated[bool, "Whether the program's own source was another."]
    same_build: Annotated[bool, "Whether both were built to the same bytes."]


@dataclass(frozen=True)
class Against:
    """Each engine now against itself at a revision."""

    revision: Annotated[str, "The revision, as it was asked for."]
    commit: Annotated[str, "The full id of its commit."]
    metric: Annotated[Metric, "The metric that is compared."]
    false_discovery_rate: Annotated[float, "Among the changes of an engine that are called real."]
    means: Annotated[Mapping[str, Mean | None], "By engine, the mean of its programs' changes."]
    changes: Annotated[
        tuple[RevisionChange, ...], "Every program of every engine that there was then."
    ]
    controls: Annotated[Mapping[str, Controls], "By engine, what ran unchanged."] = added({})
