"""Which files of a tree are which modules, as Python finds them below one folder on its path.

A package is looked for before a module of its name, and a module before a folder that has no
`__init__.py`; what is hidden so is no module, and is told. A folder without `__init__.py` is a
package of its own kind (PEP 420): modules lie in it, but it is none, since nothing of it runs.
Files whose path has a part that is no identifier cannot be imported by a statement; they are told
as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_INIT = "__init__"
_SUFFIX = ".py"


@dataclass(frozen=True)
class Module:
    """A module of the tree."""

    name: str  # dotted, as it is imported
    path: str  # relative to the root, with `/`
    file: Path
    is_package: bool = False

    @property
    def package(self) -> tuple[str, ...]:
        """The parts of the package's name that its relative imports begin from."""
        parts = tuple(self.name.split("."))
        return parts if self.is_package else parts[:-1]


@dataclass(frozen=True)
class Tree:
    """The modules below a root, by name in the order of names, and what is none of them."""

    modules: tuple[Module, ...]
    hidden: tuple[tuple[str, str], ...]  # path of a file, and what is found in its place
    unnamed: tuple[str, ...]  # paths that are no names of modules


def find_modules(files: Iterable[tuple[str, Path]], root: str, package: str = "") -> Tree:
    """The modules among files (name as shown, path); those that do not lie in the root are none.

    `root` is the folder, by the beginning of the files' names, whose modules are named without a
    dot, or after `package`: the dotted name of the root itself. "." is where all names begin.
    """
    before = package.split(".") if package else []
    inside = root.rstrip("/") + "/" if os.path.normpath(root) != "." else ""
    found: dict[str, Module] = {}
    hidden: list[tuple[str, str]] = []
    unnamed = []
    for shown, file in sorted(files):
        if not shown.startswith(inside) or not shown.endswith(_SUFFIX):
            continue
        path = shown[len(inside) :]
        parts = path[: -len(_SUFFIX)].split("/")
        if not all(part.isidentifier() for part in parts):
            unnamed.append(path)
            continue
        is_package = parts[-1] == _INIT and (len(parts) > 1 or bool(before))
        name = ".".join(before + (parts[:-1] if is_package else parts))
        one = Module(name, path, file, is_package)
        other = found.get(name)
        if other is None or is_package:
            found[name] = one
        if other is not None:
            hides, is_hidden = (one, other) if is_package else (other, one)
            hidden.append((is_hidden.path, hides.path))
    for name, one in list(found.items()):
        parents = chain_of(name)[:-1]
        hiding = next((n for n in parents if n in found and not found[n].is_package), None)
        if hiding is not None:
            hidden.append((one.path, found[hiding].path))
            del found[name]
    modules = tuple(found[name] for name in sorted(found))
    return Tree(modules, tuple(sorted(hidden)), tuple(unnamed))


def chain_of(name: str) -> list[str]:
    """`a`, `a.b`, `a.b.c` for `a.b.c`: what importing it imports, in order."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
