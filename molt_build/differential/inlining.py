"""Putting values in the place of names: candidates for a smaller program of the same kind.

Nothing here is sure to keep a program's meaning, nor even to give one that runs: whoever takes a
candidate tries it first (`molt_build.differential.shrinking`). Each is one step: who takes one asks
for the candidates of what came of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import deepcopy

_MOST_ELEMENTS = 16  # of a display, each of which is tried
_BLOCKS = ("body", "orelse", "finalbody")


def inlinings(body: str) -> Iterator[str]:
    """Texts in which one thing is inlined, in the order in which these stand in the program."""
    tree = ast.parse(body)
    for place, node in enumerate(ast.walk(tree)):
        for choice in range(_choices(node)):
            changed = ast.parse(body)
            same = next(one for number, one in enumerate(ast.walk(changed)) if number == place)
            if _is_inlined(changed, same, choice):
                yield ast.unparse(ast.fix_missing_locations(changed))


def _choices(node: ast.AST) -> int:
    """In how many ways it may be inlined."""
    if isinstance(node, ast.For):
        return len(_elements(node.iter))
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return len(_elements(node.generators[0].iter))
    return int(isinstance(node, ast.Assign | ast.AnnAssign | ast.Call))


def _is_inlined(tree: ast.Module, node: ast.AST, choice: int) -> bool:
    """Change the tree where the node can be inlined; whether it could."""
    if isinstance(node, ast.For):
        return _loop(tree, node, choice)
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return _comprehension(tree, node, choice)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return _name(tree, node)
    return isinstance(node, ast.Call) and _call(tree, node)


def _loop(tree: ast.Module, loop: ast.For, choice: int) -> bool:
    """A loop over a display: one element is bound, and the body follows."""
    if loop.orelse or any(isinstance(one, ast.Break | ast.Continue) for one in ast.walk(loop)):
        return False
    element = _elements(loop.iter)[choice]
    return _replace(tree, loop, [ast.Assign([loop.target], element), *loop.body])


def _name(tree: ast.Module, node: ast.Assign | ast.AnnAssign) -> bool:
    """A name that is bound once: its value takes the place of it."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if node.value is None or (isinstance(node, ast.Assign) and len(node.targets) != 1):
        return False
    pairs = _bound(target, node.value)
    values = {name.id: value for name, value in pairs if isinstance(name, ast.Name)}
    stored = [
        one.id
        for one in ast.walk(tree)
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
    ]
    once = {name: value for name, value in values.items() if stored.count(name) == 1}
    if not once or len(once) != len(pairs):
        return False
    if not _replace(tree, node, []):
        return False
    _Substituted(once).visit(tree)
    return True


def _bound(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Target and value, one by one where both are displays of as many."""
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        starred = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
        if len(target.elts) == len(value.elts) and not starred:
            return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _comprehension(tree: ast.Module, node: ast.ListComp | ast.GeneratorExp, choice: int) -> bool:
    """One over a display: a list of what it gives of one element."""
    (first, *more) = node.generators
    if more or first.ifs or not isinstance(first.target, ast.Name):
        return False
    element = _elements(first.iter)[choice]
    given = _Substituted({first.target.id: element}).visit(node.elt)
    return _put(tree, node, ast.List([given], ast.Load()))


def _call(tree: ast.Module, call: ast.Call) -> bool:
    """A call of a function, or of a lambda, that only returns; or a statement that is a call."""
    if isinstance(call.func, ast.Lambda):
        values = _parameters(call.func.args, call)
        if values is None:
            return False
        return _put(tree, call, _Substituted(values).visit(call.func.body))
    if not isinstance(call.func, ast.Name):
        return False
    name = call.func.id
    made = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    if len(made) != 1 or made[0].decorator_list:
        return False
    values = _parameters(made[0].args, call)
    if values is None:
        return False
    substituted = _Substituted(values)
    body = [substituted.visit(deepcopy(statement)) for statement in made[0].body]
    if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
        is_put = _put(tree, call, body[0].value)
    else:
        whole = [one for one in ast.walk(tree) if isinstance(one, ast.Expr) and one.value is call]
        is_put = bool(whole) and _replace(tree, whole[0], body)
    if is_put and not any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(tree)):
        tree.body.remove(made[0])
    return is_put


def _parameters(parameters: ast.arguments, call: ast.Call) -> dict[str, ast.expr] | None:
    """The value of each parameter; None where they are not all given in order."""
    names = [one.arg for one in (*parameters.posonlyargs, *parameters.args)]
    others = (parameters.vararg, parameters.kwarg, *parameters.kwonlyargs)
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    if any(others) or call.keywords or starred or len(names) != len(call.args):
        return None
    return dict(zip(names, call.args, strict=True))


def _elements(node: ast.expr) -> list[ast.expr]:
    """The elements of a display, or of a range that is as short; [] of all else."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        starred = any(isinstance(one, ast.Starred) for one in node.elts)
        return [] if starred or len(node.elts) > _MOST_ELEMENTS else node.elts
    is_range = isinstance(node, ast.Call) and ast.unparse(node.func) == "range"
    if is_range and isinstance(node, ast.Call) and len(node.args) == 1:
        stop = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(stop, int) and stop <= _MOST_ELEMENTS:
            return [ast.Constant(number) for number in range(stop)]
    return []


def _replace(tree: ast.Module, old: ast.stmt, new: list[ast.stmt]) -> bool:
    """Put statements in the place of one; whether it was found."""
    for parent in ast.walk(tree):
        for field in _BLOCKS:
            block = getattr(parent, field, None)
            if isinstance(block, list) and any(one is old for one in block):
                place = next(number for number, one in enumerate(block) if one is old)
                block[place : place + 1] = new
                if not block and field == "body" and parent is not tree:
                    block.append(ast.Pass())
                return True
    return False


def _put(tree: ast.Module, old: ast.expr, new: ast.expr) -> bool:
    """Put an expression in the place of one."""
    _Put(old, new).visit(tree)
    return True


class _Put(ast.NodeTransformer):
    """A tree with one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """Take the other one, or go on below."""
        if node is self._old:
            return self._new
        self.generic_visit(node)
        return node


class _Substituted(ast.NodeTransformer):
    """A tree with values in the place of names that are read."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The value of a name that has one."""
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return deepcopy(self._values[node.id])
        return node
