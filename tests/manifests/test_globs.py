"""Which files a glob finds: those that a shell would, without entering links."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.manifests.globs import look

PATHS = ("a.py", "b.txt", "t/a.py", "t/x/b.py", "t/x/y/c.py", "t/.hidden/d.py", ".e.py", "u/x/f.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for path in PATHS:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return root


def found(root: Path, pattern: str, *exclude: str) -> list[str]:
    return list(look(str(root), pattern, exclude).files)


@pytest.mark.parametrize(
    ("pattern", "exclude", "wanted"),
    [
        ("*.py", (), ["a.py"]),
        ("**/*.py", (), ["a.py", "t/a.py", "t/x/b.py", "t/x/y/c.py", "u/x/f.py"]),
        ("t/**", (), ["t/a.py", "t/x/b.py", "t/x/y/c.py"]),
        ("*/x/*.py", (), ["t/x/b.py", "u/x/f.py"]),
        ("**/x/**/*.py", (), ["t/x/b.py", "t/x/y/c.py", "u/x/f.py"]),
        ("t/a.py", (), ["t/a.py"]),
        ("t/.hidden/*", (), ["t/.hidden/d.py"]),
        ("**/*.py", ("t/x/**",), ["a.py", "t/a.py", "u/x/f.py"]),
        ("**/*.py", ("**/[bc].py", "u/**"), ["a.py", "t/a.py"]),
        ("**/*.js", (), []),
        ("nowhere/*.py", (), []),
    ],
)
def test_files(tree: Path, pattern: str, exclude: tuple[str, ...], wanted: list[str]) -> None:
    assert found(tree, pattern, *exclude) == wanted


PARTS = st.sampled_from(["*", "**", "a.py", "*.py", "t", "x", "?", "[tu]", ".hidden", "[!a]*", "y"])


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_the_same_as_the_standard_library(tree: Path, parts: list[str]) -> None:
    pattern = "/".join(parts)
    theirs = {
        os.path.normpath(path)
        for path in glob.glob(pattern, root_dir=tree, recursive=True)
        if (tree / path).is_file()
    }
    assert set(found(tree, pattern)) == theirs


def test_links_to_folders_are_not_entered_and_links_to_files_are_files(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/a.py").write_text("")
    (tmp_path / "round").symlink_to(".")
    (tmp_path / "t/b.py").symlink_to("a.py")
    (tmp_path / "t/gone.py").symlink_to("nothing")
    assert found(tmp_path, "**/*.py") == ["t/a.py", "t/b.py"]


def test_folders_that_were_looked_into_are_told(tree: Path) -> None:
    looked = look(str(tree), "t/*/*.py")
    assert [os.path.relpath(folder, tree) for folder in looked.folders] == [".", "t", "t/x"]
    missing = look(str(tree / "none"), "*.py")
    assert missing.folders == {str(tree / "none"): None}
