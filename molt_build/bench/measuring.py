"""The measurement of one lane: which programs are measured how, and what its halves must share.

Whole runs are measured first; the steady state is about programs whose whole run was scored. What a
run said, and the line that repeats it, is kept in its cell's log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from molt_build.bench.cells import TIMES, ReadyCell
from molt_build.bench.logs import add_run, begin_log, log_path, write_output
from molt_build.bench.pasting import pasted
from molt_build.bench.preparing import Prepared
from molt_build.bench.resuming import Earlier, fingerprint, read_earlier
from molt_build.bench.schedule import Schedule
from molt_build.bench.selection import QUICK_BLOCKS, QUICK_BLOCKS_OF_SUITES
from molt_build.bench.ways import (
    IN_TITLES,
    PILOT_SEED,
    Bench,
    Measured,
    MeasuredWay,
    MeasurementRequest,
    held_bench,
    measure,
)
from molt_build.manifests.model import Lane
from molt_build.measure import blocks
from molt_build.measure.process import METRIC_WAYS, Command, Sample, Way
from molt_build.measure.scratch import private_environment
from molt_build.measure.statistics import MIN_BLOCKS
from molt_build.runs.job import check_fingerprint
from molt_build.runs.samples import SamplesFile
from molt_build.watch import Watch


def measure_lane(
    opened: Callable[[], Path],
    prepared: Prepared,
    machine_class: str,
    schedule: Schedule,
    watch: Watch,
    *,
    title: str,
    is_resumed: bool,
) -> Measured:
    """Measure a lane into the run's folder; with `is_resumed`, what the run left undone of it.

    `opened` gives the folder, and is called while the machine is held; `title` tells the lane from
    others of the run, and is "" where there are none. Ctrl-C returns what is complete; before the
    first way is planned it is raised as it is. Raises `UsageError` when what was begun was another
    thing.
    """
    selection = prepared.staged.selection
    facts = fingerprint(prepared, machine_class)
    with held_bench(watch, "molt-build-bench-") as bench:
        folder = opened()
        with SamplesFile(folder, lane=selection.name) as samples:
            earlier = read_earlier(folder, lane=selection.name) if is_resumed else None
            if earlier is not None:
                what = f"{title} of {folder.name}" if title else folder.name
                check_fingerprint(what, earlier.fingerprint, facts)
                done = sum(len(way.done) for way in earlier.ways.values())
                watch.note(f"{selection.name} goes on: {done} blocks are kept")
            else:
                earlier = Earlier(facts)
                samples.add("start", {"fingerprint": facts})
            if not earlier.ways:
                for cell in prepared.cells.values():
                    begin_log(folder, selection, cell)
            request = _request(bench, prepared, title, schedule.share_s())
            observer = _Logs(folder, prepared, request, schedule, watch)
            return measure(bench, request, earlier, samples, watch, observer)


def _request(bench: Bench, prepared: Prepared, title: str, budget_s: float) -> MeasurementRequest:
    selection = prepared.staged.selection
    has_steady = any(cell.steady_argv for cell in prepared.cells.values())
    wanted = dict.fromkeys(("run", *(METRIC_WAYS[metric] for metric in selection.columns)))
    most = QUICK_BLOCKS if isinstance(selection.lane, Lane) else QUICK_BLOCKS_OF_SUITES
    return MeasurementRequest(
        name=title,
        engines=tuple(one.name for one in prepared.engines),
        reference=selection.reference.name,
        ways=tuple(way for way in _WAYS if way in wanted and (way == "run" or has_steady)),
        programs=lambda way, ways: _programs(prepared, way, ways, bench.scratch),
        budget_s=budget_s,
        quick_blocks=most if selection.asked.is_quick else None,
    )


_WAYS: tuple[Way, ...] = ("run", "steady")


def _programs(
    prepared: Prepared, way: Way, ways: Mapping[Way, MeasuredWay], scratch: Path
) -> list[blocks.ProgramCommands]:
    """The programs of a way of measuring as each engine runs them."""

    def is_measured(cell: ReadyCell) -> bool:
        if cell.status != "ready":
            return False
        if way == "run":
            return True
        is_scored = ways["run"].measurement.is_scored(cell.program.name, cell.engine)
        return bool(cell.steady_argv) and is_scored

    programs = []
    for name, one in prepared.staged.all.items():
        timeout_s = one.timeout_s * (one.program.repetitions if way == "steady" else 1)
        commands = {
            engine.name: _command(way, engine.cells[name], scratch)
            for engine in prepared.engines
            if is_measured(engine.cells[name])
        }
        if prepared.engines[0].name in commands:
            programs.append(blocks.ProgramCommands(name, commands, timeout_s, one.volatile))
    return programs


def _command(way: Way, cell: ReadyCell, scratch: Path) -> Command:
    times = str(scratch / "tmp" / "times.json") if way == "steady" else None
    argv = cell.steady_argv if way == "steady" else cell.argv
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
    prepared: Prepared
    request: MeasurementRequest
    schedule: Schedule
    watch: Watch

    def planned(self, way: Way, plan: blocks.Plan, left_s: float) -> None:
        """The schedule is told, and who waits longer than was asked for."""
        ways = self.request.ways
        own_s = self.request.budget_s / len(ways)
        following = len(ways) - 1 - ways.index(way)
        self.schedule.planned(left_s + following * own_s)
        if left_s > 1.1 * own_s and self.request.name == "":
            many = f"{plan.blocks} blocks, the fewest that allow an interval, take"
            what = many if plan.blocks >= MIN_BLOCKS else "one block takes"
            budget = f"more than the budget of {own_s:.0f} s"
            self.watch.note(f"{what} about {left_s:.0f} s, {budget}")

    def ran_first(self, way: Way, key: tuple[str, str], sample: Sample) -> None:
        """The log of a cell begins with its first run."""
        self._add(way, *key, PILOT_SEED, "first run", sample)
        if way == "run":
            cell = self.prepared.cells[key]
            write_output(self._log(cell), sample, cell.program.volatile)

    def unscored(self, way: Way, cell: blocks.CellState, seed: int, sample: Sample) -> None:
        """It goes on with the run that ended it."""
        self._add(way, cell.program, cell.engine, seed, cell.status, sample)

    def _add(
        self, way: Way, program: str, engine: str, seed: int, what: str, sample: Sample
    ) -> None:
        cell = self.prepared.cells[program, engine]
        line = pasted_cell(cell, seed=seed, is_steady=way == "steady")
        add_run(self._log(cell), IN_TITLES[way] + what, line, sample)

    def _log(self, cell: ReadyCell) -> Path:
        name = self.prepared.staged.selection.name
        return self.folder / log_path(name, cell.program.name, cell.engine)


def pasted_cell(cell: ReadyCell, *, seed: int = PILOT_SEED, is_steady: bool = False) -> str:
    """The line that runs a cell again, by default as its first run was."""
    argv = cell.steady_argv if is_steady else cell.argv
    environment = {**cell.environment, "PYTHONHASHSEED": str(seed)}
    return pasted(argv, environment, cell.program.volatile)
