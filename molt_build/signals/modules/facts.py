"""What one file of a tree holds: the marks that are looked for, and its imports.

A file is parsed once, by the Python that runs molt_build, and its syntax tree is walked once
(`walk`). Where no name that is looked for stands in the bytes of a file, only its statements are
walked: its imports are all that it can tell.

A file that does not parse (for its syntax, or because it is nested too deeply for the parser) says
why; in the place of its syntax there is what patterns find in its text.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass

from molt_build import patterns
from molt_build.actions.imports import names_by_sight
from molt_build.signals.modules.walk import Import, Occurrence, Walk
from molt_build.signals.modules.wanted import MODULE, Wanted, fits, has_coding_line

FINDS_LIMIT = 100_000  # of a pattern in one file


@dataclass(frozen=True)
class Facts:
    """What was found in a file."""

    problem: str  # why it does not parse; "" for nearly all
    # mark -> where it was found, in the order of lines. One of which nothing can be known, since
    # the file does not parse, is not among them; nor are those of imports.
    marks: Mapping[str, tuple[Occurrence, ...]]
    imports: tuple[Import, ...]  # in the order of lines
    exported: tuple[str, ...]  # what `__all__` names, as far as it is written there in quotes


def read_facts(data: bytes, wanted: Wanted) -> Facts:
    """What is looked for in the bytes of a file."""
    text = _text(data) if wanted.texts else ""
    of_texts = {mark.name: _finds(mark.text or "", text) for mark in wanted.texts}
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError) as error:
        return _unparsed(_text(data), wanted, _problem(error), of_texts)
    except (RecursionError, MemoryError):  # the parser's own limits
        return _unparsed(_text(data), wanted, "it is nested too deeply for the parser", of_texts)
    walk = Walk(wanted)
    walk.through(tree, is_whole=wanted.may_be_in(data))
    marks = {
        mark.name: tuple(sorted(walk.marks.get(mark.name, ())))
        for mark in wanted.marks
        if not (mark.imports or mark.text is not None)
    }
    imports = tuple(one for _, one in sorted(walk.imports, key=lambda row: row[0]))
    return Facts("", {**marks, **of_texts}, imports, tuple(dict.fromkeys(walk.exported)))


def _problem(error: SyntaxError | ValueError) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno}: {error.msg}"
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _unparsed(
    text: str, wanted: Wanted, problem: str, of_texts: Mapping[str, tuple[Occurrence, ...]]
) -> Facts:
    marks = dict(of_texts)
    for mark in wanted.marks:
        if mark.unparsed is not None:
            test = mark.argument or mark.literal
            finds = _finds(mark.unparsed, text)
            marks[mark.name] = tuple(one for one in finds if fits(test, one[1]))
    seen = sorted(names_by_sight(text))
    imports = tuple(Import(0, level, name, None, MODULE) for level, name in seen if name)
    return Facts(problem, marks, imports, ())


def _text(data: bytes) -> str:
    """The text of a file, with line feeds at the ends of lines; what is no text is replaced."""
    encoding = "utf-8-sig"
    if has_coding_line(data):
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError:  # there is no such encoding
            encoding = "utf-8-sig"
    return data.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def _finds(pattern: str, text: str) -> tuple[Occurrence, ...]:
    """What a pattern finds, each with the line in which it begins."""
    data = text.encode("utf-8", "replace")
    found, line, position = [], 1, 0
    for start, _, words in patterns.found_in(pattern, data):
        line += data.count(b"\n", position, start)
        position = start
        found.append((line, words))
        if len(found) == FINDS_LIMIT:
            break
    return tuple(found)
