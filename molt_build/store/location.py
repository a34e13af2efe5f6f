"""Where the user's cache directory lies, and that it may be trusted.

The directory is private to the user (0700). One that belongs to somebody else is refused: whoever
can write there can choose what our builds produce.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from molt_build.errors import EnvironmentFailed
from molt_build.switches import is_on

CACHE_DIR_VARIABLE = "MOLT_BUILD_CACHE_DIR"
TOOLS_DIR_VARIABLE = "MOLT_BUILD_TOOLS_DIR"
CACHE_SWITCH_VARIABLE = "MOLT_BUILD_CACHE"
FULL_BELOW_BYTES = 4096


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
