"""Programs measured in blocks, way by way: pilot, plan, blocks, and how they go on.

A *way* of measuring is how a program is run: "run", whole processes, one repetition of the work
each; "steady", repetitions inside one process, for every engine alike; "counted", whole processes
whose instructions are counted, twice each, in two sweeps of which the first is the pilot. Each has
a pilot, a plan and blocks of its own, and ways are never mixed. What is measured is written to the
run's samples block by block, so that nothing but the block that is running is ever lost:

    {"event": "plan", "way": ..., ...}   the number of blocks, and what the pilot could not score
    {"event": "block", "way": ..., ...}  one complete block
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from molt_build import interrupts
from molt_build.bench.resuming import Earlier, EarlierWay, Exits, Key, PlannedWay, exit_rows
from molt_build.codec import to_plain
from molt_build.measure import blocks, machine, planning
from molt_build.measure.counting import HASH_SEED, TURNS, Counter, CountingLauncher
from molt_build.measure.fitting import Enough, Room, enough_for, run_limit_s
from molt_build.measure.process import Launcher, Metric, Runner, Sample, Way
from molt_build.measure.scratch import empty, scratch_folders
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS
from molt_build.results.facts import Part
from molt_build.runs.job import RunningPart
from molt_build.runs.samples import SamplesFile
from molt_build.watch import Watch, counted

IN_TITLES: Mapping[Way, str] = {"run": "", "steady": "steady state, ", "counted": "instructions, "}
SEEDS_SEED = 0  # every run meets the same hash seeds
PILOT_SEED = blocks.hash_seeds(1, SEEDS_SEED + 1)[0]
NOTHING_LEFT = "no program is left to compare"
COUNTED_SHARE = 1 / 4  # of a quick run's budget, that one counted run may take
SPREAD_SEEDS = blocks.hash_seeds(planning.SPREAD_SWEEPS, SEEDS_SEED + 2)


@dataclass(frozen=True)
class MeasuredWay:
    """A way's blocks, and the plan they were made to."""

    measurement: blocks.Measurement
    plan: planning.Plan
    exits: Exits  # of the first run, or of one that was not scored
    enough: Enough | None = None  # of a pilot that was made now, and left something out


@dataclass(frozen=True)
class Measured:
    """Ways, as far as they were measured, and the circumstances."""

    ways: Mapping[Way, MeasuredWay]
    is_interrupted: bool
    parts: tuple[Part, ...]  # one for each time it was started or resumed
    pinned_cpu: int | None
    peak_memory_floor_bytes: int
    counter: Counter | None = None  # what counted, where instructions were
    nothing: str = ""  # why nothing of it was scored, in a sentence


@dataclass(frozen=True)
class MeasurementRequest:
    """What is measured: engines on programs. `programs` may depend on the ways before."""

    name: str  # in titles; "" where there is one request only
    engines: tuple[str, ...]
    reference: str
    ways: tuple[Way, ...]
    programs: Callable[[Way, Mapping[Way, MeasuredWay]], list[blocks.ProgramCommands]]
    budget_s: float  # of all ways together
    quick_blocks: int | None  # the most of a run in a hurry, and no fewest; None: it has time
    # In which a pilot takes programs, where those that do not fit the budget are left out.
    order: Callable[[Sequence[blocks.ProgramCommands]], list[blocks.ProgramCommands]] = list
    most_blocks: int = MAX_BLOCKS  # of a run that has time
    # The median half-width that is wished for, of programs' intervals in the metric of their way;
    # None: the budget fixes the blocks.
    precision: float | None = None
    metrics: Mapping[Way, Metric] = field(default_factory=dict)
    floor: str | None = None  # the start-up program, which no precision is of
    layouts: int = 0  # sizes of the environment; 0: it is as it is

    @property
    def way_budget_s(self) -> float:
        """Of each way; what is counted in a full run takes what it takes."""
        sharing = [way for way in self.ways if self.quick_blocks or way != "counted"]
        return self.budget_s / max(1, len(sharing))


@dataclass(frozen=True)
class Planned:
    """What will happen of a way: said before its blocks begin."""

    plan: planning.Plan
    programs: int  # that are measured in blocks
    left_out: int  # that do not fit the budget, or did not end in what one run may take
    pilot_s: float | None  # None: it was made earlier
    left_s: float  # that the blocks will take
    enough: Enough | None = None  # what would take all; None: nothing is left out, or not known


