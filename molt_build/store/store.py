"""The content-addressed store: blobs by content, action entries by key.

Layout below `CACHE/store/`; the folder carries its format version in `FORMAT`:

    blobs/ab/abcdef...      a blob, named by its xxh3_128 digest, never written in place
    entries/ab/KEY.json     one action's result: components, discovered inputs, outputs
    recipes/ab/STATIC.json  for a static key, the sets of inputs that earlier runs discovered
    nearest/ab/NAME.json    the last keys of one stage of one program, for `explain`
    locks/ tmp/ quarantine/

Promises. Publishing is atomic: a temporary file in the same file system, then rename; a reader
sees all of a file or none. Files are not fsynced: after a power loss a file may be empty or torn,
which is noticed, since each blob is verified when it is materialised and each entry carries a
digest of itself; what is damaged is moved to `quarantine/`, reported, and treated as a miss. A
hit takes no lock. Blobs are copied out (reflinked where the file system can), never linked.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import xxhash

from molt_build.errors import EnvironmentFailed
from molt_build.store.digest import CHUNK_BYTES, digest_value

FORMAT = 1
NEAREST_KEPT = 8
RECIPES_KEPT = 16
_FICLONE = 0x40049409  # Linux, include/uapi/linux/fs.h


@dataclass(frozen=True)
class Blob:
    """A stored output: where it belongs, what it holds, and its mode bits."""

    path: str  # relative to the staging directory
    xxh3: str
    sha256: str
    size_bytes: int
    mode: int


@dataclass(frozen=True)
class Entry:
    """The result of one action, and all that it depended on."""

    key: str
    key_sha256: str
    program: str
    stage: str
    toolchain: str
    components: Mapping[str, str]
    discovered: tuple[str, ...]  # symbolic paths, digests are among the components
    absences: tuple[str, ...]  # symbolic paths that did not exist
    outputs: Mapping[str, Blob]
    exit_status: int
    stdout: str
    stderr: str
    seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Recipe:
    """What one run of an action read beyond its declared inputs, and found absent."""

    discovered: tuple[str, ...]
    absences: tuple[str, ...]


class Store:
    """The store on disk. All methods may be called from any thread or process at any time."""

    def __init__(self, cache: Path, report: Callable[[str], None]) -> None:
        self._root = cache / "store"
        self._report = report
        self.quarantined = 0
        try:
            for name in ("blobs", "entries", "recipes", "nearest", "locks", "tmp", "quarantine"):
                (self._root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            marker = self._root / "FORMAT"
            if not marker.exists():
                self._publish(marker, f"{FORMAT}\n".encode())
            found = marker.read_text().strip()
        except OSError as error:
            message = f"the store {self._root} cannot be used: {error.strerror}"
            hint = "free or fix it, or set MOLT_BUILD_CACHE_DIR or MOLT_BUILD_CACHE=off"
            raise EnvironmentFailed(message, hint) from error
        if found != str(FORMAT):
            message = f"the store {self._root} has format {found!r}; this version writes {FORMAT}"
            raise EnvironmentFailed(message, "set MOLT_BUILD_CACHE_DIR to another folder")
        self._in_use = os.open(self._root / "in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Shared by all running builds; pruning needs it exclusively, and so never runs beside one.
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let pruning run again."""
        os.close(self._in_use)

    def lock_path(self, static_key: str) -> Path:
        """The lock under which the action with this static key is run."""
        return self._root / "locks" / _file_name(static_key)

    def recipes(self, static_key: str) -> list[Recipe]:
        """The discovered input sets known for a static key, the latest first."""
        rows = self._load_json(self._path("recipes", static_key))
        return [Recipe(tuple(r["discovered"]), tuple(r["absences"])) for r in rows or []]

    def entry(self, key: str) -> Entry | None:
        """The entry of a key, or None; a damaged one is quarantined and counts as a miss."""
        path = self._path("entries", key)
        data = self._load_json(path)
        if data is None:
            return None
        outputs = {name: Blob(**blob) for name, blob in data["outputs"].items()}
        data["outputs"] = outputs
        data["discovered"] = tuple(data["discovered"])
        data["absences"] = tuple(data["absences"])
        self._touch(path)
        return Entry(**data)

    def nearest(self, program: str, stage: str, toolchain: str) -> list[Entry]:
        """The entries last used for a stage of a program, the latest first."""
        entries = (self.entry(key) for key in self.nearest_keys(program, stage, toolchain))
        return [entry for entry in entries if entry is not None]

    def nearest_keys(self, program: str, stage: str, toolchain: str) -> list[str]:
        """The keys of those entries; an entry may be gone meanwhile."""
        return self._load_json(self._nearest_path(program, stage, toolchain)) or []

    def publish(self, static_key: str, entry: Entry) -> None:
        """Make the entry visible; its blobs must be in the store already."""
        self._publish_json(self._path("entries", entry.key), asdict(entry))
        recipe = Recipe(entry.discovered, entry.absences)
        known = [r for r in self.recipes(static_key) if r != recipe]
        rows = [asdict(r) for r in [recipe, *known][:RECIPES_KEPT]]
        self._publish_json(self._path("recipes", static_key), rows)
        self.remember(entry)

    def remember(self, entry: Entry) -> None:
        """Note that this entry is the latest of its program's stage."""
        path = self._nearest_path(entry.program, entry.stage, entry.toolchain)
        keys = self._load_json(path) or []
        if keys[:1] != [entry.key]:
            rows = [entry.key, *(k for k in keys if k != entry.key)][:NEAREST_KEPT]
            self._publish_json(path, rows)

    def put_file(self, source: Path, path: str) -> Blob:
        """Copy an output into the store; both digests are computed on the way."""
        fast, strong, size = xxhash.xxh3_128(), hashlib.sha256(), 0
        try:
            with (
                open(source, "rb") as reader,
                tempfile.NamedTemporaryFile(dir=self._root / "tmp", delete=False) as writer,
            ):
                while chunk := reader.read(CHUNK_BYTES):
                    fast.update(chunk)
                    strong.update(chunk)
                    size += len(chunk)
                    writer.write(chunk)
            digest = "xxh3:" + fast.hexdigest()
            final = self._path("blobs", digest)
            final.parent.mkdir(mode=0o700, exist_ok=True)
            os.replace(writer.name, final)
        except OSError as error:
            message = f"the store could not take {source.name}: {error.strerror}"
            raise EnvironmentFailed(message, "free some disk space, and build again") from error
        mode = source.stat().st_mode & 0o777
        return Blob(path, digest, "sha256:" + strong.hexdigest(), size, mode)

    def materialise(self, blob: Blob, destination: Path) -> bool:
        """Copy a blob out, verified; False (a miss) when it is gone or was damaged."""
        source = self._path("blobs", blob.xxh3)
        destination.parent.mkdir(parents=True, exist_ok=True)
        temporary = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
        try:
            digest = copy_verified(source, temporary)
        except FileNotFoundError:
            temporary.unlink(missing_ok=True)
            return False
        if digest != blob.xxh3:
            temporary.unlink(missing_ok=True)
            self._quarantine(source, f"blob {blob.xxh3} has other content")
            return False
        os.chmod(temporary, blob.mode)
        os.replace(temporary, destination)
        self._touch(source)
        return True

    def size_bytes(self) -> int:
        """What all blobs and entries take on disk."""
        return sum(size for _, size, _ in self._files())

    def prune(self, limit_bytes: int) -> int:
        """Remove what was used least recently until the store fits; bytes removed.

        Does nothing while another build runs: what it uses must stay.
        """
        files = sorted(self._files(), key=lambda row: row[2])
        excess = sum(size for _, size, _ in files) - limit_bytes
        if excess <= 0:
            return 0
        try:
            fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            return 0
        removed = 0
        try:
            for path, size, _ in files:
                if removed >= excess:
                    break
                path.unlink(missing_ok=True)
                removed += size
        finally:
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
        return removed

    def _files(self) -> list[tuple[Path, int, float]]:
        found = []
        for kind in ("blobs", "entries", "recipes", "nearest"):
            for path in (self._root / kind).glob("*/*"):
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue
                found.append((path, status.st_size, status.st_mtime))
        return found

    def _path(self, kind: str, key: str) -> Path:
        name = _file_name(key)
        return self._root / kind / name[:2] / (name if kind == "blobs" else f"{name}.json")

    def _nearest_path(self, program: str, stage: str, toolchain: str) -> Path:
        return self._path("nearest", digest_value([program, stage, toolchain]))

    def _load_json(self, path: Path) -> Any:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise EnvironmentFailed(
                message, "fix its permissions or choose another cache"
            ) from error
        try:
            document = json.loads(raw)
            if document["digest"] == digest_value(document["value"]):
                return document["value"]
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        self._quarantine(path, f"{path.parent.parent.name} {path.stem} is damaged")
        return None

    def _publish_json(self, path: Path, value: object) -> None:
        document = {"digest": digest_value(value), "value": value}
        self._publish(path, json.dumps(document, separators=(",", ":")).encode())

    def _publish(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._root / "tmp", delete=False) as writer:
                writer.write(data)
            os.replace(writer.name, path)
        except OSError as error:
            message = f"the store could not write {path.name}: {error.strerror}"
            raise EnvironmentFailed(message, "free some disk space, and build again") from error

    def _quarantine(self, path: Path, what: str) -> None:
        target = self._root / "quarantine" / f"{path.name}.{time.time_ns()}"
        try:
            os.replace(path, target)
        except FileNotFoundError:
            return
        self.quarantined += 1
        self._report(f"damaged in the store: {what}; set aside, and built again")

    def _touch(self, path: Path) -> None:
        """Mark as used, for pruning; at most once an hour, so that a hit writes nothing."""
        try:
            if time.time() - path.stat().st_mtime > 3600:
                os.utime(path)
        except OSError:
            return


def copy_verified(source: Path, destination: Path) -> str:
    """Copy (reflink where possible) and return the xxh3 digest of what was copied."""
    digest = xxhash.xxh3_128()
    with open(source, "rb") as reader, open(destination, "wb+") as writer:
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            is_cloned = True
        except OSError:
            is_cloned = False
        stream = writer if is_cloned else reader
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            if not is_cloned:
                writer.write(chunk)
    return "xxh3:" + digest.hexdigest()


def _file_name(key: str) -> str:
    """A key as a file name: the digest without its algorithm, which the folder implies."""
    return key.partition(":")[2]
