"""ELF files, decoded by pyelftools: sections with code, functions, imports, and what slots hold.

The format is that of the System V ABI (gABI, chapters 4 and 5). Relocatable objects (.o) have their
places as (section, offset); linked files (shared objects, executables) as addresses, which are
(0, address) here. What cannot give a right number gives none: `NotRead` says why.
"""

from __future__ import annotations

import io
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from molt_build.signals.machine_code.code import check_format
from molt_build.signals.reading import NotRead

MAGIC = b"\x7fELF"
LINKED = 0  # the space of addresses
SYMBOL_TABLES = ("SHT_SYMTAB", "SHT_DYNSYM")
FUNCTIONS = ("STT_FUNC", "STT_GNU_IFUNC", "STT_LOOS")  # the last is how some tools know IFUNC
RANKS = {"STB_GLOBAL": 0, "STB_WEAK": 1}  # of names of one place; others are local
EXECUTABLE = 0x2 | 0x4  # SHF_ALLOC, SHF_EXECINSTR

Place = tuple[int, int]  # (section or LINKED, offset or address)


@dataclass(frozen=True)
class Symbol:
    """A name, and where it is."""

    name: str
    place: Place | None  # None: undefined, or not in a section
    size: int
    is_function: bool
    is_undefined: bool
    rank: int  # the lower, the rather its name is taken


@dataclass(frozen=True)
class Relocation:
    """What the linker or the loader puts somewhere."""

    kind: int
    symbol: Symbol
    addend: int


@dataclass(frozen=True)
class Section:
    """A section with code."""

    name: str
    space: int  # of its places
    address: int  # where it begins there
    data: bytes
    # offset in the section -> relocation; of relocatable objects
    relocations: Mapping[int, Relocation] = field(default_factory=dict)

    @property
    def is_linkage(self) -> bool:
        """Whether it holds the linker's stubs (PLT), through which functions are called."""
        return self.name.startswith((".plt", ".iplt"))


@dataclass(frozen=True)
class Function:
    """A function, by its symbol."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Image:
    """An ELF file."""

    machine: str  # of the gABI's names, without EM_, in small letters; with the bits where not 64
    is_relocatable: bool
    code: tuple[Section, ...]
    symbols: tuple[Symbol, ...] | None  # None: stripped
    imports: tuple[Symbol, ...]  # undefined ones with a name
    slots: Mapping[int, Relocation]  # of linked files: address of a pointer -> what is put there

    @cached_property
    def functions(self) -> Mapping[int, tuple[Function, ...]]:
        """The functions of each space by where they begin, a name for each place.

        One without a size ends with the next, or with its section.
        """
        named: dict[Place, Symbol] = {}
        ordered = sorted(self.symbols or (), key=lambda one: (one.rank, one.name))
        for one in ordered:
            if one.is_function and one.place is not None:
                named.setdefault(one.place, one)
        found: dict[int, list[Function]] = {}
        places = sorted(named)
        for number, place in enumerate(places):
            space, start = place
            end = start + named[place].size
            if end == start:
                following = places[number + 1 : number + 2]
                bounds = [offset for other, offset in following if other == space]
                end = min([*bounds, *self._section_ends(space, start)], default=start)
            found.setdefault(space, []).append(Function(named[place].name, start, end))
        return {space: tuple(those) for space, those in found.items()}

    def function_at(self, place: Place) -> Function | None:
        """The function that has this place in its code."""
        those = self.functions.get(place[0], ())
        number = bisect_right(those, place[1], key=lambda one: one.start) - 1
        return those[number] if number >= 0 and place[1] < those[number].end else None

    def _section_ends(self, space: int, start: int) -> Iterator[int]:
        for section in self.code:
            end = section.address + len(section.data)
            if section.space == space and section.address <= start < end:
                yield end


def whole(name: str) -> str:
    """The function that code is of: compilers put what is rarely run aside, as NAME.cold."""
    return re.sub(r"\.cold(\.\d+)?$", "", name)


def functions_of(image: Image) -> tuple[tuple[str, int], ...] | None:
    """Each function with its bytes, also of what was put aside; None where none are known."""
    if image.symbols is None:
        return None
    sizes: dict[tuple[int, int, str], int] = {}
    aside: list[tuple[str, int]] = []
    for space, those in image.functions.items():
        for one in those:
            if whole(one.name) != one.name:
                aside.append((whole(one.name), one.end - one.start))
            else:
                sizes[space, one.start, one.name] = one.end - one.start
    by_name = {name: (space, start, name) for space, start, name in reversed(sizes)}
    for name, size in aside:
        if name in by_name:
            sizes[by_name[name]] += size
    return tuple((name, size) for (_, _, name), size in sizes.items())


def decoded(data: bytes, name: str) -> Image:
    """The file of this content; raises `NotRead`, with the file's `name`."""
    check_format(data, name, MAGIC, "ELF file")
    from elftools.common.exceptions import ELFError
    from elftools.construct.core import ConstructError

    try:
        return _image(data, name)
    # What a damaged file makes of the tables that it is decoded by: numbers and texts that no
    # table has, places behind the end.
    except (
        ELFError,
        ConstructError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        ArithmeticError,
        zlib.error,
    ) as error:
        raise NotRead(f"{name} is a damaged ELF file: {error or type(error).__name__}") from None


