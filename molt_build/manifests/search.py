"""Which files are manifests: the project's own, and those that come with the package.

The project's lie below `PROJECT/manifests/`, in whatever folders; the bundled ones in
`toolchains/`, `profiles/` and `signals/` below `manifests/` of a checkout, or of
`molt_build/_bundled/manifests` of an installed wheel. Nothing here opens a file; warm commands use
it, so it imports little.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

BUNDLED_FOLDERS = ("profiles", "toolchains", "signals")


@dataclass(frozen=True)
class ManifestFile:
    """Where a manifest lies. Its `tree` is the manifests folder it was found below."""

    path: str  # absolute
    shown: str  # relative to the project where it lies inside
    tree: str
    is_bundled: bool


def bundled_manifests() -> str:
    """The folder of the manifests that come with the package."""
    return _bundled("manifests")


def bundled_schemas() -> str:
    """The folder of the JSON Schemas that come with the package."""
    return _bundled("schemas")


def _bundled(name: str) -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_bundled", name)
    if os.path.isdir(installed):
        return installed
    return os.path.join(os.path.dirname(package), name)


def project_manifests(project: str) -> str:
    """The folder of the project's own manifests."""
    return os.path.join(os.path.abspath(project), "manifests")


def roots(project: str) -> list[tuple[str, str, bool]]:
    """The folders to search as (folder, its manifests tree, is bundled)."""
    own = project_manifests(project)
    bundled = bundled_manifests()
    found = [(own, own, False)]
    if not _is_same_folder(own, bundled):
        found.extend((os.path.join(bundled, name), bundled, True) for name in BUNDLED_FOLDERS)
    return found


def manifest_files(project: str) -> list[ManifestFile]:
    """Every path that ends in .toml (whatever it is), sorted; hidden ones are passed over."""
    files = []
    base = os.path.abspath(project)
    for folder, tree, is_bundled in roots(project):
        for path, _, _ in walk(folder):
            if path.endswith(".toml"):
                files.append(ManifestFile(path, shown_path(path, base), tree, is_bundled))
    return files


def shown_path(path: str, project: str) -> str:
    """`path` relative to the project when it lies inside, else as it is."""
    prefix = os.path.join(os.path.abspath(project), "")
    return path[len(prefix) :] if path.startswith(prefix) else path


def walk(folder: str) -> Iterator[tuple[str, os.stat_result | None, str]]:
    """`folder` and all below it with their stat data (None: missing or a dangling link).

    Links to files are followed, links to folders are not entered (but `folder` may be one), names
    that begin with a dot are passed over, and the order is that of the names. Of a folder that is
    not entered it is said why.
    """
    try:
        status = os.stat(folder)
    except OSError:
        yield folder, None, ""
        return
    names, why = [], ""
    if stat.S_ISDIR(status.st_mode):
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
    yield folder, status, why
    for name in names:
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if os.path.islink(path) and os.path.isdir(path):
            yield path, os.stat(path), "is a link to a folder, which is not followed"
        else:
            yield from walk(path)


def unsearched(project: str) -> list[tuple[str, str]]:
    """Folders below the manifests that `walk` could not enter, as shown, and why."""
    return [
        (shown_path(path, project), why)
        for folder, _, _ in roots(project)
        for path, _, why in walk(folder)
        if why and not path.endswith(".toml")
    ]


def _is_same_folder(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
