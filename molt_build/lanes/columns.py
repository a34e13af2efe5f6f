"""Programs measured in blocks, column by column: pilot, plan, blocks, and how they go on.

A *column* is a way of running a program: "run", whole processes, one repetition of the work each;
"steady", repetitions inside one process, for every engine alike. Each has a pilot, a plan and
blocks of its own, and columns are never mixed. What is measured is written to the run's samples
block by block, so that nothing but the block that is running is ever lost:

    {"event": "plan", "column": ..., ...}   the number of blocks, and what the pilot could not score
    {"event": "block", "column": ..., ...}  one complete block
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from molt_build import interrupts
from molt_build.measure import blocks, machine
from molt_build.measure.process import Launcher, Sample
from molt_build.measure.scratch import empty, scratch_folders
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS
from molt_build.plain import from_plain, to_plain
from molt_build.runs.job import Part, warnings_of
from molt_build.runs.samples import SamplesFile, of_whole_events, read_samples
from molt_build.watch import Watch

Column = Literal["run", "steady"]
COLUMNS: tuple[Column, ...] = ("run", "steady")
IN_TITLES: Mapping[Column, str] = {"run": "", "steady": "steady state, "}
SEEDS_SEED = 0  # every run meets the same hash seeds
PILOT_SEED = blocks.hash_seeds(1, SEEDS_SEED + 1)[0]

Key = tuple[str, str]  # (program, engine)
Exits = Mapping[Key, int | None]


@dataclass(frozen=True)
class PlannedColumn:
    """A column after its pilot."""

    plan: blocks.Plan
    budget_s: float
    unscored: tuple[blocks.Cell, ...]  # by the pilot


@dataclass(frozen=True)
class EarlierColumn:
    """A column that was planned, and what it has; `exits` as in `MeasuredColumn`."""

    planned: PlannedColumn
    exits: Exits
    done: tuple[blocks.Block, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """What was measured before it was interrupted."""

    fingerprint: Mapping[str, Any]
    columns: Mapping[Column, EarlierColumn] = field(default_factory=dict)
    parts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class MeasuredColumn:
    """A column's blocks, and the plan they were made to."""

    measurement: blocks.Measurement
    plan: blocks.Plan
    budget_s: float
    exits: Exits  # of the first run, or of one that was not scored

    @property
    def hash_seeds(self) -> list[int]:
        """Block i has hash seed i of these."""
        return blocks.hash_seeds(self.plan.blocks, SEEDS_SEED)


@dataclass(frozen=True)
class Measured:
    """Columns, as far as they were measured, and the circumstances."""

    columns: Mapping[Column, MeasuredColumn]
    is_interrupted: bool
    parts: tuple[Mapping[str, Any], ...]  # one for each time it was started or resumed
    warnings: tuple[str, ...]
    pinned_cpu: int | None
    peak_memory_floor_bytes: int


@dataclass(frozen=True)
class Comparison:
    """What is measured: engines on programs. `programs` may depend on the columns before."""

    name: str  # in titles; "" where there is one comparison only
    engines: tuple[str, ...]
    reference: str
    columns: tuple[Column, ...]
    programs: Callable[[Column, Mapping[Column, MeasuredColumn]], list[blocks.ProgramCommands]]
    budget_s: float  # of all columns together
    quick_blocks: int | None  # the most of a run in a hurry, and no fewest; None: it has time


class Observer(Protocol):
    """Told what may be kept beside the numbers."""

    def planned(self, column: Column, plan: blocks.Plan, left_s: float) -> None:
        """A column will take so many seconds more."""

    def ran_first(self, column: Column, run: blocks.Timing, sample: Sample) -> None:
        """The pilot's run of a cell."""

    def unscored(self, column: Column, cell: blocks.Cell, seed: int, sample: Sample) -> None:
        """A run for which a cell is measured no more."""


@dataclass(frozen=True)
class Bench:
    """The machine, held for one measurement."""

    launcher: Launcher
    scratch: Path
    cpu: int | None


@contextmanager
def held_bench(watch: Watch, prefix: str) -> Iterator[Bench]:
    """The machine, when nobody else measures on it."""
    with (
        machine.exclusively(watch),
        scratch_folders(prefix) as scratch,
        Launcher() as launcher,
    ):
        yield Bench(launcher, scratch, machine.choose_cpu())


@of_whole_events
def read_earlier(folder: Path, /, **names: str) -> Earlier | None:
    """What a run has of what has these names, since it was last begun; None when it never was."""
    fingerprint: Mapping[str, Any] | None = None
    columns: dict[Column, EarlierColumn] = {}
    parts: list[Mapping[str, Any]] = []
    for event in read_samples(folder, **names):
        kind = event.pop("event")
        if kind == "start":
            fingerprint, columns, parts = event["fingerprint"], {}, []
        elif kind == "plan":
            planned = from_plain(PlannedColumn, event["planned"])
            columns[event["column"]] = EarlierColumn(planned, _exits(event["exits"]))
        elif kind == "block":
            column: Column = event.pop("column")
            exits = _exits(event.pop("exits"))
            earlier, block = columns[column], from_plain(blocks.Block, event)
            columns[column] = EarlierColumn(
                earlier.planned, {**earlier.exits, **exits}, (*earlier.done, block)
            )
        elif kind == "part":
            parts.append(event)
    return None if fingerprint is None else Earlier(fingerprint, columns, tuple(parts))


def _exits(rows: Sequence[Any]) -> dict[Key, int | None]:
    return {(program, engine): status for program, engine, status in rows}


