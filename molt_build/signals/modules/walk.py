"""One walk through the syntax tree of a module, whatever the number of marks.

The walk goes by *places*: nodes that stand in the same place (in a function, in the body of a
`try`, ...) are in one list, which grows while it is gone through, so that no depth of nesting is
too deep. What is in the body of a function runs when it is called: it is not in the `try` around
the function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from molt_build.manifests.module_rules import Mark
from molt_build.signals.modules.wanted import (
    CLASS,
    CONDITION,
    EXCEPT,
    FALLBACK,
    FUNCTION,
    MODULE,
    TRY,
    TYPE_CHECKING,
    Wanted,
    fits,
    stands,
)

# Who takes one of these takes the failure of an import.
_IMPORT_FAILURES = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))

Occurrence = tuple[int, str]  # line, and what is there: a literal, a name, a module


@dataclass(frozen=True)
class Import:
    """One name of an import statement, or all the names of `from module import ...`."""

    line: int
    level: int  # dots before the module's name
    module: str
    names: tuple[str, ...] | None  # None: `import module`
    places: int  # `BITS` of where it stands


_Step = Callable[[Any, int], None]


@dataclass
class Walk:
    """One walk through a syntax tree, and what it has come across."""

    wanted: Wanted
    marks: dict[str, list[Occurrence]] = field(default_factory=dict)
    imports: list[tuple[tuple[int, int, int], Import]] = field(default_factory=list)
    exported: list[str] = field(default_factory=list)
    _here: list[Any] = field(default_factory=list)  # the nodes of the place that is gone through
    _groups: list[tuple[int, list[Any]]] = field(default_factory=list)  # places, and their nodes

    def through(self, tree: ast.Module, *, is_whole: bool) -> None:
        """Walk all of it, or without expressions."""
        steps: dict[type, tuple[str, ...] | _Step] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.If: self._if,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Match: self._match,
            ast.Assign: self._assign,
            ast.AnnAssign: self._assign,
            ast.AugAssign: self._assign,
            ast.For: ("body", "orelse"),
            ast.AsyncFor: ("body", "orelse"),
            ast.While: ("body", "orelse"),
        }
        if is_whole:
            steps = {**_FIELDS, **steps, ast.Lambda: self._lambda, ast.JoinedStr: self._joined}
            for kind in (ast.For, ast.AsyncFor, ast.While):
                steps[kind] = _FIELDS[kind]
            if self.wanted.calls:
                steps[ast.Call] = self._call
            if self.wanted.has_names:
                steps[ast.Name] = self._name
            if self.wanted.literals:
                steps[ast.Constant] = self._constant
        self._groups = [(MODULE, list(tree.body))]
        for places, nodes in self._groups:
            self._here = nodes
            for node in nodes:
                step = steps.get(type(node))
                if step is None:
                    continue
                if isinstance(step, tuple):
                    for name in step:
                        value = getattr(node, name)
                        if type(value) is list:
                            nodes += value
                        else:
                            nodes.append(value)
                else:
                    step(node, places)

    def _mark(self, mark: Mark, node: Any, value: str, places: int) -> None:
        if stands(mark, places):
            self.marks.setdefault(mark.name, []).append((node.lineno, value))

    def _bound(self, name: str, node: Any, places: int) -> None:
        """A name that is assigned, defined or imported."""
        for mark in self.wanted.names.get(name, ()):
            self._mark(mark, node, name, places)
        for glob, mark in self.wanted.globs:
            if fnmatchcase(name, glob):
                self._mark(mark, node, name, places)

    def _import(self, node: ast.Import, places: int) -> None:
        for number, alias in enumerate(node.names):
            one = Import(node.lineno, 0, alias.name, None, places)
            self.imports.append(((node.lineno, node.col_offset, number), one))
            if self.wanted.has_names:
                self._bound(alias.asname or alias.name.partition(".")[0], node, places)

    def _import_from(self, node: ast.ImportFrom, places: int) -> None:
        names = tuple(alias.name for alias in node.names)
        one = Import(node.lineno, node.level, node.module or "", names, places)
        self.imports.append(((node.lineno, node.col_offset, 0), one))
        if self.wanted.has_names:
            for alias in node.names:
                self._bound(alias.asname or alias.name, node, places)

    def _defined(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, at: int
    ) -> None:
        if self.wanted.has_names:
            self._bound(node.name, node, at)
        if self.wanted.decorators:
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                self._named(called, self.wanted.decorators, decorator, at)
        self._here += node.decorator_list
        self._here += getattr(node, "type_params", ())

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, places: int) -> None:
        self._defined(node, places)
        self._here += (node.args, node.returns)
        self._groups.append((_in_function(places), list(node.body)))

    def _lambda(self, node: ast.Lambda, places: int) -> None:
        self._here.append(node.args)
        self._groups.append((_in_function(places), [node.body]))

    def _class(self, node: ast.ClassDef, places: int) -> None:
        self._defined(node, places)
        self._here += node.bases
        self._here += node.keywords
        self._groups.append((places & ~MODULE | CLASS, list(node.body)))

    def _if(self, node: ast.If, places: int) -> None:
        self._here.append(node.test)
        test, body, otherwise = node.test, node.body, node.orelse
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, body, otherwise = test.operand, otherwise, body
        if _is_type_checking(test):
            self._groups.append((places | TYPE_CHECKING, list(body)))
            self._here += otherwise
        else:
            self._groups.append((places | CONDITION, [*node.body, *node.orelse]))

    def _try(self, node: ast.Try | ast.TryStar, places: int) -> None:
        inside = places | TRY if node.handlers else places
        for handler in node.handlers:
            inner = places | EXCEPT
            if handler.type is None or _takes_import_failures(handler.type):
                inner, inside = inner | FALLBACK, inside | FALLBACK
            if self.wanted.has_names and handler.name:
                self._bound(handler.name, handler, inner)
            self._here.append(handler.type)
            self._groups.append((inner, list(handler.body)))
        self._groups.append((inside, list(node.body)))
        self._here += node.orelse
        self._here += node.finalbody

    def _with(self, node: ast.With | ast.AsyncWith, places: int) -> None:
        inside = places
        for item in node.items:
            called = item.context_expr
            if isinstance(called, ast.Call) and _parts(called.func)[:1] == ["suppress"]:
                inside |= TRY
                if any(map(_takes_import_failures, called.args)):
                    inside |= FALLBACK
            self._here += (called, item.optional_vars)
        self._groups.append((inside, list(node.body)))

    def _match(self, node: ast.Match, places: int) -> None:
        self._here.append(node.subject)
        for case in node.cases:
            self._groups.append((places | CONDITION, [case.pattern, case.guard, *case.body]))

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, places: int) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if places & MODULE and any(
            isinstance(one, ast.Name) and one.id == "__all__" for one in targets
        ):
            self.exported += _texts(node.value)
        self._here += targets
        self._here.append(node.value)
        if isinstance(node, ast.AnnAssign):
            self._here.append(node.annotation)

    def _joined(self, node: ast.JoinedStr, places: int) -> None:
        """An f-string: what is in quotes there is no whole text."""
        self._here += [part for part in node.values if not isinstance(part, ast.Constant)]

    def _call(self, node: ast.Call, places: int) -> None:
        function, arguments = node.func, node.args
        last = getattr(function, "attr", None) or getattr(function, "id", None)
        if last in self.wanted.calls:
            self._named(function, self.wanted.calls, node, places)
        self._here.append(function)
        self._here += arguments
        self._here += [keyword.value for keyword in node.keywords]

    def _named(
        self,
        function: ast.expr,
        wanted: Mapping[str, list[tuple[Mark, list[str]]]],
        node: Any,
        places: int,
    ) -> None:
        """What is called, or decorates, if its name is looked for."""
        parts = _parts(function)
        for mark, name in wanted.get(parts[0], ()) if parts else ():
            if parts[: len(name)] != name:
                continue
            if mark.argument is None:
                self._mark(mark, node, ".".join(name[::-1]), places)
            elif node.args and isinstance(node.args[0], ast.Constant):
                value = node.args[0].value
                if isinstance(value, str) and fits(mark.argument, value):
                    self._mark(mark, node, value, places)

    def _name(self, node: ast.Name, places: int) -> None:
        if type(node.ctx) is ast.Store:
            self._bound(node.id, node, places)

    def _constant(self, node: ast.Constant, places: int) -> None:
        if isinstance(node.value, str):
            for mark in self.wanted.literals:
                if fits(mark.literal, node.value):
                    self._mark(mark, node, node.value, places)


def _in_function(places: int) -> int:
    return places & ~(MODULE | TRY | EXCEPT | FALLBACK) | FUNCTION


def _parts(node: ast.expr) -> list[str]:
    """The parts of a dotted name from its end: those of `a().b.c` are c and b."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return parts


