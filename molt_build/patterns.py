"""Patterns of manifests, matched in time that is linear in the text, whatever the text is.

What they meet (what a compiler printed, what a program wrote, somebody's source) is in nobody's
hands, and forty characters are enough to keep a backtracking engine busy for hours. So there is one
engine for all of them, RE2: it has no backreferences and no lookaround, and thus never goes back.
What it cannot take is refused when manifests are checked; there is no second engine behind it.

It works on UTF-8. A pattern's `^` and `$` are the ends of lines, except where it is matched against
a single line anyway. The engine is loaded when the first pattern is used: never on the warm path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TOML_HINT = "in TOML, '...' keeps backslashes as they are"


@dataclass(frozen=True)
class Fault:
    """Why a pattern cannot be used, and what might be done."""

    words: str
    hint: str


def first(pattern: str, text: str) -> str | None:
    """What the pattern finds first: its group 1, or all of the match where it has no group."""
    match = _compiled(pattern).search(_encoded(text))
    return None if match is None else _found(match)


def every(pattern: str, text: str, limit: int) -> list[str]:
    """What the pattern finds, as `first` does, match after match; at most `limit` of them.

    Each match may read on to the end of the text, so the limit is what bounds the time.
    """
    found: list[str] = []
    for match in _compiled(pattern).finditer(_encoded(text)):
        if len(found) == limit:
            break
        found.append(_found(match))
    return found


def found_in(pattern: str, data: bytes, start: int = 0) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) of all that the pattern finds from a place on, the text as `first` does.

    The data are looked at as UTF-8; bytes that are none fit no pattern.
    """
    for match in _compiled(pattern).finditer(data, start):
        begin, end = match.span()
        yield begin, end, _found(match)


def is_in(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _compiled(pattern).search(_encoded(text)) is not None


def replaced_once(pattern: str, replacement: str, text: str) -> str | None:
    """The text with the first match replaced, literally; None when there is no match."""
    data = _encoded(text)
    match = _compiled(pattern).search(data)
    if match is None:
        return None
    start, end = match.span()
    return (data[:start] + replacement.encode() + data[end:]).decode()


def without_lines(output: bytes, patterns: Sequence[str]) -> bytes:
    """The output without the lines that one of the patterns matches wholly, byte by byte.

    What `LC_ALL=C grep -avxE -e PATTERN ...` leaves: with patterns, the last line always ends.
    Each different line is matched once, so that millions of empty ones cost nothing.
    """
    if not patterns:
        return output
    compiled = [_of_lines(pattern) for pattern in patterns]
    lines = output.split(b"\n")
    if not lines[-1]:
        lines.pop()
    is_left_out = {
        line: any(one.fullmatch(line) is not None for one in compiled) for line in set(lines)
    }
    return b"".join(line + b"\n" for line in lines if not is_left_out[line])


def fault(pattern: str) -> Fault | None:
    """Why a pattern is none."""
    if _OPEN_INTERVAL.search(pattern):
        return Fault("it has an interval without a lower bound, {,N}", "write {0,N}")
    try:
        _compiled(pattern, prefix="")  # the engine's words are about the pattern alone
    except _engine().error as error:
        return _fault(error)
    return None


def fault_of_lines(pattern: str) -> Fault | None:
    """Why a pattern is none of whole lines: those are in the syntax that grep -E has as well.

    What the engine and grep would read differently is refused, so that the command that a report
    prints shows the lines that were compared.
    """
    words = _read_otherwise(pattern)
    if words is not None:
        return Fault(f"grep -E reads {words} otherwise", "a suite's lines are in POSIX syntax")
    try:
        _of_lines(pattern)
    except _engine().error as error:
        return _fault(error)
    return None


def _engine() -> Any:
    import re2  # type: ignore[import-untyped]

    return re2


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # no lone surrogate is worth an error


def _found(match: Any) -> str:
    found: bytes | None = match.group(1 if match.re.groups else 0)
    return "" if found is None else found.decode("utf-8", "replace")


@lru_cache(maxsize=256)
def _compiled(pattern: str, prefix: str = "(?m)") -> Any:
    re2 = _engine()
    options = re2.Options()
    options.log_errors = False
    return re2.compile(prefix + pattern, options)


@lru_cache(maxsize=256)
def _of_lines(pattern: str) -> Any:
    re2 = _engine()
    options = re2.Options()
    options.log_errors = False
    options.posix_syntax = True
    options.encoding = re2.Options.Encoding.LATIN1  # a character is a byte, as in the C locale
    return re2.compile(pattern.encode(), options)


_OPEN_INTERVAL = re.compile(r"(?<!\\)\{,[0-9]+\}")
_HINTS = (
    ("perl operator: (?", "there is no lookaround: say what is wanted, not what is not"),
    ("\\Z", "the end of the text is \\z"),
    ("invalid escape sequence: \\", f"there are no backreferences; {TOML_HINT}"),
)


def _fault(error: Exception) -> Fault:
    said = error.args[0]
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    hint = next((hint for sign, hint in _HINTS if sign in words), TOML_HINT)
    return Fault(words, hint)


_SPECIAL = frozenset("^.[]$()|*+?{}\\")
_INTERVAL = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_CLASS = re.compile(
    r"\[:(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit):\]"
)


def _read_otherwise(pattern: str) -> str | None:
    """The first part of a pattern that grep does not read as the engine does."""
    position, before = 0, ""
    while position < len(pattern):
        here = pattern[position]
        end = position + 1
        if here in "\n\0":
            return "a line end or NUL"
        if here == "\\":
            end += 1
            if end <= len(pattern) and pattern[position + 1] not in _SPECIAL:
                return pattern[position:end]
        elif here == "[":
            inside = _bracket_end(pattern, end)
            if isinstance(inside, str):
                return inside
            end = inside
        elif here == "{" or here in "*+?":
            interval = _INTERVAL.match(pattern, position)
            if here == "{" and interval is None:
                return "a { that begins no interval"
            if before in ("^", "$"):
                return f"{before}{here}"
            end = position + 1 if interval is None else interval.end()
        before, position = here, end
    return None


def _bracket_end(pattern: str, start: int) -> int | str:
    """Where a bracket expression ends that opened before `start`; or what in it is in doubt."""
    position = start + pattern.startswith("^", start)
    first_inside = position
    while position < len(pattern):
        here = pattern[position]
        if here == "]" and position > first_inside:
            if pattern[first_inside] == ":" and pattern[position - 1] == ":":
                return pattern[start - 1 : position + 1]
            return position + 1
        if here == "\\":
            return "a backslash in brackets"
        if here in "\n\0":
            return "a line end or NUL"
        known = _CLASS.match(pattern, position)
        if (
            here == "["
            and known is None
            and pattern[position + 1 : position + 2] in (":", ".", "=")
        ):
            return pattern[position : position + 2]
        if here == "[" and pattern[position - 1] == "-" and position > first_inside:
            return "-["
        position = position + 1 if known is None else known.end()
    return position  # the engine says that it never ends
