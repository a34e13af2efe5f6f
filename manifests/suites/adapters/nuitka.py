"""Drives the programs of Nuitka's suite.

A construct does its work when it is imported: the whole import is the work, or the import and
`main()` where the loop is in such a function. Its output is "OK." only; what is digested is the
module's state afterwards, and what each call of the loop's body returns when it is done once more.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

Work = Callable[[], object]


def plain(value: object) -> object:
    """A value of plain types for any value: of functions and classes their names.

    The types of functions and coroutines differ between compilers, so they do not count.
    """
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return {plain(item) for item in value}
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return getattr(value, "__name__", "object") if callable(value) else "object"


def state(module: ModuleType) -> dict[str, object]:
    """The module's variables that hold plain values, by name."""
    kinds = (type(None), bool, int, float, str, list, tuple, set, dict)
    return {
        name: plain(value)
        for name, value in vars(module).items()
        if isinstance(value, kinds) and not name.startswith("__")
    }


def calls(path: str) -> list[str]:
    """The calls that are the body of the program's outermost loop, as source text."""
    with open(path, encoding="utf-8") as stream:
        module = ast.parse(stream.read())
    mains = [node for node in module.body if getattr(node, "name", "") == "main"]
    nodes = [node for scope in (module, *mains) for node in scope.body]
    (loop,) = [node for node in nodes if isinstance(node, ast.For)]
    return [ast.unparse(node) for node in loop.body]


def default(bench: Any) -> Work:
    """A construct: its import, and its `main()` where the loop is there."""
    source = bench.path(bench.name + ".py")
    sys.argv = [source, *bench.args]  # some look for a count in it
    repeated = calls(source)

    def work() -> object:
        module = bench.module()
        if hasattr(module, "main"):
            module.main()
        after = state(module)
        return [after, [plain(eval(call, vars(module))) for call in repeated]]

    return work


def binary_trees(bench: Any) -> Work:
    """What it computes is printed."""
    return lambda: bench.module().main()


def generator_comparison(bench: Any) -> Work:
    """The import is the work; the last list that was made counts."""
    return lambda: list(bench.module().r)


def mandelbrot(bench: Any) -> Work:
    """NumPy is only asked for evenly spaced numbers: a function here stands in for it."""

    def linspace(start: float, stop: float, count: int) -> list[float]:
        step = (stop - start) / (count - 1)
        return [start + step * index for index in range(count)]

    numpy: Any = ModuleType("numpy")
    numpy.linspace = linspace
    sys.modules["numpy"] = numpy
    module = bench.module()
    return lambda: module.mandelbrot_set(-2.0, 0.5, -1.25, 1.25, bench.size, bench.size, 80)


def nbody(bench: Any) -> Work:
    """The time it returns is dropped; positions, speeds and the energy count."""
    module = bench.module()

    def work() -> object:
        module.bench_nbody(bench.size, "sun", 2000)
        return [module.report_energy(), plain(module.SYSTEM)]

    return work


def pystone(bench: Any) -> Work:
    """The times it returns are dropped; its variables at the end count."""
    module = bench.module()
    names = ["IntGlob", "BoolGlob", "Char1Glob", "Char2Glob", "Array1Glob", "Array2Glob"]

    def record(value: Any) -> object:
        return [value.Discr, value.EnumComp, value.IntComp, value.StringComp]

    def work() -> object:
        module.pystones(bench.size)
        records = [record(module.PtrGlb), record(module.PtrGlbNext)]
        return [[getattr(module, name) for name in names], records]

    return work


def variable_access(bench: Any) -> Work:
    """Its functions in the order in which it times them, each done `size` times."""
    module = bench.module()
    kinds = ["local", "nonlocal", "global", "builtin", "classvar", "instancevar"]
    reads = [f"read_{kind}" for kind in [*kinds, "unboundmethod", "boundmethod"]]
    writes = [f"write_{kind}" for kind in kinds if kind != "builtin"]
    functions = [getattr(module, name) for name in [*reads, *writes, "loop_overhead"]]

    def work() -> object:
        returned = [function() for function in functions for _ in range(bench.size)]
        return [sum(value is not None for value in returned), state(module)]

    return work
