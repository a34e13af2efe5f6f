"""What programs say of themselves in comments, and what is said of a comment that is wrong."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.manifests.directives import WORDS, parse

WHOLE = b"""\
#!/usr/bin/env python3
'''A program.'''
# molt-build: env LANG=C "GREETING=two words"
#molt-build:args --size 10 'a b'
  // molt-build: exit 3
# molt-build: skip waits for the network
# molt-build: tags slow io
# molt-build: family matrix/buffer
print("# molt-build: exit 4")  # molt-build: exit 5
# molt-build: env DEBUG=
"""


def test_every_directive() -> None:
    told = parse(WHOLE)
    assert told.faults == []
    assert told.row == {
        "environment": {"LANG": "C", "GREETING": "two words", "DEBUG": ""},
        "args": ["--size", "10", "a b"],
        "exit_status": 3,
        "skip": "waits for the network",
        "tags": ["slow", "io"],
        "family": "matrix/buffer",
    }
    assert told.places["exit_status"] == (5, 18)
    assert parse(WHOLE.replace(b"\n", b"\r\n")) == told
    assert set(told.row) == set(WORDS)


@pytest.mark.parametrize(
    ("line", "place", "message", "hint"),
    [
        ("# molt-build: exti 3", (1, 15), "no directive 'exti'", "did you mean 'exit'?"),
        ("# molt-build:", (1, 14), "a directive is missing", "directives: args, env, exit"),
        ("# molt_build: exit 3", (1, 3), "'molt_build:' begins no", "write: molt-build:"),
        ("# Molt-Build : exit 3", (1, 3), "begins no directive", "write: molt-build:"),
        ("# molt-build exit 3", (1, 3), "'molt-build' begins no", "write: molt-build:"),
        ("# molt-build env A=1", (1, 3), "'molt-build' begins no", "write: molt-build:"),
        ("# molt-build skip too slow", (1, 3), "'molt-build' begins no", "write: molt-build:"),
        ("# molt-build: exit three", (1, 15), "'three' is not an exit status", "0 to 255"),
        ("# molt-build: exit", (1, 15), "'' is not an exit status", "0 to 255"),
        ("# molt-build: exit -1", (1, 15), "'-1' is not an exit status", "0 to 255"),
        ("# molt-build: env A", (1, 15), "'A' is not NAME=VALUE", "quoted"),
        ("# molt-build: env A=two words", (1, 15), "'words' is not NAME=VALUE", "quoted"),
        ("# molt-build: env 2=3", (1, 15), "'2=3' is not NAME=VALUE", "quoted"),
        ("# molt-build: env A=1 A=2", (1, 15), "'A' is said twice", ""),
        ("# molt-build: env", (1, 15), "needs at least one word", ""),
        ("# molt-build: args 'a", (1, 15), "no closing quotation", ""),
        ("# molt-build: skip", (1, 15), "needs a text", "one line: why"),
        ("# molt-build: args a\n# molt-build: args b", (2, 15), "first in line 1", ""),
        ("x\n\t// molt-build: tag a", (2, 17), "no directive 'tag'", "did you mean 'tags'?"),
    ],
)
def test_what_is_wrong(line: str, place: tuple[int, int], message: str, hint: str) -> None:
    (fault,) = parse(line.encode()).faults
    assert fault.place == place
    assert message in fault.message
    assert hint in (fault.hint or "")


def test_a_line_that_is_not_utf_8_and_one_with_nul() -> None:
    told = parse(b"# molt-build: skip \xff\n# molt-build: env A=\0\n# latin: \xff\n")
    assert [fault.place for fault in told.faults] == [(1, 14), (2, 14)]
    assert told.row == {}


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8"), max_size=20)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), st.lists(VALUES, min_size=1))
def test_what_is_quoted_comes_out_as_it_was(variables: dict[str, str], words: list[str]) -> None:
    env = " ".join(shlex.quote(f"{name}={value}") for name, value in variables.items())
    told = parse(f"# molt-build: env {env}\n# molt-build: args {shlex.join(words)}\n".encode())
    assert told.faults == []
    assert told.row == {"environment": variables, "args": words}


@given(st.binary(max_size=200), st.sampled_from([b"", b"# molt-build: ", b"//molt-build:exit "]))
def test_no_bytes_raise(data: bytes, before: bytes) -> None:
    told = parse(before + data)
    assert all(fault.place >= (1, 1) for fault in told.faults)