class Observer(Protocol):
    """Told what may be kept beside the numbers."""

    def planned(self, way: Way, planned: Planned) -> None:
        """What will happen of a way."""

    def ran_first(self, way: Way, key: Key, sample: Sample) -> None:
        """The pilot's run of a cell."""

    def unscored(self, way: Way, cell: blocks.CellState, seed: int, sample: Sample) -> None:
        """A run for which a cell is measured no more."""


@dataclass(frozen=True)
class Bench:
    """The machine, held for one measurement."""

    launcher: Launcher
    scratch: Path
    cpu: int | None
    counting: CountingLauncher | None = None  # where instructions are counted

    def runner(self, way: Way) -> Runner:
        """What runs programs in a way of measuring."""
        if way != "counted":
            return self.launcher
        assert self.counting is not None
        return self.counting


@contextmanager
def held_bench(watch: Watch, prefix: str) -> Iterator[Bench]:
    """The machine, when nobody else measures on it."""
    with (
        machine.exclusively(watch),
        scratch_folders(prefix) as scratch,
        Launcher() as launcher,
    ):
        yield Bench(launcher, scratch, machine.choose_cpu())


def measure(
    bench: Bench,
    request: MeasurementRequest,
    earlier: Earlier,
    samples: SamplesFile,
    watch: Watch,
    observer: Observer,
) -> Measured:
    """Measure every way, but for what is there from earlier.

    Ctrl-C returns what is complete; before the first way is planned it is raised as it is.
    """
    measuring = _Measuring(bench, request, earlier, samples, watch, observer)
    part = RunningPart(bench.cpu)  # to probe the machine is part of what measuring takes
    is_interrupted = False
    try:
        for way in request.ways:
            measuring.measure(way)
            if measuring.ways[way].measurement.is_interrupted:
                is_interrupted = True
                break
    except KeyboardInterrupt:
        if not measuring.ways:
            raise
        interrupts.taken()
        is_interrupted = True
    ways = measuring.ways
    count = sum(len(one.measurement.blocks) for one in ways.values())
    count -= sum(len(one.done) for one in earlier.ways.values())
    parts = (*earlier.parts, part.end(samples, blocks=count))
    return Measured(
        ways=ways,
        is_interrupted=is_interrupted,
        parts=parts,
        pinned_cpu=bench.cpu,
        peak_memory_floor_bytes=bench.launcher.peak_memory_floor_bytes,
    )


