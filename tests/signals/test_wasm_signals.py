"""The signals of WebAssembly that come with the package, read of what Cython and zig make.

The programs are those of the corpus that this project measures, compiled to the object file and no
further: that is what the signals read of them, and takes a second each.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import wabt
from build_projects import REPOSITORY, Project, new_project
from counted_programs import API, TEN, assert_one_call_more, numbers, with_programs

pytestmark = pytest.mark.long

TARGET = """\
[targets.wasm]
stages = ["translate", "compile_wasm"]
results = ["compile_wasm.object"]
run = ["{wasm_runtime}"]
"""


@pytest.fixture
def project(tmp_path: Path, environments: Path) -> Project:
    """A project whose Cython makes object files of WebAssembly, and links nothing."""
    project = new_project(tmp_path)
    (project.cache / "environments").symlink_to(environments)
    stock = REPOSITORY / "manifests/toolchains"
    text = (stock / "cython.toml").read_text().partition("[targets.wasm]")[0]
    project.write("manifests/toolchains/cython.toml", text + TARGET)
    for folder in ("locks", "wasm"):
        shutil.copytree(stock / folder, project.root / "manifests/toolchains" / folder)
    return project


def read(project: Project, *words: str) -> Any:
    done = project.run("signals", "--engine", "cython@wasm", *words, "--json")
    if done.code == 3:
        pytest.skip(f"what wasm needs cannot be had here: {done.err[-300:]}")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_ten_programs_are_counted_as_wasm_objdump_does(project: Project) -> None:
    with_programs(project, TEN)
    result = read(project)
    found = {
        signal: numbers(result, f"wasm_{signal}")
        for signal in (
            "python_api_calls",
            "runtime_functions",
            "imports",
            "functions",
            "code_bytes",
        )
    }
    called: set[str] = set()
    for name in TEN:
        path = project.root / f".molt-build/out/cython/dev/wasm/{name}/{name}.o"
        names, sizes = wabt.function_names(path), wabt.functions(path)
        calls: Counter[str] = Counter()
        for (_, callee), times in wabt.calls(path).items():
            if API.match(names.get(callee, "")):
                calls[names[callee]] += times
        called |= calls.keys()
        assert found["python_api_calls"][name] == calls.total() > 0, name
        assert found["imports"][name] == len(set(wabt.imports(path))), name
        assert found["functions"][name] == len(sizes), name
        assert found["code_bytes"][name] == sum(sizes.values()), name
        assert (numbers(result, "wasm_runtime_calls")[name] or 0) > 0, name
    assert found["runtime_functions"] == {"": len(called)}


def test_one_call_more_in_a_program_is_one_more_in_the_signal(project: Project) -> None:
    signals = ("wasm_runtime_calls", "wasm_python_api_calls")
    assert_one_call_more(project, signals, partial(read, project))
