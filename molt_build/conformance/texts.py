"""Edits of a program's text: of a comment, of what it does, and into no program at all.

They are made of any program, ours or the user's, so none of them knows what the program computes.
"""

from __future__ import annotations

import io
import re
import tokenize

from molt_build import patterns

_NUMBER = re.compile(r"[1-9][0-9_]*")
_SIGNS = re.compile(r"\\[WsS][*+?]?|\\b|[\^$*+?]|\(\?[:imsU-]*|[()]")


def with_comment(text: str, comment: str) -> str | None:
    """A Python text with a comment behind its last line of code that has none; None without one."""
    commented, ends = 0, []
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            commented = token.start[0]
        elif token.type == tokenize.NEWLINE and token.start[0] != commented:
            ends.append(token.start)
    if not ends:
        return None
    row, column = ends[-1]
    return _replaced(text, row, column, column, f"  # {comment}")


def with_another_number(text: str) -> str | None:
    """A Python text in which the last whole number of its code is another one; None without one."""
    numbers = [one for one in _tokens(text) if one.type == tokenize.NUMBER]
    whole = [one for one in numbers if _NUMBER.fullmatch(one.string)]
    if not whole:
        return None
    (row, column), (_, end) = whole[-1].start, whole[-1].end
    return _replaced(text, row, column, end, str(int(whole[-1].string) + 1))


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    """The tokens of a Python text; none of what is no Python."""
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []


def _replaced(text: str, row: int, column: int, end: int, by: str) -> str:
    lines = text.splitlines(keepends=True)
    line = lines[row - 1]
    lines[row - 1] = f"{line[:column]}{by}{line[end:]}"
    return "".join(lines)


def comment_like(pattern: str) -> str | None:
    """The words of a comment that a pattern finds; None where none could be made up."""
    plain = re.sub(r"\\([^\w\s])", r"\1", _SIGNS.sub("", pattern))
    plain = plain.split("|")[0].removeprefix("#").strip()
    for words in (plain, f"{plain} conformance", f"{plain}: conformance"):
        if patterns.is_in(pattern, f"# {words}") or patterns.is_in(pattern, f"#{words}"):
            return words
    return None
