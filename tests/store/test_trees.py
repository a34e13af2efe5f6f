"""Folders in the store, whatever they hold: what is laid down is what was put in."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.store.digest import both_digests
from molt_build.store.store import Store
from molt_build.store.tree import Tree, read_tree, tree_of
from molt_build.store.trees import lay_from_store, put_tree

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=6)
NAMES = NAMES.filter(lambda name: name not in ("", ".", ".."))
NAMES = NAMES | st.sampled_from(["a", "b", "\udcff", " "])
# Bytes are a file (one to be executed where they begin with "x"), a number is a link to a sibling.
FOLDERS = st.recursive(
    st.binary(max_size=4) | st.integers(0, 3),
    lambda inside: st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=12,
)
TOPS = st.dictionaries(NAMES, FOLDERS, max_size=4)


def write(folder: Path, content: dict[str, object]) -> None:
    folder.mkdir()
    for name, what in content.items():
        path = folder / name
        if isinstance(what, dict):
            write(path, what)
        elif isinstance(what, bytes):
            path.write_bytes(what)
            path.chmod(0o755 if what.startswith(b"x") else 0o644)
        else:
            path.symlink_to(sorted(content)[what % len(content)])


def tree(folder: Path) -> Tree:
    return tree_of(folder, lambda file: both_digests(Path(file).read_bytes()))


@settings(max_examples=25)
@given(TOPS, TOPS)
def test_a_folder_is_laid_down_over_any_other(
    first: dict[str, object], second: dict[str, object]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "cache").mkdir()
        store = Store(root / "cache", lambda line: None)
        write(root / "first", first)
        write(root / "second", second)
        blobs = []
        for name in ("first", "second"):
            blob, put = put_tree(store, root / name, f"{name}/")
            assert put == tree(root / name) == read_tree(put.document())
            assert blob.xxh3 == tree(root / name).blob("x/").xxh3
            blobs.append(blob)
        assert (blobs[0].xxh3 == blobs[1].xxh3) == (tree(root / "first") == tree(root / "second"))
        at = root / "there"
        for blob, name in zip([*blobs, blobs[0]], ["first", "second", "first"], strict=True):
            assert lay_from_store(store, blob, at, root)
            assert tree(at) == tree(root / name)
            times = {str(path): path.lstat().st_mtime_ns for path in at.rglob("*")}
            assert lay_from_store(store, blob, at, root)  # as it lies there already
            assert {str(path): path.lstat().st_mtime_ns for path in at.rglob("*")} == times


def test_nothing_is_written_through_a_link_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    store = Store(tmp_path / "cache", lambda line: None)
    write(tmp_path / "made", {"sub": {"file": b"new"}})
    blob, _ = put_tree(store, tmp_path / "made", "made/")
    write(tmp_path / "precious", {"file": b"old", "other": b"old"})
    at = tmp_path / "root/at"
    at.mkdir(parents=True)
    (at / "sub").symlink_to(tmp_path / "precious")
    assert lay_from_store(store, blob, at, tmp_path / "root")
    assert (at / "sub/file").read_bytes() == b"new"
    shutil.rmtree(at)
    at.symlink_to(tmp_path / "precious")
    assert lay_from_store(store, blob, at, tmp_path / "root")
    assert sorted(os.listdir(tmp_path / "precious")) == ["file", "other"]
    assert (tmp_path / "precious/file").read_bytes() == b"old"
