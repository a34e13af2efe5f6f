"""Trees are removed, and folders made, without following a link; also beside who exchanges them."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.files import (
    LinkInTheWay,
    append_to,
    drop_links,
    empty_folder,
    real_folder,
    refuse_link,
    remove_files,
    remove_tree,
    write_new,
)

ROUNDS = 60
NOBODY = 65534


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of somebody else; it must stay as it is."""
    folder = tmp_path / "victim"
    (folder / "folder/deeper").mkdir(parents=True)
    (folder / "file").write_text("theirs")
    (folder / "folder/deeper/file").write_text("theirs too")
    before = content(folder)
    yield folder
    assert content(folder) == before


def content(folder: Path) -> dict[str, str]:
    """Every file below the folder, by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def a_tree(folder: Path) -> Path:
    """Three levels with files."""
    (folder / "a/b/c").mkdir(parents=True)
    for level in ("", "a", "a/b", "a/b/c"):
        (folder / level / "file").write_text("ours")
    return folder


LEVELS = ("", "a", "a/b", "a/b/c", "a/b/c/file")


@pytest.mark.parametrize("level", LEVELS)
def test_a_link_in_a_tree_is_removed_itself(tmp_path: Path, victim: Path, level: str) -> None:
    tree = a_tree(tmp_path / "tree")
    place = tree / level if level else tree
    place.rename(tmp_path / "moved")
    place.symlink_to(victim)
    assert not remove_tree(tree, may_fail=False)
    assert not os.path.lexists(tree)


@pytest.mark.parametrize("level", ("a", "a/b", "a/b/c"))
def test_a_link_on_the_way_to_a_tree_is_refused_and_named(
    tmp_path: Path, victim: Path, level: str
) -> None:
    tree = a_tree(tmp_path / "tree")
    shutil.rmtree(tree / level)
    (tree / level).symlink_to(victim)
    wanted = tree / level / "folder"
    with pytest.raises(LinkInTheWay, match=f"{tree / level} is a symbolic link"):
        remove_tree(wanted, root=tree, may_fail=False)
    [problem] = remove_tree(wanted, root=tree, may_fail=True)
    assert isinstance(problem, LinkInTheWay)


def test_a_root_may_be_reached_through_a_link(tmp_path: Path) -> None:
    tree = a_tree(tmp_path / "elsewhere")
    root = tmp_path / "root"
    root.symlink_to(tree)
    remove_tree(root / "a/b", root=root, may_fail=False)
    assert sorted(content(tree)) == ["a", "a/file", "file"]
    assert root.is_symlink()


def test_what_is_not_there_is_removed_already(tmp_path: Path) -> None:
    remove_tree(tmp_path / "missing", may_fail=False)
    remove_tree(tmp_path / "missing/as/well", may_fail=False)
    remove_tree(tmp_path / "missing/as/well", root=tmp_path, may_fail=False)


def test_depth_is_no_limit(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(1500):  # deeper than descriptors, the stack and the longest path allow
        os.mkdir("level", dir_fd=here)
        below = os.open("level", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(tree, may_fail=False)
    assert not tree.exists()


def test_folders_that_may_not_be_read_or_written_are_removed() -> None:
    """As an ordinary user: nothing is forbidden to root."""
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if os.getuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                remove_what_is_closed(Path(folder))
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert status == 0


def remove_what_is_closed(folder: Path) -> None:
    """What cannot be read is made so if it is of the tree, and else said."""
    tree, kept = folder / "tree", folder / "kept"
    a_tree(tree)
    for level, mode in (("a/b/c", 0o000), ("a/b", 0o300), ("a", 0o500), ("", 0o000)):
        (tree / level).chmod(mode)
    assert not remove_tree(tree, may_fail=False)
    assert not tree.exists()
    (kept / "tree").mkdir(parents=True)
    kept.chmod(0o500)  # not of the tree: it is left as it is
    [problem] = remove_tree(kept / "tree", may_fail=True)
    assert (problem.errno, problem.filename) == (errno.EACCES, str(kept / "tree"))
    with pytest.raises(OSError, match="kept/tree"):
        remove_tree(kept / "tree", may_fail=False)
    kept.chmod(0o700)


def exchanging(place: Path, victim: Path, work: Callable[[int], None]) -> int:
    """Do the work many times while a folder is exchanged for a link to the victim, and back.

    How often the exchange came in time to be met.
    """
    ended = threading.Event()
    exchanges = 0

    def exchange() -> None:
        nonlocal exchanges
        aside = place.with_name("aside")
        while not ended.is_set():
            try:
                place.rename(aside)
                place.symlink_to(victim)
                exchanges += 1
                place.unlink()
                aside.rename(place)
            except OSError:  # removed, or made anew, at this moment
                shutil.rmtree(aside, ignore_errors=True)

    deadline = time.monotonic() + 30
    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for number in itertools.count():
            work(number)
            # On a busy machine the other thread may not have had its turn yet.
            if number >= ROUNDS and (exchanges or time.monotonic() > deadline):
                break
    finally:
        ended.set()
        thread.join()
    return exchanges


@pytest.mark.parametrize("level", ("tree", "tree/a", "tree/a/b"))
def test_a_folder_that_becomes_a_link_while_it_is_removed(
    tmp_path: Path, victim: Path, level: str
) -> None:
    def work(_: int) -> None:
        for name in ("a/b/c", "a/b/d", "a/e"):
            try:
                real_folder(tmp_path, tmp_path / "tree" / name, replaces_links=True)
            except OSError:
                continue
        remove_tree(tmp_path / "tree", may_fail=True)

    assert exchanging(tmp_path / level, victim, work)


def test_a_folder_that_becomes_a_link_while_its_files_are_removed(
    tmp_path: Path, victim: Path
) -> None:
    def work(number: int) -> None:
        try:
            write_new(tmp_path, tmp_path / f"out/a/{number}", b"ours", 0o644)
            remove_files(tmp_path, tmp_path / "out", lambda path: False)
        except OSError:
            return  # refused at this moment

    assert exchanging(tmp_path / "out/a", victim, work)


def test_two_removals_of_one_tree_end(tmp_path: Path) -> None:
    for _ in range(30):
        tree = a_tree(tmp_path / "tree")
        threads = [
            threading.Thread(target=remove_tree, args=(tree,), kwargs={"may_fail": False})
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not tree.exists()


@pytest.mark.parametrize("level", ("a", "a/b", "a/b/c"))
def test_a_link_for_a_folder_is_replaced_or_refused(
    tmp_path: Path, victim: Path, level: str
) -> None:
    root = tmp_path / "root"
    (root / level).parent.mkdir(parents=True)
    (root / level).symlink_to(victim)
    with pytest.raises(LinkInTheWay) as refused:
        real_folder(root, root / "a/b/c")
    assert refused.value.errno == errno.ELOOP
    assert str(root / level) in refused.value.message
    real_folder(root, root / "a/b/c", replaces_links=True)
    assert (root / "a/b/c").resolve() == root / "a/b/c"
    assert list((root / "a/b/c").iterdir()) == []


def test_links_are_dropped_and_nothing_is_made(tmp_path: Path, victim: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a/b").symlink_to(victim)
    drop_links(root, root / "a/b/folder/deeper")
    assert list(root.rglob("*")) == [root / "a"]
    drop_links(root, root / "a/b/folder/deeper")
    drop_links(root / "missing", root / "missing/a")


def test_files_are_removed_by_their_path(tmp_path: Path, victim: Path) -> None:
    tree = a_tree(tmp_path / "tree")
    (tree / "a/link").symlink_to(victim)
    (tree / "a/to_file").symlink_to(victim / "file")
    (tree / "a/dangling").symlink_to(tmp_path / "nothing")
    remove_files(tmp_path, tree, lambda path: path == "a/b/file")
    assert list(content(tree)) == ["a", "a/b", "a/b/c", "a/b/file"]
    remove_files(tmp_path, tmp_path / "missing", lambda path: False)


def test_a_file_of_ours_takes_the_place_of_a_link(tmp_path: Path, victim: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").symlink_to(victim / "file")
    (root / "a").symlink_to(victim)
    write_new(root, root / "file", b"ours", 0o640)
    write_new(root, root / "a/folder", b"ours", 0o755)
    assert content(root) == {"a": "", "a/folder": "ours", "file": "ours"}
    assert (root / "file").stat().st_mode & 0o777 == 0o640


def test_a_folder_is_emptied_and_never_what_a_link_leads_to(tmp_path: Path, victim: Path) -> None:
    tree = a_tree(tmp_path / "scratch/home")
    (tree / "link").symlink_to(victim)
    empty_folder(tmp_path / "scratch", tree)
    assert list(tree.iterdir()) == []
    tree.rmdir()
    tree.symlink_to(victim)
    empty_folder(tmp_path / "scratch", tree)
    assert not tree.is_symlink()


def test_nothing_is_appended_through_a_link(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "log").symlink_to(victim / "file")
    with pytest.raises(LinkInTheWay):
        append_to(tmp_path / "log")
    with pytest.raises(LinkInTheWay):
        refuse_link(tmp_path / "log")
    refuse_link(tmp_path / "nothing")
    os.close(append_to(tmp_path / "new"))


NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["folder", "file", "link", "dangling"]), st.lists(NAMES, max_size=3)),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=30)
def test_any_tree_is_removed_and_nothing_else(steps: list[tuple[str, list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        other = a_tree(place / "other")
        before = content(other)
        tree = place / "tree"
        for kind, names in steps:
            path = tree.joinpath(*names, "leaf")
            if path.parent.resolve() != path.parent or os.path.lexists(path):
                continue  # it would be made behind a link
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "folder":
                    path.mkdir()
                elif kind == "file":
                    path.write_text("ours")
                else:
                    path.symlink_to(other if kind == "link" else "nothing")
            except (FileExistsError, NotADirectoryError):
                continue
        remove_tree(tree, may_fail=False)
        assert not os.path.lexists(tree)
        assert content(other) == before
