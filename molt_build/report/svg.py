"""What all pictures share: SVG without scripts, fonts or links, readable in light and dark.

Colours follow the reader's light or dark scheme, and what matters is also said by a label or a
shape, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

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
