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

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 190, 60, 90, 22
COLUMN_WIDTH = 56  # of the values beside the rows
ROW_HEIGHT = 18
RADIUS = 4.0
MAX_NAME = 28  # letters
MARKS = ("circle", "diamond")
MAX_TICKS = 9

_STYLE = f"""\
{svg.STYLE}
.paper {{ fill: #ffffff; }}
.band {{ fill: #f6f8fa; }}
.grid {{ stroke: #d0d7de; stroke-width: 1; }}
.one {{ stroke: #57606a; stroke-width: 1.5; }}
.strong {{ font-weight: 600; }}
.circle {{ fill: #0969da; stroke: #0969da; }}
.diamond {{ fill: #bc4c00; stroke: #bc4c00; }}
.whisker {{ stroke-width: 1.5; }}
text.circle, text.diamond {{ stroke: none; }}
@media (prefers-color-scheme: dark) {{
  .paper {{ fill: #0d1117; }}
  .band {{ fill: #151b23; }}
  .grid {{ stroke: #3d444d; }}
  .one {{ stroke: #9198a1; }}
  .circle {{ fill: #4493f8; stroke: #4493f8; }}
  .diamond {{ fill: #f0883e; stroke: #f0883e; }}
}}"""


@dataclass(frozen=True)
class Row:
    """A line of the picture: its name, and the estimate of each engine that has one."""

    name: str
    estimates: Mapping[str, RatioEstimate]


def ratio_svg(
    title: str, subtitle: str, engines: Mapping[str, str], rows: Sequence[Row], reference: str
) -> str:
    """The picture; `engines` has at most two, each with the words that the legend says of it."""
    if len(engines) > len(MARKS):
        raise ValueError(f"a picture tells {len(MARKS)} engines apart, not {len(engines)}")
    marks = dict(zip(engines, MARKS, strict=False))
    scale = _Scale(rows, LEFT, WIDTH - RIGHT - COLUMN_WIDTH * (len(engines) - 1))
    bottom = TOP + ROW_HEIGHT * len(rows)
    height = bottom + BOTTOM
    parts = [f'<rect class="paper" x="0" y="0" width="{WIDTH}" height="{height}"/>']
    parts.append(svg.text(12, 18, title, "title"))
    parts.append(svg.text(12, 34, subtitle, "quiet"))
    parts += _legend(engines, marks)
    parts += _grid(scale, len(rows), bottom, reference)
    for index, (engine, kind) in enumerate(marks.items()):
        parts.append(svg.text(_value_place(index, marks), TOP - 8, engine, f"{kind} strong", "end"))
    labels = svg.labels([row.name for row in rows], MAX_NAME)
    for index, row in enumerate(rows):
        y = TOP + ROW_HEIGHT * index + ROW_HEIGHT / 2
        parts.append(svg.text(LEFT - 10, y + 4, labels[row.name], anchor="end"))
        parts += _row(row, marks, scale, y)
    return svg.document(title, WIDTH, height, parts, _STYLE)


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


def _legend(engines: Mapping[str, str], marks: Mapping[str, str]) -> Iterator[str]:
    x = 18.0
    for engine, words in engines.items():
        yield from _mark(marks[engine], x, 48.0)
        yield svg.text(x + 10, 52, f"{engine}: {words}", "strong")
        x += 34 + 6.3 * len(f"{engine}: {words}")
    yield svg.text(x, 52, "line through a mark: 95 % interval", "quiet")


def _grid(scale: _Scale, rows: int, bottom: float, reference: str) -> Iterator[str]:
    for index in range(0, rows, 2):
        y = TOP + ROW_HEIGHT * index
        yield f'<rect class="band" x="0" y="{y}" width="{WIDTH}" height="{ROW_HEIGHT}"/>'
    one = scale.place(1.0)
    for tick in scale.ticks():
        x = scale.place(tick)
        kind = "one" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{bottom}"/>'
        yield svg.text(x, bottom + 14, f"{tick:g}x", "strong" if tick == 1 else "axis", "middle")
    yield svg.text(one, TOP - 22, f"1x: as fast as {reference}", "strong", "middle")
    yield svg.text(one - 8, TOP - 8, "← slower", "axis", "end")
    yield svg.text(one + 8, TOP - 8, "faster →", "axis")


def _row(row: Row, marks: Mapping[str, str], scale: _Scale, y: float) -> Iterator[str]:
    shift = 3.0 if len(row.estimates) > 1 else 0.0
    for index, (engine, kind) in enumerate(marks.items()):
        right = _value_place(index, marks)
        estimate = row.estimates.get(engine)
        if estimate is None:
            yield svg.text(right, y + 4, NO_VALUE, "quiet", "end")
            continue
        place = y + (shift if index else -shift)
        if estimate.low is not None and estimate.high is not None:
            low, high = scale.place(estimate.low), scale.place(estimate.high)
            ends = f'x1="{low}" x2="{high}" y1="{place:g}" y2="{place:g}"'
            yield f'<line class="{kind} whisker" {ends}/>'
        yield from _mark(kind, scale.place(estimate.ratio), place)
        yield svg.text(right, y + 4, f"{number(estimate.ratio)}x", kind, "end")


def _value_place(index: int, marks: Mapping[str, str]) -> float:
    """The right end of the values of the engine with this number."""
    return WIDTH - 8 - COLUMN_WIDTH * (len(marks) - 1 - index)


def _mark(kind: str, x: float, y: float) -> Iterator[str]:
    if kind == "circle":
        yield f'<circle class="circle" cx="{x:g}" cy="{y:g}" r="{RADIUS:g}"/>'
    else:
        r = RADIUS + 1
        points = f"{x:g},{y - r:g} {x + r:g},{y:g} {x:g},{y + r:g} {x - r:g},{y:g}"
        yield f'<polygon class="diamond" points="{points}"/>'
