"""One of a thing is one: numbers of things are told by `molt_build.watch.counted`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from molt_build.watch import counted

HOUSE = Path(__file__).parents[2] / "molt_build"
THINGS = (
    "action|block|build|byte|case|cell|client|core|engine|file|folder|"
    "hit|kernel|lane|line|module|output|package|processor|program|run|sample|"
    "source|stage|suite|test|time|timeout|toolchain|way|workload"
)
PLURAL = re.compile(rf" (?:{THINGS})s\b|(?: entries| misses| retries)\b")
# Where what comes before is no number, or one that is never 1.
NO_NUMBER = {
    *("builder", "found", "interval(mean)", "quote(name.text)", "quote(toolchain.name)"),
    *("toolchain.name", "interval(mean, metric=metric)"),
    "number(mean.ratio if is_first else 1 / mean.ratio)",
}
NEVER_ONE = {
    *("MAX_DEPTH", "MAX_MEMBERS", "MIN_BLOCKS", "len(MARKS)"),
    "' and '.join(map(str, max(tested)))",  # at least MIN_BLOCKS
    *("limit", "size", "size - 2 * half"),  # bytes, very many
    *(
        "blocks",
        "SHORT",
        "startup.LONG_ENOUGH",
        "' to '.join(ends)",
    ),  # of more than one, or with decimals
    *("cell.case.clients", "cell.clients", "len(cost.programs)"),  # 1 is said in other words
}


def numbers_of_things() -> Iterator[tuple[str, str]]:
    """(where, expression) of what stands before the plural of a thing in a text."""
    for file in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            for value, text in zip(node.values, node.values[1:], strict=False):
                follows = isinstance(text, ast.Constant) and PLURAL.match(str(text.value))
                if isinstance(value, ast.FormattedValue) and follows:
                    yield f"{file.relative_to(HOUSE)}:{node.lineno}", ast.unparse(value.value)


def test_one_program_is_never_1_programs() -> None:
    found = list(numbers_of_things())
    assert len(found) >= 10  # it does find them
    known = NO_NUMBER | NEVER_ONE
    assert [(place, words) for place, words in found if words not in known] == []


def test_things_are_counted() -> None:
    assert [counted(number, "hit") for number in (0, 1, 2)] == ["0 hits", "1 hit", "2 hits"]
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(3, "entry", "entries") == "3 entries"
