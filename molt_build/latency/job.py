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
from molt_build.errors import EnvironmentFailed, MoltBuildError
from molt_build.files import real_folder
from molt_build.history.database import open_history
from molt_build.history.kpis import cell_workload, record_case_run
from molt_build.latency.checkout import Scene, switches
from molt_build.latency.estimate import remaining_s
from molt_build.latency.measuring import Diagnostics, Measurement, Sample
from molt_build.latency.resuming import (
    Earlier,
    check_same,
    check_subject,
    find_unfinished,
    read_earlier,
)
from molt_build.latency.selection import Asked, Cell, select
from molt_build.latency.subject import fingerprint
from molt_build.latency.summary import MEASURED, measured_row, skipped_row
from molt_build.manifests.cache import state_dir
from molt_build.manifests.model import Manifests
from molt_build.measure import machine
from molt_build.measure.environment import Environment, noise_report, probe_noise, read_environment
from molt_build.runs.folder import (
    COMPILE_PROGRESS,
    SCHEMA_VERSION,
    SamplesFile,
    create_run,
    write_result,
)
from molt_build.store.location import cache_dir, tools_dir
from molt_build.temporary import TemporaryFolder, new_folder, remove_abandoned_folders
from molt_build.watch import Watch, duration


@dataclass(frozen=True)
class Finished:
    """A result and where it lies; it may be that of an interrupted run."""

    folder: Path
    result: dict[str, Any]
    is_interrupted: bool


@dataclass(frozen=True)
class Ready:
    """The toolchains of the cells: their identities, or why they are not there."""

    manifests: Manifests
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
    earlier: Earlier | None = None
    if is_resumed:
        earlier = read_earlier(find_unfinished(project, resume))
        check_same(earlier, asked)
        asked = earlier.asked
    ready, cells = _prepare(project, asked, watch)
    with machine.exclusively(watch) as turn:
        environment = read_environment(project)
        subject = fingerprint(project, ready.manifests, cells, ready.identities, environment)
        if earlier is not None:
            # Only now: until the lock was free the run may have been going on.
            earlier = read_earlier(find_unfinished(project, earlier.folder.name))
            check_subject(earlier, subject)
            watch.note(f"going on with {earlier.folder.name}: kept {earlier.kept(cells)}")
        run = _Run(project, asked, ready, cells, earlier, command, watch, environment, turn)
        is_interrupted = run.measure(subject)
        result = run.result()
        try:
            # Before the result says that it is complete: whoever is killed between the two is
            # gone on with, and recorded in place of what is there.
            if result["is_recorded"]:
                with open_history(project, watch.note) as history:
                    record_case_run(history, result, str(run.folder.relative_to(project)))
        except EnvironmentFailed:
            write_result(run.folder, result)
            raise
        write_result(run.folder, result)
    return Finished(run.folder, result, is_interrupted)


@dataclass(frozen=True)
class _Places:
    """Where a run's checkouts and its cache lie."""

    checkouts: TemporaryFolder
    cache: TemporaryFolder


@contextmanager
def _places(project: Path, run: str) -> Iterator[_Places]:
    """Temporary folders for a run; what killed runs left, and nobody uses any more, goes."""
    state, cache = state_dir(project), cache_dir()
    parent = real_folder(state, state / "cases")
    remove_abandoned_folders(parent)
    try:
        places = _Places(new_folder(f"{run}-", parent), new_folder(f"run-cases-{run}-", cache))
        with places.checkouts, places.cache:
            yield places
    finally:
        for folder in (parent, cache):
            remove_abandoned_folders(folder)  # those of clients that had outlived their run
        with suppress(OSError):
            parent.rmdir()  # unless another run has something there


def _of_switches() -> str:
    set_now = switches()
    return f"switched by {' and '.join(set_now)}" if set_now else ""


def _prepare(project: Path, asked: Asked, watch: Watch) -> tuple[Ready, list[Cell]]:
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
        return Ready(session.manifests, identities, missing), cells


