"""Temporary files and folders that their owner's death gives away, however it dies.

Each is locked through a descriptor that its owner keeps open, and that it may hand to a
child that goes on using the folder. The kernel releases the lock with the last of them. So whoever
finds a temporary name, and can have its lock, knows that nobody uses it any more, and removes it.
That a process of some number runs proves nothing: numbers are used again.

Names end in 16 hexadecimal digits, `.NAME.DIGITS.tmp` for a file and `PREFIX-DIGITS` for a folder;
nothing else is ever looked at, and nothing of another user. Who makes one is not its owner until
the lock is had and the name still stands for it: else somebody took it for left behind, and another
is made. On a file system without locks nothing is removed.

`replacing` is the one way in which files that others read are written: to a temporary file, then
renamed. It removes the abandoned ones beside it first, as `new_folder` does where the system has
its temporary files; a session looks through `.molt-build` and the cache when it is opened.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import lock_descriptor

from molt_build import interrupts
from molt_build.files import opened_folder, remove_entry, remove_tree, walked
from molt_build.plain_files import is_folder, make_folder, move_aside

SYSTEM_PREFIX = "molt-build-"  # of all folders in a place that is not ours alone
_FILE = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
_FOLDER = re.compile(r".+-[0-9a-f]{16}")


def is_temporary_file(name: str) -> bool:
    """Whether a file of this name is one that `replacing` writes to, or was when it was killed."""
    return _FILE.fullmatch(name) is not None


@contextmanager
def replacing(
    file: Path,
    root: Path | None = None,
    *,
    mode: int | None = None,
    is_executable: bool = False,
    replaces_links: bool = False,
    is_alone: bool = False,
) -> Iterator[BinaryIO]:
    """A stream, open for reading too, whose content takes the file's place when the block ends.

    Readers see all of the old file or all of the new one; a block that raises changes nothing. A
    link at the file itself is replaced. No level of the path below `root` (its own folder, if not
    said) may be a link: it is replaced by a folder, or else `LinkInTheWay` is raised, as other
    `OSError`s are. Folders that are missing are made. The file gets the `mode`, or what
    the umask leaves of that of any new file, or of one to be executed. `is_alone`: nobody else
    writes into its folder, and what others abandoned is not looked for.
    """
    with opened_folder(
        root or file.parent, file.parent, mode=0o777, replaces_links=replaces_links
    ) as folder:
        if not is_alone:
            _remove_abandoned(folder, file.parent, _FILE)
        name, descriptor = _new_file(folder, file.name, 0o777 if is_executable else 0o666)
        try:
            with open(descriptor, "wb+") as stream:
                yield stream
                stream.flush()
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                # Under the lock: until it has its name it is nobody else's to remove.
                os.replace(name, file.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            raise


def write_whole(
    file: Path,
    content: str | bytes,
    root: Path | None = None,
    *,
    mode: int | None = None,
    is_alone: bool = False,
) -> None:
    """Write a file, all or nothing, as `replacing` does."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(file, root, mode=mode, is_alone=is_alone) as stream:
        stream.write(data)


def write_over(file: Path, content: str | bytes, root: Path | None = None) -> None:
    """Write a small file of ours, all or nothing, in the place of whatever lies there.

    Links are replaced, on the way below `root` too; a folder in its place, or what is none in the
    place of its folder, is moved aside. Raises `OSError`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    for is_again in (False, True):
        try:
            with replacing(file, root, replaces_links=True) as stream:
                stream.write(data)
            return
        except (IsADirectoryError, FileExistsError, NotADirectoryError):
            if is_again:
                raise
            if is_folder(file):
                move_aside(os.fspath(file))
            else:
                make_folder(os.path.dirname(file))


@contextmanager
def temporary_file(parent: Path) -> Iterator[tuple[str, BinaryIO]]:
    """The path and stream, for reading too, of a new, private file.

    It is gone at the end, unless it was renamed.
    """
    with opened_folder(parent, parent) as folder:
        name, descriptor = _new_file(folder, "new", 0o600)
    path = os.path.join(parent, name)
    try:
        with open(descriptor, "wb+") as stream:
            yield path, stream
    finally:
        with suppress(FileNotFoundError):
            os.unlink(path)


@dataclass(frozen=True)
class TemporaryFolder:
    """A new, private folder of this process.

    Its life is that of the block that `with` enters, or ends with `remove`. A child that inherits
    the descriptor keeps the folder from being removed by others for as long as it lives.
    """

    path: Path
    descriptor: int

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove it with all that is in it, as far as that can be done; to be called once.

        An interrupt waits for that.
        """
        with interrupts.held():
            remove_tree(self.path, may_fail=True)
            os.close(self.descriptor)


