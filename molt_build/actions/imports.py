"""The local imports of a Python program, found by reading it, without running anything.

Every `import` statement anywhere in the file counts, also those inside functions and `try`. A name
that is found beside the program is an input, and is searched in turn; each file that would have
been found first, had it existed, is an absence. A name that is not found locally belongs to the
toolchain (the standard library or an installed package), and all local files that could shadow it
are absences. Stubs (`.pyi`) are inputs beside their modules, and searched like them. Imports by
computed names are not seen: the staged build then fails, never lies.
"""

from __future__ import annotations

import ast
import json
import os
from dataclasses import dataclass

from molt_build.store.digest import StatCache

# What shadows a module, first found first. Stubs come before sources for type checkers.
_FORMS = ("{0}/__init__.pyi", "{0}/__init__.py", "{0}.pyi", "{0}.py")


@dataclass(frozen=True)
class LocalImports:
    """Paths relative to the source root, with `/`; the entry itself is not among them."""

    inputs: tuple[str, ...]
    absences: tuple[str, ...]


def local_imports(root: str, entry: str, stat_cache: StatCache) -> LocalImports:
    """Find what `entry` imports from its own folder (its `sys.path[0]`), transitively."""
    search = os.path.dirname(entry)
    inputs: dict[str, None] = {}
    absences: dict[str, None] = {}
    todo, done = [entry], set()
    while todo:
        file = todo.pop()
        if file in done:
            continue
        done.add(file)
        for level, name in imported_names(os.path.join(root, file), stat_cache):
            base = search
            if level:
                base = os.path.dirname(file)
                for _ in range(level - 1):
                    base = os.path.dirname(base)
            parts = name.split(".") if name else []
            for depth in range(1, len(parts) + 1):
                stem = "/".join([*([base] if base else []), *parts[:depth]])
                found = _resolve(root, stem, absences)
                for path in found:
                    if path != entry:
                        inputs[path] = None
                        todo.append(path)
                # Nothing found does not end it: a folder without `__init__` is a package too, and
                # one that appears later is news only by what lies in it. A module ends it.
                if any(not os.path.basename(path).startswith("__init__.") for path in found):
                    break
    return LocalImports(tuple(sorted(inputs)), tuple(sorted(set(absences) - set(inputs))))


def imported_names(path: str, stat_cache: StatCache) -> list[tuple[int, str]]:
    """(relative level, dotted name) of each import in a file; [] when it does not parse."""
    rows = json.loads(stat_cache.fact("imports", path, _names_as_json))
    return [(int(level), str(name)) for level, name in rows]


def _names_as_json(data: bytes) -> str:
    found: dict[tuple[int, str], None] = {}
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # too deep: the parser's limit
        return "[]"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[(0, alias.name)] = None
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found[(node.level, module)] = None
            for alias in node.names:  # `from package import submodule`
                if alias.name != "*":
                    dotted = f"{module}.{alias.name}" if module else alias.name
                    found[(node.level, dotted)] = None
    return json.dumps(sorted(found))


def _resolve(root: str, stem: str, absences: dict[str, None]) -> list[str]:
    found: list[str] = []
    for form in _FORMS:
        path = form.format(stem)
        if os.path.isfile(os.path.join(root, path)):
            found.append(path)
            if path.endswith(".py"):
                return found
        else:
            absences[path] = None
    return found
