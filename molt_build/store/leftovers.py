"""What killed builds and runs left behind, removed by the next build, through no link.

What carries a lock goes when that can be had: nobody uses it any more. So do sources and
environments that were never finished: the lock beside such a folder is held by who makes it, and by
what that started, and is removed at the end, so that one which is there and can be had is a dead
one's. The rest goes once it is old enough: two days without a change, longer than any stage may
run, and older than the oldest build that runs: a clock that jumped ahead makes nothing old.
"""

from __future__ import annotations

import fnmatch
import os
import time
from contextlib import suppress
from pathlib import Path

from molt_build.errors import EnvironmentFailed
from molt_build.files import opened_folder, remove_tree
from molt_build.plain_files import ASIDE
from molt_build.store.locks import remove_if_free, try_lock, unlock
from molt_build.store.made_once import marker
from molt_build.temporary import remove_abandoned_files, remove_abandoned_folders

LEFTOVER_AGE_S = 2 * 86400.0
# Folders of small files that are replaced whole, and moved aside when they are none.
_SMALL = ("", "store", "store/hold-times", "store/locks")


def remove_leftovers(cache: Path, oldest_build_ns: int) -> None:
    """Remove what builds and runs left in the cache; nanoseconds of the epoch."""
    limit = min(time.time() - LEFTOVER_AGE_S, oldest_build_ns / 1e9 - 1)
    remove_abandoned_folders(cache)
    for folder in ("", "store", "store/tmp", "store/locks", "store/hold-times"):
        remove_abandoned_files(cache, cache / folder)
    for path in _of(cache, "store/locks", "*"):
        if "." not in path.name:
            remove_if_free(path)  # of any age: a holder that lives keeps it
    patterns = (
        ("staging", "*"),
        ("", "run-*"),
        ("", "removed-*"),
        ("store/tmp", "*"),
        ("store/locks", "*.failure"),
        ("store/quarantine", "*"),
        *((folder, f"*{ASIDE}*") for folder in (*_SMALL, *_shard_folders(cache))),
    )
    for path in (path for folder, pattern in patterns for path in _of(cache, folder, pattern)):
        with suppress(OSError):
            if path.lstat().st_mtime <= limit:
                remove_tree(path, root=cache, may_fail=True)


def _shard_folders(cache: Path) -> list[str]:
    found = [path for depth in ("*/*", "*/*/*") for path in cache.glob(f"shards/{depth}")]
    return [str(path.relative_to(cache)) for path in found if path.is_dir()]


def remove_unfinished(tools: Path) -> None:
    """Remove sources and environments that a killed process began to make, and their locks."""
    for kind in ("sources", "environments"):
        for lock in _of(tools, kind, "*.lock"):
            with suppress(EnvironmentFailed, OSError):
                descriptor = try_lock(lock)
                if descriptor is None:
                    continue
                try:
                    made = lock.with_suffix("")
                    if not marker(made).exists():
                        remove_tree(made, root=tools, may_fail=True)
                finally:
                    unlock(lock, descriptor, remove=True)


def _of(cache: Path, folder: str, pattern: str) -> list[Path]:
    """What matches in a folder of the cache; nothing when a link leads there."""
    try:
        with opened_folder(cache, cache / folder) as descriptor:
            names = fnmatch.filter(os.listdir(descriptor), pattern)
    except OSError:
        return []
    return [cache / folder / name for name in sorted(names)]
