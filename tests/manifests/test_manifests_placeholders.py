"""Placeholders: parsing, splicing, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.manifests.placeholders import (
    Placeholder,
    PlaceholderError,
    Values,
    expand,
    expand_word,
    names,
    parse,
)

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
