"""Measuring programs in blocks, with every output checked.

A block is one program with every engine once: the same hash seed for all of them, the reference
in the middle of the order (the nearer two runs are in time, the more of the machine's noise they
share), the order reversed in the next block. A sweep is one block of each program. The pilot is
one sweep: it warms what is warmed by running, checks every output, and says what a sweep costs, so
that the number of blocks is fixed (`molt_build.measure.planning`) before anything is compared.
There the reference comes first: who waits for one that does not end waits for it once. The pilot of
a quick run also finds what fits the budget (`molt_build.measure.fitting`); the rest is left out,
and said to be.

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
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Annotated, Literal

from molt_build import interrupts
from molt_build.codec import added
from molt_build.json_schema import Count, allowing
from molt_build.measure.fitting import Room
from molt_build.measure.process import (
    STDOUT_LIMIT_BYTES,
    Command,
    Metric,
    Runner,
    Sample,
)
from molt_build.measure.scratch import PADDING
from molt_build.patterns import without_lines
from molt_build.watch import counted

Status = Literal["ok", "differs", "failed", "timeout", "unchecked", "left-out", "unsupported"]
PILOT = -1  # the index of a pilot's blocks
OnRun = Callable[[str, str, Sample], None]  # of a program and an engine

Amount = Annotated[float, allowing(minimum=0)]  # in the unit of a metric


@dataclass(frozen=True)
class ProgramCommands:
    """A program as each engine runs it; an engine that cannot take it has no command."""

    name: str
    commands: Mapping[str, Command]
    timeout_s: float = 60.0
    volatile: tuple[str, ...] = ()  # patterns of whole output lines that are not compared
    run_limit_s: float | None = None  # of a quick run, where it is below the time limit

    @property
    def ended_after_s(self) -> float:
        """When a run that has not ended is ended."""
        return self.timeout_s if self.run_limit_s is None else self.run_limit_s


@dataclass(frozen=True)
class CellState:
    """Whether a program under an engine may be scored, and if not, why."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    status: Annotated[Status, "ok, or what it is instead."]
    reason: Annotated[str, "Why it is not ok."] = ""


@dataclass(frozen=True)
class BlockRun:
    """One run of a block."""

    engine: Annotated[str, "The engine."]
    metrics: Annotated[Mapping[Metric, Amount], "What was measured, in the metrics' units."]
    is_kept: Annotated[bool, "Whether its count was kept from an earlier run of the same."] = added(
        False
    )


@dataclass(frozen=True)
class Block:
    """One complete block: one run of every engine that is still measured, in the block's order."""

    program: Annotated[str, "The program."]
    index: Annotated[int, "The block's number, from 0; -1 in a pilot."]
    hash_seed: Annotated[Count, "PYTHONHASHSEED of all its runs."]
    runs: Annotated[tuple[BlockRun, ...], "The runs, in their order."]
    wanting: Annotated[tuple[CellState, ...], "The cells that it found not to be scored."] = ()
    layout: Annotated[
        int | None, "Bytes by which the environment of its runs was longer; null: it was as it is."
    ] = added(None)


@dataclass(frozen=True)
class Measurement:
    """Complete blocks, in the order they were measured, and the state of every cell."""

    reference: str
    engines: tuple[str, ...]  # the reference among them
    blocks: tuple[Block, ...]
    cells: Mapping[tuple[str, str], CellState]
    is_interrupted: bool = False

    def is_scored(self, program: str, engine: str) -> bool:
        """Whether the cell and the reference's cell of the same program are both ok."""
        pair = (self.cells.get((program, name)) for name in (engine, self.reference))
        return all(cell is not None and cell.status == "ok" for cell in pair)


def values(blocks: Iterable[Block], metric: Metric) -> dict[tuple[str, str], list[float]]:
    """(program, engine) -> the metric of every run, in the blocks' order."""
    found: dict[tuple[str, str], list[float]] = {}
    for block in blocks:
        for run in block.runs:
            if metric in run.metrics:
                found.setdefault((block.program, run.engine), []).append(run.metrics[metric])
    return found


def log_ratios(
    blocks: Iterable[Block], first: str, second: str, metric: Metric
) -> dict[str, tuple[float, ...]]:
    """Per program log(second / first) of the blocks in which both ran: above 0 the first is better.

    A block in which either value is zero (nothing was used that could be seen) has no ratio.
    """
    found: dict[str, list[float]] = {}
    for block in sorted(blocks, key=lambda block: block.index):
        amounts = {run.engine: run.metrics.get(metric) for run in block.runs}
        own, other = amounts.get(first), amounts.get(second)
        if own and other:
            found.setdefault(block.program, []).append(log(other / own))
    return {program: tuple(ratios) for program, ratios in found.items()}


def run_pilot(
    programs: Sequence[ProgramCommands],
    *,
    engines: Sequence[str],
    reference: str,
    launcher: Runner,
    hash_seed: int,
    cpu: int | None = None,
    on_run: OnRun | None = None,
    room: Room | None = None,
) -> Measurement:
    """One sweep, the reference first: its blocks, and which cells can be measured.

    Its blocks have index -1; they are not part of the result. With a `room` programs that do not
    fit it are left out, the later ones first. Raises KeyboardInterrupt as is.
    """
    start = Measurement(reference, tuple(engines), (), _first_cells(programs, engines))
    cells, done = dict(start.cells), []
    for program in programs:
        own = [engine for engine in engines if engine in program.commands]
        if reference not in own:
            _leave_unchecked(program, start, cells)
            continue
        if room is not None and not room.has_place():
            _leave_out(program, own, room, cells)
            continue
        order = [reference, *(engine for engine in own if engine != reference)]
        began = time.monotonic()
        block = _run_block(program, order, PILOT, hash_seed, reference, launcher, cpu, on_run)
        took_s = time.monotonic() - began
        cells.update({(cell.program, cell.engine): cell for cell in block.wanting})
        if cells[program.name, reference].status != "ok":
            _leave_unchecked(program, start, cells)
        runs = [run for run in block.runs if cells[program.name, run.engine].status == "ok"]
        # A run costs more than its own seconds: what starts it and keeps what it said.
        besides_s = (took_s - _seconds(block.runs)) / len(block.runs)
        block_s = _seconds(runs) + besides_s * len(runs)
        if room is not None and not room.takes(block_s):
            _leave_out(program, own, room, cells)
        done.append(block)
    return replace(start, blocks=tuple(done), cells=cells)


