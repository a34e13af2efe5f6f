"""What the reader `elf` counts in files that a real compiler made, and what it says of others."""

from __future__ import annotations

import platform
import struct
import subprocess
from pathlib import Path

import binutils
import pytest
from build_projects import needs
from hypothesis import given, settings
from hypothesis import strategies as st
from other_processes import PATIENCE_S

from molt_build.manifests.signal import CodeReader
from molt_build.signals.readers import elf
from molt_build.signals.reading import Material, NotRead, ReadFile, Reading

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="it is about x86-64")

SOURCE = """\
extern int called(int), at_the_end(int), data, (*pointer)(int);
__attribute__((noipa)) static int own(int x) { return called(x) + 1; }
int both(int x) { return own(x) + called(x + data); }
int ends(int x) { return at_the_end(x + 1); }
int ends_within(int x) { return own(x + 2); }
long loads(void) { return (long)&called; }
int points(int x) { return pointer(x); }
int repeats(int x) { return x < 2 ? 1 : repeats(x - 1) * repeats(x - 2); }
"""
CALLS = {"called": 2.0, "at_the_end": 1.0}
IMPORTS = {"called", "at_the_end", "data", "pointer"}
# How the functions of others are reached: through a stub or a slot, bound at once or later.
WAYS = {
    "stubs": ("-fplt", "-fcf-protection=none", "-Wl,-z,now"),
    "lazy stubs": ("-fplt", "-fcf-protection=none", "-Wl,-z,lazy"),
    "marked stubs": ("-fplt", "-fcf-protection=full", "-Wl,-z,lazy,-z,ibtplt"),
    "slots": ("-fno-plt", "-fcf-protection=none"),
    "marked slots": ("-fno-plt", "-fcf-protection=full"),
    "sections": ("-fplt", "-ffunction-sections", "-O1"),
    "as written": ("-fplt", "-O0"),
}


def gcc(folder: Path, source: str, name: str, *flags: str) -> Path:
    """What gcc makes of a source."""
    (folder / "source.c").write_text(source)
    path = folder / name
    argv = [needs("gcc"), "-O2", "-fno-ipa-icf", *flags, "source.c", "-o", str(path)]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S)
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`source.o` and `source.so`."""
    folder = tmp_path_factory.mktemp("elf")
    gcc(folder, SOURCE, "source.o", "-fPIC", "-c")
    gcc(folder, SOURCE, "source.so", "-fPIC", "-shared")
    return folder


def read(path: Path, **how: str) -> Reading:
    return elf.read(CodeReader(**how), Material(path.parent, (ReadFile(path.name, path),)))  # type: ignore[arg-type]


def rows(path: Path, **how: str) -> dict[str, float]:
    reading = read(path, **how)
    found = {part.name: part.value for part in reading.parts}
    if how.get("count", "calls") in ("calls", "functions", "code-bytes"):
        assert sum(found.values()) == reading.value
    else:
        assert len(found) == reading.value
    return found


def why_not(path: Path, **how: str) -> str:
    with pytest.raises(NotRead) as caught:
        read(path, **how)
    return str(caught.value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["o", "so"])
def test_calls_of_imports(tmp_path: Path, way: str, kind: str) -> None:
    more = ("-c",) if kind == "o" else ("-shared",)
    path = gcc(tmp_path, SOURCE, f"source.{kind}", "-fPIC", *WAYS[way], *more)
    assert rows(path, pattern="called|at_the_end") == CALLS
    callers = {"both": 1.0, "own": 1.0, "ends": 1.0}
    assert rows(path, pattern="called|at_the_end", parts="function") == callers
    assert rows(path, within="^both$") == {"called": 1}
    assert rows(path, to="any", pattern="^own$") == {"own": 2}
    assert rows(path, to="any", within="^repeats$")["repeats"] >= 1
    assert rows(path, count="callees", pattern="called|at_the_end") == CALLS
    assert rows(path, count="imports").keys() >= IMPORTS
    assert binutils.calls(path) == rows(path)


@pytest.mark.parametrize("name", ["source.o", "source.so"])
def test_the_same_as_binutils(built: Path, name: str) -> None:
    path = built / name
    assert rows(path, count="imports").keys() == binutils.imports(path)
    assert rows(path) == binutils.calls(path)
    assert read(path, count="functions").value == len(binutils.functions(path))
    sizes = rows(path, count="code-bytes")
    assert sum(sizes.values()) == binutils.code_bytes(path)
    assert sizes["both"] > 0
    assert rows(path, count="code-bytes", pattern="^both$") == {"both": sizes["both"]}


@pytest.mark.parametrize("flag", ["-pie", "-no-pie"])
def test_executables(tmp_path: Path, flag: str) -> None:
    source = '#include <stdio.h>\nint main(int n, char **v) { puts(v[0]); return puts("a"); }\n'
    path = gcc(tmp_path, source, "program", "-fPIE" if flag == "-pie" else "-fno-pie", flag)
    assert rows(path, within="^main$") == {"puts": 2}
    assert rows(path) == binutils.calls(path)
    assert "main" in rows(path, count="functions")


ASIDE = """\
    .text
    .globl hot
    .type hot, @function
hot: call f@PLT
    test %eax, %eax
    jne hot.cold
.Lback: jmp f@PLT
    .size hot, .-hot
    .section .text.unlikely, "ax", @progbits
    .type hot.cold, @function
