"""What nm, readelf and objdump say of an ELF file, in the words of the reader `elf`."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

from build_projects import needs

CALL = re.compile(r"^\s*[0-9a-f]+:\s+(?:bnd |notrack )?(?:call|j[a-z]+)\s+(.*)$")
RELOCATED = re.compile(r"R_X86_64_(?:PLT32|PC32|GOTPCRELX)\s+(\w+)-0x4")
THROUGH_STUB = re.compile(r"^[0-9a-f]+ <(\w+)(?:@\w*)?@plt>")
THROUGH_SLOT = re.compile(r"^\*.*#\s+([0-9a-f]+) ")


def imports(path: Path) -> set[str]:
    """What `nm` calls undefined."""
    dynamic = () if path.suffix == ".o" else ("-D",)
    return {line.split()[-1].partition("@")[0] for line in _said("nm", "-u", *dynamic, path)}


def calls(path: Path) -> Counter[str]:
    """The calls of imports that `objdump` shows, outside of the linker's stubs."""
    undefined = imports(path)
    if path.suffix == ".o":
        found = (RELOCATED.search(words) for words in _branches(path, "-dr"))
        return Counter(one[1] for one in found if one and one[1] in undefined)
    held = _slots(path)
    names: Counter[str] = Counter()
    for words in _branches(path, "-d"):
        if stub := THROUGH_STUB.match(words):
            names[stub[1]] += 1
        elif (slot := THROUGH_SLOT.match(words)) and int(slot[1], 16) in held:
            names[held[int(slot[1], 16)]] += 1
    return Counter({name: number for name, number in names.items() if name in undefined})


def functions(path: Path) -> set[tuple[str, str]]:
    """(section, place) of the functions that `readelf` shows; parts put aside are none."""
    rows = [line.split() for line in _said("readelf", "-sW", path)]
    return {
        (row[6], row[1])
        for row in rows
        if len(row) > 7 and row[3] == "FUNC" and row[6] != "UND" and ".cold" not in row[7]
    }


def code_bytes(path: Path) -> int:
    """The size of the sections that `readelf` says can be executed."""
    rows = [line.partition("]")[2].split() for line in _said("readelf", "-SW", path)]
    return sum(int(row[4], 16) for row in rows if len(row) > 6 and row[6] in ("AX", "AXG"))


def _branches(path: Path, option: str) -> list[str]:
    """The operands of calls and jumps, with the relocation behind them."""
    lines = _said("objdump", option, "-w", "--no-show-raw-insn", path)
    found, is_linkage = [], False
    for line in lines:
        if line.startswith("Disassembly of section "):
            is_linkage = ".plt" in line
        elif not is_linkage and (match := CALL.match(line)):
            found.append(match[1])
    return found


def _slots(path: Path) -> dict[int, str]:
    rows = [line.split() for line in _said("readelf", "-rW", path)]
    kinds = ("R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLOT", "R_X86_64_JUMP_SLO")
    return {
        int(row[0], 16): row[4].partition("@")[0]
        for row in rows
        if len(row) > 4 and row[2] in kinds
    }


def _said(tool: str, *words: str | Path) -> list[str]:
    argv = [needs(tool), *map(str, words)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
