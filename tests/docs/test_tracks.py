"""Tracks have one name everywhere, and one page explains them."""

from __future__ import annotations

import re
import tomllib

from build_projects import REPOSITORY
from markdown_pages import rows_of, section


def test_tracks_have_one_name_everywhere() -> None:
    page = (REPOSITORY / "docs/tracks.md").read_text()
    head, *rows = rows_of(section(page, "The tracks of this repository"))
    names = [row[0] for row in rows]
    files = sorted((REPOSITORY / "manifests/tracks").glob("OPT-*.toml"))
    declared = [tomllib.loads(file.read_text()) for file in files]
    assert [f"{track['name']} {track['title']}" for track in declared] == names
    assert [row[0] for row in rows if row[head.index("a loss here, by tags")] == "yes"] == [
        f"{track['name']} {track['title']}" for track in declared if "tags" in track
    ]
    files = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    files += (REPOSITORY / "molt_build").rglob("*.py")
    mentions = 0
    for file in files:
        for found in re.finditer(r"OPT-\d{4} [^\n|;)`]*", file.read_text()):
            mentions += 1
            assert any(found[0].startswith(name) for name in names), (file, found[0])
    assert mentions > 20


def test_pages_that_name_tracks_lead_to_their_explanation() -> None:
    for page in ("friends", "compile_progress", "parts"):
        template = REPOSITORY / f"molt_build/report/templates/{page}.md.j2"
        assert "](../tracks.md)" in template.read_text()
    assert "](docs/tracks.md)" in (REPOSITORY / "README.md").read_text()
