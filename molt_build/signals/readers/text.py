"""How often a pattern is found in files, or how many different texts it finds.

With `within` only the parts of a file are looked at that begin as a pattern says: functions, say.
Such a *block* begins with the line in which the pattern is found, and ends with another pattern, or
by the way the text is written. Blocks do not overlap: one that begins within another is part of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from molt_build import patterns
from molt_build.manifests.signal import TextReader, Within
from molt_build.signals.reading import Material, Reading, content, named, of_names, plain_files

# What decides where braces match in C and its kin: texts, characters and comments hold none.
_TOKENS = re.compile(
    rb'"(?:\\.|[^"\\\n])*"' + rb"|'(?:\\.|[^'\\\n])*'" + rb"|//[^\n]*|/\*.*?\*/|[{};]", re.S
)


def read(how: TextReader, material: Material) -> Reading:
    """The number of matches or of different texts, over all files; raises `NotRead`."""
    matches: Counter[str] = Counter()  # text -> how often it was found
    places: dict[str, Counter[str]] = {}  # block or file -> the same there
    blocks = 0
    for name, file in named(plain_files(material.files)):
        data = content(file)
        for block, start, end in _blocks(how.within, data):
            blocks += 1
            place = name if how.parts == "file" else block
            found = Counter(text for *_, text in patterns.found_in(how.pattern, data[start:end]))
            matches.update(found)
            if found:
                places.setdefault(place, Counter()).update(found)
    value = matches.total() if how.count == "matches" else len(matches)
    rows: dict[str, float] = dict(matches)
    if how.parts != "text":
        is_distinct = how.count == "distinct"
        rows = {name: len(of) if is_distinct else of.total() for name, of in places.items()}
    notes = ("no block begins as within says",) if how.within is not None and not blocks else ()
    return Reading(value, of_names(rows), notes)


def _blocks(within: Within | None, data: bytes) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of each part that is looked at, in order."""
    if within is None:
        yield "", 0, len(data)
        return
    done = 0
    for start, end, name in patterns.found_in(within.begins, data):
        if start < done:
            continue
        first = data.rfind(b"\n", 0, start) + 1
        ends = _end(within, data, start, end)
        if ends is not None:
            done = ends
            yield name, first, ends


def _end(within: Within, data: bytes, start: int, end: int) -> int | None:
    """Where the block ends that begins with the match from `start` to `end`; None: it is none."""
    if within.ends is not None:
        match = next(patterns.found_in(within.ends, data, end), None)
        return len(data) if match is None else match[1]
    return _closing(data, start) if within.block == "braces" else _dedent(data, start)


def _closing(data: bytes, start: int) -> int | None:
    """Behind the brace that closes the first one; None where a declaration ends before it."""
    depth = 0
    for token in _TOKENS.finditer(data, start):
        sign = token[0]
        if sign == b";" and not depth:
            return None
        if sign == b"{":
            depth += 1
        elif sign == b"}":
            depth -= 1
            if depth <= 0:
                return token.end()
    return len(data) if depth else None


def _dedent(data: bytes, start: int) -> int:
    """Before the first line that is indented no more than the one that begins the block."""
    position = data.rfind(b"\n", 0, start) + 1
    indent: int | None = None  # of the line that begins it
    while position < len(data):
        end = data.find(b"\n", position)
        line = data[position : end if end >= 0 else len(data)]
        if indent is None:
            indent = _indent(line)
        elif line.strip() and _indent(line) <= indent:
            return position
        position = end + 1 if end >= 0 else len(data)
    return len(data)


def _indent(line: bytes) -> int:
    """How many spaces and tabs a line begins with."""
    return len(line) - len(line.lstrip(b" \t"))
