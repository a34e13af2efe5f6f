"""A run of the cases, from their manifests to its result on disk and in the history.

Toolchains are resolved, and what they need is installed, before anything is measured. The machine's
measurement lock is held from the first cell to the last. `result.json` is rewritten after each
cell; whatever ends the run, its folder says what was measured, and `--resume` goes on from there.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from molt_build import interrupts
from molt_build.building.session import open_session
from molt_build.clock import utc
from molt_build.errors import MoltBuildError
from molt_build.files import real_folder
from molt_build.latency.fingerprint import fingerprint
from molt_build.latency.measuring import Measurement, Sample
from molt_build.latency.resuming import Earlier, part_row, read_earlier
from molt_build.latency.selection import Asked, Cell, select
from molt_build.latency.summary import MEASURED, measured_row, skipped_row
from molt_build.latency.time_left import remaining_s
from molt_build.latency.workspace import Workspace, switches
from molt_build.manifests.cache import state_dir
from molt_build.manifests.model import Manifests
from molt_build.measure import machine
from molt_build.measure.environment import Environment, read_environment
from molt_build.plain import to_plain
from molt_build.runs.folder import (
    COMPILE_PROGRESS,
    SCHEMA_VERSION,
    create_run,
    write_result,
)
from molt_build.runs.job import (
    Command,
    Finished,
    Part,
    add_command,
    asked_then,
    check_fingerprint,
    check_unfinished,
    read_commands,
    unfinished_run,
)
from molt_build.runs.progress import PieceWatch
from molt_build.runs.recorded import publish
from molt_build.runs.rows import cell_workload
from molt_build.runs.samples import SamplesFile
from molt_build.store.location import cache_dir, tools_dir
from molt_build.temporary import TemporaryFolder, new_folder, remove_abandoned_folders
from molt_build.watch import Watch


@dataclass(frozen=True)
class Ready:
    """The toolchains of the cells: their identities, or why they are not there."""

    manifests: Manifests
    cells: Sequence[Cell]
    identities: Mapping[str, str]
    missing: Mapping[str, str]


def run_cases(
    project: Path,
    asked: Asked,
    watch: Watch,
    *,
    command: Sequence[str],
    resume: str | None = None,
    is_resumed: bool = False,
) -> Finished:
    """Measure, write the result, and record its KPIs when it is complete.

    With `is_resumed` the run named `resume`, else the latest unfinished one, goes on with what was
    asked then; what it has is kept. Raises `UsageError` when it cannot go on, and lets
    KeyboardInterrupt pass when nothing was begun.
    """
    folder: Path | None = None
    if is_resumed:
        folder = unfinished_run(project, COMPILE_PROGRESS, resume)
        asked = asked_then(folder, asked)
    ready = _prepare(project, asked, watch)
    with machine.exclusively(watch) as turn:
        environment = read_environment(project)
        facts = fingerprint(project, ready.manifests, ready.cells, ready.identities, environment)
        earlier: Earlier | None = None
        if folder is not None:
            check_unfinished(folder)
            earlier = read_earlier(folder)
            check_fingerprint(folder.name, earlier.fingerprint, facts)
            watch.note(f"going on with {folder.name}: kept {earlier.kept(ready.cells)}")
        else:
            folder = create_run(project, COMPILE_PROGRESS, time.time())
        with SamplesFile(folder) as samples:
            add_command(samples, asked, command)
            if earlier is None:
                samples.add("start", {"fingerprint": facts})
            first = read_commands(folder, Asked)[0]
            run = _Run(project, folder, first, ready, earlier, watch, environment, turn, samples)
            is_interrupted = run.measure()
        result = run.result()
        publish(project, folder, result, watch.note)
    return Finished(folder, result, is_interrupted, tuple(failures(result)))


def _prepare(project: Path, asked: Asked, watch: Watch) -> Ready:
    """Resolve every toolchain; what is pinned is installed now, where it is not yet."""
    with open_session(project, watch.note) as session:
        cells = select(session.manifests, asked)
        wanted = [cell for cell in cells if not cell.skip_reason]
        references = [cell.reference for cell in wanted if cell.reference]
        names = dict.fromkeys([*(cell.toolchain for cell in wanted), *references])
        watch.phase("preparing toolchains", len(names))
        identities, missing = {}, {}
        for name in names:
            try:
                identities[name] = session.resolver.resolve(name).identity
            except MoltBuildError as error:
                missing[name] = error.message
                watch.note(f"{name} is skipped: {error.message}")
            watch.step(name)
        return Ready(session.manifests, cells, identities, missing)


@dataclass(frozen=True)
class _Folders:
    """Where a run's checkouts and its cache lie."""

    checkouts: TemporaryFolder
    cache: TemporaryFolder


@contextmanager
def _folders(project: Path, run: str) -> Iterator[_Folders]:
    """Temporary folders for a run; what killed runs left, and nobody uses any more, goes."""
    state, cache = state_dir(project), cache_dir()
    parent = real_folder(state, state / "cases")
    remove_abandoned_folders(parent)
    try:
        made = _Folders(new_folder(f"{run}-", parent), new_folder(f"run-cases-{run}-", cache))
        with made.checkouts, made.cache:
            yield made
    finally:
        for folder in (parent, cache):
            remove_abandoned_folders(folder)  # those of clients that had outlived their run
        with suppress(OSError):
            parent.rmdir()  # unless another run has something there


