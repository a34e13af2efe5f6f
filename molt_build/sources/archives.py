"""Unpacking tar and zip archives that are not trusted, though their digest is the pinned one.

Any member that would leave the folder, is no plain file, folder or link, or is more than the
limits allow, refuses the whole archive. The parsers of the standard
library are kept from what makes them slow or large: they cannot read more than a few MiB at once
(which is what holds headers and directories), nor go backwards, nor decompress more than the limit.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from molt_build.errors import SourceRefused
from molt_build.sources.unpacking import MAX_UNPACKED_BYTES, Unpacking, check_links, judged, shown

MAX_HEADER_BYTES = 16 << 20  # of one tar header, or of a zip archive's whole directory
# What members' headers and padding may add to their contents in a tar stream.
MAX_STREAM_BYTES = MAX_UNPACKED_BYTES + (512 << 20)

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


def unpack(archive: Path, location: str, destination: Path) -> None:
    """Unpack into a fresh folder; one folder at the top of the archive is stepped into.

    `location` is what messages call the archive. Raises `SourceRefused` when it breaks a rule or
    is damaged, `EnvironmentFailed` when the disk does not take it; the caller removes the rest.
    """
    with judged(location, _DAMAGED):
        writer = Unpacking(destination)
        if _is_zip(archive):
            _unpack_zip(archive, writer)
        else:
            _unpack_tar(archive, writer)
        _step_into_only_folder(destination)
        check_links(destination)


def _is_zip(archive: Path) -> bool:
    # Not `zipfile.is_zipfile`, which takes a tar that ends with a zip for one.
    with open(archive, "rb") as stream:
        return stream.read(4) in (b"PK\3\4", b"PK\5\6")


class _Bounded:
    """A seekable file, of which not much can be read at once."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._size = stream.seek(0, io.SEEK_END)
        stream.seek(0)

    def read(self, size: int = -1) -> bytes:
        wanted = size if size >= 0 else self._size - self._stream.tell()
        if wanted > MAX_HEADER_BYTES:
            raise SourceRefused(f"its directory is over {MAX_HEADER_BYTES >> 20} MiB")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True


class _Forward:
    """A decompressed stream that is read once from its beginning to its end, within limits."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._position = 0  # of the stream, which the reader may be one byte behind
        self._left = 0
        self._last = b""
        self._is_behind = False

    def allow(self, size_bytes: int) -> None:
        """So much may be read from now on, until this is called again."""
        self._left = size_bytes

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._left:
            raise SourceRefused(f"a header in it is over {MAX_HEADER_BYTES >> 20} MiB")
        self._left -= size
        if size == 0:
            return b""
        before = self._last if self._is_behind else b""
        self._is_behind = False
        content = self._stream.read(size - len(before))
        self._position += len(content)
        if self._position > MAX_STREAM_BYTES:
            raise SourceRefused(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB")
        self._last = (before + content)[-1:] or self._last
        return before + content

    def seek(self, offset: int) -> int:
        # tarfile reads the last byte of a member to see that it is there.
        if offset == self._position - 1 and self._last:
            self._is_behind = True
        elif offset < self.tell():
            raise SourceRefused("its headers lead backwards")
        while (missing := offset - self.tell()) > 0 and self.read(min(missing, 1 << 20)):
            pass
        return self.tell()

    def tell(self) -> int:
        return self._position - self._is_behind


def _unpack_tar(archive: Path, writer: Unpacking) -> None:
    with open(archive, "rb") as packed:
        magic = packed.read(6)
        packed.seek(0)
        opened = next((way for start, way in _MAGIC.items() if magic.startswith(start)), None)
        stream: IO[bytes] = opened(packed) if opened else packed
        forward = _Forward(stream)
        forward.allow(MAX_HEADER_BYTES)
        with stream, tarfile.open(fileobj=cast(IO[bytes], forward), mode="r:") as tar:
            while (member := tar.next()) is not None:
                writer.expect(member.name, member.size)
                forward.allow(member.size + tarfile.BLOCKSIZE)
                _unpack_member(tar, member, writer)
                forward.allow(MAX_HEADER_BYTES)


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, writer: Unpacking) -> None:
    name = member.name
    is_known = member.isreg() or member.isdir() or member.issym() or member.islnk()
    if member.issparse() or not is_known:
        raise SourceRefused(f"{shown(name)} is a device or another special file")
    if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on: a second opinion
        try:
            tarfile.data_filter(member, str(writer.folder))
        except tarfile.FilterError as error:
            message = f"{shown(name)} leaves the folder it is unpacked in, or links out of it"
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
    with open(archive, "rb") as stream:
        bounded = cast(IO[bytes], _Bounded(stream))
        with zipfile.ZipFile(bounded) as packed:
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


def _step_into_only_folder(folder: Path) -> None:
    entries = list(os.scandir(folder))
    if len(entries) == 1 and entries[0].is_dir(follow_symlinks=False):
        inner = folder.with_name("inner")
        os.rename(entries[0].path, inner)
        folder.rmdir()
        inner.rename(folder)
