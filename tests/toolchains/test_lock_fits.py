"""A lock that has not what its manifest requires, and the versions that are told: the lock's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project
from package_projects import LOCK, needy_project, require, wheel

from molt_build.manifests.loading import check
from molt_build.manifests.lock_checks import installed, misfits, without_header

MANIFEST = "manifests/toolchains/needy.toml"
BY_PYTHON = (
    "low==1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:0\n"
    'low==2.0;python_version >= "3.12" --hash=sha256:1\n'
)


@pytest.fixture
def needy(tmp_path: Path) -> Project:
    """A project whose toolchain requires a package, which is locked in version 1.0."""
    project = needy_project(tmp_path)
    wheel(tmp_path / "index", "low", "1.0")
    require(project, "low==1.0")
    assert project.run("pin", "needy").code == 0
    return project


def test_a_requirement_edited_after_pinning_is_an_error_until_it_is_pinned(
    needy: Project, tmp_path: Path
) -> None:
    assert needy.run("prepare", "needy").code == 0
    assert needy.run("check").code == 0
    require(needy, "low==0.9")
    wheel(tmp_path / "index", "low", "0.9")
    wanted = (
        f"{MANIFEST}:10:13: python.requires[0]: the lock has low 1.0, and ==0.9 is required"
        " (hint: molt-build pin needy)"
    )
    checked = needy.run("check")
    assert checked.code == 2 and wanted in checked.out + checked.err
    for words in (("doctor", "needy"), ("build", "hello", "--toolchain", "needy"), ("list",)):
        done = needy.run(*words)
        assert done.code == 2 and wanted in done.err, words
    assert needy.run("pin", "needy").out.splitlines()[1:] == ["  low 1.0 -> 0.9"]
    assert needy.run("check").code == 0


def test_the_versions_that_are_told_are_those_of_the_lock(needy: Project) -> None:
    require(needy, "low>=0.5,<2")  # which the lock meets
    assert needy.run("prepare", "needy").code == 0
    ready = needy.run("doctor", "needy")
    assert "ready" in ready.out and "low 1.0" in ready.out
    [row] = json.loads(needy.run("doctor", "needy", "--json").out)["toolchains"]
    assert row["packages"] == ["low==1.0"]


@pytest.mark.parametrize(
    ("lock", "says"),
    [("low==1.1 --hash=sha256:0\n", "the lock has low 1.1"), ("# empty\n", "the lock has no low")],
)
def test_a_lock_edited_by_hand_is_an_error_too(needy: Project, lock: str, says: str) -> None:
    assert needy.run("list").code == 0  # the manifests are kept as valid
    needy.write(LOCK, lock)
    done = needy.run("list")
    assert done.code == 2 and says in done.err and "molt-build pin needy" in done.err


def test_a_lock_that_is_gone_is_missed_by_what_uses_it(needy: Project) -> None:
    assert needy.run("prepare", "needy").code == 0
    (needy.root / LOCK).unlink()
    done = needy.run("prepare", "needy")
    assert done.code == 3
    assert "needy has no lock file locks/needy.txt" in done.out and "pin needy" in done.out


def test_the_lock_of_a_suite(needy: Project) -> None:
    text = (REPOSITORY / "manifests/suites/numba.toml").read_text()
    needy.write("manifests/suites/numba.toml", text.replace("numpy==2.4.6", "numpy==2.4.5"))
    lock = (REPOSITORY / "manifests/suites/locks/numba.txt").read_bytes()
    needy.write("manifests/suites/locks/numba.txt", lock)
    [wrong] = [one for one in check(needy.root) if "the lock has" in one.message]
    assert (wrong.path, wrong.hint) == ("python.requires[1]", "molt-build pin --suite numba")
    assert wrong.message == "the lock has numpy 2.4.6, and ==2.4.5 is required"


@pytest.mark.parametrize(
    ("requires", "lock", "python", "wrong"),
    [
        (["low"], "low==1.0\n", "3.12", []),
        (["Low_Part==1.0"], "low-part==1.0\n", "3.12", []),
        (["low==1"], "low==1.0.0\n", "3.12", []),
        (["low>=2"], "low==1.0\n", "3.12", ["the lock has low 1.0, and >=2 is required"]),
        (["low>=1"], "low==2.0rc1\n", "3.12", []),
        (["low==2.0"], BY_PYTHON, "3.12.4", []),
        (["low==2.0"], BY_PYTHON, "3.11", ["the lock has low 1.0, and ==2.0 is required"]),
        (["low==9; python_version<'3.12'"], "other==1\n", "3.12", []),
        (["low==9; python_version<'3.12'"], "other==1\n", "3.11", ["the lock has no low"]),
        (["low[fast]"], "low==1.0\n", "3.12", []),  # by someone who does not say for what
        (["low[fast]"], "# required: low[fast]==1.0\nlow==1.0\n", "3.12", []),
        (["low[fast]"], "# required: low\nlow==1.0\n", "3.12", ["the lock has low without 'fast'"]),
        (["low @ file:///low.whl"], "low @ file:///low.whl \\\n    --hash=sha256:0\n", "3.12", []),
    ],
)
def test_what_a_lock_has_for_a_python(
    requires: list[str], lock: str, python: str, wrong: list[str]
) -> None:
    assert [one.message for one in misfits(requires, lock, python)] == wrong


def test_what_is_installed_is_what_the_lock_has_for_the_python() -> None:
    assert installed(["LOW>=1"], BY_PYTHON, "3.13.1") == ("LOW==2.0",)
    assert installed(["LOW>=1"], BY_PYTHON, "3.11.9") == ("LOW==1.0",)
    assert installed(["low; python_version<'3.12'"], BY_PYTHON, "3.13.1") == ()
    assert without_header("# written by it\n#\nlow==1.0\n# kept\n") == "low==1.0\n# kept\n"
