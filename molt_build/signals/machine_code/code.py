"""What a file of machine code has, and what a signal counts of it: one shape for all formats.

A *call* here is a place in the code, an instruction, that goes to a function whose name is known:
a call, or a jump that ends a function with a call (a tail call). Calls through pointers (methods,
slots of types) go to no name and are none. An *import* is what the file uses and does not define.

How often a call is executed is not known, and neither is what the compiler inlined: it left no
call. Those are the limits of every count of this kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import xxhash

from molt_build import patterns
from molt_build.manifests.signal import CodeReader
from molt_build.signals.reading import NotRead, ReadFile, Reading, content, of_names

NO_FUNCTION = "(no function)"  # code of which no symbol says what it belongs to
NO_NAME = "(no name)"  # functions of a stripped file
# What is often met in the place of the format that is read, by its first bytes.
FORMATS = {
    b"\x7fELF": "ELF, as is the machine code that a runtime compiles beforehand",
    b"\0asm": "WebAssembly",
    b"!<arch>\n": "an archive, whose members are not read",
    b"!<thin>\n": "an archive, whose members are not read",
    b"BC\xc0\xde": "LLVM bitcode, from which the code is made at link time (LTO)",
    b"\xcf\xfa\xed\xfe": "Mach-O, the format of macOS",
    b"\xca\xfe\xba\xbe": "Mach-O, the format of macOS",
    b"MZ": "a program for Windows",
}


@dataclass(frozen=True)
class Call:
    """From where to where; how many of the same there are stands beside it."""

    callee: str
    is_import: bool
    caller: str | None  # None: no symbol says which function it is


@dataclass(frozen=True)
class Code:
    """What one file has."""

    imports: frozenset[str]
    # (name, bytes); without names, or None where nothing says how many, the file is stripped
    functions: tuple[tuple[str | None, int], ...] | None
    code_bytes: int
    calls: Mapping[Call, int] = field(default_factory=dict)  # empty where nobody asked


# What files have, by their content and how they were looked at: all signals of the same programs
# read the same files.
_known: dict[tuple[bytes, str], Code] = {}


def of_content(file: ReadFile, way: str, decoded: Callable[[bytes], Code]) -> Code:
    """What a file has, decoded once for each content and way; raises what that raises."""
    data = content(file)
    key = xxhash.xxh3_128_digest(data), way
    if key not in _known:
        _known[key] = decoded(data)
    return _known[key]


def check_format(data: bytes, name: str, magic: bytes, wanted: str) -> None:
    """Raise `NotRead` where the content does not begin as a file of the wanted format does."""
    if data.startswith(magic):
        return
    what = next((said for first, said in FORMATS.items() if data.startswith(first)), None)
    raise NotRead(f"{name} is no {wanted}" + (f" but {what}" if what else ""))


def needs_calls(how: CodeReader) -> bool:
    """Whether instructions have to be looked at."""
    return how.count in ("calls", "callees")


def reading(how: CodeReader, codes: Iterable[tuple[ReadFile, Code]]) -> Reading:
    """What is counted, over all files; raises `NotRead` where a file cannot say it.

    Different callees and imports are those of all files together; all else adds up.
    """
    counts: Counter[str] = Counter()
    is_anything_within = how.within is None
    for file, code in codes:
        counts.update(dict(_counts(how, file, code)))
        names = [name for name, _ in code.functions or () if name is not None]
        is_anything_within = is_anything_within or any(_fits(how.within, one) for one in names)
    is_distinct = how.count in ("callees", "imports")
    notes = () if is_anything_within else ("no function is called as within says",)
    return Reading(len(counts) if is_distinct else counts.total(), of_names(counts), notes)


def _counts(how: CodeReader, file: ReadFile, code: Code) -> Iterator[tuple[str, int]]:
    """(name, number) of what one file counts for; a name comes once."""
    if how.count == "imports":
        yield from ((name, 1) for name in code.imports if _fits(how.pattern, name))
    elif needs_calls(how):
        yield from _calls(how, file, code).items()
    elif how.count == "functions" and how.pattern is None and code.functions is not None:
        yield from Counter(name or NO_NAME for name, _ in code.functions).items()
    elif how.count == "functions":
        names = [name for name, _ in _functions(file, code)]
        yield from Counter(name for name in names if _fits(how.pattern, name)).items()
    else:
        yield from _sizes(how, file, code).items()


def _calls(how: CodeReader, file: ReadFile, code: Code) -> Counter[str]:
    if how.within is not None or how.to == "any":
        _functions(file, code)
    found: Counter[str] = Counter()
    for call, times in code.calls.items():
        is_wanted = how.to == "any" or call.is_import
        is_within = how.within is None or (call.caller and _fits(how.within, call.caller))
        if is_wanted and is_within and _fits(how.pattern, call.callee):
            is_by_caller = how.parts == "function"
            found[(call.caller or NO_FUNCTION) if is_by_caller else call.callee] += times
    return found


def _sizes(how: CodeReader, file: ReadFile, code: Code) -> Counter[str]:
    """Function -> its bytes; without a pattern all bytes, also those that are of none."""
    found: Counter[str] = Counter()
    named = code.functions or ()
    if how.pattern is not None:
        named = _functions(file, code)
    for name, size in named:
        if name is not None and _fits(how.pattern, name):
            found[name] += size
    if how.pattern is None:
        rest = code.code_bytes - found.total()
        if rest < 0:  # functions that overlap
            return Counter({NO_FUNCTION: code.code_bytes})
        if rest:
            found[NO_FUNCTION] = rest
    return found


def _functions(file: ReadFile, code: Code) -> tuple[tuple[str, int], ...]:
    """Those of a file that is not stripped."""
    named = tuple((name, size) for name, size in code.functions or () if name is not None)
    if code.functions is None or len(named) < len(code.functions):
        raise NotRead(f"{file.name} is stripped: nothing says which functions it has")
    return named


def _fits(pattern: str | None, name: str) -> bool:
    return pattern is None or patterns.is_in(pattern, name)
