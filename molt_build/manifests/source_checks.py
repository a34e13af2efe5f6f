"""What no schema can say of a `[source]`: which keys go together, and that its folders exist."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from molt_build.manifests.definitions import table, text, words
from molt_build.manifests.diagnostics import quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import inside, leaves
from molt_build.secrecy import secret_in

OUTSIDE_SOURCE = "leaves the source"
_SECRET_HINT = "manifests are shared: tell git or pip (credential helper, insteadOf, netrc)"


def findings(raw: Mapping[str, object], project: str | None) -> Iterator[Finding]:
    """Everything wrong with a manifest's source; with a `project` folder also what is missing."""
    source = table(raw.get("source"))
    yield from inside(source.get("project"), ("source", "project"))
    yield from inside(source.get("root"), ("source", "root"), OUTSIDE_SOURCE)
    for index, glob in words(source.get("paths")):
        yield from inside(glob, ("source", "paths", index), OUTSIDE_SOURCE)
    yield from _archive(text(source.get("archive")))
    for key in ("git", "archive"):
        secret = secret_in(text(source.get(key)) or "")
        if secret:
            yield ("source", key), f"the URL holds {secret}", _SECRET_HINT
    if "sha256" in source and "archive" not in source and "pypi" not in source:
        hint = "a git source is pinned by its commit" if "git" in source else None
        yield ("source", "sha256"), "is the digest of an archive or of a package's file", hint
    yield from _version(text(source.get("version")))
    if project is not None:
        yield from _missing(source, project)


def folder(raw: Mapping[str, object]) -> str | None:
    """The folder of the project that holds the programs; None when they come from elsewhere."""
    source = table(raw.get("source"))
    inner, root = text(source.get("project")), source.get("root", ".")
    if inner is None or leaves(inner) or not isinstance(root, str) or leaves(root):
        return None
    return os.path.join(inner, root)


def _archive(archive: str | None) -> Iterator[Finding]:
    path = ("source", "archive")
    if archive is None:
        return
    if "://" not in archive:
        yield from inside(archive, path)
    elif not archive.startswith(("https://", "file://")):
        scheme = archive.split("://", 1)[0]
        yield path, f"archives are not fetched by {quote(scheme)}", "use an https or file URL"


def _version(version: str | None) -> Iterator[Finding]:
    from packaging.version import InvalidVersion, Version

    try:
        Version(version or "0")
    except InvalidVersion:
        yield ("source", "version"), f"{quote(str(version))} is not a version of a package", None


def _missing(source: Mapping[str, object], project: str) -> Iterator[Finding]:
    archive = text(source.get("archive"))
    if archive is not None and "://" not in archive and not leaves(archive):
        is_there = os.path.isfile(os.path.join(project, archive))
        if not is_there:
            yield ("source", "archive"), f"there is no file {quote(archive)}", None
    inner, whole = text(source.get("project")), folder({"source": source})
    if inner is None or whole is None:
        return
    for key, path in (("project", inner), ("root", whole)):
        if not os.path.isdir(os.path.join(project, path)):
            yield ("source", key), f"there is no folder {quote(path)}", None
            return
