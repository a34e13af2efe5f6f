"""How KPIs have moved from run to run: pictures from three runs on, words where there are fewer.

Two dots are no trend, and one is none at all: what a picture of them would suggest is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from molt_build.report.formatting import NO_VALUE, mebibytes, number, seconds
from molt_build.report.kpi_trends import Judged
from molt_build.report.page import Picture
from molt_build.report.trend_picture import Series, trend_svg
from molt_build.watch import counted

TREND_RUNS = 3  # with a value, of which a trend is drawn
METRIC_WORDS = {
    "median_s": "median",
    "p95_s": "p95",
    "ratio_to_interpreter": "times interpreter start",
    "hit_ratio": "share reused",
    "lock_wait_ratio": "lock wait p95, shards on / off",
    "wall_ratio": "time, shards on / off",
    "lock_wait_p95_s": "lock wait p95",
}

Groups = Mapping[tuple[str, str], Sequence[Judged]]  # by KPI and toolchain


@dataclass(frozen=True)
class Change:
    """A KPI's value in the run before and in this one, as the page writes them."""

    what: str  # the KPI, toolchain and workload
    before: str
    now: str
    ratio: float  # now / before


def trends(judged: Sequence[Judged], days: Sequence[str]) -> Iterator[Picture]:
    """One for each KPI and toolchain with enough runs, a line for each workload.

    `days` are the runs', the oldest first.
    """
    for (name, toolchain), rows in _groups(judged).items():
        if _runs(rows) < TREND_RUNS:
            continue
        lines = [
            Series(
                row.cell.label,
                [value for value, _ in row.points],
                [is_green is False for _, is_green in row.points],
            )
            for row in rows
        ]
        kpi = rows[0].kpi
        shown = partial(kpi_value, metric=kpi.metric)
        title = f"{name}, {toolchain} ({metric_words(kpi.metric)})"
        latest = ", ".join(f"{row.cell.label} {shown(row.points[-1][0])}" for row in rows)
        words = f"{title} over {counted(len(days), 'run')}: {latest}; limit {shown(kpi.limit)}"
        svg = trend_svg(title, days, lines, kpi.limit, shown)
        yield Picture(f"{name}-{toolchain}.svg", svg, words)


def not_drawn(judged: Sequence[Judged]) -> list[str]:
    """The KPIs, each with its toolchain, that too few runs have a value of."""
    groups = _groups(judged).items()
    return [f"{name} of {tool}" for (name, tool), rows in groups if _runs(rows) < TREND_RUNS]


def changes(judged: Sequence[Judged]) -> list[Change]:
    """What became of each KPI since the run before, the largest rise first."""
    found = []
    for row in judged:
        (before, _), (now, _) = row.points[-2:] if len(row.points) > 1 else [(None, None)] * 2
        if before is None or now is None or before <= 0 or now <= 0:
            continue
        shown = partial(kpi_value, metric=row.kpi.metric)
        what = f"{row.kpi.name} of {row.cell.toolchain} {row.cell.label}"
        found.append(Change(what, shown(before), shown(now), now / before))
    return sorted(found, key=lambda change: -change.ratio)


def metric_words(metric: str) -> str:
    """What a KPI's metric is called."""
    return METRIC_WORDS.get(metric, metric.replace("_", " "))


def kpi_value(value: float | None, metric: str) -> str:
    """A value of a KPI's metric, in its unit."""
    if value is None or metric.endswith("_s"):
        return known_seconds(value)
    if metric.endswith("_bytes"):
        return mebibytes(value)
    if metric == "hit_ratio":
        return f"{value:.0%}"
    return f"{number(value)}x" if "ratio" in metric and "." not in metric else f"{value:g}"


def known_seconds(value: float | None) -> str:
    """Seconds, or that they are not known."""
    return NO_VALUE if value is None else seconds(value)


def _groups(judged: Sequence[Judged]) -> Groups:
    groups: dict[tuple[str, str], list[Judged]] = {}
    for row in judged:
        if any(value is not None for value, _ in row.points):
            groups.setdefault((row.kpi.name, row.cell.toolchain), []).append(row)
    return groups


def _runs(rows: Sequence[Judged]) -> int:
    """In how many runs any of the lines has a value."""
    runs = zip(*(row.points for row in rows), strict=True)
    return sum(any(value is not None for value, _ in points) for points in runs)
