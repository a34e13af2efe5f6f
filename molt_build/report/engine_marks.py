"""What tells engines apart in a picture: a mark for each, of its own shape and colour, explained.

All pictures of engines have the same marks in the same order, one style for them, and a legend that
takes as many lines as its words need.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from molt_build.report import svg

MARKS = ("circle", "diamond", "square", "triangle", "wedge", "cross")
RADIUS = 4.0
LEGEND_HEIGHT = 18  # of a line
LETTER_WIDTH = 6.3

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


def marks_of(engines: Collection[str]) -> dict[str, str]:
    """The mark of each engine; raises `ValueError` for more of them than there are marks."""
    if len(engines) > len(MARKS):
        raise ValueError(f"a picture tells {len(MARKS)} engines apart, not {len(engines)}")
    return dict(zip(engines, MARKS, strict=False))


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


def legend(
    marks: Mapping[str, str], entries: Iterable[tuple[str, str]], width: int, baseline: int
) -> tuple[list[str], int]:
    """The elements that explain marks, and how much higher they are than one line.

    An entry is an engine and the words on it; without an engine ("") they explain something else.
    """
    parts: list[str] = []
    x, line = 18.0, 0
    for engine, words in entries:
        room = LETTER_WIDTH * len(words)
        if x + room > width and x > 18.0:
            x, line = 18.0, line + 1
        here = baseline + LEGEND_HEIGHT * line
        parts += mark(marks[engine], x, here - 4.0) if engine else []
        start = x + 10 if engine else x
        parts.append(svg.text(start, here, words, "strong" if engine else "quiet"))
        x += 34 + room
    return parts, LEGEND_HEIGHT * line
