"""Writing the pin of a source into its manifest: a tag's commit, a release's or archive's digest.

Of a suite it is its `[source]`, of an artifact of a toolchain its `source`. What is pinned is what
the server gives now; a manifest changes there alone, keeps its comments and layout, and is replaced
whole. It need not be valid otherwise, nor pinned yet.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from molt_build.errors import UsageError
from molt_build.manifests.editing import (
    own_manifest,
    read_manifest,
    replace_manifest,
    table_under,
    with_values,
)
from molt_build.names import known
from molt_build.temporary import new_folder

_SHORT_ID = re.compile(r"[0-9a-f]{4,39}")


@dataclass(frozen=True)
class PinnedValue:
    """A key of `[source]` that was changed."""

    key: Annotated[str, "The key."]
    before: Annotated[str | None, "Its value before; null where there was none."]
    after: Annotated[str | None, "Its value now; null where there is none."]


@dataclass(frozen=True)
class Pinned:
    """The pin of a suite, as it was written into its manifest."""

    suite: Annotated[str, "The suite."]
    file: Annotated[str, "Its manifest."]
    changes: Annotated[tuple[PinnedValue, ...], "What was changed; nothing: it was pinned so."]


@dataclass(frozen=True)
class PinnedArtifact:
    """The pin of an artifact of a toolchain, as it stands in its manifest now."""

    toolchain: Annotated[str, "The toolchain."]
    artifact: Annotated[str, "The artifact."]
    file: Annotated[str, "The manifest."]
    changes: Annotated[tuple[PinnedValue, ...], "What was changed; nothing: it was pinned so."]


def pin(project: Path, suite_name: str, ref: str) -> Pinned:
    """Pin the suite's source at `ref`.

    `ref` is a tag, a branch or a full commit id of a git source; a version of a package; the new
    URL or project path of an archive, or "-" for the one that is declared.

    Raises `UsageError` for a suite that is not the project's own, a source that has nothing to
    pin, and a ref that is not there; `SourceUnreachable` and `SourceRefused` when fetching fails.
    """
    file = own_manifest(project, "suite", suite_name)
    changes = _pin(project, file, suite_name, ("source",), ref, is_written=True)
    return Pinned(suite_name, str(file), changes)


def pin_artifact(
    project: Path, toolchain: str, artifact: str, ref: str, *, is_written: bool
) -> PinnedArtifact:
    """Pin an artifact that is a source at `ref`; raises as `pin` does.

    Unless it is to be written, only what would change is found.
    """
    file = own_manifest(project, "toolchain", toolchain)
    artifacts = tomllib.loads(read_manifest(file)).get("artifacts", {})
    known("artifact", artifact, [name for name, one in artifacts.items() if "source" in one])
    keys = ("artifacts", artifact, "source")
    changes = _pin(project, file, f"{artifact} of {toolchain}", keys, ref, is_written=is_written)
    return PinnedArtifact(toolchain, artifact, str(file), changes)


def _pin(
    project: Path, file: Path, owner: str, keys: tuple[str, ...], ref: str, *, is_written: bool
) -> tuple[PinnedValue, ...]:
    """Pin the source under these keys of a manifest; what changed of it."""
    text = read_manifest(file)
    source: Mapping[str, Any] = table_under(tomllib.loads(text), keys)
    if "git" in source:
        values = _git_pin(source["git"], ref)
    elif "pypi" in source:
        values = _release_pin(source["pypi"], ref, source.get("file", "sdist"))
    elif "npm" in source:
        values = _npm_pin(source["npm"], ref, project)
    elif "archive" in source:
        values = _archive_pin(source["archive"] if ref == "-" else ref, project)
    else:
        raise UsageError(f"{owner} lies in the project: there is nothing to pin")
    changes = tuple(
        PinnedValue(key, source.get(key), value)
        for key, value in values.items()
        if source.get(key) != value
    )
    if changes and is_written:
        replace_manifest(file, with_values(text, keys, values))
    return changes


def _git_pin(url: str, ref: str) -> dict[str, str | None]:
    from molt_build.sources.git import open_remote
    from molt_build.sources.source import FULL_COMMIT

    with new_folder("molt-build-pin-") as scratch:
        remote = open_remote(url, scratch / "repository")
        if FULL_COMMIT.fullmatch(ref):
            remote.fetch(ref, without_files=True)
            return {"commit": ref, "ref": None}
        tips = remote.tips(ref)
    if tips:
        return {"commit": tips[0].commit, "ref": ref}
    if _SHORT_ID.fullmatch(ref):
        raise UsageError(f"{ref} is a short commit id", "a short id can be forged: give all of it")
    raise UsageError(f"{url} has no tag and no branch named {ref}")


def _release_pin(name: str, version: str, kind: str) -> dict[str, str | None]:
    from molt_build.sources.package_index import pick_release

    with new_folder("molt-build-pin-") as scratch:
        sha256 = pick_release(name, version, kind, scratch / "fetched").sha256
    return {"version": version, "sha256": sha256}


def _npm_pin(name: str, version: str, project: Path) -> dict[str, str | None]:
    from molt_build.sources.npm_registry import pick_package

    with new_folder("molt-build-pin-") as scratch:
        sha256 = pick_package(name, version, project, scratch / "fetched")
    return {"version": version, "sha256": sha256}


def _archive_pin(location: str, project: Path) -> dict[str, str | None]:
    from molt_build.sources.download import download, url_of

    with new_folder("molt-build-pin-") as scratch:
        sha256 = download(url_of(location, project), scratch / "fetched")
    return {"archive": location, "sha256": sha256}
