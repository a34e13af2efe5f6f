"""A picture of two numbers of programs: a mark for each program, its shape and colour its engine's.

Upwards is faster than the reference, with a line at 1x. To the right there is more of the other
number. A scale is logarithmic where its numbers are above zero and differ more than threefold, else
it has even steps from the least to the most. Each mark says its program, and both numbers, to who
points at it; the outermost ones are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from molt_build.report import svg
from molt_build.report.engine_marks import STYLE, legend, mark, marks_of
from molt_build.report.formatting import number

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 78, 54
MAX_NAME = 24  # letters
LABEL_HEIGHT = 12
MAX_TICKS = 8


@dataclass(frozen=True)
class Dot:
    """A program under an engine."""

    name: str
    engine: str
    across: float  # the number that goes to the right
    speedup: float  # above 0


def scatter_svg(
    title: str, across: str, dots: Sequence[Dot], reference: str, shown: Callable[[float], str]
) -> str:
    """The picture of at least one dot; `across` says what goes to the right, `shown` writes it.

    Raises `ValueError` for more engines than there are marks.
    """
    marks = marks_of(dict.fromkeys(dot.engine for dot in dots))
    explained, more_height = legend(marks, [(one, one) for one in marks], WIDTH, 38)
    top, height = TOP + more_height, HEIGHT + more_height
    right, bottom = WIDTH - RIGHT, height - BOTTOM
    x = _Axis([dot.across for dot in dots], LEFT + 12, right - 12)
    y = _Axis([1.0, *(dot.speedup for dot in dots)], bottom - 12, top + 12)
    parts = [f'<rect class="paper" x="0" y="0" width="{WIDTH}" height="{height}"/>']
    parts.append(svg.text(12, 18, title, "title"))
    parts += explained
    size = f'width="{right - LEFT}" height="{bottom - top}"'
    parts.append(f'<rect class="frame" x="{LEFT}" y="{top}" {size}/>')
    for tick in x.ticks():
        place = x.place(tick)
        parts.append(f'<line class="grid" x1="{place}" x2="{place}" y1="{top}" y2="{bottom}"/>')
        parts.append(svg.text(place, bottom + 16, shown(tick), "axis", "middle"))
    for tick in sorted({1.0, *y.ticks()}):
        place = y.place(tick)
        kind = "one" if tick == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{LEFT}" x2="{right}" y1="{place}" y2="{place}"/>')
        kind = "strong" if tick == 1 else "axis"
        parts.append(svg.text(LEFT - 6, place + 4, f"{tick:g}x", kind, "end"))
    scale = ", logarithmic" if x.is_logarithmic else ""
    parts.append(svg.text((LEFT + right) / 2, height - 12, f"{across}{scale} →", "axis", "middle"))
    parts.append(svg.text(12, top - 8, f"times as fast as {reference} ↑", "axis"))
    for dot in dots:
        parts.append(f"<g><title>{escape(_said(dot, across, shown))}</title>")
        parts += mark(marks[dot.engine], x.place(dot.across), y.place(dot.speedup))
        parts.append("</g>")
    parts += _names(_outermost(dots), x, y)
    return svg.document(title, WIDTH, height, parts, STYLE)


class _Axis:
    """Numbers to places between two ends."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        self.first, self.last = first, last
        self.low, self.high = min(values), max(values)
        self.is_logarithmic = self.low > 0 and self.high > 3 * self.low

    def place(self, value: float) -> float:
        """Where a number lies; in the middle where all are the same."""
        low, high, here = self.low, self.high, value
        if self.is_logarithmic:
            low, high, here = math.log(low), math.log(high), math.log(value)
        share = (here - low) / (high - low) if high > low else 0.5
        return round(self.first + share * (self.last - self.first), 1)

    def ticks(self) -> list[float]:
        """The round numbers to label, few enough to be told apart."""
        if self.high <= self.low:
            return [self.low]
        if self.is_logarithmic:
            return svg.round_numbers(self.low, self.high, MAX_TICKS)
        return self._steps()

    def _steps(self) -> list[float]:
        rough = (self.high - self.low) / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * one for one in (1.0, 2.0, 5.0, 10.0) if power * one >= rough * 0.999)
        first = math.ceil(self.low / step)
        count = int((self.high - first * step) / step + 1e-9) + 1
        return [float(f"{(first + index) * step:.12g}") for index in range(count)]


def _said(dot: Dot, across: str, shown: Callable[[float], str]) -> str:
    return f"{dot.name}, {dot.engine}: {number(dot.speedup)}x, {across} {shown(dot.across)}"


def _outermost(dots: Sequence[Dot]) -> list[Dot]:
    """The fastest, the slowest, and those with the most and the least of the other number."""
    by_speed = sorted(dots, key=lambda dot: (dot.speedup, dot.name, dot.engine))
    across = sorted(dots, key=lambda dot: (dot.across, dot.name, dot.engine))
    return list(dict.fromkeys((by_speed[-1], by_speed[0], across[-1], across[0])))


def _names(dots: Sequence[Dot], x: _Axis, y: _Axis) -> Iterator[str]:
    """Names beside the marks, moved down where they would lie on one another."""
    labels = svg.labels([dot.name for dot in dots], MAX_NAME)
    taken: list[tuple[float, float]] = []
    for dot in sorted(dots, key=lambda dot: y.place(dot.speedup)):
        place, height = x.place(dot.across), y.place(dot.speedup) + 4
        while any(abs(place - a) < 160 and abs(height - b) < LABEL_HEIGHT for a, b in taken):
            height += LABEL_HEIGHT
        taken.append((place, height))
        is_left = place < WIDTH / 2
        yield svg.text(
            place + (9 if is_left else -9),
            height,
            labels[dot.name],
            "quiet",
            "" if is_left else "end",
        )
