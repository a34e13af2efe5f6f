"""What the reader `wasm` counts in modules that real tools made, and what it says of others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import wabt
from build_projects import toy_project
from hypothesis import given, settings
from hypothesis import strategies as st
from other_processes import PATIENCE_S

from molt_build.building.opening import open_session
from molt_build.manifests.signal import CodeReader
from molt_build.signals import material
from molt_build.signals.readers import wasm
from molt_build.signals.reading import Material, NotRead, ReadFile, Reading

# As compilers write them: calls, calls through pointers, tail calls, and the address of a function.
SOURCE = """\
(module
  (import "env" "PyList_New" (func $PyList_New (param i32) (result i32)))
  (import "env" "PyErr_Clear" (func $PyErr_Clear))
  (import "env" "memory" (memory 1))
  (import "host" "write \\"it\\"" (func $write (param i32)))
  (type $plain (func))
  (table funcref (elem $PyErr_Clear $points))
  (func $own (param i32) (result i32) local.get 0 call $PyList_New)
  (func $both (param i32) (result i32) (local i64)
    (call $own (call $PyList_New (call $own (local.get 0)))))
  (func $ends (result i32) i32.const 1 return_call $PyList_New)
  (func $points (call_indirect (type $plain) (i32.const 0)))
  (func $refers (drop (ref.func $PyErr_Clear)))
  (func $floats (result v128) (drop (f64.const 0x1.8p3)) (v128.const i32x4 0x10 0x10 0x12 0x10))
  (data (i32.const 16) "\\10\\00\\10\\00")
)
"""
CALLS = {"PyList_New": 3.0}
IMPORTS = {"PyList_New", "PyErr_Clear", "memory", 'write "it"'}
FUNCTIONS = {"own", "both", "ends", "points", "refers", "floats"}


@dataclass(frozen=True)
class Tools:
    """wasm-tools, as the reader gets it."""

    base: Material

    def run(self, *words: str | Path) -> None:
        argv = [self.base.tool("wasm-tools"), *map(str, words)]
        subprocess.run(argv, check=True, capture_output=True, timeout=PATIENCE_S)

    def module(self, path: Path, source: str = SOURCE) -> Path:
        """A module of its text."""
        text = path.with_suffix(".wat")
        text.write_text(source)
        self.run("parse", text, "-o", path)
        return path

    def read(self, *paths: Path, **how: str) -> Reading:
        files = tuple(ReadFile(path.name, path, path.stem) for path in paths)
        material = Material(self.base.project, files, tool=self.base.tool)
        return wasm.read(CodeReader(**how), material)  # type: ignore[arg-type]

    def rows(self, path: Path, **how: str) -> dict[str, float]:
        return {part.name: part.value for part in self.read(path, **how).parts}

    def why_not(self, path: Path, **how: str) -> str:
        with pytest.raises(NotRead) as caught:
            self.read(path, **how)
        return str(caught.value)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Tools]:
    project = toy_project(tmp_path_factory.mktemp("wasm"))
    (project.cache / "environments").symlink_to(environments)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in project.variables().items():
            patch.setenv(name, value)
        with open_session(project.root, print) as session:
            tool = material.tool_of(session)
            try:
                tool("wasm-tools")
            except NotRead as error:
                pytest.skip(str(error))
            yield Tools(Material(project.root, tool=tool))


@pytest.fixture(scope="module")
def built(tools: Tools) -> Path:
    return tools.module(tools.base.project / "whole.wasm")


def test_what_a_module_has(tools: Tools, built: Path) -> None:
    assert tools.rows(built) == CALLS
    assert tools.read(built).value == 3
    assert tools.rows(built, parts="function") == {"own": 1, "both": 1, "ends": 1}
    assert tools.rows(built, within="^(both|ends)$") == {"PyList_New": 2}
    assert tools.rows(built, to="any") == {**CALLS, "own": 2}
    assert tools.read(built, count="callees").value == 1
    assert tools.rows(built, count="imports").keys() == IMPORTS
    assert tools.rows(built, count="imports", pattern="^_?Py").keys() == {
        "PyList_New",
        "PyErr_Clear",
    }
    assert tools.rows(built, count="functions").keys() == FUNCTIONS
    sizes = tools.rows(built, count="code-bytes")
    assert sizes.keys() == FUNCTIONS and sizes["own"] == 6  # locals, local.get 0, call 0, end
    assert tools.read(built, count="code-bytes").value == sum(sizes.values())


def test_one_more_call_is_exactly_one_more(tools: Tools, built: Path, tmp_path: Path) -> None:
    edited = SOURCE.replace("call_indirect (type", "call $PyErr_Clear) (call_indirect (type")
    more = tools.module(tmp_path / "more.wasm", edited)
    before, after = tools.rows(built), tools.rows(more)
    assert after == {**before, "PyErr_Clear": 1}
    assert tools.read(more).value - tools.read(built).value == 1
    assert tools.read(more, within="points").value == 1


def test_the_same_as_wasm_objdump(tools: Tools, built: Path) -> None:
    assert sorted(wabt.imports(built)) == sorted(IMPORTS)
    assert_as_objdump(tools, built)


def assert_as_objdump(tools: Tools, path: Path) -> None:
    """Every number that the reader has of a module is that of wabt's tool."""
    sizes, calls, names = wabt.functions(path), wabt.calls(path), wabt.function_names(path)
    assert tools.read(path, count="imports").value == len(set(wabt.imports(path)))
    assert tools.read(path, count="functions").value == len(sizes)
    assert tools.read(path, count="code-bytes").value == sum(sizes.values())
    theirs: dict[str, float] = {}
    for (_, callee), times in calls.items():
        if callee in names:
            theirs[names[callee]] = theirs.get(names[callee], 0) + times
    assert tools.read(path).value == sum(theirs.values())
    assert tools.read(path, count="callees").value == len(theirs)
    assert tools.read(path, to="any").value == calls.total()


