"""Every command of a ```console block in README, CONTRIBUTING and docs/ does what the page says.

The commands of a page are run in its order, in one folder that suits it (`SCENES`; a page that is
not there is in a checkout of this project). A command that would take hours, or needs a network,
has a stand-in of which it is said why (`STAND_INS`). Pages that are made by commands, and record
what was done once, are only read: all their words must be such that the commands take them.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, needs
from case_results import cell, run_of
from followed_pages import Follower, ShownCommand, commands
from lane_results import lane_result

from molt_build.cli.command_line import COMMANDS
from molt_build.results.files import write_result

PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"))
    if "site" not in path.parts
)
# Pages that other tests follow: the test, and what it reads.
FOLLOWED = {
    "docs/compiler.md": ("tests/promises/test_compiler_page.py", "docs/compiler.md"),
    "docs/tutorial.md": ("tests/promises/test_tutorial.py", "docs/tutorial.md"),
    "docs/reference/commands.md": ("tests/cli/test_every_command.py", "EXAMPLES"),
}
# Made by commands: what they show was done once, or stands for any project.
MADE = ("docs/benchmarks/", "docs/reference/")

NETWORK = "it installs packages from the network"
HOURS = "it measures for minutes or hours"
# Page and command -> why it is not run as it is, and what is run in its place.
STAND_INS: dict[tuple[str, str], tuple[str, str]] = {
    ("README.md", "python3 bootstrap.py bench_native"): (NETWORK, "nox -l -s bench_native"),
    ("README.md", "python3 bootstrap.py tests"): (NETWORK, "nox -l -s tests"),
    ("README.md", "pip install PATH/TO/molt_build"): (NETWORK, "molt-build --version"),
    ("README.md", "nox -s bench"): (NETWORK, "nox -s bench -- --list"),
    **{
        ("docs/engines.md", command): (HOURS, f"{command} --list")
        for command in (
            "molt-build bench bench_native --engine cython:dev --engine cython:release"
            " --reference cpython",
            "molt-build friends --suite cython --subject cython:release-fast"
            " --engine cython:dev --engine cython:release-fast",
            "molt-build bench bench_native --against HEAD~1",
        )
    },
    ("docs/bisect.md", "molt-build bisect bench_native --program fib --good HEAD~1 --bad HEAD"): (
        NETWORK,
        "molt-build bisect --help",
    ),
    ("docs/signals.md", "molt-build signals --against HEAD~1"): (
        NETWORK,
        "molt-build signals --list",
    ),
}


def plain(command: ShownCommand) -> str:
    """The command without a comment behind it."""
    return re.sub(r"\s+# .*", "", command.text)


def here(folder: Path) -> None:
    """A checkout of this project, with a commit before the last."""
    for name in ("manifests", "benchmarks", "schemas"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in ("noxfile.py", "bootstrap.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "molt_build").symlink_to(REPOSITORY / "molt_build")
    git = [needs("git"), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "manifests", "benchmarks"], ["commit", "-qm", "Before"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Now"], cwd=folder, check=True)


def a_run_of_a_lane(folder: Path) -> None:
    """The folder of a run, with its result."""
    needs("jq")
    write_result(folder, lane_result())


def a_run_of_the_cases(folder: Path) -> None:
    """The same of the cases."""
    needs("jq")
    write_result(folder, run_of(1, [cell("dev_warm")]))


SCENES: dict[str, Callable[[Path], None]] = {
    "docs/results.md": a_run_of_a_lane,
    "docs/compile_progress.md": a_run_of_the_cases,
}
SHOWING = {page: found for page in PAGES if (found := commands((REPOSITORY / page).read_text()))}
RUN_HERE = [page for page in SHOWING if not page.startswith(MADE) and page not in FOLLOWED]


@pytest.mark.parametrize("page", RUN_HERE)
def test_the_commands_of_a_page_are_run(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "bench/results/job/20260101T000000Z"
    folder.mkdir(parents=True)
    SCENES.get(page, here)(folder)
    follower = Follower.beginning(folder, tmp_path / "cache", {"HOME": str(tmp_path)})
    for command in SHOWING[page]:
        _, stand_in = STAND_INS.get((page, plain(command)), ("", ""))
        if stand_in:
            command = replace(command, text=stand_in, shown=())
        if plain(command).startswith("molt-build init"):  # in a folder of the reader's own
            follower.folder = tmp_path / "own"
            follower.folder.mkdir()
        printed = follower.run(command)
        if "--list" in command.text:
            assert printed.count("\n") > 1  # not run, and yet what it names is there


def test_each_stand_in_stands_for_a_command() -> None:
    shown = {(page, plain(command)) for page, found in SHOWING.items() for command in found}
    assert set(STAND_INS) - shown == set()
    assert {page for page, _ in STAND_INS} <= set(RUN_HERE)


def test_pages_with_tests_of_their_own_have_them() -> None:
    for page, (test, read) in FOLLOWED.items():
        assert page in SHOWING
        assert read in (REPOSITORY / test).read_text()


@pytest.mark.parametrize("page", sorted(set(SHOWING) - set(RUN_HERE) - set(FOLLOWED)))
def test_the_commands_of_a_made_page_are_taken(page: str, tmp_path: Path) -> None:
    """Outside of a project, what is wrong with the words is said before that there is none."""
    for number, command in enumerate(SHOWING[page]):
        words = shlex.split(command.text, comments=True)
        if words[0] == "git":
            assert re.fullmatch(r"git checkout [0-9a-f]{40}", command.text)
            continue
        env = {}
        if words[0].startswith("MOLT_BUILD_PYTHON="):  # its value is of who measures
            env["MOLT_BUILD_PYTHON"] = sys.executable
            del words[0]
        assert words[0] == "molt-build", command
        folder = tmp_path / str(number) / "nowhere"  # one may begin a project
        folder.mkdir(parents=True)
        nowhere = Project(folder, tmp_path / "cache", tmp_path / "log", {"HOME": str(tmp_path)})
        ended = nowhere.run(*words[1:], env=env)
        is_taken = ended.code in (0, 1) or "error: there is no project here" in ended.err
        assert is_taken, (command, ended.err)


def test_commands_that_pages_name_in_passing_are_there() -> None:
    """`molt-build X` in the text of a page is a command, and so is `nox -s X` a session."""
    listed = subprocess.run(
        [sys.executable, "-m", "nox", "-l"], cwd=REPOSITORY, capture_output=True, text=True
    )
    sessions = set(re.findall(r"^[*-] ([\w-]+)", listed.stdout, re.MULTILINE)) | {"bench"}
    for page in PAGES:
        text = (REPOSITORY / page).read_text()
        named = {name.replace("_", "-") for name in re.findall(r"`molt-build ([a-z][\w-]*)", text)}
        assert named - {name.replace("_", "-") for name in COMMANDS} == set(), page
        named = re.findall(r"`nox -s (?:\")?([a-z]\w*)", text)
        assert set(named) - sessions == set(), page
