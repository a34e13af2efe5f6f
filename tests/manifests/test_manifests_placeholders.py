"""Placeholders: parsing, splicing, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st

from molt_build.manifests import schema, toml
from molt_build.manifests.diagnostics import KeyPath
from molt_build.manifests.placeholders import (
    Placeholder,
    PlaceholderError,
    Values,
    expand,
    expand_word,
    names,
    parse,
)

TOOLCHAINS = REPOSITORY / "manifests/toolchains"
VALUES: Values = {
    "c": "a.c",
    "flags": ("-O2", "-g"),
    "none": (),
    "cc": ("gcc",),
    "cc.link": ("-s", "-l"),
}


def test_parts_are_in_order() -> None:
    assert parse("-I{include}/{cc.link}{{x}}") == (
        "-I",
        Placeholder("include"),
        "/",
        Placeholder("cc.link"),
        "{x}",
    )
    assert parse("") == ()
    assert names("{a}{b-c}{{d}}") == ("a", "b-c")


def test_a_list_that_is_a_word_becomes_its_words() -> None:
    argv = ["{cc}", "{flags}", "{none}", "-o{c}", "{cc.link}", "{{}}", ""]
    assert expand(argv, VALUES) == ["gcc", "-O2", "-g", "-oa.c", "-s", "-l", "{}", ""]


def test_a_list_within_a_word_must_be_one_word() -> None:
    assert expand(["CC={cc}"], VALUES) == ["CC=gcc"]
    for template in ("-f{flags}", "{none}x"):
        with pytest.raises(PlaceholderError, match="is a list"):
            expand([template], VALUES)
    with pytest.raises(PlaceholderError, match="is a list"):
        expand_word("{flags}", VALUES)


def test_a_name_without_value_says_what_is_known() -> None:
    with pytest.raises(PlaceholderError, match=re.escape("{x} in '-{x}' has no value")) as caught:
        expand(["-{x}"], VALUES)
    assert caught.value.hint == "known here: c, cc, cc.link, flags, none"


@pytest.mark.parametrize(
    "template", ["{", "}", "a{b", "a}b", "{}", "{a b}", "{1}", "{a.b.c}", "{{}"]
)
def test_malformed_templates(template: str) -> None:
    with pytest.raises(PlaceholderError):
        parse(template)


@given(st.text(alphabet="{}ab.", max_size=12))
def test_any_text_can_be_written_as_a_literal(text: str) -> None:
    template = text.replace("{", "{{").replace("}", "}}")
    assert expand([template], {}) == [text]


@given(st.text(alphabet="{}ab.", max_size=12))
def test_every_template_parses_or_is_refused(template: str) -> None:
    try:
        parts = parse(template)
    except PlaceholderError as error:
        assert error.exit_code == 2
    else:
        again = "".join(
            f"{{{part.name}}}"
            if isinstance(part, Placeholder)
            else part.replace("{", "{{").replace("}", "}}")
            for part in parts
        )
        assert again == template


@pytest.mark.parametrize("file", sorted(TOOLCHAINS.glob("*.toml")), ids=lambda file: file.stem)
def test_the_schema_says_of_every_text_with_a_placeholder_that_it_is_a_template(file: Path) -> None:
    document = toml.read(str(file))
    _, marks = schema.examine("toolchain", document)
    templates = {mark.path for mark in marks if mark.keyword == "x-template"}
    patterns = {mark.path for mark in marks if mark.keyword == "x-regex"}
    texts = dict(texts_of(document.values))
    found = {path for path, text in texts.items() if re.search(r"\{[a-z]", text)} - patterns
    assert found
    assert found - templates == set()


def texts_of(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in a table or list, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_of(item, (*path, key))
