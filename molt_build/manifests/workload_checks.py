"""What no schema can say of a workload, and of the `[source]` that it and suites have.

Of a source: which keys go together. With a project's folder (`Definitions.project`) also that the
folders and files exist which are named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from molt_build.manifests.definitions import Definitions, Loaded, accepted, table, tables, text
from molt_build.manifests.diagnostics import KeyPath, quote
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import RELATIVE, among, leaves, there
from molt_build.secrecy import secret_in

_SECRET_HINT = "manifests are shared: tell git or pip (credential helper, insteadOf, netrc)"


def findings(workload: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a workload."""
    language = text(workload.raw.get("language"))
    if language is not None and not definitions.unreadable.get("toolchain"):
        languages = {word for one in definitions.all("toolchain") for word in accepted(one)}
        message = f"no toolchain accepts the language {quote(language)}"
        yield from among(language, languages, ("language",), message, "languages")
    yield from of_source(workload.raw, definitions.project)
    for index, program in tables(workload.raw.get("programs")):
        where = ("programs", index)
        if "entry" not in program and language not in (None, "python"):
            message = "missing key, which only python programs may leave out"
            yield (*where, "entry"), message, None
        name = text(program.get("name"))
        places = definitions.programs.get(name, []) if name is not None else []
        if len(places) > 1 and places[0] != (workload, index):
            other, other_index = places[0]
            line = other.document.position(("programs", other_index, "name")).line
            hint = f"also at {other.file.shown}:{line}"
            yield (*where, "name"), f"the program {quote(str(name))} is defined twice", hint
        key = "entry" if "entry" in program else "name"
        if name is not None and (key == "entry" or language == "python"):
            entry = program.get("entry", f"{name}.py")
            yield from entry_there(entry, (*where, key), workload.raw, definitions.project)


def of_source(raw: Mapping[str, object], project: str | None) -> Iterator[Finding]:
    """Everything wrong with a manifest's source."""
    source = table(raw.get("source"))
    archive = text(source.get("archive"))
    if archive is not None:
        yield from _archive(archive, project)
    for key in ("git", "archive"):
        secret = secret_in(text(source.get(key)) or "")
        if secret:
            yield ("source", key), f"the URL holds {secret}", _SECRET_HINT
    if "sha256" in source and "archive" not in source and "pypi" not in source:
        hint = "a git source is pinned by its commit" if "git" in source else None
        yield ("source", "sha256"), "is the digest of an archive or of a package's file", hint
    version = text(source.get("version"))
    if version is not None:
        yield from _version(version)
    inner, whole = text(source.get("project")), _folder(raw)
    if project is not None and inner is not None and whole is not None:
        for key, path in (("project", inner), ("root", whole)):
            if not os.path.isdir(os.path.join(project, path)):
                yield ("source", key), f"there is no folder {quote(path)}", None
                return


def entry_there(
    entry: object, where: KeyPath, raw: Mapping[str, object], project: str | None
) -> Iterator[Finding]:
    """A program's file must exist where the manifest's source lies in the project itself."""
    folder = None if project is None else _folder(raw)
    if project is None or folder is None or not isinstance(entry, str) or leaves(entry):
        return
    if os.path.isdir(os.path.join(project, folder)):
        yield from there(project, os.path.normpath(os.path.join(folder, entry)), where)


def _folder(raw: Mapping[str, object]) -> str | None:
    """The folder of the project that holds the programs; None when they come from elsewhere."""
    source = table(raw.get("source"))
    inner, root = text(source.get("project")), source.get("root", ".")
    if inner is None or leaves(inner) or not isinstance(root, str) or leaves(root):
        return None
    return os.path.join(inner, root)


def _archive(archive: str, project: str | None) -> Iterator[Finding]:
    path = ("source", "archive")
    if "://" in archive:
        if not archive.startswith(("https://", "file://")):
            scheme = archive.split("://", 1)[0]
            yield path, f"archives are not fetched by {quote(scheme)}", "use an https or file URL"
    elif leaves(archive):
        yield path, f"{quote(archive)} leaves the project", RELATIVE
    elif project is not None and not os.path.isfile(os.path.join(project, archive)):
        yield path, f"there is no file {quote(archive)}", None


def _version(version: str) -> Iterator[Finding]:
    from packaging.version import InvalidVersion, Version

    try:
        Version(version)
    except InvalidVersion:
        yield ("source", "version"), f"{quote(version)} is not a version of a package", None
