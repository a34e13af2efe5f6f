"""Now against then: each engine beside the same at a revision, measured in the same blocks.

The change of a program is the median over blocks of then's value over now's, within the block: it
needs no reference, and above 1 the project became better. It is real where it is at least the
lane's minimum effect, its interval leaves out 1, and it survives the false-discovery correction
over the programs of its engine. A program of which the same ran then and now is a control. A
program whose own source changed is compared too, and marked: what it says is about the program
then, not about the compiler alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from molt_build.bench.preparing import Prepared, ReadyEngine
from molt_build.bench.ways import MeasuredWay
from molt_build.measure.blocks import log_ratios
from molt_build.measure.counts import counted_changes
from molt_build.measure.process import METRIC_WAYS, Way
from molt_build.measure.significance import ChangeEstimate, paired_changes
from molt_build.results.bench import LaneResult
from molt_build.results.changes import Against, Controls, RevisionChange
from molt_build.results.controls import is_unchanged, with_controls
from molt_build.results.scoring import mean_of
from molt_build.results.verdicts import FALSE_DISCOVERY_RATE, change_verdict
from molt_build.store.digest import tree_sha256


def against(
    lane: LaneResult, prepared: Prepared, ways: Mapping[Way, MeasuredWay]
) -> Against | None:
    """The comparison, in the first column; None where none was asked for."""
    named = {one.name: one for one in prepared.engines}
    pairs = [
        (named[then.named.then_of], then)
        for then in prepared.engines
        if then.named.then_of is not None and then.named.then_of in named
    ]
    way = METRIC_WAYS[lane.metric]
    if not pairs or way not in ways:
        return None
    revision = pairs[0][1].revision
    assert revision is not None
    means, changes, controls = {}, [], {}
    for now, then in pairs:
        measurement = ways[way].measurement
        found = log_ratios(measurement.blocks, now.name, then.name, lane.metric)
        logs = {
            name: found[name]
            for name in lane.programs
            if name in found and all(measurement.is_scored(name, one.name) for one in (now, then))
        }
        floor, effect = lane.floor(lane.metric, now.name, then.name), lane.effect(lane.metric)
        means[now.name] = mean_of(logs, floor)
        unchanged = [
            name
            for name in logs
            if is_unchanged(then.cells[name].artifacts, now.cells[name].artifacts)
        ]
        judge = partial(_judged, logs, floor, effect)
        found_changes, alarms = with_controls(logs, unchanged, judge)
        controls[now.name] = Controls(tuple(unchanged), alarms)
        for name in lane.programs:
            change = _change(lane, prepared, (now, then), name, found_changes.get(name))
            is_control = name in unchanged
            changes.append(replace(change, verdict="control") if is_control else change)
    return Against(
        revision=revision.text,
        commit=revision.commit,
        metric=lane.metric,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        means=means,
        changes=tuple(changes),
        controls={engine: one for engine, one in controls.items() if one.programs},
    )


def _judged(
    logs: Mapping[str, Sequence[float]], floor: float | None, effect: float, names: Sequence[str]
) -> list[ChangeEstimate]:
    """The changes of these programs; those of counts have a floor."""
    chosen = {name: logs[name] for name in names}
    if floor is not None:
        return counted_changes(chosen, floor)
    return paired_changes(chosen, min_effect=effect, false_discovery_rate=FALSE_DISCOVERY_RATE)


def _change(
    lane: LaneResult,
    prepared: Prepared,
    pair: tuple[ReadyEngine, ReadyEngine],
    program: str,
    found: ChangeEstimate | None,
) -> RevisionChange:
    now, then = pair
    engines = (lane.reference, now.name, then.name)
    return RevisionChange(
        program=program,
        engine=now.name,
        then=then.name,
        change=None if found is None else found.change,
        p_value=None if found is None else found.p_value,
        verdict="not compared"
        if found is None
        else change_verdict(found.change, lane.effect(lane.metric), is_real=found.is_real),
        reason="" if found is not None else _why_not(lane, engines, program),
        source_changed=_source_changed(prepared, then, program),
        same_build=_is_same_build(now, then, program),
    )


def _why_not(lane: LaneResult, engines: Iterable[str], program: str) -> str:
    """Why a program was not compared: what became of the first cell that was not scored."""
    cells = lane.cells_by_key
    outcomes = {engine: cells[program, engine].outcome(lane.metric) for engine in engines}
    absent = [one.reason for one in outcomes.values() if one.status == "absent"]
    wanting = [
        f"{engine}: {outcome.status}: {outcome.reason}"
        for engine, outcome in outcomes.items()
        if outcome.status != "ok"
    ]
    return next(iter((*absent, *wanting)), "it was not measured")


def _source_changed(prepared: Prepared, then: ReadyEngine, program: str) -> bool:
    assert then.revision is not None
    before = then.revision.programs.get(program)
    digest = before.source_digest if before is not None else None
    return digest is not None and digest != prepared.staged.all[program].source_digest


def _is_same_build(now: ReadyEngine, then: ReadyEngine, program: str) -> bool:
    """Whether a compiler made the same bytes: then a difference is noise, or how it is run."""
    made, earlier = (one.cells[program].outputs for one in (now, then))
    if not made or made.keys() != earlier.keys():
        return False
    return all(
        tree_sha256(Path(path)) == tree_sha256(Path(earlier[name])) for name, path in made.items()
    )
