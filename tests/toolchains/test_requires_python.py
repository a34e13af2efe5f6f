"""Toolchains that need another Python than molt_build's own: which interpreter is chosen, and why.

Interpreters that the machine may not have are scripts that answer as one would, and hand all else
to this one: what is searched and remembered is the same. Where there is another one, it is used.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed, new_project, workload
from hypothesis import given
from hypothesis import strategies as st

from molt_build.manifests.python_versions import is_possible, is_satisfied, possible_minors
from molt_build.toolchains.host_python import host_python_path

OWN = platform.python_version()
SNAKE = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "snake"
description = "A compiler in Python, which says what it ran on."
engine = "compiler"
accepts = ["python"]
requires_python = "REQUIRED"

[[stages]]
name = "compile"
argv = ["{python}", "{script}", "{entry}", "{made}"]
outputs = { made = "{module}.made" }

[executables.script]
path = "{project}/tools/snake.py"

[targets.native]
results = ["compile.made"]
run = ["{python}", "{made}"]
"""
SOURCE = """\
import os, sys
with open(sys.argv[2], "w") as made:
    made.write(os.environ.get("FAKED", sys.version.split()[0]))
"""
FAKE = """\
#!/bin/sh
case "$*" in
*_base_executable*) echo "SELF";;
*get_config_var*)
    echo '{"executable": "SELF", "version": "VERSION (fake)", "base": "BASE", "short": "VERSION",'
    echo ' "library": ""}';;
*) FAKED=VERSION exec PYTHON "$@";;
esac
"""


def fake(folder: Path, name: str, version: str) -> Path:
    """An interpreter of that version, to be found under that name in a folder of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    text = FAKE.replace("SELF", str(file)).replace("VERSION", version)
    text = text.replace("BASE", str(folder)).replace("PYTHON", host_python_path())
    file.write_text(text)
    file.chmod(0o755)
    return file


def path_of(*folders: Path) -> dict[str, str]:
    """A PATH with these folders and what tools need, but none of this machine's interpreters."""
    tools = folders[0].parent / "tools-on-path"
    tools.mkdir(exist_ok=True)
    for name in ("git", "sh", "uname"):
        found = shutil.which(name)
        if found and not (tools / name).exists():
            (tools / name).symlink_to(found)
    return {"PATH": os.pathsep.join(map(str, (*folders, tools)))}


def snake_project(folder: Path, required: str) -> Project:
    """A project whose compiler requires a version of Python."""
    project = new_project(folder, "snake")
    project.write("manifests/toolchains/snake.toml", SNAKE.replace("REQUIRED", required))
    project.write("manifests/workloads/programs.toml", workload("python", "one"))
    project.write("tools/snake.py", SOURCE, executable=True)
    project.write("programs/one.py", "print(1)\n")
    return project


def ran_on(project: Project, **build: Any) -> str:
    """What the compiler said that it ran on, when the program was built."""
    project.build(**build)
    return project.output("one/one.made", "snake").read_text()


def test_own_interpreter_is_kept_where_it_will_do(tmp_path: Path) -> None:
    project = snake_project(tmp_path, f">=3.6,<={OWN}")
    newer = tmp_path / "bin"
    fake(newer, "python3.40", "3.40.1")
    env = path_of(newer)
    assert ran_on(project, env=env) == OWN
    host = json.loads(project.run("doctor", "snake", "--json", env=env).out)["host"]
    assert host["python"] == OWN and host["python_because"] == "molt_build runs on it"
    assert host["python_executable"] == host_python_path()


def test_the_newest_on_path_that_will_do_is_chosen(tmp_path: Path) -> None:
    project = snake_project(tmp_path, ">=3.36,<3.39")
    first, second = tmp_path / "first", tmp_path / "second"
    fake(first, "python3.36", "3.36.7")
    fake(first, "python3", "3.36.7")
    chosen = fake(second, "python3.38", "3.38.2")
    fake(second, "python3.39", "3.39.0")
    fake(second, "python3.37", "3.37.9")
    (first / "python3.38").write_text("#!/bin/sh\nexit 127\n")  # a shim of what is not there
    (first / "python3.38").chmod(0o755)
    env = path_of(first, second)
    assert ran_on(project, env=env) == "3.38.2"
    host = json.loads(project.run("doctor", "snake", "--json", env=env).out)["host"]
    assert (host["python"], host["python_executable"]) == ("3.38.2", str(chosen))
    assert host["python_because"] == "the first on PATH for snake >=3.36,<3.39"
    shown = project.run("doctor", "snake", env=env).out
    assert "Python 3.38.2" in shown and "the first on PATH for snake" in " ".join(shown.split())


def test_one_that_appears_earlier_is_noticed_and_rebuilds(tmp_path: Path) -> None:
    project = snake_project(tmp_path, ">=3.36")
    empty, second = tmp_path / "empty", tmp_path / "second"
    empty.mkdir()
    fake(second, "python3.36", "3.36.7")
    env = path_of(empty, second)
    assert ran_on(project, env=env) == "3.36.7"
    assert executed(project.build(env=env)) == []
    fake(empty, "python3.38", "3.38.0")
    report = project.build(env=env)
    assert executed(report) == ["one compile"]
    assert project.output("one/one.made", "snake").read_text() == "3.38.0"
    (empty / "python3.38").unlink()  # and one that goes
    assert ran_on(project, env=env) == "3.36.7"
    fake(second, "python3.36", "3.36.8")  # and one that is another under its name
    assert ran_on(project, env=env) == "3.36.8"


