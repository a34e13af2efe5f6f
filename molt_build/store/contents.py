"""What the store holds, by toolchain and stage, and what it is good for.

Every entry is read, and the files of its outputs are looked at. A blob that several stages gave is
counted with each of them, so rows may add up to more than there is. What is damaged is passed over
here; `molt_build.store.verification` finds it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from molt_build.clock import utc
from molt_build.store.blob import Blob
from molt_build.store.blob_files import NoDecompressor, blob_paths, open_blob
from molt_build.store.layout import Damaged, read_document
from molt_build.store.size import stored_files
from molt_build.store.store import SHAPES, Entry
from molt_build.store.tree import read_tree


@dataclass(frozen=True)
class StageContents:
    """What the store holds of one stage of one toolchain."""

    toolchain: Annotated[str, "The toolchain."]
    stage: Annotated[str, "The stage."]
    entries: Annotated[int, "Actions whose results are held."]
    blobs: Annotated[int, "Different outputs of these."]
    bytes: Annotated[int, "Of their content."]
    bytes_on_disk: Annotated[int, "What they take on disk."]
    kept_out: Annotated[int, "Outputs that are in no file of the store."]
    saved_s: Annotated[float, "By a hit: what its command took, the mean over entries."]
    last_used: Annotated[str, "When one of them was used last, in UTC."]


@dataclass
class _Sum:
    entries: int = 0
    seconds: float = 0.0
    last_used_s: float = 0.0
    blobs: dict[str, tuple[int, int]] = field(default_factory=dict)  # digest -> sizes
    out: set[str] = field(default_factory=set)


def contents(root: Path) -> list[StageContents]:
    """A row for each stage of each toolchain, what takes most room first."""
    sums: dict[tuple[str, str], _Sum] = {}
    place = os.path.join(root, "entries") + os.sep
    for name, status in stored_files(root):
        if not name.startswith(place):
            continue
        try:
            entry: Entry = read_document(Path(name), SHAPES["entries"])
        except (OSError, Damaged):
            continue
        one = sums.setdefault((entry.toolchain, entry.stage), _Sum())
        one.entries += 1
        one.seconds += entry.seconds
        one.last_used_s = max(one.last_used_s, status.st_mtime)
        for blob in entry.outputs.values():
            for part in (blob, *_files(root, blob)):
                on_disk = _on_disk(root, part)
                if on_disk is None:
                    one.out.add(part.xxh3)
                else:
                    size_bytes = on_disk if part.is_folder else part.size_bytes  # of its list
                    one.blobs[part.xxh3] = size_bytes, on_disk
    rows = [
        StageContents(
            toolchain=toolchain,
            stage=stage,
            entries=one.entries,
            blobs=len(one.blobs),
            bytes=sum(size for size, _ in one.blobs.values()),
            bytes_on_disk=sum(on_disk for _, on_disk in one.blobs.values()),
            kept_out=len(one.out),
            saved_s=round(one.seconds / one.entries, 6),
            last_used=utc(one.last_used_s),
        )
        for (toolchain, stage), one in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row.bytes_on_disk, row.toolchain, row.stage))


def _files(root: Path, folder: Blob) -> tuple[Blob, ...]:
    """The files of an output that is a folder; none where its list cannot be read."""
    for path in blob_paths(root, folder.xxh3) if folder.is_folder else ():
        with (
            suppress(OSError, ValueError, Damaged, NoDecompressor),
            open_blob(path) as stream,
        ):
            return read_tree(stream.read()).files
    return ()


def _on_disk(root: Path, blob: Blob) -> int | None:
    """What a blob takes on disk; None where it is not in the store."""
    sizes = []
    for path in blob_paths(root, blob.xxh3):
        with suppress(OSError):
            sizes.append(path.stat().st_size)
    return sum(sizes) if sizes else None