def measure(
    bench: Bench,
    comparison: Comparison,
    earlier: Earlier,
    samples: SamplesFile,
    watch: Watch,
    observer: Observer,
) -> Measured:
    """Measure every column, but for what is there from earlier.

    Ctrl-C returns what is complete; before the first column is planned it is raised as it is.
    """
    part = Part(bench.cpu)
    measuring = _Measuring(bench, comparison, earlier, samples, watch, observer)
    is_interrupted = False
    try:
        for column in comparison.columns:
            measuring.measure(column)
            if measuring.columns[column].measurement.is_interrupted:
                is_interrupted = True
                break
    except KeyboardInterrupt:
        if not measuring.columns:
            raise
        interrupts.taken()
        is_interrupted = True
    columns = measuring.columns
    count = sum(len(one.measurement.blocks) for one in columns.values())
    count -= sum(len(one.done) for one in earlier.columns.values())
    parts = (*earlier.parts, part.end(samples, blocks=count))
    return Measured(
        columns=columns,
        is_interrupted=is_interrupted,
        parts=parts,
        warnings=tuple(warnings_of(parts)),
        pinned_cpu=bench.cpu,
        peak_memory_floor_bytes=bench.launcher.peak_memory_floor_bytes,
    )


@dataclass
class _Measuring:
    """A measurement that is going on."""

    bench: Bench
    comparison: Comparison
    earlier: Earlier
    samples: SamplesFile
    watch: Watch
    observer: Observer
    columns: dict[Column, MeasuredColumn] = field(default_factory=dict)
    latest: dict[Key, Sample] = field(default_factory=dict)

    def measure(self, column: Column) -> None:
        comparison = self.comparison
        programs = comparison.programs(column, self.columns)
        kept = self.earlier.columns.get(column) or self._pilot(column, programs)
        plan, exits = kept.planned.plan, dict(kept.exits)
        start = _planned(comparison, programs, kept.planned)
        scored = {key for key, cell in start.cells.items() if cell.status == "ok"}
        have = sum((run.program, run.engine) in scored for b in kept.done for run in b.runs)
        count = len(programs) * plan.blocks
        self.observer.planned(
            column, plan, plan.expected_s * (1 - len(kept.done) / count) if count else 0.0
        )
        what = f"{plan.blocks} blocks of {len(programs)} programs"
        place = f"{comparison.name}: " if comparison.name else ""
        title = f"measuring {place}{IN_TITLES[column]}{what}"
        self.watch.phase(title, max(0, len(scored) * plan.blocks - have))

        def on_block(block: blocks.Block) -> None:
            ended = {
                (cell.program, cell.engine): self.latest[cell.program, cell.engine]
                for cell in block.wanting
            }
            statuses = {key: sample.exit_status for key, sample in ended.items()}
            exits.update(statuses)
            facts = {"column": column, "exits": _exit_rows(statuses), **asdict(block)}
            self.samples.add("block", facts)
            for cell in block.wanting:
                sample = ended[cell.program, cell.engine]
                self.observer.unscored(column, cell, block.hash_seed, sample)

        measurement = blocks.run_blocks(
            programs,
            start,
            seeds=blocks.hash_seeds(plan.blocks, SEEDS_SEED),
            launcher=self.bench.launcher,
            cpu=self.bench.cpu,
            done=kept.done,
            on_run=self._ran,
            on_block=on_block,
        )
        self.columns[column] = MeasuredColumn(measurement, plan, kept.planned.budget_s, exits)

    def _pilot(self, column: Column, programs: Sequence[blocks.ProgramCommands]) -> EarlierColumn:
        comparison = self.comparison
        place = f" of {comparison.name}" if comparison.name else ""
        title = f"pilot{place}: {IN_TITLES[column]}one run of everything"
        self.watch.phase(title, sum(len(program.commands) for program in programs))
        started = time.monotonic()
        exits: dict[Key, int | None] = {}

        def on_run(run: blocks.Timing, sample: Sample) -> None:
            self._ran(run, sample)
            exits[run.program, run.engine] = sample.exit_status
            self.observer.ran_first(column, run, sample)

        pilot = blocks.run_pilot(
            programs,
            engines=comparison.engines,
            reference=comparison.reference,
            launcher=self.bench.launcher,
            hash_seed=PILOT_SEED,
            cpu=self.bench.cpu,
            on_run=on_run,
        )
        budget_s = comparison.budget_s / len(comparison.columns)
        plan = blocks.plan(
            pilot,
            budget_s=max(0.0, budget_s - (time.monotonic() - started)),
            minimum=1 if comparison.quick_blocks else MIN_BLOCKS,
            maximum=comparison.quick_blocks or MAX_BLOCKS,
        )
        unscored = tuple(cell for cell in pilot.cells.values() if cell.status != "ok")
        planned = PlannedColumn(plan, budget_s, unscored)
        facts = {"column": column, "planned": to_plain(planned), "exits": _exit_rows(exits)}
        self.samples.add("plan", facts)
        return EarlierColumn(planned, exits)

    def _ran(self, run: blocks.Timing, sample: Sample) -> None:
        empty(self.bench.scratch)
        self.latest[run.program, run.engine] = sample
        self.watch.step(f"{run.program} {run.engine}")


def _exit_rows(exits: Exits) -> list[list[str | int | None]]:
    return [[*key, status] for key, status in exits.items()]


def _planned(
    comparison: Comparison, programs: Sequence[blocks.ProgramCommands], planned: PlannedColumn
) -> blocks.Measurement:
    """The pilot's verdict."""
    cells = {
        (program.name, engine): blocks.Cell(program.name, engine, "ok")
        for program in programs
        for engine in program.commands
    }
    cells |= {(cell.program, cell.engine): cell for cell in planned.unscored}
    return blocks.Measurement(comparison.reference, comparison.engines, (), cells)
