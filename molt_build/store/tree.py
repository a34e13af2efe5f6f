"""What a folder holds, as one document: files with their digests, links, folders.

The document is canonical JSON, `{"files": [...], "folders": [...], "format": 1, "links": [...]}`,
each list sorted by path, paths relative to the folder. A file is a row: path, xxh3, SHA-256, size,
whether it is to be executed. So equal folders have equal documents, and the digest of the document
is the folder's: two of them differ where a name, a content, a link's target or a permission to
execute does. No more of a mode is kept, and no time.

A link is kept as a link where it stays inside: its target is relative, and neither as it is spelled
nor as the kernel follows it leads out of the folder. Any other, and what is neither file, folder
nor link, is `NotKept`: nobody else could have it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from molt_build.codec import OtherShape, from_plain
from molt_build.errors import BuildFailed
from molt_build.plain_files import what_lies_at
from molt_build.store.blob import Blob
from molt_build.store.digest import both_digests, canonical

FORMAT = 1


class NotKept(BuildFailed):
    """Something in a folder that cannot be kept; `path` is relative to it."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path
        self.what = what


@dataclass(frozen=True)
class Tree:
    """All that a folder holds; every part sorted by path."""

    files: tuple[Blob, ...]
    links: tuple[tuple[str, str], ...]  # path, target
    folders: tuple[str, ...]

    def document(self) -> bytes:
        """Its document."""
        rows = [
            (file.path, file.xxh3, file.sha256, file.size_bytes, file.is_executable)
            for file in self.files
        ]
        whole = {"files": rows, "folders": self.folders, "format": FORMAT, "links": self.links}
        return canonical(whole)

    def blob(self, path: str) -> Blob:
        """The output that it is, at a path that ends with "/"."""
        size_bytes = sum(file.size_bytes for file in self.files)
        return Blob(path, *both_digests(self.document()), size_bytes, False)


@dataclass(frozen=True)
class _Document:
    files: tuple[tuple[str, str, str, int, bool], ...]
    folders: tuple[str, ...]
    format: int
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Names:
    """What lies in a folder, without the content of its files."""

    files: tuple[tuple[str, int, bool], ...]  # path, size, whether it is executable
    links: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """The size of all files."""
        return sum(size for _, size, _ in self.files)


def read_tree(document: bytes) -> Tree:
    """The tree of a document; raises `ValueError` for what is none."""
    plain: _Document = from_plain(_Document, json.loads(document))
    if plain.format != FORMAT:
        raise OtherShape("a folder's files in another version's form")
    return Tree(tuple(Blob(*row) for row in plain.files), plain.links, plain.folders)


def names_in(folder: str | Path) -> Names:
    """What lies in a folder; raises `NotKept`, and `OSError` for what cannot be looked at."""
    files: list[tuple[str, int, bool]] = []
    links: list[tuple[str, str]] = []
    folders: list[str] = []
    stack = [""]
    root = os.fspath(folder)
    while stack:
        below = stack.pop()
        with os.scandir(os.path.join(root, below)) as found:
            entries = list(found)
        for entry in entries:
            path = below + entry.name
            if entry.is_symlink():
                links.append((path, _target(root, path)))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
                stack.append(path + "/")
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                files.append((path, status.st_size, bool(status.st_mode & stat.S_IXUSR)))
            else:
                raise NotKept(path, what_lies_at(entry.path) or "is gone")
    return Names(tuple(sorted(files)), tuple(sorted(links)), tuple(sorted(folders)))


def tree_of(folder: str | Path, digests: Callable[[str], tuple[str, str]]) -> Tree:
    """The tree of a folder; `digests` gives the xxh3 and the SHA-256 of a file's absolute path.

    Raises as `names_in` does.
    """
    names = names_in(folder)
    files = [
        Blob(path, *digests(os.path.join(folder, path)), size, is_executable)
        for path, size, is_executable in names.files
    ]
    return Tree(tuple(files), names.links, names.folders)


def _target(root: str, path: str) -> str:
    """Where a link in a folder leads, as it says; raises `NotKept` where that is outside."""
    target = os.readlink(os.path.join(root, path))
    spelled = os.path.normpath(os.path.join(os.path.dirname(path), target))
    real, top = os.path.realpath(os.path.join(root, path)), os.path.realpath(root)
    is_inside = real == top or real.startswith(top + os.sep)
    if os.path.isabs(target) or spelled.split("/", 1)[0] == ".." or not is_inside:
        raise NotKept(path, f"is a link that leads out of the folder, to {target}")
    return target
