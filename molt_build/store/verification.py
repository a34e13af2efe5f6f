"""Reading the whole store and saying what in it is not what was written.

A blob must have the digest that is its name; a document must match the digest it carries, which
covers its kind and key, and have the shape of its kind; an entry must be that of the key in its
name, with blobs whose size and SHA-256 are those it states (one that stayed out of the store may be
absent); so must the files of its folders. What is not so is *damaged* and is moved to
`quarantine/`, as are folders, pipes and links among the files, and the store's small files (hold
times, the size, locks) that are no files or do not say what they should. An entry whose blobs are
gone is *incomplete*: pruning makes such ones, and a build that meets one executes the action again.
Incomplete entries are removed, since nothing can come of them, and are no damage.

May run beside builds. What vanishes while it is looked at is passed over.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.errors import ToolMissing
from molt_build.plain_files import ASIDE, what_lies_at
from molt_build.store.backoff import expected_hold_s
from molt_build.store.blob import Blob
from molt_build.store.blob_files import SUFFIX, NoDecompressor, blob_paths, open_blob
from molt_build.store.digest import copied, digest_value
from molt_build.store.layout import (
    Damaged,
    file_name,
    file_path,
    read_document,
    set_aside,
)
from molt_build.store.size import stored_files, strays
from molt_build.store.store import SHAPES, Entry
from molt_build.store.tree import read_tree
from molt_build.watch import counted

_PROGRESS_BYTES = 1 << 30


@dataclass(frozen=True)
class DamagedFile:
    """One file of the store that is not as it should be."""

    kind: Annotated[str, "blobs, entries, recipes, nearest, hold-times, locks or size."]
    name: Annotated[str, "Its name."]
    what: Annotated[str, "What is wrong."]


@dataclass(frozen=True)
class Verified:
    """What was read, and what was found."""

    checked: Annotated[Mapping[str, int], "How many files, by kind."]
    checked_bytes: Annotated[int, "What they held."]
    damaged: Annotated[tuple[DamagedFile, ...], "What was set aside."]
    incomplete: Annotated[tuple[DamagedFile, ...], "Entries whose outputs were pruned."]


def verify(
    root: Path, *, dry_run: bool = False, progress: Callable[[str], None] = lambda line: None
) -> Verified:
    """Check every file below the store's root; set damaged ones aside unless it is a dry run.

    Raises `OSError` for a file that is there and cannot be read, `ToolMissing` for blobs that are
    compressed where the package that reads them is not there.
    """
    checked: Counter[str] = Counter()
    damaged: list[DamagedFile] = []
    incomplete: list[DamagedFile] = []
    blobs: dict[str, tuple[str, int]] = {}  # file name -> sha256, size; whole ones only
    entries: list[Path] = []
    read_bytes = next_line = 0

    def find(path: Path, what: str) -> None:
        if dry_run or set_aside(root, path):
            damaged.append(DamagedFile(path.relative_to(root).parts[0], path.stem, what))

    for path, what in [*strays(root), *_small_files(root)]:
        find(path, what)
    for name, status in stored_files(root):
        path = Path(name)
        kind = path.parent.parent.name
        checked[kind] += 1
        read_bytes += status.st_size
        try:
            stem = path.name.removesuffix(SUFFIX) if kind == "blobs" else path.stem
            place = file_path(root, kind, f":{stem}")
            if path != place and (kind != "blobs" or path != place.with_name(stem + SUFFIX)):
                find(path, "lies where no file of its name does")
            elif kind == "blobs":
                with open_blob(path) as reader:
                    xxh3, sha256, size = copied(reader)
                if file_name(xxh3) == stem:
                    blobs[stem] = sha256, size
                else:
                    find(path, "its content has another digest")
            elif kind == "entries":
                entries.append(path)  # when all blobs are known
            else:
                read_document(path, SHAPES[kind])
        except FileNotFoundError:
            continue
        except NoDecompressor as error:
            message = f"{path.name} is compressed, and the package zstandard is not there"
            raise ToolMissing(message, "pip install zstandard") from error
        except Damaged as found:
            find(found.path, found.what)
        if read_bytes >= next_line + _PROGRESS_BYTES:
            next_line = read_bytes
            progress(f"{counted(sum(checked.values()), 'file')}, {read_bytes / 1e9:.1f} GB checked")

    for path in entries:
        try:
            entry = read_document(path, SHAPES["entries"])
        except FileNotFoundError:
            continue
        except Damaged as found:
            find(found.path, found.what)
            continue
        wrong, lost = _examine_entry(root, path, entry, blobs)
        if wrong:
            find(path, wrong)
        elif lost:
            incomplete.append(DamagedFile("entries", path.stem, f"its output {lost} is gone"))
            if not dry_run:
                path.unlink(missing_ok=True)
    return Verified(dict(checked), read_bytes, tuple(damaged), tuple(incomplete))


def _small_files(root: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with hold times, locks and the noted size."""
    for path in [root / "size", *(root / "locks").glob("*"), *(root / "hold-times").glob("*")]:
        what = "" if ASIDE in path.name else what_lies_at(path)
        if what:
            yield path, what
        elif path.suffix == ".json" and path.exists() and expected_hold_s(path) is None:
            yield path, "does not say how long a hold takes"


def _examine_entry(
    root: Path, path: Path, entry: Entry, blobs: dict[str, tuple[str, int]]
) -> tuple[str, str]:
    """(what is wrong with an entry, the output that it lacks); both empty when it is whole."""
    if file_name(entry.key) != path.stem or digest_value(entry.components) != entry.key:
        return "is the entry of another key", ""
    for name, blob in entry.outputs.items():
        found = blobs.get(file_name(blob.xxh3))
        if found is None:
            if not blob.is_stored or any(map(os.path.exists, blob_paths(root, blob.xxh3))):
                continue  # it stayed out, or was stored since
            return "", name
        sha256, size_bytes = found
        if blob.is_folder:
            size_bytes = blob.size_bytes
            lost, wrong = _examine_folder(root, blob, blobs)
            if lost:
                return "", f"{name} ({lost})"
            if wrong:
                return f"its output {name} has another SHA-256 or size of {wrong}", ""
        if (sha256, size_bytes) != (blob.sha256, blob.size_bytes):
            return f"its output {name} has another SHA-256 or size", ""
    return "", ""


def _examine_folder(root: Path, blob: Blob, blobs: dict[str, tuple[str, int]]) -> tuple[str, str]:
    """(the first file of a folder that is gone, the first that is another); empty for none."""
    try:
        plain, compressed = blob_paths(root, blob.xxh3)
        with open_blob(plain if os.path.lexists(plain) else compressed) as reader:
            tree = read_tree(reader.read())
    except (FileNotFoundError, Damaged):
        return blob.path, ""
    except ValueError:
        return "", blob.path
    for file in tree.files:
        found = blobs.get(file_name(file.xxh3))
        if found is None and not any(map(os.path.exists, blob_paths(root, file.xxh3))):
            return file.path, ""
        if found is not None and found != (file.sha256, file.size_bytes):
            return "", file.path
    return "", ""
