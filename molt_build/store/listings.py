"""What folders hold, each looked into once in a command.

A build asks for thousands of files whether they exist, in a handful of folders, and for the same
patterns again for each program. The answers are those of the first look. A file that appears later
in the command is news to the next one: the folder's stat data, noted before it was listed, no
longer match (`molt_build.store.digest.StatCache.look`), and a plan is not written while a path
that must be absent exists.
"""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar, cast

# Elsewhere file systems may take names that differ in case for equal: there the system is asked.
_NAMES_ARE_EXACT = sys.platform == "linux"

_T = TypeVar("_T")


class Listings:
    """The looks of one command; may be used by any thread."""

    def __init__(self, note: Callable[[str], None]) -> None:
        """`note` is told of each folder that is about to be searched for matches."""
        self._note = note
        self._names: dict[str, frozenset[str]] = {}
        self._known: dict[Hashable, object] = {}
        self._stems: dict[str, dict[str, tuple[str, ...]]] = {}
        self._matches: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def has_file(self, path: str) -> bool:
        """Whether a path leads to a file; a folder or a dangling link is none."""
        folder, _, name = path.rpartition("/")
        if not _NAMES_ARE_EXACT or name in ("", ".", ".."):
            return is_file(path)
        names = self._names.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder or "/"))
            except (FileNotFoundError, NotADirectoryError):
                names = frozenset()
            except OSError:  # may be entered, but not listed
                return is_file(path)
            self._names[folder] = names
        return name in names and is_file(path)

    def by_stem(self, folder: str) -> Mapping[str, tuple[str, ...]]:
        """The names in a folder by what stands before their first dot.

        There are none in what is no folder, or may not be listed, as for Python's path finder;
        other errors are raised as `OSError`.
        """
        found = self._stems.get(folder)
        if found is None:
            self._note(folder)  # before its content: what appears later is news
            try:
                names = sorted(os.listdir(folder))
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                names = []
            by_stem: dict[str, list[str]] = {}
            for name in names:
                by_stem.setdefault(name.partition(".")[0], []).append(name)
            found = {stem: tuple(rest) for stem, rest in by_stem.items()}
            self._stems[folder] = found
        return found

    def known(self, make: Callable[[], _T], *of: Hashable) -> _T:
        """What is kept as long as these looks are, of something: made once."""
        key = (make, of)
        found = self._known.get(key)
        if found is None:
            found = self._known.setdefault(key, make())
        return cast(_T, found)

    def matching(self, root: Path, pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Files below `root` that match, relative to it; and the folders that were searched."""
        key = (str(root), pattern)
        found = self._matches.get(key)
        if found is None:
            folders = _folders(root, pattern)
            for folder in folders:
                self._note(folder)  # before its content: what appears later is news
            paths = sorted(glob.glob(pattern, root_dir=root, recursive=True))
            files = tuple(path for path in paths if os.path.isfile(os.path.join(root, path)))
            found = self._matches[key] = (files, folders)
        return found


def is_file(path: str) -> bool:
    """Whether a tool that looks for a file finds something at a path: no folder, no dangling link.

    What cannot be looked at (a loop of links, a folder that may not be entered) counts as found:
    tools stop there.
    """
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return True


def _folders(root: Path, pattern: str) -> tuple[str, ...]:
    """The folders in which a new file or folder could match the pattern."""
    parts = pattern.split("/")
    found = {str(root)}
    for depth in range(1, len(parts)):
        for path in glob.glob("/".join(parts[:depth]), root_dir=root, recursive=True):
            folder = os.path.join(root, path)
            if os.path.isdir(folder):
                found.add(os.path.normpath(folder))
    return tuple(sorted(found))