@dataclass
class _Measuring:
    """A measurement that is going on."""

    bench: Bench
    request: MeasurementRequest
    earlier: Earlier
    samples: SamplesFile
    watch: Watch
    observer: Observer
    ways: dict[Way, MeasuredWay] = field(default_factory=dict)
    latest: dict[Key, Sample] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)  # the way that goes on

    def measure(self, way: Way) -> None:
        request = self.request
        programs = request.programs(way, self.ways)
        kept, pilot_s = self.earlier.ways.get(way), None
        enough: Enough | None = None
        if kept is not None:
            programs = _limited(programs, kept.planned.plan.run_limit_s)
        else:
            limit_s = None
            if request.quick_blocks and way == "counted":
                limit_s = request.way_budget_s * COUNTED_SHARE
            elif request.quick_blocks:
                runs = sum(len(program.commands) for program in programs)
                limit_s = run_limit_s(request.way_budget_s, runs)
            programs = _limited(programs, limit_s)
            kept, enough = self._pilot(way, programs, limit_s)
            pilot_s = kept.planned.plan.pilot_s
        plan, exits = kept.planned.plan, dict(kept.exits)
        start = _planned(request, programs, kept.planned)
        scored = {key for key, cell in start.cells.items() if cell.status == "ok"}
        have = sum((b.program, run.engine) in scored for b in kept.done for run in b.runs)
        left_out = {name for (name, _), one in start.cells.items() if one.status == "left-out"}
        to_do = len(scored) * plan.blocks
        planned = Planned(
            plan=plan,
            programs=len({name for name, _ in scored}),
            left_out=len(left_out),
            pilot_s=pilot_s,
            left_s=plan.expected_s * (1 - have / to_do) if to_do else 0.0,
            enough=enough,
        )
        self.observer.planned(way, planned)
        what = f"{counted(plan.blocks, 'block')} of {counted(planned.programs, 'program')}"
        place = f"{request.name}: " if request.name else ""
        title = f"measuring {place}{IN_TITLES[way]}{what}"
        if plan.blocks:
            self.watch.phase(title, max(0, to_do - have))

        def on_block(block: blocks.Block) -> None:
            statuses = self._statuses(block)
            exits.update(statuses)
            facts = {"way": way, "exits": exit_rows(statuses), **to_plain(block)}
            self.samples.add("block", facts)
            self._tell_unscored(way, block)

        measurement = blocks.run_blocks(
            programs,
            start,
            seeds=plan.hash_seeds,
            launcher=self.bench.runner(way),
            cpu=self.bench.cpu,
            done=kept.done,
            on_run=self._ran,
            on_block=on_block,
            layouts=plan.layouts,
        )
        self.ways[way] = MeasuredWay(measurement, plan, exits, enough)
        self.began = time.monotonic()

    def _pilot(
        self, way: Way, programs: Sequence[blocks.ProgramCommands], limit_s: float | None
    ) -> tuple[EarlierWay, Enough | None]:
        request = self.request
        place = f" of {request.name}" if request.name else ""
        title = f"pilot{place}: {IN_TITLES[way]}one run of everything"
        room, ordered, is_counted = None, programs, way == "counted"
        if request.quick_blocks:
            title += f" that fits {request.way_budget_s:g} s"
            room, ordered = Room(request.way_budget_s, began=self.began), request.order(programs)
        self.watch.phase(title, sum(len(program.commands) for program in programs))
        exits: dict[Key, int | None] = {}

        def on_run(program: str, engine: str, sample: Sample) -> None:
            self._ran(program, engine, sample)
            exits[program, engine] = sample.exit_status
            self.observer.ran_first(way, (program, engine), sample)

        started = time.monotonic()
        pilot = blocks.run_pilot(
            ordered,
            engines=request.engines,
            reference=request.reference,
            launcher=self.bench.runner(way),
            hash_seed=HASH_SEED if is_counted else PILOT_SEED,
            cpu=self.bench.cpu,
            on_run=on_run,
            room=room,
        )
        overhead_s = planning.overhead_s(pilot, time.monotonic() - started)
        spreads: dict[str, float] = {}
        precision = None if is_counted else request.precision
        if precision is not None:
            pilot, spreads = self._spread(way, ordered, pilot, exits)
        ended = time.monotonic()
        enough = None
        if room is not None and not is_counted:
            enough = _enough(request, pilot, programs, limit_s, overhead_s)
        pilot, has_any = _with_something(pilot, request.floor)
        fewest = 1 if request.quick_blocks else MIN_BLOCKS
        most = request.quick_blocks or request.most_blocks
        layouts = 0 if is_counted else request.layouts
        if is_counted:
            fewest = most = TURNS
        elif not request.quick_blocks:  # every layout is of two blocks
            fewest = max(fewest, 2 * layouts)
            most = max(most, fewest)
        plan = planning.plan(
            pilot,
            budget_s=request.way_budget_s,
            spent_s=ended - self.began,
            seed=SEEDS_SEED,
            minimum=fewest if has_any else 0,
            maximum=most if has_any else 0,
            run_overhead_s=overhead_s,
            run_limit_s=limit_s,
            precision=precision,
            spreads=spreads,
            layouts=layouts,
        )
        if is_counted:
            plan = replace(plan, hash_seeds=(HASH_SEED,) * plan.blocks)
        unscored = tuple(cell for cell in pilot.cells.values() if cell.status != "ok")
        planned = PlannedWay(plan, unscored)
        facts = {"way": way, "planned": to_plain(planned), "exits": exit_rows(exits)}
        self.samples.add("plan", facts)
        if not is_counted or not has_any:
            return EarlierWay(planned, exits), enough
        # A count needs nothing to be warm: the first of each is one of the two.
        done = tuple(replace(block, index=0) for block in pilot.blocks)
        for block in done:
            self.samples.add("block", {"way": way, "exits": [], **to_plain(block)})
        return EarlierWay(planned, exits, done), enough

    def _spread(
        self,
        way: Way,
        programs: Sequence[blocks.ProgramCommands],
        pilot: blocks.Measurement,
        exits: dict[Key, int | None],
    ) -> tuple[blocks.Measurement, dict[str, float]]:
        """The pilot with what more sweeps found of its cells, and how far their blocks lie apart.

        Raises KeyboardInterrupt: a pilot leaves nothing.
        """
        place = f" of {self.request.name}" if self.request.name else ""
        sweeps = counted(len(SPREAD_SEEDS), "sweep")
        title = f"pilot{place}: {IN_TITLES[way]}{sweeps} more, for how far blocks lie apart"
        scored = sum(cell.status == "ok" for cell in pilot.cells.values())
        self.watch.phase(title, scored * len(SPREAD_SEEDS))

        def on_block(block: blocks.Block) -> None:
            exits.update(self._statuses(block))
            self._tell_unscored(way, block)

        more = blocks.run_blocks(
            programs,
            pilot,
            seeds=SPREAD_SEEDS,
            launcher=self.bench.launcher,
            cpu=self.bench.cpu,
            on_run=self._ran,
            on_block=on_block,
        )
        if more.is_interrupted:
            raise KeyboardInterrupt
        metric = self.request.metrics[way]
        floor = () if self.request.floor is None else (self.request.floor,)
        spreads = planning.spreads(more.blocks, more, metric, without=floor)
        return replace(pilot, cells=more.cells), spreads

    def _statuses(self, block: blocks.Block) -> dict[Key, int | None]:
        """The exit statuses of the cells that a block found not to be scored."""
        keys = [(cell.program, cell.engine) for cell in block.wanting]
        return {key: self.latest[key].exit_status for key in keys}

    def _tell_unscored(self, way: Way, block: blocks.Block) -> None:
        for cell in block.wanting:
            sample = self.latest[cell.program, cell.engine]
            self.observer.unscored(way, cell, block.hash_seed, sample)

    def _ran(self, program: str, engine: str, sample: Sample) -> None:
        empty(self.bench.scratch)
        self.latest[program, engine] = sample
        self.watch.step(f"{program} {engine}")


