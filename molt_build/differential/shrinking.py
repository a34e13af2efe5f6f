"""Making a Python program smaller while something stays true of it.

What must stay true is a function of the whole text, which builds and runs it: dear, so that each
text is asked about once, and likely ones come first. All of it is deterministic. In order:

1. *Slices*. A statement of `main`, with what binds the names that it reads and the functions that
   it calls: often one statement is all that matters. The smallest slice that will do is taken.
2. *pysource-minimize*, a reducer of syntax trees, which takes away statements, operands,
   arguments, elements and letters, in halves first. All that it tries can be parsed and compiled.
3. *Inlining*, which it does not do: one element of a loop, a value in the place of a name, a call
   of a function that only returns. It comes before 2 as well, and both again until nothing changes.
4. *Joining* a header with its only simple statement (`try: pass`), and no blank lines.

Why this reducer and not `shrinkray`, the other one that is kept up: that edits bytes, in many
formats, and most of what it tries of a program is none any more; it wants Python 3.12, and is a
program with a screen of its own that runs a test script for each text. Here a text costs a build.

A last statement `if __name__ == "__main__":` is no part of what is shrunk: engines import the
module and call `main`, and without it the reference would call nothing.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from copy import copy
from importlib.util import find_spec
from platform import python_version

from molt_build.differential.inlining import inlinings
from molt_build.errors import MeasurementFailed, ToolMissing

Holds = Callable[[str], bool]

ENDING = 'if __name__ == "__main__": main()\n'
INSTALL = 'pip install "molt-build[reduce]"'
_DIGITS = 6  # of a new float: it halves them a thousand times
_RENAMED = "unique_name_"  # names that it gives: no program becomes smaller by them
_OF_MODULES = {"__name__", "__file__", "__doc__", "__class__"}
_GUARD = "__name__ == '__main__'"
_COMPOUND = re.compile(r"(if|for|while|try|with|def|class|async|match|case|elif|else|except)\b|@")


def check_reducer() -> None:
    """Raise `ToolMissing` where the reducer is not installed."""
    if find_spec("pysource_minimize") is None:
        raise ToolMissing("reducing programs needs the package pysource-minimize", INSTALL)


def shrink(source: str, holds: Holds, found: Callable[[str], None]) -> str:
    """The smallest program that was found of which `holds` is true, as it is of `source`.

    `found` is told each smaller one at once: who is interrupted has the last. Raises `ToolMissing`
    without the reducer, `MeasurementFailed` where it is not true any more of the same program
    written anew, without its comments.
    """
    check_reducer()
    shrinker = _Shrinker(source, holds, found)
    body = shrinker.body
    for tree in slices(ast.parse(body)):
        if shrinker.holds(text := ast.unparse(tree)):
            body = text
            break
    body, before = shrinker.inlined(body), ""
    while body != before:
        before = body
        body = shrinker.inlined(shrinker.minimized(body))
    return shrinker.joined(body)


class _Shrinker:
    """A program in two parts: what is shrunk, and what is around it."""

    def __init__(self, source: str, holds: Holds, found: Callable[[str], None]) -> None:
        self._asked: dict[str, bool] = {}
        self._holds = holds
        self._found = found
        self._head = ""
        try:
            self.body, self._ending = _parts(source)
        except SyntaxError as error:
            message = f"the program cannot be parsed by Python {python_version()}: {error}"
            hint = "run molt-build with a Python that can: it is what reads the program"
            raise MeasurementFailed(message, hint) from error
        self._unbound = _unbound(self.whole(self.body))
        if not self.holds(self.body):
            self._head = _leading_comments(source)  # they may be the compiler's directives
            if not self._head or not self.holds(self.body):
                raise MeasurementFailed(
                    "written anew from its syntax tree, the program does not diverge as before",
                    "the difference comes of a comment or of how the text is laid out: "
                    "shorten it by hand",
                )

    def holds(self, body: str) -> bool:
        """Whether it is true of the program with this body; asked, and told, once.

        A name that nothing binds any more would be an error of the program's own: not asked.
        """
        text = self.whole(body)
        if text not in self._asked:
            is_bound = _unbound(text) <= self._unbound
            self._asked[text] = is_bound and self._holds(text)
            if self._asked[text]:
                self._found(text)
        return self._asked[text]

    def whole(self, body: str) -> str:
        """The program with this body."""
        return f"{self._head}{body.strip()}\n{self._ending}"

    def minimized(self, body: str) -> str:
        """What the reducer leaves of it."""
        from pysource_minimize import minimize

        there = _floats(body)

        def holds(text: str) -> bool:
            new = _floats(text) - there
            is_plainer = _RENAMED not in text and all(len(repr(one)) <= _DIGITS for one in new)
            return is_plainer and self.holds(text)

        text: str = minimize(body, holds, retries=0)
        return text

    def inlined(self, body: str) -> str:
        """The body with all inlined that can be."""
        while True:
            for text in inlinings(body):
                if len(text) < len(body) and self.holds(text):
                    body = text
                    break
            else:
                return body

    def joined(self, body: str) -> str:
        """The whole program on as few lines as can be."""
        text = joined(body)
        return self.whole(text if self.holds(text) else body)


def _parts(source: str) -> tuple[str, str]:
    """What is shrunk, and the ending that is not; "" where a program has none."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.If) or ast.unparse(last.test) != _GUARD or last.orelse:
        return ast.unparse(tree), ""
    del tree.body[-1]
    calls = ast.unparse(ast.Module(last.body, []))
    return ast.unparse(tree), ENDING if calls == "main()" else joined(ast.unparse(last)) + "\n"


