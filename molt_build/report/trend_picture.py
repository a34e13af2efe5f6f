"""A small picture of one number over runs: a line for each series, and the limit it must keep.

The vertical scale is logarithmic, so that a value far below its limit can still be seen to move.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from molt_build.report import svg

WIDTH, HEIGHT = 520, 170
LEFT, RIGHT, TOP, BOTTOM = 14, 210, 34, 24
LABEL_HEIGHT = 13
MAX_LABELS = 8
MAX_NAME = 22  # letters


@dataclass(frozen=True)
class Series:
    """One line: a value for each run, None where it was not measured, and where it was red."""

    name: str
    values: Sequence[float | None]
    is_red: Sequence[bool]


def trend_svg(
    title: str,
    runs: Sequence[str],
    series: Sequence[Series],
    limit: float,
    shown: Callable[[float], str],
) -> str:
    """The picture; `runs` name the horizontal places, oldest first, `shown` writes a value."""
    known = [v for line in series for v in line.values if v is not None and v > 0]
    positive = [*known, limit] if limit > 0 else known
    low, high = (min(positive) / 1.6, max(positive) * 1.6) if positive else (0.1, 1.0)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(index: int) -> float:
        return (LEFT + right) / 2 if len(runs) == 1 else _between(LEFT + 6, right - 6, index, runs)

    def y(value: float) -> float:
        share = math.log(max(value, low) / low) / math.log(high / low)
        return bottom - share * (bottom - TOP)

    parts = [
        svg.text(LEFT, 18, title, "title"),
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{right - LEFT}" '
        f'height="{bottom - TOP}"/>',
    ]
    if limit > 0:
        place = f'y1="{y(limit):.1f}" y2="{y(limit):.1f}"'
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{right}" {place}/>')
    for line in series:
        parts += _line(line, x, y)
    parts += _labels(series, y, limit, shown)
    first, last = runs[0], runs[-1]
    parts.append(svg.text(LEFT, HEIGHT - 8, first, "axis"))
    if len(runs) > 1:
        parts.append(svg.text(right, HEIGHT - 8, last, "axis", "end"))
    return svg.document(title, WIDTH, HEIGHT, parts)


def _between(left: float, right: float, index: int, runs: Sequence[str]) -> float:
    return left + (right - left) * index / (len(runs) - 1)


def _line(line: Series, x: Callable[[int], float], y: Callable[[float], float]) -> list[str]:
    points = [(x(i), y(v), line.is_red[i]) for i, v in enumerate(line.values) if v is not None]
    parts = []
    if len(points) > 1:
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py, _ in points)
        parts.append(f'<polyline class="line" points="{path}"/>')
    for px, py, is_red in points:
        kind = "red" if is_red else "dot"
        parts.append(
            f'<circle class="{kind}" cx="{px:.1f}" cy="{py:.1f}" r="{3 if is_red else 2}"/>'
        )
    return parts


def _labels(
    series: Sequence[Series],
    y: Callable[[float], float],
    limit: float,
    shown: Callable[[float], str],
) -> list[str]:
    """The latest value of each series beside its end, moved apart where they would overlap."""
    wanted = [(y(limit), "limit-text", f"limit {shown(limit)}")]
    latest = [(line, line.values[-1], line.is_red[-1]) for line in series]
    ends = [(line.name, value, red) for line, value, red in latest if value is not None]
    ends.sort(key=lambda end: (not end[2], -end[1]))
    names = svg.labels([name for name, _, _ in ends[:MAX_LABELS]], MAX_NAME)
    for name, value, is_red in ends[:MAX_LABELS]:
        kind = "red" if is_red else "quiet"
        wanted.append((y(value), kind, f"{shown(value)} {names[name]}"))
    wanted.sort()
    places: list[float] = []
    for place, _, _ in wanted:
        places.append(max(place, places[-1] + LABEL_HEIGHT) if places else place)
    over = max(0.0, places[-1] - (HEIGHT - 6))
    x = WIDTH - RIGHT + 6
    return [
        svg.text(x, round(place - over + 4, 1), words, kind)
        for place, (_, kind, words) in zip(places, wanted, strict=True)
    ]
