"""What the latest complete run of a lane says of programs under an engine, from the history.

A ratio is times as good as the lane's reference, a median is in the metric's unit. Of an engine it
is the geometric mean over the programs that it scored. Only runs on this class of machine count,
and of an engine at a revision those of exactly that commit.
"""

from __future__ import annotations

from statistics import geometric_mean

from molt_build.history.runs import CellRow
from molt_build.manifests.signal import LaneReader, LaneTake
from molt_build.results.signals import SignalPart
from molt_build.signals.reading import Material, NotRead, Reading

SCORED = "ok"


def read(how: LaneReader, material: Material) -> Reading:
    """The number of a program, or of an engine the mean over its programs; raises `NotRead`."""
    return of_lane(how.lane, how.metric, how.take, material)


def of_lane(lane: str, metric: str, take: LaneTake, material: Material) -> Reading:
    """The same, for other readers that read a lane's runs; raises `NotRead`."""
    assert material.engine is not None  # `molt-build check` allows no other scope
    if material.lanes is None:
        raise NotRead("the history cannot be read")
    run = material.lanes.latest(lane, material.commit, metric)
    if run is None:
        at = f" at {material.commit[:12]}" if material.commit is not None else ""
        what = f"no complete run of {lane}{at} on this class of machine is recorded"
        raise NotRead(f"{what} with the column {metric}")
    cells = material.lanes.cells(run.id, material.engine, metric)
    if not cells:
        raise NotRead(f"{run.id} has not measured {material.engine.toolchain} in {metric}")
    values: dict[str, float] = {}
    for program in material.programs:
        cell = cells.get(program)
        value = None if cell is None else _value(cell, take)
        if value is not None:
            values[program] = value
        elif len(material.programs) == 1:
            raise NotRead(_why_not(run.id, program, cell, take))
    if not values:
        raise NotRead(f"{run.id} scored none of these programs")
    note = (f"of {run.id}",)
    if len(material.programs) == 1:
        return Reading(next(iter(values.values())), (), note)
    parts = tuple(SignalPart(name, value) for name, value in values.items())
    return Reading(geometric_mean(values.values()), parts, note)


def _value(cell: CellRow, take: LaneTake) -> float | None:
    if cell.status != SCORED:
        return None
    return cell.ratio if take == "ratio" else cell.median


def _why_not(run: str, program: str, cell: CellRow | None, take: LaneTake) -> str:
    if cell is None:
        return f"{run} has not measured {program}"
    if cell.status != SCORED:
        return f"{run} did not score {program}: {cell.status}"
    return f"{run} has no {take} of {program}: it is the reference's own"
