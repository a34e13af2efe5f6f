"""The signals of native code that come with the package, read of what real compilers make.

Programs are those of the corpus that this project measures; what is counted is held against what
nm, readelf and objdump say of the same files.
"""

from __future__ import annotations

import json
import platform
import sys
from functools import partial
from pathlib import Path
from typing import Any

import binutils
import pytest
from build_projects import Project, needs, new_project
from counted_programs import API, FEW, TEN, assert_one_call_more, numbers, with_programs

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="it is about x86-64")


@pytest.fixture
def project(tmp_path: Path, environments: Path) -> Project:
    needs("gcc")
    project = new_project(tmp_path)
    (project.cache / "environments").symlink_to(environments)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    project.environment.update({"PATH": path, "MOLT_BUILD_USE": "cc=gcc"})
    return project


def parts(result: Any, signal: str, program: str) -> dict[str, float]:
    [row] = [r for r in result["rows"] if (r["signal"], r["program"]) == (signal, program)]
    return {part["name"]: part["value"] for part in row["parts"]}


def read(project: Project, *words: str) -> Any:
    done = project.run("signals", *words, "--json")
    if done.code == 3:
        pytest.skip(f"a compiler cannot be installed here: {done.err[-300:]}")
    assert done.code == 0, done.err
    return json.loads(done.out)


def assert_as_binutils(project: Project, engine: str, names: tuple[str, ...]) -> None:
    """Every number of these programs is what other tools say of their results."""
    result = read(project, "--engine", engine)
    api, size = numbers(result, "python_api_calls"), numbers(result, "code_bytes")
    imports = numbers(result, "imports")
    called: set[str] = set()
    for name in names:
        [path] = (project.root / f".molt-build/out/{engine}/dev/native/{name}").glob("*.so")
        calls = {key: n for key, n in binutils.calls(path).items() if API.match(key)}
        called |= calls.keys()
        assert api[name] == sum(calls.values()) > 0, name
        seen = parts(result, "python_api_calls", name)
        assert all(seen[key] == calls[key] for key in seen.keys() - {"(others)"}), name
        assert imports[name] == len(binutils.imports(path)), name
        assert size[name] == binutils.code_bytes(path), name
    assert api[""] == sum(api[name] or 0 for name in names)
    assert numbers(result, "runtime_functions") == {"": len(called)}


@pytest.mark.long
def test_programs_of_cython_are_counted_as_binutils_do(project: Project) -> None:
    with_programs(project, FEW)
    assert_as_binutils(project, "cython", FEW)
    result = read(project, "--engine", "cython", "--signal", "runtime_calls", "loops", "*_per_loop")
    calls, loops = numbers(result, "runtime_calls"), numbers(result, "loops")
    assert loops["bench_fib"] == 0 or calls["bench_fib"]
    for name in FEW:
        per = numbers(result, "runtime_calls_per_loop")[name]
        assert per == ((calls[name] or 0) / loops[name] if loops[name] else None)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["cython", "mypyc", "nuitka"])
def test_ten_programs_are_counted_as_binutils_do(project: Project, engine: str) -> None:
    with_programs(project, TEN)
    assert_as_binutils(project, engine, TEN)


def test_one_call_more_in_a_program_is_one_more_in_the_signal(project: Project) -> None:
    signals = ("runtime_calls", "python_api_calls")
    assert_one_call_more(project, signals, partial(read, project, "--engine", "cython"))
