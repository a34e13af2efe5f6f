"""Cython for wasm32-wasi, for real: one translation for two targets, and programs that end alike.

What it takes is fetched and installed here, and a C library is built: nothing of it can be had in
less. All tests share one build.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from build_projects import Project, needs, new_project, workload
from build_traces import statuses_of_actions

from molt_build.building.builder import build
from molt_build.building.opening import open_session
from molt_build.building.request import Request
from molt_build.building.trace import Trace

pytestmark = pytest.mark.long

PROGRAMS = {
    "ends": """\
import sys
import beside
def main() -> None:
    print(beside.VALUE, sys.argv[1:], sys.stdin.read(), "é", len({"a", "b"}), flush=True)
    try:
        open(beside.__file__, "a")
    except OSError:
        print("it is only read", file=sys.stderr)
    with open("written", "w") as stream:
        print(stream.write("here"))
    sys.stdout.write("not flushed")
    sys.exit(200)
""",
    "raises": """\
import time, dataclasses
def main() -> None:
    print(time.localtime(0).tm_year)
    try:
        {}["key"]
    except KeyError as error:
        raise ValueError(1, "two") from error
""",
    "waits": "import asyncio\ndef main() -> None:\n    asyncio.run(asyncio.sleep(0))\n",
}
SHARED = ("python_wasm", "library_wasm")  # stages that read nothing of a program


@dataclass(frozen=True)
class Built:
    """The programs under one target."""

    commands: dict[str, tuple[tuple[str, ...], dict[str, str]]]
    executed: list[tuple[str, str]]  # program, stage
    keys: dict[tuple[str, str], str]
    refused: dict[str, str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Project:
    needs("gcc")
    project = new_project(tmp_path_factory.mktemp("wasm"))
    (project.cache / "environments").symlink_to(environments)
    text = workload("python", *PROGRAMS)
    project.write(
        "manifests/workloads/programs.toml",
        text.replace('name = "waits"\n', 'name = "waits"\ntags = ["asyncio"]\n'),
    )
    for name, program in PROGRAMS.items():
        project.write(f"programs/{name}.py", program)
    project.write("programs/beside.py", "VALUE = 'beside'\n")
    project.environment["MOLT_BUILD_USE"] = "cc=gcc"
    result = project.run("prepare", "cython@wasm")
    if result.code == 3:
        pytest.skip(f"what wasm needs cannot be had here: {(result.out + result.err)[-300:]}")
    assert result.code == 0, result.err
    return project


@pytest.fixture(scope="module")
def both(project: Project) -> dict[str, Built]:
    """All programs for native, then for wasm, by one store."""
    return {target: made(project, target) for target in ("native", "wasm")}


def made(project: Project, target: str) -> Built:
    names = tuple(PROGRAMS)
    request = Request("cython", "dev", target, names, jobs=2, keep_going=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in project.variables().items():
            patch.setenv(name, value)
        trace = Trace(trace_of(project), print)
        with open_session(project.root, print, jobs=2, trace=trace) as session:
            report = build(session, request)
        trace.close()
    failures = [row.message for row in report.actions if row.status == "failed"]
    assert not failures, failures
    return Built(
        {name: (one.argv, dict(one.environment)) for name, one in report.programs.items()},
        [(row.program, row.stage) for row in report.actions if row.status == "executed"],
        {(row.program, row.stage): row.key for row in report.actions},
        {name: one.reason for name, one in report.programs.items() if one.is_unsupported},
    )


def trace_of(project: Project) -> Path:
    """Where builds for both targets write what ran when."""
    return project.root / "trace.json"


def test_one_translation_for_two_targets(both: dict[str, Built], project: Project) -> None:
    traced = statuses_of_actions(trace_of(project))
    native, wasm = both["native"], both["wasm"]
    for name in ("ends", "raises"):
        assert (name, "translate") in native.executed
        assert (name, "translate") not in wasm.executed
        assert traced[f"{name}/translate"] == ["executed", "hit"]
        assert wasm.keys[name, "translate"] == native.keys[name, "translate"]
        assert (name, "precompile_wasm") in wasm.executed
    for stage in SHARED:
        assert len([one for one in wasm.executed if one[1] == stage]) == 1


def ended(built: Built, name: str, work: Path) -> tuple[int, str, str]:
    """How a program ends there: its exit status, what it prints, the last line of errors."""
    argv, environment = built.commands[name]
    temporary = work.with_name(f"{name}-tmp")
    work.mkdir(parents=True)
    temporary.mkdir()
    ran = subprocess.run(
        [*argv, "one", "two words"] if name == "ends" else argv,
        env={**environment, "TMPDIR": str(temporary), "PYTHONHASHSEED": "0"},
        cwd=work,
        input=b"told",
        capture_output=True,
    )
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode().strip().rpartition("\n")[2]


def test_programs_end_as_the_extension_module_does(
    both: dict[str, Built], project: Project, tmp_path: Path
) -> None:
    assert both["native"].refused == {}
    for name in ("ends", "raises"):
        told = {}
        for target, one in reversed(both.items()):
            work = tmp_path / target / name
            told[target] = ended(one, name, work)
            if target == "wasm" and name == "ends":  # later CPython itself writes some
                assert not list(project.root.glob("programs/**/*.pyc"))
            if name == "ends":
                assert (work / "written").read_text() == "here"
        if name == "ends":  # as root everything may be written
            told = {target: row[:2] for target, row in told.items()}
            assert told["wasm"][0] == 200
        assert told["wasm"] == told["native"], name


def test_what_cannot_run_there_says_why(both: dict[str, Built]) -> None:
    assert "socketpair" in both["wasm"].refused["waits"]
    assert os.path.basename(both["wasm"].commands["ends"][0][-1]) == "ends.cwasm"


@pytest.mark.long
def test_what_was_optimised_ends_alike(
    both: dict[str, Built], project: Project, tmp_path: Path
) -> None:
    """All up to the link is that of the target wasm; Binaryen then needs its time."""
    result = project.run("prepare", "cython@wasm-opt")
    if result.code == 3:
        pytest.skip(f"Binaryen cannot be had here: {(result.out + result.err)[-300:]}")
    optimised = made(project, "wasm-opt")
    assert set(optimised.executed) == {
        (name, stage)
        for name in ("ends", "raises")
        for stage in ("optimize_wasm", "precompile_optimized")
    }
    for name in ("ends", "raises"):
        before = ended(both["wasm"], name, tmp_path / "wasm" / name)
        assert ended(optimised, name, tmp_path / "wasm-opt" / name) == before
    assert "socketpair" in optimised.refused["waits"]