def test_several_files_are_read_as_one(tools: Tools, built: Path, tmp_path: Path) -> None:
    other = tools.module(tmp_path / "other.wasm", SOURCE.replace("PyErr_Clear", "PyErr_Print"))
    assert tools.read(built, other).value == 6
    assert tools.read(built, other, count="callees").value == 1
    assert tools.read(built, other, count="imports").value == 5


def test_a_stripped_module_has_what_it_has(tools: Tools, built: Path, tmp_path: Path) -> None:
    path = tmp_path / "stripped.wasm"
    tools.run("strip", "--all", built, "-o", path)
    assert tools.rows(path) == CALLS
    assert tools.rows(path, parts="function") == {"(no function)": 3}
    assert tools.rows(path, count="imports").keys() == IMPORTS
    assert tools.read(path, count="functions").value == len(FUNCTIONS)
    whole = tools.read(built, count="code-bytes").value
    assert tools.rows(path, count="code-bytes") == {"(no function)": whole}
    said = "stripped.wasm is stripped: nothing says which functions it has"
    for how in ({"within": "both"}, {"to": "any"}, {"count": "functions", "pattern": "own"}):
        assert tools.why_not(path, **how) == said


def test_what_is_no_module_says_what_it_is(tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content, said in (
        (b"", "a is no WebAssembly"),
        (b"\0as", "a is no WebAssembly"),
        (b"(module)", "a is no WebAssembly"),
        (b"\x7fELF\2", "a is no WebAssembly but ELF, as is the machine code that a runtime"),
        (b"!<arch>\n", "a is no WebAssembly but an archive"),
        (b"\0asm\x0d\0\1\0", "a is no module of WebAssembly: wasm-tools calls it version 13"),
        (b"\0asm\2\0\0\0", "a is damaged: wasm-tools says unknown binary version"),
        (b"\0asm\1\0\0", "a is damaged: wasm-tools says unexpected end"),
    ):
        path.write_bytes(content)
        assert tools.why_not(path).startswith(said), content
    path.write_bytes(b"\0asm\1\0\0\0")
    assert tools.read(path).value == 0, "an empty module is one"


def test_a_module_that_ends_too_early_gives_no_wrong_number(
    tools: Tools, built: Path, tmp_path: Path
) -> None:
    """It may end behind its code, where names would follow: then it is one that is stripped."""
    data = built.read_bytes()
    path = tmp_path / "short.wasm"
    begins = data.index(b"\x10\0\x0b")  # of its code
    ends = data.index(b"name", begins)
    for size in (*range(9, ends, 7), ends - 2):
        path.write_bytes(data[:size])
        try:
            assert tools.read(path).value == 3 and size > begins
        except NotRead as error:
            assert str(error).startswith("short.wasm is damaged: "), size


@given(st.data())
@settings(max_examples=60)
def test_damage_gives_a_number_or_a_reason(tools: Tools, built: Path, data: st.DataObject) -> None:
    whole = bytearray(built.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    path = built.with_name("damaged")
    path.write_bytes(whole)
    count = data.draw(st.sampled_from(["calls", "functions", "imports", "code-bytes"]))
    try:
        assert tools.read(path, count=count).value >= 0
    except NotRead as error:
        assert "damaged " in str(error)
