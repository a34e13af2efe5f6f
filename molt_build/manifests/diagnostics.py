"""One thing that is wrong in one place of a manifest, and how it is written on a line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from molt_build.names import near_misses
from molt_build.secrecy import without_secrets

KeyPath = tuple[str | int, ...]
# What is wrong at a path, and what might be done.
Finding = tuple[KeyPath, str, str | None]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One thing that is wrong in one place of a file."""

    file: Annotated[str, "The file, relative to the project where it lies inside."]
    line: Annotated[int, "The line, from 1 on."]
    column: Annotated[int, "The column, from 1 on."]
    path: Annotated[str, "The key: stages[0].argv[2]; empty for the file as a whole."]
    message: Annotated[str, "What is wrong."]
    hint: Annotated[str | None, "What might be done."] = None

    @classmethod
    def of(cls, file: str, position: tuple[int, int], finding: Finding) -> Diagnostic:
        """What is wrong with a part of a file that stands at the position."""
        path, message, hint = finding
        return cls(file, *position, format_path(path), message, hint)

    def __str__(self) -> str:
        """`file:line:column: path.to.key: message (hint: ...)`, always on one line."""
        where = f"{self.file}:{self.line}:{self.column}: "
        key = f"{self.path}: " if self.path else ""
        hint = f" (hint: {self.hint})" if self.hint else ""
        return " ".join(f"{where}{key}{self.message}{hint}".splitlines())


def format_path(path: KeyPath) -> str:
    """`("stages", 0, "argv")` -> `stages[0].argv`; keys that are not bare are quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if _BARE_KEY.match(part) else quote(part)
            text += f".{key}" if text else key
    return text


def quote(text: str, limit: int = 60) -> str:
    """The text in single quotes with control characters escaped, shortened when it is long.

    Secrets in URLs are taken out before anything is cut off.
    """
    text = without_secrets(text)
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return (
        "'" + shown.encode("unicode_escape").decode("ascii") + "'"
        if not shown.isprintable()
        else f"'{shown}'"
    )


def near_miss(word: str, allowed: Iterable[str], noun: str = "allowed") -> str | None:
    """A hint: the word that was probably meant, else the allowed ones, else nothing."""
    known = sorted(set(allowed))
    if not known:
        return None
    # The search takes a while for each.
    close = near_misses(word, known, 1) if len(known) <= 500 else []
    if close:
        return f"did you mean {quote(close[0])}?"
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"{noun}: {shown}"
