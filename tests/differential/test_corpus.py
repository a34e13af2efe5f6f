"""The programs that engines are compared by say the same on every CPython that is here.

A program whose output depends on the version, on the seed of hashes or on how it is started would
show divergences that are nobody's fault. One process of each version runs them all; this version
also imports them and calls `main`, as compiled programs are run.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from build_projects import REPOSITORY
from other_processes import end_of

from molt_build.manifests.loading import load
from molt_build.manifests.workload import Program
from molt_build.store.digest import StatCache
from molt_build.toolchains.interpreters import find_python

PROGRAMS = REPOSITORY / "benchmarks/differential"
THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
FAMILIES = [
    *("bits", "bytes", "class", "closure", "comparison", "comprehension", "context", "coroutine"),
    *("csv", "dataclass", "descriptor", "dict", "exception", "exit", "expression", "float"),
    *("format", "function", "generator", "integer", "iteration", "library", "list", "match"),
    *("property", "scope", "set", "slice", "statement", "string", "tuple", "unicode"),
]

# Output, status and the last line of a traceback of each, as JSON; argv: how, and the files.
RUN_ALL = """
import atexit, contextlib, importlib, io, json, os, runpy, sys, traceback

sys.path.insert(0, os.path.dirname(sys.argv[2]))
found, limit = {}, sys.getrecursionlimit()
for path in sys.argv[2:]:
    name = os.path.basename(path)[:-3]
    out, status, last = io.StringIO(), 0, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            if sys.argv[1] == "script":
                runpy.run_path(path, run_name="__main__")
            else:
                importlib.import_module(name).main()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException as error:
            status, last = 1, "".join(traceback.format_exception(error)).splitlines()[-1]
        atexit._run_exitfuncs()
    sys.setrecursionlimit(limit)
    found[name] = [out.getvalue(), status, last.removeprefix(name + ".")]
json.dump(found, sys.stdout)
"""


def declared() -> dict[str, Program]:
    return {one.name: one for one in load(REPOSITORY).workloads["differential"].programs}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What all programs said, by version and way; started side by side."""
    folder = tmp_path_factory.mktemp("corpus")
    script = folder / "run_all.py"
    script.write_text(RUN_ALL)
    stat_cache = StatCache(folder / "facts", (folder,))
    others = {v: find_python(stat_cache, v).python for v in VERSIONS if v != THIS}
    ways = [(f"{THIS} script", sys.executable), (f"{THIS} import", sys.executable)]
    ways += [(f"{version} script", there.executable) for version, there in others.items() if there]
    files = [str(file) for file in sorted(PROGRAMS.glob("*.py"))]
    started = {
        way: subprocess.Popen(
            [python, "-s", "-B", script, way.split()[1], *files],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": ""},
            cwd=folder,
            text=True,
        )
        for seed, (way, python) in enumerate(ways)
    }
    return {way: json.loads(end_of(one)[0]) for way, one in started.items()}


def test_every_program_has_a_row_with_its_family_its_description_and_its_status(
    said: dict[str, dict[str, Any]],
) -> None:
    programs = declared()
    assert sorted(programs) == sorted(file.stem for file in PROGRAMS.glob("*.py"))
    texts = {name: (PROGRAMS / f"{name}.py").read_text() for name in programs}
    documents = {name: ast.get_docstring(ast.parse(text)) for name, text in texts.items()}
    assert documents == {name: one.description for name, one in programs.items()}
    statuses = {name: status for name, (_, status, _) in said[f"{THIS} script"].items()}
    assert statuses == {name: one.exit_status for name, one in programs.items()}
    assert sorted(Counter(one.family for one in programs.values())) == FAMILIES
    assert len(programs) >= 150


def test_every_program_prints_something_that_no_engine_chooses(
    said: dict[str, dict[str, Any]],
) -> None:
    for name, (output, _, _) in said[f"{THIS} script"].items():
        assert output, name
        assert " at 0x" not in output and "__main__" not in output, name  # addresses, names


def test_programs_say_the_same_as_scripts_and_as_modules(said: dict[str, dict[str, Any]]) -> None:
    assert differing(said, f"{THIS} import") == {}


def test_programs_say_the_same_on_every_version_of_cpython(
    said: dict[str, dict[str, Any]],
) -> None:
    others = [way for way in said if way.endswith("script") and not way.startswith(THIS)]
    if not others:
        pytest.skip("no other CPython from 3.11 to 3.14 is on PATH, in pyenv or in uv")
    assert {way: differing(said, way) for way in others} == {way: {} for way in others}


def differing(said: dict[str, dict[str, Any]], way: str) -> dict[str, Any]:
    """What of the programs is not as on this version, with what it is here."""
    here, there = said[f"{THIS} script"], said[way]
    return {name: (there[name], here[name]) for name in here if there[name] != here[name]}
