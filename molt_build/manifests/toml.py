"""TOML with positions: the values of a file, and where in the text every key stands.

Values and the verdict "this is TOML" come from the standard library's parser. It tells no
positions of keys, so where something is to be said of a text, a scanner of our own walks it, in
linear time and with bounded nesting, and notes where each key and array element begins. It never
fails on broken text (it stops there), it finds nesting that exhausts the parser's stack, and it
knows where a string or bracket was opened that the parser only misses at the end.

Promise: whatever the bytes are, `read` returns a document or raises a `TomlProblem`, nothing else.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from molt_build.manifests.diagnostics import KeyPath, format_path, quote

SIZE_LIMIT_BYTES = 1_000_000
DEPTH_LIMIT = 64


class Position(NamedTuple):
    """Both count from 1; the column counts characters."""

    line: int
    column: int


START = Position(1, 1)


class TomlProblem(Exception):
    """The file is not a readable TOML document; `position` is where that shows."""

    def __init__(
        self, position: Position, message: str, hint: str | None = None, path: KeyPath = ()
    ) -> None:
        super().__init__(message)
        self.position = position
        self.message = message
        self.hint = hint
        self.path = path


@dataclass(frozen=True)
class Document:
    """A parsed file: plain values, and the position of every key and array element in it."""

    values: dict[str, Any]
    text: str
    # A key that was written otherwise -> how, and how much of a path that stands for.
    renamed: Mapping[str, tuple[KeyPath, int]] = field(default_factory=dict)

    @property
    def first_line(self) -> str:
        """The first line, without its end."""
        return self.text.split("\n", 1)[0].rstrip("\r")

    @cached_property
    def positions(self) -> Mapping[KeyPath, Position]:
        """Where each key and array element begins."""
        scan, lines = _scanned(self.text), _Lines(self.text)
        return {path: lines.position(offset) for path, offset in scan.offsets.items()}

    def position(self, path: KeyPath) -> Position:
        """Where `path` stands; for what is not there, where its nearest parent stands."""
        path = self.written(path)
        for length in range(len(path), 0, -1):
            found = self.positions.get(path[:length])
            if found is not None:
                return found
        return START

    def written(self, path: KeyPath) -> KeyPath:
        """The path as it is written in the file."""
        old, length = self.renamed.get(str(path[0]), ((), 0)) if path else ((), 0)
        return (*old, *path[length:])


def read(path: str) -> Document:
    """The document in the file at `path`.

    Raises:
        TomlProblem: missing, unreadable, not a regular file, too large, not UTF-8, not TOML.
    """
    return parse(read_text(path))


def read_text(path: str, limit_bytes: int = SIZE_LIMIT_BYTES) -> str:
    """The text of a regular UTF-8 file of at most `limit_bytes`; raises TomlProblem."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise TomlProblem(START, "is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise TomlProblem(START, "is not a regular file")
        if status.st_size > limit_bytes:
            raise _too_large(status.st_size, limit_bytes)
        with open(path, "rb") as stream:
            data = stream.read(limit_bytes + 1)
    except OSError as error:
        dangling = isinstance(error, FileNotFoundError) and os.path.islink(path)
        reason = "the link points to nothing" if dangling else error.strerror or str(error)
        raise TomlProblem(START, f"cannot be read: {reason}") from error
    if len(data) > limit_bytes:
        raise _too_large(len(data), limit_bytes)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        raise TomlProblem(
            Position(line, column),
            f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}",
            "the file looks like UTF-16; save it as UTF-8" if utf16 else "save the file as UTF-8",
        ) from error


def parse(text: str) -> Document:
    """The document in `text`; raises TomlProblem."""
    if not text:
        raise TomlProblem(START, "the file is empty")
    if text[0] == "\ufeff":
        raise TomlProblem(
            START, "begins with a byte order mark", "save the file as UTF-8 without BOM"
        )
    nul = text.find("\0")
    if nul >= 0:
        at = _Lines(text).position(nul)
        raise TomlProblem(at, "a NUL byte, which TOML does not allow")
    if any(line.count(".") > DEPTH_LIMIT for line in text.split("\n")):
        _scanned(text)  # the parser takes forever over a key of many parts
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _explain(str(error), _scanned(text), _Lines(text)) from error
    document = Document(values, text)
    for path in _unusable(values):
        at = document.positions.get(path, START)  # nesting too deep is told by the scanner
        if len(path) <= DEPTH_LIMIT:
            raise TomlProblem(at, "is not a number that a manifest can use", path=path)
    return document


