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
from molt_build.report.formatting import NO_VALUE, number

WIDTH = 760  # of a picture of two engines; each more has a column of values more
LEFT, RIGHT, TOP, BOTTOM = 190, 60, 90, 22
COLUMN_WIDTH = 56  # of the values beside the rows
ROW_HEIGHT = 18  # of two engines; each more needs some room
ENGINE_HEIGHT = 6
RADIUS = 4.0
MAX_NAME = 28  # letters
LEGEND_HEIGHT = 18
LETTER_WIDTH = 6.3
MARKS = ("circle", "diamond", "square", "triangle", "wedge", "cross")
MAX_TICKS = 9

STYLE = f"""\
{svg.STYLE}
.paper {{ fill: #ffffff; }}
.band {{ fill: #f6f8fa; }}
.grid {{ stroke: #d0d7de; stroke-width: 1; }}
.one {{ stroke: #57606a; stroke-width: 1.5; }}
.strong {{ font-weight: 600; }}
.circle {{ fill: #0969da; stroke: #0969da; }}
.diamond {{ fill: #bc4c00; stroke: #bc4c00; }}
.square {{ fill: #1a7f37; stroke: #1a7f37; }}
.triangle {{ fill: #8250df; stroke: #8250df; }}
.wedge {{ fill: #bf3989; stroke: #bf3989; }}
.cross {{ fill: #4d2d00; stroke: #4d2d00; }}
.whisker {{ stroke-width: 1.5; }}
path.cross {{ fill: none; stroke-width: 2; }}
text.circle, text.diamond, text.square, text.triangle, text.wedge, text.cross {{ stroke: none; }}
@media (prefers-color-scheme: dark) {{
  .paper {{ fill: #0d1117; }}
  .band {{ fill: #151b23; }}
  .grid {{ stroke: #3d444d; }}
  .one {{ stroke: #9198a1; }}
  .circle {{ fill: #4493f8; stroke: #4493f8; }}
  .diamond {{ fill: #f0883e; stroke: #f0883e; }}
  .square {{ fill: #3fb950; stroke: #3fb950; }}
  .triangle {{ fill: #ab7df8; stroke: #ab7df8; }}
  .wedge {{ fill: #f778ba; stroke: #f778ba; }}
  .cross {{ fill: #eac54f; stroke: #eac54f; }}
}}"""


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
    if len(engines) > len(MARKS):
        raise ValueError(f"a picture tells {len(MARKS)} engines apart, not {len(engines)}")
    marks = dict(zip(engines, MARKS, strict=False))
    more = max(0, len(engines) - 2)
    width = WIDTH + COLUMN_WIDTH * more
    legend = list(_legend(engines, width))
    top = TOP + LEGEND_HEIGHT * max(line for *_, line in legend)
    row_height = ROW_HEIGHT + ENGINE_HEIGHT * more
    scale = _Scale(rows, LEFT, width - RIGHT - COLUMN_WIDTH * (len(engines) - 1))
    frame = _Frame(width, top, row_height, top + row_height * len(rows), scale)
    height = frame.bottom + BOTTOM
    parts = [f'<rect class="paper" x="0" y="0" width="{width}" height="{height}"/>']
    parts.append(svg.text(12, 18, title, "title"))
    parts.append(svg.text(12, 34, subtitle, "quiet"))
    for engine, words, x, line in legend:
        baseline = 52 + LEGEND_HEIGHT * line
        parts += mark(marks[engine], x, baseline - 4.0) if engine else []
        start = x + 10 if engine else x
        parts.append(svg.text(start, baseline, words, "strong" if engine else "quiet"))
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
        for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,)):
            found = [
                float(f"{step * 10.0**power:.3g}")
                for power in range(-4, 6)
                for step in steps
                if self.low <= step * 10.0**power <= self.high
            ]
            if len(found) <= MAX_TICKS:
                break
        return found


def _legend(engines: Mapping[str, str], width: int) -> Iterator[tuple[str, str, float, int]]:
    """Engine, words, place and line of each entry; the last, of no engine, explains the lines."""
    x, line = 18.0, 0
    entries = [(engine, f"{engine}: {words}") for engine, words in engines.items()]
    for engine, words in (*entries, ("", "line through a mark: 95 % interval")):
        room = LETTER_WIDTH * len(words)
        if x + room > width and x > 18.0:
            x, line = 18.0, line + 1
        yield engine, words, x, line
        x += 34 + room


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


def mark(kind: str, x: float, y: float) -> Iterator[str]:
    """The mark of this kind (one of `MARKS`) around a place."""
    r = RADIUS
    if kind == "circle":
        yield f'<circle class="circle" cx="{x:g}" cy="{y:g}" r="{r:g}"/>'
    elif kind == "cross":
        lines = f"M{x - r:g},{y - r:g}L{x + r:g},{y + r:g}M{x - r:g},{y + r:g}L{x + r:g},{y - r:g}"
        yield f'<path class="cross" d="{lines}"/>'
    else:
        far, near = r + 1, r - 0.5
        corners = {
            "diamond": ((0, -far), (far, 0), (0, far), (-far, 0)),
            "square": ((-near, -near), (near, -near), (near, near), (-near, near)),
            "triangle": ((0, -far), (far, r), (-far, r)),
            "wedge": ((0, far), (far, -r), (-far, -r)),
        }[kind]
        points = " ".join(f"{x + dx:g},{y + dy:g}" for dx, dy in corners)
        yield f'<polygon class="{kind}" points="{points}"/>'
