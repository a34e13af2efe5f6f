"""A result as rows of the history."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from molt_build.clock import utc
from molt_build.engines import REVISION_SIGN, parse
from molt_build.history.runs import CellRow, EngineRow, KpiRow, PairRow, Run, RunRows
from molt_build.measure.process import METRIC_WAYS
from molt_build.results.bench import BenchResult, Cell, LaneResult
from molt_build.results.bisect import BisectResult
from molt_build.results.cases import CaseCell, CasesResult
from molt_build.results.differential import DifferentialResult
from molt_build.results.facts import EngineFacts
from molt_build.results.files import Result
from molt_build.results.gates import GatesResult
from molt_build.results.pairs import Pair
from molt_build.results.signals import SignalRow, SignalsResult
from molt_build.runs.folder import (
    BISECT,
    COMPILE_PROGRESS,
    DIFFERENTIAL,
    FRIENDS,
    GATES,
    SIGNALS,
)

LANE, SUITES, CASES = "lane", "suites", "cases"
_KINDS = {
    FRIENDS: SUITES,
    COMPILE_PROGRESS: CASES,
    SIGNALS: SIGNALS,
    DIFFERENTIAL: DIFFERENTIAL,
    GATES: GATES,
    BISECT: BISECT,
}
_WITH_ONE = (LANE, DIFFERENTIAL)  # reference
EQUALITY = "equality"  # what a row of the differential job says of a program
READ, NOT_READ = "ok", "not-read"  # the status of a signal


@dataclass(frozen=True)
class Place:
    """Where a run lies: its folder is JOB/TIMESTAMP below the results, whatever its result says."""

    job: str
    timestamp: str
    folder: str  # relative to the project

    @property
    def name(self) -> str:
        """JOB/TIMESTAMP."""
        return f"{self.job}/{self.timestamp}"


def place_of(folder: Path, project: Path) -> Place:
    """The place of a run's folder."""
    return Place(folder.parent.name, folder.name, str(folder.relative_to(project)))


def kind_of(job: str) -> str:
    """The kind of a job's runs: lane, suites, cases, signals, differential, gates or bisect."""
    return _KINDS.get(job, LANE)


def rows_of(result: Result, place: Place) -> RunRows:
    """The rows of a result that lies there."""
    if isinstance(result, SignalsResult):
        return _signals(result, place)
    if isinstance(result, DifferentialResult):
        return _differential(result, place)
    if isinstance(result, GatesResult):
        return _gates(result, place)
    if isinstance(result, BisectResult):
        return RunRows(run_of(place, result))  # what it found is no figure of a trend
    return _cases(result, place) if isinstance(result, CasesResult) else _bench(result, place)


def kpi_rows(cells: tuple[CaseCell, ...]) -> Iterator[KpiRow]:
    """The limits of cells that could be judged."""
    for cell in cells:
        for kpi in cell.kpis:
            if kpi.is_green is not None:
                yield KpiRow(
                    case_name=cell.case,
                    toolchain=cell.toolchain,
                    workload=cell.label,
                    kpi=kpi.name,
                    metric=kpi.metric,
                    is_maximum=kpi.op == "max",
                    limit_value=kpi.limit,
                    value=kpi.value,
                    is_green=kpi.is_green,
                    source=kpi.source,
                )


def _bench(result: BenchResult, place: Place) -> RunRows:
    engines = tuple(_engine_rows(result.engines))
    cells = [row for lane, cell in result.all_cells() for row in _cell_rows(lane, cell)]
    pairs = [_pair_row(lane, pair) for lane in result.lanes.values() for pair in lane.pairs]
    return RunRows(run_of(place, result), engines, tuple(cells), pairs=tuple(pairs))


def _pair_row(lane: LaneResult, pair: Pair) -> PairRow:
    return PairRow(
        lane=lane.name,
        engine=pair.engine,
        over=pair.over,
        metric=pair.metric,
        goal=pair.goal,
        goal_verdict=pair.goal_verdict,
        **({} if pair.median is None else asdict(pair.median)),
    )


def _engine_rows(engines: Mapping[str, EngineFacts]) -> Iterator[EngineRow]:
    for name, facts in engines.items():
        yield EngineRow(
            engine=name,
            toolchain=facts.toolchain,
            identity=facts.identity,
            profile=facts.profile,
            target=facts.target,
            revision=facts.revision,
        )


def _cell_rows(lane: LaneResult, cell: Cell) -> Iterator[CellRow]:
    """A row for each metric of a cell; one without numbers for each way that it did not score."""
    program = lane.programs.get(cell.program)
    workload = program.workload if program is not None else lane.name
    head = ("", workload, cell.program, cell.engine)
    for metric, found in cell.metrics.items():
        ratio, summary = found.speedup, found.summary
        yield CellRow(
            *head,
            metric=metric,
            status=cell.outcome(metric).status,
            **(asdict(ratio) if ratio is not None else {}),
            median=summary.median,
            p95=summary.p95,
            n=summary.n,
        )
    ways = {METRIC_WAYS[metric] for metric in cell.metrics}
    for metric in lane.columns:
        way = METRIC_WAYS[metric]
        if way in cell.outcomes and way not in ways:
            ways.add(way)
            yield CellRow(*head, metric=metric, status=cell.outcomes[way].status)


