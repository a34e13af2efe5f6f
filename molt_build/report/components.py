"""Components of keys as people read them: digests shortened, and of long values what differs.

A value is a digest, a list of words (JSON, as `argv`), or a text such as what a tool says of its
version: of that the line with the version is shown, not who holds the copyright. A component that
is not on one side is `(none)` there.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Callable, Sequence

from molt_build.report.formatting import shortened

LINE_LIMIT = 300

_DIGEST = re.compile(r"\b(xxh3|sha256):([0-9a-f]{12})[0-9a-f]+")


def is_version(component: str) -> bool:
    """Whether a component is what a tool said of its version."""
    return component.endswith(" version")


def short(value: str | None, component: str = "") -> str:
    """A value on one line, as that of its component."""
    if value is None:
        return "(none)"
    lines = [version_line(value)] if is_version(component) else value.splitlines()
    line = _DIGEST.sub(r"\1:\2...", " / ".join(lines))
    return shortened(line, LINE_LIMIT, "...")


def version_line(said: str) -> str:
    """The line of a tool's words that has the version: the first with a digit, if there is one."""
    there = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in there if any(map(str.isdigit, line))), "".join(there[:1]))


def changes(old: str | None, new: str | None, component: str = "") -> list[str]:
    """Lines that say how a value changed: old and new, or of two lists or texts what differs."""
    if old is not None and new is not None:
        if is_version(component) and version_line(old) != version_line(new):
            return [f"old: {version_line(old)}", f"new: {version_line(new)}"]
        old_words, new_words = _words(old), _words(new)
        if old_words is not None and new_words is not None:
            return _of_sequences(old_words, new_words, shlex.join)
        old_lines, new_lines = old.splitlines(), new.splitlines()
        if len(old_lines) > 1 and len(new_lines) > 1:
            return _of_sequences(old_lines, new_lines, lambda lines: short("\n".join(lines)))
    return [f"old: {short(old)}", f"new: {short(new)}"]


def _words(value: str) -> list[str] | None:
    try:
        words = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return words
    return None


def _of_sequences(
    old: list[str], new: list[str], shown: Callable[[Sequence[str]], str]
) -> list[str]:
    lines = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "delete":
            lines.append(f"removed: {shown(old[a:b])}")
        elif tag == "insert":
            lines.append(f"added: {shown(new[c:d])}")
        elif tag == "replace":
            lines += [f"old: {shown(old[a:b])}", f"new: {shown(new[c:d])}"]
    return lines
