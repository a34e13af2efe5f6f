"""Fetching the pinned file of a package's release from a package index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from molt_build.errors import SourceRefused
from molt_build.sources.download import download
from molt_build.sources.package_index import PackageFile, configured_indexes, release_files


def fetch_release(name: str, version: str, kind: str, sha256: str, destination: Path) -> None:
    """Write the file of that digest to `destination`.

    An index that declares only other digests for the release is not downloaded from at all.
    Raises `SourceRefused` when none of the files has the digest, `SourceUnreachable` when there
    are none.
    """
    indexes = configured_indexes()
    files = release_files(indexes, name, version, kind)
    fitting = [file for file in files if file.sha256 == sha256]
    seen = {file.name: file.sha256 for file in files if file.sha256 is not None}
    for file in fitting or [file for file in files if file.sha256 is None]:
        digest = download(file.url, destination, indexes.access)
        if digest == sha256:
            return
        seen[file.name] = digest
    listed = "; ".join(f"{file} has SHA-256 {digest}" for file, digest in sorted(seen.items()))
    message = f"{name} {version}: {listed}, but {sha256} is pinned"
    raise SourceRefused(message, "check where it came from; then pin the new digest")


def pick_release(name: str, version: str, kind: str, destination: Path) -> PackageFile:
    """Write the file of a release that suits best to `destination`, and say which it is.

    Raises `SourceRefused` when it has not the digest that the index declares for it.
    """
    indexes = configured_indexes()
    file = release_files(indexes, name, version, kind)[0]
    digest = download(file.url, destination, indexes.access)
    if file.sha256 not in (None, digest):
        message = f"{file.name} has SHA-256 {digest}, but its index says {file.sha256}"
        raise SourceRefused(message, "try again; nothing was pinned")
    return replace(file, sha256=digest)
