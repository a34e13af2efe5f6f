"""What a single manifest must look like: its JSON Schema, and violations as diagnostics.

One JSON Schema (draft 2020-12) for each kind lies in `schemas/KIND.schema.json`. The `title` of a
subschema is the noun used when a value does not fit it ("a name: lower-case letters, ...").
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from molt_build.errors import UsageError
from molt_build.manifests import search
from molt_build.manifests.diagnostics import Diagnostic, KeyPath, format_path, near_miss, quote
from molt_build.manifests.toml import Document

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

KINDS = ("project", "toolchain", "profile", "workload", "lane", "cache", "case", "suite")

# What is wrong at a path, and what might be done.
Finding = tuple[KeyPath, str, str | None]


def text(kind: str) -> str:
    """The JSON text of a kind's schema; raises UsageError for an unknown kind."""
    if kind not in KINDS:
        msg = f"there is no manifest kind {quote(kind)}"
        raise UsageError(msg, near_miss(kind, KINDS, "kinds"))
    path = os.path.join(search.bundled_schemas(), f"{kind}.schema.json")
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def validate(kind: str, document: Document, file: str) -> list[Diagnostic]:
    """Everything in the document that its kind's schema does not allow."""
    diagnostics = []
    for path, message, hint in findings(kind, document.values):
        line, column = document.position(path)
        diagnostics.append(Diagnostic(file, line, column, format_path(path), message, hint))
    return diagnostics


def findings(kind: str, values: dict[str, Any]) -> list[Finding]:
    """The violations of a kind's schema, each once, with the path of the key at fault."""
    seen: dict[tuple[KeyPath, str], Finding] = {}
    for error in _violations(kind, values):
        for finding in _humanise(error):
            seen.setdefault(finding[:2], finding)
    return list(seen.values())


@dataclass(frozen=True)
class _Violation:
    """What jsonschema tells of one violation, with the types that these schemas make it have."""

    keyword: str
    path: KeyPath
    is_of_key: bool  # the instance is a key of the table at `path`
    instance: Any
    wanted: Any  # the keyword's value
    schema: Mapping[str, Any]
    message: str


@lru_cache(maxsize=len(KINDS))
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, ValidationError, validators

    def pattern(
        validator: object, wanted: str, instance: object, schema: object
    ) -> Iterator[ValidationError]:
        # Python's `$` also matches before a final newline, JSON Schema's does not.
        if isinstance(instance, str) and not _compiled(wanted).search(instance):
            yield ValidationError(f"does not match {wanted}")

    def is_integer(checker: object, instance: object) -> bool:
        # JSON Schema takes 5.0 for one; TOML and the model tell them apart.
        return isinstance(instance, int) and not isinstance(instance, bool)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
    extend: Callable[..., type[Draft202012Validator]] = validators.extend
    made = extend(Draft202012Validator, {"pattern": pattern}, type_checker=types)
    return made(json.loads(text(kind)))


def _violations(kind: str, values: dict[str, Any]) -> Iterator[_Violation]:
    for error in _validator(kind).iter_errors(values):
        fields: Any = error
        yield _Violation(
            keyword=str(error.validator),
            path=tuple(error.absolute_path),
            is_of_key="propertyNames" in error.absolute_schema_path
            and isinstance(error.instance, str),
            instance=fields.instance,
            wanted=fields.validator_value,
            schema=fields.schema,
            message=error.message,
        )


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def _humanise(error: _Violation) -> list[Finding]:
    path = error.path
    if error.is_of_key:
        # The thing at fault is a key; the path jsonschema gives is that of its table.
        return [((*path, error.instance), f"the key {_unfit(error)}", None)]
    explain = _EXPLAINED.get(error.keyword)
    if explain is None:
        return [(path, error.message[:200], None)]
    return explain(error, path)


def _additional(error: _Violation, path: KeyPath) -> list[Finding]:
    known = error.schema.get("properties", {})
    unused = [key for key in known if key not in error.instance]
    extra = [key for key in error.instance if key not in known]
    elsewhere = error.schema.get("x-elsewhere", {})  # our own: keys looked for in the wrong kind
    return [
        (
            (*path, key),
            "unknown key",
            # Looking for near misses takes a while, and nobody misspells dozens of keys.
            elsewhere.get(key)
            or (near_miss(key, unused or known, "allowed") if number < 50 else None),
        )
        for number, key in enumerate(extra)
    ]


