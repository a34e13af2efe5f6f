"""Programs whose machine code is counted by signals, and what is asked of the results."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

from build_projects import REPOSITORY, Project, needs, workload

FEW = ("bench_fib", "bench_csv_parse")
TEN = (
    *FEW,
    "bench_generator_iter",
    "bench_dict_ops",
    "bench_list_ops",
    "bench_matrix_math",
    "bench_attr_access",
    "bench_str_count",
    "bench_struct",
    "bench_async_await",
)
API = re.compile("^_?Py")  # the functions of CPython


def with_programs(project: Project, names: tuple[str, ...]) -> None:
    """Programs of the corpus that this project measures, in another one."""
    folder = project.root / "programs"
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(REPOSITORY / f"benchmarks/{name}.py", folder)
    project.write("manifests/workloads/programs.toml", workload("python", *names))


def numbers(result: Any, signal: str) -> dict[str, float | None]:
    """Program ("" for all) -> number."""
    return {row["program"]: row["value"] for row in result["rows"] if row["signal"] == signal}


def assert_one_call_more(
    project: Project, signals: tuple[str, ...], read: Callable[..., Any]
) -> None:
    """A line with one more call of the runtime is one more in the signals, and named."""
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
    result = read("--against", "HEAD")
    changes = {
        (one["signal"], one["program"]): one
        for one in result["against"]["changes"]
        if one["verdict"] != "same"
    }
    for signal in signals:
        change = changes[signal, "one"]
        assert (change["difference"], change["verdict"]) == (1, "worse"), signal
        [part] = change["parts"]
        assert (part["name"], (part["after"] or 0) - (part["before"] or 0)) == ("PyDict_DelItem", 1)
