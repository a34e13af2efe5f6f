"""JSON Schema (draft 2020-12) of dataclasses, as `molt_build.codec` writes them, and its text.

Each dataclass becomes a definition of its own name, described by its docstring, its properties by
the text beside their types (`Annotated`). What is published under `schemas/` and is no manifest is
made so, of the types that are written: results of runs and what commands print.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal

from molt_build.codec import may_lack

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}

Schema = dict[str, Any]


class Definitions:
    """The definitions of one schema: of every dataclass that it was asked for, all the way down."""

    def __init__(self) -> None:
        self._made: dict[str, Schema] = {}
        self._kinds: dict[str, type] = {}

    def sorted(self) -> dict[str, Schema]:
        """All of them, by name."""
        return dict(sorted(self._made.items()))

    def schema_of(self, kind: Any) -> Schema:
        """The schema of a type; raises `ValueError` for two classes of one name."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            schema = self.schema_of(arguments[0])
            for note in arguments[1:]:
                schema |= {"description": note} if isinstance(note, str) else dict(note)
            return schema
        if is_dataclass(kind):
            return self._defined(kind)
        if origin is Literal:
            names = [_SCALARS[one] for one in dict.fromkeys(map(type, arguments))]
            return {"type": names[0], "enum": list(arguments)}
        if origin in (types.UnionType, typing.Union):
            kinds = [one for one in arguments if one is not types.NoneType]
            if len(kinds) > 1:
                forms = [self.schema_of(one) for one in kinds]
                return {"anyOf": forms + [{"type": "null"}] * (len(arguments) > len(kinds))}
            schema = self.schema_of(kinds[0])
            if "type" not in schema:
                return {"anyOf": [schema, {"type": "null"}]}
            if "enum" in schema:
                schema["enum"].append(None)
            return {**schema, "type": [schema["type"], "null"]}
        if origin is tuple and arguments[-1] is not Ellipsis:
            size = {"minItems": len(arguments), "maxItems": len(arguments)}
            each = [self.schema_of(one) for one in arguments]
            if len(set(arguments)) > 1:
                return {"type": "array", "prefixItems": each, **size}
            return {"type": "array", "items": each[0], **size}
        if origin is tuple:
            return {"type": "array", "items": self.schema_of(arguments[0])}
        if origin is Mapping:
            schema = {"type": "object", "additionalProperties": self.schema_of(arguments[1])}
            if arguments[0] is not str:
                schema["propertyNames"] = self.schema_of(arguments[0])
            return schema
        return {"type": _SCALARS[kind]}

    def _defined(self, kind: Any) -> Schema:
        name = kind.__name__
        if self._kinds.setdefault(name, kind) is not kind:
            first = self._kinds[name].__module__
            raise ValueError(f"{name} of {first} and of {kind.__module__}: one schema, one name")
        if name not in self._made:
            self._made[name] = {}  # it may stand in itself
            hints = typing.get_type_hints(kind, include_extras=True)
            self._made[name] = {
                "description": " ".join((kind.__doc__ or "").split()),
                "type": "object",
                "properties": {one.name: self.schema_of(hints[one.name]) for one in fields(kind)},
                "required": [one.name for one in fields(kind) if not may_lack(one)],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}


def as_text(schema: Schema) -> str:
    """The schema as it is published."""
    return indented(schema, 4) + "\n"


def indented(value: Any, depth: int, indent: str = "") -> str:
    """JSON text with a line for each entry of objects and of lists of objects, to a depth."""
    inner = indent + " "
    if depth and value and isinstance(value, dict):
        lines = [
            f"{inner}{json.dumps(key)}: {indented(one, depth - 1, inner)}"
            for key, one in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if depth and isinstance(value, list) and any(isinstance(one, dict) for one in value):
        lines = [f"{inner}{indented(one, depth - 1, inner)}" for one in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value)
