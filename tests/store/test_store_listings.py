"""Folders looked into once: the answers are those that asking the system each time would give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.store.listings import Listings

parts = st.sampled_from(["a", "b", "c.py", "d.pxd", ".hidden"])
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)


@given(files=st.lists(paths, max_size=6), asked=st.lists(paths, max_size=6))
def test_as_the_system_says(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], asked: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for file in files:
        try:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text("x")
        except OSError:  # a file stands where a folder is wanted, or the other way round
            continue
    listings = Listings(lambda folder: None)
    for path in [*files, *asked]:
        assert listings.has_file(str(root / path)) == (root / path).is_file()
    for pattern in ("**/*.py", "*.py", "a/*", "a/**/*.pxd"):
        found, _ = listings.matching(root, pattern)
        assert sorted(found) == sorted(
            str(p.relative_to(root))
            for p in root.glob(pattern)
            if p.is_file() and not any(part.startswith(".") for part in p.relative_to(root).parts)
        )


def test_what_leads_to_no_file_is_not_there(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    listings = Listings(lambda folder: None)
    assert not listings.has_file(str(link))
    assert not listings.has_file("/")
    assert not listings.has_file(str(tmp_path / "nothing" / "below"))
    (tmp_path / "nowhere").write_text("")
    assert listings.has_file(str(link))


def test_a_folder_is_noted_before_it_is_searched(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    noted: list[str] = []
    listings = Listings(noted.append)
    _, folders = listings.matching(tmp_path, "*/*.py")
    assert set(folders) == set(noted) == {str(tmp_path), str(tmp_path / "sub")}
    (tmp_path / "sub" / "late.py").write_text("")
    assert listings.matching(tmp_path, "*/*.py") == ((), folders)
