"""Dataclasses as rows of the history and back, without trust.

A field is a column of its name. What SQLite has no type for (tuples, mappings) is JSON text. A row
that is not as it was written, since the file was damaged or edited, is told by `OtherShape`, or
passed over and counted where many are read.
"""

from __future__ import annotations

import json
import math
import sqlite3
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar

from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.history.database import HISTORY_FILE

Row = TypeVar("Row")
Facts = dict[str, Any]

_SCALARS = {bool, int, float, str, NoneType}


def insert(history: sqlite3.Connection, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Add rows, all with the same columns, or put them in the place of those with their key."""
    plain = [{name: _stored(value) for name, value in row.items()} for row in rows]
    if plain:
        names = list(plain[0])
        columns, marks = ", ".join(names), ", ".join(f":{name}" for name in names)
        statement = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})"
        history.executemany(statement, plain)


def as_row(value: Any, **more: object) -> Facts:
    """A dataclass's fields as columns, with others."""
    return {**more, **{field.name: getattr(value, field.name) for field in fields(value)}}


def facts(cursor: sqlite3.Cursor) -> Iterator[Facts]:
    """The rows of a query, with the names of their columns."""
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def from_row(kind: type[Row], row: Mapping[str, Any]) -> Row:
    """A row as what it is of, columns that `kind` has no field for left out.

    Raises `OtherShape` when it cannot be.
    """
    model: Any = kind
    try:
        plain = {name: read(row[name]) for name, read in _readers(model)}
        found: Row = from_plain(model, plain)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise OtherShape(f"{type(error).__name__}: {error}") from error
    return found


class Passed:
    """How many rows were passed over."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, kind: type[Row], rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        """Those rows that are as they were written."""
        for row in rows:
            try:
                yield from_row(kind, row)
            except OtherShape:
                self.count += 1

    def say(self, warn: Callable[[str], None]) -> None:
        """One sentence, where there were any."""
        if self.count:
            count = "a row is" if self.count == 1 else f"{self.count} rows are"
            warn(f"{HISTORY_FILE}: {count} not as written, and passed over")


def read_rows(
    history: sqlite3.Connection,
    kind: type[Row],
    query: str,
    values: Sequence[object],
    warn: Callable[[str], None],
) -> list[Row]:
    """What a query finds, each row as what it is of."""
    passed = Passed()
    found = list(passed.read(kind, facts(history.execute(query, values))))
    passed.say(warn)
    return found


@lru_cache(maxsize=16)
def _readers(kind: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    readers: list[tuple[str, Callable[[Any], Any]]] = []
    for name, hint in typing.get_type_hints(kind).items():
        types = set(typing.get_args(hint)) if isinstance(hint, UnionType) else {hint}
        read = _number if types <= _SCALARS else json.loads
        readers.append((name, _truth if bool in types else read))
    return readers


def _truth(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _number(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise OtherShape("a number that is none")
    return value


def _stored(value: object) -> object:
    return value if type(value) in _SCALARS else json.dumps(to_plain(value))
