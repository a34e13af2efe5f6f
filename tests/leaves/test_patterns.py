"""Patterns of manifests: they end, whatever they are matched against; what none can be is told."""

from __future__ import annotations

import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from build_projects import REPOSITORY, Project
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build import patterns
from molt_build.bench.pasting import pasted
from molt_build.patterns import fault, fault_of_lines, without_lines

# Each of them makes a backtracking engine try all of 2 ** 60 ways before it gives up.
EXPLOSIVE = r"^(a+)+$"
TEXT = "a" * 60 + "!"
WATCHDOG_S = 120


def stock() -> Iterator[tuple[str, str, bool]]:
    """Every pattern of the stock manifests: where it stands, what it is, whether of lines."""
    for path in sorted((REPOSITORY / "manifests").rglob("*.toml")):
        raw: dict[str, Any] = tomllib.loads(path.read_text())
        found = [raw.get("reason_pattern")]
        found += [query.get("pattern") for query in raw.get("queries", {}).values()]
        found += [word for s in raw.get("stages", ()) for word in s.get("meaningful_comments", ())]
        found += [edit.get("find") for edit in raw.get("edits", ())]
        yield from ((path.name, pattern, False) for pattern in found if pattern)
        yield from ((path.name, pattern, True) for pattern in raw.get("volatile", ()))


@pytest.mark.parametrize(("file", "pattern", "is_of_lines"), list(stock()))
def test_stock_patterns_are_what_the_engine_takes(
    file: str, pattern: str, is_of_lines: bool
) -> None:
    assert (fault_of_lines if is_of_lines else fault)(pattern) is None


def test_there_are_stock_patterns_of_both_kinds() -> None:
    assert {is_of_lines for _, _, is_of_lines in stock()} == {True, False}


def ended(project: Project) -> tuple[int, str]:
    """How a build ends, and what it says; one that goes on and on is killed."""
    process = project.start("build", "one")
    try:
        _, err = process.communicate(timeout=WATCHDOG_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("the build does not end")
    return process.returncode, err


def test_a_reason_is_looked_for_in_any_text(toys: Project) -> None:
    """The failing tool prints what no backtracking engine comes back from."""
    manifest = "manifests/toolchains/toy.toml"
    toys.replace(manifest, '"^toyc: error: (.+)$"', f"'{EXPLOSIVE}'")
    toys.replace(
        "tools/toyc", 'echo "some output"', f'echo "{TEXT}"; echo "it is over" >&2; exit 7'
    )
    toys.write("programs/one.toy", "FAIL\n")
    code, err = ended(toys)
    assert code == 1, err
    assert "it is over" in err


def test_an_answer_is_looked_for_in_any_text(toys: Project) -> None:
    question = f'[queries.flag]\nargv = ["/bin/echo", "{TEXT}"]\npattern = \'{EXPLOSIVE}\'\n\n'
    manifest = "manifests/toolchains/toy.toml"
    toys.replace(
        manifest, '[[stages]]\nname = "translate"', question + '[[stages]]\nname = "translate"'
    )
    toys.replace(
        manifest, '"translate", "{entry}", "{text}"', '"translate", "{entry}", "{text}", "{flag}"'
    )
    code, err = ended(toys)
    assert code == 3, err
    assert "flag got no answer from /bin/echo" in err


def test_lines_are_left_out_of_any_output() -> None:
    output = (TEXT + "\n").encode() * 3 + b"aaa\n" + b"\n" * 1_000_000
    left = without_lines(output, ("(a+)+", "(a|aa)+b"))
    assert left == output.replace(b"\naaa\n", b"\n")


def test_what_is_found() -> None:
    assert patterns.first("^b(.)", "ab\nbc\nbd") == "c"
    assert patterns.first("(x)|b", "b") == ""
    assert patterns.first("é.", "aé\ud800") == "é?"
    assert patterns.first("$", "") == ""
    assert patterns.first("^c$", "ab") is None
    assert patterns.every("^(.)", "ab\nb\nc", 2) == ["a", "b"]
    assert patterns.replaced_once(r"^n = \d+$", r"n = \1", "m = 1\nn = 2\nn = 3") == (
        "m = 1\nn = \\1\nn = 3"
    )
    assert patterns.replaced_once("z", "", "ü") is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?<=a)b", "invalid perl operator: (?<="),
        ("(?!a)", "invalid perl operator: (?!"),
        (r"(a)\1", "invalid escape sequence: \\1"),
        (r"a\Z", "invalid escape sequence: \\Z"),
        ("(((a{100}){100}){100}", "invalid repetition size"),
        ("a{,3}", "without a lower bound"),
        ("a)", "unexpected )"),
    ],
)
def test_what_the_engine_does_not_take(
    pattern: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = fault(pattern)
    assert found is not None and words in found.words and found.hint
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\d+", r"a\b", r"\t", r"\x41", r"\<a", r"\'", r"\101", "(?:a)", "(?i)a"),
        *(r"[\]]", r"[0-9\.]", "[[=a=]]", "[[.a.]]", "[:alpha:]", "[[:word:]]", "[A-[:digit:]]"),
        *("a{,3}", "a{2", "{", "^*a", "a$+", "*a", "a|*b", "a\nb", "a\0"),
    ],
)
def test_what_grep_reads_otherwise_is_refused_of_lines(pattern: str) -> None:
    assert fault_of_lines(pattern) is not None


