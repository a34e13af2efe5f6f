"""How a blob lies in its file: as it is, or compressed.

A blob is named by the digest of its content. The file of that name holds the content itself; the
one with `.zst` behind it holds it as one zstd frame. So the name alone tells the two apart,
whatever `compression` says now, and a version that knows nothing of the second finds no blob: a
miss. Where both are there the plain one is read. Whoever reads checks the digest of the content
that comes out, so a frame that is torn or altered is damage like any other.

What a compressor cannot make smaller by a twentieth is kept plain, and so is what is smaller than a
block on disk. The package `zstandard` is imported where a blob is to be compressed or was, and
nowhere else.
"""

from __future__ import annotations

import io
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from molt_build.errors import ToolMissing
from molt_build.store.digest import CHUNK_BYTES, copied
from molt_build.store.layout import Damaged, file_path, open_stored
from molt_build.store.reflinks import cloned

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SUFFIX = ".zst"
WORTH_IT = 0.95  # of its size is what a compressed blob may have
_LEVEL = 3
_SMALLEST_BYTES = 4096

Compression = Literal["none", "zstd"]


class NoDecompressor(Exception):
    """A blob is compressed, and the package that reads it is not there."""


def check_compression(compression: Compression) -> None:
    """Raise `ToolMissing` where blobs are to be compressed and cannot be."""
    if compression == "zstd" and find_spec("zstandard") is None:
        message = 'compression = "zstd" of the cache manifest needs the package zstandard'
        raise ToolMissing(message, "pip install zstandard")


def blob_paths(root: Path, xxh3: str) -> tuple[Path, Path]:
    """Where the blob lies as it is, and where compressed."""
    plain = file_path(root, "blobs", xxh3)
    return plain, plain.with_name(plain.name + SUFFIX)


def written(
    source: BinaryIO, writer: BinaryIO, compression: Compression
) -> tuple[str, str, int, str]:
    """Write the content of an open file to an empty one, compressed if that is worth it.

    Both digests of the content, its size, and the suffix of the file's name. Raises `OSError`.
    """
    size_bytes = os.fstat(source.fileno()).st_size
    if compression == "zstd" and size_bytes >= _SMALLEST_BYTES:
        import zstandard

        compressor = zstandard.ZstdCompressor(level=_LEVEL)
        with compressor.stream_writer(writer, closefd=False) as frame:
            digests = copied(source, frame.write)
        if writer.tell() < WORTH_IT * digests[2]:
            return *digests, SUFFIX
        source.seek(0)
        writer.seek(0)
        writer.truncate()
    if compression == "none" and cloned(source, writer):
        return *copied(writer), ""
    return *copied(source, writer.write), ""


def open_blob(path: Path) -> BinaryIO:
    """The content of a blob's file.

    Raises `Damaged` as `open_stored` does, and when it is read and cannot be decompressed;
    `NoDecompressor` without the package that can.
    """
    stream = open_stored(path)
    if path.suffix != SUFFIX:
        return stream
    try:
        import zstandard
    except ImportError as error:
        stream.close()
        raise NoDecompressor from error
    reader = zstandard.ZstdDecompressor().stream_reader(
        stream, read_across_frames=True, closefd=True
    )
    return cast(BinaryIO, io.BufferedReader(_Content(reader, path), CHUNK_BYTES))


class _Content(io.RawIOBase):
    """The content of a compressed file."""

    def __init__(self, frame: BinaryIO, path: Path) -> None:
        super().__init__()
        self._frame = frame
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        import zstandard

        view = memoryview(buffer).cast("B")
        try:
            data = self._frame.read(len(view))
        except zstandard.ZstdError as error:
            raise Damaged(self._path, f"cannot be decompressed ({error})") from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._frame.close()
        super().close()
