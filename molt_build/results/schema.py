"""JSON Schema (draft 2020-12) of results, made of their types: one file for all jobs.

`schemas/result.schema.json` is what `result_schema` says; a test holds the two together, and
`python -m molt_build.results.schema FILE` writes it anew. Each dataclass is a definition of its
own name, described by its docstring, its properties by the text beside their types.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from molt_build.codec import may_lack
from molt_build.results.bench import BenchResult
from molt_build.results.cases import CasesResult
from molt_build.results.facts import SCHEMA_VERSION

RESULTS: Mapping[str, type] = {"bench": BenchResult, "cases": CasesResult}  # by kind
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}

Schema = dict[str, Any]


def result_schema() -> Schema:
    """The schema of a result of any kind."""
    definitions: dict[str, Schema] = {}
    forms = [_of(kind, definitions) for kind in RESULTS.values()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:molt-build:schema:result:{SCHEMA_VERSION}",
        "title": "molt_build result",
        "description": "What a run found: bench/results/JOB/TIMESTAMP/result.json.",
        "oneOf": forms,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_of(kind: str) -> Schema:
    """The schema of results of one kind."""
    definitions: dict[str, Schema] = {}
    return {**_of(RESULTS[kind], definitions), "$defs": definitions}


def _of(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of a type; definitions of dataclasses are added."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        schema = _of(arguments[0], definitions)
        for note in arguments[1:]:
            schema |= {"description": note} if isinstance(note, str) else dict(note)
        return schema
    if is_dataclass(kind):
        return _defined(kind, definitions)
    if origin is Literal:
        names = [_SCALARS[one] for one in dict.fromkeys(map(type, arguments))]
        return {"type": names[0], "enum": list(arguments)}
    if origin in (types.UnionType, typing.Union):
        (some,) = [one for one in arguments if one is not types.NoneType]
        schema = _of(some, definitions)
        if "type" not in schema:
            return {"anyOf": [schema, {"type": "null"}]}
        if "enum" in schema:
            schema["enum"].append(None)
        return {**schema, "type": [schema["type"], "null"]}
    if origin is tuple and arguments[-1] is not Ellipsis:
        size = {"minItems": len(arguments), "maxItems": len(arguments)}
        return {"type": "array", "items": _of(arguments[0], definitions), **size}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is Mapping:
        schema = {"type": "object", "additionalProperties": _of(arguments[1], definitions)}
        if arguments[0] is not str:
            schema["propertyNames"] = _of(arguments[0], definitions)
        return schema
    return {"type": _SCALARS[kind]}


def _defined(kind: Any, definitions: dict[str, Schema]) -> Schema:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # it may stand in itself
        hints = typing.get_type_hints(kind, include_extras=True)
        properties = {one.name: _of(hints[one.name], definitions) for one in fields(kind)}
        definitions[name] = {
            "description": " ".join((kind.__doc__ or "").split()),
            "type": "object",
            "properties": properties,
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


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_text(result_schema()))
