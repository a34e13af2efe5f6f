"""The quick lane over this project's own suites that come from the package index."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project
from lane_projects import LaneProject, checked

from molt_build.results.bench import BenchResult

SUITES = ("cython", "pyperformance")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> tuple[BenchResult, str]:
    """The result of a quick run in a copy of this project, and what the command told."""
    folder = tmp_path_factory.mktemp("quick")
    project = Project(folder / "project", folder / "cache", folder / "log")
    shutil.copytree(REPOSITORY / "manifests", project.root / "manifests")
    shutil.copytree(REPOSITORY / "schemas", project.root / "schemas")
    shutil.copytree(REPOSITORY / "benchmarks", project.root / "benchmarks")
    project.cache.mkdir()
    (project.cache / "environments").symlink_to(environments)
    words = [word for suite in SUITES for word in ("--suite", suite)]
    done = LaneProject(project).run("friends", *words, "--quick", "--budget", "300", "--json")
    assert done.code == 0, done.err
    result = checked(json.loads(done.out))
    for name, suite in result.lanes.items():
        if suite.status == "unreachable":
            pytest.skip(f"the source of {name} cannot be reached: {suite.reason}")
    return result, done.err


def test_every_suite_has_scored_programs(quick: tuple[BenchResult, str]) -> None:
    result, _ = quick
    assert set(result.lanes) == set(SUITES)
    for name, suite in result.lanes.items():
        cells = suite.cells_by_key
        wanting = {key: (c.status, c.reason) for key, c in cells.items() if c.status != "ok"}
        assert not wanting, name
        assert {engine for _, engine in cells} == {"cpython", "cython"}
        assert suite.coverage.scored == len(cells) / 2 >= 2


def test_every_file_of_a_suite_is_a_program_or_excluded_with_a_reason(
    quick: tuple[BenchResult, str],
) -> None:
    result, _ = quick
    for name, suite in result.lanes.items():
        undeclared = [row.entry for row in suite.exclusions if "neither a program" in row.reason]
        assert not undeclared, name
