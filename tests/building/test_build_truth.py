"""Up to date is said only of what is: other builds, copies, edits and shadows in between."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from build_projects import Project, executed
from other_processes import end_of, wait_for

from molt_build.errors import ActionFailed
from molt_build.plan import warm
from molt_build.store.single_flight import last_failure, raise_shared_failure, share_failure
from molt_build.toolchains.answers import ASKING_VARIABLES


def answer(project: Project, program: str = "one") -> str:
    done = subprocess.run([project.output(f"{program}/{program}.sh")], capture_output=True)
    return done.stdout.decode()


WORKLOAD, LONG = "manifests/workloads/programs.toml", "n" * 245


def name_too_long(project: Project, program: str) -> None:
    """Give a program a file whose name leaves no room for those of what is made of it."""
    (project.root / f"programs/{program}.toy").rename(project.root / f"programs/{LONG}.toy")
    project.replace(WORKLOAD, f"{program}.toy", f"{LONG}.toy")


def test_a_program_that_the_system_fails_is_not_up_to_date(toys: Project) -> None:
    """The others are built, their warnings are shown, and the next build tries again."""
    toys.write("programs/two.toy", "WARN\n")
    name_too_long(toys, "one")
    result = toys.run("build", "--keep-going", "--jobs", "1")
    assert result.code == 4
    assert "one: " in result.err and "File name too long" in result.err
    assert "two translate: two.toy:1: warning: dubious" in result.err
    assert answer(toys, "three") == "three says hello\n"
    again = toys.run("build", "one")
    assert again.code == 4
    assert "all up to date" not in again.out
    toys.replace(WORKLOAD, f"{LONG}.toy", "one.toy")
    (toys.root / f"programs/{LONG}.toy").rename(toys.root / "programs/one.toy")
    toys.build("one")
    assert answer(toys) == "one says hello\n"


def test_a_failure_beside_one_that_ends_the_build(toys: Project) -> None:
    toys.write("programs/one.toy", "FAIL\n")
    name_too_long(toys, "two")
    assert toys.run("build", "one", "two", "--jobs", "2").code != 0
    result = toys.run("build", "two")
    assert result.code == 4
    assert "all up to date" not in result.out


def test_a_shadow_of_a_program_that_is_not_built_this_time(toys: Project) -> None:
    toys.replace(
        "manifests/toolchains/toy.toml",
        'candidates = ["data/*.txt"]',
        'candidates = ["data/*.txt"]\nabsences = ["{module}.shadow"]',
    )
    toys.build("one", "two")
    toys.write("programs/two.shadow", "appeared")
    toys.write("programs/one.toy", "one says more\n")
    toys.build("one")
    assert executed(toys.build("two")) == ["two translate"]
    assert toys.build("one", "two")["up_to_date"] == 4


def test_a_tool_that_appears_earlier_on_the_path_during_a_build(
    toys: Project, tmp_path: Path
) -> None:
    toys.replace(
        "manifests/toolchains/toy.toml", 'path = "{project}/tools/toyc"', 'names = ["toyc"]'
    )
    early, late = tmp_path / "early", tmp_path / "late"
    early.mkdir()
    shutil.copytree(toys.root / "tools", late)
    env = {"PATH": f"{early}:{late}:{os.environ['PATH']}"}
    toys.write("programs/one.toy", "HOLD\n")
    process = toys.start("build", "one", env=env)
    wait_for(toys.has_logged, "the compiler's start")
    shutil.copy(late / "toyc", early / "toyc")
    (early / "toyc").write_text((late / "toyc").read_text() + "# another\n")
    toys.go_on.touch()
    end_of(process)
    assert executed(toys.build("one", env=env)) == ["one translate", "one assemble"]


def test_a_shared_input_edited_between_two_programs_of_one_build(toys: Project) -> None:
    shared = toys.write("programs/data/shared.txt", "first\n")
    toys.write("programs/one.toy", "HOLD\n")
    process = toys.start("build", "one", "two", "--jobs", "1", "--json")
    wait_for(toys.has_logged, "the compiler's start")
    shared.write_text("second\n")  # the first program's inputs are staged
    toys.go_on.touch()
    end_of(process)
    report = toys.build("one", "two")
    assert "one translate" in executed(report)  # it was built from what the file no longer is
    assert toys.build("one", "two")["up_to_date"] == 4


def test_a_copy_is_a_project_of_its_own(toys: Project) -> None:
    toys.build()
    root = toys.root.with_name("copy")
    shutil.copytree(toys.root, root, symlinks=True)
    copy = Project(root, toys.cache, toys.log_file, toys.environment)
    copy.write("programs/one.toy", "one is another\n")
    assert executed(copy.build("one")) == ["one translate", "one assemble"]
    assert answer(copy) == "one is another\n"
    assert answer(toys) == "one says hello\n"
    assert toys.build()["up_to_date"] == 6


def test_a_project_reached_by_a_link_is_the_same(toys: Project) -> None:
    toys.build()
    link = toys.root.with_name("link")
    link.symlink_to(toys.root)
    other = Project(link, toys.cache, toys.log_file, toys.environment)
    assert "all up to date" in other.run("build").out


def test_a_failure_is_shared_only_by_who_has_the_same_inputs(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    failure = ActionFailed("it failed", "output", "failed with exit status 1", was_killed=False)
    before = last_failure(lock)
    share_failure(lock, failure, "these inputs")
    raise_shared_failure(lock, before, "other inputs")
    raise_shared_failure(lock, last_failure(lock), "these inputs")  # it lay there before the wait
    with pytest.raises(ActionFailed, match="it failed"):
        raise_shared_failure(lock, before, "these inputs")


def test_settings_above_the_working_directory(toys: Project) -> None:
    """What a tool finds by walking up belongs to the key; where that is does not."""
    toys.replace(
        "manifests/toolchains/toy.toml",
        'candidates = ["data/*.txt"]',
        'candidates = ["data/*.txt"]\nlooks_above = [".toy/settings"]',
    )
    toys.build("one")
    settings = toys.cache.parent / ".toy" / "settings"
    settings.parent.mkdir()
    settings.write_text("fast = true\n")
    assert executed(toys.build("one")) == ["one translate"]
    settings.write_text("fast = false\n")
    assert executed(toys.build("one")) == ["one translate"]
    settings.unlink()
    report = toys.build("one")
    assert executed(report) == []
    assert report["hits"] == 1


def test_what_tools_are_told_when_asked_belongs_to_the_plan() -> None:
    assert set(ASKING_VARIABLES) <= set(warm.SWITCHES)


@pytest.mark.parametrize("command", ["{python} -m molt_build build > /dev/full"])
def test_nowhere_to_print(toys: Project, command: str) -> None:
    toys.build()
    done = subprocess.run(
        ["sh", "-c", command.format(python=shlex.quote(sys.executable))],
        cwd=toys.root,
        env=toys.variables(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4
    assert done.stderr == "error: standard output: No space left on device\n"


def test_a_working_folder_that_is_gone(toys: Project) -> None:
    toys.build()
    gone = toys.root.with_name("gone")
    gone.mkdir()
    python = shlex.quote(sys.executable)
    command = f"cd {gone} && rmdir {gone} && {python} -m molt_build build"
    done = subprocess.run(
        ["sh", "-c", command], env=toys.variables(), capture_output=True, text=True
    )
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert "No such file or directory" in done.stderr


def test_output_of_any_length_ends_with_its_end(toys: Project) -> None:
    text = (toys.root / "tools/toyc").read_text()
    noise = 'head -c 3000000 /dev/zero | tr "\\\\0" "x" >&2; echo >&2'
    toys.write("tools/toyc", text.replace('echo "some output"', noise), executable=True)
    toys.write("programs/one.toy", "FAIL\n")
    result = toys.run("build", "one")
    assert result.code == 1
    assert "toyc: error: it's too" in result.err
    assert "bytes left out" in result.err


def test_a_plan_of_another_format_is_absent(toys: Project) -> None:
    toys.build()
    for file in (toys.root / ".molt-build/plans").rglob("native.plan"):
        content = file.read_bytes()
        file.write_bytes(content.replace(f" {warm.FORMAT} ".encode(), b" 2 ", 1))
    result = toys.run("build", "--json")
    assert result.code == 0
    assert result.err.count("damaged") == 0
    assert toys.build()["up_to_date"] == 6


def test_what_is_passed_over_on_the_path_does_not_keep_a_build_cold(
    toys: Project, tmp_path: Path
) -> None:
    """A dangling link before the tool is no tool; once it leads somewhere it is the first."""
    toys.replace(
        "manifests/toolchains/toy.toml", 'path = "{project}/tools/toyc"', 'names = ["toyc"]'
    )
    early, late = tmp_path / "early", tmp_path / "late"
    early.mkdir()
    shutil.copytree(toys.root / "tools", late)
    (early / "toyc").symlink_to(tmp_path / "another")
    env = {"PATH": f"{early}:{late}:{os.environ['PATH']}"}
    toys.build("one", env=env)
    assert "all up to date" in toys.run("build", "one", env=env).out
    (tmp_path / "another").write_text((late / "toyc").read_text() + "# another\n")
    (tmp_path / "another").chmod(0o755)
    assert executed(toys.build("one", env=env)) == ["one translate", "one assemble"]


def test_a_switch_that_says_nothing(toys: Project) -> None:
    for name in ("MOLT_BUILD_SHARDS", "MOLT_BUILD_CACHE"):
        result = toys.run("build", "one", env={name: "offf"})
        assert result.code == 2
        assert f"{name} is 'offf', which is neither on nor off" in result.err
    assert toys.log() == []
