"""What an artifact of a toolchain holds: a file or a folder that commands read where it lies.

What stands for it in keys is one digest: of a file that of its content, and whether it is
executable; of a folder that of the sorted list of (relative path, digest, whether it is executable)
of the files that count. A glob fits the whole relative path; `**` is any number of folders, and
names that begin with a dot are names like any other. Byte code (`__pycache__`, `*.pyc`), which
Python may write at any time and which says nothing new, does not count unless a glob spells it.

A link counts for what it leads to, as long as that lies in the artifact or in the project: what is
outside nobody watches, so a link that leads there is an error. One that leads nowhere counts for
the words in it. Folders of molt_build's own state are never part of one.

Commands read it in place, so all that was looked at is kept, each file and each folder with its
stat data as they were at first: after a command they must still be the same (`changed`). A folder
may have got its `__pycache__` meanwhile, if nothing else came or went.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from molt_build import STATE_FOLDER
from molt_build.errors import UsageError
from molt_build.stat_data import Signature, signature
from molt_build.store.digest import StatCache
from molt_build.trails import Own, Trail, exchanged, trail

BYTE_CODE = "__pycache__"

Rows = Mapping[str, Signature | None]


@dataclass(frozen=True)
class Contents:
    """What an artifact held when it was looked at."""

    path: str
    globs: tuple[str, ...]
    project: str | None
    component: str  # what stands for it in keys
    count: int  # of its files
    way: Trail  # that led there
    rows: Rows  # files, folders and links, as they were; no link is followed
    names: Mapping[str, frozenset[str]]  # folder -> what lay in it
    absent: tuple[str, ...]  # where links lead to that lead nowhere

    def changed(self, own: Own, stat_cache: StatCache) -> str | None:
        """The first path that is not what it was; None when all are. Raises `OSError`."""
        if exchanged(self.way, trail(self.path), own) is not None:
            return self.path
        for path, row in self.rows.items():
            now = _row(path)
            if now != row and not self._got_byte_code(path, row, now):
                return path
        if any(map(os.path.lexists, self.absent)):
            return self.path
        if stat_cache.unsure().isdisjoint(self.rows):
            return None
        # Looked at so soon after it changed that stat data prove nothing.
        again = contents(self.path, self.globs, stat_cache.again(), self.project)
        return None if again.component == self.component else self.path

    def _got_byte_code(self, folder: str, row: Signature | None, now: Signature | None) -> bool:
        """Whether a folder is what it was, but for the first byte code of what lies in it."""
        if folder not in self.names or row is None or now is None or row[:3] != now[:3]:
            return False
        came_or_went = self.names[folder].symmetric_difference(os.listdir(folder))
        return came_or_went == {BYTE_CODE} and BYTE_CODE not in self.names[folder]


def contents(
    path: str, globs: Sequence[str], stat_cache: StatCache, project: str | None
) -> Contents:
    """What lies at a path; links must not lead out of it, nor out of the project if there is one.

    Raises `UsageError` for a link that does, `FileNotFoundError` when nothing is there, and other
    `OSError`s.
    """
    way = trail(path)
    real = os.path.realpath(path)
    borders = [real]
    if project is not None:
        borders.append(os.path.realpath(project))
        if f"{path}/".startswith(f"{os.path.abspath(project)}/"):
            borders.pop(0)
            _stays(path, real, borders)
    look = _Look(stat_cache, tuple(tuple(one.split("/")) for one in globs), borders)
    if not os.path.isdir(path):
        component, count = look.file(path), 1
    else:
        look.folder(path, (), (real,))
        listed = [list(look.found[name]) for name in sorted(look.found)]
        component, count = stat_cache.digest_value(listed), len(listed)
    absent = tuple(look.absent)
    return Contents(
        path, tuple(globs), project, component, count, way, look.rows, look.names, absent
    )


class _Look:
    """One look at a folder."""

    def __init__(
        self, stat_cache: StatCache, globs: tuple[tuple[str, ...], ...], borders: Sequence[str]
    ) -> None:
        self.rows: dict[str, Signature | None] = {}
        self.names: dict[str, frozenset[str]] = {}
        self.absent: list[str] = []
        self.found: dict[str, tuple[str, str, bool]] = {}  # relative path, digest, is executable
        self._stat_cache = stat_cache
        self._globs = globs
        self._is_byte_code_left_out = not any("pyc" in part for glob in globs for part in glob)
        self._borders = borders

    def file(self, path: str) -> str:
        """What stands for a file."""
        self._note(path)
        digest = self._stat_cache.digest(path)
        return f"{digest} executable" if self._stat_cache.is_executable(path) else digest

    def folder(self, path: str, names: tuple[str, ...], way: tuple[str, ...]) -> None:
        """Look into a folder; `way` holds the real paths of those around it, its own the last."""
        self._note(path)
        self._stat_cache.look(path)  # before its content: what appears later is news
        with os.scandir(path) as entries:
            each = sorted(entries, key=lambda entry: entry.name)
        if self._is_byte_code_left_out:
            self.names[path] = frozenset(entry.name for entry in each)
        for entry in each:
            below = (*names, entry.name)
            if entry.name == STATE_FOLDER or not self._may_count(entry, below):
                continue
            real = f"{way[-1]}/{entry.name}"
            if entry.is_symlink():
                self._note(entry.path)
                real = os.path.realpath(entry.path)
                _stays(entry.path, real, self._borders)
            if not entry.is_dir():
                self._take(entry, below)
            elif real not in way:  # else it goes round in circles
                self.folder(entry.path, below, (*way, real))

    def _take(self, entry: os.DirEntry[str], names: tuple[str, ...]) -> None:
        relative = "/".join(names)
        if entry.is_file():
            self._note(entry.path)
            if entry.is_symlink():
                self._note(os.path.realpath(entry.path))
            digest = self._stat_cache.digest(entry.path)
            is_executable = self._stat_cache.is_executable(entry.path)
            self.found[relative] = (relative, digest, is_executable)
        elif entry.is_symlink():
            self.found[relative] = (relative, f"link {os.readlink(entry.path)}", False)
            self.absent.append(os.path.realpath(entry.path))

    def _may_count(self, entry: os.DirEntry[str], names: tuple[str, ...]) -> bool:
        """Whether it is a file that counts, or a folder in which one may lie."""
        is_folder = entry.is_dir()
        is_byte_code = entry.name == BYTE_CODE if is_folder else entry.name.endswith(".pyc")
        if is_byte_code and self._is_byte_code_left_out:
            return False
        fits = _may_lie_below if is_folder else _fits
        return not self._globs or any(fits(glob, names) for glob in self._globs)

    def _note(self, path: str) -> None:
        self.rows.setdefault(path, _row(path))


def _stays(path: str, real: str, borders: Sequence[str]) -> None:
    """Raise `UsageError` when a link leads beyond all borders."""
    if not any(f"{real}/".startswith(border.rstrip("/") + "/") for border in borders):
        message = f"{path} is a link that leads out, to {real}, where nobody watches it"
        hint = "put what it leads to into the project, or declare an artifact with that path"
        raise UsageError(message, hint)


def _fits(glob: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether a glob fits the whole of a relative path."""
    if not glob:
        return not names
    if glob[0] == "**" and len(glob) == 2 and glob[1] != "**":  # as nearly all are written
        return bool(names) and fnmatchcase(names[-1], glob[1])
    if glob[0] == "**":
        return any(_fits(glob[1:], names[skipped:]) for skipped in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], glob[0]) and _fits(glob[1:], names[1:])


def _may_lie_below(glob: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether a glob may fit a path below a folder."""
    if not names:
        return bool(glob)
    if not glob:
        return False
    return glob[0] == "**" or (
        fnmatchcase(names[0], glob[0]) and _may_lie_below(glob[1:], names[1:])
    )


def _row(path: str) -> Signature | None:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return signature(status)
