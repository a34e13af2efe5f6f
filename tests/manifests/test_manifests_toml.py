"""Positions of keys and elements, and files that are no TOML documents at all."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.manifests.diagnostics import KeyPath, format_path
from molt_build.manifests.toml import Position, TomlProblem, parse, read

SAMPLE = """\
# a comment with [brackets] = "and quotes
top = 1
a.b . "c d" = "x" # trailing
inline = { one = 1, two.three = [ { four = '#' }, [5, 6] ] }
text = \"\"\"
[not.a.table]
fake = 1 \\
\\\"\"\" still \"\"\"
list = [
  "a", # ] comment
  [ "b", { c = 1 } ],
  1979-05-27 07:32:00,
]

[table . sub]
key = ''
  [[array]]
  name = "é"
"""


def positions_of(text: str) -> dict[str, tuple[int, int]]:
    positions = parse(text).positions
    return {format_path(path): (at.line, at.column) for path, at in positions.items()}


def test_every_form_of_key_has_its_position() -> None:
    text = SAMPLE + 'x = ["é", 2]\n[[array]]\nname = 2\n[array.deep]\nz = 1\n'
    assert positions_of(text) == {
        "top": (2, 1),
        "a": (3, 1),
        "a.b": (3, 3),
        "a.b.'c d'": (3, 7),
        "inline": (4, 1),
        "inline.one": (4, 12),
        "inline.two": (4, 21),
        "inline.two.three": (4, 25),
        "inline.two.three[0]": (4, 35),
        "inline.two.three[0].four": (4, 37),
        "inline.two.three[1]": (4, 51),
        "inline.two.three[1][0]": (4, 52),
        "inline.two.three[1][1]": (4, 55),
        "text": (5, 1),
        "list": (9, 1),
        "list[0]": (10, 3),
        "list[1]": (11, 3),
        "list[1][0]": (11, 5),
        "list[1][1]": (11, 10),
        "list[1][1].c": (11, 12),
        "list[2]": (12, 3),
        "table": (15, 2),
        "table.sub": (15, 10),
        "table.sub.key": (16, 1),
        "array": (17, 5),
        "array[0]": (17, 5),
        "array[0].name": (18, 3),
        "array[0].x": (19, 1),
        "array[0].x[0]": (19, 6),
        "array[0].x[1]": (19, 11),
        "array[1]": (20, 3),
        "array[1].name": (21, 1),
        "array[1].deep": (22, 8),
        "array[1].deep.z": (23, 1),
    }


def test_carriage_returns_do_not_shift_anything() -> None:
    text = 'a = 1\r\n[t]\r\nb = """x\r\ny"""\r\nc = [\r\n 1,\r\n]\r\n'
    assert positions_of(text) == {
        "a": (1, 1),
        "t": (2, 2),
        "t.b": (3, 1),
        "t.c": (5, 1),
        "t.c[0]": (6, 2),
    }


def test_an_explicit_table_after_its_child_has_its_own_header_as_position() -> None:
    assert positions_of("[a.b]\nx = 1\n[c]\n[a]\ny = 2\n") == {
        "a": (4, 2),
        "a.b": (1, 4),
        "a.b.x": (2, 1),
        "c": (3, 2),
        "a.y": (5, 1),
    }


def test_what_is_missing_has_the_position_of_its_table() -> None:
    document = parse("a = 1\n[t]\nb = 1\n")
    assert document.position(("t", "missing", 0)) == Position(2, 2)
    assert document.position(("missing",)) == Position(1, 1)


class Writer:
    """Writes TOML and notes where each key went, by counting what was written before it."""

    def __init__(self, newline: str) -> None:
        self.text = ""
        self.newline = newline
        self.at: dict[KeyPath, tuple[int, int]] = {}

    def write(self, text: str) -> None:
        self.text += text.replace("\n", self.newline)

    def mark(self, path: KeyPath) -> None:
        line = self.text.count("\n") + 1
        self.at[path] = (line, len(self.text) - self.text.rfind("\n"))


KEYS = st.sampled_from(["a", "b", "key-1", "3", "ü.x", 'q"t', "sp ace", "#", "[k]", "back\\slash"])
SCALARS = st.sampled_from(
    [
        '"x"',
        "'#]'",
        '""',
        "''",
        "1",
        "0x1f",
        "1.5e3",
        "true",
        '"é\\"]"',
        '"""a\n[b]\n"" c = 1"""',
        "'''\n'' # no\n'''",
        "1979-05-27T07:32:00Z",
        "07:32:00",
        '"""x"""""',
        "'''y''''",
        '""""""',
        "1979-05-27 07:32:00",
        "[]",
        "{}",
        "[ \n# c ]\n]",
    ]
)
SPACES = st.sampled_from(["", " ", "\t "])


def quoted(key: str) -> str:
    if key.replace("-", "").isascii() and key.replace("-", "").isalnum():
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_value(draw: st.DrawFn, out: Writer, path: KeyPath, depth: int) -> None:
    form = draw(st.sampled_from(["scalar", "scalar", "array", "inline"])) if depth else "scalar"
    if form == "scalar":
        out.write(draw(SCALARS))
    elif form == "array":
        out.write("[")
        for index in range(draw(st.integers(1, 3))):
            out.write(draw(st.sampled_from(["", " ", "\n  ", " # ] x\n\n\t"])))
            out.mark((*path, index))
            write_value(draw, out, (*path, index), depth - 1)
            out.write(draw(SPACES) + ",")
        out.write(draw(st.sampled_from(["]", "\n]"])))
    else:
        out.write("{")
        for index, key in enumerate(draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))):
            out.write("," if index else "")
            out.write(draw(SPACES))
            write_pair(draw, out, path, [key], depth - 1)
        out.write(draw(SPACES) + "}")


def write_pair(draw: st.DrawFn, out: Writer, table: KeyPath, keys: list[str], depth: int) -> None:
    path = table
    for index, key in enumerate(keys):
        out.write("." + draw(SPACES) if index else "")
        path = (*path, key)
        out.mark(path)
        out.write(quoted(key) + draw(SPACES))
    out.write("=" + draw(SPACES))
    write_value(draw, out, path, depth)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, tuple[int, int]]]:
    out = Writer(draw(st.sampled_from(["\n", "\r\n"])))
    out.write("#\n")
    tables: list[tuple[str, int] | tuple[()]] = [()]
    sizes: dict[str, int] = {}
    for name in draw(st.lists(st.sampled_from(["t", "u", "[v]"]), max_size=5)):
        # A name is an array of tables, each with a subtable, or (unique) a plain table.
        index = sizes.get(name, 0)
        sizes[name] = index + 1
        tables.append((name, index))
    for number, table in enumerate(tables):
        if table:
            name, index = table
            out.write(draw(SPACES) + "[[" + draw(SPACES))
            if index == 0:
                out.mark((name,))
            out.mark(table)
            out.write(quoted(name) + "]] # [c]\n")
        for key in draw(st.lists(KEYS, max_size=4, unique=True)):
            out.write(draw(st.sampled_from(["", "\n", " ", "# = [\n"])))
            keys = [key, *draw(st.lists(KEYS, max_size=2))] if draw(st.booleans()) else [key]
            write_pair(draw, out, table, [f"{key}{number}", *keys[1:]], 3)
            out.write(draw(st.sampled_from(["\n", " # x = 1\n"])))
        if table and draw(st.booleans()):
            name, _ = table
            out.write("[" + quoted(name) + ".")
            out.mark((*table, "sub"))
            out.write("sub]\n")
            write_pair(draw, out, (*table, "sub"), [draw(KEYS)], 2)
            out.write("\n")
    return out.text, out.at


@settings(max_examples=150)
@given(documents())
def test_positions_are_where_the_keys_were_written(
    document: tuple[str, dict[KeyPath, tuple[int, int]]],
) -> None:
    text, expected = document
    found = parse(text)
    assert found.values == tomllib.loads(text)
    assert {path: tuple(at) for path, at in found.positions.items()} == expected


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


VALUES = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(-9, 9), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_every_key_of_any_document_has_a_position(values: dict[str, object]) -> None:
    text = tomlkit.dumps(values)
    try:
        document = parse(text)
    except TomlProblem as problem:
        # Some texts are empty, and tomlkit does not escape every character.
        assert problem.message
        return
    assert set(document.positions) == set(paths(document.values))
    lines = text.split("\n")
    for path, (line, column) in document.positions.items():
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1, path


def problem_of(text: str) -> TomlProblem:
    with pytest.raises(TomlProblem) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = 1\nb = \n", 2, 5, "invalid value"),
        ("a = 1\nb 2\n", 2, 3, "expected '=' after a key"),
        ("a = 1\n[b\nc = 2\n", 2, 3, "expected ']'"),
        ("a = 1\n  b = 2 c = 3\n", 2, 9, "expected newline"),
        ("a = 1\ns = 'abc\nd = 1\n", 2, 5, "unterminated string"),
        ('a = 1\ns = """abc\nd = 1\n', 2, 5, "unterminated string"),
        ("a = 1\nlist = [1,\n 2\nd = 1\n", 4, 1, "unclosed array"),
        ("a = 1\nd = 2020-13-45\n", 2, 9, "expected newline"),
        ("a = 1\nb = 2\na = 3\n", 3, 1, "'a' is defined twice"),
        ("[t]\na = 1\n[u]\n[t]\nb = 1\n", 4, 2, "'t' is defined twice"),
        ("t = 1\n[t]\nb = 1\n", 2, 2, "'t' is defined twice"),
        ("x = { a = 1, a = 2 }\n", 1, 14, "'a' is defined twice"),
        ("a = 1\n\x00", 2, 1, "a NUL byte"),
        ("\ufeffa = 1\n", 1, 1, "byte order mark"),
        ("", 1, 1, "empty"),
        ("a = nan\n", 1, 1, "not a number"),
        ("a = [1,\n inf]\n", 2, 2, "not a number"),
        ("a = 0x" + "f" * 5000 + "\n", 1, 1, "not a number"),
        ("a = 1\rb = 2\n", 1, 6, "expected newline"),
    ],
)
def test_broken_toml_is_reported_where_it_breaks(
    text: str, line: int, column: int, message: str
) -> None:
    problem = problem_of(text)
    assert (tuple(problem.position), message in problem.message) == ((line, column), True), (
        problem.position,
        problem.message,
    )


