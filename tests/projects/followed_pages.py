"""Pages of the documentation that are followed as a reader would: files are written as the page
says, and its commands are run, in its order, in one folder.

A page is read as steps. What is not one of these is prose:

- a fenced block behind a line that ends with `` `PATH`: `` is that file. With `` To the end of
  `PATH`: `` it is added to it; a block of the language `diff` is what changes in it: its lines with
  `-` or a space stand there, once, and those with `+` or a space take their place.
- a block of the language `console` is commands: what a line with `$ ` begins, and the lines with
  `> ` that go on with it, and below each what it shows.

A command ends with exit status 0, unless `$ echo $?` follows it, which shows another. What is shown
must be there, line by line and in that order, other lines may stand between; `...` in a line is
any text, and a line `...` alone says nothing. Standard output and standard error count as one.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from build_projects import Project
from other_processes import PATIENCE_S

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_OF_A_FILE = re.compile(r"(?:^|\s)`([^`\s]+)`:$")
_ADDED = "To the end of `"
_SHELL_SIGNS = set("|&;<>$`*?#~")


@dataclass(frozen=True)
class FilePiece:
    """A file, or what is added to one or changed in it."""

    line: int  # of the page, from 1
    path: str  # relative to the folder
    language: str
    text: str
    is_added: bool = False


@dataclass(frozen=True)
class ShownCommand:
    """A command, and what the page shows of what it prints."""

    line: int
    text: str
    shown: tuple[str, ...] = ()
    exit_status: int = 0


Step = FilePiece | ShownCommand


def steps(page: str) -> Iterator[Step]:
    """What a page says to do, in its order."""
    for block in _FENCE.finditer(page):
        language, text = block[1], block[2]
        line = page.count("\n", 0, block.start()) + 2
        before = page[: block.start()].rstrip("\n").rpartition("\n")[2]
        if language == "console":
            yield from _commands(text, line)
        elif named := _OF_A_FILE.search(before):
            yield FilePiece(line, named[1], language, text, _ADDED in before)


def commands(page: str) -> list[ShownCommand]:
    """The commands of all its console blocks."""
    return [step for step in steps(page) if isinstance(step, ShownCommand)]


def pieces(page: str) -> list[FilePiece]:
    """What it says of files."""
    return [step for step in steps(page) if isinstance(step, FilePiece)]


def _commands(block: str, line: int) -> Iterator[ShownCommand]:
    latest: ShownCommand | None = None
    for number, text in enumerate(block.splitlines(), line):
        if text.startswith("$ "):
            if latest is not None and text != "$ echo $?":
                yield latest
                latest = None
            if text != "$ echo $?":
                latest = ShownCommand(number, text[2:])
            continue
        assert latest is not None, f"line {number} is shown by no command: {text}"
        if text.startswith("> ") and not latest.shown:
            latest = replace(latest, text=f"{latest.text}\n{text[2:]}")
        elif block.splitlines()[number - line - 1] == "$ echo $?":
            latest = replace(latest, exit_status=int(text))
        else:
            latest = replace(latest, shown=(*latest.shown, text))
    if latest is not None:
        yield latest


@dataclass
class Follower:
    """Somebody who does what a page says, in a folder; `cd` of a command holds for those after."""

    project: Project
    folder: Path  # where the next command runs
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def beginning(cls, folder: Path, cache: Path, variables: Mapping[str, str]) -> Follower:
        """In a folder that is there; `molt-build` and `nox` are those of this interpreter."""
        tools = cache.parent / "tools of the page"
        tools.mkdir(parents=True, exist_ok=True)
        for name, module in (("molt-build", "molt_build"), ("nox", "nox")):
            file = tools / name
            file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            file.chmod(0o755)
        project = Project(folder, cache, cache.parent / "log", dict(variables))
        path = f"{tools}:{Path(sys.executable).parent}:{project.variables()['PATH']}"
        return cls(project, folder, {**variables, "PATH": path})

    def follow(self, page: str) -> list[str]:
        """Do all that the page says; returns what each command printed."""
        printed = []
        for step in steps(page):
            if isinstance(step, FilePiece):
                self.write(step)
            else:
                printed.append(self.run(step))
        return printed

    def write(self, piece: FilePiece) -> None:
        """Write a file, or change it."""
        file = self.folder / piece.path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = piece.text
        if piece.language == "diff":
            text = changed(file.read_text(), piece)
        elif piece.is_added:
            text = file.read_text() + text
        file.write_text(text)

    def run(self, command: ShownCommand) -> str:
        """Run a command; what it printed, which is what the page shows."""
        code, printed = self._run(command.text)
        place = f"line {command.line}: $ {command.text}"
        assert code == command.exit_status, f"{place}\nended with {code}:\n{printed}"
        assert_shown(command.shown, printed, place)
        return printed

    def _run(self, text: str) -> tuple[int, str]:
        words = shlex.split(text, comments=True)
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve()
            return 0, ""
        if words[0] == "molt-build" and _SHELL_SIGNS.isdisjoint(text):
            result = replace(self.project, root=self.folder).run(*words[1:])
            return result.code, result.out + result.err
        ended = subprocess.run(
            ["bash", "-c", text],
            cwd=self.folder,
            env=self.project.variables(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        return ended.returncode, ended.stdout


def changed(text: str, piece: FilePiece) -> str:
    """A text with what a block of the language `diff` changes in it."""
    lines = piece.text.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[:1] in ("-", " "))
    new = "".join(line[1:] for line in lines if line[:1] in ("+", " "))
    assert text.count(old) == 1, f"line {piece.line}: it stands {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def assert_shown(shown: tuple[str, ...], printed: str, place: str) -> None:
    """Each line that is shown is among those that were printed, in that order."""
    rest = iter(printed.splitlines())
    for line in shown:
        if line.strip() == "...":
            continue
        parts = (re.escape(part) for part in line.rstrip().split("..."))
        pattern = re.compile(".*".join(parts))
        is_there = any(pattern.fullmatch(found.rstrip()) for found in rest)
        assert is_there, f"{place}\ndoes not show\n{line}\nbut:\n{printed}"
