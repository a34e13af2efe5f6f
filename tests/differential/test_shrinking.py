"""Programs are made smaller step by step, and what must stay true of them stays true."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings

import pytest

from molt_build.differential.inlining import inlinings
from molt_build.differential.shrinking import joined, shrink, slices
from molt_build.errors import MeasurementFailed

WHOLE = '''\
"""A docstring."""
import math
from os import path


def halved(number):
    return number // 2


def doubled(number):
    return number * 2


def main():
    total = 0
    for number in (4, 9, 12):
        total += number
    print(path.sep, math.pi)
    values = [doubled(3), halved(-7)]
    print(*values, total)


if __name__ == "__main__":
    main()
'''


def printed(text: str) -> str:
    """What a program prints, up to an error of its own."""
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.suppress(Exception),
        warnings.catch_warnings(action="ignore"),
    ):
        exec(compile(text, "program", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def floors(text: str) -> bool:
    """Whether it prints what a division that rounds towards zero would print otherwise."""
    return printed(text) != printed(text.replace("//", "/")) and "-4" in printed(text)


def test_a_program_is_shrunk_to_what_matters() -> None:
    tried: list[str] = []
    told: list[str] = []

    def holds(text: str) -> bool:
        tried.append(text)
        return floors(text)

    text = shrink(WHOLE, holds, told.append)
    assert text.splitlines() == [
        "def main(): print(-7 // 2)",
        'if __name__ == "__main__": main()',
    ]
    assert len(tried) == len(set(tried)) < 60  # each is asked about once
    assert told[-1] == text and all(map(floors, told))
    assert shrink(WHOLE, floors, told.append) == text
    assert all(ast.parse(one) for one in tried)


def test_slices_have_what_they_need_and_no_more() -> None:
    body = WHOLE.partition("\n\nif __name__")[0]
    found = [ast.unparse(tree) for tree in slices(ast.parse(body))]
    path = next(text for text in found if "path.sep" in text)
    assert path.startswith("import math\nfrom os import path") and "doubled" not in path
    last = next(text for text in found if "print(*values" in text)
    assert "total += number" in last and "def halved" in last and "import" not in last
    silent = [text for text in found if text.endswith("total = 0")]
    assert found.index(path) < found.index(last) < found.index(silent[0])


@pytest.mark.parametrize(
    ("body", "among"),
    [
        ("for x in (1, 2): print(x)", "x = 2\nprint(x)"),
        ("for x in range(2): print(x)", "x = 1\nprint(x)"),
        ("for x, y in [(1, 2)]: print(x, y)", "x, y = (1, 2)\nprint(x, y)"),
        ("(x, y) = (1, 2)\nprint(x + y)", "print(1 + 2)"),
        ("x: int = 3\nprint(x)", "print(3)"),
        ("print([x + 1 for x in (5, 6)])", "print([6 + 1])"),
        ("def f(a, b): return a - b\nprint(f(5, 6))", "print(5 - 6)"),
        ("def f(a):\n    print(a)\n    print(1)\nf(5)", "print(5)\nprint(1)"),
        ("print((lambda a: a * 2)(4))", "print(4 * 2)"),
    ],
)
def test_values_take_the_place_of_names(body: str, among: str) -> None:
    assert among in list(inlinings(body))


@pytest.mark.parametrize(
    "body",
    [
        "for x in (1,):\n    break",
        "x = 1\nx = 2\nprint(x)",
        "def f(*a): return a\nprint(f(1))",
        "for x in [*(1, 2)]: print(x)",
    ],
)
def test_what_cannot_be_inlined_is_left(body: str) -> None:
    assert [text for text in inlinings(body) if len(text) < len(body)] == []


def test_lines_are_joined_where_that_means_the_same() -> None:
    body = "def f():\n\n    try:\n        g()\n    finally:\n        if a:\n            h()\n"
    assert joined(body) == "def f():\n    try: g()\n    finally:\n        if a: h()"
    text = 'def f():\n    """A\n\n    b:\n    c"""\n    return 1'
    assert joined(text) == text


def test_comments_that_matter_stay_and_others_that_do_are_said() -> None:
    directive = "# compiler: strict\n" + WHOLE
    text = shrink(directive, lambda text: "# compiler" in text and floors(text), lambda _: None)
    assert text.splitlines()[0] == "# compiler: strict" and len(text.splitlines()) == 3
    inside = WHOLE.replace("number // 2", "number // 2  # here")
    with pytest.raises(MeasurementFailed, match="does not diverge as before"):
        shrink(inside, lambda text: "# here" in text, lambda _: None)
    with pytest.raises(MeasurementFailed, match="cannot be parsed by Python 3"):
        shrink("def main(:", lambda text: True, lambda _: None)


def test_a_float_is_not_halved_a_thousand_times() -> None:
    tried: list[str] = []

    def holds(text: str) -> bool:
        tried.append(text)
        return printed(text) not in ("", "0.0\n")

    text = shrink("def main():\n    print(1e300)\n\n\nmain()\n", holds, lambda _: None)
    assert printed(text) not in ("", "0.0\n") and len(tried) < 40
