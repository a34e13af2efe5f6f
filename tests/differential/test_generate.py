"""Generated programs: the same from a seed, right on CPython, and reduced where they part."""

from __future__ import annotations

import contextlib
import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from broken_toolchains import broken_project
from build_projects import Project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from molt_build.differential import generating
from molt_build.differential.generating import FAMILIES, generate
from molt_build.differential.strategies import FAMILIES as STRATEGIES
from molt_build.differential.strategies import programs
from molt_build.errors import ToolMissing, UsageError

LONGEST_S = 120
OWN = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "generated"
description = "What the project's own generator made."
language = "python"

[source]
project = "own"

[[programs]]
name = "mine"
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return broken_project(tmp_path_factory.mktemp("broken"))


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """A block that fails when it takes longer."""

    def too_long(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@given(st.sampled_from(FAMILIES).flatmap(programs))
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
def test_each_program_runs_without_an_error_and_ends(source: str) -> None:
    out = io.StringIO()
    with at_most(LONGEST_S), contextlib.redirect_stdout(out):
        exec(compile(source, "program", "exec"), {"__name__": "__main__"})
    assert "f1 " in out.getvalue()
    assert source.isascii() and " at 0x" not in out.getvalue()


def test_the_same_seed_gives_the_same_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = generate(10, 7)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    assert generate(3, 7) == first[:3]  # of however many
    assert list(tmp_path.iterdir()) == []
    assert [one.family for one in first[: len(FAMILIES)]] == list(FAMILIES)
    assert first[0].name == "generated_integer_0001" and first[8].name == "generated_integer_0002"
    assert len({one.source for one in first}) == 10
    other = generate(3, 8, ["dict", "float"])
    assert [one.family for one in other] == ["float", "dict", "float"]
    assert {one.source for one in other}.isdisjoint(one.source for one in first)


def test_families_and_the_generator_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tuple(STRATEGIES) == FAMILIES
    with pytest.raises(UsageError, match="there is no family intger"):
        generate(1, 0, ["intger"])
    monkeypatch.setattr(generating, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="hypothesis") as missing:
        generate(1, 0)
    assert "molt-build[generate]" in str(missing.value.hint)


def test_a_divergence_of_a_generated_program_is_reduced_and_kept(broken: Project) -> None:
    words = ("--generate", "1", "--seed", "5", "--family", "dict", "--engine", "order")
    listed = json.loads(broken.run("differential", *words, "--list", "--json").out)
    assert [one["family"] for one in listed["programs"]] == ["dict"]
    ended = broken.run("differential", *words, "--json")
    assert ended.code == 1, ended.err
    assert "reduced_" not in ended.err  # what is built of each text
    result = json.loads(ended.out)
    assert (result["asked"]["generate"], result["asked"]["seed"]) == (1, 5)
    run = broken.root / "bench/results" / result["run"]
    diverging = [cell["program"] for cell in result["cells"] if cell["status"] == "unexplained"]
    assert diverging and [one["program"] for one in result["reduced"]] == diverging
    for one in result["reduced"]:
        small = run / one["file"]
        assert small.read_text() == one["source"] and one["lines"] <= 5
        whole = small.with_suffix(".whole.py").read_text()
        assert whole.startswith('"""Generated: dict ') and len(whole) > len(one["source"])
    usage = broken.run("differential", "--seed", "7")
    assert usage.code == 2 and "--seed is about --generate" in usage.err


def test_a_workload_of_the_project_that_is_called_generated_is_another(tmp_path: Path) -> None:
    project = broken_project(tmp_path)
    project.write("manifests/workloads/generated.toml", OWN)
    project.write("own/mine.py", "print(1)\n")
    words = ("--generate", "1", "--seed", "5", "--engine", "order", "--list", "--json")
    listed = json.loads(project.run("differential", *words).out)
    assert [one["name"] for one in listed["programs"]] == ["generated_integer_0001"]
    words = ("--workload", "generated", "--engine", "order", "--list", "--json")
    listed = json.loads(project.run("differential", *words).out)
    assert [one["name"] for one in listed["programs"]] == ["mine"]
