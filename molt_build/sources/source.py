"""Sources: a project folder, or what is pinned of an archive, a package's release or a repository.

What is fetched is checked before it is used: a file's SHA-256 before it is unpacked, a commit by
its full id. Unpacked trees lie in the user's cache directory under their pin and are shared; once
one is whole (`molt_build.store.made_once`) nothing is asked of the network any more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from molt_build.errors import SourceRefused, UsageError
from molt_build.files import real_folder, remove_tree
from molt_build.manifests.workload import Source
from molt_build.secrecy import without_secrets
from molt_build.store.digest import digest_value
from molt_build.store.locks import Waiting
from molt_build.store.made_once import make_once, marker

SOURCES_FOLDER = "sources"  # of the cache
FULL_COMMIT = re.compile(r"[0-9a-f]{40}")
_FULL_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIMEOUT_S = 600.0


def source_root(source: Source, project: Path, cache: Path, waiting: Waiting) -> Path:
    """The folder of the source that counts, fetched and unpacked if need be.

    Raises `SourceRefused` when what was fetched is not what was pinned or must not be unpacked,
    `SourceUnreachable` when it cannot be fetched, `UsageError` when the folder is not there.
    """
    if source.project is None:
        _fetch(source, project, cache, waiting)
    root = root_in(source, project, cache)
    if not root.is_dir():
        missing = f"{title(source)} has no folder {source.root}"
        if source.project is not None:
            missing = f"the source folder {root} does not exist"
        raise UsageError(missing)
    return root


def root_in(source: Source, project: Path, cache: Path) -> Path:
    """Where the folder of the source that counts lies, or will; raises as `place` does."""
    tree = place(source, cache) / "tree" if source.project is None else project / source.project
    return Path(os.path.normpath(tree / source.root))


def place(source: Source, cache: Path) -> Path:
    """The folder in the cache of what is pinned: whole or not there (`made_once.marker`).

    Raises `SourceRefused` where the pin is none.
    """
    return cache / SOURCES_FOLDER / _pin(source)


def identity(source: Source) -> str:
    """What stands in keys for a source that is pinned: its pin, and the folder of it that counts.

    Raises as `place` does.
    """
    pin = _pin(source) if source.git is not None else f"sha256:{_pin(source)}"
    return pin if source.root == "." else f"{pin} {source.root}"


def title(source: Source) -> str:
    """What a source that is pinned is called in messages."""
    if source.pypi is not None:
        return f"{source.pypi} {source.version} {source.file or 'sdist'}"
    if source.npm is not None:
        return f"{source.npm} {source.version} (npm)"
    return without_secrets(source.archive or source.git or "")


def _pin(source: Source) -> str:
    if source.git is not None:
        commit, paths = source.commit or "", source.paths
        if not FULL_COMMIT.fullmatch(commit):
            message = f"{source.git} is pinned at {commit!r}, which is no full commit id"
            raise SourceRefused(message, "pin all 40 hexadecimal digits: a short id can be forged")
        part = f"-{digest_value(sorted(set(paths))).partition(':')[2][:16]}" if paths else ""
        return f"git-{commit}{part}"
    sha256 = source.sha256 or ""
    if not _FULL_SHA256.fullmatch(sha256):
        message = f"{title(source)} is pinned by {sha256!r}, which is no SHA-256 digest"
        raise SourceRefused(message)
    return sha256


def _fetch(source: Source, project: Path, cache: Path, waiting: Waiting) -> None:
    """See that the tree of what is pinned is there."""
    folder, shown = place(source, cache), title(source)
    make: Callable[[Source, Path, Path, int], None]
    make = _clone if source.git is not None else _download

    def make_tree(lock: int) -> str:
        make(source, project, folder, lock)
        return shown

    if not marker(folder).exists():
        real_folder(cache, folder.parent, mode=0o700)
        waiting = waiting.at_most(_TIMEOUT_S)
        make_once(folder, make_tree, waiting, kind="source", name=shown, root=cache)


def _download(source: Source, project: Path, folder: Path, lock: int) -> None:
    # Costs more to import than a warm build takes; only a fetch needs it.
    from molt_build.sources.archives import unpack

    fetched = folder / "fetched"
    _write_pinned(source, project, fetched)
    unpack(fetched, title(source), folder / "tree")
    fetched.unlink()


def _write_pinned(source: Source, project: Path, destination: Path) -> None:
    """Write the pinned file to `destination`, or raise."""
    sha256 = source.sha256 or ""
    if source.pypi is not None:
        from molt_build.sources.package_index import fetch_release

        kind = source.file or "sdist"
        fetch_release(source.pypi, source.version or "", kind, sha256, destination)
        return
    if source.npm is not None:
        from molt_build.sources.npm_registry import fetch_package

        fetch_package(source.npm, source.version or "", sha256, project, destination)
        return
    from molt_build.sources.download import download, url_of

    assert source.archive is not None
    digest = download(url_of(source.archive, project), destination)
    if digest != sha256:
        message = f"{source.archive} has SHA-256 {digest}, but {sha256} is pinned"
        raise SourceRefused(message, "check where it came from; then pin the new digest")


def _clone(source: Source, project: Path, folder: Path, lock: int) -> None:
    from molt_build.sources.git import fetch_commit

    url, commit = source.git or "", source.commit or ""
    fetch_commit(url, commit, source.ref, source.paths, folder, lock)
    remove_tree(folder / "repository", root=folder, may_fail=False)
