"""What the reader `modules` sees in one file: marks, places, imports; files that do not parse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from molt_build.manifests.module_rules import ClassRule, LiteralTest, Mark
from molt_build.signals.modules.classifying import UNDECIDED, classify
from molt_build.signals.modules.facts import Facts, read_facts
from molt_build.signals.modules.tree import find_modules
from molt_build.signals.modules.wanted import BITS, Wanted

LOADS = {"calls": ("load", "rt.need"), "argument": LiteralTest(prefix="rt_")}


def found(source: str | bytes, **mark: Any) -> list[tuple[int, str]]:
    """(line, value) of what one mark finds."""
    data = source if isinstance(source, bytes) else source.encode()
    return list(read_facts(data, Wanted((Mark("it", **mark),))).marks["it"])


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ('load("rt_a")', ["rt_a"]),
        ('x.load("rt_a"); y().z.load("rt_b")', ["rt_a", "rt_b"]),
        ('rt.need("rt_a"); m.rt.need("rt_b"); need("rt_c"); other.need("rt_d")', ["rt_a", "rt_b"]),
        ('load("host_a"); load(); load(name="rt_a"); load(*["rt_a"])', []),
        ('load(b"rt_a"); load(f"rt_{1}"); load(("rt_a",)); loads("rt_a")', []),
        ('load("rt_" "joined")', ["rt_joined"]),
        ("f\"{load('rt_a')}\"", ["rt_a"]),
        ("# load('rt_a')\n'''load(\"rt_a\")'''", []),
        ('x = [load("rt_a") for _ in y if (lambda: load("rt_b"))()]', ["rt_a", "rt_b"]),
        ('@load("rt_a")\nclass A(load("rt_b"), m=load("rt_c")): ...', ["rt_a", "rt_b", "rt_c"]),
        ('def f(a: load("rt_a") = load("rt_b")) -> load("rt_c"): ...', ["rt_a", "rt_b", "rt_c"]),
        ('match load("rt_a"):\n case 1 if load("rt_b"): load("rt_c")', ["rt_a", "rt_b", "rt_c"]),
        ('while load("rt_a"):\n  break\nelse:\n  load("rt_b")', ["rt_a", "rt_b"]),
        (
            'try: load("rt_a")\nexcept load("rt_b"): ...\nelse: load("rt_c")',
            ["rt_a", "rt_b", "rt_c"],
        ),
        ('with load("rt_a") as x[load("rt_b")]: load("rt_c")', ["rt_a", "rt_b", "rt_c"]),
        ('x: load("rt_a") = load("rt_b"); x += load("rt_c")', ["rt_a", "rt_b", "rt_c"]),
        ("\uff4coad('rt_a')", ["rt_a"]),  # identifiers are spelled in one form
    ],
)
def test_calls_by_bare_name_or_attribute_with_a_literal(source: str, values: list[str]) -> None:
    assert sorted(value for _, value in found(source, **LOADS)) == values


def test_other_marks() -> None:
    source = (
        "import os.path as p, sys\n"
        "from a import b as c\n"
        "@cached\n@rt.slow(1)\ndef f(): ...\n"
        "class __Mark__: ...\n"
        "for __one__, (x.y, z) in []: n = 'rt_text'\n"
    )
    assert found(source, decorators=("cached", "slow")) == [(3, "cached"), (4, "slow")]
    assert found(source, decorators=("other.slow",)) == []
    assert found(source, names=("__*__",)) == [(6, "__Mark__"), (7, "__one__")]
    assert found(source, names=("p", "c", "os", "b", "f", "y", "z", "sys")) == [
        (1, "p"), (1, "sys"), (2, "c"), (5, "f"), (7, "z"),
    ]  # fmt: skip
    assert found(source, literal=LiteralTest(pattern="^rt_[a-z]+$")) == [(7, "rt_text")]
    assert found(source, literal=LiteralTest(equals=("rt", "text"))) == []
    assert found(source, text=r"rt_(\w+)|slow") == [(4, ""), (7, "text")]
    assert found(source, calls=("slow",)) == [(4, "slow")], "without an argument, the name"


PLACED = """\
load("rt_module")
class A:
    load("rt_class")
    def method(self):
        load("rt_method")
