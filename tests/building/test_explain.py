"""What `explain` says of a miss: exactly the component that changed, old and new, and no other.

The tools are real: gcc, cython, the interpreter. Each test builds, changes one thing, and asks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, needs, new_project, workload

from molt_build.report.components import changes, short

STOCK = Path(__file__).parents[2] / "manifests/toolchains"
BYTECODE = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "bytecode"
description = "CPython's own compiler."
engine = "compiler"
accepts = ["python"]

[[stages]]
name = "compile"
argv = [
    "{python}", "-I", "-c",
    "import sys, py_compile; py_compile.compile(sys.argv[1], sys.argv[2], doraise=True)",
    "{entry}", "{pyc}",
]
outputs = { pyc = "{module}.pyc" }
imports = "python"

[targets.native]
results = ["compile.pyc"]
run = ["{python}", "{pyc}", "{args}"]
"""


@pytest.fixture
def c(project: Project, tmp_path: Path) -> Project:
    """A C program and its header, built by a gcc of the test's own that calls the real one."""
    gcc = needs("gcc")
    compiler = tmp_path / "bin/gcc"
    compiler.parent.mkdir()
    compiler.write_text(f'#!/bin/sh\nexec {gcc} "$@"\n')
    compiler.chmod(0o755)
    project.environment["PATH"] = f"{compiler.parent}:/usr/local/bin:/usr/bin:/bin"
    text = (STOCK / "gcc.toml").read_text()
    project.write("manifests/toolchains/gcc.toml", text)
    project.replace("manifests/project.toml", '"cython"', '"gcc"')
    manifest = workload("c", "prog=main.c")
    manifest = manifest.replace('language = "c"', 'language = "c"\ncandidates = ["*.h"]')
    project.write("manifests/workloads/programs.toml", manifest)
    project.write("programs/main.c", '#include "own.h"\nint main(void) { return OWN; }\n')
    project.write("programs/own.h", "#define OWN 1\n")
    project.write("programs/other.h", "#define OTHER 1\n")
    assert project.build()["executed"] == 2
    assert [row["status"] for row in project.explain()] == ["up to date", "up to date"]
    return project


def missed(project: Project, stage: str = "compile", *words: str) -> dict[str, Any]:
    """COMPONENT -> (old, new) of the stage, the only miss; the build then says the same."""
    rows = project.explain(*words)
    [row] = [row for row in rows if row["status"] == "miss"]
    assert row["stage"] == stage
    differs = {d["component"]: (d["old"], d["new"]) for d in row["nearest"]["differs"]}
    assert row["changed"] == sorted(differs)
    for name, (_, new) in differs.items():
        assert row["components"].get(name) == new
    report = project.build(*words)
    built = next(a for a in report["actions"] if a["stage"] == stage)
    assert (built["status"], built["changed"]) == ("executed", sorted(differs))
    return differs


def said(project: Project, *words: str) -> str:
    """The text of explain, from the differences on."""
    result = project.run("explain", *words)
    assert result.code == 0
    return result.out


def test_a_source_edit(c: Project) -> None:
    c.write("programs/main.c", '#include "own.h"\nint main(void) { return OWN + 1; }\n')
    text = said(c)
    differs = missed(c)
    assert list(differs) == ["source main.c"]
    old, new = differs["source main.c"]
    assert old.startswith("xxh3:") and new.startswith("xxh3:") and old != new
    assert f"  source main.c\n    old: {short(old)}\n    new: {short(new)}\n" in text
    assert len(short(old)) < len(old)


def test_a_profile_flag(c: Project) -> None:
    c.replace("manifests/toolchains/gcc.toml", 'compile = ["-O0"]', 'compile = ["-O1", "-DX"]')
    text = said(c)
    assert "  argv\n    old: -O0\n    new: -O1 -DX\n" in text
    differs = missed(c)
    assert list(differs) == ["argv"]
    assert '"-O0"' in differs["argv"][0] and '"-O1"' in differs["argv"][1]


