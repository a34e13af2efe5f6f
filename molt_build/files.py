"""Folders of our own: made, walked and removed so that no link leads out of them.

molt_build owns trees that others write to as well: a compiler in its slot, a measured program in
its folders, a user who moved a part of `.molt-build` to another disk. A symbolic link may stand at
any place in them. The rule, for all of them:

    The *root* of a tree (the project, `.molt-build`, the cache directory, `bench/results`, the
    folder of a page) is whatever the user says, and may itself be reached by links. Below a root
    no link is followed to remove or to overwrite: it is removed itself, or refused and named.

A check of a path followed by the use of the path would leave a moment in which the one is exchanged
for the other. So everything here steps from folder to folder by descriptors, each opened by its
name in the one before, with `O_NOFOLLOW`. What happens to a name afterwards does not matter.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FOLDER = (errno.ENOTDIR, errno.ELOOP, errno.EMLINK)  # what systems say of a link
# What a removal is told when a name was exchanged between two looks at it.
_EXCHANGED = (*_NO_FOLDER, errno.EISDIR, errno.EPERM, errno.ENOTEMPTY, errno.EEXIST)
_TRIES = 16
_DEEP = 64  # folders in one another, of which each takes a descriptor while it is emptied


class LinkInTheWay(OSError):
    """A symbolic link stands where a file or folder of ours would be removed or overwritten."""

    def __init__(self, path: str | Path) -> None:
        self.message = f"{path} is a symbolic link, through which nothing is written or removed"
        super().__init__(errno.ELOOP, f"{self.message}: take the link away")


@contextmanager
def opened_folder(
    root: Path, folder: Path, *, mode: int | None = None, replaces_links: bool = False
) -> Iterator[int]:
    """A descriptor of `folder`, which is `root` or lies below it; reached through no link below it.

    With a `mode`, folders that are missing are made with it (the root as well, its parents by
    default). A link on the way is removed with `replaces_links`, so that what it pointed to stays
    and a missing folder is found (or made) in its place; else `LinkInTheWay` names it. Raises
    `OSError`.
    """
    parts = folder.relative_to(root).parts
    if ".." in parts:
        raise ValueError(f"{folder} does not lie below {root}")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        here = os.open(root, flags)
    except FileNotFoundError:
        if mode is None:
            raise
        os.makedirs(root.parent, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(root, mode)
        here = os.open(root, flags)
    try:
        way = root
        for part in parts:
            way = way / part
            there = _stepped(here, part, way, mode, replaces_links)
            os.close(here)
            here = there
        yield here
    finally:
        os.close(here)


def real_folder(
    root: Path, folder: Path, *, mode: int = 0o777, replaces_links: bool = False
) -> Path:
    """See that `folder` and every level of it below `root` is a folder, made where it is missing.

    Links are replaced by folders, or refused with `LinkInTheWay`. Raises `OSError`; the folder.
    """
    with opened_folder(root, folder, mode=mode, replaces_links=replaces_links):
        return folder


def drop_links(root: Path, folder: Path) -> None:
    """Remove each link that stands for a level of `folder` below `root`; what is missing stays so.

    Raises `OSError`.
    """
    with suppress(FileNotFoundError), opened_folder(root, folder, replaces_links=True):
        pass


def make_way(root: Path, path: Path, *, is_folder: bool) -> None:
    """Remove what cannot stay where a file or a folder is to be made below `root`.

    That is a file where a folder has to be on the way, and at the path itself a folder where a file
    is to be, or a file where a folder is. Links are left to who replaces them. Raises `OSError`.
    """
    here, parts = root, path.relative_to(root).parts
    for number, part in enumerate(parts, 1):
        here = here / part
        try:
            mode = os.lstat(here).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISLNK(mode):
            return
        if stat.S_ISDIR(mode) != (is_folder or number < len(parts)):
            remove_tree(here, root=root, may_fail=False)
            return


def refuse_link(path: Path) -> None:
    """Raise `LinkInTheWay` when there is a link at the path itself."""
    if path.is_symlink():
        raise LinkInTheWay(path)


def write_new(root: Path, file: Path, data: bytes, mode: int) -> None:
    """Write a file below `root` that is ours alone, in place of whatever has its name.

    Missing folders are made, links on the way become folders. A reader may see half of it: see
    `molt_build.temporary.replacing` for what others read. Raises `OSError`.
    """
    with opened_folder(root, file.parent, mode=0o777, replaces_links=True) as folder:
        remove_entry(folder, file.name, file, may_fail=False)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(file.name, flags, 0o600, dir_fd=folder), "wb") as stream:
            stream.write(data)
            os.fchmod(stream.fileno(), mode)


def append_to(file: Path) -> int:
    """A descriptor for writing at the end of a file, made if missing; `LinkInTheWay` for a link."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(file, flags, 0o666)
    except OSError as error:
        if error.errno in _NO_FOLDER:
            refuse_link(file)
        raise


