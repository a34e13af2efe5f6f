"""Imports on several roots are found as an interpreter finds them, over random trees of modules.

For each tree a real interpreter, with the same folders as its `sys.path`, says which files it read.
These must be among the inputs. Then a file is added, removed or edited: where that changes what the
interpreter reads, the key must change.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from molt_build.actions.import_roots import names_component
from molt_build.actions.imports import Place, local_imports
from molt_build.store.digest import StatCache

# Runs the programs whose folders are its arguments, each in a process of its own: prints for each
# the files that it read, in their order, with the names that failed.
INTERPRETER = """
import json, os, sys
for line in sys.stdin:
    folder, roots = json.loads(line)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        sys.path[:] = [os.path.join(folder, root) for root in roots]
        sys.path_importer_cache.clear()
        seen = []
        def hook(event, args):
            if event == "open" and str(args[0]).startswith(folder) and os.path.isfile(args[0]):
                seen.append(os.path.relpath(args[0], folder))
        sys.addaudithook(hook)
        sys.dont_write_bytecode = True
        failed = []
        for name in open(os.path.join(folder, "source/main.names")).read().split():
            try:
                __import__(name)
            except ImportError:
                failed.append(name)
        told = json.dumps([seen, failed]).encode()
        os.write(writer, told)
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        print(stream.read().decode(), flush=True)
    os.waitpid(child, 0)
"""
NAMES = ("a", "b", "c")
# Two of them staged, two in place; which comes first differs.
ROOTS = ("source", "source/lib", "first", "last")


class Tree:
    """Modules on several roots, and what they are to the search and to the interpreter."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.roots = chance.sample(ROOTS[1:], 3)
        self.roots.insert(chance.randrange(2), "source")
        (folder / "source").mkdir(parents=True)
        imports = [self._import(chance, at_top=True) for _ in range(4)]
        names = [text.split()[1] for text in imports]
        (folder / "source/main.py").write_text("\n".join(imports))
        (folder / "source/main.names").write_text("\n".join(names))
        for _ in range(chance.randrange(3, 14)):
            self.change(chance, may_remove=False)

    def _import(self, chance: random.Random, *, at_top: bool = False) -> str:
        name = ".".join(chance.choice(NAMES) for _ in range(chance.randrange(1, 4)))
        if at_top or chance.random() < 0.4:
            return f"import {name}"
        if chance.random() < 0.5:
            return f"from {name} import {chance.choice(NAMES)}"
        dots = "." * chance.randrange(1, 3)
        return f"from {dots}{chance.choice(['', name])} import {chance.choice(NAMES)}"

    def change(self, chance: random.Random, *, may_remove: bool = True) -> str:
        """Add, edit or remove a module; what was done."""
        there = sorted(
            path for path in self.folder.rglob("*.py") if path != self.folder / "source/main.py"
        )
        if may_remove and there and chance.random() < 0.4:
            path = chance.choice(there)
            path.unlink()
            return f"removed {path.relative_to(self.folder)}"
        parts = [chance.choice(NAMES) for _ in range(chance.randrange(1, 4))]
        if chance.random() < 0.3:
            parts.append("__init__")
        path = self.folder / chance.choice(ROOTS) / f"{'/'.join(parts)}.py"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            guarded = "".join(
                f"try:\n    {self._import(chance)}\nexcept ImportError:\n    pass\n"
                for _ in range(chance.randrange(3))
            )
            path.write_text(f"# {chance.random()}\n{guarded}")
        except OSError:  # a folder where a file is, or the other way round
            pass
        return f"wrote {path.relative_to(self.folder)}"

    def key(self) -> tuple[set[str], dict[str, str]]:
        """The inputs, relative to the tree's folder, and the components that stand for them."""
        cache = StatCache(self.folder / "cache", (self.folder,))
        places = [
            Place(root.removeprefix("source").lstrip("/"), is_staged=True)
            if root.startswith("source")
            else Place(str(self.folder / root), is_staged=False)
            for root in self.roots
        ]
        found = local_imports(str(self.folder / "source"), "main.py", cache, places)
        inputs = {f"source/{path}" for path in found.inputs}
        inputs |= {str(Path(path).relative_to(self.folder)) for path in found.in_place}
        components = {path: cache.digest(str(self.folder / path)) for path in inputs}
        components |= dict.fromkeys((f"absent {path}" for path in found.absences), "")
        for folder, names in found.names.items():
            components[f"names {folder}"] = names_component(cache, folder, names)
        return inputs, components

    def contents(self, paths: list[str]) -> list[bytes]:
        """What files hold."""
        return [(self.folder / path).read_bytes() for path in paths]


class Interpreter:
    """An interpreter that is asked about trees, one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", INTERPRETER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self, tree: Tree) -> tuple[list[str], list[str]]:
        """The files that importing the program's modules reads, and what could not be imported."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(tree.folder), tree.roots]) + "\n")
        self._process.stdin.flush()
        seen, failed = json.loads(self._process.stdout.readline())
        return [path for path in seen if path != "source/main.names"], failed

    def close(self) -> None:
        """End it."""
        self._process.communicate()


@pytest.fixture
def interpreter() -> Iterator[Interpreter]:
    started = Interpreter()
    yield started
    started.close()


@pytest.mark.parametrize("seed", range(100, 130))
def test_random_trees(tmp_path: Path, interpreter: Interpreter, seed: int) -> None:
    chance = random.Random(seed)
    noticed = read_s = 0
    for number in range(60):
        tree = Tree(tmp_path / str(number), chance)
        seen = interpreter.read(tree)
        told = tree.contents(seen[0])
        inputs, components = tree.key()
        for _ in range(4):
            read_s += len(seen[0])
            assert set(seen[0]) <= inputs, (tree.folder, tree.roots)
            done = tree.change(chance)
            now = interpreter.read(tree)
            contents = tree.contents(now[0])
            inputs, after = tree.key()
            if (now, contents) != (seen, told):
                noticed += 1
                assert after != components, (tree.folder, tree.roots, done)
            seen, told, components = now, contents, after
    assert noticed > 30 and read_s > 300  # the trees are no deserts