if x:
    load("rt_condition")
elif y:
    load("rt_elif")
try:
    load("rt_try")
    def inner():
        load("rt_later")
except (OSError, ImportError):
    load("rt_handler")
else:
    load("rt_else")
finally:
    load("rt_finally")
try:
    load("rt_plain")
finally:
    pass
try:
    load("rt_other")
except ValueError:
    load("rt_other_handler")
with contextlib.suppress(ImportError):
    load("rt_suppressed")
with open(load("rt_opened")):
    load("rt_with")
if TYPE_CHECKING:
    load("rt_typed")
else:
    load("rt_untyped")
if not typing.TYPE_CHECKING:
    load("rt_run")
match x:
    case 1:
        load("rt_case")
"""


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ({"inside": ("class",)}, "class method"),
        ({"inside": ("class",), "outside": ("function",)}, "class"),
        ({"inside": ("function",)}, "later method"),
        ({"inside": ("try",)}, "other suppressed try"),
        ({"inside": ("except",)}, "handler other_handler"),
        ({"inside": ("fallback",)}, "handler suppressed try"),
        ({"inside": ("condition",)}, "case condition elif"),
        ({"inside": ("type-checking",)}, "typed"),
        ({"outside": ("module",)}, "class later method"),
        (
            {"inside": ("module",), "outside": ("try", "except", "condition")},
            "else finally module opened plain run typed untyped with",
        ),
    ],
)
def test_what_stands_where(where: dict[str, tuple[str, ...]], names: str) -> None:
    values = sorted(value for _, value in found(PLACED, **LOADS, **where))
    assert values == [f"rt_{name}" for name in names.split()]


def imports(source: str | bytes, marks: tuple[Mark, ...] = ()) -> list[tuple[Any, ...]]:
    data = source if isinstance(source, bytes) else source.encode()
    rows = read_facts(data, Wanted(marks)).imports
    return [(one.line, one.level, one.module, one.names) for one in rows]


def test_imports_are_seen_wherever_they_stand_and_whatever_is_looked_for() -> None:
    source = (
        "import a.b, c\n"
        "from . import x\n"
        "from ..p import *\n"
        "def f():\n    for i in y:\n        with z: import d\n"
        "try:\n    import e\nexcept* ImportError:\n    from f import (g, h as i)\n"
        "match x:\n    case 1: import j\n"
        "while 1:\n    import k\nelse: import l\n"
    )
    expected = [
        (1, 0, "a.b", None), (1, 0, "c", None), (2, 1, "", ("x",)), (3, 2, "p", ("*",)),
        (6, 0, "d", None), (8, 0, "e", None), (10, 0, "f", ("g", "h")), (12, 0, "j", None),
        (14, 0, "k", None), (15, 0, "l", None),
    ]  # fmt: skip
    assert imports(source) == expected
    assert imports(source, (Mark("it", literal=LiteralTest(prefix="x")),)) == expected
    places = {one.line: one.places for one in read_facts(source.encode(), Wanted(())).imports}
    assert places[8] & BITS["fallback"] and places[10] & BITS["except"] and not places[2] & ~1


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbfload("rt_a")', "rt_a"),
        (b'# coding: latin-1\nload("rt_\xe9")', "rt_\xe9"),
        ('#!/bin/sh\n# vim: fileencoding=koi8-r\nload("rt_\u044f")'.encode("koi8-r"), "rt_\u044f"),
        (b'# coding: utf-7\n+AGwAbwBhAGQ-("rt_a")', "rt_a"),  # the name is not in the bytes
        (b'load("rt_a")\r\n', "rt_a"),
        (b'load("rt_a")\r# old ends of lines', "rt_a"),
    ],
)
def test_encodings(data: bytes, value: str) -> None:
    assert [text for _, text in found(data, **LOADS)] == [value]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"import a\nimport b.c\ndef f(:\n  load('rt_a')\n", "line 3: invalid syntax"),
        (b"import a\nimport b.c\nload('rt_a') \xff", "(unicode error)"),
        (b"import a\nimport b.c\nload('rt_a')\0", "null bytes"),
        (b"import a, b.c; load('rt_a');" + b"-" * 200_000 + b"1", "too"),
        (b"# coding: klingon\nimport a, b.c\nload('rt_a')", "unknown encoding"),
    ],
)
def test_what_does_not_parse_is_told_by_its_text(data: bytes, problem: str) -> None:
    marks = (
        Mark("seen", **LOADS, unparsed=r"load\('(\w+)'"),
        Mark("unknown", **LOADS),
        Mark("text", text="import"),
    )
    facts = read_facts(data, Wanted(marks))
    assert problem in facts.problem
    assert [value for _, value in facts.marks["seen"]] == ["rt_a"]
    assert facts.marks["text"] and "unknown" not in facts.marks
    assert [one.module for one in facts.imports] == ["a", "b.c"]


def test_a_module_of_20_000_lines_and_one_that_is_nested_deeply() -> None:
    source = "".join(f'def f{n}(a):\n    return load("rt_{n % 100}") + a\n' for n in range(10_000))
    marks = found(source, **LOADS)
    assert len(marks) == 10_000 and marks[-1] == (20_000, "rt_99")
    deep = "".join(" " * n + "if x:\n" for n in range(90)) + " " * 90 + 'load("rt_a")\n'
    assert found(deep, **LOADS) == [(91, "rt_a")]
    chain = "x = " + "load('rt_a') + " * 900 + "1"
    assert len(found(chain, **LOADS)) == 900


def decided(source: str, *rules: ClassRule, path: str = "m.py") -> str:
    """The class of a module, or UNDECIDED."""
    marks = (
        Mark("loads", **LOADS),
        Mark("seen", **LOADS, unparsed=r"load\('(\w+)'"),
        Mark("todo", text="TODO"),
        Mark("foreign", imports=("ctypes",), inside=("module",)),
    )
    (module,) = find_modules([(path, Path(path))], ".").modules
    facts: Facts = read_facts(source.encode(), Wanted(marks))
    return classify(module, facts, marks, rules).name


@pytest.mark.parametrize(
    ("rule", "source", "fits"),
    [
        ({"has": ("loads", "todo")}, "load('rt_a') # TODO", True),
        ({"has": ("loads", "todo")}, "load('rt_a')", False),
        ({"lacks": ("loads",)}, "load('x')", True),
        ({"only": {"loads": ("rt_a",)}}, "load('rt_a'); load('rt_a')", True),
        ({"only": {"loads": ("rt_a",)}}, "load('rt_a'); load('rt_b')", False),
        ({"only": {"loads": ("rt_a",)}}, "", False),
        ({"at_least": {"loads": 2}}, "load('rt_a'); load('rt_a')", True),
        ({"at_least": {"loads": 2}}, "load('rt_a')", False),
        ({"at_most": {"loads": 0}}, "load('rt_a')", False),
        ({"files": ("p/**/*.py",)}, "", True),
        ({"files": ("*.py",)}, "", False),
        ({"parses": False}, "", False),
        ({"parses": False}, "def", True),
        ({"has": ("foreign",)}, "import ctypes.util", True),
        ({"has": ("foreign",)}, "from ctypes import util", True),
        ({"has": ("foreign",)}, "from .ctypes import util", False),
        ({"has": ("foreign",)}, "def f(): import ctypes", False),
        ({"lacks": ("loads",)}, "def", False),  # who knows?
        ({"lacks": ("seen",)}, "def", True),
        ({"only": {"seen": ("rt_a",)}}, "def load('rt_a')", True),
        ({}, "def", True),
    ],
)
def test_rules(rule: dict[str, Any], source: str, fits: bool) -> None:
    name = decided(source, ClassRule("fits", **rule), path="p/q/m.py")
    assert name == ("fits" if fits else UNDECIDED)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (ClassRule("a", has=("todo",)), ClassRule("b", has=("loads",)), ClassRule("c"))
    assert decided("load('rt_a') # TODO", *rules) == "a"
    assert decided("load('rt_a')", *rules) == "b"
    assert decided("", *rules) == "c"
