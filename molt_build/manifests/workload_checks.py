"""What no schema can say of a workload, and of the source and adapter that it and suites have.

Of a source: which keys go together. With a project's folder (`Definitions.project`) also that the
folders and files exist which are named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.resolve import form
from molt_build.manifests.value_checks import RELATIVE, leaves, there
from molt_build.secrecy import secret_in

# Variables that runs are given by the measurement or by the target.
OF_EVERY_RUN = frozenset(
    ("HOME", "TMPDIR", "PATH", "PYTHONPATH", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE")
)
# As npm's versions are: https://semver.org, in short.
_SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
_SECRET_HINT = "manifests are shared: tell git or pip (credential helper, insteadOf, netrc)"


def findings(workload: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a workload."""
    top = workload.top
    language = top["language"]
    if language.text and not definitions.unreadable:
        languages = {word for one in definitions.all("toolchain") for word in one.takes}
        message = f"no toolchain accepts the language {quote(language.text)}"
        yield from language.among(languages, message, "languages")
    yield from of_source(top, definitions.project)
    yield from of_adapter(workload)
    if "exclude" in top and workload.found_by is None:
        yield top["exclude"].wrong("has no effect: only a glob finds what could be left out")
    for program in top["programs"].tables():
        yield from driven(program, top)
        yield from _run_alone(program, top)
        is_python = language.text in ("", "python")
        if is_driven(program, top) and "drive" in top["adapter"] and not is_python:
            yield program["form"].wrong("only python programs can be driven")
        name, entry = program["name"], program["entry"]
        if entry.value is None and language.text not in ("", "python"):
            yield entry.wrong("missing key, which only python programs may leave out")
        places = definitions.programs.get(name.text, [])
        other, declared = places[0] if len(places) > 1 else (workload, program)
        if (other, declared.path) != (workload, program.path):
            message = f"the program {quote(name.text)} is defined twice"
            yield name.wrong(message, f"also at {other.where(declared['name'].path)}")
        if entry.value is None and language.text == "python":
            entry = Part(f"{name.text}.py", name.path)
        if isinstance(name.value, str) and not workload.found:
            yield from entry_there(entry, top, definitions.project)


def of_adapter(manifest: Parsed) -> Iterator[Finding]:
    """The files of a manifest's adapter must lie beside it."""
    for key in ("drive", "prepare"):
        path = manifest.top["adapter"][key]
        if path.text and not leaves(path.text):
            folder = os.path.dirname(manifest.file.path)
            yield from there(folder, path.text, path, " beside the manifest")


def driven(program: Part, owner: Part) -> Iterator[Finding]:
    """A driven program of a workload or a suite needs what drives it."""
    if is_driven(program, owner) and "drive" not in owner["adapter"]:
        yield program["form"].wrong("a driven program needs adapter.drive, which calls it")


def _run_alone(program: Part, workload: Part) -> Iterator[Finding]:
    """What ends with an exit status is a process, and not what an adapter calls in one."""
    if program["exit_status"].value and is_driven(program, workload):
        yield program["exit_status"].wrong("a driven program is called, and has no exit status")
    for variable in program["environment"].named_words():
        if variable.key in OF_EVERY_RUN:
            message = f"{quote(variable.key)} is set by whoever runs the program"
            yield variable.wrong(message, "its args can tell it what it needs")


def is_driven(program: Part, owner: Part) -> bool:
    """Whether the adapter calls a program of a workload or a suite."""
    adapter = dict.fromkeys(owner["adapter"].keys)
    return form(program.value, {"adapter": adapter}, "") == "driven"


def of_source(top: Part, project: str | None) -> Iterator[Finding]:
    """Everything wrong with a manifest's source."""
    source = top["source"]
    archive, sha256 = source["archive"], source["sha256"]
    if archive.text:
        yield from _archive(archive, project)
    for url in (source["git"], archive):
        secret = secret_in(url.text)
        if secret:
            yield url.wrong(f"the URL holds {secret}", _SECRET_HINT)
    of_a_file = ("archive", "pypi", "npm")
    if "sha256" in source and not any(kind in source for kind in of_a_file):
        hint = "a git source is pinned by its commit" if "git" in source else None
        yield sha256.wrong("is the digest of an archive or of a package's file", hint)
    if "version" in source and "pypi" not in source and "npm" not in source:
        yield source["version"].wrong("is that of a package", "of which pypi or npm is the name")
    elif source["version"].text:
        yield from _version(source["version"], is_of_npm="npm" in source)
    inner, whole = source["project"], _folder(top)
    if project is not None and whole is not None:
        for at, path in ((inner, inner.text), (source["root"], whole)):
            if not os.path.isdir(os.path.join(project, path)):
                yield at.wrong(f"there is no folder {quote(path)}")
                return


def entry_there(entry: Part, top: Part, project: str | None) -> Iterator[Finding]:
    """A program's file must exist where the manifest's source lies in the project itself."""
    folder = None if project is None else _folder(top)
    if project is None or folder is None or not entry.text or leaves(entry.text):
        return
    if os.path.isdir(os.path.join(project, folder)):
        yield from there(project, os.path.normpath(os.path.join(folder, entry.text)), entry)


def _folder(top: Part) -> str | None:
    """The folder of the project that holds the programs; None when they come from elsewhere."""
    inner, root = top["source"]["project"].text, top["source"]["root"].text_or(".")
    if not inner or not root or leaves(inner) or leaves(root):
        return None
    return os.path.join(inner, root)


def _archive(archive: Part, project: str | None) -> Iterator[Finding]:
    url = archive.text
    if "://" in url:
        if not url.startswith(("https://", "file://")):
            message = f"archives are not fetched by {quote(url.split('://', 1)[0])}"
            yield archive.wrong(message, "use an https or file URL")
    elif leaves(url):
        yield archive.wrong(f"{quote(url)} leaves the project", RELATIVE)
    elif project is not None and not os.path.isfile(os.path.join(project, url)):
        yield archive.wrong(f"there is no file {quote(url)}")


def _version(version: Part, *, is_of_npm: bool) -> Iterator[Finding]:
    wrong = f"{quote(version.text)} is not a version of a package"
    if is_of_npm:
        if not _SEMANTIC.fullmatch(version.text):
            yield version.wrong(wrong, "such as 1.2.3: one version, no range and no tag")
        return
    from packaging.version import InvalidVersion, Version

    try:
        Version(version.text)
    except InvalidVersion:
        yield version.wrong(wrong)
