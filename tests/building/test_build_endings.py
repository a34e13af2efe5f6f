"""How builds end that do not end well: terminated, failing together, leaving things behind."""

from __future__ import annotations

import os
import signal
import time

from build_projects import Project, executed
from other_processes import end_of, running, wait_for


def test_sigterm_ends_the_tool_and_leaves_nothing(toys: Project) -> None:
    toys.write("programs/one.toy", "SLEEP\n")
    process = toys.start("build", "one")
    wait_for(lambda: toys.has_logged("translate one.toy"), "the tool to start")
    process.send_signal(signal.SIGTERM)
    _, err = end_of(process)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not running(str(toys.cache))
    assert not list((toys.cache / "staging").iterdir())


def test_what_was_killed_long_ago_is_removed(toys: Project) -> None:
    toys.build("one")
    old, fresh = toys.cache / "staging/old", toys.cache / "staging/fresh"
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "file").write_text("left behind")
    long_ago = time.time() - 3 * 86400
    os.utime(old, (long_ago, long_ago))
    toys.write("programs/one.toy", "changed\n")
    toys.build("one")
    assert not old.exists()
    assert fresh.exists()


def test_a_program_not_built_under_new_flags_is_not_up_to_date(toys: Project) -> None:
    toys.build("one", "two")
    toys.log()
    toys.replace("manifests/toolchains/toy.toml", 'translate = ["-v"]', 'translate = ["-w"]')
    assert toys.build("one")["executed"] >= 1
    toys.log()
    report = toys.build("two")
    assert "two translate" in executed(report)
    assert "translate two.toy" in toys.log()


def test_an_edit_while_its_stage_runs_is_not_kept(toys: Project) -> None:
    toys.write("programs/one.toy", "HOLD before\n")
    process = toys.start("build", "one")
    wait_for(lambda: toys.has_logged("translate one.toy"), "the tool to start")
    toys.write("programs/one.toy", "HOLD after\n")
    toys.go_on.touch()
    end_of(process)
    toys.build("one")
    assert "after" in toys.output("one/one.sh").read_text()
    toys.write("programs/one.toy", "HOLD before\n")
    toys.build("one")
    assert "before" in toys.output("one/one.sh").read_text()


def test_an_output_of_another_name_does_not_stay(toys: Project) -> None:
    toys.build("one")
    assert toys.output("one/one.sh").exists()
    toys.replace("manifests/toolchains/toy.toml", '"{module}.sh"', '"{module}.script"')
    toys.build("one")
    assert toys.output("one/one.script").exists()
    assert not toys.output("one/one.sh").exists()
