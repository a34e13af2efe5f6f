"""What all pictures share: SVG without scripts, fonts or links, readable in light and dark.

Colours follow the reader's light or dark scheme, and what matters is also said by a label or a
shape, never by colour alone. Names that are too long for a picture are cut in one way for all of
them, and two that differ are never cut alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from xml.sax.saxutils import escape

from molt_build.report.formatting import shortened

CUT = "…"

STYLE = """\
text { font: 11px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.axis, .quiet { fill: #57606a; }
.frame { stroke: #d0d7de; stroke-width: 1; fill: none; }
.line { stroke: #0969da; stroke-width: 1.5; fill: none; }
.dot { fill: #0969da; }
.red { fill: #cf222e; }
.limit { stroke: #9a6700; stroke-width: 1; stroke-dasharray: 5 3; }
.limit-text { fill: #9a6700; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .axis, .quiet { fill: #9198a1; }
  .frame { stroke: #3d444d; }
  .line { stroke: #4493f8; }
  .dot { fill: #4493f8; }
  .red { fill: #ff7b72; }
  .limit { stroke: #d29922; }
  .limit-text { fill: #d29922; }
}"""


def document(title: str, width: int, height: int, parts: Sequence[str], style: str = STYLE) -> str:
    """The whole picture of these elements, with its size in pixels and a title to be read out."""
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>",
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    """Words at a place; `anchor` is start, middle or end."""
    more = f' class="{kind}"' if kind else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{more} x="{x:g}" y="{y:g}">{escape(words)}</text>'


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """The round numbers between two above zero: on a logarithmic scale so many can be labelled."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for steps in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,)):
        every = [float(f"{step * 10.0**power:.3g}") for power in powers for step in steps]
        found = [one for one in every if low <= one <= high]
        if len(found) <= most:
            return found
    return found[:: math.ceil(len(found) / most)]


def labels(names: Sequence[str], letters: int) -> Mapping[str, str]:
    """What each name is called in a picture: itself, or cut to so many letters (8 or more).

    A name is cut at its end where its beginning tells it from all others; else in the middle, with
    as much of the end as it takes; and where that does not tell, it ends with a number.
    """
    if letters < 8:
        raise ValueError(f"{letters} letters do not tell names apart")
    found = {name: name for name in names if len(name) <= letters}
    long = [name for name in dict.fromkeys(names) if name not in found]
    beginnings = [name[: letters - 1] for name in long]
    for name in long:
        taken = set(found.values())
        is_alone = beginnings.count(name[: letters - 1]) == 1
        cuts = _cuts(name, letters, is_alone=is_alone)
        found[name] = next(cut for cut in cuts if cut not in taken)
    return found


def _cuts(name: str, letters: int, *, is_alone: bool) -> Iterator[str]:
    """All that a name may be called, the best first; there is always another one."""
    if is_alone:
        yield shortened(name, letters, CUT)
    for share in (0.35, 0.5, 0.65, 0.8):
        end = int(letters * share)
        yield name[: letters - end - 1] + CUT + name[-end:]
    for number in count(2):
        yield shortened(name, letters - len(str(number)), CUT) + str(number)