def _image(data: bytes, name: str) -> Image:
    from elftools.elf.elffile import ELFFile

    file = ELFFile(io.BytesIO(data))
    if not file["e_shoff"]:
        raise NotRead(f"{name} has no section headers: nothing says where its code is")
    _check_bounds(file, len(data), name)
    sections = list(file.iter_sections())
    is_relocatable = file["e_type"] == "ET_REL"
    if file["e_type"] not in ("ET_REL", "ET_DYN", "ET_EXEC"):
        raise NotRead(f"{name} is neither an object file nor linked: its type is {file['e_type']}")
    tables = {
        number: list(_symbols(section, is_relocatable))
        for number, section in enumerate(sections)
        if section["sh_type"] in SYMBOL_TABLES
    }
    full = _of_kind(tables, sections, "SHT_SYMTAB")
    dynamic = _of_kind(tables, sections, "SHT_DYNSYM")
    code = tuple(_code(sections, tables, is_relocatable))
    if not code and any(one.name.startswith(".gnu.lto_") for one in sections):
        message = "holds GCC's own form of the program (LTO), from which the code is made at link"
        raise NotRead(f"{name} {message} time")
    if is_relocatable and full is None:
        raise NotRead(f"{name} is an object file without a symbol table")
    importing = full if is_relocatable else dynamic
    return Image(
        machine=_machine(file),
        is_relocatable=is_relocatable,
        code=code,
        symbols=None if full is None else tuple(full),
        imports=tuple(one for one in importing or () if one.is_undefined and one.name),
        slots={} if is_relocatable else dict(_slots(sections, tables)),
    )


def _check_bounds(file: Any, size: int, name: str) -> None:
    """Raise `NotRead` where the file ends before what its headers say."""
    entries = file["e_shentsize"]
    if file["e_shoff"] + entries > size:
        raise NotRead(f"{name} is truncated: its section headers lie behind its end")
    if entries < file.structs.Elf_Shdr.sizeof():
        raise NotRead(f"{name} is a damaged ELF file: its section headers are too small")
    if file["e_shoff"] + file.num_sections() * entries > size:
        raise NotRead(f"{name} is truncated: its section headers lie behind its end")
    for section in file.iter_sections():
        if section["sh_type"] in ("SHT_NOBITS", "SHT_NULL"):
            continue
        if section["sh_offset"] + section["sh_size"] > size:
            raise NotRead(f"{name} is truncated: its section {section.name} ends behind its end")


def _symbols(section: Any, is_relocatable: bool) -> Iterator[Symbol]:
    """The symbols of a table, in their order."""
    if section["sh_entsize"] != section.structs.Elf_Sym.sizeof():
        raise ValueError(f"{section.name} has symbols of another size")
    for one in section.iter_symbols():
        where, kind = one["st_shndx"], one["st_info"]["type"]
        if where == "SHN_XINDEX":
            raise NotRead(f"{section.name} has more sections than are known: 65,000")
        space = (where if isinstance(where, int) else None) if is_relocatable else LINKED
        is_undefined = where == "SHN_UNDEF"
        is_nowhere = is_undefined or where == "SHN_ABS" or space is None
        yield Symbol(
            name=one.name,
            place=None if is_nowhere or space is None else (space, one["st_value"]),
            size=one["st_size"],
            is_function=kind in FUNCTIONS,
            is_undefined=is_undefined,
            rank=RANKS.get(one["st_info"]["bind"], 2),
        )


def _of_kind(
    tables: Mapping[int, list[Symbol]], sections: list[Any], kind: str
) -> list[Symbol] | None:
    found = [those for number, those in tables.items() if sections[number]["sh_type"] == kind]
    return found[0] if found else None


def _code(
    sections: list[Any], tables: Mapping[int, list[Symbol]], is_relocatable: bool
) -> Iterator[Section]:
    relocations: dict[int, dict[int, Relocation]] = {}
    for one in sections if is_relocatable else ():
        if one["sh_type"] in ("SHT_RELA", "SHT_REL"):
            relocations.setdefault(one["sh_info"], {}).update(_relocations(one, tables))
    for number, one in enumerate(sections):
        is_code = one["sh_flags"] & EXECUTABLE == EXECUTABLE and one["sh_type"] == "SHT_PROGBITS"
        if is_code and one["sh_size"]:
            space, address = (number, 0) if is_relocatable else (LINKED, one["sh_addr"])
            yield Section(one.name, space, address, one.data(), relocations.get(number, {}))


def _relocations(
    section: Any, tables: Mapping[int, list[Symbol]]
) -> Iterable[tuple[int, Relocation]]:
    """(where, what) of a section's relocations that have a symbol."""
    symbols = tables.get(section["sh_link"])
    if symbols is None:
        return
    for one in section.iter_relocations():
        if number := one["r_info_sym"]:
            addend = one["r_addend"] if one.is_RELA() else 0
            yield one["r_offset"], Relocation(one["r_info_type"], symbols[number], addend)


def _slots(
    sections: list[Any], tables: Mapping[int, list[Symbol]]
) -> Iterable[tuple[int, Relocation]]:
    """(address, what) of the pointers that the loader sets to a symbol."""
    for one in sections:
        if one["sh_type"] in ("SHT_RELA", "SHT_REL"):
            yield from _relocations(one, tables)


def _machine(file: Any) -> str:
    said = str(file["e_machine"]).removeprefix("EM_").lower().replace("x86_64", "x86-64")
    return said if file.elfclass == 64 else f"{said} with {file.elfclass} bits"
