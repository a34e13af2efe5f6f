"""Shards: folders that a toolchain keeps between builds, each slot held by one action at a time."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, cache_manifest, executed, until_waiting
from other_processes import PATIENCE_S, end_of, kill_all, running, wait_for

COUNTER = """\
#!/bin/sh
echo "$1 $3" >> "LOG"
state=$3
number=$(cat "$state/counter" 2>/dev/null || echo 0)
case $(cat "$1") in
*TORN*) echo garbage > "$state/counter"; sleep 600;;
*HOLD*) while ! [ -e "LOG.go-on" ]; do sleep 0.02; done;;
*LATER*)
    (while ! [ -e "LOG.go-on" ]; do sleep 0.02; done; echo orphan > "$state/orphan") &
    echo $! > "$state/started"
    wait;;
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


def test_a_slot_is_not_kept_across_a_clock_that_was_set_back(counting: Project) -> None:
    """Tools compare times: what was made in the future would look newer than any edit."""
    counting.build("one", "--jobs", "1")
    for end in counting.cache.glob("shards/**/slot-*.ended"):
        later = end.stat().st_mtime + 3600
        os.utime(end, (later, later))
    edit(counting, "edited")
    counting.build("one", "--jobs", "1")
    assert count(counting) == 1
    edit(counting, "again")
    counting.build("one", "--jobs", "1")
    assert count(counting) == 2


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


def test_folders_of_files_that_are_gone_are_gone_in_the_slot(counting: Project) -> None:
    """A tool that looks for folders sees what it would see in a fresh directory."""
    manifest = "manifests/toolchains/counter.toml"
    counting.replace(manifest, "needs_shard", 'candidates = ["data/**"]\nneeds_shard')
    counting.replace("tools/counter", 'echo $number > "$2"', 'find . -type d | sort > "$2"')
    seen = counting.output("one/one.number", "counter")
    counting.write("programs/data/a/b/text", "")
    counting.build("one", "--jobs", "1")
    assert seen.read_text() == ".\n./data\n./data/a\n./data/a/b\n"
    shutil.rmtree(counting.root / "programs/data/a")
    counting.write("programs/data/c", "")
    counting.build("one", "--jobs", "1")
    assert seen.read_text() == ".\n./data\n"


def test_profiles_and_toolchains_do_not_share_state(counting: Project) -> None:
    counting.build("one")
    counting.build("one", "--profile", "release")
    folders = {path.parent for path in (counting.cache / "shards").rglob("slot-0")}
    assert len(folders) == 2


def test_two_builds_at_once_use_two_slots(counting: Project, tmp_path: Path) -> None:
    other = counting.copy(tmp_path / "other")
    edit(counting, "HOLD one")
    edit(other, "HOLD other")
    processes = [p.start("build", "one") for p in (counting, other)]
    wait_for(lambda: len(started(counting)) == 2, "two tools")
    counting.go_on.touch()
    for process in processes:
        _, err = end_of(process)
        assert process.returncode == 0, err
    assert len({line.split()[1] for line in counting.log()}) == 2
    assert (count(counting), count(other)) == (1, 1)


def started(project: Project) -> list[str]:
    """What its tool wrote when it was started, a line each time."""
    return project.log_file.read_text().splitlines() if project.log_file.exists() else []


def slots_of(report: Any) -> list[dict[str, Any]]:
    return [row for row in report["locks"] if row["kind"] == "slot"]


def test_one_directory_and_one_lock_when_switched_off(counting: Project, tmp_path: Path) -> None:
    """For all profiles and checkouts; and a program's inputs stay where they were."""
    other = counting.copy(tmp_path / "other")
    edit(counting, "HOLD one")
    edit(other, "HOLD another")
    off = {"MOLT_BUILD_SHARDS": "off"}
    processes = [
        counting.start("build", "one", "--json", env=off),
        other.start("build", "one", "--profile", "release", "--json", env=off),
    ]
    wait_for(lambda: started(counting), "a tool")
    until_waiting(counting, processes, 1)
    counting.go_on.touch()
    reports = []
    for process in processes:
        out, err = end_of(process)
        assert process.returncode == 0, err
        reports.append(json.loads(out))
    rows = [row for report in reports for row in slots_of(report)]
    assert [(row["name"], row["slot"]) for row in rows] == [("counter/=all", 0)] * 2
    assert sorted(row["waited_s"] > 0 for row in rows) == [False, True]
    [state] = {line.split()[1] for line in counting.log()}
    assert state.endswith("shards/counter/=all/slot-0/state")
    assert Path(state, "counter").read_text() == "2\n"
    staged = Path(state).with_name("stage") / "programs/one/one.toy"
    assert staged.is_file()


def test_programs_of_a_shard_do_not_disturb_one_another(counting: Project) -> None:
    """What is unchanged keeps its modification time, whatever was built in between."""
    counting.build("one", "two", "--jobs", "1")
    staged = next(counting.cache.glob("shards/counter/dev/programs/slot-?/stage/one/one.toy"))
    before = staged.stat().st_mtime_ns
    edit(counting, "edited", "two")
    counting.build("two")
    counting.build("one", "--profile", "dev", env={"MOLT_BUILD_CACHE": "off"})
    assert staged.stat().st_mtime_ns == before


