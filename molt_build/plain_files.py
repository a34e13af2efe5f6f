"""Small files of our own, read without trust in what lies in their place.

A folder, a pipe, a socket, a link (to itself, to nowhere, to somebody's file) or a file that may
not be read can lie where a file of ours is looked for: after a restored backup, a careless copy, a
damaged file system. `open_plain` opens regular files only, never follows a link, and never waits
for the other end of a pipe; all else is `NotAFile`. `molt_build.temporary.write_over` replaces
whatever lies there, and moves a folder aside that stands in the way.

Nothing here is synced, and nothing is imported that Python does not load at its start.
"""

from __future__ import annotations

import errno
import os
import stat
import time

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    Place = str | os.PathLike[str]

ASIDE = ".damaged-"  # in the names of what was moved aside
_FLAGS = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
# What `open` says of things that are no files, and of files that are not to be had. A lack of
# memory or descriptors, or a disk that fails, is the machine's failure and says nothing of a file.
_NO_FILE = frozenset(
    (errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM)
)
_WORDS = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFLNK: "is a link",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


class NotAFile(OSError):
    """What lies in a file's place is none, or may not be read; `what` says it in words."""

    def __init__(self, path: Place, what: str, number: int = errno.EINVAL) -> None:
        super().__init__(number, f"it {what}", os.fspath(path))
        self.what = what


def what_lies_at(path: Place) -> str:
    """What is there instead of a regular file, in words; "" where a file lies, or nothing."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return ""
    return _WORDS.get(stat.S_IFMT(mode), "")


def in_place_of_folder(path: Place) -> str:
    """What is there instead of a folder, in words; "" where a folder lies, or nothing.

    One look: who asks twice may be told of a folder that another process made in between.
    """
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return ""
    return "" if stat.S_ISDIR(mode) else _WORDS.get(stat.S_IFMT(mode), "is a file")


def is_folder(path: Place) -> bool:
    """Whether a folder lies there, and not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def is_blamed_on_the_file(error: OSError) -> bool:
    """Whether a file could not be opened for what it is."""
    return error.errno in _NO_FILE


def open_plain(path: Place, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a regular file; can be an `opener` of `open`.

    Raises `FileNotFoundError`, `NotAFile`, and other `OSError`s that the file is not to blame for.
    """
    try:
        descriptor = os.open(path, flags | _FLAGS, 0o600)
    except OSError as error:
        if not is_blamed_on_the_file(error):
            raise
        what = what_lies_at(path) or f"cannot be opened ({error.strerror})"
        raise NotAFile(path, what, error.errno or errno.EINVAL) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise NotAFile(path, _WORDS.get(stat.S_IFMT(mode), "is no file"))
    return descriptor


def read_plain(path: Place) -> bytes:
    """The content of a regular file; raises as `open_plain` does."""
    with open(open_plain(path), "rb", buffering=0) as stream:
        return stream.read()


def make_folder(folder: str) -> None:
    """Make a folder and those above it; what stands in the way and is none is moved aside."""
    while True:
        try:
            os.makedirs(folder, exist_ok=True)
            return
        except (FileExistsError, NotADirectoryError):
            at = folder
            while not os.path.lexists(at) and os.path.dirname(at) != at:
                at = os.path.dirname(at)
            if os.path.isdir(at):
                raise
            move_aside(at)


def move_aside(path: str) -> str:
    """Give what lies there another name beside it, and say which; raises `OSError`."""
    aside = f"{path}{ASIDE}{time.time_ns()}"
    os.rename(path, aside)
    os.utime(aside, follow_symlinks=False)  # its age counts from now
    return aside