def test_a_toolchain_upgrade(c: Project, tmp_path: Path) -> None:
    """A new driver that says the same of itself, then one that says another version."""
    compiler = tmp_path / "bin/gcc"
    compiler.write_text(compiler.read_text() + "# rebuilt\n")
    assert list(missed(c)) == ["gcc gcc executable"]
    version = '[ "$1" = --version ] && { echo "gcc (Tested) 99.1"; exit; }\n'
    compiler.write_text(compiler.read_text().replace("exec", f"{version}exec"))
    text = said(c)
    differs = missed(c)
    assert list(differs) == ["gcc gcc executable", "gcc gcc version"]
    assert differs["gcc gcc version"][1] == "gcc (Tested) 99.1"
    assert "new: gcc (Tested) 99.1\n" in text


def test_an_upgrade_behind_the_driver(c: Project, tmp_path: Path) -> None:
    """The driver is the same file; the compiler proper that it calls is another."""
    real = subprocess.run(["gcc", "-print-prog-name=cc1"], capture_output=True, text=True)
    cc1 = tmp_path / "libexec/cc1"
    cc1.parent.mkdir()
    cc1.write_text(f'#!/bin/sh\nexec {real.stdout.strip()} "$@"\n')
    cc1.chmod(0o755)
    compiler = tmp_path / "bin/gcc"
    text = compiler.read_text().replace('"$@"', f'-B{cc1.parent} "$@"')
    compiler.write_text(text)
    c.build()
    cc1.write_text(cc1.read_text() + "# a security update\n")
    assert list(missed(c)) == ["gcc cc1 file"]


def test_a_changed_header(c: Project) -> None:
    c.write("programs/other.h", "#define OTHER 2\n")
    assert [row["status"] for row in c.explain()] == ["up to date", "up to date"]
    c.write("programs/own.h", "#define OWN 2\n")
    differs = missed(c)
    assert list(differs) == ["read {stage}/own.h"]
    old, new = differs["read {stage}/own.h"]
    assert old.startswith("xxh3:") and new.startswith("xxh3:") and old != new


def test_a_header_that_would_be_found_first(c: Project) -> None:
    c.write("programs/main.c", "#include <errno.h>\nint main(void) { return ENOENT; }\n")
    c.replace("manifests/toolchains/gcc.toml", '"-MD"', '"-I.", "-MD"')
    search = 'search_path = ["{headers}"]\nincludes = "c"\n\n[[stages]]'
    searched = search.replace('["{headers}"]', '["{stage}", "{headers}"]')
    c.replace("manifests/toolchains/gcc.toml", search, searched)
    c.build()
    c.write("programs/errno.h", "#define ENOENT 99\n")
    [row] = [row for row in c.explain() if row["status"] == "miss"]
    [difference] = row["nearest"]["differs"]
    assert difference["component"] == "absent {stage}/errno.h"
    assert (difference["old"], difference["new"]) == ("absent", "present")


def test_a_declared_environment_variable(c: Project) -> None:
    where = "outputs = { executable"
    c.replace("manifests/toolchains/gcc.toml", where, f'environment = {{ LEVEL = "1" }}\n{where}')
    assert missed(c, "link") == {"environment LEVEL": (None, "1")}
    c.replace("manifests/toolchains/gcc.toml", 'LEVEL = "1"', 'LEVEL = "2"')
    assert "  environment LEVEL\n    old: 1\n    new: 2\n" in said(c)
    assert missed(c, "link") == {"environment LEVEL": ("1", "2")}
    c.environment["LEVEL"] = "3"  # the shell's own reaches no key
    assert [row["status"] for row in c.explain()] == ["up to date", "up to date"]


def test_a_changed_manifest_default(c: Project) -> None:
    """The project's default profile, and then what every use of the compiler gets."""
    c.replace("manifests/project.toml", 'default_profile = "dev"', 'default_profile = "release"')
    text = said(c)
    assert "    old: -O0\n    new: -O2\n" in text
    assert list(missed(c)) == ["argv"]
    c.replace("manifests/toolchains/gcc.toml", '"{flags}", "-g0"', '"{flags}"')
    assert "  argv\n    removed: -g0\n" in said(c)
    assert list(missed(c)) == ["argv"]


