"""WebAssembly modules and object files, decoded by the Bytecode Alliance's `wasm-tools dump`.

The format is that of the WebAssembly core specification (chapter 5, binary format). An object file
is a module, too, which imports what it does not define, and has its symbols in the custom section
`linking` (WebAssembly tool conventions, Linking.md). The tool prints every item of the file with
its place, its bytes and what they are, in the order of the file:

     0x2d | 03 65 6e 76 | import [func 0] Import { module: "env", name: "PyList_New", ty: Func(2) }
          | 0a 50 79 4c
    ============== func 1 ====================
     0x59 | 0b          | size of function
     0x5a | 00          | 0 local blocks
     0x5b | 10 80 80 80 | call function_index:0

Functions have numbers, the imported ones first. What is not as it is expected gives no number:
`NotRead` says why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from molt_build.signals.machine_code.code import Call, Code
from molt_build.signals.reading import NotRead

MAGIC = b"\0asm"
MODULE = "version 1 (Module)"
BODY = "size of function"  # the item before each
CODE = b"| code section\n"  # the end of the line with which it begins

_ITEM = re.compile(r"^ *0x([0-9a-f]+) \|[-0-9a-f ]+\| (.*)$", re.M)
_SECTION = re.compile(r"([a-z ]+) section")
_TEXT = r'"((?:[^"\\]|\\.)*)"'  # as Rust writes it
_IMPORT = re.compile(rf"import \[(\w+) \d+\] (?:.*name: )?{_TEXT}(?:, ty: .*)?")
_CALL = re.compile(r"(?:return_)?call function_index:(\d+)")
_SYMBOL = re.compile(rf"Func \{{ flags: .*, index: (\d+), name: Some\({_TEXT}\) \}}")
_NAME = re.compile(rf"Naming \{{ index: (\d+), name: {_TEXT} \}}")
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
_SPECIAL = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass
class _Module:
    """What the items say, as far as they are read."""

    imports: list[str] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)  # the functions of these, by their numbers
    declared: int = 0  # functions of its own
    bodies: list[int] = field(default_factory=list)  # of these the bytes, in their order
    calls: Counter[tuple[int, int]] = field(default_factory=Counter)  # (caller, callee)
    names: dict[int, str] = field(default_factory=dict)

    def take(self, section: str, item: str) -> bool:
        """Take an item of a section; False where it should be known, and is not."""
        if section == "code":
            if (found := _CALL.fullmatch(item)) is not None:
                self.calls[len(self.imported) + len(self.bodies), int(found[1])] += 1
        elif section == "import":
            if (found := _IMPORT.fullmatch(item)) is None:
                return item.endswith(" count") or item.startswith("module: ")
            self.imports.append(_text(found[2]))
            if found[1].startswith("func"):
                self.imported.append(self.imports[-1])
        elif section == "func":
            self.declared += not item.endswith(" count")
        elif section in ("symbol table", "function name"):
            found = _SYMBOL.fullmatch(item) or _NAME.fullmatch(item)
            if found is not None:
                self.names.setdefault(int(found[1]), _text(found[2]))
        return True

    def code(self) -> Code:
        """All of it, by names."""
        first = len(self.imported)
        own = {number: self.names.get(number) for number in range(first, first + self.declared)}
        if any(own.values()):  # else it is stripped
            own = {number: name or f"func[{number}]" for number, name in own.items()}
        names = own | dict(enumerate(self.imported))
        calls: Counter[Call] = Counter()
        for (caller, callee), times in self.calls.items():
            if (name := names[callee]) is not None:
                calls[Call(name, callee < first, names[caller])] += times
        return Code(
            imports=frozenset(self.imports),
            functions=tuple(zip(own.values(), self.bodies, strict=True)),
            code_bytes=sum(self.bodies),
            calls=calls,
        )


def decoded(dump: str, size: int, name: str) -> Code:
    """What a module of so many bytes has, by what the tool printed of it; raises `NotRead`."""
    module = _read(dump, size, name)
    if module.declared != len(module.bodies):
        counts = f"{module.declared} functions and the code of {len(module.bodies)}"
        raise NotRead(f"{name} is damaged: it has {counts}")
    try:
        return module.code()
    except KeyError as error:
        message = f"it calls the function {error}, and has none of that number"
        raise NotRead(f"{name} is damaged: {message}") from None


def head_decoded(dump: str, size: int, name: str) -> Code:
    """The imports alone, by what the tool printed before the code; raises `NotRead`."""
    return Code(frozenset(_read(dump, size, name).imports), None, 0)


def _read(dump: str, size: int, name: str) -> _Module:
    items = _items(dump, size)
    version = next(items)[1]
    if version != MODULE:
        raise NotRead(f"{name} is no module of WebAssembly: wasm-tools calls it {version}")
    module, section, begins = _Module(), "", 0
    for (place, item), (following, _) in pairwise(items):
        heading = _SECTION.fullmatch(item)
        if begins and (heading or item == BODY):
            module.bodies.append(place - begins)
            begins = 0
        if heading:
            section = heading[1]
        elif section == "code" and item == BODY:
            begins = following
        elif item.endswith("??") or item.startswith("... failed to decode"):
            raise NotRead(f"{name} is damaged: its byte {place:#x} is not what should stand there")
        elif not module.take(section, item):
            raise NotRead(f"what wasm-tools says of {name} is not understood: {item}")
    return module


def _items(dump: str, size: int) -> Iterator[tuple[int, str]]:
    """(place, what it is) of each item, and then the end of the file, twice."""
    for found in _ITEM.finditer(dump):
        yield int(found[1], 16), found[2]
    yield size, "end section"
    yield size, ""


def _text(written: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _SPECIAL.get(found[2], found[2])

    return _ESCAPED.sub(plain, written)
