"""Digests of bytes and files, and the stat cache that saves reading a file twice.

A digest carries its algorithm: `xxh3:` (xxh3_128, fast, for use on this machine) or `sha256:`
(for use beyond it). The stat cache maps a path to the digest of its content together with the
stat data (device, inode, mode, size, mtime_ns, ctime_ns) it had while it was read.

A file whose stat data prove nothing yet (`molt_build.stat_data`) is digested but not remembered.
One that changes while it is read is read again, and after three tries reported.
"""

from __future__ import annotations

import copy
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import xxhash

from molt_build import sealed
from molt_build.boot import boot_id
from molt_build.errors import EnvironmentFailed
from molt_build.stat_data import Clocks, Signature, signature
from molt_build.store.listings import Listings

CHUNK_BYTES = 1 << 20
FACTS_KEPT = 500_000
_NAME, _FORMAT = "stat-cache", 4


def digest_bytes(data: bytes) -> str:
    """The xxh3_128 digest of `data`, as `xxh3:` and 32 hexadecimal digits."""
    return "xxh3:" + xxhash.xxh3_128_hexdigest(data)


def file_sha256(path: str | Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal: for use beyond this machine."""
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_text(text: str) -> str:
    """The digest of the UTF-8 form of `text`; lone surrogates are kept apart."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def digest_value(value: object) -> str:
    """The digest of a JSON value in its one canonical form (sorted keys, no spaces)."""
    return digest_text(json.dumps(value, sort_keys=True, separators=(",", ":")))


def read_stable(path: str) -> tuple[bytes, os.stat_result]:
    """The bytes of a file and its stat data, equal before and after reading.

    Raises `FileNotFoundError`, other `OSError`s, and `EnvironmentFailed` when it keeps changing.
    """
    for _ in range(3):
        with open(path, "rb", opener=_without_waiting) as stream:
            before = os.fstat(stream.fileno())
            data = stream.read()
            after = os.fstat(stream.fileno())
        if signature(before) == signature(after) and len(data) == after.st_size:
            return data, after
        if not stat.S_ISREG(after.st_mode):
            return data, after
    message = f"{path} changed each time while it was read"
    raise EnvironmentFailed(message, "stop what writes to it, and build again")


def _without_waiting(path: str, flags: int) -> int:
    """An opener that does not wait for the other end of a pipe that lies in a file's place."""
    return os.open(path, flags | os.O_NONBLOCK)


class StatCache:
    """Remembers facts about files (their digest, say) as long as their stat data stay the same.

    Saved as one sealed file, replaced atomically; what another process saved meanwhile is merged.
    When two save at the same moment one of the two wins and the other's news is computed again
    later: a lost line costs time, never correctness. The facts learnt last are kept, up to
    `FACTS_KEPT`, until the system is started anew (`molt_build.boot`).
    """

    def __init__(
        self,
        file: Path,
        clock_folders: tuple[Path, ...],
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._file = file
        self._report = report
        self.clocks = Clocks(*clock_folders)
        self._facts, self._loaded = self._load()
        self.listings = Listings(self.look)
        self._news: dict[str, tuple[Signature, str]] = {}
        self._seen: dict[str, tuple[Signature, str]] = {}
        self._observed: dict[str, Signature] = {}
        self._unsure: set[str] = set()
        self._moved: set[str] = set()
        self._racy: dict[str, tuple[str, Callable[[bytes], str], str]] = {}

    def again(self) -> StatCache:
        """A second look: the same facts, but folders are listed anew, and files that changed so
        recently that their stat data prove nothing are read anew."""
        view = copy.copy(self)
        view.listings = Listings(self.look)
        view._seen = {name: fact for name, fact in self._seen.items() if name not in self._racy}
        return view

    def is_executable(self, path: str) -> bool:
        """Whether the file's owner may execute it; raises `OSError`."""
        row = self._observed.get(path) or signature(os.stat(path))
        return bool(row[2] & stat.S_IXUSR)

    def digest(self, path: str) -> str:
        """The xxh3 digest of the file's content; raises `OSError` as `open` does."""
        return self.fact("xxh3", path, digest_bytes)

    def fact(self, kind: str, path: str, compute: Callable[[bytes], str]) -> str:
        """`compute(content)`, remembered for `path` under `kind`."""
        name = f"{kind} {path}"
        now = signature(os.stat(path))
        for known in (self._seen.get(name), self._facts.get(name)):
            if known is not None and known[0] == now:
                self._seen[name] = known
                self._observe(path, now)
                return known[1]
        data, status = read_stable(path)
        self._observe(path, signature(status))
        # The plain digest comes from the same reading, so that the two never disagree.
        for each, function in ((kind, compute), ("xxh3", digest_bytes)):
            self._learn(f"{each} {path}", path, function, function(data), status)
        return self._seen[name][1]

    def _observe(self, path: str, row: Signature) -> None:
        if self._observed.setdefault(path, row) != row:
            self._moved.add(path)
            self._observed[path] = row

    def forget(self, path: str) -> None:
        """This process itself is about to write the file: what it was before does not matter."""
        self._observed.pop(path, None)
        self._moved.discard(path)

    def moved(self) -> set[str]:
        """The files whose stat data changed while this process used them."""
        return set(self._moved)

    def look(self, path: str) -> None:
        """Note the stat data of a folder about to be listed; the first look counts."""
        if path not in self._observed:
            row = self._observed[path] = signature(os.stat(path))
            if self.clocks.is_racy(row[0], row[5]):
                self._unsure.add(path)

    def unsure(self) -> set[str]:
        """The files and folders read so soon after they changed that stat data prove nothing."""
        return self._unsure | {path for path, _, _ in self._racy.values()}

    def observed(self, path: str) -> Signature | None:
        """The stat data a file had when this process last took a fact of it."""
        return self._observed.get(path)

    def settle(self) -> set[str]:
        """Wait until racy files are so no more, look again; the paths that changed meanwhile."""
        if not self._racy:
            return set()
        self.clocks.wait_past(self._observed[path][5] for path, _, _ in self._racy.values())
        changed: set[str] = set()
        racy, self._racy = self._racy, {}
        for name, (path, compute, value) in racy.items():
            try:
                data, status = read_stable(path)
            except (OSError, EnvironmentFailed):  # gone, or written all the time
                changed.add(path)
                continue
            if compute(data) != value:
                changed.add(path)
            else:
                self._observed[path] = signature(status)
                self._learn(name, path, compute, value, status)
        return changed

    def _learn(
        self,
        name: str,
        path: str,
        compute: Callable[[bytes], str],
        value: str,
        status: os.stat_result,
    ) -> None:
        known = self._seen[name] = (signature(status), value)
        if self.clocks.is_racy(status.st_dev, status.st_ctime_ns):
            self._racy[name] = (path, compute, value)
        else:
            self._news[name] = known

    def _load(self) -> tuple[dict[str, tuple[Signature, str]], os.stat_result | None]:
        """The facts on disk, and the file's stat data."""
        try:
            status = os.lstat(self._file)
            facts = sealed.read(str(self._file), _NAME, _FORMAT)
        except OSError:
            return {}, None
        except sealed.Damaged:
            self._report(f"damaged: {self._file.name}; it is not used, and written anew")
            return {}, None
        if not isinstance(facts, dict) or facts.get("boot") != boot_id():
            return {}, status
        return facts["facts"], status

    def save(self) -> None:
        """Write what is new; a cache that cannot be written is not worth failing a build for."""
        if not self._news:
            return
        facts = self._facts
        try:
            now: os.stat_result | None = os.lstat(self._file)
        except OSError:
            now = None
        if now is not None and (self._loaded is None or signature(now) != signature(self._loaded)):
            facts, _ = self._load()
        for name in self._news:
            facts.pop(name, None)  # what was learnt last stands last
        facts.update(self._news)
        excess = len(facts) - FACTS_KEPT
        if excess > 0:
            facts = dict(list(facts.items())[excess:])
        try:
            value = {"boot": boot_id(), "facts": facts}
            sealed.write(str(self._file), str(self._file.parent), _NAME, _FORMAT, value)
        except OSError:
            return
        self._news = {}
