"""Which files a glob finds: those of thousands of programs, with one look into each folder.

A pattern is read name by name: `*`, `?` and `[...]` stand for parts of one name, and `**` for any
number of folders (at the end also for the files in them). Names that begin with a dot are found
only by a part of the pattern that begins with one, as a shell does; links to folders are not
entered, links to files are followed. The folders that were looked into are told with their stat
data, taken before the look: while these are equal, the names in them are the same.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from molt_build.stat_data import Signature, signature

_SIGNS = frozenset("*?[")
_ANY_DEPTH = "**"

_Places = frozenset[int]  # how much of a pattern a path has been through, each way to read it


@dataclass
class Looked:
    """The folders that were looked into, by absolute paths, and the files that were found there,
    by paths relative to the root; with their stat data (None: nothing is there)."""

    folders: dict[str, Signature | None] = field(default_factory=dict)
    files: dict[str, Signature] = field(default_factory=dict)


def is_glob(path: str) -> bool:
    """Whether a path is a pattern that may find several files."""
    return not _SIGNS.isdisjoint(path)


def is_found(pattern: str, path: str) -> bool:
    """Whether the pattern finds a file at this path, both relative to one root."""
    wanted = _pattern(pattern)
    places = wanted.start
    for name in path.split("/"):
        places = wanted.step(places, name)
    return wanted.has_ended(places)


def look(root: str, pattern: str, exclude: Iterable[str] = ()) -> Looked:
    """The regular files below `root` that the pattern finds and no pattern of `exclude` does.

    In the order of their paths' names. Raises `OSError` for a folder that cannot be read.
    """
    wanted, unwanted = _Pattern(pattern), [_Pattern(one) for one in exclude]
    found = Looked()
    begin = wanted.start, [one.start for one in unwanted]
    _look_into(root, "", wanted, unwanted, *begin, found)
    return found


def _look_into(
    root: str,
    below: str,
    wanted: _Pattern,
    unwanted: list[_Pattern],
    places: _Places,
    unwanted_places: list[_Places],
    found: Looked,
) -> None:
    folder = os.path.join(root, below.rstrip("/")) if below else root
    found.folders[folder] = _row(folder)
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry) for entry in entries)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # of a path that none can have
        return
    for name, entry in names:
        after = wanted.step(places, name)
        if not after:
            continue
        left = [one.step(at, name) for one, at in zip(unwanted, unwanted_places, strict=True)]
        path = below + name
        if entry.is_dir(follow_symlinks=False):
            is_left_out = any(one.takes_all(at) for one, at in zip(unwanted, left, strict=True))
            if wanted.leads_on(after) and not is_left_out:
                _look_into(root, path + "/", wanted, unwanted, after, left, found)
        elif wanted.has_ended(after) and entry.is_file():
            row = _row(os.path.join(root, path))
            is_left_out = any(one.has_ended(at) for one, at in zip(unwanted, left, strict=True))
            if row is not None and not is_left_out:
                found.files[path] = row


def _row(path: str) -> Signature | None:
    try:
        return signature(os.stat(path))
    except (OSError, ValueError):
        return None


class _Pattern:
    """A pattern, name by name."""

    def __init__(self, text: str) -> None:
        self._parts = [part for part in text.split("/") if part not in ("", ".")]
        self._end = len(self._parts)
        self.start = self._opened({0})

    def step(self, places: _Places, name: str) -> _Places:
        """Where one more name leads."""
        after: set[int] = set()
        for place in places:
            if place == self._end:
                continue
            part = self._parts[place]
            if part == _ANY_DEPTH:
                if not name.startswith("."):
                    after.add(place)
                    if place == self._end - 1:
                        after.add(self._end)
            elif _fits(part, name):
                after.add(place + 1)
        return self._opened(after)

    def _opened(self, places: Iterable[int]) -> _Places:
        """Those places, and where they lead without a name: `**` may stand for no folder."""
        opened = set(places)
        for place in sorted(opened):
            while place < self._end - 1 and self._parts[place] == _ANY_DEPTH:
                place += 1
                opened.add(place)
        return frozenset(opened)

    def has_ended(self, places: _Places) -> bool:
        """Whether the path so far fits the whole pattern."""
        return self._end in places

    def leads_on(self, places: _Places) -> bool:
        """Whether a longer path may fit."""
        return any(place < self._end for place in places)

    def takes_all(self, places: _Places) -> bool:
        """Whether everything below a folder fits."""
        return self._end - 1 in places and self._parts[-1:] == [_ANY_DEPTH]


@lru_cache(maxsize=256)
def _pattern(text: str) -> _Pattern:
    return _Pattern(text)


def _fits(part: str, name: str) -> bool:
    if not is_glob(part):
        return part == name
    if name.startswith(".") and not part.startswith("."):
        return False
    return _compiled(part).match(name) is not None


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))
