"""The signals of WebAssembly that come with the package, read of what Cython and zig make.

The programs are those of the corpus that this project measures, compiled to the object file and no
further: that is what the signals read of them, and takes a second each.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import wabt
from build_projects import REPOSITORY, Project, needs, new_project, workload

pytestmark = pytest.mark.long

TEN = (
    "bench_fib",
    "bench_csv_parse",
    "bench_generator_iter",
    "bench_dict_ops",
    "bench_list_ops",
    "bench_matrix_math",
    "bench_attr_access",
    "bench_str_count",
    "bench_struct",
    "bench_async_await",
)
API = re.compile("^_?Py")
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


def numbers(result: Any, signal: str) -> dict[str, float | None]:
    """Program ("" for all) -> number."""
    return {row["program"]: row["value"] for row in result["rows"] if row["signal"] == signal}


def test_ten_programs_are_counted_as_wasm_objdump_does(project: Project) -> None:
    (project.root / "programs").mkdir()
    for name in TEN:
        shutil.copy(REPOSITORY / f"benchmarks/{name}.py", project.root / "programs")
    project.write("manifests/workloads/programs.toml", workload("python", *TEN))
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
    text = (
        "def main() -> None:\n"
        "    table = {1: 2, 3: 4}\n"
        "    for key in list(table):\n"
        "        print(table.get(key))\n"
    )
    project.write("programs/one.py", text)
    project.write("manifests/workloads/programs.toml", workload("python", "one"))
    project.write(".gitignore", ".molt-build/\nbench/\n")
    git = (needs("git"), "-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "Then")):
        subprocess.run((*git, *words), cwd=project.root, check=True)
    project.write("programs/one.py", text + "        del table[key]\n")
    result = read(project, "--against", "HEAD")
    changes = {
        (one["signal"], one["program"]): one
        for one in result["against"]["changes"]
        if one["verdict"] != "same"
    }
    for signal in ("wasm_runtime_calls", "wasm_python_api_calls"):
        change = changes[signal, "one"]
        assert (change["difference"], change["verdict"]) == (1, "worse"), signal
        [part] = change["parts"]
        assert (part["name"], (part["after"] or 0) - (part["before"] or 0)) == ("PyDict_DelItem", 1)
