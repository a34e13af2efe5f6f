"""Versions of CPython as engines: where one is looked for, and what is said where there is none.

The interpreter that molt_build runs on stands for the version that is looked for: it is there
whatever the machine has. Where there are others, they are measured.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, new_project
from lane_projects import lane_project

from molt_build.toolchains.host_python import host_python_path

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
NAME = f"python{VERSION}"
MANIFEST = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "snake-VERSION"
description = "CPython of a version."
engine = "interpreter"
accepts = ["python"]

[executables.interpreter]
python = "VERSION"
version = ["{interpreter}", "--version"]
install_hint = "hatch one"

[targets.native]
run = ["{interpreter}", "{source}", "{args}"]
"""
SHIM = f"#!/bin/sh\necho 'pyenv: {NAME}: command not found' >&2\nexit 127\n"  # as pyenv's does


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Empty places for interpreters, as variables: nothing of this machine is found."""
    for folder in ("bin", "pyenv/versions", "uv"):
        (tmp_path / folder).mkdir(parents=True)
    for tool in ("git", "sh"):
        if found := shutil.which(tool):
            (tmp_path / "bin" / tool).symlink_to(found)
    return {
        "PATH": str(tmp_path / "bin"),
        "PYENV_ROOT": str(tmp_path / "pyenv"),
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"),
    }


def installed(file: Path, script: str = "") -> Path:
    """This interpreter at a place, or a script in its stead."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if script:
        file.write_text(script)
        file.chmod(0o755)
    else:
        file.symlink_to(host_python_path())
    return file


def told(folder: Path, env: dict[str, str], version: str = VERSION, code: int = 0) -> Any:
    """What doctor says of the toolchain of a version."""
    project: Project = new_project(folder / "of", f"snake-{version}")
    text = MANIFEST.replace("VERSION", version)
    project.write(f"manifests/toolchains/snake-{version}.toml", text)
    done = project.run("doctor", f"snake-{version}", "--json", env=env)
    assert done.code == code, done.err
    (row,) = json.loads(done.out)["toolchains"]
    return row


def test_a_shim_that_starts_nothing_is_passed_over_for_what_pyenv_has_installed(
    tmp_path: Path, places: dict[str, str]
) -> None:
    installed(tmp_path / "bin" / NAME, SHIM)
    asked = tmp_path / "asked"
    older = f'#!/bin/sh\ntouch {asked}\nexec {host_python_path()} "$@"\n'
    installed(tmp_path / f"pyenv/versions/{VERSION}.9/bin" / NAME, older)
    installed(tmp_path / f"pyenv/versions/{VERSION}.10/bin" / NAME)  # the newest by number
    row = told(tmp_path, places)
    assert row["ready"] and row["versions"] == {"interpreter": f"Python {sys.version.split()[0]}"}
    assert not asked.exists()


def test_what_uv_has_installed_is_found_but_no_build_without_a_global_lock(
    tmp_path: Path, places: dict[str, str]
) -> None:
    installed(tmp_path / f"uv/cpython-{VERSION}.99+freethreaded-linux/bin" / NAME, "#!/bin/sh\n")
    installed(tmp_path / f"uv/cpython-{VERSION}.3-linux-x86_64-gnu/bin" / NAME)
    assert told(tmp_path, places)["ready"]


def test_path_comes_first_and_has_the_identity_of_the_file_itself(
    tmp_path: Path, places: dict[str, str]
) -> None:
    installed(tmp_path / f"pyenv/versions/{VERSION}.1/bin" / NAME, "#!/bin/sh\nexit 1\n")
    installed(tmp_path / "bin" / NAME)
    assert told(tmp_path, places)["ready"]


def test_where_there_is_none_it_says_what_was_there_and_what_would_install_one(
    tmp_path: Path, places: dict[str, str]
) -> None:
    row = told(tmp_path, places, "3.39", code=3)
    assert not row["ready"] and row["install"] == "hatch one"
    assert row["missing"] == "snake-3.39: CPython 3.39 is not on PATH, nor in pyenv or uv"
    other = installed(tmp_path / "bin/python3.38")  # which is another
    installed(tmp_path / "pyenv/versions/3.38.1/bin/python3.38", SHIM)
    missing = told(tmp_path / "again", places, "3.38", code=3)["missing"]
    assert f"{other} is another: cpython {VERSION}" in missing and "command not found" in missing


def test_a_version_that_is_none_is_an_error_of_the_manifest(tmp_path: Path) -> None:
    project = new_project(tmp_path, "snake")
    text = MANIFEST.replace('python = "VERSION"', 'python = "3.12.1"').replace("-VERSION", "")
    project.write("manifests/toolchains/snake.toml", text)
    done = project.run("check")
    assert done.code == 2 and "executables.interpreter.python" in done.err
    assert 'a minor version of CPython such as "3.12"' in done.err


def test_other_versions_are_engines_beside_the_reference(tmp_path: Path) -> None:
    lane = lane_project(tmp_path)
    known = [f"cpython-3.{minor}" for minor in range(11, 15)]
    rows = json.loads(lane.run("doctor", *known, "--json").out)["toolchains"]
    there = [row["name"] for row in rows if row["ready"] and row["name"] != f"cpython-{VERSION}"]
    if not there:
        pytest.skip("no other CPython from 3.11 to 3.14 is on PATH, in pyenv or in uv")
    nowhere = MANIFEST.replace("snake-VERSION", "snake-3.39").replace("VERSION", "3.39")
    lane.project.write("manifests/toolchains/snake-3.39.toml", nowhere)
    words = ("--quick", "--program", "work", "--engine", *there, "snake-3.39")
    result = lane.bench(*words)
    for name in there:
        facts = result.engines[name]
        assert facts.kind == "interpreter"
        assert facts.versions["interpreter"].startswith(f"Python {name.partition('-')[2]}.")
        cell = result.lane.cells_by_key["bench_work", name]
        assert cell.status == "ok" and cell.metrics["wall_s"].speedup is not None
        assert os.path.basename(os.path.dirname(cell.argv[0])) == "bin"  # and no shim's
        assert "shims" not in cell.argv[0]
    assert len({facts.identity for facts in result.engines.values()}) == len(there) + 1
    (skipped,) = result.lane.skipped
    assert (skipped.engine, skipped.hint) == ("snake-3.39", "hatch one")
    alone = lane.run("bench", "toys_native", "--quick", "--engine", "snake-3.39")
    assert alone.code == 3 and "hatch one" in alone.err