def _enough(
    request: MeasurementRequest,
    pilot: blocks.Measurement,
    programs: Sequence[blocks.ProgramCommands],
    limit_s: float | None,
    overhead_s: float,
) -> Enough | None:
    """A budget for all ways that would take what the pilot left out; None where that is nothing."""
    if all(cell.status != "left-out" for cell in pilot.cells.values()):
        return None
    tried = {block.program for block in pilot.blocks}
    late = {
        (cell.program, cell.engine)
        for block in pilot.blocks
        for cell in block.wanting
        if cell.status == "left-out"
    }
    ran = {(b.program, run.engine): run.metrics["wall_s"] for b in pilot.blocks for run in b.runs}
    keys = {(one.name, engine) for one in programs for engine in one.commands}
    hung = late | {key for key in keys if key not in ran and (key[0], pilot.reference) in late}
    found = enough_for(
        request.way_budget_s,
        limit_s,
        [seconds + overhead_s for key, seconds in ran.items() if key not in late],
        untried=sum(key[0] not in tried for key in keys),
        late=len(hung),
    )
    return replace(found, budget_s=found.budget_s * len(request.ways))


def _with_something(
    pilot: blocks.Measurement, floor: str | None
) -> tuple[blocks.Measurement, bool]:
    """The pilot, and whether blocks would compare anything.

    Where no program is left but the start-up program, or the reference alone, nothing is measured.
    """
    others = [name for name in pilot.engines if name != pilot.reference] or [pilot.reference]
    names = {program for program, _ in pilot.cells if program != floor}
    if any(pilot.is_scored(program, engine) for program in names for engine in others):
        return pilot, True
    cells = {
        key: replace(cell, status="left-out", reason=NOTHING_LEFT) if cell.status == "ok" else cell
        for key, cell in pilot.cells.items()
    }
    return replace(pilot, cells=cells), False


def _limited(
    programs: Sequence[blocks.ProgramCommands], limit_s: float | None
) -> list[blocks.ProgramCommands]:
    """Programs of which no run takes more than that; those with a lower limit have it still."""
    return [
        replace(program, run_limit_s=limit_s)
        if limit_s is not None and limit_s < program.timeout_s
        else program
        for program in programs
    ]


def _planned(
    request: MeasurementRequest, programs: Sequence[blocks.ProgramCommands], planned: PlannedWay
) -> blocks.Measurement:
    """The pilot's verdict."""
    cells = {
        (program.name, engine): blocks.CellState(program.name, engine, "ok")
        for program in programs
        for engine in program.commands
    }
    cells |= {(cell.program, cell.engine): cell for cell in planned.unscored}
    return blocks.Measurement(request.reference, request.engines, (), cells)
