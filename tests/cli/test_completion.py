"""Completion of the command line: asked for as shells ask, and by a real one."""

from __future__ import annotations

import argparse
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, needs
from lane_projects import LaneProject
from other_processes import PATIENCE_S
from whole_project import whole_project

from molt_build.cli import command_line
from molt_build.cli.command_line import COMMANDS, parser_for
from molt_build.cli.completers import COMPLETERS
from molt_build.cli.completion import START

# What nobody but who types it knows: numbers, names that are new, revisions.
FREE = {
    *(
        "against",
        "bad",
        "base",
        "blocks",
        "budget",
        "fdr",
        "generate",
        "good",
        "jobs",
        "keep",
        "last",
        "layouts",
        "min_effect",
    ),
    *(
        "name",
        "older_than",
        "precision",
        "python",
        "reason",
        "ref",
        "repeats",
        "reruns",
        "sample",
        "seed",
        "shard",
        "since",
        "timeout",
        "until",
    ),
    "to",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> LaneProject:
    return whole_project(tmp_path_factory)


def words_at(project: Project, line: str, folder: Path | None = None) -> list[str]:
    """The words that a shell gets for a line whose cursor is at its end."""
    answer = project.root.parent / "words"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    place = Project(folder or project.root, project.cache, project.log_file, project.environment)
    result = place.run(env=asked)
    assert (result.code, result.out, result.err) == (0, "", ""), line
    return [word.strip() for word in answer.read_text().split("\n") if word]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("molt-build bui", ["build"]),
        ("molt-build cache v", ["verify"]),
        ("molt-build build bench_", ["bench_work", "bench_more"]),
        ("molt-build build --toolchain ab", ["absent"]),
        ("molt-build explain bench_work --profile rel", ["release", "release-fast"]),
        ("molt-build build --toolchain toy --target ", ["native"]),
        ("molt-build cache prune --dr", ["--dry-run"]),
        ("molt-build --color al", ["always"]),
        ("molt-build bench ", ["toys_native", "gits", "locals"]),
        ("molt-build bench toys_native --reference toy:re", ["release", "release-fast"]),
        ("molt-build bench toys_native --engine toy@", ["toy@native"]),
        ("molt-build bench toys_native --metric w", []),
        ("molt-build compare latest latest --metric wall", ["wall_s"]),
        ("molt-build friends --suite ", ["gits", "locals"]),
        ("molt-build friends --suite locals --program ", ["prints"]),
        ("molt-build friends pin g", ["gits"]),
        ("molt-build compare la", ["latest", "latest~1"]),
        ("molt-build history show toys_native/l", ["toys_native/latest"]),
        ("molt-build history list --job comp", ["compile_progress"]),
        ("molt-build export latest --format py", ["pyperf"]),
        ("molt-build export latest --output programs/bench_w", ["programs/bench_work.py"]),
        ("molt-build list su", ["suites"]),
        ("molt-build list cases ", ["warm"]),
        ("molt-build list ru", ["runs"]),
        ("molt-build schema work", ["workload"]),
        ("molt-build pin cyth", ["cython"]),
        ("molt-build pin carg", []),  # it requires no packages
        ("molt-build pin pyo", ["pyodide"]),  # nor does this, whose artifact is pinned
        ("molt-build pin cython --artifact w", ["wasi_python"]),
        ("molt-build completion z", ["zsh"]),
        ("molt-build init toolchain mycc --pattern in", ["interpreter"]),
        ("molt-build nothing such", []),
        ("molt-build build 'unclosed", []),
        ("molt-build conformance toy --check ref", ["refusal"]),
    ],
)
def test_what_may_stand_at_the_cursor(whole: LaneProject, line: str, words: list[str]) -> None:
    assert sorted(words_at(whole.project, line)) == sorted(words)


def test_cases_and_runs(whole: LaneProject) -> None:
    found = words_at(whole.project, "molt-build compare toys_native/")
    assert len(found) >= 3 and found[0] == "toys_native/latest"
    assert words_at(whole.project, "molt-build compile_progress --case ") == ["warm"]


def every_action(command: str) -> Iterator[argparse.Action]:
    """The arguments of a command and of its subcommands, but for those of every command."""
    main = parser_for([command])
    (below,) = (a for a in main._actions if isinstance(a, argparse._SubParsersAction))
    yield from actions_of(below.choices[command])


def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from actions_of(one)
        else:
            yield action


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_that_takes_a_name_is_completed(command: str) -> None:
    without = [
        action.dest
        for action in every_action(command)
        if action.nargs != 0
        and action.choices is None
        and action.metavar not in ("FILE", "DIR")
        and action.dest != "folder"
        and action.dest not in COMPLETERS
        and action.dest not in FREE
    ]
    assert without == []


def test_nothing_is_completed_that_there_is_not() -> None:
    there = {action.dest for command in COMMANDS for action in every_action(command)}
    assert set(COMPLETERS) | FREE <= there


