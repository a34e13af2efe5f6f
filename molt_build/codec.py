"""Dataclasses as what JSON knows and back, without loss and without trust.

What is read must have exactly the fields and types of the class, all the way down: a value that
another version wrote, or that was never of this class, is an error and no half-right object. A
field may be a dataclass, a tuple of one type or of several, a mapping from strings, a string, a
number, a boolean, one of some words, or any of these or None, with or without notes
(`Annotated`); where a number with a fraction is wanted, a whole one will do. Nothing but the
standard library is imported.

A field that was added when values without it were written already is `added`: it is left out where
it has its default, and is that where it is left out. So what does not use it is written as before.

What a person wrote (`from_table`) is read by the same rules, but as people write: what has a
default may be left out, a boolean that the class calls `is_quick` is called `quick`, and where
the class has a tuple of what has a name there may be a table of it, whose keys are the names.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from functools import cache, lru_cache
from typing import Any


class OtherShape(ValueError):
    """The plain value was not made of such a class."""


_ADDED = "added"


def added(default: Any) -> Any:
    """A field of a dataclass with this default, which values that were written before lack.

    An empty mapping stands for a new one each time.
    """
    marked = {_ADDED: True}
    if default == {}:
        return field(default_factory=dict, metadata=marked)
    return field(default=default, metadata=marked)


def may_lack(one: Field[Any]) -> bool:
    """Whether a written value may lack a field of its class."""
    return _ADDED in one.metadata


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def to_plain(value: object) -> Any:
    """A model as what JSON knows: dataclasses and mappings as objects, tuples as lists."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return value
    parts = _fields(kind)
    if parts:
        given = ((one, getattr(value, one.name)) for one in parts)
        return {
            one.name: to_plain(item)
            for one, item in given
            if not (one.metadata and may_lack(one) and item == _default(one))
        }
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


_SCALARS = frozenset((str, int, float, bool, type(None)))


@cache
def _fields(kind: type) -> tuple[Field[Any], ...]:
    return fields(kind) if is_dataclass(kind) else ()


def from_plain(kind: Any, plain: Any) -> Any:
    """The value of type `kind` that `to_plain` made `plain` of.

    Raises `OtherShape` when it was made of something else.
    """
    return _read(kind, plain, False)


def from_table(kind: Any, table: Mapping[str, Any]) -> Any:
    """The dataclass of type `kind` that a table of a file declares.

    Raises `OtherShape` for a key that is no field, or where a field is neither given nor has a
    default.
    """
    return _read(kind, table, True)


def _read(kind: Any, plain: Any, is_written: bool) -> Any:
    try:
        return _decoder(kind, is_written)(plain)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OtherShape(f"{type(error).__name__}: {error}") from error


@cache
def _decoder(kind: Any, is_written: bool) -> Callable[[Any], Any]:
    """How to read a value of a type; `is_written` by a person."""
    if isinstance(kind, type) and is_dataclass(kind):
        types_of: dict[str, Any] = {one.name: one.type for one in fields(kind)}
        parts = [
            (name, _decoder(_type(_module(kind, name), annotation), is_written))
            for name, annotation in types_of.items()
        ]
        if is_written:
            keys = {name.removeprefix("is_"): (name, read) for name, read in parts}

            def read_given(plain: Any) -> Any:
                given = [(*keys[key], item) for key, item in plain.items()]
                return kind(**{name: read(item) for name, read, item in given})

            return read_given

        may_be_lacking = {one.name for one in fields(kind) if may_lack(one)}

        def read_fields(plain: Any) -> Any:
            given = parts
            if may_be_lacking:
                given = [row for row in parts if row[0] in plain or row[0] not in may_be_lacking]
            if len(plain) != len(given):
                msg = f"expected the {len(parts)} fields of a {kind.__name__}, found {len(plain)}"
                raise OtherShape(msg)
            return kind(**{name: read(plain[name]) for name, read in given})

        return read_fields
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _decoder(arguments[0], is_written)
    if origin is tuple and arguments[-1] is not Ellipsis:
        each = [_decoder(argument, is_written) for argument in arguments]

        def read_row(plain: Any) -> Any:
            if type(plain) is not list or len(plain) != len(each):
                raise OtherShape(f"expected a list of {len(each)}, found {type(plain).__name__}")
            return tuple([read(item) for read, item in zip(each, plain, strict=True)])

        return read_row
    if origin is tuple:
        element = _decoder(arguments[0], is_written)

        def read_items(plain: Any) -> Any:
            if is_written and type(plain) is dict:
                return tuple([element({"name": key, **item}) for key, item in plain.items()])
            if type(plain) is not list:
                raise OtherShape(f"expected a list, found {type(plain).__name__}")
            return tuple([element(item) for item in plain])

        return read_items
    if origin is Mapping or origin is dict:
        element = _decoder(arguments[1], is_written)
        return lambda plain: {key: element(item) for key, item in plain.items()}
    if origin is typing.Literal:
        return _one_of(arguments)
    if origin in (types.UnionType, typing.Union):
        (some,) = [one for one in arguments if one is not types.NoneType]
        present = _decoder(some, is_written)
        return lambda plain: None if plain is None else present(plain)
    return float if kind is float and is_written else _expect(kind)


def _module(kind: type, name: str) -> str:
    """The module of the class that a field is written in: this one, or one that it extends."""
    own = ((one, vars(one).get("__annotations__", ())) for one in kind.__mro__)
    return next(one.__module__ for one, fields in own if name in fields)


@lru_cache(maxsize=256)
def _type(module: str, annotation: Any) -> Any:
    """The type that an annotation in a module names; many fields have the same."""
    if not isinstance(annotation, str):
        return annotation
    return eval(annotation, vars(sys.modules[module]))  # what `typing.get_type_hints` does to each


def _one_of(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(plain: Any) -> Any:
        if plain not in words:
            raise OtherShape(f"expected one of {words}, found {type(plain).__name__}")
        return plain

    return read


def _expect(kind: type) -> Callable[[Any], Any]:
    kinds = (int, float) if kind is float else (kind,)

    def read(plain: Any) -> Any:
        if type(plain) not in kinds:
            msg = f"expected {kind.__name__}, found {type(plain).__name__}"
            raise TypeError(msg)
        return plain

    return read