def test_a_duplicate_says_where_the_first_is() -> None:
    problem = problem_of("x = 1\n[t]\na = 1\nb = 2\n  a = 3\n")
    assert tuple(problem.position) == (5, 3)
    assert format_path(problem.path) == "t.a"
    assert problem.hint == "first defined at line 3, column 1"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{ b = " * 100_000,
        "a = " + "[" * 300 + "]" * 300,
        ".".join(["a"] * 200_000) + " = 1",
        "[" + ".".join(["a"] * 200_000) + "]",
        "a" + " = { b" * 5000 + " = 1 " + "}" * 5000,
    ],
    ids=["arrays", "tables", "closed", "dotted", "header", "inline"],
)
def test_deep_nesting_is_refused_soon(text: str) -> None:
    started = time.process_time()
    problem = problem_of(text)
    assert "levels deep" in problem.message
    assert problem.position.line == 1
    assert problem.position.column > 60
    assert time.process_time() - started < 30  # else it goes through the text again and again


def test_files_that_cannot_be_documents(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    large.write_bytes(b"# " + b"x" * 5_000_000)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('a = "ü"\nname = "ü'.encode() + b"\xfc" + b'"\n')
    utf16 = tmp_path / "utf16.toml"
    utf16.write_bytes("a = 1".encode("utf-16"))
    (tmp_path / "dangling.toml").symlink_to("nowhere")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "looped.toml").symlink_to("looped.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    found = {}
    for path in [*tmp_path.iterdir(), tmp_path / "missing.toml"]:
        with pytest.raises(TomlProblem) as caught:
            read(str(path))
        found[path.stem] = (tuple(caught.value.position), caught.value.message)
    assert found == {
        "large": (
            (1, 1),
            "is too large: 5000002 bytes, and a manifest has at most 1000000 bytes",
        ),
        "latin": ((2, 10), "is not UTF-8: byte 0xfc at offset 19"),
        "utf16": ((1, 1), "is not UTF-8: byte 0xff at offset 0"),
        "dangling": ((1, 1), "cannot be read: the link points to nothing"),
        "folder": ((1, 1), "is a folder, not a file"),
        "looped": ((1, 1), "cannot be read: Too many levels of symbolic links"),
        "pipe": ((1, 1), "is not a regular file"),
        "missing": ((1, 1), "cannot be read: No such file or directory"),
    }


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read")
def test_a_file_that_fails_while_it_is_read() -> None:
    with pytest.raises(TomlProblem, match="cannot be read"):
        read("/proc/self/mem")


@settings(max_examples=300)
@given(st.text(alphabet="ab.=[]{}\"'\\#,\n 10-:é", max_size=60))
def test_no_text_leads_to_anything_but_a_document_or_a_problem(text: str) -> None:
    try:
        document = parse(text)
    except TomlProblem as problem:
        lines = text.split("\n")
        assert 1 <= problem.position.line <= len(lines)
        assert 1 <= problem.position.column <= len(lines[problem.position.line - 1]) + 1
    else:
        assert set(document.positions) == set(paths(document.values))