PIECES = st.sampled_from(
    [
        *"ab.1é-",
        *(r"\.", r"\*", r"\\", r"\[", r"\]", r"\{", r"\}", r"\^", r"\$", r"\|", r"\(", "]", "}"),
        *("[ab]", "[^a]", "[]a]", "[^]a]", "[a-]", "[[:digit:]]", "[^[:space:]x]", "[.*]", "[é]"),
        *("(", ")", "()", "|", "^", "$", "*", "+", "?", "{0}", "{2}", "{1,}", "{1,2}", "{,2}", "{"),
        *("[", "[[.a.]]", "[=a=]", r"\n", r"\w", r"\<", "[a[]", "[:a]", "[[:]"),
    ]
)
LINES = st.lists(
    st.lists(
        st.sampled_from(
            [
                b"a",
                b"b",
                b"1",
                b".",
                b"*",
                b"\\",
                b"]",
                b"-",
                b"\0",
                b"\xff",
                "é".encode(),
                b"\r",
                b" ",
                b"{2}",
                b"(",
                b"$",
                b"^",
            ]
        ),
        max_size=4,
    ).map(b"".join),
    max_size=8,
)


@settings(max_examples=150)
@given(
    st.lists(st.lists(PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=2), LINES
)
def test_the_pasted_grep_leaves_what_is_compared(volatile: list[str], lines: list[bytes]) -> None:
    """Of every pattern that a suite's manifest may hold."""
    taken = [pattern for pattern in volatile if fault_of_lines(pattern) is None]
    if not taken:
        return
    output = b"".join(line + b"\n" for line in lines)
    _, _, grep = pasted(("true",), {}, taken).partition(" | LC_ALL=C ")
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        ["/bin/sh", "-c", grep], input=output, capture_output=True, env=environment
    )
    assert run.returncode in (0, 1), (shlex.split(grep), run.stderr)
    assert without_lines(output, taken) == run.stdout


def test_the_reason_is_a_line_of_cythons_errors() -> None:
    """What an unused name is warned of stands before the error that ends the translation."""
    text = tomllib.loads((REPOSITORY / "manifests/toolchains/cython.toml").read_text())
    output = (
        "warning: prog.py:9:4: Unused entry 'z'\n\nError compiling Cython file:\n"
        "...\n    return 1 +\n              ^\n---\n"
        "prog.py:10:14: Expected an identifier or literal\nprog.py:11:0: another\n"
    )
    assert patterns.first(text["reason_pattern"], output) == "Expected an identifier or literal"
