"""The page on compilers of several languages is followed: its files are those of the toy compiler,
and its commands do what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from build_projects import REPOSITORY, executed, needs
from compiler_project import compiler_project
from followed_pages import FilePiece, commands, pieces

PAGE = (REPOSITORY / "docs/compiler.md").read_text()
TOY = REPOSITORY / "tests/projects/toy_compiler"


@pytest.mark.parametrize("piece", pieces(PAGE), ids=lambda piece: f"{piece.path}:{piece.line}")
def test_a_piece_of_a_file_stands_there(piece: FilePiece) -> None:
    assert piece.text in (TOY / piece.path).read_text()


def test_the_parts_that_it_lists_are_there() -> None:
    listing = PAGE.partition("```\nfrontend")[2].partition("```")[0]
    paths = re.findall(r"^([\w./]+?/?)(?: ([\w./]+/))? {2,}", "frontend" + listing, re.MULTILINE)
    named = [path for pair in paths for path in pair if path]
    assert named[:3] == ["frontend/toyc/", "backend/", "runtime/"]
    assert [path for path in named if not (TOY / path).exists()] == []


def test_its_commands_are_followed(tmp_path: Path) -> None:
    project = compiler_project(tmp_path)
    (project.root / "backend/Cargo.lock").unlink()
    counts = []
    for command in commands(PAGE):
        words = shlex.split(command.text)
        if words[0] == "cargo":
            subprocess.run([needs("cargo"), *words[1:]], cwd=project.root, check=True)
            continue
        if words[:2] == ["molt-build", "build"]:
            report = project.build(*words[2:])
            counts.append(len(executed(report)))
            continue
        result = project.run(*words[1:], env={"TESTED_QUICK_BLOCKS": "1"})
        assert result.code == 0, (command.text, result.err)
    dry, first, second, other_target, release = counts
    assert dry == 1  # what follows depends on what it makes
    assert first > dry
    assert second == 0
    assert other_target == first // 3  # translated once for both
    assert release > 0
