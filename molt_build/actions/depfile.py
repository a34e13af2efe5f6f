"""Depfiles: what a stage says it read.

Formats: `make` (the rules that gcc -MD, clang, zig, Cython and cargo write: `target: dep dep`,
backslash-newline continues), `lines` (a path a line), `json` (a list of paths). Two more tell what
was looked at, too: `looked` and `python-audit` (`molt_build.actions.looks`).

How `make` rules write names, as gcc does (libcpp/mkdeps.cc, `munge`): `$$` is a dollar; a space or
a tab that belongs to a name has a backslash before it, and backslashes right before that are
doubled; `#` has one backslash before it, whatever stands before that; all other backslashes are
themselves. clang and Cython leave tabs bare, Cython also `$` and `#`. So not every name can be
told: of one that ends with a backslash, or that holds a tab for clang, something else is read
here. Whether what is read is there is asked by `molt_build.building.reads`: a name that cannot be
found is an error, since it may be that of an input.
"""

from __future__ import annotations

import json
import re

from molt_build.errors import BuildFailed

# Only these separate words and lines: a path may hold any other kind of space.
_PIECE = re.compile(r"[^\\ \t\r$#]+|\\+|[ \t\r]+|\$\$|[$#]")
_TARGETS_END = re.compile(r"\\.|:(?=[ \t\r]|$)")


def parse_depfile(text: str, format: str) -> list[str]:
    """The paths read, in order, each once; raises `BuildFailed` when the text is not `format`."""
    if format == "lines":
        paths = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    elif format == "json":
        try:
            paths = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BuildFailed(f"the depfile is not JSON: {error}") from error
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise BuildFailed("the depfile is not a JSON list of paths")
    else:
        paths = _make_dependencies(text)
    return list(dict.fromkeys(paths))


def _make_dependencies(text: str) -> list[str]:
    paths: list[str] = []
    joined = re.sub(r"\\\r?\n", " ", text)
    for line in joined.split("\n"):
        if line.startswith("#") or not line.strip():
            continue
        ends = (match for match in _TARGETS_END.finditer(line) if match[0] == ":")
        end = next(ends, None)
        if end is None:
            raise BuildFailed(f"the depfile has a line that is no make rule: {line[:80]!r}")
        paths += _words(line, end.end())
    return paths


def _words(line: str, position: int) -> list[str]:
    """The names in a line from a position on."""
    words: list[str] = []
    word: list[str] = []
    while position < len(line):
        match = _PIECE.match(line, position)
        assert match is not None  # the pieces leave nothing out
        piece, position = match[0], match.end()
        following = line[position : position + 1]
        if piece[0] == "\\" and following == "#":
            word.append(piece[1:] + "#")
            position += 1
        elif piece[0] == "\\" and following in (" ", "\t"):
            word.append(piece[: len(piece) // 2])
            if len(piece) % 2:
                word.append(following)
                position += 1
        elif piece[0] in " \t\r":
            words += ["".join(word)] if word else []
            word = []
        else:
            word.append("$" if piece == "$$" else piece)
    return words + (["".join(word)] if word else [])
