"""Artifacts of toolchains that are pinned sources: an SDK in an archive, what a package carries.

Such a one is fetched once, by the first use of the toolchain, as workloads' sources are
(`molt_build.sources.source`), and lies in the cache under its pin. It was checked against the pin
when it was fetched, and its path holds the pin; so the pin stands for it in keys, as a lock does
for an environment. Nothing of it is digested, nor is it looked at by warm builds, but for the
marker that says that it is whole.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from molt_build.engines import Engine
from molt_build.errors import SourceUnreachable, ToolMissing
from molt_build.manifests.toolchain import Artifact
from molt_build.manifests.workload import Source
from molt_build.sources import source as sources
from molt_build.store.made_once import marker
from molt_build.toolchains.environments import Environments


@dataclass(frozen=True)
class Pinned:
    """An artifact that is a pinned source, in the cache."""

    toolchain: str  # whose it is
    artifact: str
    source: Source
    place: Path  # its folder in the cache, which goes as a whole
    root: Path  # its value: what of the source counts
    identity: str  # what stands for it in keys
    folders: tuple[str, ...]  # that of all that its pin vouches for, by each of its paths

    @property
    def title(self) -> str:
        """What is fetched, as messages call it."""
        return sources.title(self.source)

    @property
    def marker(self) -> Path:
        """The file whose presence says that it is there."""
        return marker(self.place)

    @property
    def is_there(self) -> bool:
        """Whether it was fetched."""
        return self.marker.exists()


def pinned(
    toolchain: str, artifact: Artifact, project: str, target: str, environments: Environments
) -> Pinned:
    """The artifact of a toolchain for a target, fetched if need be and if that may be now.

    `environments` says where, and whether: what holds for an environment holds for it. Raises
    `ToolMissing` when it is not there or cannot be fetched, `SourceRefused` when what was fetched
    is not what is pinned, `UsageError` when it has not the folder that is wanted.
    """
    source, cache = artifact.source, environments.cache
    assert source is not None
    place = sources.place(source, cache)
    tree = place / "tree"
    found = Pinned(
        toolchain,
        artifact.name,
        source,
        place,
        sources.root_in(source, Path(project), cache),
        sources.identity(source),
        tuple(dict.fromkeys((str(tree), os.path.realpath(tree)))),
    )
    if not found.is_there and not environments.install:
        if environments.assume_installed:
            return found
        message = f"the artifact {artifact.name} of {toolchain}, {found.title}, is not fetched yet"
        engine = Engine(toolchain, target=None if target in ("", "native") else target)
        raise ToolMissing(message, f"molt-build prepare {engine}")
    if not found.is_there:
        environments.progress(f"fetching {found.title} for {toolchain}")
    try:
        sources.source_root(source, Path(project), cache, environments.waiting)
    except SourceUnreachable as error:
        message = f"{toolchain} needs the artifact {artifact.name}: {error.message}"
        raise ToolMissing(message, error.hint) from error
    return found


def download_size(one: Pinned) -> int | None:
    """Bytes of the file that would be downloaded, as package indexes say; None: not said.

    Raises `SourceUnreachable` when an index cannot be asked.
    """
    source = one.source
    if source.pypi is None:
        return None
    from molt_build.sources.package_index import size_of_release  # costs more than all the rest

    return size_of_release(source.pypi, source.version or "", frozenset((source.sha256 or "",)))