@pytest.fixture
def pythons(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two interpreters that are not the same; the second a copy where there is no other."""
    own = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    found = [shutil.which(name) for name in ("python3.13", "python3.12", "python3", "python3.10")]
    found += ["/usr/bin/python3", *map(str, Path.home().glob(".pyenv/versions/3.1*/bin/python3"))]
    question = "import os, sys; print(os.path.realpath(sys.executable)); print(sys.version_info)"
    for path in found:
        if path is None or not os.path.exists(path):
            continue
        answer = subprocess.run([path, "-I", "-c", question], capture_output=True, text=True)
        if answer.returncode == 0 and not answer.stdout.endswith(f"{sys.version_info}\n"):
            yield own, answer.stdout.splitlines()[0]
            return
    copy = tmp_path / "installation"
    shutil.copytree(Path(own).parents[1], copy, symlinks=True)
    with open(copy / "bin" / Path(own).name, "ab") as stream:
        stream.write(b"\0")
    yield own, str(copy / "bin" / Path(own).name)


def test_a_different_python(project: Project, tmp_path: Path, pythons: tuple[str, str]) -> None:
    """The same path, another interpreter: a link that is pointed elsewhere."""
    link = tmp_path / "python"
    link.symlink_to(pythons[0])
    project.environment["MOLT_BUILD_PYTHON"] = str(link)
    project.write("manifests/toolchains/bytecode.toml", BYTECODE)
    project.replace("manifests/project.toml", '"cython"', '"bytecode"')
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write("programs/prog.py", "import helper\n")
    project.write("programs/helper.py", "")
    assert project.build()["executed"] == 1
    link.unlink()
    link.symlink_to(pythons[1])
    [row] = project.explain()
    assert row["status"] == "miss"
    [difference] = row["nearest"]["differs"]
    assert difference["component"] == "python"
    assert difference["old"].split()[0] == sys.version.split()[0]
    assert difference["new"] != difference["old"]
    report = project.build()
    assert report["actions"][0]["changed"] == ["python"]


def test_a_local_import_and_what_could_shadow_it(project: Project) -> None:
    project.write("manifests/toolchains/bytecode.toml", BYTECODE)
    project.replace("manifests/project.toml", '"cython"', '"bytecode"')
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write("programs/prog.py", "import helper\nimport string\nfrom pack.deep import x\n")
    project.write("programs/helper.py", "import inner\n")
    project.write("programs/inner.py", "A = 1\n")
    project.write("programs/pack/__init__.py", "")
    project.write("programs/pack/deep.py", "from . import side\nx = 1\n")
    project.write("programs/pack/side.py", "")
    project.build()
    # A module ends a search: what lies in a folder of its name counts as little as what is
    # named by no import.
    beside = ("unrelated.py", "pack/unrelated.py", "unrelated/__init__.py", "pack/deep/x.py")
    for path in beside:
        project.write(f"programs/{path}", "x\n")
        assert project.build()["up_to_date"] == 1, path
    for path in ("inner.py", "pack/side.py"):
        project.write(f"programs/{path}", f"B = '{path}'\n")
        assert list(missed(project)) == [f"source {path}"]
    for path in ("inner/__init__.py", "pack/side/__init__.py", "string.py", "pack/deep.pyi"):
        project.write(f"programs/{path}", "")
        differs = missed(project)
        assert differs[f"absent {{source}}/{path}"] == ("absent", None)
        assert differs[f"source {path}"][0] is None
        assert "source unrelated.py" not in differs


def test_a_toolchain_that_was_never_installed(project: Project) -> None:
    """What mypyc would do is said without its environment; doctor still says what is missing."""
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write("programs/prog.py", "def main() -> None:\n    print(1)\n")
    [row] = project.explain("--toolchain", "mypyc")
    assert (row["status"], row["changed"]) == ("miss", ["(first build)"])
    assert "mypyc lock" in row["components"]
    assert re.search(r"^mypyc +installed on first use ", project.run("doctor").out, re.M)
    assert not (project.cache / "environments").exists()


@pytest.fixture(scope="module")
def cython(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Project:
    """A Python program built by the stock cython."""
    needs("gcc")
    project = new_project(tmp_path_factory.mktemp("explained"))
    (project.cache / "environments").symlink_to(environments)
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write("programs/prog.py", "def main() -> None:\n    print(1)\n")
    project.environment["MOLT_BUILD_USE"] = "cc=gcc"
    result = project.run("build")
    if result.code == 3:
        pytest.skip(f"cython cannot be installed here: {result.err[-300:]}")
    assert result.code == 0, result.err
    return project


def test_cython_and_its_c_compiler(cython: Project, tmp_path: Path) -> None:
    """Translating does not depend on the C compiler, nor compiling on the lock but by its C."""
    compiler = tmp_path / "gcc"
    compiler.write_text(f'#!/bin/sh\nexec {needs("gcc")} "$@"\n')
    compiler.chmod(0o755)
    cython.environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    differs = missed(cython)
    assert set(differs) == {"argv", "cc: gcc gcc executable"}  # it lies elsewhere
    compiler.write_text(compiler.read_text() + "# rebuilt\n")
    assert list(missed(cython)) == ["cc: gcc gcc executable"]


def test_another_python_for_cython(cython: Project, pythons: tuple[str, str]) -> None:
    """Named before the environment for it is installed."""
    project = Project(cython.root, cython.cache, cython.log_file, dict(cython.environment))
    project.environment["MOLT_BUILD_PYTHON"] = pythons[1]
    [row] = project.explain()
    assert (row["stage"], row["status"], row["changed"]) == ("translate", "miss", ["python"])


def test_a_changed_lock(cython: Project) -> None:
    """The lock is the identity of what it installs: the same requirements, said otherwise."""
    cython.write("manifests/toolchains/cython.toml", (STOCK / "cython.toml").read_text())
    lock = (STOCK / "locks/cython.txt").read_text()
    cython.write("manifests/toolchains/locks/cython.txt", f"# pinned anew\n{lock}")
    # Before it is installed, which only a build does.
    [row] = [row for row in cython.explain() if row["status"] == "miss"]
    assert (row["stage"], row["changed"]) == ("translate", ["cython lock"])
    environments = list((cython.cache / "environments").iterdir())
    result = cython.run("build", "--json")
    if result.code == 3:
        pytest.skip(f"cython cannot be installed here: {result.err[-300:]}")
    assert len(list((cython.cache / "environments").iterdir())) > len(environments)
    [row] = [r for r in json.loads(result.out)["actions"] if r["status"] == "executed"]
    assert (row["stage"], row["changed"], row["wasted"]) == ("translate", ["cython lock"], True)
    waste = json.loads(cython.run("cache", "waste", "--last", "1", "--json").out)
    [component] = waste["components"]
    assert (component["component"], component["alone"]) == ("cython lock", 1)
    assert component["old"] != component["new"]


def test_changes_of_lists_and_texts() -> None:
    assert changes('["a", "b c"]', '["a", "d"]') == ["old: 'b c'", "new: d"]
    assert changes('["a"]', '["a", "b"]') == ["added: b"]
    assert changes("one\ntwo\nthree", "one\n2\nthree") == ["old: two", "new: 2"]
    assert changes(None, "x") == ["old: (none)", "new: x"]
    assert changes("[1]", "[2]") == ["old: [1]", "new: [2]"]
    assert changes("xxh3:" + "a" * 32, "3.1 xxh3:" + "b" * 32) == [
        "old: xxh3:aaaaaaaaaaaa...",
        "new: 3.1 xxh3:bbbbbbbbbbbb...",
    ]
    assert len(short("x" * 1000)) == 300


def test_of_a_version_the_line_that_has_it_is_shown(c: Project) -> None:
    looks = "#if __has_include(<locale.h>)\n#endif\n"
    c.write("programs/main.c", looks + c.read("programs/main.c"))
    assert c.run("build", "prog").code == 0
    said = c.run("explain", "prog").out
    version = subprocess.run(
        ["gcc", "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    assert f"    gcc gcc version: {version}\n" in said
    assert "Copyright" not in said and "WARRANTY" not in said.upper()
    assert "    present " not in said and "    present " in c.run("explain", "prog", "--all").out
    old = "\nTool of Nobody\nversion 1.2\nCopyright 2025"
    assert short(old, "toy cc version") == "version 1.2"
    assert short("no number\nCopyright", "toy cc version") == "no number"
    new = old.replace("1.2", "1.3")
    assert changes(old, new, "toy cc version") == ["old: version 1.2", "new: version 1.3"]
    later = old.replace("2025", "2026")
    assert changes(old, later, "toy cc version") == ["old: Copyright 2025", "new: Copyright 2026"]
