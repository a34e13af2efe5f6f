"""A picture of speed-ups: a row for each program or suite, a mark for each engine.

The scale is logarithmic and the same for all rows: to the right of the line at 1x is faster than
the reference. Engines differ in the shape of their mark as well as in its colour; the line through
a mark is its 95 % interval, and a mark without one was measured in too few blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molt_build.measure.statistics import RatioEstimate
from molt_build.report import svg
from molt_build.report.engine_marks import STYLE, legend, mark, marks_of
from molt_build.report.formatting import NO_VALUE, number

WIDTH = 760  # of a picture of two engines; each more has a column of values more
LEFT, RIGHT, TOP, BOTTOM = 190, 60, 90, 22
COLUMN_WIDTH = 56  # of the values beside the rows
ROW_HEIGHT = 18  # of two engines; each more needs some room
ENGINE_HEIGHT = 6
MAX_NAME = 28  # letters
MAX_TICKS = 9


@dataclass(frozen=True)
class Row:
    """A line of the picture: its name, and the estimate of each engine that has one."""

    name: str
    estimates: Mapping[str, RatioEstimate]
    is_sum: bool = False  # over the other rows


def ratio_svg(
    title: str, subtitle: str, engines: Mapping[str, str], rows: Sequence[Row], reference: str
) -> str:
    """The picture; `engines` has at most six, each with the words that the legend says of it."""
    marks = marks_of(engines)
    more = max(0, len(engines) - 2)
    width = WIDTH + COLUMN_WIDTH * more
    entries = [(engine, f"{engine}: {words}") for engine, words in engines.items()]
    entries.append(("", "line through a mark: 95 % interval"))
    explained, more_height = legend(marks, entries, width, 52)
    top = TOP + more_height
    row_height = ROW_HEIGHT + ENGINE_HEIGHT * more
    scale = _Scale(rows, LEFT, width - RIGHT - COLUMN_WIDTH * (len(engines) - 1))
    frame = _Frame(width, top, row_height, top + row_height * len(rows), scale)
    height = frame.bottom + BOTTOM
    parts = [f'<rect class="paper" x="0" y="0" width="{width}" height="{height}"/>']
    parts.append(svg.text(12, 18, title, "title"))
    parts.append(svg.text(12, 34, subtitle, "quiet"))
    parts += explained
    parts += _grid(frame, len(rows), reference)
    columns = svg.labels(list(engines), 8)
    for index, (engine, kind) in enumerate(marks.items()):
        place = frame.value_place(index, len(marks))
        parts.append(svg.text(place, top - 8, columns[engine], f"{kind} strong", "end"))
    labels = svg.labels([row.name for row in rows], MAX_NAME)
    for index, row in enumerate(rows):
        y = top + row_height * index + row_height / 2
        kind = "strong" if row.is_sum else ""
        parts.append(svg.text(LEFT - 10, y + 4, labels[row.name], kind, "end"))
        parts += _row(row, marks, frame, y)
    return svg.document(title, width, height, parts, STYLE)


@dataclass(frozen=True)
class _Frame:
    """Where things lie in a picture."""

    width: int
    top: int
    row_height: int
    bottom: int
    scale: _Scale

    def value_place(self, index: int, engines: int) -> float:
        """The right end of the values of the engine with this number."""
        return self.width - 8 - COLUMN_WIDTH * (engines - 1 - index)


class _Scale:
    """Ratios to horizontal places, logarithmic, with 1x always inside."""

    def __init__(self, rows: Sequence[Row], left: float, right: float) -> None:
        ends = [1.0]
        for row in rows:
            for estimate in row.estimates.values():
                ends += [estimate.ratio, estimate.low or 1.0, estimate.high or 1.0]
        self.left, self.right = left, right
        self.low, self.high = min(0.6, min(ends) / 1.1), max(2.0, max(ends) * 1.1)

    def place(self, ratio: float) -> float:
        """The horizontal place of a ratio."""
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self) -> list[float]:
        """The round ratios to label, few enough to be told apart: 1 is always one of them."""
        return sorted({1.0, *svg.round_numbers(self.low, self.high, MAX_TICKS)})


def _grid(frame: _Frame, rows: int, reference: str) -> Iterator[str]:
    scale, top, bottom = frame.scale, frame.top, frame.bottom
    for index in range(0, rows, 2):
        y = top + frame.row_height * index
        size = f'width="{frame.width}" height="{frame.row_height}"'
        yield f'<rect class="band" x="0" y="{y}" {size}/>'
    one = scale.place(1.0)
    for tick in scale.ticks():
        x = scale.place(tick)
        kind = "one" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top - 4}" y2="{bottom}"/>'
        yield svg.text(x, bottom + 14, f"{tick:g}x", "strong" if tick == 1 else "axis", "middle")
    yield svg.text(one, top - 22, f"1x: as fast as {reference}", "strong", "middle")
    yield svg.text(one - 8, top - 8, "← slower", "axis", "end")
    yield svg.text(one + 8, top - 8, "faster →", "axis")


def _row(row: Row, marks: Mapping[str, str], frame: _Frame, y: float) -> Iterator[str]:
    scale = frame.scale
    for index, (engine, kind) in enumerate(marks.items()):
        right = frame.value_place(index, len(marks))
        estimate = row.estimates.get(engine)
        if estimate is None:
            yield svg.text(right, y + 4, NO_VALUE, "quiet", "end")
            continue
        place = y
        if len(row.estimates) > 1:
            place += ENGINE_HEIGHT * (index - (len(marks) - 1) / 2)
        if estimate.low is not None and estimate.high is not None:
            low, high = scale.place(estimate.low), scale.place(estimate.high)
            ends = f'x1="{low}" x2="{high}" y1="{place:g}" y2="{place:g}"'
            yield f'<line class="{kind} whisker" {ends}/>'
        yield from mark(kind, scale.place(estimate.ratio), place)
        yield svg.text(right, y + 4, f"{number(estimate.ratio)}x", kind, "end")
