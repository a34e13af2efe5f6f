"""Python programs built by Cython and a C compiler: both real, the C compiler counted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, new_project, statuses, workload

PROGRAMS = {
    "squares": '''\
"""Sums squares."""
import helper


def main() -> None:
    total = 0
    for number in range(10):
        total += helper.square(number)
    print(total)
''',
    "words": 'def main() -> None:\n    print(" ".join(["some", "words"]))\n',
}
HELPER = """\
import helper_of_helper


def square(number: int) -> int:
    return helper_of_helper.product(number, number)
"""
HELPER_OF_HELPER = "def product(a: int, b: int) -> int: return a * b\n"
STAGES = ("translate", "compile", "link")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Project:
    """Two programs, one with local imports, built with a logging wrapper around gcc."""
    gcc = needs("gcc")
    folder = tmp_path_factory.mktemp("built")
    project = new_project(folder)
    (project.cache / "environments").symlink_to(environments)
    wrapper = folder / "bin/gcc"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho gcc "$@" >> "{project.log_file}"\nexec {gcc} "$@"\n')
    wrapper.chmod(0o755)
    project.write("manifests/workloads/programs.toml", workload("python", *PROGRAMS))
    for name, text in PROGRAMS.items():
        project.write(f"programs/{name}.py", text)
    project.write("programs/helper.py", HELPER)
    project.write("programs/helper_of_helper.py", HELPER_OF_HELPER)
    path = f"{wrapper.parent}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    project.environment.update({"PATH": path, "MOLT_BUILD_USE": "cc=gcc"})
    result = project.run("build", "--toolchain", "cython")
    if result.code == 3:
        pytest.skip(f"cython cannot be installed here: {result.err[-300:]}")
    assert result.code == 0, result.err
    lines = project.log()
    assert sum(" -c " in line for line in lines) == 2
    assert sum(" -shared " in line for line in lines) == 2
    return project


@pytest.fixture
def cython(built: Project, tmp_path: Path) -> Project:
    """The programs, built, with a copy of the cache of their own."""
    shutil.copytree(built.cache, tmp_path / "cache", symlinks=True)
    root = built.copy(tmp_path / "project").root
    project = Project(root, tmp_path / "cache", built.log_file, dict(built.environment))
    project.log()
    assert build(project)["hits"] == 6
    assert project.log() == []
    return project


def with_compiler(project: Project, folder: Path, name: str = "gcc") -> Path:
    """A C compiler of the test's own, first on PATH."""
    compiler = folder / "own" / name
    compiler.parent.mkdir()
    compiler.write_text(f'#!/bin/sh\nexec {needs("gcc")} "$@"\n')
    compiler.chmod(0o755)
    project.environment["PATH"] = f"{compiler.parent}:{project.environment['PATH']}"
    return compiler


def build(project: Project, *words: str) -> dict[str, object]:
    report: dict[str, object] = project.build("--toolchain", "cython", *words)
    return report


def compiled(project: Project) -> list[str]:
    """The gcc commands that compiled or linked something since last asked."""
    return [line for line in project.log() if " -c " in line or " -shared " in line]


def output(project: Project, program: str) -> Path:
    [path] = project.output(program, "cython").iterdir()
    return path


