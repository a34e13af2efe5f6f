"""Shards: folders that a toolchain keeps between builds, each slot held by one action at a time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from build_projects import Project, executed, running, wait_for

COUNTER = """\
#!/bin/sh
echo "$1 $3" >> "LOG"
state=$3
number=$(cat "$state/counter" 2>/dev/null || echo 0)
case $(cat "$1") in
*TORN*) echo garbage > "$state/counter"; sleep 60;;
*NAP*) sleep 3;;
*LATER*) (sleep 3; echo orphan > "$state/orphan") & echo $! > "$state/started"; wait;;
*FAIL*) echo $((number + 100)) > "$state/counter"; exit 1;;
esac
number=$((number + 1))
echo $number > "$state/counter"
echo $number > "$2"
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "counter"
description = "Counts in its shard how often it ran."
engine = "compiler"
accepts = ["toy"]

[executables.counter]
path = "{project}/tools/counter"

[[stages]]
name = "count"
argv = ["{counter}", "{entry}", "{number}", "{shard}", "{profile}"]
outputs = { number = "{module}.number" }
needs_shard = true

[targets.native]
results = ["count.number"]
run = ["cat", "{number}"]
"""


@pytest.fixture
def counting(toys: Project) -> Project:
    toys.write("manifests/toolchains/counter.toml", TOOLCHAIN)
    text = COUNTER.replace("LOG", str(toys.log_file))
    toys.write("tools/counter", text, executable=True)
    toys.replace("manifests/project.toml", '"toy"', '"counter"')
    return toys


def count(project: Project, program: str = "one") -> int:
    return int(project.output(f"{program}/{program}.number", "counter").read_text())


def edit(project: Project, text: str, program: str = "one") -> None:
    project.write(f"programs/{program}.toy", text + "\n")


def test_state_stays_between_builds(counting: Project) -> None:
    counting.build("one", "--jobs", "1")
    assert count(counting) == 1
    for number in (2, 3):
        edit(counting, f"edit {number}")
        assert executed(counting.build("one")) == ["one count"]
        assert count(counting) == number
    assert counting.build("one")["up_to_date"] == 1
    folders = {line.split()[1] for line in counting.log()}
    assert len(folders) == 1  # the slot this checkout used last
    assert "shards/counter/dev/programs/slot-" in folders.pop()


def test_profiles_and_toolchains_do_not_share_state(counting: Project) -> None:
    counting.build("one")
    counting.build("one", "--profile", "release")
    folders = {path.parent for path in (counting.cache / "shards").rglob("slot-0")}
    assert len(folders) == 2


def test_two_builds_at_once_use_two_slots(counting: Project, tmp_path: Path) -> None:
    other = counting.copy(tmp_path / "other")
    edit(counting, "NAP one")
    edit(other, "NAP other")
    processes = [p.start("build", "one") for p in (counting, other)]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len({line.split()[1] for line in counting.log()}) == 2
    assert (count(counting), count(other)) == (1, 1)


def test_one_directory_when_switched_off(counting: Project, tmp_path: Path) -> None:
    other = counting.copy(tmp_path / "other")
    edit(other, "another")
    off = {"MOLT_BUILD_SHARDS": "off"}
    processes = [p.start("build", "one", env=off) for p in (counting, other)]
    for process in processes:
        assert process.wait(timeout=60) == 0
    assert {count(counting), count(other)} == {1, 2}


def test_a_failure_by_itself_keeps_the_state(counting: Project) -> None:
    counting.build("one")
    edit(counting, "FAIL")
    assert counting.run("build", "one").code == 1
    edit(counting, "fine")
    counting.build("one")
    assert count(counting) == 102


def test_what_a_time_limit_ended_leaves_no_state(counting: Project) -> None:
    counting.replace(
        "manifests/toolchains/counter.toml",
        "needs_shard = true",
        "needs_shard = true\ntimeout_s = 1",
    )
    counting.build("one")
    edit(counting, "TORN")
    assert "time limit" in counting.run("build", "one").err
    edit(counting, "fine")
    counting.build("one")
    assert count(counting) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_an_ended_build_left_is_thrown_away(counting: Project, number: signal.Signals) -> None:
    counting.build("one")
    edit(counting, "TORN")
    process = counting.start("build", "one")
    wait_for(lambda: (slot(counting) / "counter").read_text() == "garbage\n", "the torn state")
    process.send_signal(number)
    process.wait(timeout=20)
    for left in running(str(counting.cache)):
        os.kill(left, signal.SIGKILL)
    edit(counting, "fine")
    counting.build("one")
    assert count(counting) == 1


def test_a_slot_stays_taken_while_its_holders_children_live(counting: Project) -> None:
    """The build is killed, its tool lives on: nobody else may use what it still writes to."""
    edit(counting, "LATER")
    off = {"MOLT_BUILD_SHARDS": "off"}
    process = counting.start("build", "one", env=off)
    state = counting.cache / "shards/counter/=all/slot-0/state"
    wait_for((state / "started").exists, "the start")
    process.kill()
    process.wait(timeout=20)
    edit(counting, "fine")
    assert executed(counting.build("one", env=off)) == ["one count"]
    assert count(counting) == 1
    assert not running(str(counting.cache))
    assert not (state / "orphan").exists()


def slot(project: Project) -> Path:
    [state] = project.cache.glob("shards/counter/dev/programs/slot-?/state")
    return state
