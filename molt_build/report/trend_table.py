"""Figures over runs on the terminal: a line of small columns for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from molt_build.governance.trends import Trend, Trends
from molt_build.report.board_rows import figure_words
from molt_build.report.formatting import NO_VALUE
from molt_build.report.terminal import plain_table, print_table, say

if TYPE_CHECKING:
    from rich.console import Console

TITLES = ("figure", "engine", "runs", "trend", "first", "latest", "beside its past", "when", "")
NUMBERS = ("runs", "first", "latest", "beside its past")
COLUMNS = "▁▂▃▄▅▆▇█"
NO_COLUMN = "·"  # of a run in which it failed
MOST_COLUMNS = 30
_COLOURS = {"worse": "red", "better": "green"}


def print_trends(console: Console, trends: Trends) -> None:
    """A row for each figure that has a point; then why others have none, and what is annotated."""
    from rich.text import Text

    shown = [one for one in trends.trends if one.points]
    if shown:
        table = plain_table(TITLES, NUMBERS)
        for one in shown:
            *cells, word = _row(one)
            table.add_row(*map(Text, cells), Text(word, _COLOURS.get(word, "dim")))
        print_table(console, table)
    lines = [f"{one.name}: {one.reason}" for one in trends.trends if not one.points]
    lines += [
        f"{one.name}: {point.run} is no part of its past: {point.annotation}"
        for one in shown
        for point in one.points
        if point.annotation
    ]
    say(console, lines or ([] if shown else ["no recorded run has a figure"]))


def sparkline(values: Sequence[float | None]) -> str:
    """A column for each value, on a logarithmic scale where all are above zero."""
    known = [value for value in values if value is not None]
    if known and min(known) > 0:
        values = [None if value is None else math.log(value) for value in values]
        known = [math.log(value) for value in known]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)

    def column(value: float | None) -> str:
        if value is None:
            return NO_COLUMN
        if high == low:
            return COLUMNS[len(COLUMNS) // 2 - 1]
        return COLUMNS[round((value - low) / (high - low) * (len(COLUMNS) - 1))]

    return "".join(map(column, values))


def _row(one: Trend) -> list[str]:
    values = [point.value for point in one.points]
    beside = NO_VALUE
    if one.beside is not None:
        # As the value itself moved: what is worse may be less.
        moved = one.beside if one.is_lower_better else 1 / one.beside
        beside = f"{round(moved - 1, 3) + 0.0:+.1%}"  # + 0.0: no -0
    return [
        one.name,
        one.engine,
        str(len(values)),
        sparkline(values[-MOST_COLUMNS:]),
        *(NO_VALUE if v is None else figure_words(v, one.unit) for v in (values[0], values[-1])),
        beside,
        one.points[-1].started[:10],
        "" if one.verdict == "unknown" else one.verdict,
    ]
