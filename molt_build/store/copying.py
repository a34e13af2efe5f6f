"""Copying a file to where it is to be: all of it, verified on the way, or nothing.

What is copied shares its blocks with the original where the file system has reflinks
(`molt_build.store.reflinks`); it is read all the same, so that its digest is known.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

import xxhash

from molt_build.store.digest import CHUNK_BYTES
from molt_build.store.reflinks import cloned
from molt_build.temporary import replacing


class _OtherContent(Exception):
    """What was copied is not what was wanted."""


def put_in_place(
    source: BinaryIO,
    destination: Path,
    xxh3: str,
    is_executable: bool,
    root: Path,
    *,
    is_alone: bool = False,
) -> bool:
    """Copy a file to where it is to be, all of it or nothing; False when its digest is another.

    It gets the mode that the present umask gives to a new file. `destination` lies below `root`;
    a link in the place of one of its folders is replaced by a folder. `is_alone`: its folder
    is new and nobody else's, and goes as a whole where this fails: it is written in place. Raises
    `OSError`.
    """
    if is_alone:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        mode = 0o777 if is_executable else 0o666
        with open(os.open(destination, flags, mode), "wb+") as writer:
            return copy_verified(source, writer) == xxh3
    try:
        with replacing(
            destination,
            root,
            is_executable=is_executable,
            replaces_links=True,
        ) as writer:
            if copy_verified(source, writer) != xxh3:
                raise _OtherContent
    except _OtherContent:
        return False
    return True


def is_executable(path: Path) -> bool:
    """Whether a file is meant to be executed: of its mode that alone is kept."""
    return bool(path.stat().st_mode & stat.S_IXUSR)


def copy_verified(source: BinaryIO, writer: BinaryIO) -> str:
    """Copy (reflink where possible) to a stream that can be read too; the xxh3 digest of it."""
    digest = xxhash.xxh3_128()
    is_cloned = cloned(source, writer)
    stream = writer if is_cloned else source
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        if not is_cloned:
            writer.write(chunk)
    return "xxh3:" + digest.hexdigest()
