"""The calls of x86-64 code, disassembled by Capstone.

A call or jump names the function that it goes to in one of four ways (System V ABI, AMD64
supplement, chapters 4.4 and 5.2):

- in an object file, by a relocation of its operand: of a direct one against the function itself or
  against its section, of `call *NAME@GOTPCREL(%rip)` against the slot that the linker will make;
- by an address at which a function begins;
- by the address of a stub of the linker (PLT), which jumps through a slot that holds the function;
- through such a slot itself, `call *SLOT(%rip)`, as with -fno-plt.

A jump is a call where it leaves its function for the beginning of another. An instruction that only
loads the address of a function is none, and neither is a call of what a register holds, even where
an earlier instruction says what that is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from molt_build.signals.machine_code.code import Call
from molt_build.signals.machine_code.elf import LINKED, Image, Place, Relocation, Section, whole

# R_X86_64_GOTPCREL, GOTPCRELX, REX_GOTPCRELX, and those of instructions with longer prefixes.
THROUGH_SLOT = frozenset((9, 41, 42, 43, 44, 45))
OF_SLOT = frozenset((6, 7))  # R_X86_64_GLOB_DAT, JUMP_SLOT: what the loader puts there
FIELD = 4  # bytes of an operand that says where to, the last of the instruction
_DIRECT = re.compile(r"(?:0x)?[0-9a-f]+")
_SLOT = re.compile(r"(?:\w+ ptr )?\[rip(?: [+-] (?:0x)?[0-9a-f]+)?\]")
_ABSOLUTE = re.compile(r"(?:\w+ ptr )?(?:ds:)?\[((?:0x)?[0-9a-f]+)\]")

Instruction = tuple[int, int, str, str]  # address, bytes, mnemonic, operands
Callee = tuple[str, bool]  # name, whether it is imported


def calls(image: Image) -> Counter[Call]:
    """The calls of all code but the linker's own."""
    found: Counter[Call] = Counter()
    stubs = dict(_stubs(image))
    for section in image.code:
        if section.is_linkage:
            continue
        for instruction in _branches(section):
            address, _, mnemonic, _ = instruction
            callee = _callee(image, section, instruction, stubs)
            if callee is None:
                continue
            name, is_import = callee
            function = image.function_at((section.space, address))
            caller = None if function is None else whole(function.name)
            is_jump = not mnemonic.endswith("call")
            if is_jump and not is_import and whole(name) == caller:
                continue  # to itself, or to what was put aside of it
            found[Call(name, is_import, caller)] += 1
    return found


def _branches(section: Section) -> Iterator[Instruction]:
    """The calls and jumps of a section, with whatever prefix they have."""
    for one in _instructions(section):
        last = one[2].rpartition(" ")[2]
        if last == "call" or last.startswith("j"):
            yield one


def _instructions(section: Section) -> Iterator[Instruction]:
    """All instructions; bytes that are none are passed over."""
    import capstone  # type: ignore[import-untyped]

    engine: Any = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.skipdata = True
    yield from engine.disasm_lite(section.data, section.address)


def _callee(
    image: Image, section: Section, instruction: Instruction, stubs: Mapping[int, Callee]
) -> Callee | None:
    """(name, whether it is imported) of what is called; None where no name is known."""
    address, size, _, operand = instruction
    is_direct = _DIRECT.fullmatch(operand) is not None
    is_slot = _SLOT.fullmatch(operand) is not None
    if image.is_relocatable:
        relocation = section.relocations.get(address + size - FIELD)
        if relocation is not None:
            return _relocated(image, relocation, is_direct, is_slot)
        return _begins(image, (section.space, int(operand, 0))) if is_direct else None
    if is_direct:
        target = int(operand, 0)
        return stubs.get(target) or _begins(image, (LINKED, target))
    return _held(image, section, instruction)


def _relocated(
    image: Image, relocation: Relocation, is_direct: bool, is_slot: bool
) -> Callee | None:
    """What an operand of an object file means."""
    symbol = relocation.symbol
    offset = relocation.addend + FIELD  # from the symbol; the field counts from its own end
    if is_slot and relocation.kind not in THROUGH_SLOT:
        return None  # some other pointer in memory
    if not (is_direct or is_slot):
        return None
    if symbol.name and not offset and (symbol.is_undefined or symbol.is_function):
        return symbol.name, symbol.is_undefined
    if symbol.place is None:
        return None
    space, start = symbol.place
    return _begins(image, (space, start + offset))


def _begins(image: Image, place: Place) -> Callee | None:
    """The function that begins at a place."""
    function = image.function_at(place)
    if function is None or function.start != place[1]:
        return None
    return function.name, False


def _held(image: Image, section: Section, instruction: Instruction) -> Callee | None:
    """What the slot holds through which an instruction goes."""
    slot = _slot(section, instruction)
    relocation = None if slot is None else image.slots.get(slot)
    if relocation is None or relocation.kind not in OF_SLOT or not relocation.symbol.name:
        return None
    return relocation.symbol.name, relocation.symbol.is_undefined


def _slot(section: Section, instruction: Instruction) -> int | None:
    """The address of the pointer through which an instruction goes."""
    address, size, _, operand = instruction
    if _SLOT.fullmatch(operand):
        end = address + size
        field = section.data[end - FIELD - section.address : end - section.address]
        return end + int.from_bytes(field, "little", signed=True)
    found = _ABSOLUTE.fullmatch(operand)
    return None if found is None else int(found[1], 0)


def _stubs(image: Image) -> Iterator[tuple[int, Callee]]:
    """(address, function) of the linker's stubs: each place from which a jump through a slot is
    reached without another jump before it.
    """
    for section in image.code if not image.is_relocatable else ():
        if not section.is_linkage:
            continue
        before: list[int] = []
        for instruction in _instructions(section):
            address, _, mnemonic, _ = instruction
            if mnemonic.startswith(("nop", "int3", ".byte")):
                before = []
                continue
            before.append(address)
            if mnemonic.endswith("jmp"):
                held = _held(image, section, instruction)
                if held is not None:
                    yield from ((one, held) for one in before)
                before = []
