"""Figures of recorded runs (`molt_build.manifests.figure`), as series: a point for each run.

A point has *members*: the programs, cells or suites that the figure is about in that run. Only runs
of record count. A run that did not measure all members of a figure has no point of it, and neither
continues nor breaks a series; one in which a member failed has a point, with why. What is timed is
of one class of machine: that of the latest run.

An interval of a mean is not recorded, so it is made of the programs' own: the means of their lower
and of their upper ends. That is as wide as if all programs erred in the same direction, and so
covers at least as often as it says.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from molt_build.engines import parse
from molt_build.history.row_mapping import read_rows
from molt_build.history.runs import CellRow, EngineRow, KpiRow, PairRow, Run
from molt_build.manifests.figure import (
    BuildsFigure,
    CaseFigure,
    FriendsFigure,
    GatesFigure,
    GreenRunsFigure,
    LaneFigure,
    PairFigure,
    SignalFigure,
    Source,
)
from molt_build.manifests.model import Lane, Manifests
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS, GATES, RESULTS, SIGNALS
from molt_build.watch import counted

Warn = Callable[[str], None]
SCORED = "ok"
BUILDS = "builds"  # what stands for a run where recorded builds are asked
# What came of a cell that was tried: no target allows it.
FAILED = ("differs", "failed", "timeout", "build-failed", "unsupported", "diverges")
METRIC_UNITS = {
    "hit_ratio": "share",
    "executed_actions": "actions",
    "timeouts": "timeouts",
    "retries": "retries",
}
JUDGED = ("pass", "warn", "fail")  # of gates


@dataclass(frozen=True)
class Member:
    """One number of a figure; without a value where there is none, and why."""

    of: str  # the program, cell, pair or engine
    value: float | None
    low: float | None = None  # of its 95 % interval; what is exact has its value at both ends
    high: float | None = None
    reason: str = ""
    is_failed: bool = False  # it was tried, and came to nothing
    limit: float | None = None  # that was declared with it when it was measured
    is_maximum: bool = True
    is_green: bool | None = None  # as it was judged when it was measured
    blocks: int | None = None  # that its interval is made of, where they are known


@dataclass(frozen=True)
class Point:
    """A figure in one run."""

    run: Run
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Series:
    """A figure in all runs that have it, the latest last."""

    points: tuple[Point, ...]
    unit: str  # s, times, or what is counted
    missing: str = ""  # why there is no point
    is_lower_better: bool = False
    declared: float | None = None  # the target that manifests declare with the figure


class Figures:
    """Figures of one engine, read from the rows of runs."""

    def __init__(
        self,
        rows: sqlite3.Connection,
        manifests: Manifests,
        engine: str | None,
        warn: Warn,
        *,
        machine_class: str | None = None,  # None: that of the latest run
    ) -> None:
        self._rows = rows
        self._manifests = manifests
        project = manifests.project
        self._asked = parse(engine or project.subject)
        self._engine = self._asked.within(project.default_profile, "native")
        self._warn = warn
        self._machine_class = machine_class
        self._cells: dict[tuple[str, str, str], dict[str, CellRow]] = {}  # of each run, once

    @property
    def engine(self) -> str:
        """The engine, as it was asked for."""
        return str(self._asked)

    def series(self, source: Source) -> Series:
        """All points of a figure."""
        if isinstance(source, CaseFigure):
            return self._case(source)
        if isinstance(source, LaneFigure):
            return self._lane(source)
        if isinstance(source, PairFigure):
            return self._pair(source)
        if isinstance(source, SignalFigure):
            return self._signal(source)
        if isinstance(source, FriendsFigure):
            return self._friends(source)
        if isinstance(source, GreenRunsFigure):
            return self._green(source)
        return self._gates(source) if isinstance(source, GatesFigure) else self._builds(source)

    def runs(self, job: str, *, is_timed: bool = True) -> list[Run]:
        """The runs of record of a job, the latest last.

        Timed ones are of one class of machine, and those of a lane of one thing as the reference.
        """
        query = "SELECT * FROM runs WHERE job = ? AND is_of_record AND problem = '' "
        found = read_rows(self._rows, Run, query + "ORDER BY timestamp", (job,), self._warn)
        if not found or not is_timed:
            return found
        machine_class = self._machine_class or found[-1].machine_class
        same = [run for run in found if run.machine_class == machine_class]
        identity = self._reference(same[-1]) if same else None
        return [run for run in same if self._reference(run) == identity]

    def _reference(self, run: Run) -> str | None:
        """The identity of a run's reference, where all of it has one."""
        if run.reference is None:
            return None
        query = "SELECT identity FROM engines WHERE run = ? AND engine = ?"
        row = self._rows.execute(query, (run.id, run.reference)).fetchone()
        return None if row is None else str(row[0])

    def named(self, profile: str, target: str) -> str:
        """What the engine is called in a lane of that profile and target."""
        return self._asked.named(profile, target)

    def cells(self, run: Run, engine: str, metric: str) -> dict[str, CellRow]:
        """Program -> what a run found of it under an engine."""
        key = (run.id, engine, metric)
        if key not in self._cells:
            query = "SELECT * FROM cells WHERE run = ? AND engine = ? AND metric = ?"
            rows = read_rows(self._rows, CellRow, query, key, self._warn)
            self._cells[key] = {row.program: row for row in rows}
        return self._cells[key]

    def cells_by_workload(self, run: Run, engine: str) -> dict[str, list[CellRow]]:
        """Workload, or suite -> what a run found of its programs under an engine."""
        query = "SELECT * FROM cells WHERE run = ? AND engine = ? ORDER BY program, metric"
        found: dict[str, list[CellRow]] = {}
        for row in read_rows(self._rows, CellRow, query, (run.id, engine), self._warn):
            found.setdefault(row.workload, []).append(row)
        return found

    def _case(self, source: CaseFigure) -> Series:
        toolchain = self._engine.toolchain
        kpis = self._manifests.cases[source.name].kpis
        kpi = next(one for one in kpis if one.name == source.kpi)
        query = "SELECT * FROM kpis WHERE run = ? AND case_name = ? AND kpi = ? AND toolchain = ?"
        points = []
        for run in self.runs(COMPILE_PROGRESS):
            values = (run.id, source.name, source.kpi, toolchain)
            rows = read_rows(self._rows, KpiRow, query, values, self._warn)
            if rows:
                points.append(Point(run, tuple(map(_of_kpi, rows))))
        return Series(
            tuple(points),
            "s" if kpi.metric.endswith("_s") else METRIC_UNITS.get(kpi.metric, "times"),
            f"no recorded run of the cases has {source.kpi} of {toolchain}",
            is_lower_better=kpi.is_maximum,
            declared=kpi.limit,
        )

    def _lane(self, source: LaneFigure) -> Series:
        lane = self._manifests.lanes[source.name]
        engine = self.named(lane.profile, lane.target)
        wanted = figure_programs(self._manifests, source)
        points = []
        for run in self.runs(source.name):
            cells = self.cells(run, engine, source.metric)
            if wanted and all(name in cells for name in wanted):
                found = [_of_cell(cells[name]) for name in wanted]
                points.append(Point(run, _taken(found, source.take)))
        missing = f"no full run of {source.name} has {engine} on {_programs(wanted)}"
        return Series(tuple(points), "times", missing)

    def _pair(self, source: PairFigure) -> Series:
        lane = self._manifests.lanes[source.lane]
        query = "SELECT * FROM pairs WHERE run = ? AND lane = ? AND ratio IS NOT NULL"
        points = []
        for run in self.runs(source.lane):
            for row in read_rows(self._rows, PairRow, query, (run.id, lane.name), self._warn):
                if self._is_pair(row.engine, row.over, lane, source):
                    of = f"{row.engine} / {row.over}"
                    ends = (row.low, row.high)
                    points.append(Point(run, (Member(of, row.ratio, *ends, limit=row.goal),)))
                    break
        goals = [
            pair.goal
            for pair in lane.pairs
            if self._is_pair(pair.engine, pair.over, lane, source) and pair.goal is not None
        ]
        return Series(
            tuple(points),
            "times",
            f"no full run of {source.lane} has {self._engine.toolchain} for {source.target}",
            is_lower_better=True,
            declared=next(iter(goals), None),
        )

    def _is_pair(self, engine: str, over: str, lane: Lane, source: PairFigure) -> bool:
        one, other = (parse(name).within(lane.profile, lane.target) for name in (engine, over))
        wanted = (self._engine.toolchain, source.target, source.over)
        return (one.toolchain, one.target, other.target) == wanted

    def _signal(self, source: SignalFigure) -> Series:
        signal = self._manifests.signals[source.name]
        query = "SELECT * FROM cells WHERE run = ? AND metric = ? AND program = ''"
        reads = f", which reads {', '.join(signal.files)}" if signal.files else ""
        points, missing = [], f"no recorded run of the signals has {source.name}{reads}"
        for run in self.runs(SIGNALS, is_timed=False):
            rows = read_rows(self._rows, CellRow, query, (run.id, source.name), self._warn)
            engines = self._engines(run)
            row = next((row for row in rows if not row.engine), None)
            if signal.scope != "project":
                fitting = [row for row in rows if self._is_of_engine(engines.get(row.engine))]
                row = min(fitting, key=lambda row: len(row.engine), default=None)
            if row is not None and row.median is not None:
                of = row.engine or "the project"
                points.append(Point(run, (Member(of, row.median, row.median, row.median),)))
            elif row is not None:
                missing = f"{run.id} could not read {source.name}"
        lower = signal.better == "lower"
        return Series(tuple(points), signal.unit or "", missing, is_lower_better=lower)

    def _engines(self, run: Run) -> dict[str, EngineRow]:
        query = "SELECT * FROM engines WHERE run = ? AND revision IS NULL"
        return {
            row.engine: row
            for row in read_rows(self._rows, EngineRow, query, (run.id,), self._warn)
        }

    def _is_of_engine(self, row: EngineRow | None) -> bool:
        """Of the toolchain, under the profile and, where one was asked for, for the target."""
        return (
            row is not None
            and row.toolchain == self._engine.toolchain
            and row.profile in (None, self._engine.profile)
            and self._asked.target in (None, row.target)
        )

    def _friends(self, source: FriendsFigure) -> Series:
        suites = source.suites or tuple(self._manifests.suites)
        engine = self.named(self._manifests.project.default_profile, "native")
        query = "SELECT * FROM cells WHERE run = ? AND engine = ? AND metric = ? ORDER BY program"
        latest: dict[str, list[Member]] = {}  # of each suite, from the latest run that has it
        points = []
        for run in self.runs(FRIENDS):
            values = (run.id, engine, source.metric)
            rows = read_rows(self._rows, CellRow, query, values, self._warn)
            of_suite: dict[str, list[Member]] = {}
            for row in rows:
                if row.workload in suites:
                    member = _of_cell(row)
                    named = replace(member, of=f"{row.workload}/{row.program}")
                    of_suite.setdefault(row.workload, []).append(named)
            latest |= of_suite
            scored = [n for n, found in latest.items() if any(m.value is not None for m in found)]
            if source.take == "scored" and of_suite:
                number = float(len(scored))
                names = ", ".join(sorted(set(suites) - set(scored)))
                of = f"all but {names}" if names else "all suites"
                all_of_them = float(len(suites))
                points.append(
                    Point(
                        run,
                        (Member(of, number, number, number, limit=all_of_them, is_maximum=False),),
                    )
                )
            elif of_suite and len(scored) == len(suites):
                found = [member for one in latest.values() for member in one]
                taken = "worst" if source.take == "worst" else "mean"
                points.append(Point(run, _taken(found, taken)))
        missing = f"no full run of friend suites has {engine} on {counted(len(suites), 'suite')}"
        if source.take != "scored":
            return Series(tuple(points), "times", missing)
        return Series(tuple(points), "suites", missing, declared=float(len(suites)))

    def _green(self, source: GreenRunsFigure) -> Series:
        query = "SELECT * FROM kpis WHERE run = ? AND source = ?"
        points, in_a_row = [], 0
        for run in self.runs(COMPILE_PROGRESS):
            rows = read_rows(self._rows, KpiRow, query, (run.id, source.of), self._warn)
            if rows:
                red = [row.kpi for row in rows if not row.is_green]
                in_a_row = 0 if red else in_a_row + 1
                number = float(in_a_row)
                of = f"{red[0]} was red" if red else counted(len(rows), "KPI")
                points.append(Point(run, (Member(of, number, number, number),)))
        return Series(
            tuple(points), "runs", f"no recorded run of the cases has KPIs of {source.of}"
        )

    def _gates(self, source: GatesFigure) -> Series:
        points = []
        for run in self.runs(GATES, is_timed=False):
            query = "SELECT * FROM cells WHERE run = ?"
            rows = read_rows(self._rows, CellRow, query, (run.id,), self._warn)
            wanted = JUDGED if source.take == "judged" else JUDGED[:1]
            if rows:
                share = sum(row.status in wanted for row in rows) / len(rows)
                of = counted(len(rows), "gate")
                points.append(Point(run, (Member(of, share, share, share),)))
        return Series(tuple(points), "share", "no run of the gates is recorded")

    def _builds(self, source: BuildsFigure) -> Series:
        latest = "SELECT id FROM builds ORDER BY id DESC LIMIT ?"
        query = (
            "SELECT max(started), total(hits + up_to_date), total(executed) "
            f"FROM builds WHERE id IN ({latest})"
        )
        started, reused, executed = self._rows.execute(query, (source.last,)).fetchone()
        unit = "share" if source.take == "hit-ratio" else "times"
        if started is None or reused + executed == 0:
            return Series((), unit, "no build of this checkout is recorded")
        if source.take == "hit-ratio":
            share = reused / (reused + executed)
            of = counted(int(reused + executed), "action")
            return Series(
                (Point(bare_run(BUILDS, started), (Member(of, share, share, share),)),), unit
            )
        query = (
            "SELECT program, stage, count(*) AS times FROM build_actions "
            f"WHERE status = 'executed' AND build IN ({latest}) "
            "GROUP BY key ORDER BY times DESC, program, stage LIMIT 1"
        )
        program, stage, times = self._rows.execute(query, (source.last,)).fetchone() or ("", "", 0)
        of = f"{program} {stage}".strip() or "no action was executed"
        member = Member(of, float(times), float(times), float(times))
        return Series((Point(bare_run(BUILDS, started), (member,)),), unit, is_lower_better=True)


