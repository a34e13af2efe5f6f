"""Where the outputs of a program's stages are while it is built, and copying them into place.

An output is a blob of the store, unless it is known to lie somewhere else: materialised by an
earlier build and as it was written, or in a directory of this build's own, until the program's
build ends. There lies what *stays out* of the store: all with the store off, what a stage with
`store = false` makes, what is larger than `blob_size_limit`, what the store has no room for. Each
copy is verified on the way; one whose origin vanished or was damaged raises `BlobLost`, and its
stage is executed again.

A folder is materialised whole or not at all: beside, below `.molt-build/tmp`, and then renamed. One
that lies as it was written is not touched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from molt_build.building.session import Session
from molt_build.files import make_way, real_folder, remove_files
from molt_build.manifests.toolchain import Stage
from molt_build.plain_files import NotAFile, is_folder, open_plain
from molt_build.store.blob import Blob
from molt_build.store.blob_files import written
from molt_build.store.copying import is_executable, put_in_place
from molt_build.store.digest import both_digests
from molt_build.store.tree import NotKept, Tree, names_in, tree_of
from molt_build.store.trees import lay, put_tree, stored_tree, swapped_in
from molt_build.temporary import (
    is_temporary_file,
    new_folder,
    remove_abandoned_files,
    remove_abandoned_folders,
    replacing,
)


class BlobLost(Exception):
    """Outputs that are needed are not there: their stages must be executed again.

    They vanished or were damaged, or stayed out of the store when they were made.
    """

    def __init__(self, *blobs: Blob) -> None:
        super().__init__(", ".join(blob.path for blob in blobs))
        self.blobs = blobs


class Outputs:
    """The outputs of one program; the results among them are materialised in `out_dir`."""

    def __init__(self, session: Session, out_dir: Path) -> None:
        self._store = session.store
        self._staging = session.staging
        self._stat_cache = session.stat_cache
        self._state = session.state  # below which no link is followed
        self._out_dir = out_dir
        self._size_limit_bytes = session.manifests.cache.blob_size_limit_bytes
        self._own: Path | None = None
        self._lying: dict[Blob, Path] = {}
        self._trees: dict[Blob, Tree] = {}  # what folders hold, as far as it was needed

    def forget(self, blobs: Iterable[Blob]) -> None:
        """These are not where they were thought to be."""
        for blob in blobs:
            self._lying.pop(blob, None)

    def take(
        self, stage: Stage, path: Path, relative: str, last_wanted_ns: int | None = None
    ) -> Blob:
        """Keep what a stage just made; raises `EnvironmentFailed` when there is no room on disk.

        `last_wanted_ns` is when it was made or asked for before, if it was. Raises `NotKept` for a
        folder with something in it that cannot be kept.
        """
        is_a_folder = relative.endswith("/")
        size_bytes = names_in(path).size_bytes if is_a_folder else path.stat().st_size
        if self._store is not None and self._is_to_be_stored(stage, size_bytes):
            with self._store.room_for(size_bytes, last_wanted_ns) as is_let_in:
                if is_let_in and not is_a_folder:
                    return self._store.put_file(path, relative)
                if is_let_in:
                    blob, tree = put_tree(self._store, path, relative)
                    self._trees[blob] = tree
                    return blob
        if self._own is None:
            self._own = self._staging.fresh("outputs-")
        kept = self._own / stage.name / relative
        if is_a_folder:
            tree = tree_of(path, lambda file: both_digests(Path(file).read_bytes()))
            blob = replace(tree.blob(relative), is_stored=False)
            self._trees[blob] = tree
            if not lay(
                tree, kept, self._own, partial(_copy_from, path, is_alone=True), is_new=True
            ):
                raise BlobLost(blob)
            self._lying[blob] = kept
            return blob
        to_execute = is_executable(path)
        with open(path, "rb") as made, replacing(kept, self._own, is_executable=to_execute) as to:
            xxh3, sha256, size, _ = written(made, to, "none")
        blob = Blob(relative, xxh3, sha256, size, to_execute, is_stored=False)
        self._lying[blob] = kept
        return blob

    def _is_to_be_stored(self, stage: Stage, size_bytes: int) -> bool:
        is_small = self._size_limit_bytes is None or size_bytes <= self._size_limit_bytes
        return stage.store and is_small

    def is_at_hand(self, blob: Blob) -> bool:
        """Whether an output is, for all that can be seen, where it can be copied from."""
        return blob in self._lying or (self._store is not None and self._store.has(blob))

    def is_as_written(self, blob: Blob) -> bool:
        """Whether a result lies materialised with this content and mode."""
        path = str(self._out_dir / blob.path)
        if blob.is_folder:
            return self._is_folder_as_written(blob, path)
        try:
            status = os.lstat(path)
            is_so = (
                stat.S_ISREG(status.st_mode)
                and bool(status.st_mode & stat.S_IXUSR) == blob.is_executable
                and self._stat_cache.digest(path) == blob.xxh3
            )
        except OSError:
            return False
        if is_so:
            self._lying[blob] = Path(path)
        return is_so

    def _is_folder_as_written(self, blob: Blob, path: str) -> bool:
        try:
            if not is_folder(path):
                return False
            tree = tree_of(path, self._stat_cache.both_digests)
        except (OSError, NotKept):
            return False
        if tree.blob(blob.path).xxh3 != blob.xxh3:
            return False
        self._trees[blob], self._lying[blob] = tree, Path(path)
        return True

    def place(self, blob: Blob, destination: Path, root: Path) -> None:
        """Copy an output to `destination`, through no link below `root`; raises `BlobLost`.

        What a folder has there already is not written again.
        """
        if blob.is_folder:
            return self._place_folder(blob, destination, root)
        origin = self._lying.get(blob)
        if origin is None:
            is_whole = self._store is not None and self._store.materialise(blob, destination, root)
        else:
            try:
                with open(open_plain(origin), "rb") as kept:
                    is_whole = put_in_place(kept, destination, blob.xxh3, blob.is_executable, root)
            except (FileNotFoundError, NotAFile):
                is_whole = False
        if not is_whole:
            raise BlobLost(blob)
        return None

    def _place_folder(self, blob: Blob, destination: Path, root: Path) -> None:
        tree = self._tree(blob)
        is_new = not os.path.lexists(destination)
        origin, store = self._lying.get(blob), self._store

        def copy_out(file: Blob, to: Path, below: Path) -> bool:
            if origin is not None:
                return _copy_from(origin, file, to, below, is_alone=is_new)
            return store is not None and store.materialise(file, to, below, is_alone=is_new)

        if not lay(tree, destination, root, copy_out, is_new=is_new):
            raise BlobLost(blob)

    def _tree(self, blob: Blob) -> Tree:
        """What a folder holds; raises `BlobLost`."""
        tree = self._trees.get(blob)
        if tree is None and self._store is not None:
            tree = stored_tree(self._store, blob)
        if tree is None:
            raise BlobLost(blob)
        self._trees[blob] = tree
        return tree

    def _swap_in(self, blob: Blob, destination: Path) -> None:
        """Materialise a folder: beside, then renamed."""
        scratch = real_folder(self._state, self._state / "tmp")
        remove_abandoned_folders(scratch)
        with new_folder("folder-", scratch) as beside:
            made = beside / "made"
            self._place_folder(blob, made, self._state)
            swapped_in(made, destination, self._state, beside)
        for file in self._tree(blob).files:
            self._stat_cache.forget(str(destination / file.path))

    def materialise(self, results: Iterable[Blob]) -> dict[str, str]:
        """Put the results in place, and take away what is none: absolute path -> digest.

        The path of a folder ends with "/".
        """
        materialised: dict[str, str] = {}
        for blob in results:
            destination = self._out_dir / blob.path
            materialised[str(destination) + "/" * blob.is_folder] = blob.xxh3
            if self._lying.get(blob) == destination or self.is_as_written(blob):
                continue
            make_way(self._state, destination, is_folder=blob.is_folder)  # by an older manifest
            if blob.is_folder:
                self._swap_in(blob, destination)
            else:
                self.place(blob, destination, self._state)
                self._stat_cache.forget(str(destination))
        folders = tuple(path for path in materialised if path.endswith("/"))

        def is_kept(path: str) -> bool:
            whole, name = f"{self._out_dir}/{path}", path.rpartition("/")[2]
            return whole in materialised or whole.startswith(folders) or is_temporary_file(name)

        # An output of another name, from before, would be found by who searches the folder. Two
        # builds of a checkout may do this at once.
        remove_files(self._state, self._out_dir, is_kept)
        remove_abandoned_files(self._state, self._out_dir, is_deep=True)
        return materialised

    def close(self) -> None:
        """Remove what only this build had."""
        if self._own is not None:
            self._staging.discard(self._own)


def _copy_from(folder: Path, file: Blob, to: Path, root: Path, *, is_alone: bool = False) -> bool:
    """Copy a file of a folder that lies somewhere; False when it is not what it was."""
    try:
        with open(open_plain(folder / file.path), "rb") as kept:
            return put_in_place(kept, to, file.xxh3, file.is_executable, root, is_alone=is_alone)
    except (FileNotFoundError, NotAFile):
        return False
