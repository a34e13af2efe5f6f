"""Depfiles: what a stage says it read.

Formats: `make` (the rules that gcc -MD, clang, zig, Cython and cargo write: `target: dep dep`,
backslash-newline continues, backslash escapes a space or `#`, `$$` is a dollar), `lines` (a path a
line), `json` (a list of paths).
"""

from __future__ import annotations

import json
import re

from molt_build.errors import BuildFailed

# Only these separate words and lines: a path may hold any other kind of space.
_WORD = re.compile(r"(?:\\[ #]|[^ \t\r\n\\]|\\(?![ #\r\n]))+")
_TARGETS = re.compile(r"(?:\\.|[^:\\]|:(?=[^ \t\r]))*:(?=[ \t\r]|$)")


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
        rule = _TARGETS.match(line)
        if rule is None:
            raise BuildFailed(f"the depfile has a line that is no make rule: {line[:80]!r}")
        for word in _WORD.findall(line[rule.end() :]):
            paths.append(re.sub(r"\\([ #])", r"\1", word).replace("$$", "$"))
    return paths
