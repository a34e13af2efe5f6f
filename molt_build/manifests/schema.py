"""What a single manifest must look like: its JSON Schema, and violations as diagnostics.

One JSON Schema (draft 2020-12) for each kind lies in `schemas/KIND.schema.json`. The `title` of a
subschema is the noun used when a value does not fit it ("a name: lower-case letters, ...").
Keywords that begin with "x-" are our own: what to say of a value that is often met (`x-unfit`,
`x-elsewhere`), and what a value means (`MARKS`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from molt_build.errors import UsageError
from molt_build.json_schema import Check, Violation, compiled, pattern
from molt_build.manifests import search
from molt_build.manifests.diagnostics import Finding, KeyPath, near_miss, quote
from molt_build.manifests.toml import Document

KINDS = (
    "project",
    "toolchain",
    "profile",
    "workload",
    "lane",
    "cache",
    "case",
    "suite",
    "signal",
    "track",
    "gate",
    "register",
)

# What a schema says of a text and others check, who know the other manifests and the disk:
MARKS = (
    "x-name-of",  # it is the name of something of that kind; "*" is every one
    "x-stays-in",  # it is a path or glob that does not lead out of there
    "x-regex",  # it is a regular expression, that of RE2 or of whole lines
    "x-requirement",  # it is written as packages are asked for
    "x-specifier",  # it is written as versions are
    "x-template",  # placeholders may stand in it, or may not: `placeholder_checks`
)

# A property that got another name: the schema keeps the old one, deprecated, and says which under
# this keyword. Where the new one is a list and the old one was not, it is the list's only element.
RENAMED = "x-renamed"


def text(kind: str) -> str:
    """The JSON text of a kind's schema; raises UsageError for an unknown kind."""
    if kind not in KINDS:
        msg = f"there is no manifest kind {quote(kind)}"
        raise UsageError(msg, near_miss(kind, KINDS, "kinds"))
    path = os.path.join(search.bundled_schemas(), f"{kind}.schema.json")
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def examine(kind: str, document: Document) -> tuple[list[Finding], tuple[Violation, ...]]:
    """Everything in the document that its kind's schema does not allow, each once; and its marks.

    A mark is a value of which the schema says what no schema can check (`MARKS`).
    """
    found: list[Violation] = []
    _check(kind)(document.values, (), found)
    once: dict[tuple[KeyPath, str], Finding] = {}
    for violation in found:
        for finding in _humanise(violation) if violation.keyword not in MARKS else ():
            once.setdefault(finding[:2], finding)
    return list(once.values()), tuple([one for one in found if one.keyword in MARKS])


def examine_program(row: dict[str, Any]) -> list[Finding]:
    """Everything that a program's table in a workload manifest may not say; it may be incomplete.

    Paths are relative to the table.
    """
    found: list[Violation] = []
    _program_check()(row, (), found)
    return [finding for one in found if one.keyword not in MARKS for finding in _humanise(one)]


@lru_cache(maxsize=1)
def _program_check() -> Check:
    whole = json.loads(text("workload"))
    table = dict(whole["properties"]["programs"]["items"])
    del table["required"]
    return compiled({**table, "$defs": whole["$defs"]}, MARKS)


def with_new_names(kind: str, document: Document) -> Document:
    """The document with the names that its properties have now.

    What has its new name too stays as it is written, and is unknown.
    """
    old = {name: new for name, new in _renamed(kind).items() if name in document.values}
    renamed: dict[str, tuple[KeyPath, int]] = {}
    values: dict[str, Any] = {}
    for name, value in document.values.items():
        new, is_list = old.get(name, (name, False))
        if new == name or new in document.values:
            values[name] = value
            continue
        is_wrapped = is_list and not isinstance(value, list)
        values[new] = [value] if is_wrapped else value
        renamed[new] = (name,), 2 if is_wrapped else 1
    return replace(document, values=values, renamed=renamed) if renamed else document


