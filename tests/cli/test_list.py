"""`molt-build list`, and how commands stay readable with many programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_projects import Project, toy_project

WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "programs"
description = "Tested."
language = "toy"
programs = "**/*.toy"

[source]
project = "programs"
"""


@pytest.fixture
def many(tmp_path: Path) -> Project:
    """Sixty-three programs, sixty of them in folders, of which ten are skipped."""
    project = toy_project(tmp_path)
    project.write("manifests/workloads/programs.toml", WORKLOAD)
    for number in range(60):
        said = "# molt-build: skip it is a tenth\n" if number % 6 == 0 else ""
        project.write(f"programs/group{number % 3}/p{number:02}.toy", f"{said}{number}\n")
    return project


def test_how_many_there_are_of_each_kind(many: Project) -> None:
    lines = many.run("list").out.splitlines()
    assert lines[0].split() == ["63", "programs"]
    assert [line.split()[1].removesuffix("s") for line in lines] == [
        *(
            "program",
            "toolchain",
            "profile",
            "workload",
            "lane",
            "suite",
            "case",
            "signal",
            "track",
            "gate",
            "regression",
            "run",
        ),
    ]
    assert json.loads(many.run("list", "--json").out)["programs"] == 63


def test_programs_with_what_they_say(many: Project) -> None:
    many.write(
        "programs/one.toy",
        "# molt-build: args a b\n# molt-build: env A=b\n# molt-build: exit 3\n"
        "# molt-build: tags quick\n# molt-build: family small\n",
    )
    (line,) = many.run("list", "programs", "one").out.splitlines()
    assert line == "one  programs  one.toy  small  tags: quick  args: a b  env: A=b  exit: 3"
    found = json.loads(many.run("list", "programs", "group0_p0*", "--json").out)["programs"]
    assert [row["name"] for row in found] == [f"group0_p{n:02}" for n in (0, 3, 6, 9)]
    assert found[0]["skip"] == "it is a tenth"
    assert found[0]["entry"] == "group0/p00.toy"


def test_other_kinds(many: Project) -> None:
    assert many.run("list", "workloads").out == (
        "programs  toy  programs: 63  by: **/*.toy  Tested.\n"
    )
    toolchains = many.run("list", "toolchains", "toy", "gcc").out
    assert "toy  compiler  accepts: toy" in toolchains
    assert "results: native=link.executable  provides: cc cc.compile cc.link" in toolchains
    for kind in ("profiles", "lanes", "suites", "cases", "tracks", "gates"):
        assert many.run("list", kind).code == 0


def test_runs_are_listed_as_the_history_lists_them(many: Project) -> None:
    assert many.run("list", "runs").out == many.run("history", "list").out
    assert "no run is recorded yet" in many.run("list", "runs").out
    for job, day in (("quick", 1), ("quick", 2), ("other", 3)):
        many.write(f"bench/results/{job}/2026020{day}T080000Z/result.json", "{}")
    assert many.run("list", "runs").out == many.run("history", "list").out
    listed = many.run("list", "runs", "--json")
    assert listed.out == many.run("history", "list", "--json").out
    some = many.run("list", "runs", "quick/*", "--json")
    names = [run["id"] for run in json.loads(some.out)["runs"]]
    assert names == ["quick/20260201T080000Z", "quick/20260202T080000Z"]
    assert many.run("list").out.splitlines()[-1].split() == ["3", "runs"]
    gone = many.run("list", "runs", "quik/20260201T080000Z")
    assert gone.code == 2 and "did you mean quick/20260201T080000Z" in gone.err


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("list", "progams"), "there is no kind to list progams", "did you mean programs"),
        (("list", "programs", "group0_p9"), "no group0_p9 among the programs", "did you mean gro"),
        (("list", "programs", "x*"), "no x* among the programs", "and 43 more"),
        (("build", "group_p01"), "there is no program group_p01", "did you mean group"),
        (("build", "@"), "there is no program @", "and 43 more"),
        (("build", "group7_*"), "no program that toy takes is called group7_*", "group"),
    ],
)
def test_names_that_there_are_not(
    many: Project, words: tuple[str, ...], message: str, hint: str
) -> None:
    result = many.run(*words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert hint in result.err
    assert len(result.err) < 700


def test_a_build_of_many_tells_what_failed_and_how_far_it_is(many: Project) -> None:
    for number in range(1, 60):
        if number % 2:
            many.write(f"programs/group{number % 3}/p{number:02}.toy", "FAIL\n")
    result = many.run("build", "--keep-going")
    assert result.code == 1
    progress = [line for line in result.err.splitlines() if line.startswith("[")]
    assert sum(line.endswith(": failed") for line in progress) == 30
    assert len(progress) <= 35
    assert result.err.count("toyc: error: ") == 20
    assert "failed too, in words of their own with --json: " in result.err
    assert " and 5 more" in result.err
    lines = result.out.splitlines()
    assert lines[0].endswith(" and 5 more: skipped: it is a tenth")
    assert lines[1].startswith("63 programs with toy dev: ")
    assert len(lines) == 2
