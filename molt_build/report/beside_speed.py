"""Signals of a lane's programs beside how fast they run: whether one goes with the other.

A signal is read without running anything, a speed-up is measured; whether programs with more calls
into the runtime gain less from being compiled is told by the rank correlation of the two over the
lane's programs (`molt_build.measure.correlation`), engine by engine. It is no cause: what makes a
program call the runtime more may be what makes it slow.

Signals that rest on times themselves are not set beside times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from molt_build.measure.correlation import RankCorrelation, spearman
from molt_build.report.formatting import NO_VALUE
from molt_build.report.scorecard import Scored
from molt_build.report.signal_rows import on_page, program_values
from molt_build.results.scoring import Comparison, LaneScore
from molt_build.results.signals import SignalsResult
from molt_build.watch import counted

CALLS = "calls"  # the unit of signals that count calls, or begin with it: calls/loop


@dataclass(frozen=True)
class BesideSpeed:
    """A signal of an engine's programs beside their speed-ups."""

    signal: Annotated[str, "The signal."]
    engine: Annotated[str, "The engine."]
    correlation: Annotated[
        RankCorrelation | None,
        "Of the two over those programs; null below three of them, and where the signal, or the "
        "speed-up, is the same for all.",
    ]
    programs: Annotated[
        Mapping[str, tuple[float, float]], "By program that has both: the signal, the speed-up."
    ]


def beside_speed(
    one: Scored, score: LaneScore, signals: SignalsResult | None
) -> tuple[BesideSpeed, ...]:
    """Each signal of programs and engine that the page shows, where both numbers are known."""
    shown = None if signals is None else on_page(signals, one)
    if signals is None or shown is None or not score.main.metric.endswith("_s"):
        return ()  # a ratio of memory is no speed
    found = []
    for name, facts in signals.signals.items():
        if facts.scope != "program" or facts.is_measured:
            continue
        values = program_values(signals, name, one.name, one.lane.profile, one.lane.target)
        for comparison in score.main.comparisons:
            if comparison.first in shown.engines:
                row = _beside(name, comparison, values)
                found += [row] if row.programs else []
    return tuple(found)


def is_drawn(signals: SignalsResult, signal: str) -> bool:
    """Whether a signal has a picture: those that count calls, and those per something else do.

    By what they are, and never by what they turn out to be: pictures are not chosen for what they
    show.
    """
    facts = signals.signals[signal]
    return facts.per is not None or facts.unit.startswith(CALLS)


def correlation_rows(rows: Iterable[BesideSpeed]) -> Iterator[list[str]]:
    """Signal, engine, programs, the rank correlation, and what it says."""
    for row in rows:
        figure = NO_VALUE if row.correlation is None else _figure(row.correlation)
        yield [row.signal, row.engine, str(len(row.programs)), figure, _meaning(row.correlation)]


def correlation_words(row: BesideSpeed) -> str:
    """cython -0.62 [-0.78, -0.35] over 45 programs."""
    found = row.correlation
    figure = NO_VALUE if found is None else _figure(found)
    return f"{row.engine} {figure} over {counted(len(row.programs), 'program')}"


def _figure(found: RankCorrelation) -> str:
    if found.low is None or found.high is None:
        return f"{found.rho:.2f}"
    return f"{found.rho:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _meaning(found: RankCorrelation | None) -> str:
    if found is None:
        return "too few programs, or all alike"
    if found.low is None or found.high is None:
        return "too few programs for an interval"
    if found.low <= 0 <= found.high:
        return "not told: 0 is inside"
    return f"programs with more of it gain {'more' if found.rho > 0 else 'less'}"


def _beside(
    signal: str, comparison: Comparison, values: Mapping[tuple[str, str], float]
) -> BesideSpeed:
    both = {
        name: (values[name, comparison.first], estimate.ratio)
        for name, estimate in comparison.estimates.items()
        if (name, comparison.first) in values
    }
    found = _correlation(tuple(both.values()))
    return BesideSpeed(signal, comparison.first, found, both)


@lru_cache(maxsize=256)  # a page and its headline ask for the same ones
def _correlation(points: tuple[tuple[float, float], ...]) -> RankCorrelation | None:
    return spearman([value for value, _ in points], [speedup for _, speedup in points])
