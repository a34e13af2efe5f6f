"""Several builds at once, and builds that end in the middle."""

from __future__ import annotations

import collections
import json
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed, statuses, until_waiting, workload
from other_processes import (
    PATIENCE_S,
    end_of,
    interrupt,
    kill_all,
    running,
    wait_for,
)

from molt_build.store.layout import open_layout
from molt_build.store.locks import processes_with
from molt_build.store.store import Store

MANY = [f"p{number}" for number in range(4)]


def make_many(project: Project) -> None:
    rows = [f"{name}={name}.toy" for name in MANY]
    project.write("manifests/workloads/programs.toml", workload("toy", *rows))
    for name in MANY:
        project.write(f"programs/{name}.toy", f"NAP {name}\n")


def finish(processes: list[subprocess.Popen[str]]) -> list[dict[str, object]]:
    reports = []
    for process in processes:
        out, err = end_of(process)
        assert process.returncode == 0, err
        assert "Traceback" not in err
        reports.append(json.loads(out))
    return reports


def test_four_builds_of_one_project_execute_each_key_once(toys: Project) -> None:
    make_many(toys)
    words = ("build", "--json", "--jobs", "2")
    reports = finish([toys.start(*words) for _ in range(4)])
    lines = collections.Counter(toys.log())
    assert set(lines.values()) == {1}, lines
    assert len(lines) == 2 * len(MANY)
    assert sum(len(executed(report)) for report in reports) == 2 * len(MANY)
    for report in reports:
        assert len(report["actions"]) == 2 * len(MANY)  # type: ignore[arg-type]
    assert toys.build()["executed"] == 0
    for name in MANY:
        assert toys.output(f"{name}/{name}.sh").read_text() == f'#!/bin/sh\necho "NAP {name}"\n'
    assert not list((toys.cache / "staging").iterdir())
    assert not list((toys.cache / "store/tmp").iterdir())
    assert not list((toys.cache / "store/locks").iterdir())


def test_four_checkouts_execute_each_key_once(toys: Project, tmp_path: Path) -> None:
    make_many(toys)
    copies = [toys, *(toys.copy(tmp_path / f"copy {number}") for number in range(3))]
    finish([copy.start("build", "--json", "--jobs", "2") for copy in copies])
    lines = collections.Counter(toys.log())
    assert set(lines.values()) == {1}, lines
    for copy in copies:
        assert copy.output("p3/p3.sh").is_file()


def test_a_build_that_is_killed(toys: Project) -> None:
    toys.write("programs/two.toy", "SLEEP\n")
    process = toys.start("build", "--jobs", "1")
    wait_for(lambda: toys.output("one/one.sh").exists(), "the first program")
    wait_for(lambda: toys.has_logged("translate two.toy"), "the second")
    process.kill()
    process.wait(PATIENCE_S)
    kill_all(running(str(toys.cache)))
    toys.log()
    toys.write("programs/two.toy", "awake\n")
    report = toys.build()
    assert report["failed"] == 0
    assert set(executed(report)) <= {
        f"{p} {s}" for p in ("two", "three") for s in ("translate", "assemble")
    }
    assert toys.build()["up_to_date"] == 6


def test_an_interrupted_build(toys: Project) -> None:
    """Exit code 130, nothing left running, and what was done before is kept."""
    toys.write("programs/two.toy", "SLEEP\n")
    process = toys.start("build", "--jobs", "1")
    wait_for(lambda: toys.has_logged("translate two.toy"), "the second program")
    interrupt(process)
    out, err = end_of(process)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert out == ""
    assert running(str(toys.cache)) == []
    assert not list((toys.cache / "staging").iterdir())
    toys.log()
    toys.write("programs/two.toy", "awake\n")
    assert "one translate" not in executed(toys.build())


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_an_interrupt_with_several_running(toys: Project, jobs: str) -> None:
    for name in ("one", "two", "three"):
        toys.write(f"programs/{name}.toy", "SLEEP\n")
    process = toys.start("build", "--jobs", jobs, "--keep-going")
    wait_for(
        lambda: toys.log_file.exists() and len(toys.log_file.read_text().split("\n")) > int(jobs),
        "the start",
    )
    interrupt(process)
    end_of(process)
    assert process.returncode == 130
    assert running(str(toys.cache)) == []


def test_a_waiting_build_takes_what_the_other_made(toys: Project, tmp_path: Path) -> None:
    toys.write("programs/one.toy", "HOLD\n")
    first = toys.start("build", "one", "--json")
    wait_for(toys.has_logged, "the start")
    second = toys.copy(tmp_path / "other").start("build", "one", "--json")
    until_waiting(toys, [second], 1)
    toys.go_on.touch()
    report, other_report = finish([second, first])
    assert statuses(report)["one translate"] == "hit"
    # What comes next is free for both.
    assert len(executed(report)) + len(executed(other_report)) == 2
    assert toys.log() == ["translate one.toy", "assemble one.text"]


def test_eight_builds_of_one_program_execute_each_key_once(toys: Project, tmp_path: Path) -> None:
    toys.write("programs/one.toy", "HOLD\n")
    copies = [toys, toys, *(toys.copy(tmp_path / f"copy {number}") for number in range(6))]
    builds = [copy.start("build", "one", "--json") for copy in copies]
    until_waiting(toys, builds, 7)
    toys.go_on.touch()
    reports = finish(builds)
    assert toys.log() == ["translate one.toy", "assemble one.text"]
    rows = [row for report in reports for row in report["locks"]]  # type: ignore[attr-defined]
    assert {row["kind"] for row in rows} == {"flight"}
    waits = [row for row in rows if row["waited_s"] > 0]
    assert {row["name"] for row in waits} <= {"one/translate", "one/assemble"}
    assert len({row["holder"]["pid"] for row in waits}) >= 1
    for row in waits:
        assert "build one --json" in row["holder"]["command"]
        assert row["attempts"] > 1
    assert not list((toys.cache / "store/locks").iterdir())