def _cases(result: CasesResult, place: Place) -> RunRows:
    engines = [EngineRow(name, name, facts.identity) for name, facts in result.toolchains.items()]
    cells = [row for cell in result.cells for row in _case_rows(cell)]
    return RunRows(
        run_of(place, result), tuple(engines), tuple(cells), tuple(kpi_rows(result.cells))
    )


def _differential(result: DifferentialResult, place: Place) -> RunRows:
    """A row for each program under each engine, whose metric is whether it says the same."""
    cells = [
        CellRow(
            "",
            result.programs[cell.program].workload,
            cell.program,
            cell.engine,
            metric=EQUALITY,
            status=cell.status,
            n=cell.runs,
        )
        for cell in result.cells
    ]
    return RunRows(run_of(place, result), tuple(_engine_rows(result.engines)), tuple(cells))


def _gates(result: GatesResult, place: Place) -> RunRows:
    """A row for each gate, whose status is its verdict."""
    cells = [
        CellRow("", "", gate.gate, gate.engine, metric=gate.against, status=gate.verdict)
        for gate in result.gates
    ]
    return RunRows(run_of(place, result), (), tuple(cells))


def _case_rows(cell: CaseCell) -> Iterator[CellRow]:
    """A row of its wall seconds, and one for each metric that its stages told."""
    row = CellRow(cell.case, cell.label, "", cell.toolchain, "wall_s", cell.status, n=0)
    walls = cell.wall_s
    yield row if walls is None else replace(row, median=walls.median, p95=walls.p95, n=walls.n)
    for metric, value in cell.metrics.items():
        told = sum(metric in sample.metrics for sample in cell.samples)
        yield replace(row, metric=metric, median=float(value), n=told)


def _signals(result: SignalsResult, place: Place) -> RunRows:
    """A cell for each number, its metric the signal; those of then under engines at a revision."""
    engines = [
        EngineRow(name, one.toolchain, one.identity, one.profile, one.target)
        for name, one in result.engines.items()
    ]
    cells = [_signal_cell(row, row.engine) for row in result.rows]
    then = result.against
    if then is not None:
        at = f"{REVISION_SIGN}{then.revision}"
        # An engine that was there then may be gone now.
        read = (row.engine for row in then.rows if row.engine)
        for name in dict.fromkeys((*result.engines, *read)):
            one = parse(name).within(result.profile, result.target)
            row = EngineRow(name + at, one.toolchain, None, one.profile, one.target, then.commit)
            engines.append(row)
        cells += [_signal_cell(row, row.engine + at) for row in then.rows]
    return RunRows(run_of(place, result), tuple(engines), tuple(cells))


def _signal_cell(row: SignalRow, engine: str) -> CellRow:
    is_read = row.value is not None
    return CellRow(
        case_name="",
        workload="",
        program=row.program,
        engine=engine,
        metric=row.signal,
        status=READ if is_read else NOT_READ,
        median=None if row.value is None else float(row.value),
        n=(row.programs or 1) if is_read else None,
    )


def run_of(place: Place, result: Result | None, problem: str = "") -> Run:
    """The row of a run; without a result, which has a `problem` then, only of its place."""
    environment = None if result is None else result.environment
    return Run(
        id=place.name,
        job=place.job,
        timestamp=place.timestamp,
        kind=kind_of(place.job),
        started=_started(place.timestamp) if result is None else result.started,
        folder=place.folder,
        git_commit=None if environment is None else environment.git_commit,
        git_is_dirty=None if environment is None else environment.git_is_dirty,
        machine_class="" if environment is None else environment.machine_class,
        reference=_shared("reference", result) if kind_of(place.job) in _WITH_ONE else None,
        profile=_shared("profile", result),
        is_quick=result is not None and result.is_quick,
        is_interrupted=result is not None and result.is_interrupted,
        is_of_record=result is not None and result.is_recorded,
        problem=problem,
        result_bytes=None,
        result_mtime_ns=None,
    )


def _shared(name: str, result: Result | None) -> str | None:
    """What all lanes of a result have in common."""
    if isinstance(result, DifferentialResult):
        return str(getattr(result, name))
    lanes = result.lanes.values() if isinstance(result, BenchResult) else ()
    found: set[str] = {getattr(lane, name) for lane in lanes}
    return found.pop() if len(found) == 1 else None


def _started(timestamp: str) -> str:
    return utc(calendar.timegm(time.strptime(timestamp, "%Y%m%dT%H%M%SZ")))
