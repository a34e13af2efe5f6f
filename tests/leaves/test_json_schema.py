"""Schemas compiled to functions say of manifests what `jsonschema` says."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from manifest_projects import FILES

from molt_build.json_schema import Violation, compiled
from molt_build.manifests import schema

MANIFESTS = [tomllib.loads(text) for path, text in FILES.items() if path.endswith(".toml")]
VALUES = st.sampled_from(
    [None, 1.5, "", "a", "A b", "../a", "a\n", "*", True, [], ["a", "a"], [1], {}, {"a": "b"}, -1]
)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything in a manifest."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, dict | list) else ():
        yield (*place, key)
        if isinstance(item, dict | list):
            yield from places(item, (*place, key))


@lru_cache(maxsize=len(schema.KINDS))
def both(kind: str) -> tuple[Any, Draft202012Validator]:
    """The compiled schema of a kind, and that of `jsonschema`."""
    whole = json.loads(schema.text(kind))
    return compiled(whole), Draft202012Validator(whole)


@given(st.data())
@settings(max_examples=300)
def test_the_functions_say_what_jsonschema_says(data: st.DataObject) -> None:
    manifest = copy.deepcopy(data.draw(st.sampled_from(MANIFESTS)))
    *way, last = data.draw(st.sampled_from([one for one in places(manifest) if one != ("kind",)]))
    table = manifest
    for key in way:
        table = table[key]
    if isinstance(table, dict) and data.draw(st.booleans()):
        table[data.draw(st.sampled_from(["zebra", "Zebra", "env"]))] = table.pop(last)
    else:
        table[last] = data.draw(VALUES)
    check, validator = both(manifest["kind"])
    found: list[Violation] = []
    check(manifest, (), found)
    expected = {tuple(error.absolute_path) for error in validator.iter_errors(manifest)}
    # The key that is wrong belongs to the path here, but not there; Python's `$` is not the end.
    told = {one.path[:-1] if one.is_of_key else one.path for one in found}
    assert told == expected or "a\n" in json.dumps(manifest).replace("\\n", "\n")


def test_a_mark_is_told_with_its_value_where_the_shape_is_right() -> None:
    whole = {"properties": {"a": {"type": "string", "pattern": "^b", "x-is": "a word"}}}
    found: list[Violation] = []
    for value in ("b", "c", 1):
        compiled(whole, ["x-is"])({"a": value}, (), found)
    told = [(one.keyword, one.path, one.value, one.wanted) for one in found]
    assert told == [
        ("x-is", ("a",), "b", "a word"),
        ("pattern", ("a",), "c", "^b"),
        ("x-is", ("a",), "c", "a word"),
        ("type", ("a",), 1, "string"),
    ]


def test_a_keyword_that_nobody_checks_is_an_error() -> None:
    with pytest.raises(ValueError, match="'multipleOf' is not one"):
        compiled({"multipleOf": 3})
