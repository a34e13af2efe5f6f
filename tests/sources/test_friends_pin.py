"""`molt-build friends pin`: a suite's pin is resolved and written, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_projects import Project, needs, new_project
from source_places import Repository, package_index, repository, sha256

MANIFEST = """\
#:schema ../../schemas/suite.schema.json
kind = "suite"
schema_version = 1
name = "games"   # as its authors call it
description = "Games."
friend = "cpython"
licence = "MIT"
present = ["*.py"]

# Where it comes from.
[source]
{source}
[default]   # all engines
mode = "runs_unmodified"

[[programs]]
name   = "one"
entry  = "one.py"
tags = [
    "loops",  # mostly
]
"""


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    needs("git")
    return repository(tmp_path / "remote")


def declare(project: Project, source: str) -> Path:
    """The suite's manifest, with this in its [source]."""
    project.write("manifests/suites/games.toml", MANIFEST.replace("{source}", source))
    return project.root / "manifests/suites/games.toml"


@pytest.fixture
def games(tmp_path: Path) -> Project:
    return new_project(tmp_path)


def test_tags_branches_and_commits(games: Project, upstream: Repository) -> None:
    first = upstream.commit({"one.py": "print(1)\n"})
    upstream.git("tag", "light")
    upstream.git("tag", "-a", "v1", "-m", "annotated")
    upstream.git("push", "--quiet", "origin", "light", "v1")
    second = upstream.commit({"one.py": "print(2)\n"})
    lines = 'git = "{url}"  # the mirror\ncommit = "{commit}"  # pinned\n{ref}root = "."\n'
    url = upstream.url

    def text(commit: str, ref: str) -> str:
        line = f'ref = "{ref}"\n' if ref else ""
        return lines.replace("{url}", url).replace("{commit}", commit).replace("{ref}", line)

    file = declare(games, text("0" * 40, ""))
    for ref, commit, written in (
        ("v1", first, "v1"),
        ("light", first, "light"),
        ("main", second, "main"),
        (first, first, ""),
    ):
        done = games.run("friends", "pin", "games", ref)
        assert done.code == 0, done.err
        assert file.read_text() == MANIFEST.replace("{source}", text(commit, written))
    assert f"games.toml: commit: {second} -> {first}" in done.out
    assert "pinned at that already" in games.run("friends", "pin", "games", first).out
    assert games.run("check").code == 0


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("v9", "has no tag and no branch named v9"),
        ("fcd7d3f", "fcd7d3f is a short commit id"),
        ("f" * 40, "git could not fetch"),
    ],
)
def test_what_cannot_be_pinned(games: Project, upstream: Repository, ref: str, told: str) -> None:
    upstream.commit({"one.py": "print(1)\n"})
    file = declare(games, f'git = "{upstream.url}"\ncommit = "{"0" * 40}"\n')
    before = file.read_text()
    done = games.run("friends", "pin", "games", ref)
    assert done.code != 0
    assert told in done.err
    assert file.read_text() == before


def test_a_release(games: Project) -> None:
    sdist = b"the release"
    file = declare(games, f'pypi = "games"\nversion = "1.0"\nsha256 = "{"0" * 64}"  # of 1.0\n')
    with package_index("games", {"games-2.0.tar.gz": sdist}, form="json") as (url, _):
        variables = {"PIP_INDEX_URL": url, "PIP_CONFIG_FILE": "/dev/null"}
        done = games.run("friends", "pin", "games", "2.0", env=variables)
        assert done.code == 0, done.err
        missing = games.run("friends", "pin", "games", "3.0", env=variables)
    wanted = f'pypi = "games"\nversion = "2.0"\nsha256 = "{sha256(sdist)}"  # of 1.0\n'
    assert file.read_text() == MANIFEST.replace("{source}", wanted)
    assert "games.toml: version: 1.0 -> 2.0" in done.out
    assert "games 3.0 cannot be fetched" in missing.err


def test_an_archive(games: Project) -> None:
    games.write("archives/games.tar.gz", b"the archive")
    file = declare(games, f'archive = "archives/games.tar.gz"\nsha256 = "{"0" * 64}"\n')
    done = games.run("friends", "pin", "games", "-")
    assert done.code == 0, done.err
    assert f'sha256 = "{sha256(b"the archive")}"' in file.read_text()


def test_a_suite_that_is_not_there(games: Project) -> None:
    declare(games, 'project = "."\n')
    done = games.run("friends", "pin", "gamse", "v1")
    assert (done.code, "did you mean games?" in done.err) == (2, True)
    assert "there is nothing to pin" in games.run("friends", "pin", "games", "v1").err
