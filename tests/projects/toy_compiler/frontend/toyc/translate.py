"""From Python's syntax tree to instructions, one a line.

Taken are functions over whole numbers, `while`, `if`, assignments, calls (also of imported
modules' functions), whole-number constants of modules, `print` of one number, and
`raise SystemExit(number)`.
"""

import ast
from pathlib import Path

from toyc.modules import Modules

OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}


class Unsupported(Exception):
    """What the toy does not take."""


def translate(entry: Path, modules: Modules, *, is_optimised: bool) -> list[str]:
    """The instructions of a program, its modules' functions included."""
    lines: list[str] = []
    done: set[str] = set()
    todo = [(entry.stem, modules.read(entry))]
    while todo:
        module, text = todo.pop(0)
        if module in done:
            continue
        done.add(module)
        tree = ast.parse(text)
        imported = [alias.name for n in tree.body if isinstance(n, ast.Import) for alias in n.names]
        found = {name: modules.find(name) for name in imported}
        missing = [name for name, source in found.items() if source is None]
        if missing:
            raise Unsupported(f"no module named {missing[0]}")
        todo += [(name, source) for name, source in found.items() if source is not None]
        constants = {name: _constants(source) for name, source in found.items() if source}
        constants[""] = _constants(text)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                lines += _Function(module, node, constants, is_optimised=is_optimised).lines
    return [*lines, f"start {entry.stem}.main"]


def _constants(text: str) -> dict[str, int]:
    return {
        node.targets[0].id: node.value.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int)
    }


class _Function:
    def __init__(
        self,
        module: str,
        node: ast.FunctionDef,
        constants: dict[str, dict[str, int]],
        *,
        is_optimised: bool,
    ) -> None:
        self.module = module
        self.constants = constants
        self.is_optimised = is_optimised
        self.locals = {argument.arg: n for n, argument in enumerate(node.args.args)}
        self.labels = 0
        self.body: list[str] = []
        for statement in node.body:
            self.statement(statement)
        head = f"func {module}.{node.name} {len(node.args.args)} {len(self.locals)}"
        self.lines = [head, *self.body, "const 0", "return", "end"]

    def label(self) -> int:
        self.labels += 1
        return self.labels

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.expression(node.value)
            self.store(node.targets[0].id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.expression(ast.BinOp(ast.Name(node.target.id), node.op, node.value))
            self.store(node.target.id)
        elif isinstance(node, ast.While):
            again, after = self.label(), self.label()
            self.body.append(f"label {again}")
            self.expression(node.test)
            self.body.append(f"jumpz {after}")
            for each in node.body:
                self.statement(each)
            self.body += [f"jump {again}", f"label {after}"]
        elif isinstance(node, ast.If):
            otherwise, after = self.label(), self.label()
            self.expression(node.test)
            self.body.append(f"jumpz {otherwise}")
            for each in node.body:
                self.statement(each)
            self.body += [f"jump {after}", f"label {otherwise}"]
            for each in node.orelse:
                self.statement(each)
            self.body.append(f"label {after}")
        elif isinstance(node, ast.Return):
            self.expression(node.value or ast.Constant(0))
            self.body.append("return")
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            self.expression(node.exc.args[0])
            self.body.append("exit")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            pass  # a docstring
        elif isinstance(node, ast.Expr):
            self.expression(node.value)
            self.body.append("drop")
        else:
            raise Unsupported(f"line {node.lineno}: {type(node).__name__}")

    def store(self, name: str) -> None:
        self.body.append(f"store {self.locals.setdefault(name, len(self.locals))}")

    def expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.BinOp) and self.is_optimised and self._is_folded(node):
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            self.body.append(f"const {int(node.value)}")
        elif isinstance(node, ast.Name):
            if node.id in self.locals:
                self.body.append(f"load {self.locals[node.id]}")
            else:
                self.constant("", node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            self.constant(node.value.id, node.attr)
        elif isinstance(node, ast.BinOp):
            self.pair(node.left, type(node.op), node.right)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            self.pair(ast.Constant(0), ast.Sub, node.operand)
        elif isinstance(node, ast.Compare):
            self.pair(node.left, type(node.ops[0]), node.comparators[0])
        elif isinstance(node, ast.Call):
            for argument in node.args:
                self.expression(argument)
            self.body.append(self.call(node.func, len(node.args)))
        else:
            raise Unsupported(f"{type(node).__name__} in an expression")

    def pair(self, left: ast.expr, operator: type, right: ast.expr) -> None:
        self.expression(left)
        self.expression(right)
        if operator not in OPERATORS:
            raise Unsupported(operator.__name__)
        self.body.append(OPERATORS[operator])

    def constant(self, module: str, name: str) -> None:
        try:
            self.body.append(f"const {self.constants[module][name]}")
        except KeyError:
            raise Unsupported(f"{module or self.module} has no constant {name}") from None

    def call(self, function: ast.expr, count: int) -> str:
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return f"call {function.value.id}.{function.attr} {count}"
        if isinstance(function, ast.Name):
            return (
                "print" if function.id == "print" else f"call {self.module}.{function.id} {count}"
            )
        raise Unsupported("a call of what is no name")

    def _is_folded(self, node: ast.BinOp) -> bool:
        sides = (node.left, node.right)
        if not all(isinstance(side, ast.Constant) for side in sides):
            return False
        value = eval(compile(ast.Expression(ast.fix_missing_locations(node)), "", "eval"))
        self.body.append(f"const {value}")
        return True