@dataclass
class _Run:
    """A run that is going on, and what it has so far."""

    project: Path
    folder: Path
    begun: Command[Asked]
    ready: Ready
    earlier: Earlier | None
    watch: Watch
    environment: Environment
    turn: int  # to measure on this machine: a descriptor
    samples: SamplesFile
    rows: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    finished: str | None = None

    def measure(self) -> bool:
        """All cells that are not there yet; whether it was interrupted."""
        if self.earlier is not None:
            self.rows |= self.earlier.rows
            self.parts += self.earlier.parts
        part = Part()
        self.parts.append(part_row({"started": part.started}))
        is_interrupted = False
        with _folders(self.project, self.folder.name) as folders:
            try:
                for cell in self.ready.cells:
                    if cell.key not in self.rows:
                        self._cell(cell, folders)
                self.finished = utc(time.time())
            except KeyboardInterrupt:
                interrupts.taken()
                is_interrupted = True
            finally:
                self.parts[-1] = part_row(part.end(self.samples))
                if self.finished is None:
                    write_result(self.folder, self.result())
        return is_interrupted

    def _cell(self, cell: Cell, folders: _Folders) -> None:
        row = self._measured(cell, folders)
        self.samples.add("cell", {"row": row})
        self.rows[cell.key] = row
        write_result(self.folder, self.result())
        if row["status"] == MEASURED:
            self.watch.note(f"{' '.join(cell.key)}: median {row['median_s']:.3f} s of {row['n']}")
        else:
            self.watch.note(f"{' '.join(cell.key)}: {row['status']}: {row['reason']}")

    def _measured(self, cell: Cell, folders: _Folders) -> dict[str, Any]:
        for name in (cell.toolchain, cell.reference):
            if name is not None and name in self.ready.missing:
                return skipped_row(cell, f"{name} is not there: {self.ready.missing[name]}")
        if cell.skip_reason:
            return skipped_row(cell, cell.skip_reason)
        done = () if self.earlier is None else self.earlier.samples.get(cell.key, ())
        cells = self.ready.cells
        place = f"[{cells.index(cell) + 1}/{len(cells)}]"
        watch = PieceWatch(self.watch, place, lambda: remaining_s(cells, self.rows))
        watch.phase(" ".join(cell.key), cell.sample_count - len(done))

        def on_sample(sample: Sample) -> None:
            self.samples.add("sample", {"cell": cell.key, "sample": sample.as_json()})
            watch.step(f"{sample.wall_s:.3f} s")

        diagnostics = None
        if self.begun.asked.has_diagnostics:
            diagnostics = self.folder / "diagnostics" / cell.file_name
        places = folders.checkouts.path / "workspace", folders.cache.path / "cache", tools_dir()
        kept_open = (folders.checkouts.descriptor, folders.cache.descriptor, self.turn)
        with Workspace(self.project, self.ready.manifests, cell, *places, kept_open) as workspace:
            measurement = Measurement(cell, workspace, self.folder / "logs", diagnostics, on_sample)
            return measured_row(cell, measurement.run(done))

    @property
    def is_complete(self) -> bool:
        """Whether every cell is there."""
        return self.finished is not None and len(self.rows) == len(self.ready.cells)

    @property
    def unrecorded_because(self) -> str:
        """Why the run is no record; empty when it is one."""
        if not self.is_complete:
            return "it is not complete"
        set_now = switches()
        by_switches = f"switched by {' and '.join(set_now)}" if set_now else ""
        return self.begun.asked.unrecorded_because or by_switches

    @property
    def is_recorded(self) -> bool:
        """Whether the run is one for the history."""
        return not self.unrecorded_because

    def result(self) -> dict[str, Any]:
        """The result as it is now, as published."""
        rows = [self.rows[cell.key] for cell in self.ready.cells if cell.key in self.rows]
        idle = [sample["interpreter_s"] for row in rows for sample in row["samples"]]
        environment = asdict(self.environment)
        return {
            "kind": COMPILE_PROGRESS,
            "schema_version": SCHEMA_VERSION,
            "run": self.folder.name,
            "started": self.begun.started,
            "finished": self.finished,
            "is_complete": self.is_complete,
            "is_resumed": self.earlier is not None,
            "is_recorded": self.is_recorded,
            "unrecorded_because": self.unrecorded_because,
            "command": list(self.begun.words),
            "asked": to_plain(self.begun.asked),
            "switches": switches(),
            "git": {
                "commit": environment.pop("git_commit"),
                "is_dirty": environment.pop("git_is_dirty"),
            },
            "environment": environment,
            "interpreter": {
                "version": platform.python_version(),
                "implementation": platform.python_implementation(),
                "executable": sys.executable,
                "median_s": median(idle) if idle else None,
            },
            "toolchains": {
                **{n: {"identity": i, "reason": ""} for n, i in self.ready.identities.items()},
                **{n: {"identity": None, "reason": r} for n, r in self.ready.missing.items()},
            },
            "parts": self.parts,
            "cells": rows,
        }


def failures(result: Mapping[str, Any]) -> list[str]:
    """What makes the run a failure: cells that failed, and red KPIs of the program's."""
    found = []
    for cell in result["cells"]:
        name = f"{cell['case']} {cell['toolchain']} {cell_workload(cell)}"
        if cell["status"] == "failed":
            found.append(f"{name}: failed: {cell['reason']}")
            continue
        for kpi in cell["kpis"]:
            if kpi["source"] == "program" and kpi["is_green"] is False:
                relation = "at most" if kpi["op"] == "max" else "at least"
                limit = f"{kpi['value']:.3g}, and must be {relation} {kpi['limit']:g}"
                found.append(f"{name}: the KPI {kpi['name']} is red: {kpi['metric']} is {limit}")
    return found
