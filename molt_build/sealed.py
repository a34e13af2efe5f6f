"""Sealed files: plain data (None, numbers, strings, bytes, tuples, lists, dicts) with a checksum.

Format: one line that names the format, its number, and the Python that wrote it, a line feed, four
bytes of CRC-32 (big endian) of all that follows, and the data as `marshal` writes them. Marshal is
read in a third of the time that JSON takes, and is known to every Python at its start. It must
never be given bytes that it did not write: the checksum is compared first, and a file of another
Python counts as absent. Such a file lies in a folder that only its user can write to; the checksum
is there against rot and torn writes, not against an enemy.

Writing is atomic (a temporary file beside it, then rename); a file is not synced: after a power
loss it may be torn, which the checksum tells.

This module imports nothing that Python does not load at its start, on purpose.
"""

from __future__ import annotations

import marshal
import sys
from binascii import crc32

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    from typing import Any

_PYTHON = f"{sys.implementation.cache_tag} {sys.hexversion:x}"


class Damaged(Exception):
    """The file was written, but not with this content."""


def read(path: str, name: str, number: int) -> Any:
    """The value in a sealed file; None when it is absent or of another format or Python.

    Raises `Damaged` when it is torn or has other content than was written.
    """
    try:
        with open(path, "rb", buffering=0) as stream:
            data = stream.read()
    except OSError:
        return None
    head = _head(name, number)
    start = len(head) + 4
    if not data.startswith(head):
        if data.startswith(f"molt-build {name} ".encode()):
            return None  # of another version
        raise Damaged(path)
    body = memoryview(data)[start:]
    if int.from_bytes(data[len(head) : start], "big") != crc32(body):
        raise Damaged(path)
    try:
        return marshal.loads(body)
    except (ValueError, EOFError, TypeError) as error:
        raise Damaged(path) from error


def write(path: str, root: str, name: str, number: int, value: Any) -> None:
    """Write a sealed file, making its folder; a link in the place of a level below `root` goes.

    Raises `OSError`.
    """
    from pathlib import Path  # a warm build only reads

    from molt_build.temporary import replacing

    body = marshal.dumps(value)
    with replacing(Path(path), Path(root), replaces_links=True) as stream:
        stream.write(_head(name, number) + crc32(body).to_bytes(4, "big"))
        stream.write(body)


def _head(name: str, number: int) -> bytes:
    return f"molt-build {name} {number} {_PYTHON}\n".encode()
