"""What a cell's clients build in: checkouts of their own and one cache that is theirs alone.

A checkout holds the project's manifests, the sources of the workloads that are built, and whatever
else of the project a toolchain names by `{project}/...`. The private cache lies beside the user's
(stages must not run below a project, where tools would find its settings), and is removed with
everything in it. Toolchain environments and sources are the user's: to install them is not
measured.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import molt_build
from molt_build import STATE_FOLDER, patterns
from molt_build.actions.scope import NARROW
from molt_build.actions.scope import VARIABLE as KEY_SCOPE_VARIABLE
from molt_build.building.builder import find_program
from molt_build.building.shards import SHARDS_VARIABLE
from molt_build.errors import UsageError
from molt_build.files import remove_tree
from molt_build.latency.clients import Command
from molt_build.latency.selection import Cell
from molt_build.manifests.model import Edit, Manifests, Program, Toolchain, Workload
from molt_build.plain import to_plain
from molt_build.store.location import (
    CACHE_DIR_VARIABLE,
    CACHE_SWITCH_VARIABLE,
    TOOLS_DIR_VARIABLE,
)
from molt_build.temporary import write_whole
from molt_build.toolchains.host_python import PYTHON_VARIABLE
from molt_build.toolchains.resolver import USE_VARIABLE

DECIDED = (CACHE_SWITCH_VARIABLE, SHARDS_VARIABLE)  # by the case
LEFT_OUT = (".git", STATE_FOLDER, ".nox", ".venv", "__pycache__", "node_modules")
_PROJECT_PATH = re.compile(r"\{project\}/([^{}\s:,;]+)")


def client_environment(cache: Path, tools: Path) -> dict[str, str]:
    """The environment of a client: the user's, but for what the case decides."""
    package = str(Path(molt_build.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return {
        **{name: value for name, value in os.environ.items() if name not in DECIDED},
        "PYTHONPATH": path,
        CACHE_DIR_VARIABLE: str(cache),
        TOOLS_DIR_VARIABLE: str(tools),
    }


def switches() -> dict[str, str]:
    """The user's switches that reach the builds and make them others than by default."""
    by_default = {KEY_SCOPE_VARIABLE: NARROW, USE_VARIABLE: "", PYTHON_VARIABLE: ""}
    return {
        name: os.environ[name]
        for name, value in by_default.items()
        if os.environ.get(name, value) != value
    }


class Workspace:
    """The checkouts and the cache of one cell; `close` removes them.

    `folder` is for the checkouts and `cache` for the cache; neither need exist. `kept_open` are the
    locks that say that they are used, for the clients too.
    """

    def __init__(
        self,
        project: Path,
        manifests: Manifests,
        cell: Cell,
        folder: Path,
        cache: Path,
        tools: Path,
        kept_open: tuple[int, ...] = (),
    ) -> None:
        self.kept_open = kept_open
        self._manifests = manifests
        self._cell = cell
        self._folder = folder
        self._cache = cache
        self._environment = client_environment(cache, tools)
        self._originals: dict[Path, str] = {}
        self._edits_made = 0
        self.output = folder / "output"
        self.checkouts = [folder / f"client-{n + 1}" for n in range(len(cell.deals))]
        self.close()
        try:
            self.output.mkdir(parents=True)
            self._cache.mkdir(mode=0o700, parents=True)
            for checkout in self.checkouts:
                copy_project(project, manifests, cell, checkout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove all of it."""
        for folder in (self._folder, self._cache):
            remove_tree(folder, may_fail=True)

    def make_cold(self) -> None:
        """Empty store, shards, plans and outputs."""
        remove_tree(self._cache, may_fail=True)
        self._cache.mkdir(mode=0o700)
        for checkout in self.checkouts:
            remove_tree(checkout / STATE_FOLDER, may_fail=True)

    def edit(self) -> None:
        """Change each client's sources as the case says, differently from every time before."""
        for checkout, programs in zip(self.checkouts, self._cell.deals, strict=True):
            for program, workload in (find_program(self._manifests, name) for name in programs):
                for edit in self._cell.case.edits:
                    if edit.language == workload.language:
                        self._edits_made += 1
                        self._apply(edit, checkout, program, workload)

    def _apply(self, edit: Edit, checkout: Path, program: Program, workload: Workload) -> None:
        if workload.source.project is None:
            message = f"{workload.name} cannot be edited: it does not lie in the project"
            raise UsageError(message, "edits are for workloads with a [source] project")
        entry = checkout / workload.source.project / workload.source.root / program.entry
        file = entry if edit.file is None else entry.parent / edit.file
        if file not in self._originals:
            self._originals[file] = file.read_text(encoding="utf-8")
        original = self._originals[file]
        line = edit.replace.replace("{number}", str(self._edits_made))
        if edit.find is None:
            edited = f"{original.rstrip()}\n{line}\n"
        else:
            replaced = patterns.replaced_once(edit.find, line, original)
            if replaced is None:
                message = f"the edit of {self._cell.case.name} finds nothing in {program.name}"
                raise UsageError(message, f"it looks for: {edit.find}")
            edited = replaced
        # A checkout has the project's links: what is behind them is the user's.
        write_whole(file, edited, checkout)

    def environment(self, shards: str) -> dict[str, str]:
        """What a client's command gets, with shards `on` or `off`."""
        off = {CACHE_SWITCH_VARIABLE: "off"} if self._cell.case.cache_state == "nocache" else {}
        return {**self._environment, SHARDS_VARIABLE: shards, **off}

    def commands(self, shards: str, traces: Path | None = None) -> list[Command]:
        """The build that each client runs; with `traces` it writes its trace there."""
        case = self._cell.case
        words = ("--toolchain", self._cell.toolchain, "--profile", case.profile)
        commands = []
        for number, checkout in enumerate(self.checkouts):
            trace = () if traces is None else ("--trace", f"{traces}/client-{number + 1}.json")
            programs = self._cell.deals[number]
            commands.append(
                Command(
                    argv=(
                        *(sys.executable, "-m", "molt_build", "build", *programs, *words),
                        *("--target", case.target, "--json", *trace),
                    ),
                    cwd=checkout,
                    environment=self.environment(shards),
                    output=self.output,
                    kept_open=self.kept_open,
                )
            )
        return commands

    def idle_command(self) -> Command:
        """The same interpreter, doing nothing."""
        argv = (sys.executable, "-c", "pass")
        return Command(argv, self._folder, self._environment, self.output)


def copy_project(project: Path, manifests: Manifests, cell: Cell, checkout: Path) -> None:
    """Copy of a project what the cell's builds may read."""
    chosen = {"manifests", *project_paths(manifests, cell)}
    for path in sorted(chosen):
        origin, copy = project / path, checkout / path
        if copy.exists() or not origin.exists():
            continue  # below one that was copied; or missing, which the build will say
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy, symlinks=True, ignore=left_out)
        else:
            shutil.copy2(origin, copy)


def project_paths(manifests: Manifests, cell: Cell) -> set[str]:
    """The files and folders of the project, relative to it, that the cell's builds may read."""
    names = [cell.toolchain, *([cell.reference] if cell.reference else [])]
    chains = _with_used(manifests, names)
    programs = [*cell.programs]
    for chain in chains:
        programs += [e.built_by.program for e in chain.executables if e.built_by is not None]
    paths = {match for chain in chains for match in _mentioned(to_plain(chain))}
    for _, workload in (find_program(manifests, name) for name in programs):
        archive = workload.source.archive
        if workload.source.project is not None:
            paths.add(workload.source.project)
        elif archive is not None and "://" not in archive:
            paths.add(archive)
    return {os.path.normpath(path) for path in paths}


def left_out(folder: str, names: list[str]) -> set[str]:
    """What is no source: state of tools, and folders that call themselves caches."""
    return {
        name
        for name in names
        if name in LEFT_OUT or os.path.lexists(os.path.join(folder, name, "CACHEDIR.TAG"))
    }


def _with_used(manifests: Manifests, names: list[str]) -> list[Toolchain]:
    """The toolchains and all that they use or are built by."""
    found: dict[str, Toolchain] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        chain = found[name] = manifests.toolchains[name]
        waiting += [other for alternatives in chain.uses.values() for other in alternatives]
        waiting += [e.built_by.toolchain for e in chain.executables if e.built_by is not None]
    return list(found.values())


def _mentioned(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PROJECT_PATH.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
