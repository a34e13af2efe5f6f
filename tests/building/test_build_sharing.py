"""Builds that want the same programs at the same time: who executes what, and who waits for whom.

A program whose text says HOLD is translated only once a file of its name lies in a folder, so a
test decides when a flight ends.
"""

from __future__ import annotations

import collections
import json
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed, until_waiting, workload
from build_traces import events_of, spans_of
from other_processes import end_of, interrupt, running, wait_for
from test_build_trace import assert_well_formed, encloses


@pytest.fixture
def go_on(toys: Project, tmp_path: Path) -> Path:
    """The folder in which a file ends what is held."""
    folder = tmp_path / "go on"
    folder.mkdir()
    toys.replace("tools/toyc", f'"{toys.go_on}"', f"'{folder}'/\"$2\"")
    return folder


def hold(project: Project, *programs: str) -> subprocess.Popen[str]:
    """A build of programs that say HOLD, once it holds a flight of each."""
    for name in programs:
        project.write(f"programs/{name}.toy", f"HOLD {name}\n")
    process = project.start("build", *programs, "--json", "--jobs", str(len(programs)))
    wait_for(lambda: set(translated(project)) >= set(programs), "the flights")
    return process


def translated(project: Project) -> list[str]:
    """The programs whose translation was started, in that order."""
    if not project.log_file.exists():
        return []
    lines = project.log_file.read_text().splitlines()
    return [line.split()[1].partition(".")[0] for line in lines if line.startswith("translate")]


def ended(process: subprocess.Popen[str], code: int = 0) -> dict[str, list[dict[str, object]]]:
    out, err = end_of(process)
    assert process.returncode == code, err
    assert "Traceback" not in err
    report: dict[str, list[dict[str, object]]] = json.loads(out)
    return report


