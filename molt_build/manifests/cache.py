"""The validated manifests of a project, kept so that warm commands parse and validate nothing.

`PROJECT/.molt-build/plans/manifests.json` holds the resolved model as plain JSON, with the stat
data and SHA-256 digest of every file it came from. It is used while molt_build's version, Python's
version and the list of files are the same and each file's stat data match; where they do not,
equal digests do as well, and the stat data are written anew. A file that was modified less than two
seconds before the cache was written may have changed since without a trace in its stat data, and
is always compared by digest.

Promises: a cache file is written whole or not at all; one that is damaged counts as none; a folder
that cannot be written to costs time, not correctness. Nothing but the standard library is imported
on the warm path.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
import types
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import molt_build
from molt_build.errors import ManifestError
from molt_build.manifests import model, search
from molt_build.manifests.model import Manifests
from molt_build.manifests.search import Signature

if TYPE_CHECKING:
    from molt_build.manifests.diagnostics import Diagnostic

FORMAT = 3
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


def load(project: Path) -> Manifests:
    """The manifests of a project, validated and resolved.

    Raises:
        ManifestError: at least one is not valid; the message has all diagnostics, a line each.
    """
    now = guard(project)
    kept = _read(project)
    current = None if kept is None else _still_true(kept, now)
    if kept is not None and current is not None:
        try:
            loaded: Manifests = _decoder(Manifests)(kept["manifests"])
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # damaged: as good as none
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
        plain = None if mark is None else list(mark)
        if old_digest is None or mark is None:
            # A folder's listing is part of the list of paths; what was missing must stay so.
            if (mark is None) != (old_mark is None) or _digest(path, mark) != old_digest:
                return None
        elif plain != old_mark or mark[0] >= racy_from:
            if _digest(path, mark) != old_digest:
                return None
            is_settled = is_settled and plain == old_mark and mark[0] >= at_rest_before
        files[path] = [plain, old_digest]
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
    return os.path.join(project, STATE_FOLDER, "plans", "manifests.json")


def _versions() -> list[object]:
    return [FORMAT, molt_build.__version__, sys.version]


def _read(project: Path) -> dict[str, Any] | None:
    try:
        with open(_path(project), encoding="utf-8") as stream:
            kept = json.load(stream)
        if kept["versions"] != _versions() or not isinstance(kept["written_ns"], int):
            return None
        if not all(len(entry) == 2 for entry in kept["files"].values()):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    whole: dict[str, Any] = kept
    return whole


def _write(project: Path, files: Mapping[str, Any], plain: object) -> None:
    from molt_build.temporary import replacing

    # A read-only checkout is as valid as any other; it is validated every time.
    with suppress(OSError):
        state = state_dir(project)
        with replacing(Path(_path(project)), state, replaces_links=True) as stream:
            # The time is that of the file system, which also dates the manifests.
            written_ns = os.fstat(stream.fileno()).st_mtime_ns
            whole = {
                "versions": _versions(),
                "written_ns": written_ns,
                "files": files,
                "manifests": plain,
            }
            stream.write(json.dumps(whole).encode("utf-8"))


def to_plain(value: object) -> Any:
    """A model as what JSON knows: dataclasses and mappings as objects, tuples as lists."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: Any, plain: Any) -> Any:
    """The value of type `kind` that `to_plain` made `plain` of.

    Raises:
        KeyError, TypeError, ValueError: `plain` was made of something else.
    """
    return _decoder(kind)(plain)


@lru_cache(maxsize=128)
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """How to read a value of a type that the model uses."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind, vars(model))
        parts = [(name, _decoder(hint)) for name, hint in hints.items()]
        return lambda plain: kind(**{name: read(plain[name]) for name, read in parts})  # type: ignore[operator]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        element = _decoder(arguments[0])
        return lambda plain: tuple([element(item) for item in plain])
    if origin is Mapping:
        element = _decoder(arguments[1])
        return lambda plain: {key: element(item) for key, item in plain.items()}
    if origin is types.UnionType:
        (some,) = [one for one in arguments if one is not types.NoneType]
        present = _decoder(some)
        return lambda plain: None if plain is None else present(plain)
    return _expect(kind)


def _expect(kind: type) -> Callable[[Any], Any]:
    def read(plain: Any) -> Any:
        if type(plain) is not kind:
            msg = f"expected {kind.__name__}, found {type(plain).__name__}"
            raise TypeError(msg)
        return plain

    return read
