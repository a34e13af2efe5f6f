"""Where the outputs of a program's stages are while it is built, and copying them into place.

An output is a blob of the store, or an output of an earlier build that lies materialised as it was
written, or (with the store off) a file in a directory of this build's own. Each copy is verified
on the way; one whose origin vanished or was damaged raises `BlobLost`, and its stage is executed
again.
"""

from __future__ import annotations

from pathlib import Path

from molt_build.actions.action import Output
from molt_build.building.staging import Staging
from molt_build.plain_files import NotAFile, open_plain
from molt_build.store.store import Blob, Store, copy_verified, is_executable, put_in_place
from molt_build.temporary import replacing


class BlobLost(Exception):
    """A stored output vanished or was damaged: its stage must be executed again."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


class Kept:
    """The outputs of one program's stages, by stage and name."""

    def __init__(self, store: Store | None, staging: Staging) -> None:
        self._store = store
        self._staging = staging
        self._own: Path | None = None
        self._origins: dict[tuple[str, str], Blob | Path] = {}

    def forget(self) -> None:
        """Begin anew: nothing is known of any output."""
        self._origins.clear()

    def know(self, stage: str, output: str, origin: Blob | Path) -> None:
        """Note where an output is."""
        self._origins[(stage, output)] = origin

    def take(self, stage: str, output: str, path: Path, relative: str) -> Output:
        """Keep a file that a stage just made; raises `EnvironmentFailed` when there is no room."""
        if self._store is not None:
            blob = self._store.put_file(path, relative)
            self.know(stage, output, blob)
            return Output(relative, blob.xxh3, blob.is_executable)
        if self._own is None:
            self._own = self._staging.fresh("outputs-")
        kept = self._own / stage / relative
        to_execute = is_executable(path)
        with open(path, "rb") as made, replacing(kept, self._own, is_executable=to_execute) as to:
            digest = copy_verified(made, to)
        self.know(stage, output, kept)
        return Output(relative, digest, to_execute)

    def blobs(self, stage: str) -> dict[str, Blob]:
        """The outputs of a stage that are blobs, by name."""
        return {
            output: origin
            for (made, output), origin in self._origins.items()
            if made == stage and isinstance(origin, Blob)
        }

    def is_at(self, stage: str, output: str, path: Path) -> bool:
        """Whether the output lies at this path already."""
        return self._origins.get((stage, output)) == path

    def place(self, stage: str, output: str, wanted: Output, destination: Path, root: Path) -> None:
        """Copy an output to `destination`, through no link below `root`; raises `BlobLost`."""
        origin = self._origins.get((stage, output))
        if isinstance(origin, Path):
            try:
                with open(open_plain(origin), "rb") as kept:
                    is_whole = put_in_place(
                        kept, destination, wanted.xxh3, wanted.is_executable, root
                    )
            except (FileNotFoundError, NotAFile):
                is_whole = False
            if not is_whole:
                raise BlobLost(stage)
            return
        if origin is None or self._store is None:
            raise BlobLost(stage)
        if not self._store.materialise(origin, destination, root):
            raise BlobLost(stage)

    def close(self) -> None:
        """Remove what only this build had."""
        if self._own is not None:
            self._staging.discard(self._own)
