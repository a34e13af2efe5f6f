"""How much the store holds, known without walking through it at the end of each build.

`CACHE/store/size` is a text file: `=BYTES` as they were counted, then `+BYTES` for each build that
put something in since, appended in one write. The sum is an estimate: a blob that was there already
counts twice, and what is added while somebody counts may be lost. So it is counted anew after
`ADDITIONS_KEPT` builds, when the file is missing or damaged, and before anything is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from molt_build.plain_files import open_plain, read_plain, what_lies_at
from molt_build.store.layout import KINDS
from molt_build.temporary import write_over

ADDITIONS_KEPT = 256
_LINE = re.compile(r"[=+](\d{1,18})")


def stored_files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Path and stat data of every blob and document; what vanishes meanwhile is passed over.

    What lies among them and is no file, or behind a link or in a folder that is none, is not
    counted: `molt_build.store.verification` finds it.
    """
    for kind in KINDS:
        top = os.path.join(root, kind)
        for folder in [] if os.path.islink(top) else _scan(top):
            for file in _scan(folder.path) if folder.is_dir(follow_symlinks=False) else ():
                try:
                    if file.is_file(follow_symlinks=False):
                        yield file.path, file.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue


def strays(root: Path) -> Iterator[tuple[Path, str]]:
    """What lies where blobs, documents and their folders lie and is none, and what it is."""
    for kind in KINDS:
        for folder in _scan(os.path.join(root, kind)):
            if not folder.is_dir(follow_symlinks=False):
                yield Path(folder.path), what_lies_at(folder.path) or "is a file"
                continue
            for file in _scan(folder.path):
                if not file.is_file(follow_symlinks=False) and os.path.lexists(file.path):
                    yield Path(file.path), what_lies_at(file.path)


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def add(root: Path, size_bytes: int) -> None:
    """Note that so much was put in; a note that cannot be written is made up for by counting."""
    try:
        file = open_plain(root / "size", os.O_WRONLY | os.O_APPEND)
    except OSError:
        return  # never counted yet
    try:
        os.write(file, f"+{size_bytes}\n".encode())
    except OSError:
        return
    finally:
        os.close(file)


def estimate(root: Path) -> tuple[int, int] | None:
    """(bytes at the last count, bytes now), or None when it is time to count."""
    try:
        lines = read_plain(root / "size").decode(errors="replace").split()
    except OSError:
        return None
    matches = [_LINE.fullmatch(line) for line in lines]
    if not lines or len(lines) > ADDITIONS_KEPT or not lines[0].startswith("="):
        return None
    numbers = [int(match[1]) for match in matches if match is not None]
    if len(numbers) != len(lines):
        return None
    return numbers[0], sum(numbers)


def set_counted(root: Path, size_bytes: int) -> None:
    """Begin anew from a count; one that cannot be kept is counted again."""
    with contextlib.suppress(OSError):
        write_over(root / "size", f"={size_bytes}\n")
