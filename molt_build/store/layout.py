"""The files of the store: where they lie, their format, how one is written, read and set aside.

Below `CACHE/store/`; the folder carries its format version in `FORMAT`:

    blobs/ab/abcdef...      a blob, named by its xxh3_128 digest, never written in place; one that
                            is compressed ends in .zst (`molt_build.store.blob_files`)
    entries/ab/KEY.json     one action's result: components, discovered inputs, outputs
    recipes/ab/STATIC.json  for a static key, the sets of inputs that earlier runs discovered
    nearest/ab/NAME.json    the last keys of one stage of one program, for `explain`
    size                    what the store holds, roughly (`molt_build.store.size`)
    hold-times/             how long the actions of each stage take, for who waits for one
    locks/ tmp/ quarantine/

A document (entry, recipes, nearest) is JSON: `{"digest": ..., "value": ...}`, the digest being that
of `[kind, key, value]` in canonical form, with the key as it stands in the file's name: it proves
the value and its place, so that a whole document in the place of another is as damaged as a torn
one. So is a value of another shape than its kind has, a folder, a pipe or a link in a file's place,
and a file that may not be read. What is damaged is *set aside*: moved to `quarantine/`, whatever
it is.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from molt_build.codec import OtherShape, from_plain
from molt_build.errors import EnvironmentFailed
from molt_build.files import real_folder
from molt_build.plain_files import (
    NotAFile,
    in_place_of_folder,
    is_folder,
    move_aside,
    open_plain,
    read_plain,
)
from molt_build.store.digest import digest_value
from molt_build.temporary import write_over

FORMAT = 2
KINDS = ("blobs", "entries", "recipes", "nearest")
_FOLDERS = ("quarantine", *KINDS, "hold-times", "locks", "tmp")


class Damaged(Exception):
    """What lies at `path` is not what was written there; `what` says it in words.

    That is the file itself, or the folder in which it should lie.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path
        self.what = what


def store_root(cache: Path) -> Path:
    """The store's folder."""
    return cache / "store"


def file_name(key: str) -> str:
    """A key as a file name: the digest without its algorithm, which the folder implies."""
    return key.partition(":")[2]


def file_path(root: Path, kind: str, key: str) -> Path:
    """Where the blob or document of a key lies."""
    name = file_name(key)
    return root / kind / name[:2] / (name if kind == "blobs" else f"{name}.json")


def open_layout(cache: Path, report: Callable[[str], None]) -> Path:
    """Make what is missing of the store's folders; the store's root.

    Raises `EnvironmentFailed` for a store that cannot be written or has another format. A marker
    that is no number was damaged: it is written anew, since all that it speaks for proves itself.
    """
    root = store_root(cache)
    try:
        real_folder(cache, root, mode=0o700)
        for name in _FOLDERS:
            _ensure_folder(root, root / name, report)
        marker = root / "FORMAT"
        try:
            found = read_plain(marker).decode(errors="replace").strip()
        except FileNotFoundError:
            found = None
        except NotAFile as error:
            set_aside(root, marker)
            found = error.what
        if found is None or re.fullmatch(r"[0-9]{1,9}", found) is None:
            if found is not None:
                report(f"damaged in the store: FORMAT says {found[:80]!r}; written anew")
            write_over(marker, f"{FORMAT}\n")
            return root
    except OSError as error:
        message = f"the store {root} cannot be used: {error.strerror}"
        hint = "free or fix it, or set MOLT_BUILD_CACHE_DIR or MOLT_BUILD_CACHE=off"
        raise EnvironmentFailed(message, hint) from error
    check_format(root, int(found))
    return root


def check_format(root: Path, found: int) -> None:
    """Raise `EnvironmentFailed` for a store that another version of molt_build has written."""
    if found > FORMAT:
        message = f"the store {root} was written by a newer molt_build"
        message += f" (its format is {found}; this version writes {FORMAT})"
        hint = "use that version, or set MOLT_BUILD_CACHE_DIR to another folder"
        raise EnvironmentFailed(message, hint)
    if found < FORMAT:
        message = f"the store {root} was written by an older molt_build"
        message += f" (its format is {found}; this version writes {FORMAT})"
        hint = "remove it with: molt-build cache clear --store\n"
        hint += "  or keep it for that version, and set MOLT_BUILD_CACHE_DIR to another folder"
        raise EnvironmentFailed(message, hint)


def as_document(path: Path, value: object) -> bytes:
    """A value with the digest that proves it, and that it belongs at `path`."""
    document = {"digest": _digest(path, value), "value": value}
    return json.dumps(document, separators=(",", ":")).encode()


def read_document(path: Path, shape: Any) -> Any:
    """The value of a document, of the type that `shape` names (`molt_build.codec.from_plain`).

    Raises `Damaged`, `FileNotFoundError`, and other `OSError`s as `open` does.
    """
    with open_stored(path) as stream:
        raw = stream.read()
    try:
        document = json.loads(raw)
        is_proved = document["digest"] == _digest(path, document["value"])
    except (ValueError, KeyError, TypeError, RecursionError):
        is_proved = False
    if not is_proved:
        raise Damaged(path, "does not match its digest or its place")
    try:
        return from_plain(shape, document["value"])
    except OtherShape as error:
        raise Damaged(path, f"is of another version ({error})") from error


def open_stored(path: Path) -> BinaryIO:
    """A blob or document, opened to be read; raises as `read_document` does."""
    try:
        if what := in_place_of_folder(path.parent):
            raise Damaged(path.parent, what)
        return open(open_plain(path), "rb", buffering=0)
    except NotAFile as error:
        raise Damaged(path, error.what) from error


def set_aside(root: Path, path: Path) -> bool:
    """Move what is damaged to `quarantine/`; False when somebody else did so meanwhile."""
    target = root / "quarantine" / f"{path.name}.{time.time_ns()}"
    try:
        os.replace(path, target)
        os.utime(target, follow_symlinks=False)  # its age counts from now
    except FileNotFoundError:
        return False
    return True


def _digest(path: Path, value: object) -> str:
    return digest_value([path.parent.parent.name, path.stem, value])


def _ensure_folder(root: Path, folder: Path, report: Callable[[str], None]) -> None:
    """Make one of the store's folders; what lies there and is none is set aside."""
    if is_folder(folder):
        return
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        what = in_place_of_folder(folder)
        if not what:  # another build has made it this moment
            return
        aside = Path(move_aside(os.fspath(folder)))
        report(f"damaged in the store: {folder.name} {what}; set aside, and made anew")
        folder.mkdir(mode=0o700, exist_ok=True)
        set_aside(root, aside)
