"""Who runs now, and what the store holds: known without walking through it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from build_projects import Project
from hypothesis import given
from hypothesis import strategies as st
from other_processes import end_of, kill_all, running, wait_for

from molt_build.store.pruning import keep_within, prune
from molt_build.store.registry import register, running_builds, shut_gate
from molt_build.store.size import ADDITIONS_KEPT, add, estimate, set_counted, stored_files


def lines(project: Project) -> list[str]:
    return (project.cache / "store/size").read_text().split()


def total(project: Project) -> int:
    return sum(status.st_size for _, status in stored_files(project.cache / "store"))


def test_the_size_is_counted_once_and_then_added_to(toys: Project) -> None:
    toys.build()
    assert lines(toys) == [f"={total(toys)}"]
    toys.write("programs/one.toy", "another\n")
    toys.build()
    first, second = lines(toys)
    assert second.startswith("+")
    assert int(first[1:]) + int(second[1:]) >= total(toys)
    shutil.rmtree(toys.root / ".molt-build")
    toys.build()  # hits put nothing in
    assert lines(toys) == [first, second]


@pytest.mark.parametrize("content", [b"", b"12\n", b"=1x\n", b"=5\n+6\n7\n", b"\xff\n", b"+3\n"])
def test_a_damaged_size_is_counted_anew(toys: Project, content: bytes) -> None:
    toys.build("one")
    (toys.cache / "store/size").write_bytes(content)
    toys.write("programs/one.toy", "another\n")
    toys.build("one")
    assert lines(toys) == [f"={total(toys)}"]


@given(counted=st.integers(0, 10**15), added=st.lists(st.integers(0, 10**12), max_size=300))
def test_the_estimate_is_the_sum(
    tmp_path_factory: pytest.TempPathFactory, counted: int, added: list[int]
) -> None:
    root = tmp_path_factory.mktemp("store")
    (root / "tmp").mkdir()
    set_counted(root, counted)
    for size in added:
        add(root, size)
    known = estimate(root)
    if len(added) >= ADDITIONS_KEPT:
        assert known is None
    else:
        assert known == (counted, counted + sum(added))


def test_a_limit_that_cannot_be_kept_is_not_tried_at_every_end(tmp_path: Path) -> None:
    """Beside a running build, a store of used files is looked through once, and then left."""
    blob = tmp_path / "store/blobs/ab/abcd"
    blob.parent.mkdir(parents=True)
    (tmp_path / "store/tmp").mkdir()
    running = register(tmp_path)
    blob.write_bytes(bytes(5000))
    found = keep_within(tmp_path, 1000, 5000)
    assert found is not None and not found.fits and found.spared_for
    assert keep_within(tmp_path, 1000, 10) is None
    assert keep_within(tmp_path, 1000, 4000) is not None  # it has grown
    assert blob.exists()
    running.end()
    assert prune(tmp_path, 1000).fits
    assert not blob.exists()


def test_a_dead_build_is_no_running_build(toys: Project) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the start")
    [found] = running_builds(toys.cache)
    assert found.who == f"process {process.pid} (__main__.py build one)"
    assert abs(found.began_ns / 1e9 - time.time()) < 60
    process.kill()
    end_of(process)
    assert running_builds(toys.cache) == []
    assert [path.name for path in (toys.cache / "running").iterdir()] == ["gate"]
    kill_all(running(str(toys.cache)))


def test_builds_that_begin_wait_for_a_removal(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
    program += "from molt_build.store.registry import register\n"
    program += "register(Path(sys.argv[1])); print('begun')"
    repository = Path(__file__).parents[2]
    (tmp_path / "running").mkdir()
    with shut_gate(tmp_path) as running:
        assert running == []
        words = [sys.executable, "-c", program, str(tmp_path), str(repository)]
        beginner = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: running_builds(tmp_path), "the registration")
        assert beginner.poll() is None
    assert end_of(beginner)[0] == "begun\n"


def test_a_gate_that_stays_shut_stops_nobody(toys: Project) -> None:
    """Whoever holds it may have been stopped: builds go on, pruning leaves it to the other."""
    toys.build("one")
    with open(toys.cache / "running/gate", "rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        toys.write("programs/one.toy", "another\n")
        assert toys.build("one")["executed"] == 2
        result = toys.run("cache", "prune", "--to", "0")
        assert result.code == 0
        assert "somebody else makes room in the store" in result.err
        result = toys.run("cache", "clear", "--all")
        assert result.code == 4


def test_several_who_make_room_at_once_remove_no_more_than_one_would(tmp_path: Path) -> None:
    """What the others have removed meanwhile is room as well."""
    for number in range(400):
        blob = tmp_path / f"store/blobs/{number % 100:02x}/{number:032x}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(bytes(1000))
        os.utime(blob, (number, number))
    (tmp_path / "store/tmp").mkdir()
    register(tmp_path).end()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: prune(tmp_path, 300_000), range(6)))
    kept = sum(status.st_size for _, status in stored_files(tmp_path / "store"))
    assert 300_000 - 1000 <= kept <= 300_000
    assert sum(one.removed_bytes for one in found) == 400_000 - kept
