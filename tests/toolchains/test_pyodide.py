"""The stock toolchain `pyodide`: programs end under it as they do under CPython."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, Result, needs, new_project

RUNNER = REPOSITORY / "manifests/toolchains/wasm/pyodide.mjs"
PROGRAMS = {
    # Its name and arguments, a module and a file beside it, standard output as bytes.
    "ends": (
        "import sys, helper\n"
        "assert __name__ == '__main__' and helper.__name__ == 'helper'\n"
        "print(sys.argv[1:], helper.VALUE, open('data.txt').read(), flush=True)\n"
        "sys.stdout.buffer.write(bytes(range(256)) * 300)\n"
    ),
    "exits": "import atexit, sys\natexit.register(print, 'last')\nsys.exit(3)\n",
    "exits_with_words": "import sys\nsys.exit('why')\n",
    "raises": "def f(x):\n    return int(x)\n\n\nprint('before')\nf('a')\n",
    "is_no_program": "print('before')\nx = = 1\n",
    "raises_as_cause": "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError(1) from e\n",
}


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of npm's package, fetched as the manifest pins it."""
    needs("node")
    project: Project = new_project(tmp_path_factory.mktemp("pyodide"))
    done: Result = project.run("prepare", "pyodide", "--json")
    [row] = json.loads(done.out)["prepared"]
    if row["state"] == "missing" and "cannot be fetched" in row["problem"]:
        pytest.skip(row["problem"])
    assert (done.code, row["name"]) == (0, "pyodide@wasm"), done.err
    [artifact] = row["artifacts"]
    yield artifact["folder"]


@pytest.mark.long
def test_programs_end_as_under_cpython(pyodide: str, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("VALUE = 'é'\n")
    (tmp_path / "data.txt").write_text("data")
    for name, text in PROGRAMS.items():
        program = tmp_path / f"{name}.py"
        program.write_text(text)
        words = [str(program), "one", "two words"]
        told = {}
        for engine, command in (
            ("cpython", [sys.executable, "-B", *words]),
            ("pyodide", ["node", str(RUNNER), pyodide, *words]),
        ):
            ran = subprocess.run(command, cwd=tmp_path, capture_output=True)
            last = ran.stderr.decode().strip().rpartition("\n")[2]
            told[engine] = (ran.returncode, ran.stdout, last)
            if name == "raises":
                assert f'File "{program}", line 6, in <module>'.encode() in ran.stderr
                assert b"pyodide.mjs" not in ran.stderr
        assert told["pyodide"] == told["cpython"], name
