"""The content-addressed store: blobs by content, action entries by key.

Promises. Publishing is atomic: a temporary file in the same file system, then rename; a reader
sees all of a file or none. Files are not fsynced: after a power loss a file may be empty or torn,
which is noticed, since each blob is verified when it is materialised and each document carries a
digest of itself and its place; what is damaged is moved to `quarantine/`, reported, and treated as
a miss. A hit takes no lock. Blobs are copied in and out (reflinked where the file system can),
never linked.

Where files lie is said in `molt_build.store.layout`, how blobs lie in them in
`molt_build.store.blob_files`, which are let in in `molt_build.store.admission`, how room is made in
`molt_build.store.pruning`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeVar

from molt_build.codec import added, to_plain
from molt_build.errors import EnvironmentFailed
from molt_build.files import opened_folder
from molt_build.plain_files import in_place_of_folder
from molt_build.store.admission import Admission
from molt_build.store.blob import Blob
from molt_build.store.blob_files import (
    Compression,
    NoDecompressor,
    blob_paths,
    open_blob,
    written,
)
from molt_build.store.copying import is_executable, put_in_place
from molt_build.store.digest import digest_bytes, digest_value
from molt_build.store.layout import (
    Damaged,
    as_document,
    file_name,
    file_path,
    open_layout,
    read_document,
    set_aside,
)
from molt_build.store.location import disk_is_full
from molt_build.store.pruning import USED_GRANULARITY_S
from molt_build.store.tree import read_tree
from molt_build.temporary import temporary_file

NEAREST_KEPT = 8
RECIPES_KEPT = 16
_NOUNS = {"blobs": "blob", "entries": "entry"}
_NO_ROOM = "free some disk space, and build again"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Reads:
    """What one run of an action hung on beyond its declared inputs, as sorted symbolic paths."""

    files: tuple[str, ...] = ()  # read
    absences: tuple[str, ...] = ()  # where a file would have been found first
    presences: tuple[str, ...] = ()  # where a file was found, and not read
    # Folder -> the names that were looked for in it: of modules, or `*` where it was listed.
    names: Mapping[str, tuple[str, ...]] = added({})
    told: str = added("")  # how the stage declared that it tells of them; "": nobody noted it


@dataclass(frozen=True)
class Entry:
    """The result of one action, and all that it depended on."""

    key: str
    key_sha256: str  # the same over SHA-256 digests alone; "" where one of them was not known
    program: str
    stage: str
    toolchain: str
    components: Mapping[str, str]
    reads: Reads  # the digests of the files are among the components
    outputs: Mapping[str, Blob]
    exit_status: int
    stdout: str
    stderr: str
    seconds: float
    peak_memory_bytes: int
    metrics: Mapping[str, float] = added({})  # what the run told about itself


# What the documents of each kind hold.
SHAPES: Mapping[str, Any] = {
    "entries": Entry,
    "recipes": tuple[Reads, ...],
    "nearest": tuple[str, ...],
}


class Store:
    """The store on disk. All methods may be called from any thread or process at any time.

    `began_ns` is when the build that uses it was registered as running
    (`molt_build.store.registry`): nothing it uses is ever stamped with an earlier time, whatever
    the clock does meanwhile.
    """

    def __init__(
        self,
        cache: Path,
        report: Callable[[str], None],
        began_ns: int = 0,
        compression: Compression = "none",  # of what is put in
        admission: Admission | None = None,  # of outputs; None: all are let in
    ) -> None:
        self._root = open_layout(cache, report)
        self._report = report
        self._began_ns = began_ns
        self._compression: Compression = compression
        self._lacks_decompressor = False
        self._admission = admission
        self._wanted_before: dict[Path, int] = {}  # when stages' last entries were used before
        self._counting = threading.Lock()
        self.quarantined = 0
        self.added_bytes = 0

    def lock_path(self, static_key: str) -> Path:
        """The lock under which the action with this static key is run."""
        return self._root / "locks" / file_name(static_key)

    def hold_times(self, toolchain: str, stage: str) -> Path:
        """How long actions of a stage take: a record of `molt_build.store.backoff`."""
        return self._root / "hold-times" / f"{toolchain}.{stage}.json"

    def recipes(self, static_key: str) -> list[Reads]:
        """What earlier runs of the actions with a static key read, the latest first."""
        path = self._path("recipes", static_key)
        self._touch(path)
        return list(self._load("recipes", path) or ())

    def entry(self, key: str) -> Entry | None:
        """The entry of a key, or None; a damaged one is quarantined and counts as a miss."""
        self._touch(self._path("entries", key))  # first: from here on pruning spares it
        entry = self._read_entry(key)
        if entry is not None:
            for blob in entry.outputs.values():  # whoever has seen the entry may come for them
                if blob.is_folder:
                    self._touch_tree(blob)
                else:
                    self._touch_blob(blob)
                self._note_wanted(blob)
        return entry

    def nearest(self, program: str, stage: str, toolchain: str) -> list[Entry]:
        """The entries last used for a stage of a program, the latest first.

        To be compared with, not used: they age as before.
        """
        entries = (self._read_entry(key) for key in self.nearest_keys(program, stage, toolchain))
        return [entry for entry in entries if entry is not None]

    def nearest_keys(self, program: str, stage: str, toolchain: str) -> list[str]:
        """The keys of those entries; an entry may be gone meanwhile."""
        return list(self._load("nearest", self._nearest_path(program, stage, toolchain)) or ())

    def publish(self, static_key: str, entry: Entry) -> None:
        """Make the entry visible; its blobs must be in the store already, or stay out of it."""
        for blob in entry.outputs.values():
            self._note_wanted(blob)
        self._publish(self._path("entries", entry.key), to_plain(entry))
        known = [reads for reads in self.recipes(static_key) if reads != entry.reads]
        rows = [to_plain(reads) for reads in [entry.reads, *known][:RECIPES_KEPT]]
        self._publish(self._path("recipes", static_key), rows)
        self.remember(entry)

    def remember(self, entry: Entry) -> None:
        """Note that this entry is the latest of its program's stage."""
        path = self._nearest_path(entry.program, entry.stage, entry.toolchain)
        if path not in self._wanted_before and (used_ns := _used_ns(path)) is not None:
            self._wanted_before[path] = used_ns
        self._touch(path)
        keys = list(self._load("nearest", path) or ())
        if keys[:1] != [entry.key]:
            rows = [entry.key, *(k for k in keys if k != entry.key)][:NEAREST_KEPT]
            self._publish(path, rows)

    def last_wanted_ns(self, key: str, program: str, stage: str, toolchain: str) -> int | None:
        """When what this key stands for was last made, or asked for; None where that was never.

        Before this build, that is. To be asked before its entry is published.
        """
        if not os.path.lexists(self._path("entries", key)):
            return None
        path = self._nearest_path(program, stage, toolchain)
        return self._wanted_before.get(path) or _used_ns(path)

    @contextmanager
    def room_for(self, size_bytes: int, last_wanted_ns: int | None) -> Iterator[bool]:
        """Whether an output of this size is let in; inside the block its room is kept for it."""
        if self._admission is None:
            yield True
            return
        is_let_in = self._admission.lets_in(size_bytes, last_wanted_ns)
        try:
            yield is_let_in
        finally:
            if is_let_in:
                self._admission.is_in(size_bytes)

    def put_file(self, source: Path, path: str) -> Blob:
        """Copy an output into the store; both digests are computed on the way.

        Raises `EnvironmentFailed` when the disk is full: a tool that did not look whether its
        writing succeeded may have left `source` torn.
        """
        try:
            with open(source, "rb") as reader:
                xxh3, sha256, size = self._put(reader, source.name)
        except OSError as error:
            message = f"the store could not take {source.name}: {error.strerror}"
            raise EnvironmentFailed(message, _NO_ROOM) from error
        return Blob(path, xxh3, sha256, size, is_executable(source))

    def has(self, blob: Blob) -> bool:
        """Whether an output lies in the store now, wherever it came from; nothing is promised."""
        return any(map(os.path.lexists, blob_paths(self._root, blob.xxh3)))

    def put_bytes(self, data: bytes, path: str) -> None:
        """`put_file` of what is no file; raises `EnvironmentFailed`."""
        try:
            with TemporaryFile(dir=self._root / "tmp") as reader:
                reader.write(data)
                reader.flush()
                reader.seek(0)
                self._put(reader, path)
        except OSError as error:
            message = f"the store could not take {path}: {error.strerror}"
            raise EnvironmentFailed(message, _NO_ROOM) from error

    def _put(self, reader: BinaryIO, shown: str) -> tuple[str, str, int]:
        with self._temporary() as (name, writer):
            xxh3, sha256, size, suffix = written(reader, writer, self._compression)
            writer.flush()
            stored_bytes = os.fstat(writer.fileno()).st_size
            if disk_is_full(self._root):
                message = f"the disk of the store is full: {shown} may be torn"
                raise EnvironmentFailed(message, _NO_ROOM)
            path_of = blob_paths(self._root, xxh3)
            self._put_in_place(name, writer, path_of[1] if suffix else path_of[0])
        self._count(stored_bytes)
        return xxh3, sha256, size

    def materialise(
        self, blob: Blob, destination: Path, root: Path, *, is_alone: bool = False
    ) -> bool:
        """Copy a blob out, verified; False (a miss) when it is gone or was damaged.

        Where a link stands for a folder of `destination` below `root`, a folder takes its place.
        `is_alone`: nobody else writes into its folder.
        """
        self._touch_blob(blob)

        def copy(reader: BinaryIO) -> bool | None:
            words = (blob.xxh3, blob.is_executable, root)
            return put_in_place(reader, destination, *words, is_alone=is_alone) or None

        return self._verified(blob, copy) is not None

    def read(self, blob: Blob) -> bytes | None:
        """The content of a small blob, verified; None (a miss) when it is gone or was damaged."""

        def whole(reader: BinaryIO) -> bytes | None:
            data = reader.read()
            return data if digest_bytes(data) == blob.xxh3 else None

        return self._verified(blob, whole)

    def _verified(self, blob: Blob, take: Callable[[BinaryIO], _T | None]) -> _T | None:
        """What `take` makes of a blob's content, None where that is other content; None (a miss)
        when the blob is gone or was damaged, which is told."""
        for source in blob_paths(self._root, blob.xxh3):
            try:
                with open_blob(source) as reader:
                    taken = take(reader)
                if taken is not None:
                    return taken
                raise Damaged(source, "has other content")
            except FileNotFoundError:
                continue
            except Damaged as damaged:
                self._quarantine(damaged)
            except NoDecompressor:
                self._tell_no_decompressor()
        return None

    def now_ns(self) -> int:
        """Now, as files of the store are stamped: not before this build began."""
        return max(time.time_ns(), self._began_ns)

    def mark_used(self, blob: Blob, at_ns: int) -> None:
        """Mark a blob as last used then."""
        for path in blob_paths(self._root, blob.xxh3):
            with suppress(OSError):
                os.utime(path, ns=(at_ns, at_ns), follow_symlinks=False)

    def _read_entry(self, key: str) -> Entry | None:
        path = self._path("entries", key)
        entry: Entry | None = self._load("entries", path)
        if entry is not None and entry.key != key:
            self._quarantine(Damaged(path, "is the entry of another key"))
            return None
        return entry

    def _path(self, kind: str, key: str) -> Path:
        return file_path(self._root, kind, key)

    def _nearest_path(self, program: str, stage: str, toolchain: str) -> Path:
        return self._path("nearest", digest_value([program, stage, toolchain]))

    def _load(self, kind: str, path: Path) -> Any:
        """The value of a document; None when there is none, or it was damaged."""
        try:
            return read_document(path, SHAPES[kind])
        except FileNotFoundError:
            return None
        except Damaged as damaged:
            self._quarantine(damaged)
            return None
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            hint = "fix its permissions or choose another cache"
            raise EnvironmentFailed(message, hint) from error

    def _publish(self, path: Path, value: object) -> None:
        data = as_document(path, value)
        try:
            with self._temporary() as (name, writer):
                writer.write(data)
                writer.flush()
                self._put_in_place(name, writer, path)
        except OSError as error:
            message = f"the store could not write {path.name}: {error.strerror}"
            raise EnvironmentFailed(message, _NO_ROOM) from error
        self._count(len(data))

    def _temporary(self) -> AbstractContextManager[tuple[str, BinaryIO]]:
        """Path and stream of a file beside the store's; gone at the end unless put in place."""
        return temporary_file(self._root / "tmp")

    def _put_in_place(self, name: str, writer: BinaryIO, final: Path) -> None:
        if os.fstat(writer.fileno()).st_mtime_ns < self._began_ns:  # the clock was set back
            os.utime(writer.fileno(), ns=(self._began_ns, self._began_ns))
        if what := in_place_of_folder(final.parent):
            self._quarantine(Damaged(final.parent, what))
        with opened_folder(self._root, final.parent, mode=0o700) as folder:
            try:
                os.replace(name, final.name, dst_dir_fd=folder)
            except IsADirectoryError:
                self._quarantine(Damaged(final, "is a folder"))
                os.replace(name, final.name, dst_dir_fd=folder)

    def _count(self, size_bytes: int) -> None:
        with self._counting:
            self.added_bytes += size_bytes
        if self._admission is not None:
            self._admission.note_added(size_bytes)

    def _note_wanted(self, blob: Blob) -> None:
        if self._admission is not None:
            self._admission.note_wanted(blob.xxh3, blob.size_bytes)

    def _quarantine(self, damaged: Damaged) -> None:
        path = damaged.path
        try:
            if not set_aside(self._root, path):
                return
        except OSError as error:
            message = f"{path} is damaged and cannot be set aside: {error.strerror}"
            raise EnvironmentFailed(
                message, "fix its permissions or choose another cache"
            ) from error
        with self._counting:
            self.quarantined += 1
        kind = path.relative_to(self._root).parts[0]
        what = f"{_NOUNS.get(kind, kind)} {path.stem} {damaged.what}"
        self._report(f"damaged in the store: {what}; set aside, and built again")

    def _tell_no_decompressor(self) -> None:
        with self._counting:
            is_told, self._lacks_decompressor = self._lacks_decompressor, True
        if not is_told:
            what = "the store holds compressed outputs, and the package zstandard is not there"
            self._report(f"{what}: they are built again (pip install zstandard)")

    def _touch_blob(self, blob: Blob) -> None:
        for path in blob_paths(self._root, blob.xxh3):
            self._touch(path)

    def _touch(self, path: Path) -> None:
        """Mark as used, for pruning; at most once in its granularity: most hits write nothing."""
        try:
            now_ns = self.now_ns()
            if self._is_stale(path, now_ns):
                os.utime(path, ns=(now_ns, now_ns), follow_symlinks=False)
        except OSError:
            return

    def _is_stale(self, path: Path, now_ns: int) -> bool:
        """Whether its last use is not this one, as far as pruning tells them apart."""
        then_ns = os.stat(path, follow_symlinks=False).st_mtime_ns
        return abs(now_ns - then_ns) > USED_GRANULARITY_S * 10**9

    def _touch_tree(self, blob: Blob) -> None:
        """Mark a folder's document as used, and its files with it.

        They are known by its time: while that is recent, so is theirs. So they are stamped before
        it, and all with one time.
        """
        now_ns = self.now_ns()
        paths = [path for path in blob_paths(self._root, blob.xxh3) if path.exists()]
        try:
            if not any(self._is_stale(path, now_ns) for path in paths):
                return
        except OSError:
            return
        document = self.read(blob)
        with suppress(ValueError):  # a document of another version is a miss
            for file in read_tree(document or b"").files:
                self.mark_used(file, now_ns)
            self.mark_used(blob, now_ns)


def _used_ns(path: Path) -> int | None:
    """When a file was last used, to the granularity of that; None where there is none."""
    try:
        return os.stat(path, follow_symlinks=False).st_mtime_ns
    except OSError:
        return None
