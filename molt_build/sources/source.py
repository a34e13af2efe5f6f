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

FULL_COMMIT = re.compile(r"[0-9a-f]{40}")
_FULL_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIMEOUT_S = 600.0


def source_root(source: Source, project: Path, cache: Path, waiting: Waiting) -> Path:
    """The folder that holds the source's programs, fetched and unpacked if need be.

    Raises `SourceRefused` when what was fetched is not what was pinned or must not be unpacked,
    `SourceUnreachable` when it cannot be fetched, `UsageError` when the folder is not there.
    """
    if source.project is not None:
        tree = project / source.project
    elif source.git is not None:
        tree = _commit(source, cache, waiting)
    else:
        tree = _file(source, project, cache, waiting)
    root = tree / source.root
    if not root.is_dir():
        raise UsageError(f"the source folder {root} does not exist")
    return Path(os.path.normpath(root))


def _file(source: Source, project: Path, cache: Path, waiting: Waiting) -> Path:
    location = source.archive or f"{source.pypi} {source.version} {source.file or 'sdist'}"
    sha256 = source.sha256 or ""
    if not _FULL_SHA256.fullmatch(sha256):
        raise SourceRefused(f"{location} is pinned by {sha256!r}, which is no SHA-256 digest")

    def make(folder: Path, lock: int) -> None:
        # Costs more to import than a warm build takes; only a fetch needs it.
        from molt_build.sources.archives import unpack

        fetched = folder / "fetched"
        _fetch(source, sha256, project, fetched)
        unpack(fetched, location, folder / "tree")
        fetched.unlink()

    return _tree(cache, sha256, location, make, waiting)


def _fetch(source: Source, sha256: str, project: Path, destination: Path) -> None:
    """Write the pinned file to `destination`, or raise."""
    if source.archive is None:
        from molt_build.sources.package_index import fetch_release

        assert source.pypi is not None and source.version is not None
        kind = source.file or "sdist"
        fetch_release(source.pypi, source.version, kind, sha256, destination)
        return
    from molt_build.sources.download import download, url_of

    digest = download(url_of(source.archive, project), destination)
    if digest != sha256:
        message = f"{source.archive} has SHA-256 {digest}, but {sha256} is pinned"
        raise SourceRefused(message, "check where it came from; then pin the new digest")


def _commit(source: Source, cache: Path, waiting: Waiting) -> Path:
    url, commit, paths = source.git or "", source.commit or "", source.paths
    if not FULL_COMMIT.fullmatch(commit):
        message = f"{url} is pinned at {commit!r}, which is no full commit id"
        raise SourceRefused(message, "pin all 40 hexadecimal digits: a short id can be forged")

    def make(folder: Path, lock: int) -> None:
        from molt_build.sources.git import fetch_commit

        fetch_commit(url, commit, source.ref, paths, folder, lock)
        remove_tree(folder / "repository", root=folder, may_fail=False)

    part = f"-{digest_value(sorted(set(paths))).partition(':')[2][:16]}" if paths else ""
    return _tree(cache, f"git-{commit}{part}", url, make, waiting)


def _tree(
    cache: Path, pin: str, name: str, make: Callable[[Path, int], None], waiting: Waiting
) -> Path:
    """The tree of what is pinned, made by `make(folder, lock)` unless it is there."""
    folder, shown = cache / "sources" / pin, without_secrets(name)

    def make_tree(lock: int) -> str:
        make(folder, lock)
        return shown

    if not marker(folder).exists():
        real_folder(cache, folder.parent, mode=0o700)
        waiting = waiting.at_most(_TIMEOUT_S)
        make_once(folder, make_tree, waiting, kind="source", name=shown, root=cache)
    return folder / "tree"
