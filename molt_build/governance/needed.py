"""The runs that gates and tracks rest on: without them a past, a streak or an evidence is shorter.

A gate against a history rests on its latest run and the ten before it, whose median that is seen
against; one against a red line on its latest run, and on the one before, which may be its limit; a
KPI of a track on as many runs as it must be met in. Of a base it is the latest run beside one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from molt_build.governance.bases import base_runs
from molt_build.governance.figures import Figures
from molt_build.governance.past import WINDOW
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests


def needed_runs(
    rows: sqlite3.Connection,
    manifests: Manifests,
    machine_class: str,
    warn: Callable[[str], None],
) -> dict[str, str]:
    """Run -> what rests on it, of this class of machine."""
    found: dict[str, str] = {}
    for gate in manifests.gates.values():
        for run in _of_gate(rows, manifests, gate, machine_class, warn):
            found.setdefault(run, f"the gate {gate.name} rests on it")
    figures = Figures(rows, manifests, None, warn, machine_class=machine_class)
    for track in manifests.tracks.values():
        for kpi in track.kpis:
            for point in figures.series(kpi.source).points[-kpi.runs :]:
                found.setdefault(point.run.id, f"{track.name} rests on it ({kpi.name})")
    return found


def _of_gate(
    rows: sqlite3.Connection,
    manifests: Manifests,
    gate: Gate,
    machine_class: str,
    warn: Callable[[str], None],
) -> Iterator[str]:
    if gate.against == "base":
        assert gate.lane is not None  # `molt-build check` allows no other figure
        runs = base_runs(rows, gate.lane.name, machine_class, warn)
        yield from (run.id for run in runs[-1:])
        return
    figures = Figures(rows, manifests, gate.engine, warn, machine_class=machine_class)
    count = WINDOW + 1 if gate.against == "history" else 2
    yield from (point.run.id for point in figures.series(gate.source).points[-count:])
