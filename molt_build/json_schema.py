"""JSON Schema (draft 2020-12), as far as our own schemas use it, compiled to plain functions.

A cold start reads fifty manifests, and a page a hundred thousand values of results: so each schema
becomes functions once, and only what does not fit costs more than a call. Tests hold the functions
to `jsonschema`. An unknown keyword is an error when the schema is compiled.

A value that has not the type that is wanted is said once, and nothing else is said of it. Numbers
are told apart as TOML does (5.0 is no integer), and `$` is the end of the text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

Path = tuple[str | int, ...]

# Keywords that say nothing of a value; those that begin with "x-" are our own.
ANNOTATIONS = frozenset(
    ("$schema", "$id", "$defs", "title", "description", "default", "deprecated")
)


@dataclass(frozen=True)
class Violation:
    """A value that a keyword does not allow, or (of a keyword that is asked for) that it marks."""

    keyword: str
    path: Path
    value: Any
    schema: Mapping[str, Any]  # the part that has the keyword
    is_of_key: bool = False  # the value is the last key of the path

    @property
    def wanted(self) -> Any:
        """What the schema says under the keyword."""
        return self.schema[self.keyword]

    def is_of_type(self, path: Path) -> bool:
        """Whether what stands at the path has not the type that is wanted."""
        return self.keyword == "type" and self.path == path


Check = Callable[[Any, Path, list[Violation]], None]


def compiled(schema: Mapping[str, Any], marks: Collection[str] = ()) -> Check:
    """The check of a whole schema: it appends every violation to the list that it is given.

    Of the keywords `marks`, our own, each text for which they stand is told as well.
    """
    return _Compiler(schema, marks).node(schema)


def allowing(**keywords: str | float) -> tuple[tuple[str, str | float], ...]:
    """Keywords that say which values of a type are allowed, to stand beside it (`Annotated`)."""
    return tuple(keywords.items())


Count = Annotated[int, allowing(minimum=0)]
Seconds = Annotated[float, allowing(minimum=0)]


class _Compiler:
    """Makes a function of each part of one schema."""

    def __init__(self, root: Mapping[str, Any], marks: Collection[str]) -> None:
        self._definitions = root.get("$defs", {})
        self._marks = marks
        self._made: dict[str, Check] = {}

    def node(self, schema: Mapping[str, Any]) -> Check:
        """The check of a part of the schema."""
        checks = [
            self._keyword(keyword, schema)
            for keyword in sorted(schema, key=lambda keyword: keyword != "type")
            if keyword not in ANNOTATIONS
            and (not keyword.startswith("x-") or keyword in self._marks)
            and not (keyword == "additionalProperties" and "properties" in schema)
        ]
        if len(checks) == 1:
            return checks[0]

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            before = len(found)
            for one in checks:
                one(value, path, found)
                if len(found) > before and found[before].is_of_type(path):
                    return  # the rest would say it again

        return check

    def _keyword(self, keyword: str, schema: Mapping[str, Any]) -> Check:
        wanted = schema[keyword]
        if keyword == "$ref":
            return self._definition(wanted.removeprefix("#/$defs/"))
        if keyword in ("properties", "additionalProperties"):
            return self._properties(schema)
        if keyword == "items":
            return _items(self.node(wanted))
        if keyword == "propertyNames":
            return _names(self.node(wanted))
        if keyword == "type":
            return _type(schema)
        if keyword in ("anyOf", "oneOf"):
            return _branches(keyword, schema, [self.node(branch) for branch in wanted])
        applies, holds = (str, _never) if keyword in self._marks else _holds(keyword, wanted)

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            if isinstance(value, applies) and not holds(value):
                found.append(Violation(keyword, path, value, schema))

        return check

    def _definition(self, name: str) -> Check:
        if name not in self._made:
            self._made[name] = self.node(self._definitions[name])
        return self._made[name]

    def _properties(self, schema: Mapping[str, Any]) -> Check:
        known = {name: self.node(part) for name, part in schema.get("properties", {}).items()}
        rest = schema.get("additionalProperties", True)
        check_rest = self.node(rest) if isinstance(rest, dict) else None

        def check(value: Any, path: Path, found: list[Violation]) -> None:
            if type(value) is not dict:
                return
            is_closed = False
            for name, item in value.items():
                one = known.get(name, check_rest)
                if one is not None:
                    one(item, (*path, name), found)
                elif rest is False:
                    is_closed = True
            if is_closed:
                found.append(Violation("additionalProperties", path, value, schema))

        return check


def _type(schema: Mapping[str, Any]) -> Check:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    classes = frozenset(one for name in names for one in _CLASSES[name])

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        if type(value) not in classes:
            found.append(Violation("type", path, value, schema))

    return check


def _items(one: Check) -> Check:
    def check(value: Any, path: Path, found: list[Violation]) -> None:
        for number, item in enumerate(value if type(value) is list else ()):
            one(item, (*path, number), found)

    return check


def _names(one: Check) -> Check:
    def check(value: Any, path: Path, found: list[Violation]) -> None:
        for key in value if type(value) is dict else ():
            wrong: list[Violation] = []
            one(key, (*path, key), wrong)
            found += [replace(violation, is_of_key=True) for violation in wrong]

    return check


def _branches(keyword: str, schema: Mapping[str, Any], branches: list[Check]) -> Check:
    def check(value: Any, path: Path, found: list[Violation]) -> None:
        each: list[list[Violation]] = []
        for branch in branches:
            each.append([])
            branch(value, path, each[-1])
        fitting = each.count([])
        if fitting == 0 and keyword == "anyOf" and max(map(_depth, each)) > len(path):
            found += sorted(each, key=_depth)[-1]  # of the branch that fits the furthest
        elif fitting == 0 or (keyword == "oneOf" and fitting > 1):
            found.append(Violation(keyword, path, value, schema))

    return check


def _depth(wrong: list[Violation]) -> int:
    return len(wrong[0].path)


def _holds(keyword: str, wanted: Any) -> tuple[Any, Callable[[Any], bool]]:
    """The classes of the values that a keyword is about, and whether it allows one of them."""
    if keyword in _COMPARED:
        return _COMPARED[keyword][0], _comparison(*_COMPARED[keyword][1:], wanted)
    if keyword in ("enum", "const"):
        allowed = [(type(one), one) for one in (wanted if keyword == "enum" else [wanted])]
        return object, lambda value: (type(value), value) in allowed
    if keyword == "pattern":
        search = pattern(wanted).search
        return str, lambda value: search(value) is not None
    if keyword == "required":
        return dict, lambda value: all(name in value for name in wanted)
    if keyword == "dependentRequired":
        return dict, lambda value: all(
            name in value for owner in wanted if owner in value for name in wanted[owner]
        )
    if keyword == "uniqueItems":
        return list, lambda value: not wanted or len(set(map(repr, value))) == len(value)
    raise ValueError(f"the keyword {keyword!r} is not one that schemas of ours use")


def _comparison(
    measure: Callable[[Any], Any], compare: Callable[[Any, Any], bool], limit: Any
) -> Callable[[Any], bool]:
    return lambda value: compare(measure(value), limit)


def pattern(text: str) -> re.Pattern[str]:
    """A pattern of a schema; Python's own `$` would also match before a final line feed."""
    return re.compile(text[:-1] + r"\Z" if text.endswith("$") else text)


def _itself(value: Any) -> Any:
    return value


def _never(value: Any) -> bool:
    return False


_NUMBER = (int, float)
_COMPARED: Mapping[str, tuple[Any, Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    "minimum": (_NUMBER, _itself, operator.ge),
    "maximum": (_NUMBER, _itself, operator.le),
    "exclusiveMinimum": (_NUMBER, _itself, operator.gt),
    "exclusiveMaximum": (_NUMBER, _itself, operator.lt),
    "minLength": (str, len, operator.ge),
    "maxLength": (str, len, operator.le),
    "minItems": (list, len, operator.ge),
    "maxItems": (list, len, operator.le),
    "minProperties": (dict, len, operator.ge),
    "maxProperties": (dict, len, operator.le),
}
_CLASSES: Mapping[str, frozenset[type]] = {
    "string": frozenset([str]),
    "number": frozenset(_NUMBER),
    "integer": frozenset([int]),
    "boolean": frozenset([bool]),
    "array": frozenset([list]),
    "object": frozenset([dict]),
    "null": frozenset([type(None)]),
}