def test_slots_are_declared(counting: Project, tmp_path: Path) -> None:
    cache_manifest(counting, '[[shards]]\ntoolchain = "counter"\nprofile = "dev"\nslots = 1\n')
    other = counting.copy(tmp_path / "other")
    edit(counting, "HOLD one")
    edit(other, "HOLD other")
    processes = [p.start("build", "one", "--json") for p in (counting, other)]
    wait_for(lambda: started(counting), "a tool")
    until_waiting(counting, processes, 1)
    counting.go_on.touch()
    rows = []
    for process in processes:
        out, err = end_of(process)
        assert process.returncode == 0, err
        rows += slots_of(json.loads(out))
    assert [(row["name"], row["slot"]) for row in rows] == [("counter/dev/programs", 0)] * 2
    [wait] = [row for row in rows if row["waited_s"] > 0]
    assert wait["holder"]["pid"] in {process.pid for process in processes}
    assert "build one" in wait["holder"]["command"]


def test_no_slot_in_time_names_who_holds_it(counting: Project, tmp_path: Path) -> None:
    text = "[[shards]]\nslots = 1\n\n[locks]\nslot_timeout_s = 0.3\n"
    cache_manifest(counting, text)
    other = counting.copy(tmp_path / "other")
    edit(counting, "TORN")
    process = counting.start("build", "one")
    wait_for(counting.has_logged, "the start")
    result = other.run("build", "one")
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_S)
    assert result.code == 4
    message = f"for a slot of counter/dev/programs, held by process {process.pid} ("
    assert message in result.err
    assert "let it finish, or end that process" in result.err


def test_the_slot_of_a_program_is_tried_first(counting: Project) -> None:
    edit(counting, "HOLD one", "one")
    edit(counting, "HOLD two", "two")
    process = counting.start("build", "one", "two", "--jobs", "2", "--json")
    wait_for(lambda: len(started(counting)) == 2, "two tools")
    counting.go_on.touch()
    report = json.loads(end_of(process)[0])
    assert sorted(row["slot"] for row in slots_of(report)) == [0, 1]
    first = {line.split()[0]: line.split()[1] for line in counting.log()}
    for _ in range(2):
        for program in ("one", "two"):
            edit(counting, f"again {len(counting.log())} {os.urandom(4).hex()}", program)
            counting.build(program)
            assert counting.log() == [f"{program}.toy {first[f'{program}.toy']}"]


def test_shards_beyond_their_size_are_removed(counting: Project) -> None:
    counting.replace("tools/counter", "number=$((number + 1))", FILL)
    cache_manifest(counting, 'shards_size_limit = "250 kB"\n')
    for profile in ("dev", "release", "dev"):
        edit(counting, f"fill {profile}")
        counting.build("one", "--profile", profile)
    assert folders(counting) == ["dev/programs", "release/programs"]
    counting.build("two", "--profile", "release")  # uses its slot: dev's is the oldest now
    edit(counting, "fill once more")
    counting.build("three", "--profile", "release-fast")
    assert folders(counting) == ["release-fast/programs", "release/programs"]
    counting.build("one")
    assert count(counting) == 1  # it began anew


def test_a_slot_that_is_held_is_not_removed(counting: Project, tmp_path: Path) -> None:
    counting.replace("tools/counter", "number=$((number + 1))", FILL)
    cache_manifest(counting, 'shards_size_limit = "1 kB"\n')
    other = counting.copy(tmp_path / "other")
    edit(other, "TORN")
    process = other.start("build", "one")
    wait_for(counting.has_logged, "the start")
    wait_for(lambda: (slot(counting) / "counter").exists(), "the torn state")
    counting.build("one", "--profile", "release")
    assert folders(counting) == ["dev/programs"]
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_S)


FILL = 'head -c 100000 /dev/zero > "$state/fill"; number=$((number + 1))'


def folders(project: Project) -> list[str]:
    """PROFILE/WORKLOAD of the slots that there are."""
    found = project.cache.glob("shards/counter/*/*/slot-?")
    return sorted("/".join(path.parts[-3:-1]) for path in found)


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
        "needs_shard = true\ntimeout_s = 5",
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
    process.wait(PATIENCE_S)
    kill_all(running(str(counting.cache)))
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
    process.wait(PATIENCE_S)
    edit(counting, "fine")
    process = counting.start("build", "one", "--json", env=off)
    until_waiting(counting, [process], 1)
    counting.go_on.touch()
    assert executed(json.loads(end_of(process)[0])) == ["one count"]
    assert count(counting) == 1
    assert not running(str(counting.cache))
    assert not (state / "orphan").exists()


def slot(project: Project) -> Path:
    [state] = project.cache.glob("shards/counter/dev/programs/slot-?/state")
    return state


def test_a_role_whose_command_names_the_shard(counting: Project) -> None:
    """It is the shard of the toolchain that uses it."""
    script = '#!/bin/sh\necho "$2" >> "$1/kept"\nwc -l < "$1/kept" > "$3"\n'
    counting.write("tools/tally", script, executable=True)
    command = '["{project}/tools/tally", "{shard}"]'
    provides = f"[provides.tally]\ncommand = {command}\nneeds_shard = true\n"
    counting.write("manifests/toolchains/counter.toml", f"{TOOLCHAIN}\n{provides}")
    user = TOOLCHAIN.replace('name = "counter"', 'name = "user"')
    user = user.replace("needs_shard = true\n", "")
    user = user.replace(
        '"{counter}", "{entry}", "{number}", "{shard}"', '"{tally}", "{entry}", "{number}"'
    )
    counting.write("manifests/toolchains/user.toml", f'{user}\n[uses]\ntally = ["counter"]\n')
    for number in (1, 2):
        edit(counting, f"edit {number}")
        counting.build("one", "--toolchain", "user")
        assert int(counting.output("one/one.number", "user").read_text()) == number
    assert (counting.cache / "shards/user/dev/programs/slot-0/state/kept").exists()
