"""What a killed process leaves goes with the next run, and nothing that anybody still uses."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY, Project
from lane_projects import WORK, lane_project
from other_processes import PATIENCE_S, end_of, kill_all, running, wait_for

from molt_build.temporary import (
    new_folder,
    remove_abandoned_files,
    remove_abandoned_folders,
    replacing,
    temporary_file,
    write_whole,
)

DIGITS = "0123456789abcdef"


def left_over(*folders: Path) -> list[str]:
    """Every temporary name below the folders."""
    name = re.compile(rf".*[-.][{DIGITS}]{{16}}(\.tmp)?|\.clock-.*|\.fetch-.*|.*\.tmp")
    return sorted(
        str(path) for folder in folders for path in folder.rglob("*") if name.fullmatch(path.name)
    )


def killed(code: str, *words: str) -> subprocess.Popen[str]:
    """Run the code until it prints a line, and then kill it."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.kill()
    process.wait(PATIENCE_S)
    return process


FOLDER = """if True:
    import sys, time
    from pathlib import Path
    from molt_build.temporary import new_folder
    made = new_folder("it-", Path(sys.argv[1]))
    (made.path / "file").write_text("left")
    print("made", flush=True)
    time.sleep(600)
"""
FILE = """if True:
    import sys, time
    from pathlib import Path
    from molt_build.temporary import replacing
    with replacing(Path(sys.argv[1]) / "file") as stream:
        stream.write(b"half")
        print("begun", flush=True)
        time.sleep(600)
"""
CHILD = """if True:
    import subprocess, sys, time
    from pathlib import Path
    from molt_build.temporary import new_folder
    made = new_folder("it-", Path(sys.argv[1]))
    child = subprocess.Popen(["sleep", "600"], pass_fds=[made.descriptor], stdout=2)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_what_a_living_process_uses_stays(tmp_path: Path) -> None:
    with (
        new_folder("it-", tmp_path) as folder,
        replacing(tmp_path / "file") as stream,
        temporary_file(tmp_path) as (path, _),
    ):
        remove_abandoned_folders(tmp_path)
        remove_abandoned_files(tmp_path, tmp_path)
        assert folder.is_dir() and os.path.exists(path)
        stream.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_process_used_is_removed(tmp_path: Path) -> None:
    killed(FOLDER, str(tmp_path))
    killed(FILE, str(tmp_path))
    assert len(left_over(tmp_path)) == 2
    remove_abandoned_folders(tmp_path)
    write_whole(tmp_path / "other", "text")  # whoever writes beside it removes it
    assert [entry.name for entry in tmp_path.iterdir()] == ["other"]


def test_a_child_that_lives_keeps_a_folder(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.wait(PATIENCE_S)
    [folder] = tmp_path.iterdir()
    remove_abandoned_folders(tmp_path)
    assert folder.is_dir()
    os.kill(child, signal.SIGKILL)

    def is_gone() -> bool:
        remove_abandoned_folders(tmp_path)
        return not folder.exists()

    wait_for(is_gone, "the removal")


@pytest.mark.parametrize(
    "name",
    ("work-abcdefgh", f"it-{DIGITS}.kept", f"{DIGITS}", f"it-{DIGITS}0x", f".file.{DIGITS}"),
)
def test_other_names_are_never_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / f"{name}.txt").write_text("theirs")
    remove_abandoned_folders(tmp_path)
    remove_abandoned_files(tmp_path, tmp_path, is_deep=True)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_link_with_the_name_of_a_leftover_leads_nowhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / f".file.{DIGITS}.tmp").write_text("theirs")
    place = tmp_path / "place"
    place.mkdir()
    (place / f"it-{DIGITS}").symlink_to(victim)
    (place / f".file.{DIGITS}.tmp").symlink_to(victim / f".file.{DIGITS}.tmp")
    (place / "sub").symlink_to(victim)
    remove_abandoned_folders(place)
    remove_abandoned_files(place, place, is_deep=True)
    assert (victim / f".file.{DIGITS}.tmp").read_text() == "theirs"


def test_what_is_of_another_user_stays(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    folder = tmp_path / f"it-{DIGITS}"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    remove_abandoned_folders(tmp_path)
    assert folder.is_dir()


def test_making_and_removing_side_by_side(tmp_path: Path) -> None:
    """Nobody loses what it has just made, whoever looks for leftovers at that moment."""
    ended = threading.Event()
    problems: list[str] = []

    def sweep() -> None:
        while not ended.is_set():
            remove_abandoned_folders(tmp_path)
            remove_abandoned_files(tmp_path, tmp_path)

    def make(number: int) -> None:
        for _ in range(40):
            with new_folder("it-", tmp_path) as folder:
                try:
                    (folder / "file").write_text("used")
                    write_whole(tmp_path / f"file-{number}", "whole")
                    assert (folder / "file").read_text() == "used"
                    assert (tmp_path / f"file-{number}").read_text() == "whole"
                except (OSError, AssertionError) as error:
                    problems.append(repr(error))

    sweeper = threading.Thread(target=sweep)
    makers = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in (sweeper, *makers):
        thread.start()
    for thread in makers:
        thread.join()
    ended.set()
    sweeper.join()
    assert problems == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"file-{n}" for n in range(4)]


def end_all(project: Project) -> None:
    """What a killed build had started; else its folders are in use."""
    kill_all(running(str(project.cache)))
    wait_for(lambda: not running(str(project.cache)), "the compiler's end")


def test_a_killed_build_leaves_nothing_behind_the_next(toys: Project, tmp_path: Path) -> None:
    toys.build("two")
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one")
    wait_for(lambda: toys.has_logged("translate one.toy"), "the tool to start")
    process.kill()
    end_of(process)
    [staging] = (toys.cache / "staging").iterdir()
    toys.write("programs/two.toy", "another\n")
    toys.build("two")
    assert staging.is_dir()  # the compiler still runs there
    end_all(toys)
    toys.write("programs/two.toy", "and another\n")
    toys.build("two")
    assert left_over(toys.cache, toys.root) == []
    assert list((toys.cache / "staging").iterdir()) == []


def test_builds_killed_at_any_moment(toys: Project) -> None:
    """Half-written plans, blobs, outputs: whatever it was, the next build takes it away."""
    for number in range(5):
        for name in ("one", "two", "three"):
            toys.write(f"programs/{name}.toy", f"text {number}\n")
        process = toys.start("build", "--jobs", "3")
        time.sleep(0.2 + 0.2 * number)
        process.kill()
        end_of(process)
    end_all(toys)
    toys.write("programs/one.toy", "the last\n")
    toys.build()
    assert left_over(toys.cache, toys.root) == []
    assert list((toys.cache / "staging").iterdir()) == []
    assert list((toys.cache / "store/tmp").iterdir()) == []
    assert "the last" in toys.output("one/one.sh").read_text()


def test_temporary_files_of_the_dead_go_wherever_they_lie(toys: Project) -> None:
    toys.build("one")
    dead = (
        *(toys.root / ".molt-build" / name for name in ("plans", "plans/toy/dev", "plans/toy")),
        *(toys.output("one"), toys.cache, toys.cache / "store", toys.cache / "store/tmp"),
        *(toys.cache / "store/locks", toys.cache / "store/hold-times"),
    )
    for folder in dead:
        (folder / f".left.{DIGITS}.tmp").write_text("left")
    with open(toys.root / f".molt-build/plans/.used.{DIGITS}.tmp", "w") as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        toys.write("programs/one.toy", "another\n")
        toys.build("one")
        assert [Path(path).name for path in left_over(toys.root, toys.cache)] == [
            f".used.{DIGITS}.tmp"
        ]


def test_a_kept_staging_directory_stays(toys: Project) -> None:
    toys.write("programs/one.toy", "FAIL\n")
    assert toys.run("build", "one", "--keep-staging").code == 1
    [kept] = (toys.cache / "staging").iterdir()
    toys.build("two")
    assert (kept / "stage/one.toy").read_text() == "FAIL\n"


def test_a_source_whose_fetching_was_killed_is_removed(toys: Project) -> None:
    toys.build("one")
    for kind in ("sources", "environments"):
        for name in ("begun", "whole", "going"):
            (toys.cache / kind / name).mkdir(parents=True)
            (toys.cache / kind / f"{name}.lock").write_text("")
        (toys.cache / kind / "whole/complete").write_text("")
    with open(toys.cache / "sources/going.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        toys.write("programs/one.toy", "another\n")
        toys.build("one")
        there = {path.name for path in (toys.cache / "sources").iterdir()}
        assert there == {"whole", "going", "going.lock"}
    assert [path.name for path in (toys.cache / "environments").iterdir()] == ["whole"]


def killed_when(start: Callable[[], subprocess.Popen[str]], condition: Callable[[], Any]) -> None:
    process = start()
    wait_for(condition, "the moment")
    process.kill()
    end_of(process)


def test_a_killed_bench_leaves_nothing_behind_the_next(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary)}
    other = temporary / f"somebodys-{DIGITS}"
    other.mkdir()

    def start() -> subprocess.Popen[str]:
        return lane.start("bench", "toys_native", "--quick", env=environment)

    killed_when(start, lambda: list(temporary.glob("molt-build-run-*")))
    first = set(temporary.glob("molt-build-*"))
    killed_when(start, lambda: set(temporary.glob("molt-build-run-*")) - first)
    assert set(temporary.glob("molt-build-*"))
    wait_for(lambda: not running(str(temporary)), "the end of what it measured")
    process = start()
    err = end_of(process)[1]
    assert process.returncode == 0, err
    assert list(temporary.iterdir()) == [other]
    assert left_over(lane.project.root, lane.project.cache) == []
