"""Writing a suite's pin into its manifest: the commit of a tag, the digest of a release or archive.

What is pinned is what the server gives now; a manifest changes in its `[source]` alone, keeps its
comments and layout, and is replaced whole. It need not be valid otherwise, nor pinned yet.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from molt_build.errors import EnvironmentFailed, ManifestError, UsageError
from molt_build.manifests.search import ManifestFile, manifest_files
from molt_build.names import known
from molt_build.temporary import new_folder, write_whole

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


def pin(project: Path, suite_name: str, ref: str) -> Pinned:
    """Pin the suite's source at `ref`.

    `ref` is a tag, a branch or a full commit id of a git source; a version of a package; the new
    URL or project path of an archive, or "-" for the one that is declared.

    Raises `UsageError` for a suite that is not the project's own, a source that has nothing to
    pin, and a ref that is not there; `SourceUnreachable` and `SourceRefused` when fetching fails.
    """
    file = _manifest(project, suite_name)
    text = _read(file)
    source: Mapping[str, Any] = tomllib.loads(text).get("source", {})
    if "git" in source:
        values = _git_pin(source["git"], ref)
    elif "pypi" in source:
        values = _release_pin(source["pypi"], ref, source.get("file", "sdist"))
    elif "npm" in source:
        values = _npm_pin(source["npm"], ref, project)
    elif "archive" in source:
        values = _archive_pin(source["archive"] if ref == "-" else ref, project)
    else:
        raise UsageError(f"{suite_name} lies in the project: there is nothing to pin")
    changes = tuple(
        PinnedValue(key, source.get(key), value)
        for key, value in values.items()
        if source.get(key) != value
    )
    if changes:
        _replace(file, _edited(text, values))
    return Pinned(suite_name, str(file), changes)


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


def _manifest(project: Path, suite_name: str) -> Path:
    """The file that declares the suite; `UsageError` when it is not the project's own."""
    found: dict[str, ManifestFile] = {}
    for file in manifest_files(str(project)):
        try:
            content = tomllib.loads(_read(Path(file.path)))
        except ManifestError:
            continue  # not the one that is asked for, as far as can be told
        if content.get("kind") == "suite" and isinstance(content.get("name"), str):
            found.setdefault(content["name"], file)
    known("suite", suite_name, found)
    if found[suite_name].is_bundled:
        message = f"the suite {suite_name} comes with molt_build: its pin is not the project's"
        raise UsageError(message, "copy its manifest into manifests/suites/ and pin that")
    return Path(os.path.realpath(found[suite_name].path))


def _read(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ManifestError(f"{file}: {error}") from error
    return text


def _edited(text: str, values: Mapping[str, str | None]) -> str:
    """The manifest with these values in its `[source]`; None takes a key away."""
    import tomlkit

    document = tomlkit.parse(text)
    source: Any = document["source"]
    last = None  # of the keys that were there
    for key, value in values.items():
        if value is None:
            source.pop(key, None)
            continue
        if key in source:
            if source[key] != value:
                source[key] = value
        elif last is not None and hasattr(getattr(source, "value", None), "_insert_after"):
            # The public ways put it after the comments that belong to the next table.
            source.value._insert_after(last, key, tomlkit.item(value))
        else:
            source[key] = value
        last = key
    edited = tomlkit.dumps(document)
    wanted = tomllib.loads(text)
    wanted["source"].update(values)
    wanted["source"] = {k: v for k, v in wanted["source"].items() if v is not None}
    if tomllib.loads(edited) != wanted:
        message = "the manifest's [source] is written in a way that cannot be edited"
        raise UsageError(message, "write it as one table, or write the pin by hand")
    return edited


def _replace(file: Path, text: str) -> None:
    try:
        write_whole(file, text, mode=file.stat().st_mode & 0o777)
    except OSError as error:
        raise EnvironmentFailed(f"{file} cannot be written: {error.strerror}") from error
