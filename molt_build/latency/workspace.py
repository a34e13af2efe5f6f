"""What a cell's clients build in: checkouts of their own and one cache that is theirs alone.

A checkout holds what the builds may read (`molt_build.latency.sources`). The private cache lies
beside the user's (stages must not run below a project, where tools would find its settings), and is
removed with everything in it. Toolchain environments and sources are the user's: to install them is
not measured. What killed runs left, and nobody uses any more, goes too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from molt_build import STATE_FOLDER, patterns
from molt_build.actions.scope import NARROW
from molt_build.actions.scope import VARIABLE as KEY_SCOPE_VARIABLE
from molt_build.building.builder import find_program
from molt_build.building.shards import SHARDS_VARIABLE
from molt_build.errors import UsageError
from molt_build.files import real_folder, remove_tree
from molt_build.latency.clients import Command
from molt_build.latency.selection import Cell
from molt_build.latency.sources import copy_project
from molt_build.manifests.loading import state_dir
from molt_build.manifests.model import Edit, Manifests
from molt_build.manifests.workload import Program, Workload
from molt_build.processes import finding_us
from molt_build.store.location import (
    CACHE_DIR_VARIABLE,
    CACHE_SWITCH_VARIABLE,
    TOOLS_DIR_VARIABLE,
    cache_dir,
    tools_dir,
)
from molt_build.temporary import new_folder, remove_abandoned_folders, write_whole
from molt_build.toolchains.choices import USE_VARIABLE
from molt_build.toolchains.host_python import PYTHON_VARIABLE

# What the start script `molt-build` does, whoever has installed it: uv's does just this, pip's
# imports `re` first, and `python -m` imports `runpy` and what it needs.
START = "import sys; from molt_build.cli import main; sys.exit(main())"

DECIDED = (CACHE_SWITCH_VARIABLE, SHARDS_VARIABLE, "MOLT_BUILD_PROJECT")  # by the case


def switches() -> dict[str, str]:
    """The user's switches that reach the builds and make them others than by default."""
    by_default = {KEY_SCOPE_VARIABLE: NARROW, USE_VARIABLE: "", PYTHON_VARIABLE: ""}
    return {
        name: os.environ[name]
        for name, value in by_default.items()
        if os.environ.get(name, value) != value
    }


@contextmanager
def workspace(project: Path, manifests: Manifests, cell: Cell, turn: int) -> Iterator[Workspace]:
    """The checkouts and the cache of one cell, until the block is left.

    `turn` is the lock of who may measure: clients that outlive us keep it.
    """
    state, user_cache = state_dir(project), cache_dir()
    parent = real_folder(state, state / "cases")
    places = (parent, user_cache)
    for place in places:
        remove_abandoned_folders(place)
    try:
        checkouts, cache = new_folder("cell-", parent), new_folder("run-cases-", user_cache)
        with checkouts, cache:
            kept_open = (checkouts.descriptor, cache.descriptor, turn)
            made = Workspace(manifests, cell, checkouts.path, cache.path / "cache", kept_open)
            made.output.mkdir()
            made.cache.mkdir(mode=0o700)
            for checkout in made.checkouts:
                copy_project(project, manifests, cell.programs, cell.toolchains, checkout)
            yield made
    finally:
        for place in places:
            remove_abandoned_folders(place)  # those of clients that had outlived their run
        with suppress(OSError):
            parent.rmdir()  # unless another run has something there


@dataclass
class Workspace:
    """What the clients of one cell build in; `kept_open` are the locks that say that it is used."""

    manifests: Manifests
    cell: Cell
    folder: Path
    cache: Path
    kept_open: tuple[int, ...]
    _originals: dict[Path, str] = field(default_factory=dict)  # of files that are edited
    _edits_made: int = 0

    @property
    def checkouts(self) -> list[Path]:
        """One for each client."""
        return [self.folder / f"client-{n + 1}" for n in range(len(self.cell.deals))]

    @property
    def output(self) -> Path:
        """For what clients print."""
        return self.folder / "output"

    def make_cold(self) -> None:
        """Empty store, shards, plans and outputs."""
        remove_tree(self.cache, may_fail=True)
        self.cache.mkdir(mode=0o700)
        for checkout in self.checkouts:
            remove_tree(checkout / STATE_FOLDER, may_fail=True)

    def edit(self) -> None:
        """Change each client's sources as the case says, if it does: another way every time."""
        for checkout, programs in zip(self.checkouts, self.cell.deals, strict=True):
            for program, workload in (find_program(self.manifests, name) for name in programs):
                for edit in self.cell.case.edits:
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
            edited: str | None = f"{original.rstrip()}\n{line}\n"
        else:
            edited = patterns.replaced_once(edit.find, line, original)
        if edited is None:
            message = f"the edit of {self.cell.case.name} finds nothing in {program.name}"
            raise UsageError(message, f"it looks for: {edit.find}")
        # A checkout has the project's links: what is behind them is the user's.
        write_whole(file, edited, checkout)

    def builds(self, shards: str, traces: Path | None = None) -> list[Command]:
        """The build that each client runs; with `traces` it writes its trace there."""
        commands = []
        for number, programs in enumerate(self.cell.deals, 1):
            trace = () if traces is None else ("--trace", f"{traces}/client-{number}.json")
            words = ("build", *programs, *self._words, "--json", *trace)
            commands.append(self._command(number, ("-c", START, *words), shards))
        return commands

    def comparisons(self, reference: str) -> list[Command]:
        """The same, with what is built run and compared (`molt_build.latency.equality`)."""
        words = ("-m", "molt_build.latency.equality", *self._words, "--reference", reference)
        return [
            self._command(number, (*words, *programs), "on")
            for number, programs in enumerate(self.cell.deals, 1)
        ]

    def nothing(self) -> Command:
        """The same interpreter, doing nothing."""
        argv = (sys.executable, "-c", "pass")
        return Command(argv, self.folder, self._environment("on"), self.output)

    @property
    def _words(self) -> tuple[str, ...]:
        case = self.cell.case
        words = ("--toolchain", self.cell.toolchain, "--profile", case.profile)
        return (*words, "--target", case.target)

    def _command(self, client: int, words: tuple[str, ...], shards: str) -> Command:
        return Command(
            argv=(sys.executable, *words),
            cwd=self.checkouts[client - 1],
            environment=self._environment(shards),
            output=self.output,
            kept_open=self.kept_open,
        )

    def _environment(self, shards: str) -> dict[str, str]:
        """The user's, but for what the case decides."""
        off = {CACHE_SWITCH_VARIABLE: "off"} if self.cell.case.cache_state == "nocache" else {}
        return {
            **{name: value for name, value in os.environ.items() if name not in DECIDED},
            **finding_us(),
            CACHE_DIR_VARIABLE: str(self.cache),
            TOOLS_DIR_VARIABLE: str(tools_dir()),
            SHARDS_VARIABLE: shards,
            **off,
        }
