"""Unpacking tar and zip archives that are not trusted, though their digest is the pinned one.

Any member that would leave the folder, is no plain file, folder or link, or is more than the
limits allow, refuses the whole archive. `tarfile` reads as from a pipe, so it cannot go backwards;
its data filter is asked about every member, beside the stricter rules of
`molt_build.sources.unpacking`. What both parsers read whole, headers and directories, is limited to
a few MiB.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from molt_build.errors import EnvironmentFailed, SourceRefused
from molt_build.sources.unpacking import MAX_UNPACKED_BYTES, Unpacking, check_links, shown, too_big

MAX_HEADER_BYTES = 16 << 20  # of one tar header, or of a zip archive's whole directory
# What members' headers and padding may add to their contents in a tar stream.
MAX_STREAM_BYTES = MAX_UNPACKED_BYTES + (512 << 20)
_READ_BYTES = 1 << 16
_KEPT = "nothing of it was kept"

_MAGIC: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,  # NotImplementedError above all: a compression that is not known
)
_REFUSED_ERRNOS = (  # of what no disk takes; others are the disk's own troubles
    None,  # raised by a decompressor
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EILSEQ,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ELOOP,
)


@contextmanager
def refusing_damage(location: str) -> Iterator[None]:
    """Name the source in what is raised; what a damaged source raises refuses it."""
    try:
        yield
    except SourceRefused as error:
        raise SourceRefused(f"{location}: {error.message}", _KEPT) from error
    except OSError as error:
        if error.errno not in _REFUSED_ERRNOS:
            raise EnvironmentFailed(f"{location} cannot be unpacked: {error}") from error
        raise SourceRefused(_damage(location, error), _KEPT) from error
    except _DAMAGED as error:
        raise SourceRefused(_damage(location, error), _KEPT) from error


def unpack(archive: Path, location: str, destination: Path) -> None:
    """Unpack into a fresh folder; one folder at the top of the archive is stepped into.

    `location` is what messages call the archive. Raises `SourceRefused` when it breaks a rule or
    is damaged, `EnvironmentFailed` when the disk does not take it; the caller removes the rest.
    """
    with refusing_damage(location), open(archive, "rb") as packed:
        writer = Unpacking(destination)
        magic = packed.read(6)
        packed.seek(0)
        # Not `zipfile.is_zipfile`, which takes a tar that ends with a zip for one.
        if magic.startswith((b"PK\3\4", b"PK\5\6")):
            _unpack_zip(archive, writer)
        else:
            opened = next((way for start, way in _MAGIC.items() if magic.startswith(start)), None)
            with opened(packed) if opened else packed as stream:
                unpack_tar(stream, writer)
        _step_into_only_folder(destination)
        check_links(destination)


def unpack_tar(stream: IO[bytes], writer: Unpacking, *, only_files: bool = False) -> None:
    """Write the members of a tar, which is read once from its beginning to its end.

    With `only_files` folders are made for the files and links in them alone.
    """
    limited = _Limited(stream)
    with tarfile.open(fileobj=cast(IO[bytes], limited), mode="r|", bufsize=_READ_BYTES) as tar:
        while (member := tar.next()) is not None:
            if only_files and member.isdir():
                continue
            writer.expect(member.name, member.size)
            limited.allow(member.size + MAX_HEADER_BYTES)
            _unpack_member(tar, member, writer)


class _Limited:
    """A stream that ends in a refusal where a tar's headers are larger than any need be."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MAX_HEADER_BYTES
        self._left_of_all = MAX_STREAM_BYTES

    def allow(self, size_bytes: int) -> None:
        """So much may be read from now on, until this is called again."""
        self._left = size_bytes

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        self._left_of_all -= len(content)
        if self._left < 0:
            raise SourceRefused(f"a header in it is over {MAX_HEADER_BYTES >> 20} MiB")
        if self._left_of_all < 0:
            raise too_big()
        return content


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, writer: Unpacking) -> None:
    name = member.name
    is_known = member.isreg() or member.isdir() or member.issym() or member.islnk()
    if member.issparse() or not is_known:
        raise SourceRefused(f"{shown(name)} is a device or another special file")
    if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on: a second opinion
        try:
            tarfile.data_filter(member, str(writer.folder))
        except tarfile.FilterError as error:
            told = shown(name)
            if member.linkname:
                told = f"{told} is a link to {shown(member.linkname)}: {told}"
            message = f"{told} leaves the folder it is unpacked in"
            raise SourceRefused(message) from error
    if member.isdir():
        writer.add_folder(name)
    elif member.issym():
        writer.add_link(name, member.linkname)
    elif member.islnk():
        writer.add_hard_link(name, member.linkname)
    else:
        content = tar.extractfile(member)
        assert content is not None
        with content:
            writer.add_file(name, content, is_executable=bool(member.mode & 0o100))


def _unpack_zip(archive: Path, writer: Unpacking) -> None:
    with _Bounded(io.FileIO(archive)) as stream, zipfile.ZipFile(stream) as packed:
        members = packed.infolist()
        for member in members:  # all, before anything is written
            writer.expect(member.filename, member.file_size)
        for member in members:
            name, mode = member.filename, member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise SourceRefused(f"{shown(name)} is a link or another special file")
            if member.flag_bits & 1:
                raise SourceRefused(f"{shown(name)} is encrypted")
            if member.is_dir():
                writer.add_folder(name)
                continue
            with packed.open(member) as content:
                writer.add_file(name, content, is_executable=bool(mode & 0o100))


class _Bounded(io.BufferedReader):
    """A file of which not much can be read at once: `zipfile` reads a directory whole."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_HEADER_BYTES:
            raise SourceRefused(f"its directory is over {MAX_HEADER_BYTES >> 20} MiB")
        return super().read(size)


def _step_into_only_folder(folder: Path) -> None:
    entries = list(os.scandir(folder))
    if len(entries) == 1 and entries[0].is_dir(follow_symlinks=False):
        inner = folder.with_name("inner")
        os.rename(entries[0].path, inner)
        folder.rmdir()
        inner.rename(folder)


def _damage(location: str, error: Exception) -> str:
    return f"{location} was refused while unpacking: {shown(str(error))}"