def _unusable(table: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The numbers of a table or list that are too large or none, and what lies very deep."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        if isinstance(value, dict | list):
            if len(path) < DEPTH_LIMIT:
                yield from _unusable(value, (*path, key))
            else:
                yield (*path, key)
        elif isinstance(value, int | float) and not -(2**63) <= value < 2**63:  # neither is nan
            yield (*path, key)


def _scanned(text: str) -> _Scanner:
    """The text after a walk; raises TomlProblem for nesting that is too deep."""
    scan = _Scanner(text)
    scan.run()
    if scan.too_deep_at is not None:
        at = _Lines(text).position(scan.too_deep_at)
        raise TomlProblem(at, f"is nested more than {DEPTH_LIMIT} levels deep")
    return scan


def _too_large(size: int, limit: int) -> TomlProblem:
    return TomlProblem(
        START, f"is too large: {size} bytes, and a manifest has at most {limit} bytes"
    )


def _explain(error: str, scan: _Scanner, lines: _Lines) -> TomlProblem:
    """Turn the parser's sentence into a problem, at the place where a person would look."""
    found = re.search(r" ?\((?:at line (\d+), column (\d+)|at end of document)\)$", error)
    message = error[: found.start()] if found else error
    message = message[:1].lower() + message[1:]
    reported = Position(int(found[1]), int(found[2])) if found and found[1] else None
    if scan.duplicate is not None:
        path, again, first = scan.duplicate
        at = lines.position(again)
        if reported is None or reported.line >= at.line:
            other = lines.position(first)
            last = path[-1] if isinstance(path[-1], str) else format_path(path)
            return TomlProblem(
                at,
                f"broken TOML: {quote(str(last))} is defined twice",
                f"first defined at line {other.line}, column {other.column}",
                path,
            )
    if scan.stopped_at is None:
        return TomlProblem(reported or lines.end(), f"broken TOML: {message}")
    opened = lines.position(scan.stopped_at)
    opener = scan.text[scan.stopped_at : scan.stopped_at + 1]
    if reported is None:
        # Unterminated: say where it was opened, not where the document ends.
        if opener in ("'", '"'):
            message = "unterminated string"
        return TomlProblem(opened, f"broken TOML: {message}")
    is_bracket = opener in ("[", "{") and opened < reported
    hint = f"it was opened at line {opened.line}, column {opened.column}" if is_bracket else None
    return TomlProblem(reported, f"broken TOML: {message}", hint)


class _Lines:
    """Offsets to positions."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._starts.extend(match.end() for match in re.finditer("\n", text))
        self._length = len(text)

    def position(self, offset: int) -> Position:
        index = bisect_right(self._starts, offset) - 1
        return Position(index + 1, offset - self._starts[index] + 1)

    def end(self) -> Position:
        return self.position(self._length)


_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    + r"|'''(?:[^']|'(?!''))*'{3,5}"
    # The two quotes of an empty string must not be the first two of three.
    + r'|"(?!"")(?:[^"\\\n]|\\.)*"'
    + r"|'(?!'')[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\[\]{}#=\"']+")


class _Stop(Exception):
    """The text stops being TOML here, or is nested too deeply."""


@dataclass
class _Scanner:
    """One walk over the text that notes where keys and elements begin."""

    text: str
    offsets: dict[KeyPath, int] = field(default_factory=dict)
    duplicate: tuple[KeyPath, int, int] | None = None  # path, again at, first at
    stopped_at: int | None = None
    too_deep_at: int | None = None
    _at: int = 0
    _assigned: dict[KeyPath, int] = field(default_factory=dict)  # values and explicit tables
    _array_sizes: dict[KeyPath, int] = field(default_factory=dict)

    def run(self) -> None:
        table: KeyPath = ()
        try:
            while True:
                self._skip(_BLANK)
                if self._at >= len(self.text):
                    return
                if self.text[self._at] == "[":
                    table = self._header()
                else:
                    self._key_value(table, 0)
        except _Stop:
            self.stopped_at = self._at

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self._at)
        assert match is not None  # both blank patterns match nothing, too
        self._at = match.end()

    def _expect(self, token: str) -> None:
        if not self.text.startswith(token, self._at):
            raise _Stop
        self._at += len(token)

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, each with its offset."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            match = _KEY_PART.match(self.text, self._at)
            if match is None:
                raise _Stop
            parts.append((_plain_key(match[0]), self._at))
            if len(parts) > DEPTH_LIMIT:
                self.too_deep_at = self._at
                raise _Stop
            self._at = match.end()
            self._skip(_SPACE)
            if not self.text.startswith(".", self._at):
                return parts
            self._at += 1

    def _header(self) -> KeyPath:
        is_array = self.text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        parts = self._key()
        self._expect("]]" if is_array else "]")
        path: KeyPath = ()
        for part, offset in parts[:-1]:
            path = self._enter((*path, part), offset)
        last, offset = parts[-1]
        path = (*path, last)
        if not is_array:
            self._assign(path, offset)
            self.offsets[path] = offset
            return path
        if path not in self._array_sizes:
            self._assign(path, offset)
            self.offsets[path] = offset
        size = self._array_sizes.get(path, 0)
        self._array_sizes[path] = size + 1
        path = (*path, size)
        self.offsets[path] = offset
        return path

    def _enter(self, path: KeyPath, offset: int) -> KeyPath:
        """Pass through a table on the way to another; into the last one of an array of tables."""
        if path in self._array_sizes:
            return (*path, self._array_sizes[path] - 1)
        self.offsets.setdefault(path, offset)
        return path

    def _assign(self, path: KeyPath, offset: int) -> None:
        first = self._assigned.setdefault(path, offset)
        if first != offset and self.duplicate is None:
            self.duplicate = (path, offset, first)

    def _key_value(self, table: KeyPath, depth: int) -> None:
        parts = self._key()
        self._expect("=")
        path = table
        for part, offset in parts[:-1]:
            path = self._enter((*path, part), offset)
        last, offset = parts[-1]
        path = (*path, last)
        self._assign(path, offset)
        self.offsets[path] = offset
        self._skip(_SPACE)
        self._value(path, depth)

    def _value(self, path: KeyPath, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            self.too_deep_at = self._at
            raise _Stop
        opened_at = self._at
        first = self.text[self._at : self._at + 1]
        if first == "[":
            self._array(path, depth)
        elif first == "{":
            self._inline_table(path, depth)
        else:
            match = (_STRING if first in ('"', "'") and first else _SCALAR).match(
                self.text, opened_at
            )
            if match is None:
                raise _Stop
            self._at = match.end()

    def _array(self, path: KeyPath, depth: int) -> None:
        opened_at = self._at
        self._at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self.text.startswith("]", self._at):
                self._at += 1
                return
            element = (*path, index)
            self.offsets[element] = self._at
            self._value(element, depth + 1)
            index += 1
            self._skip(_BLANK)
            if self.text.startswith(",", self._at):
                self._at += 1
            elif not self.text.startswith("]", self._at):
                self._at = opened_at
                raise _Stop

    def _inline_table(self, path: KeyPath, depth: int) -> None:
        opened_at = self._at
        self._at += 1
        self._skip(_BLANK)
        while not self.text.startswith("}", self._at):
            self._key_value(path, depth + 1)
            self._skip(_BLANK)
            if self.text.startswith(",", self._at):
                self._at += 1
                self._skip(_BLANK)
            elif not self.text.startswith("}", self._at):
                self._at = opened_at
                raise _Stop
        self._at += 1


def _plain_key(token: str) -> str:
    """A key without its quotes and escapes."""
    if token[0] == "'" or (token[0] == '"' and "\\" not in token):
        return token[1:-1]
    if token[0] != '"':
        return token
    try:
        (key,) = tomllib.loads(f"{token} = 0")
    except ValueError:
        return token
    return key