def _required(error: _Violation, path: KeyPath) -> list[Finding]:
    missing = [key for key in error.wanted if key not in error.instance]
    hints = {
        key: error.schema.get("properties", {}).get(key, {}).get("description") for key in missing
    }
    return [((*path, key), "missing key", hints[key]) for key in missing]


def _dependent(error: _Violation, path: KeyPath) -> list[Finding]:
    return [
        ((*path, key), f"missing key, which {quote(owner)} needs", None)
        for owner, needed in error.wanted.items()
        if owner in error.instance
        for key in needed
        if key not in error.instance
    ]


def _choice(error: _Violation, path: KeyPath) -> list[Finding]:
    """`oneOf` and `anyOf`, which these schemas use only to say which keys go together."""
    keys = [key for branch in error.wanted for key in branch.get("required", ())]
    present = [key for key in keys if key in error.instance]
    quantity = "exactly one" if error.keyword == "oneOf" else "at least one"
    message = f"needs {quantity} of {', '.join(keys)}"
    if not present:
        return [(path, message, None)]
    return [((*path, present[-1]), f"{message}; has {' and '.join(present)}", None)]


def _type(error: _Violation, path: KeyPath) -> list[Finding]:
    wanted = error.schema.get("title") or _TYPE_NOUNS[error.wanted]
    return [(path, f"expected {wanted}, found {describe(error.instance)}", None)]


def _enum(error: _Violation, path: KeyPath) -> list[Finding]:
    allowed = [str(value) for value in error.wanted]
    if not isinstance(error.instance, str):
        return []  # the type is reported already
    return [(path, f"{quote(error.instance)} is not allowed", near_miss(error.instance, allowed))]


def _const(error: _Violation, path: KeyPath) -> list[Finding]:
    wanted = error.wanted
    shown = quote(wanted) if isinstance(wanted, str) else str(wanted)
    return [(path, f"expected {shown}, found {describe(error.instance)}", None)]


def _unfitting(error: _Violation, path: KeyPath) -> list[Finding]:
    # Our own: what to say of values that are wrong in a way that is often met.
    for known in error.schema.get("x-unfit", ()) if error.keyword == "pattern" else ():
        if _compiled(known["pattern"]).search(error.instance):
            return [(path, f"{quote(error.instance)} {known['message']}", known["hint"])]
    return [(path, _unfit(error), None)]


def _unfit(error: _Violation) -> str:
    if error.keyword == "maxLength":
        return f"has {len(error.instance)} characters, more than {error.wanted}"
    if error.keyword == "minLength":
        return "must not be empty"
    wanted = error.schema.get("title") or f"text that matches {error.wanted}"
    return f"{quote(error.instance)} is not {wanted}"


def _bound(error: _Violation, path: KeyPath) -> list[Finding]:
    relation = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }[error.keyword]
    return [(path, f"{error.instance} must be {relation} {error.wanted}"[:200], None)]


def _count(error: _Violation, path: KeyPath) -> list[Finding]:
    relation = "at least" if error.keyword.startswith("min") else "at most"
    noun = "element" if error.keyword.endswith("Items") else "key"
    limit = error.wanted
    plural = "" if limit == 1 else "s"
    return [(path, f"must have {relation} {limit} {noun}{plural}, has {len(error.instance)}", None)]


def _unique(error: _Violation, path: KeyPath) -> list[Finding]:
    seen: dict[str, int] = {}
    for index, element in enumerate(error.instance):
        first = seen.setdefault(repr(element), index)
        if first != index:
            shown = describe(element)
            return [((*path, index), f"{shown} is listed twice", f"first as element {first}")]
    return [(path, "has an element twice", None)]


_EXPLAINED: dict[str, Callable[[_Violation, KeyPath], list[Finding]]] = {
    "additionalProperties": _additional,
    "required": _required,
    "dependentRequired": _dependent,
    "oneOf": _choice,
    "anyOf": _choice,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _unfitting,
    "minLength": _unfitting,
    "maxLength": _unfitting,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "minItems": _count,
    "maxItems": _count,
    "minProperties": _count,
    "maxProperties": _count,
    "uniqueItems": _unique,
}

_TYPE_NOUNS = {
    "string": "text in quotes",
    "boolean": "true or false",
    "number": "a number",
    "integer": "a whole number",
    "array": "a list",
    "object": "a table",
}


def describe(value: object) -> str:
    """What a TOML value is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return "a date or time"