@dataclass
class _Run:
    """A run that is going on, and what it has so far."""

    project: Path
    asked: Asked
    ready: Ready
    cells: Sequence[Cell]
    earlier: Earlier | None
    command: Sequence[str]
    watch: Watch
    environment: Environment
    turn: int  # to measure on this machine: a descriptor
    folder: Path = field(init=False)
    started: str = field(init=False)
    rows: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    finished: str | None = None

    def measure(self, subject: Mapping[str, str]) -> bool:
        """All cells that are not there yet; whether it was interrupted."""
        begun = time.time()
        if self.earlier is None:
            self.folder = create_run(self.project, COMPILE_PROGRESS, begun)
            self.started = utc(begun)
        else:
            self.folder, self.started = self.earlier.folder, self.earlier.started
            self.rows = dict(self.earlier.rows)
            self.parts = list(self.earlier.parts)
        is_interrupted = False
        with (
            SamplesFile(self.folder) as samples,
            _places(self.project, self.folder.name) as places,
        ):
            if self.earlier is None:
                samples.add(
                    "start",
                    {
                        "subject": subject,
                        "asked": asdict(self.asked),
                        "command": list(self.command),
                        "started": self.started,
                    },
                )
            samples.add("part", {"started": utc(begun)})
            self.parts.append({"started": utc(begun), "seconds": 0.0, "warnings": []})
            noise = probe_noise(None)
            try:
                for number, cell in enumerate(self.cells):
                    if cell.key not in self.rows:
                        self._cell(number, cell, samples, places)
                self.finished = utc(time.time())
            except KeyboardInterrupt:
                interrupts.taken()
                is_interrupted = True
            finally:
                warnings = [] if is_interrupted else noise_report(noise, probe_noise(None))
                end = {"seconds": round(time.time() - begun, 3), "warnings": warnings}
                samples.add("end", end)
                self.parts[-1] |= end
                if self.finished is None:
                    write_result(self.folder, self.result())
        return is_interrupted

    def _cell(self, number: int, cell: Cell, samples: SamplesFile, places: _Places) -> None:
        row = self._measured(number, cell, samples, places)
        samples.add("cell", {"row": row})
        self.rows[cell.key] = row
        write_result(self.folder, self.result())
        if row["status"] == MEASURED:
            self.watch.note(f"{' '.join(cell.key)}: median {row['median_s']:.3f} s of {row['n']}")
        else:
            self.watch.note(f"{' '.join(cell.key)}: {row['status']}: {row['reason']}")

    def _measured(
        self, number: int, cell: Cell, samples: SamplesFile, places: _Places
    ) -> dict[str, Any]:
        for name in (cell.toolchain, cell.reference):
            if name is not None and name in self.ready.missing:
                return skipped_row(cell, f"{name} is not there: {self.ready.missing[name]}")
        if cell.skip_reason:
            return skipped_row(cell, cell.skip_reason)
        done = () if self.earlier is None else self.earlier.samples.get(cell.key, ())
        title = f"[{number + 1}/{len(self.cells)}] {' '.join(cell.key)}{self._left()}"
        self.watch.phase(title, cell.sample_count - len(done))

        def on_sample(sample: Sample) -> None:
            samples.add("sample", {"cell": cell.key, "sample": sample.as_json()})
            self.watch.step(f"{sample.wall_s:.3f} s")

        manifests, tools = self.ready.manifests, tools_dir()
        folders = places.checkouts.path / "scene", places.cache.path / "cache"
        kept_open = (places.checkouts.descriptor, places.cache.descriptor, self.turn)
        with Scene(self.project, manifests, cell, *folders, tools, kept_open) as scene:
            measurement = Measurement(
                cell, scene, self.folder / "logs", self._diagnostics(cell), on_sample
            )
            return measured_row(cell, measurement.run(done))

    def _left(self) -> str:
        seconds = remaining_s(self.cells, self.rows)
        return "" if seconds is None else f" (about {duration(seconds)} left in all)"

    def _diagnostics(self, cell: Cell) -> Diagnostics | None:
        if not self.asked.has_diagnostics:
            return None
        return Diagnostics(self.folder / "diagnostics" / cell.file_name)

    def result(self) -> dict[str, Any]:
        """The result as it is now, as published."""
        rows = [self.rows[cell.key] for cell in self.cells if cell.key in self.rows]
        idle = [sample["interpreter_s"] for row in rows for sample in row["samples"]]
        is_complete = self.finished is not None and len(rows) == len(self.cells)
        because = "" if is_complete else "it is not complete"
        because = because or self.asked.unrecorded_because or _of_switches()
        environment = asdict(self.environment)
        return {
            "kind": COMPILE_PROGRESS,
            "schema_version": SCHEMA_VERSION,
            "run": self.folder.name,
            "started": self.started,
            "finished": self.finished,
            "is_complete": is_complete,
            "is_resumed": self.earlier is not None,
            "is_recorded": is_complete and not because,
            "unrecorded_because": because,
            "command": list(self.earlier.command if self.earlier else self.command),
            "asked": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self.asked).items()
            },
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
