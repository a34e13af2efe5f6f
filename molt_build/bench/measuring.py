"""The measurement of one lane: which programs are measured how, and what its halves must share.

Whole runs are measured first; the steady state, and counts beside times, are about programs whose
whole run was scored. What a run said, and the line that repeats it, is kept in its cell's log.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from molt_build.bench.artifacts import under
from molt_build.bench.cells import TIMES, ReadyCell, why_uncountable
from molt_build.bench.logs import add_run, begin_log, log_path, write_output
from molt_build.bench.nothing import nothing_measured
from molt_build.bench.pasting import pasted
from molt_build.bench.preparing import Prepared
from molt_build.bench.programs import Staged
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
    Planned,
    held_bench,
    measure,
)
from molt_build.manifests.model import Lane
from molt_build.measure import blocks
from molt_build.measure.counting import (
    CountedCommand,
    Counter,
    counting,
    libraries,
)
from molt_build.measure.fitting import fair_order
from molt_build.measure.planning import MOST_BLOCKS, SPREAD_SWEEPS, Plan
from molt_build.measure.process import METRIC_WAYS, Command, Metric, Sample, Way
from molt_build.measure.scratch import private_environment
from molt_build.measure.statistics import MAX_BLOCKS, MIN_BLOCKS
from molt_build.runs.job import check_fingerprint
from molt_build.runs.samples import SamplesFile
from molt_build.store.digest import digest_value
from molt_build.watch import Watch, counted, duration

OVER_BUDGET = 1.1  # times the budget: what is estimated may be a little off


def measure_lane(
    opened: Callable[[], Path],
    prepared: Prepared,
    machine_class: str,
    schedule: Schedule,
    watch: Watch,
    *,
    title: str,
    is_resumed: bool,
    counter: Counter | None,
    cache: Path,
    is_kept: bool,
) -> Measured:
    """Measure a lane into the run's folder; with `is_resumed`, what the run left undone of it.

    `opened` gives the folder, and is called while the machine is held; `title` tells the lane from
    others of the run, and is "" where there are none. A column of counts is left out without a
    `counter`; `is_kept`: counts are kept in the `cache`, and taken from there. Ctrl-C returns what
    is complete; before the first way is planned it is raised as it is. Raises `UsageError` when
    what was begun was another thing.
    """
    selection = prepared.staged.selection
    facts = fingerprint(prepared, machine_class)
    if counter is not None:
        facts["counter"] = counter.version
    with ExitStack() as held:
        bench = held.enter_context(held_bench(watch, "molt-build-bench-"))
        if counter is not None:
            counted_by = counting(bench.launcher, counter, cache, machine_class, is_kept=is_kept)
            bench = replace(bench, counting=held.enter_context(counted_by))
        folder = opened()
        with SamplesFile(folder, lane=selection.name) as samples:
            earlier = read_earlier(folder, lane=selection.name) if is_resumed else None
            if earlier is not None:
                what = f"{title} of {folder.name}" if title else folder.name
                check_fingerprint(what, earlier.fingerprint, facts)
                done = sum(len(way.done) for way in earlier.ways.values())
                watch.note(f"{selection.name} goes on: {counted(done, 'block')} kept")
            else:
                earlier = Earlier(facts)
                samples.add("start", {"fingerprint": facts})
            if not earlier.ways:
                for cell in prepared.cells.values():
                    begin_log(folder, selection, cell)
            request = _request(bench, prepared, title, schedule.share_s())
            observer = _Logs(folder, prepared, request, schedule, watch)
            measured = measure(bench, request, earlier, samples, watch, observer)
            measured = replace(measured, counter=counter)
            return replace(measured, nothing=nothing_measured(prepared, measured, title))


def _request(bench: Bench, prepared: Prepared, title: str, budget_s: float) -> MeasurementRequest:
    selection = prepared.staged.selection
    has_steady = any(cell.steady_argv for cell in prepared.cells.values())
    wanted = dict.fromkeys(METRIC_WAYS[metric] for metric in selection.columns)
    if wanted.keys() != {"counted"}:
        wanted["run"] = None
    is_possible: Mapping[Way, bool] = {
        "run": True,
        "steady": has_steady,
        "counted": bench.counting is not None,
    }
    most = QUICK_BLOCKS if isinstance(selection.lane, Lane) else QUICK_BLOCKS_OF_SUITES
    asked = selection.asked
    has_time_asked = asked.budget_s is not None or asked.precision is not None
    first: dict[Way, Metric] = {"run": "wall_s", "steady": "steady_s"}
    for metric in reversed(selection.columns):
        first[METRIC_WAYS[metric]] = metric
    startup = prepared.staged.startup
    return MeasurementRequest(
        name=title,
        engines=tuple(one.name for one in prepared.engines),
        reference=selection.reference.name,
        ways=tuple(way for way, is_it in is_possible.items() if way in wanted and is_it),
        programs=lambda way, ways: commands_of(prepared, way, ways, bench),
        budget_s=budget_s,
        quick_blocks=most if asked.is_quick else None,
        order=partial(_fair, prepared.staged),
        most_blocks=MOST_BLOCKS if has_time_asked else MAX_BLOCKS,
        precision=asked.precision,
        metrics=first,
        floor=startup.name if startup is not None else None,
        layouts=asked.layouts,
    )


def _fair(
    staged: Staged, programs: Sequence[blocks.ProgramCommands]
) -> list[blocks.ProgramCommands]:
    """The families in turn; what starting costs is looked at beside the first program."""
    startup = [one for one in programs if staged.startup and one.name == staged.startup.name]
    families: dict[str, list[blocks.ProgramCommands]] = {}
    for one in programs:
        if one not in startup:
            family = staged.all[one.name].program.family
            families.setdefault(family, []).append(one)
    ordered = fair_order(list(families.values()))
    return [*ordered[:1], *startup, *ordered[1:]]


def commands_of(
    prepared: Prepared, way: Way, ways: Mapping[Way, MeasuredWay], bench: Bench
) -> list[blocks.ProgramCommands]:
    """The programs of a way of measuring as each engine runs them, after those ways."""

    def is_measured(cell: ReadyCell) -> bool:
        if cell.status != "ready":
            return False
        counter = None if bench.counting is None else bench.counting.counter
        if way == "counted" and why_uncountable(cell, counter):
            return False
        if "run" not in ways:
            return True
        is_scored = ways["run"].measurement.is_scored(cell.program.name, cell.engine)
        return is_scored and (way == "counted" or bool(cell.steady_argv))

    programs = []
    for name, one in prepared.staged.all.items():
        timeout_s = one.timeout_s * (one.program.repetitions if way == "steady" else 1)
        if way == "counted" and bench.counting is not None:
            timeout_s *= bench.counting.counter.slowdown
        commands = {
            engine.name: _command(way, engine.cells[name], bench)
            for engine in prepared.engines
            if is_measured(engine.cells[name])
        }
        if prepared.engines[0].name in commands:
            programs.append(blocks.ProgramCommands(name, commands, timeout_s, one.volatile))
    return programs


def _counted(cell: ReadyCell, place: Path) -> Command:
    environment = {**private_environment(place), **cell.environment}
    executable = shutil.which(cell.argv[0], path=environment.get("PATH"))
    files = [*cell.outputs.values(), *([executable] if executable is not None else [])]
    return CountedCommand(
        argv=tuple(under(word, cell.links, str(place)) for word in cell.argv),
        cwd=str(place / "work"),
        environment={
            name: under(text, cell.links, str(place)) for name, text in environment.items()
        },
        exit_status=cell.program.program.exit_status,
        identity=digest_value([dict(cell.artifacts), libraries(files)]),
        links=cell.links,
    )


def _command(way: Way, cell: ReadyCell, bench: Bench) -> Command:
    if way == "counted":
        assert bench.counting is not None
        return _counted(cell, bench.counting.place)
    scratch = bench.scratch
    times = str(scratch / "tmp" / "times.json") if way == "steady" else None
    argv = cell.steady_argv if way == "steady" else cell.argv
    return Command(
        argv=tuple(times if times and word == TIMES else word for word in argv),
        cwd=str(scratch / "work"),
        environment={**private_environment(scratch), **cell.environment},
        times_file=times,
        exit_status=cell.program.program.exit_status,
    )


@dataclass(frozen=True)
class _Logs:
    """Keeps in words what the first run of a cell was, and those that were not scored."""

    folder: Path
    prepared: Prepared
    request: MeasurementRequest
    schedule: Schedule
    watch: Watch

    def planned(self, way: Way, planned: Planned) -> None:
        """The schedule is told, and who waits."""
        request = self.request
        following = len(request.ways) - 1 - request.ways.index(way)
        self.schedule.planned(planned.left_s + following * request.way_budget_s)
        name = f"{request.name}: " if request.name else ""
        built_s = self._built_s() if way == request.ways[0] else 0.0
        if way == "counted":
            lines = count_words(planned)
        else:  # a budget of several lanes is not one lane's to advise
            lines = plan_words(planned, built_s=built_s, advice=not request.name)
        for line in lines:
            self.watch.note(f"{name}{IN_TITLES[way]}{line}")

    def _built_s(self) -> float:
        return sum(engine.build.seconds for engine in self.prepared.engines)

    def ran_first(self, way: Way, key: tuple[str, str], sample: Sample) -> None:
        """The log of a cell begins with its first run."""
        self._add(way, *key, PILOT_SEED, "first run", sample)
        if way == self.request.ways[0]:
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


def plan_words(planned: Planned, *, built_s: float, advice: bool = True) -> Iterator[str]:
    """What is going to happen, and what is not, a line each: said before it happens."""
    plan = planned.plan
    if not plan.blocks:
        return  # why, is said once it is over
    many = f"{counted(plan.blocks, 'block')} of {counted(planned.programs, 'program')}"
    if planned.pilot_s is None:
        yield f"{many}, of which what is left takes about {_time(planned.left_s)}"
        return
    whole_s = planned.pilot_s + planned.left_s
    spent = f"{_time(planned.pilot_s)} for the pilot, about {_time(planned.left_s)} to come"
    if plan.precision is not None:
        yield from _precision_words(plan, many, spent)
        yield from _layout_words(plan)
        return
    over = ", more than" if whole_s > OVER_BUDGET * plan.budget_s else " of"
    why = f" (the fewest are {MIN_BLOCKS})" if over != " of" and plan.blocks == MIN_BLOCKS else ""
    built = f"; building took {duration(built_s)}, apart" if built_s >= 1 else ""
    yield f"{many}{why}: {spent},{over} the budget of {_time(plan.budget_s)}{built}"
    if planned.left_out:
        number = counted(planned.left_out, "program")
        yield f"{number} left out to keep that budget; the result names them, and says why"
        if advice and planned.enough is not None:
            yield planned.enough.advice
    yield from _layout_words(plan)
    if plan.blocks < MIN_BLOCKS:
        yield f"no intervals and no verdicts: those take {MIN_BLOCKS} blocks"


def count_words(planned: Planned) -> Iterator[str]:
    """The same of what is counted."""
    if not planned.plan.blocks:
        return
    spent = "" if planned.pilot_s is None else f"{_time(planned.pilot_s)} for the first counts, "
    yield (
        f"{planned.plan.blocks} counts of {counted(planned.programs, 'program')}: "
        f"{spent}about {_time(planned.left_s)} to come"
    )
    if planned.left_out:
        number = counted(planned.left_out, "program")
        yield f"{number} left out to keep the budget; what is counted by now is kept for next time"


def _layout_words(plan: Plan) -> Iterator[str]:
    """How many sizes the environment has, where it has several."""
    if plan.layouts:
        met = min(len(plan.layouts), (plan.blocks + 1) // 2)
        yield f"{counted(met, 'layout')}: sizes of the environment, each for two blocks in turn"


def _precision_words(plan: Plan, many: str, spent: str) -> Iterator[str]:
    """What a wished precision takes, and where that is more than there may be."""
    wished = f"a median half-width of {100 * (plan.precision or 0):.3g} %"
    sweeps = (
        f"{spent} (the pilot's {SPREAD_SWEEPS + 1} sweeps fixed it, and count for nothing else)"
    )
    yield f"{many}, for {wished}: {sweeps}"
    if plan.wanted_blocks > plan.blocks:
        yield f"those are the most there may be; {wished} would take {plan.wanted_blocks}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def pasted_cell(cell: ReadyCell, *, seed: int = PILOT_SEED, is_steady: bool = False) -> str:
    """The line that runs a cell again, by default as its first run was."""
    argv = cell.steady_argv if is_steady else cell.argv
    environment = {**cell.environment, "PYTHONHASHSEED": str(seed)}
    return pasted(argv, environment, cell.program.volatile)
