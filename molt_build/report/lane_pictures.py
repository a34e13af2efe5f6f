"""The pictures of a lane's page: its families, which README shows too, and its programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from molt_build.measure.statistics import RatioEstimate
from molt_build.report.formatting import COLUMN_TITLES, interval
from molt_build.report.page import Picture
from molt_build.report.ratio_picture import MARKS, Row, ratio_svg
from molt_build.report.scorecard import Scored
from molt_build.results.scoring import Comparison, LaneScore

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


def _means(comparisons: list[Comparison], programs: list[str]) -> dict[str, RatioEstimate]:
    means = {c.first: c.mean_over(programs) for c in comparisons}
    return {engine: mean for engine, mean in means.items() if mean is not None}


def _said(estimates: Mapping[str, RatioEstimate]) -> str:
    return ", ".join(f"{engine} {interval(row)}" for engine, row in estimates.items())
