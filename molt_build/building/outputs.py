"""Where the outputs of a program's stages are while it is built, and copying them into place.

An output is a blob of the store, unless it is known to lie somewhere else: materialised by an
earlier build and as it was written, or (with the store off) in a directory of this build's own.
Each copy is verified on the way; one whose origin vanished or was damaged raises `BlobLost`, and
its stage is executed again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from molt_build.building.session import Session
from molt_build.files import remove_files
from molt_build.manifests.loading import state_dir
from molt_build.plain_files import NotAFile, open_plain
from molt_build.store.digest import copied
from molt_build.store.store import Blob, is_executable, put_in_place
from molt_build.temporary import is_temporary_file, remove_abandoned_files, replacing


class BlobLost(Exception):
    """A stored output vanished or was damaged: its stage must be executed again."""

    def __init__(self, blob: Blob) -> None:
        super().__init__(blob.path)
        self.blob = blob


class Outputs:
    """The outputs of one program; the results among them are materialised in `out_dir`."""

    def __init__(self, session: Session, out_dir: Path) -> None:
        self._store = session.store
        self._staging = session.staging
        self._stat_cache = session.stat_cache
        self._state = state_dir(session.project)  # below which no link is followed
        self._out_dir = out_dir
        self._own: Path | None = None
        self._lying: dict[Blob, Path] = {}

    def forget(self) -> None:
        """Begin anew: nothing is known of any output."""
        self._lying.clear()

    def take(self, stage: str, path: Path, relative: str) -> Blob:
        """Keep a file that a stage just made; raises `EnvironmentFailed` when there is no room."""
        if self._store is not None:
            return self._store.put_file(path, relative)
        if self._own is None:
            self._own = self._staging.fresh("outputs-")
        kept = self._own / stage / relative
        to_execute = is_executable(path)
        with open(path, "rb") as made, replacing(kept, self._own, is_executable=to_execute) as to:
            blob = Blob(relative, *copied(made, to.write), to_execute)
        self._lying[blob] = kept
        return blob

    def is_as_written(self, blob: Blob) -> bool:
        """Whether a result lies materialised with this content and mode."""
        path = str(self._out_dir / blob.path)
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

    def place(self, blob: Blob, destination: Path, root: Path) -> None:
        """Copy an output to `destination`, through no link below `root`; raises `BlobLost`."""
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

    def materialise(self, results: Iterable[Blob]) -> dict[str, str]:
        """Put the results in place, and take away what is none: absolute path -> digest."""
        materialised: dict[str, str] = {}
        for blob in results:
            destination = self._out_dir / blob.path
            materialised[str(destination)] = blob.xxh3
            if self._lying.get(blob) != destination and not self.is_as_written(blob):
                self.place(blob, destination, self._state)
                self._stat_cache.forget(str(destination))

        def is_kept(path: str) -> bool:
            name = path.rpartition("/")[2]
            return f"{self._out_dir}/{path}" in materialised or is_temporary_file(name)

        # An output of another name, from before, would be found by who searches the folder. Two
        # builds of a checkout may do this at once.
        remove_files(self._state, self._out_dir, is_kept)
        remove_abandoned_files(self._state, self._out_dir, is_deep=True)
        return materialised

    def close(self) -> None:
        """Remove what only this build had."""
        if self._own is not None:
            self._staging.discard(self._own)
