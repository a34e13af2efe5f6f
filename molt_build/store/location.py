"""Where the user's cache directory lies, and that it may be trusted.

The directory is private to the user (0700). One that belongs to somebody else is refused: whoever
can write there can choose what our builds produce.
"""

from __future__ import annotations

import fnmatch
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from molt_build.errors import EnvironmentFailed
from molt_build.files import opened_folder, remove_tree
from molt_build.plain_files import ASIDE
from molt_build.store.locks import remove_if_free, try_lock, unlock
from molt_build.switches import is_on
from molt_build.temporary import remove_abandoned_files, remove_abandoned_folders

CACHE_DIR_VARIABLE = "MOLT_BUILD_CACHE_DIR"
TOOLS_DIR_VARIABLE = "MOLT_BUILD_TOOLS_DIR"
CACHE_SWITCH_VARIABLE = "MOLT_BUILD_CACHE"
LEFTOVER_AGE_S = 2 * 86400.0
FULL_BELOW_BYTES = 4096
# Folders of small files that are replaced whole, and moved aside when they are none.
_SMALL = ("", "store", "store/hold-times", "store/locks")


def cache_is_on() -> bool:
    """`MOLT_BUILD_CACHE=off` turns the store off; nothing is then up to date or a hit."""
    return is_on(CACHE_SWITCH_VARIABLE)


def cache_dir() -> Path:
    """The user's cache directory, made private when it is new.

    Raises `EnvironmentFailed` when it cannot be made or belongs to another user.
    """
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    if chosen:
        path = Path(chosen).expanduser().absolute()
    else:
        import platformdirs

        path = Path(platformdirs.user_cache_dir("molt-build", appauthor=False))
    return _private(path, CACHE_DIR_VARIABLE)


def tools_dir() -> Path:
    """Where toolchain environments and unpacked sources lie: the cache directory, if not said.

    Raises `EnvironmentFailed` when it cannot be made or belongs to another user.
    """
    chosen = os.environ.get(TOOLS_DIR_VARIABLE)
    if not chosen:
        return cache_dir()
    return _private(Path(chosen).expanduser().absolute(), TOOLS_DIR_VARIABLE)


def _private(path: Path, variable: str) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
    except OSError as error:
        message = f"the cache directory {path} cannot be used: {error.strerror}"
        raise EnvironmentFailed(message, f"set {variable} to a folder of yours") from error
    if not stat.S_ISDIR(status.st_mode):
        message = f"the cache directory {path} is not a directory"
        raise EnvironmentFailed(message, f"set {variable} to a folder of yours")
    if status.st_uid != os.getuid():
        message = f"the cache directory {path} belongs to user id {status.st_uid}, not to you"
        raise EnvironmentFailed(message, f"set {variable} to a folder of yours")
    if status.st_mode & 0o077:
        os.chmod(path, 0o700)
    return path


def disk_is_full(folder: Path) -> bool:
    """Whether the file system has no room for another block (of the user's share of it)."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return False
    has_no_files_left = status.f_files > 0 and status.f_favail == 0
    return status.f_bavail * status.f_frsize < FULL_BELOW_BYTES or has_no_files_left


def remove_leftovers(cache: Path, oldest_build_ns: int) -> None:
    """Remove what builds and runs that were killed left behind, through no link.

    What carries a lock goes when that can be had; the rest once it is old enough: two days without
    a change, longer than any stage may run, and older than the oldest build that runs (nanoseconds
    of the epoch): a clock that jumped ahead makes nothing old.
    """
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
    """Remove sources and environments that a killed process began to make, and their locks.

    The lock beside such a folder is held by who makes it, and by what that started; it is removed
    at the end. One that is there and can be had is a dead one's.
    """
    for kind in ("sources", "environments"):
        for lock in _of(tools, kind, "*.lock"):
            with suppress(EnvironmentFailed, OSError):
                descriptor = try_lock(lock)
                if descriptor is None:
                    continue
                try:
                    made = lock.with_suffix("")
                    if not (made / "complete").exists():
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