def figure_programs(manifests: Manifests, figure: LaneFigure) -> list[str]:
    """The programs that a figure is about, as manifests have them now."""
    return [
        program.name
        for program, _ in manifests.of_lane(figure.name)
        if program.name in figure.programs
        or program.family in figure.families
        or not (figure.programs or figure.families)
    ]


def bare_run(name: str, started: str, machine_class: str = "") -> Run:
    """The row of a run of which no more is known: of builds, which are of the checkout as it is."""
    job, _, timestamp = name.partition("/")
    return Run(
        id=name,
        job=job,
        timestamp=timestamp,
        kind=job,
        started=started,
        folder=f"{RESULTS}/{name}",
        git_commit=None,
        git_is_dirty=None,
        machine_class=machine_class,
        reference=None,
        profile=None,
        is_quick=False,
        is_interrupted=False,
        is_of_record=True,
        problem="",
        result_bytes=None,
        result_mtime_ns=None,
    )


def _of_kpi(row: KpiRow) -> Member:
    return Member(
        of=f"{row.toolchain} {row.workload}",
        value=row.value,
        reason="" if row.value is not None else "the cell failed",
        is_failed=row.value is None,
        limit=row.limit_value,
        is_maximum=row.is_maximum,
        is_green=row.is_green,
    )


def _of_cell(row: CellRow) -> Member:
    if row.status == SCORED and row.ratio is not None:
        return Member(row.program, row.ratio, row.low, row.high, blocks=row.blocks)
    return Member(row.program, None, reason=row.status, is_failed=row.status in FAILED)


def _taken(members: Sequence[Member], take: str) -> tuple[Member, ...]:
    """The members, or their geometric mean alone."""
    scored = [one for one in members if one.value is not None]
    if take == "worst" or not scored:
        return tuple(members)
    return (
        Member(
            _programs([one.of for one in scored]),
            value=_mean([one.value for one in scored]),
            low=_mean([one.low for one in scored]),
            high=_mean([one.high for one in scored]),
        ),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and value > 0]
    if not known or len(known) < len(values):
        return None
    return math.exp(math.fsum(map(math.log, known)) / len(known))


def _programs(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else counted(len(names), "program")
