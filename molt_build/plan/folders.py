"""Materialised folders, looked at before a plan vouches for them.

A plan has a row for each file, link and folder of them: stat data of files say that a content or a
mode is as it was, those of folders that no name came or went. As long as a folder changed so lately
that another change could leave its stat data as they are, they say nothing; so the clock is waited
out first, then the stat data are taken, and then what lies there is compared with what was written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from molt_build.errors import EnvironmentFailed
from molt_build.plan import warm
from molt_build.store.digest import StatCache, digest_bytes
from molt_build.store.tree import NotKept, names_in, tree_of

if TYPE_CHECKING:
    _AnyRow = warm.Row | tuple[()] | None


class Folders:
    """What is known of the folders that one build materialised; paths are absolute, with "/"."""

    def __init__(self, stat_cache: StatCache) -> None:
        self._stat_cache = stat_cache
        self._rows: dict[str, dict[str, _AnyRow]] = {}

    def digest(self, path: str) -> str:
        """The digest of the folder as it is; "" for one that is gone, or changes all the time."""
        top, clocks = path.rstrip("/"), self._stat_cache.clocks
        try:
            folders = [top, *(path + name for name in names_in(top).folders)]
            clocks.wait_past(os.stat(folder).st_ctime_ns for folder in folders)
            rows: dict[str, _AnyRow] = {folder: warm.stat_row(folder) for folder in folders}
            tree = tree_of(top, self._stat_cache.both_digests)
        except (OSError, NotKept, EnvironmentFailed):
            return ""
        for folder, row in rows.items():
            if row and clocks.is_racy(row[0], row[5]):
                rows[folder] = warm.NEVER
        found: dict[str, _AnyRow] = {path + file.path: None for file in tree.files}
        self._rows[path] = {**rows, **found, **{path + link: None for link, _ in tree.links}}
        return digest_bytes(tree.document())

    def rows(self, path: str) -> dict[str, _AnyRow]:
        """Everything below the folder with its stat data; None where they are taken of a file."""
        return self._rows.get(path, {})
