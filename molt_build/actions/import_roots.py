"""The import roots of a stage, and what stands in its key for files that are read there in place.

`import_roots` of a stage are words: `.` is the folder of the program's entry, another relative path
a folder below the source root, and what is found there is staged. An absolute path is read where it
lies, and what is found there becomes components of the static key, as sources are, under its
symbolic path. For the search itself there is a component for each folder that it looked into: the
names that lie there of all that it looked for. One that appears, of whatever form, changes the key.

Below `{env}` the lock vouches for what is there, so it is the lock that stands in the key; in an
artifact that is a pinned source, its pin.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping

from molt_build.actions.imports import Place, module_names, own_folder
from molt_build.actions.includes import tidy
from molt_build.errors import BuildFailed
from molt_build.manifests.placeholders import expand
from molt_build.manifests.toolchain import Stage
from molt_build.manifests.workload import Program
from molt_build.store.digest import StatCache
from molt_build.store.listings import is_file
from molt_build.toolchains.resolved import ResolvedToolchain, Value

ABSENT_FOLDER = "no folder"
ALL = "*"  # in place of a module's name: all that lies in a folder


def import_roots(
    program: Program, stage: Stage, toolchain: ResolvedToolchain, values: Mapping[str, Value]
) -> tuple[Place, ...]:
    """Where absolute imports of a program are looked for, in order; none: in its entry's folder.

    Raises `BuildFailed` for a relative path that leads out of the source.
    """
    roots: dict[Place, None] = {}
    for word in expand(stage.import_roots, values):
        path = tidy(word) if os.path.isabs(word) else os.path.normpath(word or ".")
        if os.path.isabs(path):
            is_vouched_for = bool(_voucher(path, toolchain))
            place = Place(path, is_staged=False, is_vouched_for=is_vouched_for)
        elif path == ".":
            place = own_folder(program.entry)
        elif path.split("/")[0] == "..":
            message = f"{program.name}: the import root {word} of {stage.name} leads out of the"
            raise BuildFailed(f"{message} source", "say {project}/... for another folder")
        else:
            place = Place(path, is_staged=True)
        roots[place] = None
    return tuple(roots)


def vouchers(roots: Iterable[Place], toolchain: ResolvedToolchain) -> dict[str, str]:
    """The components that stand in a key for what lies on roots of which nothing is looked at."""
    found: dict[str, str] = {}
    for place in roots:
        if place.is_vouched_for:
            found |= _voucher(place.folder, toolchain)
    return found


def _voucher(path: str, toolchain: ResolvedToolchain) -> Mapping[str, str]:
    """The components of the lock or the pin that vouches for what lies at a path; else none."""
    for folder, components in toolchain.vouched_for.items():
        if f"{path}/".startswith(f"{folder}/"):
            return components
    return {}


def archives(roots: Iterable[Place]) -> tuple[str, ...]:
    """The roots that are files: archives of modules, in which nobody looks here."""
    in_place = (r.folder for r in roots if not (r.is_staged or r.is_vouched_for))
    return tuple(path for path in in_place if is_file(path))


def names_component(stat_cache: StatCache, folder: str, wanted: Iterable[str]) -> str:
    """What stands in a key for names that were looked for in a folder: those that are there.

    Folders have a `/` behind their name.
    """
    names = _names_there(stat_cache, folder, wanted)
    if not names and not os.path.isdir(folder):
        return ABSENT_FOLDER
    whole = ((name, os.path.join(folder, name)) for name in names)
    return json.dumps([f"{name}/" if os.path.isdir(path) else name for name, path in whole])


def dangling(stat_cache: StatCache, looked_for: Mapping[str, Iterable[str]]) -> list[str]:
    """Links with names that were looked for (folder -> names) that lead nowhere: a file that
    appears where they lead changes no folder that was looked into.
    """
    return [
        path
        for folder, wanted in looked_for.items()
        for path in (f"{folder}/{n}" for n in _names_there(stat_cache, folder, wanted))
        if not os.path.exists(path)
    ]


def _names_there(stat_cache: StatCache, folder: str, wanted: Iterable[str]) -> list[str]:
    stems = stat_cache.listings.by_stem(folder)
    names: set[str] = set()
    for name in wanted:
        if name == ALL:
            names.update(*stems.values())
        else:
            names.update(module_names(stems.get(name.partition(".")[0], ()), name))
    return sorted(names)
