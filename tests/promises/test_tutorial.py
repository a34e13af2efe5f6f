"""The tutorial is followed, from an empty folder to a page of results."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from build_projects import REPOSITORY, needs
from followed_pages import Follower, pieces

PAGE = (REPOSITORY / "docs/tutorial.md").read_text()


def test_the_tutorial_is_followed(tmp_path: Path) -> None:
    needs("gcc")
    folder, cache = tmp_path / "a reader", tmp_path / "cache"
    folder.mkdir()
    variables = {"TESTED_LOCK": str(tmp_path / "lock"), "TESTED_QUICK_BLOCKS": "1"}
    reader = Follower.beginning(folder, cache, variables)
    reader.follow(PAGE)
    lab = folder / "lab"
    assert reader.folder == lab
    page = (lab / "page.md").read_text()
    faster = re.search(r"\*\*tinyc\*\* \(tinyc\) is \*\*([\d.]+) times\*\* as fast", page)
    assert faster is not None and float(faster[1]) > 1
    assert "1 of 1 program scored by all of cpython, tinyc." in page
    manifest = tomllib.loads((lab / "manifests/toolchains/tinyc.toml").read_text())
    assert [stage.get("digest") for stage in manifest["stages"]] == ["tokens", None]
    assert manifest["reason_pattern"] and manifest["unsupported"]


def test_its_files_are_as_long_as_it_says() -> None:
    [compiler] = [piece for piece in pieces(PAGE) if piece.language == "python"]
    lines = len(compiler.text.splitlines())
    assert f"It is {lines} lines" in PAGE
