"""The board with the past of each of its figures, the gates' latest verdicts, and annotations."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from molt_build.codec import to_plain
from molt_build.governance.board import board_from
from molt_build.governance.figures import Figures, Series
from molt_build.governance.targets import worst
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests
from molt_build.report.dashboard.packing import rounded
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS, SIGNALS

Facts = dict[str, Any]


def judged_facts(
    rows: sqlite3.Connection,
    manifests: Manifests,
    engine: str | None,
    now: float,
    warn: Callable[[str], None],
) -> Facts:
    """The board, the points of its KPIs, and the days that gates are told to pass over."""
    figures = Figures(rows, manifests, engine, warn)
    board = board_from(figures, manifests, now)
    limits = {(track.name, kpi.name): kpi for track in board.tracks for kpi in track.kpis}
    points = {}
    for track in manifests.tracks.values():
        for kpi in track.kpis:
            shown = limits[track.name, kpi.name]
            series = figures.series(kpi.source)
            points[f"{track.name} {kpi.name}"] = _points(series, is_maximum=shown.is_maximum)
    return {
        "board": to_plain(board),
        "points": points,
        "annotations": _annotations(manifests.gates),
    }


def _points(series: Series, *, is_maximum: bool) -> Facts:
    rows = []
    for point in series.points:
        one = worst(point.members, is_maximum=is_maximum)
        rows.append([point.run.id, *(rounded(n) for n in (one.value, one.low, one.high)), one.of])
    return {"unit": series.unit, "lower": series.is_lower_better, "rows": rows}


def _annotations(gates: Mapping[str, Gate]) -> list[Facts]:
    return [
        {"gate": gate.name, "job": _job(gate), **asdict(row)}
        for gate in gates.values()
        for row in gate.annotations
    ]


def _job(gate: Gate) -> str:
    """The job whose runs a gate is about; empty where it is none."""
    if gate.lane is not None:
        return gate.lane.name
    if gate.pair is not None:
        return gate.pair.lane
    if gate.case is not None or gate.green_runs is not None:
        return COMPILE_PROGRESS
    if gate.friends is not None:
        return FRIENDS
    return SIGNALS if gate.signal is not None else ""