hot.cold: call g@PLT
    call g@PLT
    jmp .Lback
    .size hot.cold, .-hot.cold
"""


def test_what_was_put_aside_is_of_its_function(tmp_path: Path) -> None:
    """Which code a compiler puts aside is its own affair: here it is written so."""
    (tmp_path / "aside.s").write_text(ASIDE)
    for name, flag in (("aside.o", "-c"), ("aside.so", "-shared")):
        path = tmp_path / name
        subprocess.run([needs("gcc"), flag, "aside.s", "-o", path], cwd=tmp_path, check=True)
        assert rows(path, pattern="^[fg]$", parts="function") == {"hot": 4}
        assert rows(path, to="any", pattern="hot") == {}, "it does not call itself"
        assert rows(path, count="functions", pattern="hot") == {"hot": 1}
        assert binutils.calls(path) == rows(path)


def test_several_files_are_read_as_one(built: Path) -> None:
    files = tuple(ReadFile(name, built / name, name) for name in ("source.o", "source.so"))
    material = Material(built, files)
    how = {"pattern": "called|at_the_end"}
    assert elf.read(CodeReader(**how), material).value == 6  # type: ignore[arg-type]
    assert elf.read(CodeReader(count="callees", **how), material).value == 2  # type: ignore[arg-type]
    assert elf.read(CodeReader(count="imports", **how), material).value == 2  # type: ignore[arg-type]


def test_a_stripped_file_has_what_it_has(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "stripped.so"
    subprocess.run([needs("strip"), "-o", path, built / "source.so"], check=True)
    assert rows(path) == rows(built / "source.so")
    assert rows(path, count="imports") == rows(built / "source.so", count="imports")
    assert set(rows(path, parts="function")) == {"(no function)"}
    size = read(built / "source.so", count="code-bytes").value
    assert rows(path, count="code-bytes") == {"(no function)": size}
    said = "stripped.so is stripped: nothing says which functions it has"
    assert why_not(path, count="functions") == said
    assert why_not(path, within="both") == said
    assert why_not(path, to="any") == said
    assert why_not(path, count="code-bytes", pattern="both") == said


def test_what_is_no_elf_file_says_what_it_is(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content, said in (
        (b"", "a is no ELF file"),
        (b"#!/bin/sh\n", "a is no ELF file"),
        (b"\x7fEL", "a is no ELF file"),
        (b"!<arch>\n", "a is no ELF file but an archive, whose members are not read"),
        (b"BC\xc0\xde", "a is no ELF file but LLVM bitcode"),
        (b"\0asm\1\0\0\0", "a is no ELF file but WebAssembly"),
        (b"\xcf\xfa\xed\xfe\7", "a is no ELF file but Mach-O"),
    ):
        path.write_bytes(content)
        assert why_not(path).startswith(said)
    argv = [needs("ar"), "rc", tmp_path / "whole.a", built / "source.o"]
    subprocess.run(argv, check=True)
    assert "an archive" in why_not(tmp_path / "whole.a")


def test_code_that_is_made_at_link_time_is_not_there(tmp_path: Path) -> None:
    path = gcc(tmp_path, SOURCE, "lto.o", "-c", "-flto", "-fno-fat-lto-objects")
    for count in ("calls", "imports", "functions", "code-bytes"):
        assert "lto.o holds GCC's own form of the program (LTO)" in why_not(path, count=count)
    path = gcc(tmp_path, SOURCE, "fat.o", "-c", "-flto", "-ffat-lto-objects")
    assert rows(path) == CALLS


def test_a_machine_that_is_not_known_has_imports_but_no_calls(built: Path, tmp_path: Path) -> None:
    data = bytearray((built / "source.o").read_bytes())
    struct.pack_into("<H", data, 18, 243)  # e_machine: RISC-V
    (tmp_path / "other.o").write_bytes(data)
    said = "other.o is for the machine riscv: calls are known of x86-64"
    assert why_not(tmp_path / "other.o") == said
    assert rows(tmp_path / "other.o", count="imports").keys() >= IMPORTS


def test_a_file_that_ends_too_early_says_so(built: Path, tmp_path: Path) -> None:
    data = (built / "source.o").read_bytes()
    path = tmp_path / "short.o"
    for size in (*range(4, 80, 4), len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        said = why_not(path)
        assert said.startswith(("short.o is truncated: ", "short.o is a damaged ELF file: ")), size
    without = bytearray(data)
    struct.pack_into("<Q", without, 40, 0)  # e_shoff
    path.write_bytes(without)
    assert why_not(path).startswith("short.o has no section headers")


@given(st.data())
@settings(max_examples=60)
def test_damage_gives_a_number_or_a_reason(built: Path, data: st.DataObject) -> None:
    """Never another error, and never a search without an end."""
    whole = bytearray((built / data.draw(st.sampled_from(["source.o", "source.so"]))).read_bytes())
    headers = struct.unpack_from("<Q", whole, 40)[0]
    near = st.one_of(st.integers(0, 63), st.integers(headers, len(whole) - 1))
    for place in data.draw(st.lists(st.one_of(near, st.integers(0, len(whole) - 1)), max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    path = built / "damaged"
    path.write_bytes(whole)
    count = data.draw(st.sampled_from(["calls", "functions", "imports", "code-bytes"]))
    try:
        assert read(path, count=count).value >= 0
    except NotRead as error:
        assert str(error).startswith("damaged ")
