"""The files of the store: where they lie, their format, how one is written, read and set aside.

Below `CACHE/store/`; the folder carries its format version in `FORMAT`:

    blobs/ab/abcdef...      a blob, named by its xxh3_128 digest, never written in place
    entries/ab/KEY.json     one action's result: components, discovered inputs, outputs
    recipes/ab/STATIC.json  for a static key, the sets of inputs that earlier runs discovered
    nearest/ab/NAME.json    the last keys of one stage of one program, for `explain`
    size                    what the store holds, roughly (`molt_build.store.size`)
    hold-times/             how long the actions of each stage take, for who waits for one
    locks/ tmp/ quarantine/

A document (entry, recipes, nearest) is JSON: `{"digest": ..., "value": ...}`, the digest being that
of the value in canonical form. What does not match is damaged, whatever else it may look like.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from molt_build.errors import EnvironmentFailed
from molt_build.files import real_folder
from molt_build.store.digest import digest_value
from molt_build.temporary import write_whole

FORMAT = 1
KINDS = ("blobs", "entries", "recipes", "nearest")
_FOLDERS = (*KINDS, "hold-times", "locks", "tmp", "quarantine")


class Damaged(Exception):
    """A document does not say what was written into it."""


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
        for name in _FOLDERS:
            real_folder(cache, root / name, mode=0o700)
        marker = root / "FORMAT"
        found = marker.read_text(errors="replace").strip() if marker.exists() else None
        if found is None or not found.isdecimal():
            if found is not None:
                report(f"damaged in the store: FORMAT says {found!r}; written anew")
            write_whole(marker, f"{FORMAT}\n")
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


def as_document(value: object) -> bytes:
    """A value with the digest that proves it."""
    document = {"digest": digest_value(value), "value": value}
    return json.dumps(document, separators=(",", ":")).encode()


def read_document(path: Path) -> Any:
    """The value of a document; raises `Damaged`, and `OSError` as `open` does."""
    raw = path.read_bytes()
    try:
        document = json.loads(raw)
        if document["digest"] == digest_value(document["value"]):
            return document["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Damaged(path)


def set_aside(root: Path, path: Path) -> bool:
    """Move what is damaged to `quarantine/`; False when somebody else did so meanwhile."""
    target = root / "quarantine" / f"{path.name}.{time.time_ns()}"
    try:
        os.replace(path, target)
        os.utime(target, follow_symlinks=False)  # its age counts from now
    except FileNotFoundError:
        return False
    return True
