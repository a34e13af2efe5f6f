"""`molt-build prepare`, and what `doctor` says of what is not installed yet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project
from package_projects import LOCK, needy_project, require, wheel

LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "needs"
description = "Tested."
workloads = ["programs"]
engines = ["needy"]
reference = "cpython"
subject = "needy"
profile = "dev"
"""
WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "Tested."
language = "python"

[source]
archive = "programs.tar.gz"
sha256 = "SHA256"

[[programs]]
name = "one"
"""


def locked(folder: Path) -> Project:
    """A project whose toolchain requires two packages, and their index beside it."""
    project = needy_project(folder)
    require(project, "high==1.0")
    return project


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a project, with its lock: pip needs seconds for one."""
    folder = tmp_path_factory.mktemp("pinned")
    project = locked(folder)
    wheel(folder / "index", "low", "1.0")
    wheel(folder / "index", "high", "1.0", "low")
    assert project.run("pin", "needy").code == 0
    return folder


@pytest.fixture
def needy(tmp_path: Path, pinned: Path) -> Project:
    """A project whose toolchain requires two packages, which are locked and not installed."""
    project = locked(tmp_path)
    shutil.copytree(pinned / "index", tmp_path / "index")
    project.write(LOCK, (pinned / "project" / LOCK).read_text())
    return project


def doctor(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    result = project.run("doctor", *words, "--json")
    assert result.code == code, result.err
    [row] = json.loads(result.out)["toolchains"]
    found: dict[str, Any] = row
    return found


def test_what_is_installed_on_first_use_is_told_with_its_size(
    needy: Project, tmp_path: Path
) -> None:
    row = doctor(needy, "needy")
    assert (row["state"], row["ready"]) == ("installed on first use", False)
    [wanted] = row["to_install"]
    assert (wanted["toolchain"], wanted["requires"]) == ("needy", ["high==1.0"])
    assert wanted["size_bytes"] is wanted["download_bytes"] is None
    shown = " ".join(needy.run("doctor", "needy").out.split())
    assert "needy installed on first use high==1.0 (size not known here)" in shown
    assert "molt-build prepare TOOLCHAIN installs now" in shown
    assert "molt-build doctor --sizes asks how much that is" in shown
    assert not (needy.cache / "environments").exists()
    files = sum(file.stat().st_size for file in (tmp_path / "index").glob("*.whl"))
    [wanted] = doctor(needy, "needy", "--sizes")["to_install"]
    assert wanted["download_bytes"] == files
    shown = " ".join(needy.run("doctor", "needy", "--sizes").out.split())
    assert "to download)" in shown and "asks how much" not in shown


def test_an_index_that_does_not_answer_is_no_failure_of_doctor(needy: Project) -> None:
    needy.environment.update({"PIP_FIND_LINKS": str(needy.root / "gone")})
    [wanted] = doctor(needy, "needy", "--sizes")["to_install"]
    assert wanted["download_bytes"] is None
    assert "cannot be fetched" in wanted["size_unknown_because"]


def test_preparing_installs_and_a_second_time_finds_it_there(needy: Project) -> None:
    done = needy.run("prepare", "needy", "cpython")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert first.startswith("needy: ready after ") and "(installed needy " in first
    assert second == "cpython: was there"
    assert "installing the pinned requirements of needy" in done.err
    assert not (needy.root / ".molt-build/out").exists()
    row = doctor(needy, "needy")
    assert (row["state"], row["ready"], row["to_install"]) == ("ready", True, [])
    again = needy.run("prepare", "--engine", "needy:dev", "--json")
    [prepared] = json.loads(again.out)["prepared"]
    assert (prepared["kind"], prepared["name"], prepared["state"]) == (
        *("toolchain", "needy"),
        "there",
    )
    [environment] = prepared["environments"]
    assert environment["was_there"] is True and environment["size_bytes"] > 1000
    assert Path(environment["folder"]).is_dir()


def test_an_interrupted_installation_is_begun_anew(needy: Project) -> None:
    done = needy.run("prepare", "needy", "--json")
    [folder] = [one["folder"] for one in json.loads(done.out)["prepared"][0]["environments"]]
    (Path(folder) / "complete").unlink()  # as one that was killed leaves it
    again = needy.run("prepare", "needy")
    assert again.code == 0 and "installed needy" in again.out


def test_all_that_a_lane_needs(needy: Project) -> None:
    needy.write("manifests/workloads/programs.toml", WORKLOAD.replace("SHA256", "0" * 64))
    needy.write("manifests/lanes/needs.toml", LANE)
    for words in (("--lane", "needs"), ()):
        done = needy.run("prepare", *words)
        assert done.code == 3  # of the lane's the archive cannot be had
        cpython, own, source, hint = done.out.splitlines()
        assert cpython == "cpython: was there"
        assert own.startswith("needy: ready after " if words else "needy: was there")
        assert source.startswith("source of programs: missing: ")
        assert "programs.tar.gz" in source and hint.startswith("  ")


def test_what_cannot_be_had_does_not_stop_the_rest(needy: Project, tmp_path: Path) -> None:
    (tmp_path / "index/low-1.0-py3-none-any.whl").unlink()
    done = needy.run("prepare", "needy", "cpython", "--json")
    assert done.code == 3
    rows = json.loads(done.out)["prepared"]
    assert [(row["name"], row["state"]) for row in rows] == [
        ("needy", "missing"),
        ("cpython", "there"),
    ]
    assert "could not be installed" in rows[0]["problem"]
    assert "molt-build pin needy" in rows[0]["hint"]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("needi",), "there is no toolchain needi", "did you mean needy?"),
        (("needy:dve",), "there is no profile dve", "did you mean dev?"),
        (("needy@natve",), "toolchain needy has no target natve", "did you mean native?"),
        (("needy@rev:HEAD",), "is not prepared", "without a revision"),
        (("--lane", "nets"), "there is no lane nets", "there are"),
        ((), "nothing to prepare: the project has no lane", "name a toolchain"),
    ],
)
def test_what_cannot_be_prepared(
    needy: Project, words: tuple[str, ...], message: str, hint: str
) -> None:
    result = needy.run("prepare", *words)
    assert (result.code, result.out) == (2, "")
    said, below = result.err.splitlines()
    assert message in said and hint in below


def test_strict_fails_on_a_noisy_machine_only(needy: Project) -> None:
    told = needy.run("doctor", "cpython", "--strict", "--json")
    noise = json.loads(told.out)["noise"]
    is_noisy = any(one["severity"] == "warning" for one in noise)
    assert told.code == (1 if is_noisy else 0)
    # One processor is always worth a warning.
    if (taskset := shutil.which("taskset")) is None:
        pytest.skip("needs taskset")
    alone = [taskset, "-c", str(min(os.sched_getaffinity(0)))]
    words = [sys.executable, "-m", "molt_build", "doctor", "cpython"]
    for more, code in (([], 0), (["--strict"], 1)):
        done = subprocess.run(
            [*alone, *words, *more],
            cwd=needy.root,
            env=needy.variables(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        assert "one processor is allowed" in " ".join(done.stdout.split())
