"""What the modules of a tree import: of the tree, and of what lies outside.

What runs when a module is imported is followed as Python does: `import a.b` imports `a` and then
`a.b`; `from a import b` imports `a`, and `a.b` where that is a module; `from a import *` imports
what `a.__all__` names of its modules; and a module in a package imports the package first. A name
in a package of the tree that is no module of it is an attribute, or missing: it leads nowhere.
`__future__` is a word to the compiler, and is not followed. Imports by computed names are not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from molt_build.signals.modules.facts import Facts
from molt_build.signals.modules.tree import Module, chain_of
from molt_build.signals.modules.walk import Import

AS_PACKAGE = 0  # in the place of a line: the module's own package


@dataclass(frozen=True)
class Edge:
    """An import of one module."""

    name: str  # of a module of the tree, or of one outside
    line: int
    places: int


@dataclass(frozen=True)
class Graph:
    """The modules of a tree with their facts, and the imports between them."""

    modules: Mapping[str, Module]
    facts: Mapping[str, Facts]
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)  # in the order of lines


def graph_of(modules: Iterable[Module], facts: Mapping[str, Facts]) -> Graph:
    """The graph of all modules of a tree."""
    by_name = {module.name: module for module in modules}
    folders = {parent for name in by_name for parent in chain_of(name)} - by_name.keys()
    edges = {
        name: tuple(_edges(module, facts, by_name, folders)) for name, module in by_name.items()
    }
    return Graph(by_name, facts, edges)


def fits_any(name: str, globs: Iterable[str]) -> bool:
    """Whether a module has one of these names."""
    return any(fnmatchcase(name, glob) for glob in globs)


def lies_in_any(name: str, globs: Iterable[str]) -> bool:
    """Whether a module has one of these names, or lies in a package that has."""
    return any(fits_any(one, globs) for one in chain_of(name))


def imported_names(module: Module, one: Import) -> tuple[str, ...]:
    """The full names that an import spells: `a.b` and `a.c` for `from a import b, c`.

    An import that leads out of the tree by its dots is spelled as it is written.
    """
    base = _base(module, one)
    if one.names is None or one.names == ("*",):
        return (base,)
    inner = [name for name in one.names if name != "*"]
    return tuple(
        f"{base}.{name}" if base and not base.endswith(".") else base + name for name in inner
    )


def _base(module: Module, one: Import) -> str:
    """The full name of what stands behind `from`, or `import`."""
    if not one.level:
        return one.module
    package = module.package
    kept = len(package) - one.level + 1
    if kept < 0:
        return "." * one.level + one.module
    return ".".join((*package[:kept], *([one.module] if one.module else ())))


def _edges(
    module: Module, facts: Mapping[str, Facts], by_name: Mapping[str, Module], folders: set[str]
) -> Iterator[Edge]:
    """What a module imports, each with the places of one import: the first of them in the file."""
    seen: set[tuple[str, int]] = set()
    for edge in _imports(module, facts, by_name, folders):
        if edge.name != module.name and (edge.name, edge.places) not in seen:
            seen.add((edge.name, edge.places))
            yield edge


def _imports(
    module: Module, facts: Mapping[str, Facts], by_name: Mapping[str, Module], folders: set[str]
) -> Iterator[Edge]:
    for name in chain_of(module.name)[:-1]:
        if name in by_name:
            yield Edge(name, AS_PACKAGE, 0)
    for one in facts[module.name].imports:
        base = _base(module, one)
        if base == "__future__":
            continue
        names = chain_of(base) if base else []
        reached = [name for name in names if name in by_name]
        inner = [name for name in _inner(base, one, facts) if name in by_name]
        for name in (*reached, *inner):
            yield Edge(name, one.line, one.places)
        if base and not reached and not inner and base not in folders:
            yield Edge(base, one.line, one.places)


def _inner(base: str, one: Import, facts: Mapping[str, Facts]) -> list[str]:
    """What may be modules in what stands behind `from`."""
    names = one.names or ()
    if names == ("*",):
        names = facts[base].exported if base in facts else ()
    return [f"{base}.{name}" if base else name for name in names]
