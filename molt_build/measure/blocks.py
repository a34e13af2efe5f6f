"""Measuring programs in blocks, with every output checked.

A block is one program with every engine once: the same hash seed for all of them, the reference
in the middle of the order (the nearer two runs are in time, the more of the machine's noise they
share), the order reversed in the next block. A sweep is one block of each program. The pilot is
one sweep: it warms what is warmed by running, checks every output, and says what a sweep costs, so
that the number of blocks is fixed before anything is compared.

A cell (program x engine) is scored only while every one of its runs ended with status 0 and wrote
the same standard output as the reference did in the same block. From the first that does not, it
is measured no more; its runs so far stay in the raw data.

A program may print lines that are never equal, such as its own timings: lines that a `volatile`
pattern matches wholly are left out of both outputs before they are compared.

Ctrl-C ends the running program and returns the blocks that are complete; handed back as `done`,
they are not measured again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Literal

from molt_build import interrupts
from molt_build.measure.process import STDOUT_LIMIT_BYTES, Command, Launcher, Sample
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS, block_count
from molt_build.patterns import without_lines

Status = Literal["ok", "differs", "failed", "timeout", "unchecked"]
OnRun = Callable[["Timing", Sample], None]


@dataclass(frozen=True)
class ProgramCommands:
    """A program as each engine runs it; an engine that cannot take it has no command."""

    name: str
    commands: Mapping[str, Command]
    timeout_s: float = 60.0
    volatile: tuple[str, ...] = ()  # patterns of whole output lines that are not compared


@dataclass(frozen=True)
class Timing:
    """One run of one engine on one program, as it is kept in the raw data."""

    program: str
    engine: str
    block: int
    position: int  # in the block's order, from 0
    hash_seed: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Cell:
    """A program under an engine: whether it may be scored, and if not, why."""

    program: str
    engine: str
    status: Status
    reason: str = ""


@dataclass(frozen=True)
class Block:
    """One complete block: one run of every engine that was still measured, in order.

    `wanting` are the cells that this block found not to be scored, with their reasons.
    """

    program: str
    index: int
    hash_seed: int
    runs: tuple[Timing, ...]
    wanting: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """Complete blocks, in the order they were measured, and the state of every cell."""

    reference: str
    engines: tuple[str, ...]  # the reference among them
    blocks: tuple[Block, ...]
    cells: Mapping[tuple[str, str], Cell]
    is_interrupted: bool = False

    def values(self, program: str, engine: str, metric: str) -> list[float]:
        """The metric of every run of a cell, in order; empty for a cell that is not scored."""
        if not self.is_scored(program, engine):
            return []
        return [
            run.metrics[metric]
            for block in self.blocks
            if block.program == program
            for run in block.runs
            if run.engine == engine
        ]

    def log_ratios(
        self, engine: str, metric: str, base: str | None = None
    ) -> dict[str, list[float]]:
        """Per program that engine and base scored: log(engine / base) of each block.

        The base is the reference unless another engine is named. A block in which either value is
        zero (nothing was used that could be seen) has no ratio.
        """
        base = self.reference if base is None else base
        result: dict[str, list[float]] = {}
        for block in self.blocks:
            if not all(self.is_scored(block.program, name) for name in (engine, base)):
                continue
            values = {run.engine: run.metrics[metric] for run in block.runs}
            ours, theirs = values.get(engine, 0.0), values.get(base, 0.0)
            if ours > 0 and theirs > 0:
                result.setdefault(block.program, []).append(log(ours / theirs))
        return result

    def is_scored(self, program: str, engine: str) -> bool:
        """Whether the cell and the reference's cell of the same program are both ok."""
        pair = (self.cells.get((program, name)) for name in (engine, self.reference))
        return all(cell is not None and cell.status == "ok" for cell in pair)

    def scored_by_all(self, engines: Sequence[str]) -> list[str]:
        """The programs that every one of these engines scored: the set a summary is over."""
        programs = dict.fromkeys(program for program, _ in self.cells)
        return [p for p in programs if all(self.is_scored(p, engine) for engine in engines)]


