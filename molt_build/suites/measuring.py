"""The measurement of one suite: whole runs, and the steady state where a JIT is among the engines.

The steady state is about programs whose whole run was scored. What a run said, and the line that
repeats it, is kept in its cell's log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.lanes.columns import (
    COLUMNS,
    IN_TITLES,
    PILOT_SEED,
    Column,
    Comparison,
    Earlier,
    Measured,
    MeasuredColumn,
    held_bench,
    measure,
    read_earlier,
)
from molt_build.measure import blocks
from molt_build.measure.process import Command, Sample
from molt_build.measure.scratch import private_environment
from molt_build.runs.job import check_fingerprint
from molt_build.runs.samples import SamplesFile
from molt_build.store.digest import file_sha256
from molt_build.suites.engines import DRIVER, TIMES, PreparedSuite, ReadyCell
from molt_build.suites.logs import add_run, begin_log, log_path, write_output
from molt_build.suites.pasting import pasted
from molt_build.suites.schedule import Schedule
from molt_build.suites.selection import SuiteSelection
from molt_build.watch import Watch

QUICK_MAX_BLOCKS = 3


def measure_suite(
    folder: Path,
    prepared: PreparedSuite,
    machine_class: str,
    schedule: Schedule,
    watch: Watch,
    *,
    is_resumed: bool,
) -> Measured:
    """Measure a suite into the run's folder; with `is_resumed`, what the run left undone of it.

    Ctrl-C returns what is complete; before the first column is planned it is raised as it is.
    Raises `UsageError` when what was begun was another thing.
    """
    selection = prepared.staged.selection
    name = selection.suite.name
    facts = fingerprint(prepared, machine_class)
    with (
        held_bench(watch, "molt-build-friends-") as bench,
        SamplesFile(folder, suite=name) as samples,
    ):
        earlier = read_earlier(folder, suite=name) if is_resumed else None
        if earlier is not None:
            check_fingerprint(f"{name} of {folder.name}", earlier.fingerprint, facts)
            done = sum(len(column.done) for column in earlier.columns.values())
            watch.note(f"{name} goes on: {done} blocks are kept")
        else:
            earlier = Earlier(facts)
            samples.add("start", {"fingerprint": facts})
        if not earlier.columns:
            for cell in prepared.cells.values():
                begin_log(folder, selection, cell)
        has_steady = any(cell.steady_argv for cell in prepared.cells.values())
        comparison = Comparison(
            name=name,
            engines=selection.engines,
            reference=selection.reference,
            columns=COLUMNS if has_steady else COLUMNS[:1],
            programs=lambda column, columns: _programs(prepared, column, columns, bench.scratch),
            budget_s=schedule.share_s(),
            quick_blocks=QUICK_MAX_BLOCKS if selection.asked.is_quick else None,
        )
        observer = _Logs(folder, prepared, comparison, schedule)
        return measure(bench, comparison, earlier, samples, watch, observer)


def fingerprint(prepared: PreparedSuite, machine_class: str) -> dict[str, Any]:
    """What two measurements of a suite must have in common to be halves of one."""
    return {
        **declared(prepared.staged.selection),
        "engines": {name: one.identity for name, one in prepared.toolchains.items()},
        "programs": {one.program.name: one.source_digest for one in prepared.staged.programs},
        "machine_class": machine_class,
    }


def declared(selection: SuiteSelection) -> dict[str, Any]:
    """What of the fingerprint can be said when nothing is fetched: the suite's pins among it."""
    suite, source = selection.suite, selection.suite.source
    packages = suite.python.lock_text if suite.python is not None else ""
    return {
        "source": source.commit or source.sha256 or source.project or "",
        "adapter": adapter_digests(selection),
        "packages": hashlib.sha256(packages.encode()).hexdigest(),
        "profile": selection.profile,
        "reference": selection.reference,
        "subject": selection.subject,
        "parameters": {
            program.name or program.entry: [
                program.form,
                program.size,
                program.args,
                program.repetitions,
                program.timeout_s,
            ]
            for program in suite.programs
            if not program.name or selection.takes(program.name)
        },
        "environment": {name: dict(values) for name, values in suite.environment.items()},
        "volatile": suite.volatile,
        "is_quick": selection.asked.is_quick,
    }