@lru_cache(maxsize=len(KINDS))
def _renamed(kind: str) -> dict[str, tuple[str, bool]]:
    """Old name of a property -> its new one, and whether that is a list."""
    whole = json.loads(text(kind))
    parts = whole["properties"]

    def is_list(part: dict[str, Any]) -> bool:
        definition = whole["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), {})
        return bool((definition | part).get("type") == "array")

    old = {name: part[RENAMED] for name, part in parts.items() if RENAMED in part}
    return {name: (new, is_list(parts[new])) for name, new in old.items()}


@lru_cache(maxsize=len(KINDS))
def _check(kind: str) -> Check:
    whole = json.loads(text(kind))
    parts = whole["properties"]
    known = {name: part for name, part in parts.items() if RENAMED not in part}
    elsewhere = {name: parts[name]["description"] for name in parts.keys() - known.keys()}
    elsewhere |= whole.get("x-elsewhere", {})
    return compiled({**whole, "properties": known, "x-elsewhere": elsewhere}, MARKS)


def _humanise(error: Violation) -> list[Finding]:
    if error.is_of_key:
        return [(error.path, f"the key {_unfit(error)}", None)]
    return _EXPLAINED[error.keyword](error, error.path)


def _additional(error: Violation, path: KeyPath) -> list[Finding]:
    known = error.schema.get("properties", {})
    unused = [key for key in known if key not in error.value]
    extra = [key for key in error.value if key not in known]
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


def _required(error: Violation, path: KeyPath) -> list[Finding]:
    missing = [key for key in error.wanted if key not in error.value]
    hints = {
        key: error.schema.get("properties", {}).get(key, {}).get("description") for key in missing
    }
    return [((*path, key), "missing key", hints[key]) for key in missing]


def _dependent(error: Violation, path: KeyPath) -> list[Finding]:
    return [
        ((*path, key), f"missing key, which {quote(owner)} needs", None)
        for owner, needed in error.wanted.items()
        if owner in error.value
        for key in needed
        if key not in error.value
    ]


def _choice(error: Violation, path: KeyPath) -> list[Finding]:
    """`oneOf` and `anyOf`, which these schemas use only to say which keys go together."""
    keys = [key for branch in error.wanted for key in branch.get("required", ())]
    present = [key for key in keys if key in error.value]
    quantity = "exactly one" if error.keyword == "oneOf" else "at least one"
    message = f"needs {quantity} of {', '.join(keys)}"
    if not present:
        return [(path, message, None)]
    return [((*path, present[-1]), f"{message}; has {' and '.join(present)}", None)]


def _type(error: Violation, path: KeyPath) -> list[Finding]:
    wanted = error.schema.get("title") or _TYPE_NOUNS[error.wanted]
    hint = error.schema.get("x-meant")  # our own: what it is that people write here instead
    return [(path, f"expected {wanted}, found {describe(error.value)}", hint)]


def _enum(error: Violation, path: KeyPath) -> list[Finding]:
    allowed = [str(value) for value in error.wanted]
    return [(path, f"{quote(error.value)} is not allowed", near_miss(error.value, allowed))]


def _const(error: Violation, path: KeyPath) -> list[Finding]:
    wanted = error.wanted
    shown = quote(wanted) if isinstance(wanted, str) else str(wanted)
    return [(path, f"expected {shown}, found {describe(error.value)}", None)]


def _unfitting(error: Violation, path: KeyPath) -> list[Finding]:
    # Our own: what to say of values that are wrong in a way that is often met.
    for known in error.schema.get("x-unfit", ()) if error.keyword == "pattern" else ():
        if pattern(known["pattern"]).search(error.value):
            return [(path, f"{quote(error.value)} {known['message']}", known["hint"])]
    return [(path, _unfit(error), None)]


def _unfit(error: Violation) -> str:
    if error.keyword == "maxLength":
        return f"has {len(error.value)} characters, more than {error.wanted}"
    if error.keyword == "minLength":
        return "must not be empty"
    wanted = error.schema.get("title") or f"text that matches {error.wanted}"
    return f"{quote(error.value)} is not {wanted}"


def _bound(error: Violation, path: KeyPath) -> list[Finding]:
    relation, noun = _BOUNDS[error.keyword]
    limit, value = error.wanted, error.value
    if noun is None:
        return [(path, f"{value} must be {relation} {limit}"[:200], None)]
    plural = "" if limit == 1 else "s"
    return [(path, f"must have {relation} {limit} {noun}{plural}, has {len(value)}", None)]


def _unique(error: Violation, path: KeyPath) -> list[Finding]:
    seen: dict[str, int] = {}
    for index, element in enumerate(error.value):
        first = seen.setdefault(repr(element), index)
        if first != index:
            shown = describe(element)
            return [((*path, index), f"{shown} is listed twice", f"first as element {first}")]
    return [(path, "has an element twice", None)]


# What a limit says, and of what it counts; None: of the number itself.
_BOUNDS = {
    "minimum": ("at least", None),
    "maximum": ("at most", None),
    "exclusiveMinimum": ("more than", None),
    "exclusiveMaximum": ("less than", None),
    "minItems": ("at least", "element"),
    "maxItems": ("at most", "element"),
    "minProperties": ("at least", "key"),
    "maxProperties": ("at most", "key"),
}
_EXPLAINED: dict[str, Callable[[Violation, KeyPath], list[Finding]]] = {
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
    "uniqueItems": _unique,
    **dict.fromkeys(_BOUNDS, _bound),
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
