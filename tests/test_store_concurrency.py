"""Several builds at once, and builds that end in the middle."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, interrupt, running, wait_for, workload

MANY = [f"p{number}" for number in range(6)]


def make_many(project: Project) -> None:
    rows = [f"{name}={name}.toy" for name in MANY]
    project.write("manifests/workloads/programs.toml", workload("toy", *rows))
    for name in MANY:
        project.write(f"programs/{name}.toy", f"NAP {name}\n")


def finish(processes: list[subprocess.Popen[str]]) -> list[dict[str, object]]:
    reports = []
    for process in processes:
        out, err = process.communicate(timeout=120)
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
    wait_for(lambda: "translate two.toy" in toys.log_file.read_text(), "the second")
    process.kill()
    process.wait(timeout=20)
    for left in running(str(toys.cache)):
        os.kill(left, signal.SIGKILL)
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
    wait_for(
        lambda: toys.log_file.exists() and "translate two.toy" in toys.log_file.read_text(),
        "the second program",
    )
    interrupt(process)
    out, err = process.communicate(timeout=20)
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
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert running(str(toys.cache)) == []


def test_a_waiting_build_takes_what_the_other_made(toys: Project, tmp_path: Path) -> None:
    toys.replace("tools/toyc", "sleep 0.3", "sleep 2")
    toys.write("programs/one.toy", "NAP\n")
    other = toys.copy(tmp_path / "other")
    first = toys.start("build", "one", "--json")
    wait_for(lambda: toys.log_file.exists() and toys.log_file.read_text(), "the start")
    report = other.build("one")
    assert report["executed"] == 0
    assert report["hits"] == 2
    finish([first])
    assert toys.log() == ["translate one.toy", "assemble one.text"]


def test_who_waits_for_a_killed_build_goes_on(toys: Project, tmp_path: Path) -> None:
    toys.replace(
        "tools/toyc",
        "sleep 60",
        'mkdir "LOCK" 2>/dev/null && sleep 60'.replace("LOCK", str(tmp_path / "first")),
    )
    toys.write("programs/one.toy", "SLEEP\n")
    first = toys.start("build", "one")
    wait_for((tmp_path / "first").exists, "the start")
    second = toys.start("build", "one", "--json")
    first.kill()
    first.wait(timeout=20)
    [report] = finish([second])
    assert executed(report) == ["one translate", "one assemble"]
    for left in running(str(toys.cache)):
        os.kill(left, signal.SIGKILL)