def adapter_digests(selection: SuiteSelection) -> dict[str, str]:
    """SHA-256 of the files of ours that take part in a run."""
    adapter = selection.suite.adapter
    files = {"driver": str(DRIVER)}
    if adapter is not None:
        files |= {"drive": adapter.drive or "", "prepare": adapter.prepare or ""}
    return {name: file_sha256(Path(path)) for name, path in files.items() if path}


def _programs(
    prepared: PreparedSuite,
    column: Column,
    columns: Mapping[Column, MeasuredColumn],
    scratch: Path,
) -> list[blocks.ProgramCommands]:
    """The column's programs as each engine runs them."""
    selection = prepared.staged.selection

    def is_measured(cell: ReadyCell | None) -> bool:
        if cell is None or cell.status != "ready":
            return False
        if column == "run":
            return True
        is_scored = columns["run"].measurement.is_scored(cell.program, cell.engine)
        return bool(cell.steady_argv) and is_scored

    programs = []
    for one in prepared.staged.programs:
        program = one.program
        timeout_s = program.timeout_s * (program.repetitions if column == "steady" else 1)
        commands = {
            engine: _command(column, prepared.cells[program.name, engine], scratch)
            for engine in selection.engines
            if is_measured(prepared.cells.get((program.name, engine)))
        }
        if selection.reference in commands:
            volatile = selection.suite.volatile
            programs.append(blocks.ProgramCommands(program.name, commands, timeout_s, volatile))
    return programs


def _command(column: Column, cell: ReadyCell, scratch: Path) -> Command:
    times = str(scratch / "tmp" / "times.json") if column == "steady" else None
    argv = cell.steady_argv if column == "steady" else cell.argv
    return Command(
        argv=tuple(times if times and word == TIMES else word for word in argv),
        cwd=str(scratch / "work"),
        environment={**private_environment(scratch), **cell.environment},
        times_file=times,
    )


@dataclass(frozen=True)
class _Logs:
    """Keeps in words what the first run of a cell was, and those that were not scored."""

    folder: Path
    prepared: PreparedSuite
    comparison: Comparison
    schedule: Schedule

    def planned(self, column: Column, plan: blocks.Plan, left_s: float) -> None:
        """The schedule is told, of the columns that follow what they may take."""
        columns = self.comparison.columns
        following = len(columns) - 1 - columns.index(column)
        self.schedule.planned(left_s + following * self.comparison.budget_s / len(columns))

    def ran_first(self, column: Column, run: blocks.Timing, sample: Sample) -> None:
        """The log of a cell begins with its first run."""
        self._add(column, run.program, run.engine, PILOT_SEED, "first run", sample)
        if column == "run":
            suite = self.prepared.staged.selection.suite
            log = self.folder / log_path(suite.name, run.program, run.engine)
            write_output(log, sample, suite.volatile)

    def unscored(self, column: Column, cell: blocks.Cell, seed: int, sample: Sample) -> None:
        """It goes on with the run that ended it."""
        self._add(column, cell.program, cell.engine, seed, cell.status, sample)

    def _add(
        self, column: Column, program: str, engine: str, seed: int, what: str, sample: Sample
    ) -> None:
        suite = self.prepared.staged.selection.suite
        cell = self.prepared.cells[program, engine]
        line = pasted_cell(cell, suite.volatile, seed=seed, is_steady=column == "steady")
        title = IN_TITLES[column] + what
        add_run(self.folder / log_path(suite.name, program, engine), title, line, sample)


def pasted_cell(
    cell: ReadyCell,
    volatile: Sequence[str],
    *,
    seed: int = PILOT_SEED,
    is_steady: bool = False,
) -> str:
    """The line that runs a cell again, by default as its first run was."""
    argv = cell.steady_argv if is_steady else cell.argv
    return pasted(argv, {**cell.environment, "PYTHONHASHSEED": str(seed)}, volatile)
