"""The measurement of one suite: for each column a pilot, a plan and blocks.

The "run" column is about whole processes, one repetition of the work each. The "steady" column,
where a JIT is among the engines, is about repetitions inside one process, for every engine alike,
with a pilot, a plan and blocks of its own; the two are never mixed. The machine's measurement
lock is held from the first noise probe to the last, and what is measured is written to the run's
`samples.jsonl` block by block.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from molt_build import interrupts
from molt_build.lanes.measuring import part_facts
from molt_build.measure import blocks, machine
from molt_build.measure.environment import probe_noise
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.measure.scratch import empty, private_environment, scratch_folders
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS
from molt_build.runs.samples import SamplesFile
from molt_build.store.digest import file_sha256
from molt_build.suites.engines import DRIVER, TIMES, PreparedSuite, ReadyCell
from molt_build.suites.logs import add_run, begin_log, log_path, write_output
from molt_build.suites.outlook import Outlook
from molt_build.suites.pasting import pasted
from molt_build.suites.resuming import (
    COLUMNS,
    Column,
    Earlier,
    EarlierColumn,
    check_subject,
    exit_rows,
    plan_facts,
    read_earlier,
)
from molt_build.watch import Watch

QUICK_MAX_BLOCKS = 3
SEEDS_SEED = 0  # every run meets the same hash seeds
PILOT_SEED = blocks.hash_seeds(1, SEEDS_SEED + 1)[0]

Key = tuple[str, str]  # (program, engine)


@dataclass(frozen=True)
class MeasuredColumn:
    """A column's blocks, and the plan they were made to."""

    measurement: blocks.Measurement
    plan: blocks.Plan
    budget_s: float
    exits: Mapping[Key, int | None]  # of the first run, or of one that was found wanting

    @property
    def hash_seeds(self) -> list[int]:
        """Block i has hash seed i of these."""
        return blocks.hash_seeds(self.plan.blocks, SEEDS_SEED)


@dataclass(frozen=True)
class MeasuredSuite:
    """A suite's columns, as far as they were measured, and the circumstances."""

    columns: Mapping[Column, MeasuredColumn]
    is_interrupted: bool
    parts: tuple[Mapping[str, Any], ...]  # one for each time it was started or resumed
    warnings: tuple[str, ...]


def measure_suite(
    folder: Path,
    prepared: PreparedSuite,
    subject: Mapping[str, Any],
    outlook: Outlook,
    watch: Watch,
    *,
    is_resumed: bool,
) -> MeasuredSuite:
    """Measure a suite into the run's folder; with `is_resumed`, what the run left undone of it.

    Ctrl-C returns what is complete; before the first column is planned it is raised as it is.
    Raises `UsageError` when what was begun was another thing than `subject`.
    """
    suite = prepared.staged.selection.suite.name
    with (
        machine.exclusively(watch),
        scratch_folders("molt-build-friends-") as scratch,
        Launcher() as launcher,
        SamplesFile(folder) as samples,
    ):
        earlier = read_earlier(folder, suite) if is_resumed else None
        if earlier is not None:
            check_subject(folder, suite, earlier, subject)
            done = sum(len(column.done) for column in earlier.columns.values())
            watch.note(f"{suite} goes on: {done} blocks are kept")
        else:
            earlier = Earlier(subject)
            samples.add("start", {"suite": suite, "subject": subject})
        return _Measuring(
            folder, prepared, outlook, watch, earlier, scratch, launcher, samples
        ).measure()


def fingerprint(prepared: PreparedSuite, machine_class: str) -> dict[str, Any]:
    """What two measurements of a suite must have in common to be halves of one."""
    staged = prepared.staged
    selection, suite = staged.selection, staged.selection.suite
    packages = suite.python.lock_text if suite.python is not None else ""
    return {
        "source": source_pin(prepared),
        "adapter": adapter_digests(prepared),
        "packages": hashlib.sha256(packages.encode()).hexdigest(),
        "profile": selection.profile,
        "reference": selection.reference,
        "subject": selection.subject,
        "engines": {name: one.identity for name, one in prepared.toolchains.items()},
        "programs": {one.program.name: one.source_digest for one in staged.programs},
        "parameters": {
            one.program.name: [
                one.program.form,
                one.program.size,
                one.program.args,
                one.program.repetitions,
                one.program.timeout_s,
            ]
            for one in staged.programs
        },
        "environment": {name: dict(values) for name, values in suite.environment.items()},
        "volatile": suite.volatile,
        "machine_class": machine_class,
        "is_quick": selection.asked.is_quick,
    }


