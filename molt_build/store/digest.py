"""Digests of bytes and files, and the stat cache that saves reading a file twice.

A digest carries its algorithm: `xxh3:` (xxh3_128, fast, for use on this machine) or `sha256:`
(for use beyond it, where nobody may find another content of the same digest). The stat cache maps a
path to the digest of its content together with the stat data (device, inode, mode, size, mtime_ns,
ctime_ns) it had while it was read.

Whenever an xxh3 digest is taken that can become part of a key, the SHA-256 of the same bytes is
taken of the same reading and remembered beside it. So what is made of the ones can be
digested as if it were made of the others (`StatCache.sha256_of`), and no file is read for it again.
Where two contents with one xxh3 digest meet in a command, it ends: one was made to be taken for the
other.

A file whose stat data prove nothing yet (`molt_build.stat_data`) is digested but not remembered.
One that changes while it is read is read again, and after three tries reported.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import xxhash

from molt_build import sealed
from molt_build.boot import boot_id
from molt_build.errors import EnvironmentFailed
from molt_build.stat_data import Clocks, Signature, signature
from molt_build.store.listings import Listings

CHUNK_BYTES = 1 << 20
FACTS_KEPT = 500_000
_NAME, _FORMAT = "stat-cache", 5
_XXH3 = re.compile(rb"xxh3:[0-9a-f]{32}")

Fact = tuple[Signature, str, str]  # stat data, the fact, the SHA-256 of what it is the xxh3 of
Compute = Callable[[bytes], tuple[str, str]]  # of a content: the fact, and that SHA-256 or ""


def digest_bytes(data: bytes) -> str:
    """The xxh3_128 digest of `data`, as `xxh3:` and 32 hexadecimal digits."""
    return "xxh3:" + xxhash.xxh3_128_hexdigest(data)


def file_sha256(path: str | Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal: for use beyond this machine."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tree_sha256(
    folder: Path, left_out: Callable[[str, list[str]], set[str]] = lambda folder, names: set()
) -> str:
    """The SHA-256 digest over the names and contents of all files below a folder, or of one file.

    `left_out` says, as for `shutil.copytree`, which names in a folder do not count. A file that
    cannot be read counts as that.
    """
    files = [] if folder.is_dir() else [folder]
    for parent, folders, names in os.walk(folder):
        folders[:] = set(folders) - left_out(parent, folders)
        files += [Path(parent, name) for name in set(names) - left_out(parent, names)]
    contents = {}
    for file in files:
        try:
            content = file_sha256(file)
        except OSError:
            content = "unreadable"
        contents[str(file.relative_to(folder))] = content
    return "sha256:" + hashlib.sha256(json.dumps(sorted(contents.items())).encode()).hexdigest()


def both_digests(data: bytes) -> tuple[str, str]:
    """The xxh3_128 and the SHA-256 digest of `data`."""
    return digest_bytes(data), "sha256:" + hashlib.sha256(data).hexdigest()


def copied(
    source: BinaryIO, put: Callable[[bytes], object] = lambda chunk: None
) -> tuple[str, str, int]:
    """Read to the end, giving each part to `put`: both digests of it all, and its size."""
    fast, strong, size = xxhash.xxh3_128(), hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        fast.update(chunk)
        strong.update(chunk)
        size += len(chunk)
        put(chunk)
    return "xxh3:" + fast.hexdigest(), "sha256:" + strong.hexdigest(), size


def canonical(value: object) -> bytes:
    """A JSON value in its one form: sorted keys, no spaces, letters beyond ASCII escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def digest_value(value: object) -> str:
    """The digest of a JSON value."""
    return digest_bytes(canonical(value))


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
        self._news: dict[str, Fact] = {}
        self._seen: dict[str, Fact] = {}
        self._sha256: dict[str, str] = {}  # of what an xxh3 digest is of
        self._observed: dict[str, Signature] = {}
        self._unsure: set[str] = set()
        self._missing: set[str] = set()  # folders, when they were to be listed
        self._moved: set[str] = set()
        self._racy: dict[str, tuple[str, Compute, str]] = {}
        self._earlier: Mapping[str, Fact] = {}  # of a second look: the facts of the first

    def again(self) -> StatCache:
        """A second look: the same facts, but folders are listed anew, and files that changed so
        recently that their stat data prove nothing are read anew.

        It costs the same however much is known, while other threads learn more.
        """
        view = copy.copy(self)
        view.listings = Listings(self.look)
        view._earlier, view._seen = self._seen, {}
        return view

    def is_executable(self, path: str) -> bool:
        """Whether the file's owner may execute it; raises `OSError`."""
        row = self._observed.get(path) or signature(os.stat(path))
        return bool(row[2] & stat.S_IXUSR)

    def digest(self, path: str) -> str:
        """The xxh3 digest of the file's content; raises `OSError` as `open` does."""
        return self._known("xxh3", path, both_digests)

    def both_digests(self, path: str) -> tuple[str, str]:
        """The xxh3 and the SHA-256 digest of the file's content; raises as `digest` does."""
        xxh3 = self.digest(path)
        return xxh3, self._sha256[xxh3]

    def digest_of(self, kind: str, path: str, form: Callable[[bytes], bytes]) -> str:
        """The xxh3 digest of `form(content)`, remembered for `path` under `kind`."""
        return self._known(kind, path, lambda data: both_digests(form(data)))

    def fact(self, kind: str, path: str, compute: Callable[[bytes], str]) -> str:
        """`compute(content)`, remembered for `path` under `kind`; a text that is no digest."""
        return self._known(kind, path, lambda data: (compute(data), ""))

    def digest_text(self, text: str) -> str:
        """The xxh3 digest of a text."""
        xxh3, sha256 = both_digests(text.encode("utf-8", "surrogatepass"))
        self.pair(xxh3, sha256)
        return xxh3

    def digest_value(self, value: object) -> str:
        """The xxh3 digest of a JSON value, which may hold digests that were taken before."""
        xxh3, sha256 = digest_value(value), self.sha256_of(value)
        if sha256 is not None:
            self.pair(xxh3, sha256)
        return xxh3

    def sha256_of(self, value: object) -> str | None:
        """The SHA-256 of a JSON value in which SHA-256 digests stand for those by xxh3.

        None where it holds one whose SHA-256 is not known here.
        """
        known = self._sha256
        try:
            text = _XXH3.sub(lambda found: known[found[0].decode()].encode(), canonical(value))
        except KeyError:
            return None
        return "sha256:" + hashlib.sha256(text).hexdigest()

    def pair(self, xxh3: str, sha256: str) -> None:
        """Know the SHA-256 of what has this xxh3 digest; "" says nothing.

        Raises `EnvironmentFailed` where it is known to be another.
        """
        if sha256 and self._sha256.setdefault(xxh3, sha256) != sha256:
            message = f"two different contents have the digest {xxh3}"
            raise EnvironmentFailed(message, "find out who made the one to be taken for the other")

    def _known(self, kind: str, path: str, compute: Compute) -> str:
        name = f"{kind} {path}"
        now = signature(os.stat(path))
        earlier = None if name in self._racy else self._earlier.get(name)
        for known in (self._seen.get(name), earlier, self._facts.get(name)):
            if known is not None and known[0] == now:
                self._seen[name] = known
                self._observe(path, now)
                break
        else:
            data, status = read_stable(path)
            self._observe(path, signature(status))
            # The plain digest comes from the same reading, so that the two never disagree.
            for each, function in {"xxh3": both_digests, kind: compute}.items():
                self._learn(f"{each} {path}", path, function, function(data), status)
            known = self._seen[name]
        _, value, sha256 = known
        self.pair(value, sha256)
        return value

    def _observe(self, path: str, row: Signature) -> None:
        if self._observed.setdefault(path, row) != row:
            self._moved.add(path)
            self._observed[path] = row

    def forget(self, path: str) -> None:
        """This process itself is about to write the file: what it was before does not matter."""
        if self._observed.pop(path, None) is None:
            return
        self._moved.discard(path)
        for name, (of, _, _) in list(self._racy.items()):
            if of == path:
                self._racy.pop(name, None)

    def moved(self) -> set[str]:
        """The files whose stat data changed while this process used them."""
        return set(self._moved)

    def look(self, path: str) -> None:
        """Note the stat data of a folder about to be listed, or that it is not there; the first
        look counts.
        """
        if path in self._observed or path in self._missing:
            return
        try:
            row = self._observed[path] = signature(os.stat(path))
        except (FileNotFoundError, NotADirectoryError):
            self._missing.add(path)
            return
        if self.clocks.is_racy(row[0], row[5]):
            self._unsure.add(path)

    def unsure(self) -> set[str]:
        """The files and folders read so soon after they changed that stat data prove nothing, and
        folders that were not there when they were looked for.
        """
        appeared = {path for path in self._missing if os.path.lexists(path)}
        return self._unsure | appeared | {path for path, _, _ in self._racy.values()}

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
            now = compute(data)
            if now[0] != value:
                changed.add(path)
            else:
                self._observed[path] = signature(status)
                self._learn(name, path, compute, now, status)
        return changed

    def _learn(
        self,
        name: str,
        path: str,
        compute: Compute,
        fact: tuple[str, str],
        status: os.stat_result,
    ) -> None:
        known = self._seen[name] = (signature(status), *fact)
        if self.clocks.is_racy(status.st_dev, status.st_ctime_ns):
            self._racy[name] = (path, compute, fact[0])
        else:
            self._news[name] = known

    def _load(self) -> tuple[dict[str, Fact], os.stat_result | None]:
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