def _leading_comments(source: str) -> str:
    """The comments above the first line of code."""
    lines: list[str] = []
    for line in source.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        lines += [line] if line.strip() else []
    return "".join(f"{line}\n" for line in lines)


def joined(body: str) -> str:
    """The same program with each only simple statement on the line of its header."""
    lines = [line for line in body.splitlines() if line.strip()]
    number = 0
    while number + 1 < len(lines):
        header, statement = lines[number : number + 2]
        after = lines[number + 2] if number + 2 < len(lines) else ""
        is_only = _indent(after) <= _indent(header) < _indent(statement)
        if header.endswith(":") and is_only and not _is_compound(statement):
            shorter = [*lines[:number], f"{header} {statement.strip()}", *lines[number + 2 :]]
            if _is_same("\n".join(shorter), body):
                lines = shorter
        number += 1
    text = "\n".join(lines)
    return text if _is_same(text, body) else body


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_compound(line: str) -> bool:
    return _COMPOUND.match(line.lstrip()) is not None


def _is_same(text: str, other: str) -> bool:
    """Whether two texts are the same program."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def slices(tree: ast.Module) -> Iterator[ast.Module]:
    """The program with one statement of `main` each, and what that needs; the likely ones first.

    Those are what prints or calls anything, and of them the smallest.
    """
    mains = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "main"]
    if not mains or len(mains[0].body) < 2:
        return
    whole, main = _size(tree), mains[0]
    found = []
    for place, statement in enumerate(main.body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        alone = copy(main)
        alone.body = _needed(main.body[: place + 1])
        outer = [one for one in tree.body if one is not main]
        names = _reads(alone)
        while (more := names.union(*map(_reads, _binding(outer, names)))) != names:
            names = more
        futures = [one for one in outer if _is_future(one)]
        sliced = ast.Module([*futures, *_binding(outer, names), alone], [])
        is_silent = not any(isinstance(one, ast.Call) for one in ast.walk(statement))
        found.append((is_silent, _size(sliced), place, sliced))
    for _, size, _, sliced in sorted(found, key=lambda one: one[:3]):
        if size < whole:
            yield sliced


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _needed(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The last of them, and those before it that bind, or change, what is read."""
    names, kept = _reads(statements[-1]), [statements[-1]]
    for one in reversed(statements[:-1]):
        if names & _writes(one):
            names |= _reads(one)
            kept.insert(0, one)
    return kept


def _binding(statements: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    return [one for one in statements if names & _writes(one) and not _is_future(one)]


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _reads(node: ast.AST) -> set[str]:
    names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _floats(body: str) -> set[float]:
    constants = (one.value for one in ast.walk(ast.parse(body)) if isinstance(one, ast.Constant))
    return {value for value in constants if isinstance(value, float)}


def _unbound(body: str) -> set[str]:
    """The names that are read and that nothing in the program binds, nor Python itself."""
    tree = ast.parse(body)
    arguments = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    rests = {one.rest for one in ast.walk(tree) if isinstance(one, ast.MatchMapping) and one.rest}
    bound = {name for one in tree.body for name in _bound(one)} | arguments | rests
    return _reads(tree) - bound - set(dir(builtins)) - _OF_MODULES


def _writes(node: ast.stmt) -> set[str]:
    """The names that a statement binds, and those of which it changes an item or attribute."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}  # what it binds inside is its own
    return _bound(node)


def _bound(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(one.name)
        elif isinstance(one, ast.alias):
            found.add((one.asname or one.name).partition(".")[0])
        elif isinstance(one, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and one.name:
            found.add(one.name)
        elif isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            found.add(one.id)
        elif isinstance(one, ast.Subscript | ast.Attribute) and not isinstance(one.ctx, ast.Load):
            found |= _reads(one.value)
    return found