@dataclass(frozen=True)
class Plan:
    """What will be measured, fixed before the first block."""

    blocks: int
    sweep_s: float  # one block of every program, as the pilot saw it
    expected_s: float


def run_pilot(
    programs: Sequence[ProgramCommands],
    *,
    engines: Sequence[str],
    reference: str,
    launcher: Launcher,
    hash_seed: int,
    cpu: int | None = None,
    on_run: OnRun | None = None,
) -> Measurement:
    """One sweep in forward order: its blocks, and which cells can be measured.

    Its blocks have index -1; they are not part of the result. Raises KeyboardInterrupt as is.
    """
    pilot = _measure(
        programs,
        Measurement(reference, tuple(engines), (), _first_cells(programs, engines)),
        [(-1, hash_seed)],
        launcher,
        cpu,
        on_run,
        None,
    )
    if pilot.is_interrupted:
        raise KeyboardInterrupt
    return pilot


def plan(
    pilot: Measurement,
    *,
    budget_s: float,
    minimum: int = MIN_BLOCKS,
    maximum: int = MAX_BLOCKS,
    run_overhead_s: float = 0.004,
) -> Plan:
    """The number of blocks that the budget allows, from the pilot's durations alone."""
    runs = [
        run
        for block in pilot.blocks
        for run in block.runs
        if pilot.cells[run.program, run.engine].status == "ok"
    ]
    sweep_s = sum(run.metrics["wall_s"] + run_overhead_s for run in runs)
    blocks = block_count(sweep_s, budget_s, minimum=minimum, maximum=maximum)
    return Plan(blocks, sweep_s, blocks * sweep_s)


def hash_seeds(count: int, seed: int = 0) -> list[int]:
    """A hash seed for each block, the same on every call, so that two runs meet the same ones."""
    generator = random.Random(seed)
    return [generator.randrange(1, 2**32) for _ in range(count)]


def block_order(engines: Sequence[str], reference: str) -> list[str]:
    """The engines as a forward block runs them: as given, but the reference in the middle."""
    others = [engine for engine in engines if engine != reference]
    middle = len(others) // 2
    return [*others[:middle], reference, *others[middle:]]


def run_blocks(
    programs: Sequence[ProgramCommands],
    pilot: Measurement,
    *,
    seeds: Sequence[int],
    launcher: Launcher,
    cpu: int | None = None,
    done: Sequence[Block] = (),
    on_run: OnRun | None = None,
    on_block: Callable[[Block], None] | None = None,
) -> Measurement:
    """Measure `len(seeds)` blocks of every program; block i has hash seed `seeds[i]`.

    Cells that the pilot could not score are not run. `done` are blocks of an interrupted
    measurement with the same programs, engines and seeds; they come first in the result, and a
    cell that they found wanting stays unscored.
    `on_block` is called with each complete block, for a caller who writes it down at once.
    """
    start = replace(pilot, blocks=tuple(done))
    return _measure(programs, start, list(enumerate(seeds)), launcher, cpu, on_run, on_block)


def _first_cells(
    programs: Sequence[ProgramCommands], engines: Sequence[str]
) -> dict[tuple[str, str], Cell]:
    return {
        (program.name, engine): Cell(program.name, engine, "ok")
        for program in programs
        for engine in engines
        if engine in program.commands
    }


