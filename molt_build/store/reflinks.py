"""Copies that share their blocks on disk until one of them is written to (Linux, FICLONE).

XFS and Btrfs have them, within one file system. A copy takes as long for 72 MB as for 72 bytes and
no room; where they are not to be had the bytes are copied.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

from molt_build.temporary import temporary_file

_FICLONE = 0x40049409  # Linux, include/uapi/linux/fs.h


def cloned(source: BinaryIO, target: BinaryIO) -> bool:
    """Make `target`, an empty file, a reflink of `source`; False, and nothing done, where not."""
    try:
        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except OSError:
        return False
    return True


def why_no_reflinks(cache: Path, folder: Path) -> str:
    """Why files of the cache cannot be reflinked to a folder; empty where they can.

    Tries it, with a file of a moment in each. Raises `OSError` where none can be made.
    """
    with temporary_file(cache) as (_, source), temporary_file(folder) as (_, target):
        source.write(bytes(4096))
        source.flush()
        if cloned(source, target):
            return ""
        same = os.fstat(source.fileno()).st_dev == os.fstat(target.fileno()).st_dev
    return "their file system has no reflinks" if same else "they lie in two file systems"