def source_pin(prepared: PreparedSuite) -> str:
    """The digest or commit that the suite's source is pinned by; of a project's, its path."""
    source = prepared.staged.selection.suite.source
    return source.commit or source.sha256 or source.project or ""


def adapter_digests(prepared: PreparedSuite) -> dict[str, str]:
    """SHA-256 of the files of ours that take part in a run."""
    adapter = prepared.staged.selection.suite.adapter
    files = {"driver": str(DRIVER)}
    if adapter is not None:
        files |= {"drive": adapter.drive or "", "prepare": adapter.prepare or ""}
    return {name: file_sha256(Path(path)) for name, path in files.items() if path}


@dataclass
class _Measuring:
    """A suite's measurement that is going on."""

    folder: Path
    prepared: PreparedSuite
    outlook: Outlook
    watch: Watch
    earlier: Earlier
    scratch: Path
    launcher: Launcher
    samples: SamplesFile
    columns: dict[Column, MeasuredColumn] = field(default_factory=dict)
    latest: dict[Key, Sample] = field(default_factory=dict)

    def measure(self) -> MeasuredSuite:
        cpu = machine.choose_cpu()
        before = probe_noise(cpu)
        started = time.time()
        is_interrupted = False
        try:
            for column in self._wanted():
                self._column(column, cpu)
                if self.columns[column].measurement.is_interrupted:
                    is_interrupted = True
                    break
        except KeyboardInterrupt:
            if not self.columns:
                raise
            interrupts.taken()
            is_interrupted = True
        count = sum(len(one.measurement.blocks) for one in self.columns.values())
        count -= sum(len(one.done) for one in self.earlier.columns.values())
        after = before if is_interrupted else probe_noise(cpu)
        part = part_facts(started, before, after, count)
        self.samples.add("part", {"suite": self._suite, **part})
        parts = (*self.earlier.parts, part)
        warnings = tuple(dict.fromkeys(line for one in parts for line in one["warnings"]))
        return MeasuredSuite(self.columns, is_interrupted, parts, warnings)

    @property
    def _suite(self) -> str:
        return self.prepared.staged.selection.suite.name

    def _wanted(self) -> tuple[Column, ...]:
        has_steady = any(cell.steady_argv for cell in self.prepared.cells.values())
        return COLUMNS if has_steady else COLUMNS[:1]

    def _column(self, column: Column, cpu: int | None) -> None:
        cases = self._cases(column)
        kept = self.earlier.columns.get(column)
        if kept is None:
            pilot, plan, exits = self._pilot(column, cases, cpu)
            wanting = tuple(cell for cell in pilot.cells.values() if cell.status != "ok")
            kept = EarlierColumn(plan, self._share(column), wanting, exits, ())
            facts = {"suite": self._suite, "column": column, **plan_facts(kept)}
            self.samples.add("plan", facts)
        exits = dict(kept.exits)
        start = self._restored(cases, kept)
        ready = {key for key, cell in start.cells.items() if cell.status == "ok"}
        have = sum((run.program, run.engine) in ready for b in kept.done for run in b.runs)
        planned = len(cases) * kept.plan.blocks
        left = kept.plan.expected_s * (1 - len(kept.done) / planned) if planned else 0.0
        is_last = column == self._wanted()[-1]
        self.outlook.planned(left if is_last else left + self._share(column))
        what = "steady state, " if column == "steady" else ""
        title = f"measuring {self._suite}: {what}{kept.plan.blocks} blocks of {len(cases)} programs"
        self.watch.phase(title, max(0, len(ready) * kept.plan.blocks - have))

        def on_block(block: blocks.Block) -> None:
            failed = {(cell.program, cell.engine) for cell in block.wanting}
            ended = {key: self.latest[key].exit_status for key in failed}
            exits.update(ended)
            facts = {"suite": self._suite, "column": column, "exits": exit_rows(ended)}
            self.samples.add("block", {**facts, **asdict(block)})
            for cell in block.wanting:
                self._log_run(column, cell.program, cell.engine, block.hash_seed, cell.status)

        measurement = blocks.run_blocks(
            cases,
            start,
            seeds=blocks.hash_seeds(kept.plan.blocks, SEEDS_SEED),
            launcher=self.launcher,
            cpu=cpu,
            done=kept.done,
            on_run=self._ran,
            on_block=on_block,
        )
        self.columns[column] = MeasuredColumn(measurement, kept.plan, kept.budget_s, exits)

    def _share(self, column: Column) -> float:
        """Of the suite's budget: half for each of two columns."""
        return self.outlook.share_s() / len(self._wanted())

    def _cases(self, column: Column) -> list[blocks.ProgramCommands]:
        """The column's programs as each engine runs them: those whose whole run was scored."""
        selection = self.prepared.staged.selection
        cases = []
        for one in self.prepared.staged.programs:
            program = one.program
            timeout_s = program.timeout_s * (program.repetitions if column == "steady" else 1)
            commands = {
                engine: self._command(column, self.prepared.cells[program.name, engine])
                for engine in selection.engines
                if self._is_measured(column, program.name, engine)
            }
            if selection.reference in commands:
                volatile = selection.suite.volatile
                cases.append(blocks.ProgramCommands(program.name, commands, timeout_s, volatile))
        return cases

    def _is_measured(self, column: Column, program: str, engine: str) -> bool:
        cell = self.prepared.cells.get((program, engine))
        if cell is None or cell.status != "ready":
            return False
        if column == "run":
            return True
        return bool(cell.steady_argv) and self.columns["run"].measurement.is_scored(program, engine)

    def _command(self, column: Column, cell: ReadyCell) -> Command:
        times = str(self.scratch / "tmp" / "times.json") if column == "steady" else None
        argv = cell.steady_argv if column == "steady" else cell.argv
        return Command(
            argv=tuple(times if times and word == TIMES else word for word in argv),
            cwd=str(self.scratch / "work"),
            environment={**private_environment(self.scratch), **cell.environment},
            times_file=times,
        )

    def _pilot(
        self, column: Column, cases: Sequence[blocks.ProgramCommands], cpu: int | None
    ) -> tuple[blocks.Measurement, blocks.Plan, dict[Key, int | None]]:
        selection = self.prepared.staged.selection
        if column == "run":
            for cell in self.prepared.cells.values():
                begin_log(self.folder, selection, cell)
        what = " of the steady state" if column == "steady" else ""
        title = f"pilot{what}: {self._suite}, one run of everything"
        self.watch.phase(title, sum(len(case.commands) for case in cases))
        started = time.monotonic()

        exits: dict[Key, int | None] = {}

        def on_run(run: blocks.Timing, sample: Sample) -> None:
            self._ran(run, sample)
            exits[run.program, run.engine] = sample.exit_status
            self._log_run(column, run.program, run.engine, PILOT_SEED, "first run")
            if column == "run":
                log = self.folder / log_path(self._suite, run.program, run.engine)
                write_output(log, sample, selection.suite.volatile)

        pilot = blocks.run_pilot(
            cases,
            engines=selection.engines,
            reference=selection.reference,
            launcher=self.launcher,
            hash_seed=PILOT_SEED,
            cpu=cpu,
            on_run=on_run,
        )
        is_quick = selection.asked.is_quick
        plan = blocks.plan(
            pilot,
            budget_s=max(0.0, self._share(column) - (time.monotonic() - started)),
            minimum=1 if is_quick else MIN_BLOCKS,
            maximum=QUICK_MAX_BLOCKS if is_quick else MAX_BLOCKS,
        )
        return pilot, plan, exits

    def _ran(self, run: blocks.Timing, sample: Sample) -> None:
        empty(self.scratch)
        self.latest[run.program, run.engine] = sample
        self.watch.step(f"{run.program} {run.engine}")

    def _log_run(self, column: Column, program: str, engine: str, seed: int, what: str) -> None:
        cell = self.prepared.cells[program, engine]
        file = self.folder / log_path(self._suite, program, engine)
        volatile = self.prepared.staged.selection.suite.volatile
        line = pasted_cell(cell, volatile, seed=seed, is_steady=column == "steady")
        title = f"steady state, {what}" if column == "steady" else what
        add_run(file, title, line, self.latest[program, engine])

    def _restored(
        self, cases: Sequence[blocks.ProgramCommands], kept: EarlierColumn
    ) -> blocks.Measurement:
        """The pilot's verdict."""
        selection = self.prepared.staged.selection
        cells = {
            (case.name, engine): blocks.Cell(case.name, engine, "ok")
            for case in cases
            for engine in case.commands
        }
        cells |= {(cell.program, cell.engine): cell for cell in kept.wanting}
        return blocks.Measurement(selection.reference, selection.engines, (), cells)


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