def new_folder(prefix: str, parent: Path | None = None, suffix: str = "") -> TemporaryFolder:
    """Make a temporary folder `PREFIXDIGITS` in `parent`, or where the system has such.

    With a `suffix` nobody else removes it, abandoned or not. Where the system has such folders the
    abandoned ones of molt_build are removed first. Raises `OSError`.
    """
    if parent is None:
        place = Path(os.path.realpath(tempfile.gettempdir()))
        remove_abandoned_folders(place, SYSTEM_PREFIX)
    else:
        place = parent
    while True:
        path = place / f"{prefix}{os.urandom(8).hex()}{suffix}"
        try:
            path.mkdir(mode=0o700)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags)
        except FileExistsError:
            continue
        except FileNotFoundError:
            if place.is_dir():
                continue  # taken for left behind
            raise
        if _is_ours(descriptor, os.path.join(place, path.name)):
            return TemporaryFolder(path, descriptor)
        os.close(descriptor)


def remove_abandoned_folders(parent: Path, prefix: str = "") -> None:
    """Remove the temporary folders in `parent`, of this user, that nobody uses any more.

    What cannot be removed, or looked at, stays.
    """
    try:
        with opened_folder(parent, parent) as folder:
            pattern = re.compile(re.escape(prefix) + _FOLDER.pattern)
            _remove_abandoned(folder, parent, pattern)
    except OSError:
        return  # it is made or refused by who uses it


def remove_abandoned_files(root: Path, folder: Path, *, is_deep: bool = False) -> None:
    """Remove the temporary files in a folder below `root` that nobody writes any more.

    `is_deep`: in all the folders below it too. No link is followed. What cannot be removed stays.
    """
    with suppress(OSError), opened_folder(root, folder) as here:
        if not is_deep:
            _remove_abandoned(here, folder, _FILE)
            return
        for path, above in walked(here):
            name = os.path.basename(path)
            if _FILE.fullmatch(name):
                _remove_if_abandoned(above, name, folder / path)


def _new_file(folder: int, name: str, mode: int = 0o666) -> tuple[str, int]:
    """The name and descriptor of a new temporary file in an open folder."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        temporary = f".{name}.{os.urandom(8).hex()}.tmp"
        try:
            descriptor = os.open(temporary, flags, mode, dir_fd=folder)
        except FileExistsError:
            continue
        if _is_ours(descriptor, temporary, folder):
            return temporary, descriptor
        os.close(descriptor)


def _is_ours(descriptor: int, name: str, folder: int | None = None) -> bool:
    """Lock what was just made; False when somebody took it for left behind meanwhile."""
    with suppress(OSError):  # no locks here: then nobody else has them either, and it stays
        lock_descriptor(descriptor, poll_interval=0.002)
    return _is_still(descriptor, name, folder)


def _is_still(descriptor: int, name: str, folder: int | None) -> bool:
    """Whether the name stands for what the descriptor is of."""
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def _remove_abandoned(folder: int, shown: Path, pattern: re.Pattern[str]) -> None:
    with os.scandir(folder) as found:
        names = [entry.name for entry in found if pattern.fullmatch(entry.name)]
    for name in names:
        with suppress(OSError):  # it stays
            _remove_if_abandoned(folder, name, shown / name)


def _remove_if_abandoned(folder: int, name: str, shown: Path) -> None:
    """Remove it if its lock can be had: under the lock, so that who waits for it sees it gone."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        return
    try:
        status = os.fstat(descriptor)
        is_known = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        if not is_known or status.st_uid != os.getuid():
            return
        if lock_descriptor(descriptor, blocking=False) and _is_still(descriptor, name, folder):
            remove_entry(folder, name, shown, may_fail=True)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
