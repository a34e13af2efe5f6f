"""Sealed files: plain data (None, numbers, strings, bytes, tuples, lists, dicts) with a checksum.

Format: one line that names the format, its number, the Python that wrote it and what the data are
of (`of`: a file copied to the place of another is not taken for it), a line feed, four bytes of
CRC-32 (big endian) of all that follows, and the data as `marshal` writes them. Marshal is read in a
third of the time that JSON takes, and is known to every Python at its start. It must never be given
bytes that it did not write: line and checksum are compared first, and a file of another Python
counts as absent. Such a file lies in a folder that only its user can write to; the checksum is
there against rot, torn writes and exchanged files, not against an enemy.

Writing is atomic (a temporary file beside it, then rename); a file is not synced: after a power
loss it may be torn, which the checksum tells. What lies in its place and is no file is damage too,
and gives way when it is written (`molt_build.plain_files`).

This module imports nothing that Python does not load at its start, on purpose.
"""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    from typing import Any

_PYTHON = f"{sys.implementation.cache_tag} {sys.hexversion:x}"
# Of `molt_build.plain_files`, which is imported for writing and for damage only.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_TYPE, _FILE = 0o170000, 0o100000  # `stat.S_IFMT`, `stat.S_IFREG`


class Damaged(Exception):
    """The file was written, but not with this content, or not in this place."""


def read(path: str, name: str, number: int, of: str = "") -> Any:
    """The value in a sealed file; None when it is absent or of another format or Python.

    Raises `Damaged` when it is torn, has other content than was written, is that of something
    else, or is no file at all.
    """
    data = _content(path)
    if data is None:
        return None
    head = _head(name, number, of)
    start = len(head) + 4
    if not data.startswith(head):
        line, _, _ = data.partition(b"\n")
        if line.startswith(f"molt-build {name} ".encode()) and not line.startswith(
            _head(name, number, "").rstrip()
        ):
            return None  # of another version
        raise Damaged(path)
    body = memoryview(data)[start:]
    if int.from_bytes(data[len(head) : start], "big") != crc32(body):
        raise Damaged(path)
    try:
        return marshal.loads(body)
    except (ValueError, EOFError, TypeError) as error:
        raise Damaged(path) from error


def write(path: str, root: str, name: str, number: int, value: Any, of: str = "") -> None:
    """Write a sealed file, making its folder; a link in the place of a level below `root` goes.

    Raises `OSError`.
    """
    from pathlib import Path  # a warm build only reads

    from molt_build.temporary import write_over

    body = marshal.dumps(value)
    seal = _head(name, number, of) + crc32(body).to_bytes(4, "big")
    write_over(Path(path), seal + body, Path(root))


def _content(path: str) -> bytes | None:
    """What `molt_build.plain_files.read_plain` reads; None when it is absent or not to be had."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        from molt_build.plain_files import is_blamed_on_the_file

        if is_blamed_on_the_file(error):
            raise Damaged(path) from error
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_mode & _TYPE != _FILE:
            raise Damaged(path)
        return os.read(descriptor, status.st_size)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _head(name: str, number: int, of: str) -> bytes:
    return f"molt-build {name} {number} {_PYTHON} {of}\n".encode("utf-8", "backslashreplace")
