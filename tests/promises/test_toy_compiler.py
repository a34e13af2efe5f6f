"""A compiler that is itself built: a frontend in Python with import roots of its own, a backend and
a runtime in Rust, a C compiler as the linker, and a target for a virtual machine.

The project is one plain set of manifests (`tests/projects/toy_compiler`): what is edited here is
what its developers edit, and what must be executed for it is named by stage.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed, statuses
from compiler_project import ITOA, compiler_project, lock_backend
from other_processes import PATIENCE_S

PROGRAMS = ("count", "gcds", "leaves", "neighbour")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The compiler, and its programs as built by it."""
    project = compiler_project(tmp_path_factory.mktemp("toy"))
    project.build()
    return project


@contextmanager
def edited(project: Project, path: str, text: str | None) -> Iterator[None]:
    """A file with another text (None: without it), and afterwards as it was."""
    file = project.root / path
    before = file.read_text() if file.exists() else None

    def make(content: str | None) -> None:
        if content is None:
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)

    make(text)
    try:
        yield
    finally:
        make(before)
        project.build()


def replaced(project: Project, path: str, old: str, new: str) -> str:
    """The text of a file with something else in it."""
    text = project.read(path)
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path}"
    return text.replace(old, new)


def built(report: Any) -> dict[str, list[str]]:
    """Program of the compiler's own -> its stages that were executed."""
    return {
        toolchain["program"]: [
            row["stage"] for row in toolchain["actions"] if row["status"] == "executed"
        ]
        for toolchain in report["toolchains"]
        if any(row["status"] == "executed" for row in toolchain["actions"])
    }


def stages(report: Any) -> set[str]:
    """The stages of which something was executed."""
    return {row.split()[1] for row in executed(report)}


def output(project: Project, program: str, *, profile: str = "dev", target: str = "native") -> str:
    """What a built program prints."""
    folder = project.root / ".molt-build/out/toy" / profile / target / program
    words = [str(folder / program)]
    if target == "vm":
        words = ["python3", str(project.root / "vm.py"), str(folder / f"{program}.image")]
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S).stdout


def test_both_targets_print_what_cpython_prints(toy: Project) -> None:
    report = toy.build("--target", "vm")
    assert stages(report) <= {"pack"}  # one translation feeds both backends
    roots = f"{toy.root}/lib:{toy.root}/stdlib"
    for program in PROGRAMS:
        wanted = subprocess.run(
            ["python3", str(toy.root / f"programs/{program}.py")],
            env={**toy.variables(), "PYTHONPATH": roots},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        ).stdout
        assert output(toy, program) == wanted
        assert output(toy, program, target="vm") == wanted


def test_a_second_build_executes_nothing(toy: Project) -> None:
    report = toy.build()
    assert set(statuses(report).values()) == {"up-to-date"}
    assert built(report) == {}


def test_a_comment_in_the_frontend_translates_and_no_more(toy: Project) -> None:
    path = "frontend/toyc/modules.py"
    with edited(toy, path, toy.read(path) + "# another text, the same instructions\n"):
        report = toy.build()
        assert executed(report) == [f"{program} translate" for program in PROGRAMS]
        assert built(report) == {}


def test_an_edit_of_the_frontend_reaches_the_program(toy: Project) -> None:
    path = "frontend/toyc/translate.py"
    text = replaced(toy, path, "const {int(node.value)}", "const {int(node.value) + 1}")
    with edited(toy, path, text):
        before = output(toy, "gcds")
        report = toy.build()
        assert stages(report) == {"translate", "generate", "link"}
        assert built(report) == {}
        assert output(toy, "gcds") != before


def test_an_edit_of_the_backend_builds_it_and_generates(toy: Project) -> None:
    path = "backend/src/c.rs"
    with edited(toy, path, replaced(toy, path, "int p = 0;", "int p = 0; /* operands */")):
        report = toy.build()
        assert built(report) == {"toy_backend": ["build"]}
        assert stages(report) - {"link"} == {"generate"}


def test_an_edit_of_the_runtime_builds_it_and_links(toy: Project) -> None:
    path = "runtime/src/lib.rs"
    with edited(toy, path, replaced(toy, path, 'println!("{number}")', 'println!("= {number}")')):
        report = toy.build()
        assert built(report) == {"toy_runtime": ["staticlib"]}
        assert executed(report) == [f"{program} link" for program in PROGRAMS]
        assert output(toy, "count").startswith("= ")


def test_another_lock_file_fetches_and_builds_the_backend(toy: Project) -> None:
    manifest, lock = toy.read("backend/Cargo.toml"), toy.read("backend/Cargo.lock")
    toy.write("backend/Cargo.toml", manifest.replace(ITOA[0], ITOA[1]))
    assert lock_backend(toy.root) == ""
    try:
        assert built(toy.build())["toy_backend"] == ["vendor", "build"]
    finally:
        toy.write("backend/Cargo.toml", manifest)
        toy.write("backend/Cargo.lock", lock)
    assert built(toy.build()) == {}  # all of it is in the store


@pytest.mark.parametrize(
    "path",
    ["programs/mathx.py", "lib/mathx.py", "lib/mathx/__init__.py", "stdlib/mathx/__init__.py"],
)
def test_a_new_file_on_each_import_root_is_noticed(toy: Project, path: str) -> None:
    before = output(toy, "gcds")
    number = len(path)
    other = f"def square(n):\n    return n + {number}\n\n\ndef gcd(a, b):\n    return a\n"
    with edited(toy, path, other):
        report = toy.build("gcds")
        assert executed(report) == ["gcds translate", "gcds generate", "gcds link"]
        assert output(toy, "gcds") != before
    assert output(toy, "gcds") == before


def test_profiles_use_compilers_of_their_own(toy: Project) -> None:
    report = toy.build("count", "--profile", "release")
    assert {row["program"]: row["profile"] for row in report["toolchains"]} == {
        "toy_backend": "release",
        "toy_runtime": "release",
    }
    assert set(statuses(toy.build("count")).values()) == {"up-to-date"}


def test_what_the_frontend_tells_of_itself_is_kept(toy: Project) -> None:
    for row in toy.build("count")["actions"]:
        if row["stage"] == "translate":
            assert row["metrics"]["instructions"] > 10
            assert row["metrics"]["translate_s"] > 0


def test_a_compiler_that_is_not_built_yet_is_explained_first(toy: Project, tmp_path: Path) -> None:
    fresh = Project(tmp_path / "fresh", tmp_path / "cache", tmp_path / "log")
    fresh.cache.mkdir()
    toy.copy(fresh.root)
    result = fresh.run("explain", "count")
    assert result.code == 0, result.err
    text = result.out
    assert text.index("toy_backend") < text.index("translate") or "not built" in text
    report = fresh.build("count", "--dry-run")
    assert built(report) == {"toy_backend": ["vendor"], "toy_runtime": ["vendor"]}
    assert stages(report) == {"translate"}  # what follows depends on what it will make
    assert fresh.run("doctor").code in (0, 3)
    assert not (fresh.root / ".molt-build/out/cargo").exists()


def test_hits_say_what_an_execution_would(toy: Project) -> None:
    result = toy.run("cache", "audit", "count", "gcds")
    assert result.code == 0, result.out + result.err
    backend = toy.run("cache", "audit", "toy_backend", "--toolchain", "cargo")
    assert backend.code == 0, backend.out + backend.err