def test_a_job_builds_other_programs_while_another_build_executes_one(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    first = hold(toys, "one")
    other = toys.copy(tmp_path / "other")
    second = other.start("build", "one", "two", "three", "--jobs", "1", "--json")
    wait_for(lambda: {"two", "three"} <= set(translated(toys)), "the other programs")
    assert first.poll() is None  # one is held all the while
    (go_on / "one.toy").touch()
    reports = [ended(first), ended(second)]
    assert set(collections.Counter(toys.log()).values()) == {1}
    assert "one translate" not in executed(reports[1])
    assert other.output("one/one.sh").read_text() == toys.output("one/one.sh").read_text()
    [row] = [row for row in reports[1]["locks"] if row["name"] == "one/translate"]
    assert row["attempts"] > 1  # type: ignore[operator]
    assert row["holder"]["pid"] == first.pid  # type: ignore[index]
    assert "timed_out" not in row


def test_a_program_that_comes_free_is_gone_on_with_while_another_is_held(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    """One job waits for two flights; it must not sit on the first while the second is free."""
    first, second = hold(toys, "one"), hold(toys, "two")
    other = toys.copy(tmp_path / "other")
    third = other.start("build", "one", "two", "--jobs", "1", "--json")
    until_waiting(other, [third], 1)
    (go_on / "two.toy").touch()
    wait_for(other.output("two/two.sh").exists, "what came free")
    assert first.poll() is None
    (go_on / "one.toy").touch()
    for process in (first, second, third):
        ended(process)
    assert set(collections.Counter(toys.log()).values()) == {1}


def test_waits_for_several_flights_nest_in_a_trace(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.json"
    first = hold(toys, "one", "two")
    other = toys.copy(tmp_path / "other")
    words = ("build", "one", "two", "three", "--jobs", "2", "--json", "--trace", str(trace))
    second = other.start(*words)
    wait_for(lambda: "three" in translated(toys), "the program that nobody holds")
    until_waiting(other, [second], 1)
    (go_on / "two.toy").touch()
    wait_for(other.output("two/two.sh").exists, "what came free")
    (go_on / "one.toy").touch()
    ended(first)
    report = ended(second)
    events = events_of(trace)
    assert_well_formed(events)
    waits, actions = spans_of(events, "lock wait"), spans_of(events, "action")
    for name in ("one/translate", "two/translate"):
        mine = [wait for wait in waits if wait["name"] == f"wait for flight {name}"]
        assert mine
        assert all(f"process {first.pid} (" in wait["args"]["holder"] for wait in mine)
        [action] = [action for action in actions if action["name"] == name]
        assert encloses(action, max(mine, key=lambda wait: wait["ts"]))
        [row] = [row for row in report["locks"] if row["name"] == name]
        total_s = sum(wait["dur"] for wait in mine) / 1e6
        assert row["waited_s"] == pytest.approx(total_s, abs=0.002)


def test_a_failure_does_not_wait_for_another_builds_flight(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    toys.write("programs/two.toy", "FAIL\n")
    first = hold(toys, "one")
    other = toys.copy(tmp_path / "other")
    report = other.build("one", "two", "--jobs", "1", code=1)
    assert first.poll() is None
    assert [row["program"] for row in report["actions"]] == ["two"]
    (go_on / "one.toy").touch()
    ended(first)
    assert other.build("one")["hits"] == 2


def test_a_failure_is_shared_and_the_other_programs_are_built(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    toys.write("programs/one.toy", "HOLD, then FAIL\n")
    first = toys.start("build", "one", "--json")
    wait_for(lambda: "one" in translated(toys), "the flight")
    other = toys.copy(tmp_path / "other")
    second = other.start("build", "--jobs", "1", "--keep-going", "--json")
    wait_for(lambda: {"two", "three"} <= set(translated(toys)), "the other programs")
    wait_for(other.output("three/three.sh").exists, "their outputs")
    (go_on / "one.toy").touch()
    ended(first, code=1)
    report = ended(second, code=1)
    assert translated(toys).count("one") == 1
    failed = {row["program"] for row in report["actions"] if row["status"] == "failed"}
    assert failed == {"one"}
    assert len(executed(report)) == 4


def test_an_interrupt_ends_a_build_that_postponed_programs(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    first = hold(toys, "one", "two")
    other = toys.copy(tmp_path / "other")
    second = other.start("build", "--jobs", "2")
    wait_for(other.output("three/three.sh").exists, "the program that nobody holds")
    interrupt(second)
    out, err = end_of(second)
    assert second.returncode == 130, err
    assert (out, "Traceback" in err) == ("", False)
    assert first.poll() is None
    for name in ("one", "two"):
        (go_on / f"{name}.toy").touch()
    ended(first)
    assert running(str(toys.cache)) == []
    assert not list((toys.cache / "staging").iterdir())


def test_a_postponed_flight_that_takes_too_long_names_the_other_build(
    toys: Project, go_on: Path, tmp_path: Path
) -> None:
    first = hold(toys, "one")
    other = toys.copy(tmp_path / "other")
    cache_manifest(other, "[locks]\nflight_timeout_s = 0.3\n")
    report = other.build("--jobs", "1", "--keep-going", code=4)
    [failed] = [row for row in report["actions"] if row["status"] == "failed"]
    assert failed["program"] == "one"
    assert f"for flight one/translate, held by process {first.pid} (" in failed["message"]
    assert len(executed(report)) == 4
    [row] = [row for row in report["locks"] if row["name"] == "one/translate"]
    assert row["timed_out"] is True
    (go_on / "one.toy").touch()
    ended(first)


def test_a_build_alone_begins_programs_in_the_order_they_are_asked_for(toys: Project) -> None:
    names = [f"p{number}" for number in range(12)]
    toys.write(
        "manifests/workloads/programs.toml", workload("toy", *(f"{n}={n}.toy" for n in names))
    )
    for name in names:
        toys.write(f"programs/{name}.toy", f"{name}\n")
    toys.build("--jobs", "1")
    assert translated(toys) == names
