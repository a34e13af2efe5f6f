"""What of a project some builds may read: copied into checkouts, digested when resuming.

That is the project's manifests, with the programs that globs find for them; the sources of the
workloads that are built, the archives that artifacts of toolchains are pinned to, and whatever else
of the project a toolchain names by `{project}/...`; no state of tools.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from molt_build import STATE_FOLDER
from molt_build.building.builder import find_program
from molt_build.codec import to_plain
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import Toolchain
from molt_build.manifests.workload import Workload
from molt_build.store.digest import tree_sha256

LEFT_OUT = (".git", STATE_FOLDER, ".nox", ".venv", "__pycache__", "node_modules")
_PROJECT_PATH = re.compile(r"\{project\}/([^{}\s:,;]+)")


def copy_project(
    project: Path,
    manifests: Manifests,
    programs: Iterable[str],
    toolchains: Iterable[str],
    checkout: Path,
) -> None:
    """Copy of a project what builds of the programs with the toolchains may read."""
    for path in sorted({"manifests", *project_paths(manifests, programs, toolchains)}):
        origin, copy = project / path, checkout / path
        if copy.exists() or not origin.exists():
            continue  # below one that was copied; or missing, which the build will say
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy, symlinks=True, ignore=_left_out)
        else:
            shutil.copy2(origin, copy)
    for workload in manifests.workloads.values():
        if workload.found_by is not None:
            _copy_programs(project, workload, checkout)


def _copy_programs(project: Path, workload: Workload, checkout: Path) -> None:
    """What a glob finds: without these files the manifests cannot be read."""
    root = Path(workload.source.project or "", workload.source.root)
    for program in workload.programs:
        origin, copy = project / root / program.entry, checkout / root / program.entry
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, copy)


def project_paths(
    manifests: Manifests, programs: Iterable[str], toolchains: Iterable[str]
) -> set[str]:
    """Files and folders of the project, relative to it, beside its manifests."""
    chains = _with_used(manifests, toolchains)
    built = [built_by for chain in chains for built_by in chain.built_by]
    paths = {match for chain in chains for match in _mentioned(to_plain(chain))}
    names = (*programs, *(one.program for one in built))
    workloads = {one.name: one for _, one in (find_program(manifests, name) for name in names)}
    sources = [workload.source for workload in workloads.values()]
    sources += [one.source for chain in chains for one in chain.artifacts if one.source is not None]
    for source in sources:
        if source.project is not None:
            paths.add(source.project)
        elif source.archive is not None and "://" not in source.archive:
            paths.add(source.archive)
    return {os.path.normpath(path) for path in paths}


def digest_below(path: Path) -> str:
    """The digest of a file, or of the sources below a folder."""
    return tree_sha256(path, _left_out)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is no source: state of tools, and folders that call themselves caches."""
    return {
        name
        for name in names
        if name in LEFT_OUT or os.path.lexists(os.path.join(folder, name, "CACHEDIR.TAG"))
    }


def _with_used(manifests: Manifests, toolchains: Iterable[str]) -> list[Toolchain]:
    """Toolchains, and all that they use or are built by."""
    found: dict[str, Toolchain] = {}
    waiting = list(toolchains)
    while waiting:
        name = waiting.pop()
        if name not in found:
            chain = found[name] = manifests.toolchains[name]
            waiting += [other for alternatives in chain.uses.values() for other in alternatives]
            waiting += [built_by.toolchain for built_by in chain.built_by]
    return list(found.values())


def _mentioned(value: Any) -> Iterator[str]:
    """The paths of the project that the texts of a plain value name."""
    if isinstance(value, str):
        yield from _PROJECT_PATH.findall(value)
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _mentioned(item)