def _seconds(runs: Iterable[BlockRun]) -> float:
    return sum(run.metrics["wall_s"] for run in runs)


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
    launcher: Runner,
    cpu: int | None = None,
    done: Sequence[Block] = (),
    on_run: OnRun | None = None,
    on_block: Callable[[Block], None] | None = None,
    layouts: Sequence[int] = (),
) -> Measurement:
    """Measure `len(seeds)` blocks of every program; block i has hash seed `seeds[i]`.

    Cells that the pilot could not score are not run. `done` are blocks of an interrupted
    measurement with the same programs, engines and seeds; they come first in the result, and a
    cell that they found wanting stays unscored. Of `layouts`, bytes by which the environment is
    longer, each is of two blocks in turn, so that both orders of engines meet it.
    `on_block` is called with each complete block, for a caller who writes it down at once.
    """
    start = replace(pilot, blocks=tuple(done))
    indexed = [
        (index, seed, layouts[index // 2 % len(layouts)] if layouts else None)
        for index, seed in enumerate(seeds)
    ]
    return _measure(programs, start, indexed, launcher, cpu, on_run, on_block)


def _first_cells(
    programs: Sequence[ProgramCommands], engines: Sequence[str]
) -> dict[tuple[str, str], CellState]:
    return {
        (program.name, engine): CellState(program.name, engine, "ok")
        for program in programs
        for engine in engines
        if engine in program.commands
    }


def _measure(
    programs: Sequence[ProgramCommands],
    start: Measurement,
    indexed: Sequence[tuple[int, int, int | None]],  # index, hash seed, layout
    launcher: Runner,
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
        for index, seed, layout in indexed:
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
                    program, engines, index, seed, start.reference, launcher, cpu, on_run, layout
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
    program: ProgramCommands, start: Measurement, cells: dict[tuple[str, str], CellState]
) -> None:
    """The reference has no output: nothing of the program can be checked, now or later."""
    first = cells.get((program.name, start.reference))
    for engine in start.engines:
        cell = cells.get((program.name, engine))
        if cell is None or cell.status != "ok":
            continue
        if first is not None and first.status == "left-out":
            cells[program.name, engine] = replace(
                cell, status="left-out", reason=f"{start.reference} {first.reason}"
            )
        else:
            reason = f"{start.reference} gave no output to compare with"
            cells[program.name, engine] = replace(cell, status="unchecked", reason=reason)


def _leave_out(
    program: ProgramCommands,
    engines: Iterable[str],
    room: Room,
    cells: dict[tuple[str, str], CellState],
) -> None:
    """A program that does not fit; what was found of its cells that is worse stays."""
    for engine in engines:
        cell = cells[program.name, engine]
        if cell.status == "ok":
            reason = f"does not fit the budget of {room.budget_s:g} s"
            cells[program.name, engine] = replace(cell, status="left-out", reason=reason)


def _run_block(
    program: ProgramCommands,
    engines: Sequence[str],
    index: int,
    seed: int,
    reference: str,
    launcher: Runner,
    cpu: int | None,
    on_run: OnRun | None,
    layout: int | None = None,
) -> Block:
    runs: list[BlockRun] = []
    samples: dict[str, Sample] = {}
    for engine in engines:
        command = program.commands[engine]
        environment = {**command.environment, "PYTHONHASHSEED": str(seed)}
        if layout is not None:
            environment[PADDING] = "x" * layout
        seeded = replace(command, environment=environment, turn=max(index, 0))
        sample = launcher.run(seeded, timeout_s=program.ended_after_s, cpu=cpu)
        samples[engine] = sample
        runs.append(BlockRun(engine, sample.metrics, sample.is_kept))
        if on_run is not None:
            on_run(program.name, engine, sample)
        if index == PILOT and engine == reference and sample.timed_out:
            break  # the others could not be checked, and may not end either
    wanting = tuple(
        CellState(program.name, engine, *verdict)
        for engine, sample in samples.items()
        if (verdict := _verdict(program, sample, samples[reference], reference)) is not None
    )
    return Block(program.name, index, seed, tuple(runs), wanting, layout)


def _verdict(
    program: ProgramCommands, sample: Sample, expected: Sample, reference: str
) -> tuple[Status, str] | None:
    if sample.timed_out and program.run_limit_s is not None:
        return "left-out", f"did not end within {program.run_limit_s:.3g} s in a quick run"
    if sample.unsupported is not None:
        return "unsupported", sample.unsupported
    if sample.failure is not None:
        reason = ": ".join(filter(None, [sample.failure, sample.last_words]))
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
        return f"printed {counted(len(ours), 'line')}, {reference} {len(theirs)}"
    return (
        f"printed {counted(sample.stdout_size, 'byte')}, {reference} other {expected.stdout_size}"
    )


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else text[:57] + "...")