def test_the_variable_names_one_and_no_other(tmp_path: Path) -> None:
    project = snake_project(tmp_path, ">=3.36")
    folder, aside = tmp_path / "bin", tmp_path / "aside"
    fake(folder, "python3.38", "3.38.0")
    named = fake(aside, "mine", "3.37.5")
    env = path_of(folder)
    assert ran_on(project, env={**env, "MOLT_BUILD_PYTHON": str(named)}) == "3.37.5"
    assert ran_on(project, env=env) == "3.38.0"
    old = fake(aside, "old", "3.35.1")
    done = project.run("build", env={**env, "MOLT_BUILD_PYTHON": str(old)})
    assert done.code == 3
    said = " ".join(done.err.split())
    assert f"snake requires Python >=3.36, and {old} is 3.35.1" in said
    assert "MOLT_BUILD_PYTHON names it" in said


def test_where_none_will_do_what_requires_it_is_missing_and_nothing_else(tmp_path: Path) -> None:
    project = snake_project(tmp_path, ">=3.36")
    other = SNAKE.replace("REQUIRED", ">=3.6").replace('"snake"', '"other"')
    project.write("manifests/toolchains/other.toml", other)
    folder = tmp_path / "bin"
    fake(folder, "python3", "3.12.1")
    env = path_of(folder)
    done = project.run("build", env=env)
    assert done.code == 3
    said = " ".join(done.err.split())
    assert f"snake requires Python >=3.36, and {host_python_path()} is {OWN}" in said
    assert "none on PATH is what is required: other >=3.6, snake >=3.36" in said
    assert "MOLT_BUILD_PYTHON" in said
    assert executed(project.build("--toolchain", "other", env=env)) == ["one compile"]
    missing = project.run("doctor", "snake", env=env)
    assert missing.code == 3 and "requires Python" in " ".join(missing.out.split())
    assert project.run("pin", "snake", env=env).code == 3


def test_requirements_are_checked_where_they_are_written(tmp_path: Path) -> None:
    project = snake_project(tmp_path, ">>3.12")
    [line] = project.run("check").err.splitlines()[:1]
    assert line.startswith("manifests/toolchains/snake.toml:8:1: requires_python: "), line
    assert "'>>3.12' is not a version specifier" in line
    project.write("manifests/toolchains/snake.toml", SNAKE.replace("REQUIRED", ">=3.13,<3.12"))
    said = project.run("check").err
    assert "requires_python: no version of Python is '>=3.13,<3.12'" in said
    project.write("manifests/toolchains/snake.toml", SNAKE.replace("REQUIRED", ">=3.13"))
    other = SNAKE.replace("REQUIRED", "<3.13").replace('"snake"', '"adder"')
    project.write("manifests/toolchains/adder.toml", other)
    done = project.run("check")
    assert done.code == 2
    assert "snake.toml:8:1: requires_python: no version of Python is" in done.err
    assert "'adder' requires '<3.13'" in done.err
    assert "manifests/toolchains/adder.toml:8" in done.err


def test_another_python_of_this_machine(tmp_path: Path) -> None:
    found = _another_python()
    if found is None:
        pytest.skip("this machine has no second Python from 3.10 on, on PATH or in ~/.pyenv")
    file, version = found
    minor = ".".join(version.split(".")[:2])
    project = snake_project(tmp_path, f"=={minor}.*")
    env = path_of(file.parent)
    assert ran_on(project, env=env) == version
    explained = project.run("explain", "one", "--json", env=env)
    assert json.loads(explained.out)["actions"][0]["status"] == "up to date"
    # What it made is of that interpreter: this one has another key.
    project.replace("manifests/toolchains/snake.toml", f"=={minor}.*", ">=3.6")
    assert ran_on(project, env=env) == OWN


def _another_python() -> tuple[Path, str] | None:
    own = ".".join(map(str, sys.version_info[:2]))
    on_path = [Path(folder) for folder in os.get_exec_path()]
    folders = [*on_path, *sorted((Path.home() / ".pyenv/versions").glob("3.*/bin"))]
    for folder in folders:
        for file in sorted(folder.glob("python3.*")) if folder.is_dir() else ():
            if not re.fullmatch(r"python3\.1\d", file.name) or file.name == f"python{own}":
                continue
            if file.read_bytes()[:2] == b"#!":
                continue  # a shim: what it starts may not be there
            answer = subprocess.run(
                [str(file), "-c", "import sys; print(sys.version.split()[0])"],
                capture_output=True,
                text=True,
            )
            if answer.returncode == 0 and not answer.stdout.startswith(own):
                return file, answer.stdout.strip()
    return None


MINOR_VERSIONS = st.integers(6, 39).map(lambda minor: f"3.{minor}")
OPERATORS = st.sampled_from([">=", "<", ">", "<=", "==", "!=", "~="])


@given(st.lists(st.tuples(OPERATORS, MINOR_VERSIONS), min_size=1, max_size=4))
def test_what_is_possible_is_what_some_version_satisfies(
    specifiers: list[tuple[str, str]],
) -> None:
    wanted = tuple(operator + version for operator, version in specifiers)
    minors = possible_minors(wanted)
    assert is_possible(wanted) or not minors
    for minor in (f"3.{n}" for n in range(6, 41)):
        has_any = any(is_satisfied(wanted, f"{minor}.{micro}") for micro in (0, 1, 5, 30))
        assert has_any == (minor in minors)
