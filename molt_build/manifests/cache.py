"""The validated manifests of a project, kept so that warm commands parse and validate nothing.

`PROJECT/.molt-build/plans/manifests` is a sealed file (`molt_build.sealed`): the resolved model as
plain data, with the stat data and SHA-256 digest of every file it came from. It is used while
molt_build's version, Python's version and the list of files are the same and each file's stat data
match; where they do not, equal digests do as well, and the stat data are written anew. A file that
was modified less than two seconds before the cache was written may have changed since without a
trace in its stat data, and is always compared by digest.

Promises: a cache file is written whole or not at all; one that is damaged is named, counts as none
and is written anew; a folder that cannot be written to costs time, not correctness. Nothing but the
standard library is imported on the warm path.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import molt_build
from molt_build import sealed
from molt_build.errors import ManifestError
from molt_build.manifests import search
from molt_build.manifests.model import Manifests
from molt_build.manifests.search import Signature
from molt_build.plain import OtherShape, from_plain, to_plain

if TYPE_CHECKING:
    from molt_build.manifests.diagnostics import Diagnostic

NAME, FORMAT = "manifests", 5
RACY_NS = 2_000_000_000
STATE_FOLDER = ".molt-build"
_DIGEST_LIMIT_BYTES = 50_000_000


def state_dir(project: Path) -> Path:
    """`.molt-build/`: outputs, plans and the history; made with its own `.gitignore`.

    It may be a link to a folder elsewhere. Raises `OSError`.
    """
    folder = project / STATE_FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
    if not os.path.lexists(folder / ".gitignore"):
        with suppress(OSError), open(folder / ".gitignore", "x") as stream:
            stream.write("*\n")
    return folder


def load(project: Path, report: Callable[[str], None] = lambda line: None) -> Manifests:
    """The manifests of a project, validated and resolved; `report` hears of damage.

    Raises:
        ManifestError: at least one is not valid; the message has all diagnostics, a line each.
    """
    now = guard(project)
    kept = _read(project, report)
    current = None if kept is None else _still_true(kept, now)
    if kept is not None and current is not None:
        try:
            loaded: Manifests = from_plain(Manifests, kept["manifests"])
        except OtherShape:
            pass  # of another version: as good as none
        else:
            files, is_settled = current
            if not is_settled:
                _write(project, files, kept["manifests"])
            return loaded
    from molt_build.manifests import validation

    # Digests before reading: a file that changes meanwhile makes the cache stale, never wrong.
    files = {path: [mark, _digest(path, mark)] for path, mark in now}
    examined = validation.examine(os.fspath(project))
    if examined.diagnostics:
        raise ManifestError("\n".join(str(one) for one in examined.diagnostics))
    loaded = validation.model(examined)
    _write(project, files, to_plain(loaded))
    return loaded


def check(project: Path) -> list[Diagnostic]:
    """Everything that is wrong with the manifests of a project, sorted by file and line.

    Nothing is taken from the cache. Beyond what `load` asks for, the files that workloads name must
    exist.
    """
    from molt_build.manifests import validation

    return list(validation.examine(os.fspath(project), with_files=True).diagnostics)


def guard(project: Path) -> list[tuple[str, Signature]]:
    """All that decides what the manifests are, with its stat data (None where it is missing).

    Every file and folder below the project's and the bundled manifests (locks too) and the schemas.
    Equal guards mean equal manifests, but for the racy second in which something is being written.
    """
    folders = [folder for folder, _, _ in search.roots(os.fspath(project))]
    folders.append(search.bundled_schemas())
    return [
        (path, search.signature(status))
        for folder in folders
        for path, status in search.walk(folder)
    ]


# Path -> [signature, digest]; the digest is None for folders and what is missing.
_Files = dict[str, list[Any]]


def _still_true(
    kept: Mapping[str, Any], now: list[tuple[str, Signature]]
) -> tuple[_Files, bool] | None:
    """None when a content changed; else the files as they are now, and whether that is settled.

    It is not settled when the stat data should be written anew: they differ from those kept, or a
    file that was racy when they were kept has come to rest.
    """
    known: _Files = kept["files"]
    if list(known) != [path for path, _ in now]:
        return None
    racy_from = kept["written_ns"] - RACY_NS
    at_rest_before = time.time_ns() - RACY_NS
    files: _Files = {}
    is_settled = True
    for path, mark in now:
        old_mark, old_digest = known[path]
        if old_digest is None or mark is None:
            # A folder's listing is part of the list of paths; what was missing must stay so.
            if (mark is None) != (old_mark is None) or _digest(path, mark) != old_digest:
                return None
        elif mark != old_mark or mark[0] >= racy_from:
            if _digest(path, mark) != old_digest:
                return None
            is_settled = is_settled and mark == old_mark and mark[0] >= at_rest_before
        files[path] = [mark, old_digest]
    return files, is_settled


def _digest(path: str, mark: Signature) -> str | None:
    """The SHA-256 of a regular file's content; None for what is none or cannot be read."""
    if mark is None or mark[1] > _DIGEST_LIMIT_BYTES:
        return None
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        import hashlib

        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return None


def _path(project: Path) -> str:
    return os.path.join(project, STATE_FOLDER, "plans", NAME)


def _versions() -> list[object]:
    return [molt_build.__version__, sys.version]


def _read(project: Path, report: Callable[[str], None]) -> dict[str, Any] | None:
    path = _path(project)
    try:
        kept = sealed.read(path, NAME, FORMAT)
    except sealed.Damaged:
        report(f"damaged: {path}; it is not used, and written anew")
        return None
    if not isinstance(kept, dict) or kept.get("versions") != _versions():
        return None
    return kept


def _write(project: Path, files: Mapping[str, Any], plain: object) -> None:
    from molt_build.store.digest import file_system_clock_ns  # the clock that dates the manifests

    # A read-only checkout is as valid as any other; it is validated every time.
    with suppress(OSError):
        state = state_dir(project)
        kept = {
            "versions": _versions(),
            "written_ns": file_system_clock_ns(state),
            "files": files,
            "manifests": plain,
        }
        sealed.write(_path(project), str(state), NAME, FORMAT, kept)