def _measure(
    programs: Sequence[ProgramCommands],
    start: Measurement,
    indexed_seeds: Sequence[tuple[int, int]],
    launcher: Launcher,
    cpu: int | None,
    on_run: OnRun | None,
    on_block: Callable[[Block], None] | None,
) -> Measurement:
    cells = dict(start.cells)
    blocks = list(start.blocks)
    for block in blocks:
        cells.update({(cell.program, cell.engine): cell for cell in block.wanting})
    have = {(block.program, block.index) for block in blocks}
    is_interrupted = False
    try:
        for index, seed in indexed_seeds:
            for place, program in enumerate(programs):
                if (program.name, index) in have:
                    continue
                engines = [
                    engine
                    for engine in block_order(start.engines, start.reference)
                    if engine in program.commands and cells[program.name, engine].status == "ok"
                ]
                if start.reference not in engines:
                    _leave_unchecked(program, start, cells)
                    continue
                # The sweep starts half of the programs backwards, so that what going first
                # costs cancels in a summary over programs too.
                if (index + place) % 2:
                    engines.reverse()
                block = _run_block(
                    program, engines, index, seed, start.reference, launcher, cpu, on_run
                )
                cells.update({(cell.program, cell.engine): cell for cell in block.wanting})
                if cells[program.name, start.reference].status != "ok":
                    _leave_unchecked(program, start, cells)
                blocks.append(block)
                if on_block is not None:
                    on_block(block)
    except KeyboardInterrupt:
        interrupts.taken()
        is_interrupted = True
    return Measurement(start.reference, start.engines, tuple(blocks), cells, is_interrupted)


def _leave_unchecked(
    program: ProgramCommands, start: Measurement, cells: dict[tuple[str, str], Cell]
) -> None:
    for engine in start.engines:
        cell = cells.get((program.name, engine))
        if cell is not None and cell.status == "ok":
            reason = f"{start.reference} gave no output to compare with"
            cells[program.name, engine] = replace(cell, status="unchecked", reason=reason)


def _run_block(
    program: ProgramCommands,
    engines: Sequence[str],
    index: int,
    seed: int,
    reference: str,
    launcher: Launcher,
    cpu: int | None,
    on_run: OnRun | None,
) -> Block:
    runs: list[Timing] = []
    samples: dict[str, Sample] = {}
    for position, engine in enumerate(engines):
        command = program.commands[engine]
        environment = {**command.environment, "PYTHONHASHSEED": str(seed)}
        seeded = replace(command, environment=environment)
        sample = launcher.run(seeded, timeout_s=program.timeout_s, cpu=cpu)
        samples[engine] = sample
        runs.append(Timing(program.name, engine, index, position, seed, sample.metrics))
        if on_run is not None:
            on_run(runs[-1], sample)
    wanting = tuple(
        Cell(program.name, engine, *verdict)
        for engine, sample in samples.items()
        if (verdict := _verdict(program, sample, samples[reference], reference)) is not None
    )
    return Block(program.name, index, seed, tuple(runs), wanting)


def _verdict(
    program: ProgramCommands, sample: Sample, expected: Sample, reference: str
) -> tuple[Status, str] | None:
    if sample.failure is not None:
        tail = sample.stderr_tail.strip().splitlines()[-1:]
        reason = ": ".join([sample.failure, *tail])
        return ("timeout" if sample.timed_out else "failed"), reason
    if expected.failure is not None:
        return "unchecked", f"{reference} gave no output to compare with"
    if sample.stdout_sha256 == expected.stdout_sha256:
        return None
    volatile = program.volatile
    if volatile:
        size = max(sample.stdout_size, expected.stdout_size)
        if size > STDOUT_LIMIT_BYTES:
            reason = f"printed {size} bytes, more than its volatile lines are looked for in"
            return "unchecked", reason
        if without_lines(sample.stdout, volatile) == without_lines(expected.stdout, volatile):
            return None
    return "differs", _difference(sample, expected, reference, volatile)


def _difference(sample: Sample, expected: Sample, reference: str, volatile: Sequence[str]) -> str:
    """The first line in which two outputs differ, in words."""
    ours = without_lines(sample.stdout, volatile).splitlines()
    theirs = without_lines(expected.stdout, volatile).splitlines()
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if mine != other:
            return f"line {number} is {_shown(mine)}, {reference} printed {_shown(other)}"
    if len(ours) != len(theirs):
        return f"printed {len(ours)} lines, {reference} {len(theirs)}"
    return f"printed {sample.stdout_size} bytes, {reference} other {expected.stdout_size} bytes"


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else text[:57] + "...")