def remove_files(root: Path, folder: Path, kept: Callable[[str], bool]) -> None:
    """Remove every file and link below `folder`, but those whose relative path is `kept`.

    Folders stay. The folder lies below `root`, and need not exist; others may remove at the same
    time. Raises `OSError`.
    """
    with suppress(FileNotFoundError), opened_folder(root, folder) as here:
        for path, above in walked(here):
            if not kept(path):
                name = os.path.basename(path)
                with suppress(FileNotFoundError, IsADirectoryError):
                    os.unlink(name, dir_fd=above)


def walked(folder: int, below: str = "") -> Iterator[tuple[str, int]]:
    """(relative path, descriptor of its folder) of all that is no folder below the descriptor's.

    A folder that vanishes, or becomes a link, while its name is looked at is passed over.
    """
    for name, is_folder in _entries(folder):
        if not is_folder:
            yield below + name, folder
            continue
        try:
            there = os.open(name, _FOLDER, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ENOENT, *_NO_FOLDER):
                continue
            raise
        try:
            yield from walked(there, f"{below}{name}/")
        finally:
            os.close(there)


def stats_below(path: str | Path) -> Iterator[os.stat_result]:
    """The stat data of all that is no folder below a folder, or of the file at the path.

    No link below it is followed; what vanishes meanwhile, or may not be looked at, is passed over.
    """
    stack = [os.fspath(path)]
    while stack:
        here = stack.pop()
        try:
            with os.scandir(here) as found:
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                    else:
                        with suppress(OSError):
                            yield entry.stat(follow_symlinks=False)
        except NotADirectoryError:
            with suppress(OSError):
                yield os.lstat(here)
        except OSError:
            continue


def remove_tree(path: Path, *, may_fail: bool, root: Path | None = None) -> Collection[OSError]:
    """Remove a file, a link (never what it points to), or a folder with everything in it.

    What is missing, or is removed by others meanwhile, is as it should be. Folders of this user
    that may not be read or written are made so. With a `root` no level of the path below it may be
    a link; else only its last name is looked at in that way. What could not be removed is raised
    (the first of it, as `OSError`), or with `may_fail` given back.
    """
    try:
        with opened_folder(root or path.parent, path.parent) as folder:
            return remove_entry(folder, path.name, path, may_fail=may_fail)
    except FileNotFoundError:
        return ()
    except OSError as error:
        if not may_fail:
            raise
        return (error,)


def remove_entry(folder: int, name: str, shown: Path, *, may_fail: bool) -> Collection[OSError]:
    """`remove_tree` of a name in an open folder; `shown` is its path, for messages."""
    removal = _Removal()
    removal.remove(folder, name, shown)
    if removal.failed and not may_fail:
        raise removal.failed[0]
    return removal.failed


def empty_folder(root: Path, folder: Path, *, mode: int = 0o700) -> None:
    """Make a folder below `root` empty: what is in it goes, and a link in its place too.

    Raises `OSError` for what stays.
    """
    with opened_folder(root, folder, mode=mode, replaces_links=True) as here:
        for name, _ in _entries(here):
            remove_entry(here, name, folder / name, may_fail=False)