def test_nothing_is_executed_twice(cython: Project, tmp_path: Path) -> None:
    report = build(cython)
    assert report["executed"] == 0
    assert set(statuses(report).values()) == {"up-to-date"}
    assert cython.log() == []

    module = output(cython, "squares")
    content = module.read_bytes()
    ran = subprocess.run(
        [sys.executable, "-c", "import squares; squares.main()"],
        env={"PYTHONPATH": f"{module.parent}:{cython.root}/programs"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "285\n"

    shutil.rmtree(cython.root / ".molt-build/out")
    assert build(cython)["executed"] == 0
    assert output(cython, "squares").read_bytes() == content
    module.write_bytes(content[:-1] + b"!")
    assert build(cython)["executed"] == 0
    assert module.read_bytes() == content

    copy = cython.copy(tmp_path / "a copy" / "in another place")
    report = build(copy)
    assert (report["executed"], report["hits"]) == (0, 6)
    assert output(copy, "squares").read_bytes() == content
    assert cython.log() == []


def test_outputs_do_not_depend_on_where_they_were_built(cython: Project, tmp_path: Path) -> None:
    """Another checkout with another cache, both with spaces: the same keys, the same bytes."""
    before = build(cython, "squares")
    environments = (cython.cache / "environments").resolve()
    copy = cython.copy(tmp_path / "a copy")
    copy = Project(copy.root, tmp_path / "another cache", copy.log_file, copy.environment)
    copy.cache.mkdir()
    (copy.cache / "environments").symlink_to(environments)
    report = build(copy, "squares")
    assert report["executed"] == 3
    assert output(copy, "squares").read_bytes() == output(cython, "squares").read_bytes()
    keys = [[row["key"] for row in r["actions"]] for r in (before, report)]  # type: ignore[attr-defined]
    assert keys[0] == keys[1]


def test_comments(cython: Project) -> None:
    cython.replace("programs/squares.py", "total = 0", "total = 0  # at first")
    assert build(cython)["executed"] == 0
    cython.replace("programs/helper.py", "number: int) -> int:", "number: int) -> int:  # squared")
    assert build(cython)["executed"] == 0
    assert compiled(cython) == []
    cython.replace("programs/words.py", "def main", "# cython: boundscheck=False\ndef main")
    assert "words translate" in executed(build(cython))
    cython.replace("programs/words.py", "boundscheck=False", "boundscheck=True")
    assert "words translate" in executed(build(cython))


def test_an_edit_executes_one_programs_stages(cython: Project) -> None:
    cython.replace("programs/words.py", '"some"', '"other"')
    assert executed(build(cython)) == [f"words {stage}" for stage in STAGES]
    assert len(compiled(cython)) == 2


def test_imports_are_inputs_transitively(cython: Project) -> None:
    cython.replace("programs/helper_of_helper.py", "a * b", "b * a")
    assert "squares translate" in executed(build(cython))
    assert [r["status"] for r in cython.explain("--toolchain", "cython", "words")] == [
        "up to date"
    ] * 3


def test_a_file_that_shadows_an_import(cython: Project) -> None:
    """A package in place of helper.py, and a module that hides one of the standard library."""
    cython.write("programs/words.py", "import string\n" + PROGRAMS["words"])
    build(cython, "words")
    assert build(cython)["executed"] == 0
    for path, program in (
        ("programs/helper/__init__.py", "squares"),
        ("programs/string.py", "words"),
        ("programs/helper_of_helper.pyi", "squares"),
    ):
        shadow = cython.write(path, HELPER.replace("square", "cube") if "helper/" in path else "\n")
        assert f"{program} translate" in executed(build(cython)), path
        shadow.unlink()
        if shadow.parent.name == "helper":
            shadow.parent.rmdir()
        assert build(cython)["executed"] == 0, path


def test_a_new_pxd_beside_the_program(cython: Project) -> None:
    pxd = cython.write("programs/words.pxd", "cpdef void main()\n")
    assert executed(build(cython)) == [f"words {stage}" for stage in STAGES]
    pxd.write_text("cpdef object main()\n")
    assert "words translate" in executed(build(cython))
    pxd.unlink()
    assert build(cython)["executed"] == 0


def test_a_pxd_beside_a_program_in_a_folder(cython: Project) -> None:
    cython.write("manifests/workloads/programs.toml", workload("python", "inner=deep/inner.py"))
    cython.write("programs/deep/inner.py", PROGRAMS["words"])
    assert executed(build(cython)) == [f"inner {stage}" for stage in STAGES]
    cython.write("programs/deep/inner.pxd", "cpdef void main()\n")
    assert "inner translate" in executed(build(cython))


def test_flags_of_the_profile_and_its_cpu(cython: Project) -> None:
    """release-fast makes code for this CPU, and only its keys say so."""
    rows = cython.explain("words", "--toolchain", "cython", "--profile", "release-fast")
    assert rows[0]["status"] == "hit"  # the C is the same for both profiles
    assert rows[1]["status"] == "miss"
    assert "cpu" in rows[1]["components"]
    rows = cython.explain("words", "--toolchain", "cython")
    assert not any("cpu" in row["components"] for row in rows)
    cython.write(
        "manifests/profiles/dev.toml",
        '#:schema ../../schemas/profile.schema.json\nkind = "profile"\nschema_version = 1\n'
        'name = "dev"\ndescription = "Changed."\n\n[roles.cc]\ncompile = ["-O0", "-DCHANGED"]\n',
    )
    rows = cython.explain("words", "--toolchain", "cython")
    assert [row["status"] for row in rows] == ["up to date", "miss"]
    assert [d["component"] for d in rows[1]["nearest"]["differs"]] == ["argv"]


def test_another_c_compiler(cython: Project, tmp_path: Path) -> None:
    """It joins by manifest; only what it does is executed again, never the translation."""
    with_compiler(cython, tmp_path, "othercc")
    stock = Path(__file__).parents[2] / "manifests/toolchains"
    text = (stock / "gcc.toml").read_text().replace('name = "gcc"', 'name = "othercc"')
    cython.write("manifests/toolchains/othercc.toml", text.replace('["gcc"]', '["othercc"]'))
    text = (stock / "cython.toml").read_text()
    assert 'cc = ["gcc",' in text
    text = text.replace('cc = ["gcc",', 'cc = ["othercc", "gcc",')
    cython.write("manifests/toolchains/cython.toml", text)
    lock = stock / "locks/cython.txt"
    cython.write("manifests/toolchains/locks/cython.txt", lock.read_bytes())
    assert build(cython)["executed"] == 0  # MOLT_BUILD_USE says gcc
    use = {"MOLT_BUILD_USE": "cc=othercc"}
    report = cython.build("words", "--toolchain", "cython", env=use)
    # The same compiler under another name: its object is the same, and linking takes no part in
    # what differs but the name of the driver.
    assert executed(report) == ["words compile", "words link"]
    assert cython.build("words", "--toolchain", "cython", env=use)["executed"] == 0
    refused = cython.run("build", "--toolchain", "cython", env={"MOLT_BUILD_USE": "cc=tcc"})
    assert refused.code == 2
    assert "no toolchain can use tcc as cc" in refused.err
    assert "cc=othercc|gcc" in refused.err


def test_a_changed_c_compiler(cython: Project, tmp_path: Path) -> None:
    wrapper = with_compiler(cython, tmp_path)
    build(cython, "words")
    wrapper.write_text(wrapper.read_text() + "# version 2\n")
    assert executed(build(cython, "words")) == ["words compile", "words link"]
    row = cython.explain("words", "--toolchain", "cython")[1]
    assert row["status"] == "up to date"
    assert row["components"]["cc: gcc gcc executable"].startswith("xxh3:")
    assert "cc: gcc cc1 file" in row["components"]


def test_the_compilers_own_reason(cython: Project) -> None:
    cython.write("programs/words.py", "def main() -> None:\n    return 1 +\n")
    report = cython.build("--toolchain", "cython", "--keep-going", code=1)
    [row] = [row for row in report["actions"] if row["status"] == "failed"]
    assert (row["program"], row["stage"]) == ("words", "translate")
    assert "words.py:2" in row["message"]
    assert row["reason"] and "\n" not in row["reason"]
