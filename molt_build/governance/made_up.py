"""Runs that never were, for canaries: rows by which a figure comes to wanted values, run by run.

They are rows of the history as runs leave them, so that a canary passes through all that a real run
does but for the measuring itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from molt_build.clock import utc
from molt_build.engines import Engine
from molt_build.governance.figures import bare_run
from molt_build.history.row_mapping import insert
from molt_build.history.runs import CellRow, EngineRow, KpiRow, PairRow, RunRows, write_run
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
from molt_build.manifests.model import Manifests
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS, GATES, SIGNALS, timestamp

WIDTH = 0.002  # of intervals, to either side: nobody waits for them to become narrow
_HOUR_S = 3600.0


@dataclass(frozen=True)
class MadeUp:
    """Who the runs are about, and when the latest of them began."""

    manifests: Manifests
    engine: Engine  # all of it said
    machine_class: str
    began: float  # seconds of the epoch

    def write(self, rows: sqlite3.Connection, source: Source, values: Sequence[float]) -> None:
        """A run for each value, an hour after the one before; the last is the latest."""
        if isinstance(source, BuildsFigure):
            _builds(rows, source, values[-1], utc(self.began))
            return
        for place, value in enumerate(values):
            began = self.began - (len(values) - 1 - place) * _HOUR_S
            write_run(rows, self._run(source, value, began))

    def _run(self, source: Source, value: float, began: float) -> RunRows:
        job = _JOBS[type(source)]
        if isinstance(source, LaneFigure | PairFigure):
            job = source.name if isinstance(source, LaneFigure) else source.lane
        run = bare_run(f"{job}/{timestamp(began)}", utc(began), self.machine_class)
        engine = EngineRow(
            str(self.engine), self.engine.toolchain, "x", self.engine.profile, self.engine.target
        )
        cells, kpis, pairs = self._measured(source, value)
        return RunRows(run, (engine,), tuple(cells), tuple(kpis), tuple(pairs))

    def _measured(
        self, source: Source, value: float
    ) -> tuple[Iterator[CellRow], Iterator[KpiRow], Iterator[PairRow]]:
        nothing: tuple[()] = ()
        if isinstance(source, CaseFigure | GreenRunsFigure):
            return iter(nothing), self._kpis(source, value), iter(nothing)
        if isinstance(source, PairFigure):
            return iter(nothing), iter(nothing), self._pairs(source, value)
        return self._cells(source, value), iter(nothing), iter(nothing)

    def _kpis(self, source: CaseFigure | GreenRunsFigure, value: float) -> Iterator[KpiRow]:
        """Of a case's KPI the value; of green runs whether this one was: above 0 it was."""
        row = KpiRow(
            "case", self.engine.toolchain, "made up", "kpi", "median_s", True, 1.0, 0.5, True, ""
        )
        if isinstance(source, GreenRunsFigure):
            yield replace(row, is_green=value > 0, source=source.of)
            return
        kpis = self.manifests.cases[source.name].kpis
        kpi = next(one for one in kpis if one.name == source.kpi)
        is_green = value <= kpi.limit if kpi.is_maximum else value >= kpi.limit
        yield replace(
            row,
            case_name=source.name,
            kpi=kpi.name,
            metric=kpi.metric,
            is_maximum=kpi.is_maximum,
            limit_value=kpi.limit,
            value=value,
            is_green=is_green,
            source=kpi.source,
        )

    def _pairs(self, source: PairFigure, value: float) -> Iterator[PairRow]:
        lane = self.manifests.lanes[source.lane]
        engine, over = (
            replace(self.engine, target=target).named(lane.profile, lane.target)
            for target in (source.target, source.over)
        )
        goal = next((pair.goal for pair in lane.pairs if pair.goal is not None), None)
        row = PairRow(lane.name, engine, over, "wall_s", goal, None)
        low, high = value * (1 - WIDTH), value * (1 + WIDTH)
        yield replace(row, ratio=value, low=low, high=high, blocks=9, programs=9)

    def _cells(self, source: Source, value: float) -> Iterator[CellRow]:
        low, high = value * (1 - WIDTH), value * (1 + WIDTH)
        if isinstance(source, LaneFigure):
            lane = self.manifests.lanes[source.name]
            name = self.engine.named(lane.profile, lane.target)
            for program, workload in self.manifests.of_lane(lane.name):
                names = ("", workload.name, program.name, name)
                yield CellRow(*names, source.metric, "ok", value, low, high, 9)
        elif isinstance(source, FriendsFigure):
            name = self.engine.named(self.manifests.project.default_profile, "native")
            suites = source.suites or tuple(self.manifests.suites)
            for place, suite in enumerate(suites):
                row = CellRow("", suite, "made_up", name, source.metric, "ok", value, low, high, 9)
                is_scored = source.take != "scored" or place < value
                yield row if is_scored else CellRow(*_head(row), status="failed")
        elif isinstance(source, SignalFigure):
            scope = self.manifests.signals[source.name].scope
            name = "" if scope == "project" else str(self.engine)
            yield CellRow("", "", "", name, source.name, "ok", median=value, n=1)
        elif isinstance(source, GatesFigure):
            for number in range(10):
                word = "pass" if number < round(value * 10) else "unmeasured"
                yield CellRow("", "", f"gate{number}", "", "red-line", word)


_JOBS: dict[type, str] = {
    CaseFigure: COMPILE_PROGRESS,
    GreenRunsFigure: COMPILE_PROGRESS,
    FriendsFigure: FRIENDS,
    SignalFigure: SIGNALS,
    GatesFigure: GATES,
    LaneFigure: "",
    PairFigure: "",
}


def _head(row: CellRow) -> tuple[str, str, str, str, str]:
    return row.case_name, row.workload, row.program, row.engine, row.metric


def _builds(rows: sqlite3.Connection, source: BuildsFigure, value: float, started: str) -> None:
    """Builds with such a share of hits, or in which one key was executed so often."""
    is_ratio = source.take == "hit-ratio"
    executed = round(1000 * (1 - value)) if is_ratio else 1
    build = {
        "started": started,
        "toolchain": "made_up",
        "profile": "dev",
        "target": "native",
        "seconds": 1.0,
        "executed": executed,
        "hits": 1000 - executed,
        "up_to_date": 0,
        "failed": 0,
        "stages": "{}",
    }
    for number in range(1 if is_ratio else max(round(value), 1)):
        insert(rows, "builds", [{"id": number + 1, **build}])
        action = {
            "build": number + 1,
            "program": "made_up",
            "stage": "compile",
            "status": "executed",
            "key": "key",
            "seconds": 1.0,
            "waited_s": 0.0,
            "is_wasted": 0,
            "changed": "[]",
            "differences": "[]",
        }
        insert(rows, "build_actions", [action])
