"""Folders put into the store, and laid down from it.

Each file of a folder is a blob of its own, put in and copied out as any other
(`Store.put_file`, `Store.materialise`), so what folders have in common is stored once; then the
document that lists them (`molt_build.store.tree`). A document or a file that is gone or damaged is
a miss of the whole folder.

To *lay* a folder down is to make what lies at a place equal to it: what is no part of it goes, and
what is as it should be is not written, so that it keeps its time. Who wants all or nothing lays it
beside and renames it (`swapped_in`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from molt_build.files import opened_folder, real_folder, remove_entry, remove_tree
from molt_build.store.blob import Blob
from molt_build.store.digest import digest_bytes
from molt_build.store.store import Store
from molt_build.store.tree import Tree, names_in, read_tree

_TRIES = 16

# Copies a file of the tree to a path below a folder; False when it is lost.
CopyFile = Callable[[Blob, Path, Path], bool]


def put_tree(store: Store, folder: Path, path: str) -> tuple[Blob, Tree]:
    """Copy a folder into the store; raises `NotKept`, and as `Store.put_file` does."""
    began_ns = store.now_ns()
    names = names_in(folder)
    files = [store.put_file(folder / file, file) for file, _, _ in names.files]
    tree = Tree(tuple(files), names.links, names.folders)
    blob = tree.blob(path)
    store.put_bytes(tree.document(), path)
    store.mark_used(blob, began_ns)  # not later than its files: they are known by its time
    return blob, tree


def stored_tree(store: Store, blob: Blob) -> Tree | None:
    """What a stored folder holds; None (a miss) when its document is gone or was damaged."""
    document = store.read(blob)
    try:
        return None if document is None else read_tree(document)
    except ValueError:  # whole, and written by another version
        return None


def lay_from_store(store: Store, blob: Blob, at: Path, root: Path, *, is_new: bool = False) -> bool:
    """Lay a stored folder down at `at`, below `root`; False when a part of it is lost."""
    tree = stored_tree(store, blob)
    return tree is not None and lay(
        tree,
        at,
        root,
        lambda file, to, below: store.materialise(file, to, below, is_alone=is_new),
        is_new=is_new,
    )


def lay(tree: Tree, at: Path, root: Path, copy: CopyFile, *, is_new: bool = False) -> bool:
    """Make `at`, below `root`, the folder that the tree is of; False when a file of it is lost.

    No link below `root` is followed: folders take their places. With `is_new` there is nothing yet.
    Raises `OSError`.
    """
    real_folder(root, at, replaces_links=True)
    if not is_new:
        _remove_others(tree, at, root)
    for folder in tree.folders:
        real_folder(root, at / folder, replaces_links=True)
    for file in tree.files:
        mode = 0o755 if file.is_executable else 0o644
        is_there = not is_new and holds(root, at / file.path, file.xxh3, mode)
        # A new folder is ours alone: there are no links in it.
        if not is_there and not copy(file, at / file.path, at if is_new else root):
            return False
    for path, target in tree.links:
        _link(root, at / path, target)
    return True


def holds(root: Path, file: Path, digest: str, mode: int | None) -> bool:
    """Whether a file with this content lies below `root`, and in no link's place; then with `mode`.

    Its modification time stays.
    """
    try:
        with opened_folder(root, file.parent) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with open(os.open(file.name, flags, dir_fd=folder), "rb") as stream:
                if digest_bytes(stream.read()) != digest:
                    return False
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                return True
    except OSError:
        return False


def swapped_in(made: Path, at: Path, root: Path, aside: Path) -> None:
    """Give a whole folder its place `at`, below `root`; what was there goes to `aside` first.

    Whoever dies in between leaves nothing there. Others may do the same at this moment. Raises
    `OSError`.
    """
    with opened_folder(root, at.parent, mode=0o777, replaces_links=True) as folder:
        for number in range(_TRIES):
            with suppress(FileNotFoundError):
                os.rename(at.name, aside / f"old-{number}", src_dir_fd=folder)
            try:
                os.rename(made, at.name, dst_dir_fd=folder)
                return
            except OSError as error:
                others = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
                if error.errno not in others or number == _TRIES - 1:
                    raise


def _remove_others(tree: Tree, at: Path, root: Path) -> None:
    """Remove what is no part of a tree, or is there as something else."""
    files = {file.path for file in tree.files} | {path for path, _ in tree.links}
    folders = set(tree.folders)
    for parent, below, names in os.walk(at):
        here = os.path.relpath(parent, at)
        for name in names:
            if os.path.normpath(os.path.join(here, name)) not in files:
                remove_tree(Path(parent, name), root=root, may_fail=False)
        for name in list(below):
            path = Path(parent, name)
            kept = files if path.is_symlink() else folders
            if os.path.normpath(os.path.join(here, name)) not in kept:
                below.remove(name)
                remove_tree(path, root=root, may_fail=False)


def _link(root: Path, link: Path, target: str) -> None:
    with opened_folder(root, link.parent) as folder:
        with suppress(OSError):
            if os.readlink(link.name, dir_fd=folder) == target:
                return
        remove_entry(folder, link.name, link, may_fail=False)
        os.symlink(target, link.name, dir_fd=folder)
