"""The dashboard's page: the facts, what shows them, and a plotting library, in one file.

The library is Vega-Lite with Vega-Embed (https://vega.github.io/vega-lite), as the package
vl-convert-python brings it: none of it lies in this project. It draws SVG, which scales and prints.
It is packed as facts are, and begins when the first chart is to be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from molt_build.errors import ToolMissing
from molt_build.json_schema import Count
from molt_build.report.dashboard.contents import MOST_BYTES, Warn, contents
from molt_build.report.dashboard.packing import packed_text
from molt_build.temporary import write_whole

if TYPE_CHECKING:
    from molt_build.manifests.model import Manifests

INSTALL = 'pip install "molt-build[dashboard]"'
ASSETS = Path(__file__).with_name("assets")
SCRIPTS = (  # in the order in which one needs another
    "facts.js",
    "address.js",
    "elements.js",
    "table.js",
    "past.js",
    "charts.js",
    "board.js",
    "lanes.js",
    "histories.js",
    "latency.js",
    "locks.js",
    "signals.js",
    "runs.js",
    "start.js",
)
LIBRARY = "library"  # its part of the page
_SNIPPET = "globalThis.vegaEmbed = vegaEmbed;"
_MODE = 0o644  # for everybody to read, whatever the umask


@dataclass(frozen=True)
class WrittenDashboard:
    """The dashboard that was written."""

    file: Annotated[str, "Where it lies."]
    bytes: Annotated[Count, "What it takes."]
    runs: Annotated[Count, "How many recorded runs it knows."]
    results: Annotated[tuple[str, ...], "The runs whose results were read whole."]
    samples: Annotated[tuple[str, ...], "The runs whose raw samples are in it."]


def write_dashboard(
    project: Path, manifests: Manifests, file: Path, warn: Warn, *, engine: str | None = None
) -> WrittenDashboard:
    """Write the page, whole or not at all; raises `ToolMissing` without the library."""
    name = manifests.project.name
    script, version = _library()
    library = {LIBRARY: packed_text(script)}
    room = MOST_BYTES - len(_page(name, version, library).encode("utf-8"))
    made = contents(project, manifests, warn, engine=engine, room=room)
    page = _page(name, version, {**made.parts, **library})
    write_whole(file, page, mode=_MODE)
    return WrittenDashboard(
        file=str(file),
        bytes=len(page.encode("utf-8")),
        runs=made.runs,
        results=made.read,
        samples=made.with_samples,
    )


def _page(name: str, version: str, parts: Mapping[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    return environment.get_template("page.html.j2").render(
        name=name,
        parts=parts,
        style=_text("style.css"),
        script="\n".join(map(_text, SCRIPTS)),
        version=version,
        licences=_text("licences.txt"),
    )


def _library() -> tuple[str, str]:
    """Vega and Vega-Lite as one script, and their versions in words; raises `ToolMissing`."""
    try:
        import vl_convert
    except ImportError:
        message = "the dashboard needs the package vl-convert-python, which brings Vega-Lite"
        raise ToolMissing(message, INSTALL) from None
    latest = vl_convert.get_vegalite_versions()[-1]
    script = vl_convert.javascript_bundle(_SNIPPET, latest)
    return script, f"Vega-Lite {latest}, Vega {vl_convert.get_vega_version()}"


def _text(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
