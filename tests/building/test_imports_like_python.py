"""Imports on several roots are found as an interpreter finds them, over random trees of modules.

For each tree a real interpreter, with the same folders as its `sys.path`, says which files it read.
These must be among the inputs. Then a file is added, removed or edited: where that changes what an
interpreter finds that is given what is staged, the key must change.
"""

from __future__ import annotations

import json
import random
import shutil
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
        names = open(os.path.join(folder, "source/main.names")).read().split()
        sys.path_importer_cache.clear()
        seen = []
        def hook(event, args):
            if event == "open" and str(args[0]).startswith(folder) and os.path.isfile(args[0]):
                seen.append(os.path.relpath(args[0], folder))
        sys.addaudithook(hook)
        sys.dont_write_bytecode = True
        failed = []
        for name in names:
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
        there = sorted(path for root in ROOTS for path in (self.folder / root).rglob("*.py"))
        there = [path for path in there if path != self.folder / "source/main.py"]
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

    def staged(self, inputs: set[str]) -> list[str]:
        """Stage the inputs; the roots of a compiler that is given them."""
        shutil.rmtree(self.folder / "stage", ignore_errors=True)
        for path in inputs:
            if path.startswith("source/"):
                copy = self.folder / "stage" / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.folder / path, copy)
        return [f"stage/{root}" if root.startswith("source") else root for root in self.roots]


class Interpreter:
    """An interpreter that is asked about trees, one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", INTERPRETER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self, tree: Tree, roots: list[str]) -> tuple[list[str], list[str]]:
        """The files that importing the program's modules reads, and what could not be imported."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(tree.folder), roots]) + "\n")
        self._process.stdin.flush()
        seen, failed = json.loads(self._process.stdout.readline())
        return seen, failed

    def close(self) -> None:
        """End it."""
        self._process.communicate()


@pytest.fixture
def interpreter() -> Iterator[Interpreter]:
    started = Interpreter()
    yield started
    started.close()


@pytest.mark.parametrize("seed", range(3))
def test_random_trees(tmp_path: Path, interpreter: Interpreter, seed: int) -> None:
    chance = random.Random(seed)
    noticed = files = 0
    for number in range(30):
        tree = Tree(tmp_path / str(number), chance)
        last: tuple[object, object] | None = None
        done = ""
        for _ in range(5):
            inputs, components = tree.key()
            read, _ = interpreter.read(tree, tree.roots)
            assert set(read) <= inputs, (tree.folder, tree.roots, done)
            seen, failed = interpreter.read(tree, tree.staged(inputs))
            found = [(path, (tree.folder / path).read_bytes()) for path in seen], failed
            if last is not None and last[0] != found:
                noticed += 1
                assert last[1] != components, (tree.folder, tree.roots, done)
            last = found, components
            files += len(seen)
            done = tree.change(chance)
    assert noticed > 20 and files > 200  # the trees are no deserts
