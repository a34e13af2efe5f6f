"""What programs say of themselves, in comments: `# molt-build: exit 3`.

A directive is another way to write a property of a program's row in a workload manifest, for
programs that a glob finds and that have no row of their own:

    # molt-build: env NAME=VALUE [NAME=VALUE ...]    environment
    # molt-build: args WORD ...                       args
    # molt-build: exit N                              exit_status
    # molt-build: skip WHY                            skip
    # molt-build: tags TAG ...                        tags
    # molt-build: family FAMILY                       family

It is a line with nothing else on it, anywhere in the file; the comment begins with `#` or with
`//`, whatever the language. Words are split as a shell splits them. Each is said once, but for
`env`, which may be said once for each name. What it says is held to the schema of workload
manifests (`molt_build.manifests.found`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from molt_build.manifests.diagnostics import near_miss, quote

SIGN = b"molt-build:"

# What was meant for one, too: who misspells the sign must not find out by a wrong result.
_WITHOUT_COLON = rb"(?=[ \t]+(?:env[ \t]+\w+=|exit[ \t]+\d+[ \t]*$|(?:args|skip|tags|family)[ \t]))"
_LINE = re.compile(
    rb"^[ \t]*(?:#|//)[ \t]*(molt[-_ ]?build(?:[ \t]*:|" + _WITHOUT_COLON + rb"))(.*)$", re.I | re.M
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

Place = tuple[int, int]  # line and column, from 1; the column counts characters


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong with a directive, and what might be done."""

    place: Place
    word: str  # the directive's; "" where the line as a whole is wrong
    message: str
    hint: str | None = None


@dataclass
class Told:
    """What the directives of a file say: properties of its row, and where each stands."""

    row: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)  # property -> of its first directive
    faults: list[Fault] = field(default_factory=list)


def parse(data: bytes) -> Told:
    """The directives in the bytes of a program; what is wrong with them is told, never raised."""
    told = Told()
    if b"uild" not in data.lower():  # as nearly all programs
        return told
    for match in _LINE.finditer(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")):
        _read(match, told)
    return told


def _read(match: re.Match[bytes], told: Told) -> None:
    number = match.string.count(b"\n", 0, match.start()) + 1
    line = match.string[match.start() : match.end()]
    sign, rest = match[1], match[2]

    def place(at: int) -> Place:
        return number, len(line[: at - match.start()].decode("utf-8", "replace")) + 1

    if sign != SIGN:
        message = f"{quote(sign.decode())} begins no directive"
        told.faults.append(Fault(place(match.start(1)), "", message, "write: molt-build:"))
        return
    try:
        text = rest.decode("utf-8")
    except UnicodeDecodeError:
        fault = Fault(place(match.start(2)), "", "a directive is written in UTF-8")
        told.faults.append(fault)
        return
    if "\0" in text:
        told.faults.append(Fault(place(match.start(2)), "", "a directive holds a NUL character"))
        return
    word, value = (*text.split(None, 1), "", "")[:2]
    value = value.strip()
    at = place(match.start(2) + len(rest) - len(rest.lstrip()))
    reader = _READERS.get(word)
    if reader is None:
        message = f"there is no directive {quote(word)}" if word else "a directive is missing"
        told.faults.append(Fault(at, "", message, near_miss(word, _READERS, "directives")))
        return
    key, read = reader
    if key in told.row and key != "environment":
        message = f"is said twice, first in line {told.places[key][0]}"
        told.faults.append(Fault(at, word, message))
        return
    try:
        read(value, told.row)
    except ValueError as error:
        message, hint = (*error.args, None)[:2]
        told.faults.append(Fault(at, word, message, hint))
        return
    told.places.setdefault(key, at)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words: {error}".lower()) from None


def _some_words(value: str) -> list[str]:
    words = _words(value)
    if not words:
        raise ValueError("needs at least one word")
    return words


def _environment(value: str, row: dict[str, Any]) -> None:
    named: dict[str, str] = row.get("environment", {})
    for word in _some_words(value):
        name, equals, text = word.partition("=")
        if not equals or not _VARIABLE.match(name):
            raise ValueError(f"{quote(word)} is not NAME=VALUE", "a value with spaces is quoted")
        if name in named:
            raise ValueError(f"{quote(name)} is said twice")
        named = {**named, name: text}
    row["environment"] = named


def _exit_status(value: str, row: dict[str, Any]) -> None:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{quote(value)} is not an exit status", "a number from 0 to 255")
    row["exit_status"] = int(value[:9])


def _text(key: str, wanted: str) -> Callable[[str, dict[str, Any]], None]:
    def read(value: str, row: dict[str, Any]) -> None:
        if not value:
            raise ValueError("needs a text", wanted)
        row[key] = value

    return read


def _args(value: str, row: dict[str, Any]) -> None:
    row["args"] = _some_words(value)


def _tags(value: str, row: dict[str, Any]) -> None:
    row["tags"] = _some_words(value)


# Word -> the property that it writes, and how its text is read; that raises ValueError.
_READERS: dict[str, tuple[str, Callable[[str, dict[str, Any]], None]]] = {
    "env": ("environment", _environment),
    "args": ("args", _args),
    "exit": ("exit_status", _exit_status),
    "skip": ("skip", _text("skip", "one line: why")),
    "tags": ("tags", _tags),
    "family": ("family", _text("family", "the group under which it is reported")),
}
WORDS = {key: word for word, (key, _) in _READERS.items()}  # property -> its directive's word