def _stepped(here: int, part: str, way: Path, mode: int | None, replaces_links: bool) -> int:
    """A descriptor of the folder `part` of the folder `here`."""
    for _ in range(_TRIES):
        try:
            return os.open(part, _FOLDER, dir_fd=here)
        except FileNotFoundError:
            if mode is None:
                raise FileNotFoundError(errno.ENOENT, "is missing", str(way)) from None
            with suppress(FileExistsError):
                os.mkdir(part, mode, dir_fd=here)
        except OSError as error:
            if error.errno not in _NO_FOLDER:
                raise
            if not _is_link(here, part):
                raise NotADirectoryError(errno.ENOTDIR, "is no folder", str(way)) from None
            if not replaces_links:
                raise LinkInTheWay(way) from None
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=here)
    raise LinkInTheWay(way)


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return True  # exchanged at this moment: to be looked at again


def _entries(folder: int) -> list[tuple[str, bool]]:
    """Name, and whether it is a folder (a link is none), of what is in an open folder."""
    with os.scandir(folder) as found:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]


class _Removal:
    """One removal of a tree, and what of it failed.

    Folders that lie deep are first moved up into the tree's own top, so that neither descriptors
    nor the stack grow with the depth that somebody else chose.
    """

    def __init__(self) -> None:
        self.failed: list[OSError] = []
        self._open: list[int] = []  # the folders on the way down
        self._has_hoisted = False

    def remove(self, parent: int, name: str, shown: Path) -> None:
        """Remove what the name stands for at this moment, whatever it is; a link itself."""
        if name in ("", ".", ".."):
            raise ValueError(f"{shown} names no entry of a folder")
        tries = 0
        while True:
            try:
                if not _is_folder(parent, name):
                    os.unlink(name, dir_fd=parent)
                elif len(self._open) < _DEEP:
                    failed = len(self.failed)
                    self._empty(parent, name, shown)
                    if len(self.failed) == failed:
                        os.rmdir(name, dir_fd=parent)
                else:
                    self._hoist(parent, name)
                return
            except FileNotFoundError:
                return
            except OSError as error:
                # What was moved up is there now; else a name was exchanged: look again.
                tries = 0 if self._has_hoisted and not self._open else tries + 1
                self._has_hoisted = self._has_hoisted and bool(self._open)
                if error.errno not in _EXCHANGED or tries == _TRIES:
                    text = error.strerror or "cannot be removed"
                    self.failed.append(OSError(error.errno, text, str(shown)))
                    return

    def _empty(self, parent: int, name: str, shown: Path) -> None:
        folder = _opened_to_empty(parent, name)
        self._open.append(folder)
        try:
            for entry, _ in _entries(folder):
                self.remove(folder, entry, shown / entry)
        finally:
            self._open.pop()
            os.close(folder)

    def _hoist(self, parent: int, name: str) -> None:
        os.close(_opened_to_empty(parent, name))  # one that may not be written cannot be moved
        hoisted = f"{name[:32]}.{os.urandom(8).hex()}"
        os.rename(name, hoisted, src_dir_fd=parent, dst_dir_fd=self._open[0])
        self._has_hoisted = True


def _is_folder(parent: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _opened_to_empty(parent: int, name: str) -> int:
    """A descriptor of a folder, which may be read and written if it belongs to this user."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        _make_readable(parent, name)
        folder = os.open(name, _FOLDER, dir_fd=parent)
    status = os.fstat(folder)
    if status.st_mode & 0o700 != 0o700 and status.st_uid == os.getuid():
        with suppress(OSError):  # said by what then cannot be removed
            os.fchmod(folder, 0o700)
    return folder


def _make_readable(parent: int, name: str) -> None:
    """Let its owner read a folder that cannot be opened; a link is not followed."""
    if os.chmod in os.supports_follow_symlinks:
        os.chmod(name, 0o700, dir_fd=parent, follow_symlinks=False)
        return
    flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    place = os.open(name, flags, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{place}", 0o700)
    finally:
        os.close(place)