def _is_type_checking(test: ast.expr) -> bool:
    """Whether nothing in the branch ever runs."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(map(_is_type_checking, test.values))
    return _parts(test)[:1] == ["TYPE_CHECKING"]


def _takes_import_failures(caught: ast.expr) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_takes_import_failures, caught.elts))
    return not _IMPORT_FAILURES.isdisjoint(_parts(caught)[:1])


def _texts(value: ast.expr | None) -> list[str]:
    """The texts in quotes of a list or tuple, or of several added together."""
    found: list[str] = []
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.BinOp):
            todo += (part.left, part.right)
        elif isinstance(part, ast.List | ast.Tuple):
            texts = [one.value for one in part.elts if isinstance(one, ast.Constant)]
            found += [text for text in texts if isinstance(text, str)]
    return found


# Fields that hold no nodes worth going to: names, operators, what is for type checkers alone.
_NO_NODES = frozenset(
    ("attr", "conversion", "ctx", "kind", "level", "module", "names", "op", "ops", "type_comment")
)
# Kind of node -> the fields that may hold others.
_FIELDS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _NO_NODES)
    for kind in vars(ast).values()
    if isinstance(kind, type)
    and issubclass(kind, ast.AST)
    and kind not in (ast.Name, ast.Constant)
    and not set(kind._fields) <= _NO_NODES
}
