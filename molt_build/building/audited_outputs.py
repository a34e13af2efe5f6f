"""What one more run of an action made, read whole, so that it can be compared with the store.

Each file has a name: that of its output, or for what a folder holds `NAME/PATH`. A link stands for
its target, and `NAME/PATH/` for a folder in a folder, which has no content of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from molt_build.errors import BuildFailed
from molt_build.store.blob import Blob
from molt_build.store.copying import is_executable
from molt_build.store.digest import both_digests, digest_bytes
from molt_build.store.store import Entry, Store
from molt_build.store.tree import Tree, names_in, tree_of
from molt_build.store.trees import lay, stored_tree
from molt_build.temporary import write_whole

Facts = tuple[str, bool]  # digest, whether it is to be executed


@dataclass(frozen=True)
class Made:
    """The outputs of one run, by name."""

    contents: Mapping[str, bytes]
    executables: Set[str]  # those that are
    trees: Mapping[str, Tree]  # of the outputs that are folders

    def facts(self) -> dict[str, Facts]:
        """What is compared of each."""
        found = self.contents.items()
        return {name: (digest_bytes(data), name in self.executables) for name, data in found}

    def lay(self, name: str, blob: Blob, at: Path, root: Path) -> bool:
        """Write an output to where a later stage has it; False when it is not that blob."""

        def write(data: bytes, file: Blob, to: Path, below: Path) -> bool:
            write_whole(to, data, below)
            to.chmod(0o755 if file.is_executable else 0o644)
            return True

        if not blob.is_folder:
            data = self.contents[name]
            return digest_bytes(data) == blob.xxh3 and write(data, blob, at, root)
        tree = self.trees[name]
        return tree.blob(blob.path).xxh3 == blob.xxh3 and lay(
            tree,
            at,
            root,
            lambda file, to, below: write(self.contents[f"{name}/{file.path}"], file, to, below),
        )


def read_outputs(outputs: Mapping[str, Path]) -> Made:
    """What lies there now; raises `OSError`."""
    paths = dict(_files(outputs))
    return Made(
        {name: _content(path) for name, path in paths.items()},
        {name for name, path in paths.items() if _is_executable(path)},
        {
            name: tree_of(path, lambda file: both_digests(Path(file).read_bytes()))
            for name, path in outputs.items()
            if path.is_dir()
        },
    )


def stored_facts(store: Store, entry: Entry, made: Made) -> dict[str, Facts]:
    """What an entry holds, by the names that a run of its action gives.

    A folder that stayed out of the store, and is not what was made now, is told as a whole. Raises
    `BuildFailed` when one is no longer in the store.
    """
    found: dict[str, Facts] = {}
    for name, blob in entry.outputs.items():
        if not blob.is_folder:
            found[name] = blob.xxh3, blob.is_executable
            continue
        tree = stored_tree(store, blob)
        if tree is None and not blob.is_stored:
            tree = made.trees[name]
            if tree.blob(blob.path).xxh3 != blob.xxh3:
                found[name] = blob.xxh3, False
        if tree is None:
            raise BuildFailed(f"{blob.path} is gone from the store", "build it again")
        found |= {f"{name}/{file.path}": (file.xxh3, file.is_executable) for file in tree.files}
        for link, target in tree.links:
            found[f"{name}/{link}"] = digest_bytes(os.fsencode(target)), False
        found |= {f"{name}/{folder}/": (digest_bytes(b""), False) for folder in tree.folders}
    return found


def _files(outputs: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for name, path in sorted(outputs.items()):
        if not path.is_dir():
            yield name, path
            continue
        names = names_in(path)
        for below in (*(file for file, _, _ in names.files), *(link for link, _ in names.links)):
            yield f"{name}/{below}", path / below
        for below in names.folders:
            yield f"{name}/{below}/", path / below


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(os.readlink(path))
    return b"" if path.is_dir() else path.read_bytes()


def _is_executable(path: Path) -> bool:
    return not path.is_symlink() and not path.is_dir() and is_executable(path)