def test_outside_of_a_project_nothing_is_said(whole: LaneProject, tmp_path: Path) -> None:
    for line in ("molt-build build b", "molt-build bench ", "molt-build compare la"):
        assert words_at(whole.project, line, tmp_path) == []
    assert words_at(whole.project, "molt-build ben", tmp_path) == ["bench"]
    there = f"molt-build build --project {whole.root} bench_w"
    assert words_at(whole.project, there, tmp_path) == ["bench_work"]
    assert list(tmp_path.iterdir()) == []


def test_manifests_that_are_wrong_give_no_names(toys: Project) -> None:
    assert words_at(toys, "molt-build build t") == ["two", "three"]
    toys.write("manifests/broken.toml", "kind = ")
    assert words_at(toys, "molt-build build t") == []
    assert words_at(toys, "molt-build build --keep-g") == ["--keep-going"]


def test_manifests_are_not_read_anew(toys: Project) -> None:
    """What was read last is kept, and nothing of what reads manifests is imported."""
    assert toys.run("list").code == 0
    script = (
        "import argparse, sys\n"
        "from molt_build.cli.completers import COMPLETERS, Cursor\n"
        "print(*COMPLETERS['programs'](Cursor('', argparse.Namespace())))\n"
        "kept = ('validation', 'parsed', 'toml', 'references')\n"
        "print([name for name in kept if f'molt_build.manifests.{name}' in sys.modules])\n"
        "print([name for name in ('rich', 'jinja2', 'sqlite3', 'nox') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=toys.root,
        env=toys.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["one two three", "[]", "[]"]


@pytest.fixture
def shell_variables(toys: Project) -> dict[str, str]:
    """For a shell in which `molt-build` is a command."""
    command = toys.root.parent / "bin/molt-build"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m molt_build "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**toys.variables(), "PATH": path, "HOME": str(toys.root.parent), "TERM": "dumb"}


def test_bash_completes(toys: Project, shell_variables: dict[str, str]) -> None:
    """An interactive bash, and somebody who presses the tabulator."""
    bash, line = needs("bash"), START["bash"][0]
    shell, terminal = pty.openpty()
    process = subprocess.Popen(
        [bash, "--norc", "--noprofile", "-i"],
        cwd=toys.root,
        env={**shell_variables, "PS1": "ready> "},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        wait_for_text(shell, "ready> ")
        os.write(shell, f"{line}\n".encode())
        wait_for_text(shell, "ready> ")
        os.write(shell, b"molt-build buil\ton\t--tool\ttoy\n")
        said = wait_for_text(shell, "saved)")
        assert "molt-build build one --toolchain toy" in said
        assert "1 program with toy dev" in said and "rror" not in said
    finally:
        process.kill()
        process.wait()
        os.close(shell)


def wait_for_text(shell: int, text: str) -> str:
    """What a terminal shows, until it shows the text after the last line that was typed."""
    said, deadline = "", time.monotonic() + PATIENCE_S
    while text not in said:
        ready, _, _ = select.select([shell], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"no {text!r} in {said!r}"
        said += os.read(shell, 1 << 14).decode(errors="replace")
    return said


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_what_is_printed(
    toys: Project, shell_variables: dict[str, str], shell: str
) -> None:
    line = START[shell][0]
    begin = "autoload -Uz compinit; compinit -u; " if shell == "zsh" else ""
    ask = {
        "zsh": "whence -w _python_argcomplete; print -- ${_comps[molt-build]}",
        "fish": "complete -C 'molt-build buil'",
    }
    done = subprocess.run(
        [needs(shell), "-c", f"{begin}{line}; {ask[shell]}"],
        cwd=toys.root,
        env=shell_variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stderr == ""
    assert ("build" if shell == "fish" else "_python_argcomplete: function") in done.stdout


def test_what_is_printed_says_where_it_goes(tmp_path: Path) -> None:
    place = Project(tmp_path, tmp_path / "cache", tmp_path / "log")
    for shell, (line, file) in START.items():
        printed = place.run("completion", shell)
        assert (printed.code, printed.err) == (0, "")
        assert f"# in {file}: {line}\n" in printed.out
    assert printed.out.startswith("# in ~/.config/fish")
    assert place.run("completion", "zsh").out.startswith("#compdef molt-build\n")
    assert place.run("completion", "csh").code == 2
    text = (REPOSITORY / "molt_build/cli/__init__.py").read_text()
    assert text.startswith("# PYTHON_ARGCOMPLETE_OK\n")  # for completion of all such commands


def test_without_argcomplete_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("argcomplete", "argcomplete.shell_integration"):
        monkeypatch.setitem(sys.modules, name, None)
    assert command_line.run(["completion", "bash"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "error: argcomplete, which completes the command line, is not installed\n"
        "  pip install argcomplete\n"
    )
