"""Which project a command is about; without one nothing is begun, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

from molt_build.cli.warm_build import PROJECT_VARIABLE, project_folder
from molt_build.errors import UsageError
from molt_build.manifests import search

_HINT = "molt-build init makes one; --project DIR says where one is"


def find_project(given: str | None) -> Path:
    """The project's folder: as given, or the nearest that has manifests, from here upwards.

    Raises `UsageError` where there is none.
    """
    asked = given or os.environ.get(PROJECT_VARIABLE)
    folder = project_folder(given)
    if asked:
        if not os.path.isdir(folder):
            who = "--project" if given else PROJECT_VARIABLE
            raise UsageError(f"{who}: there is no folder {asked}", _HINT)
        if not has_manifests(folder):
            raise UsageError(f"there is no project in {asked}: it has no manifests/*.toml", _HINT)
        return Path(folder)
    here = os.getcwd()
    folder = here
    while not has_manifests(folder):
        above = os.path.dirname(folder)
        if above == folder:
            message = f"there is no project here: neither {here} nor a folder above has manifests"
            raise UsageError(message, _HINT)
        folder = above
    return Path(folder)


def has_manifests(folder: str) -> bool:
    """Whether there is a manifest, valid or not, where a project has its own."""
    own = search.project_manifests(folder)
    return os.path.isdir(own) and any(path.endswith(".toml") for path, _, _ in search.walk(own))
