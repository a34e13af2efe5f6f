"""The pictures of a lane's page: families, which README shows too, programs, signals and speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from molt_build.measure.statistics import RatioEstimate
from molt_build.report.beside_speed import BesideSpeed, correlation_words, is_drawn
from molt_build.report.engine_marks import MARKS
from molt_build.report.formatting import COLUMN_TITLES, interval
from molt_build.report.page import Picture
from molt_build.report.ratio_picture import Row, ratio_svg
from molt_build.report.scatter_picture import Dot, scatter_svg
from molt_build.report.scorecard import Scored
from molt_build.report.signal_table import signal_value
from molt_build.results.scoring import Comparison, LaneScore
from molt_build.results.signals import SignalsResult

FAMILIES, PROGRAMS = "families.svg", "programs.svg"
ALL = "all programs"


def of_lane(one: Scored, score: LaneScore) -> Iterator[Picture]:
    """One of the families and of all programs together, and one of each program."""
    shown = [c for c in score.main.comparisons if c.estimates][: len(MARKS)]
    if not shown:
        return
    reference, what = f"{score.reference} (Python {one.python})", COLUMN_TITLES[score.main.metric]
    engines = {c.first: interval(c.own_mean) for c in shown}
    title = f"{one.name}: how many times as fast as {reference} the programs run, {what}"
    left = len(score.main.comparisons) - len(shown)
    more = f"; {left} more in the tables" if left else ""
    rows = [Row(ALL, _means(shown, list(one.programs)), is_sum=True)]
    for family, names in one.families.items():
        if means := _means(shown, names):
            rows.append(Row(f"{family or 'others'} ({len(names)})", means))
    subtitle = f"Geometric means over the programs that each scored; logarithmic scale{more}"
    said = "; ".join(f"{engine} {words}" for engine, words in engines.items())
    yield Picture(
        FAMILIES,
        ratio_svg(title, subtitle, engines, rows, score.reference),
        f"{title}. {said}",
    )
    each: dict[str, dict[str, RatioEstimate]] = {}
    for c in shown:
        for program, estimate in c.estimates.items():
            each.setdefault(program, {})[c.first] = estimate
    order = sorted(each, key=lambda name: (-next(iter(each[name].values())).ratio, name))
    title = f"{one.name}: how many times as fast as {reference} each program is, {what}"
    subtitle = f"Median of the speed-ups of all blocks; logarithmic scale{more}"
    ends = dict.fromkeys((order[0], order[-1]))
    said = "; to ".join(f"{name}: {_said(each[name])}" for name in ends)
    yield Picture(
        PROGRAMS,
        ratio_svg(title, subtitle, engines, [Row(n, each[n]) for n in order], score.reference),
        f"{title}. {said}",
    )


def of_signals(
    one: Scored, score: LaneScore, signals: SignalsResult, beside: Sequence[BesideSpeed]
) -> Iterator[Picture]:
    """One for each signal that is drawn (`is_drawn`): its programs' numbers and speed-ups."""
    reference = f"{score.reference} (Python {one.python})"
    for signal in dict.fromkeys(row.signal for row in beside if is_drawn(signals, row.signal)):
        rows = [row for row in beside if row.signal == signal][: len(MARKS)]
        unit = signals.signals[signal].unit
        dots = [
            Dot(name, row.engine, value, speedup)
            for row in rows
            for name, (value, speedup) in row.programs.items()
        ]
        title = f"{one.name}: {signal} of each program, and how many times as fast it is"
        across = f"{signal} ({unit})" if unit not in ("", signal) else signal
        said = "; ".join(map(correlation_words, rows))
        yield Picture(
            f"signal-{signal}.svg",
            scatter_svg(title, across, dots, reference, partial(signal_value, unit=unit)),
            f"{title}. Rank correlation: {said}",
        )


def _means(comparisons: list[Comparison], programs: list[str]) -> dict[str, RatioEstimate]:
    means = {c.first: c.mean_over(programs) for c in comparisons}
    return {engine: mean for engine, mean in means.items() if mean is not None}


def _said(estimates: Mapping[str, RatioEstimate]) -> str:
    return ", ".join(f"{engine} {interval(row)}" for engine, row in estimates.items())