def test_a_failure_is_shared_by_all_who_wait(toys: Project, tmp_path: Path) -> None:
    toys.write("programs/one.toy", "HOLD FAIL\n")
    first = toys.start("build", "one", "--json")
    wait_for(toys.has_logged, "the start")
    others = [toys.copy(tmp_path / f"copy {n}").start("build", "one", "--json") for n in range(2)]
    others.append(toys.start("build", "one"))
    until_waiting(toys, others, 3)
    toys.go_on.touch()
    _, err = end_of(others.pop())
    assert "it's too" in err and "exit status 7" in err
    rows = []
    for process in (first, *others):
        out, err = end_of(process)
        assert process.returncode == 1, err
        report = json.loads(out)
        assert "toyc: error: it's too" in report["actions"][0]["message"]
        rows += report["locks"]
    assert len(rows) == 3
    assert toys.log() == ["translate one.toy"]
    assert any(row["waited_s"] > 0 for row in rows)
    assert not [p for p in (toys.cache / "store/locks").iterdir() if p.suffix != ".failure"]
    assert toys.run("build", "one").code == 1  # who comes later tries again
    assert toys.log() == ["translate one.toy"]


def test_who_waits_for_a_killed_build_goes_on_when_its_compiler_has_ended(
    toys: Project, tmp_path: Path
) -> None:
    """The compiler outlives its build: two compilers of one key at once would be one too many."""
    first_time, go_on = tmp_path / "first", tmp_path / "go on"
    toys.replace(
        "tools/toyc",
        "sleep 600",
        f"if mkdir '{first_time}' 2>/dev/null; then while ! [ -e '{go_on}' ]; do sleep 0.05; done; "
        f"echo 'the first has ended' >> '{toys.log_file}'; fi",
    )
    toys.write("programs/one.toy", "SLEEP\n")
    first = toys.start("build", "one")
    wait_for(first_time.exists, "the start")
    first.kill()
    first.wait(PATIENCE_S)
    [lock] = (toys.cache / "store/locks").iterdir()
    compilers = processes_with(lock)
    assert compilers  # what keeps the lock
    second = toys.start("build", "one", "--json")
    until_waiting(toys, [second], 1)
    assert toys.log_file.read_text() == "translate one.toy\n"
    go_on.touch()
    [report] = finish([second])
    assert executed(report) == ["one translate", "one assemble"]
    assert toys.log() == [
        *("translate one.toy", "the first has ended"),
        *("translate one.toy", "assemble one.text"),
    ]
    row = report["locks"][0]  # type: ignore[index]
    assert (row["name"], row["holder"]["pid"]) == ("one/translate", first.pid)
    assert not list((toys.cache / "store/locks").iterdir())


def test_what_a_killed_build_left_is_removed_by_the_next(toys: Project) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the start")
    process.kill()
    process.wait(PATIENCE_S)
    [lock] = (toys.cache / "store/locks").iterdir()
    toys.build("two")
    assert lock.exists()  # the compiler still runs
    kill_all(running(str(toys.cache)))
    wait_for(lambda: not processes_with(lock), "the compiler's end")
    toys.build("three")
    assert not list((toys.cache / "store/locks").iterdir())


def test_a_flight_that_takes_too_long_names_the_other_build(toys: Project, tmp_path: Path) -> None:
    cache_manifest(toys, "[locks]\nflight_timeout_s = 0.3\n")
    toys.write("programs/one.toy", "SLEEP\n")
    first = toys.start("build", "one")
    wait_for(toys.has_logged, "the start")
    result = toys.copy(tmp_path / "other").run("build", "one")
    interrupt(first)
    end_of(first)
    assert result.code == 4
    assert f"for flight one/translate, held by process {first.pid} (" in result.err
    assert "let it finish, or end that process, and build again" in result.err


def test_builds_that_begin_an_empty_store_at_once_have_one_folder_of_locks(tmp_path: Path) -> None:
    """Nobody takes a folder that another build made this moment for damage, and moves it away."""
    said: list[str] = []
    with ThreadPoolExecutor(8) as pool:
        for number in range(60):
            cache = tmp_path / str(number)
            cache.mkdir()
            ready = threading.Barrier(8)

            def begin(cache: Path = cache, ready: threading.Barrier = ready) -> int:
                ready.wait()
                root = open_layout(cache, said.append)
                return (root / "locks").stat().st_ino

            seen = {one.result() for one in [pool.submit(begin) for _ in range(8)]}
            assert len(seen) == 1
            assert list((cache / "store/quarantine").iterdir()) == []
    assert said == []


def test_a_folder_that_another_build_made_this_moment_is_no_damage(tmp_path: Path) -> None:
    """What looks up and what publishes in a folder of the store that begins to be."""
    said: list[str] = []
    store = Store(tmp_path, said.append)
    blobs = tmp_path / "store/blobs"
    source = tmp_path / "output"
    source.write_text("made")
    kept = store.put_file(source, "output")
    folder = next(path for path in blobs.iterdir() if path.is_dir())
    for _ in range(120):
        shutil.rmtree(folder)
        ready = threading.Barrier(6)

        def put(ready: threading.Barrier = ready) -> None:
            ready.wait()
            store.put_file(source, "output")

        def get(ready: threading.Barrier = ready) -> None:
            ready.wait()
            store.materialise(kept, tmp_path / f"out/{threading.get_ident()}", tmp_path)

        threads = [threading.Thread(target=work) for work in (put, get, put, get, put, get)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said == []
    assert store.quarantined == 0
