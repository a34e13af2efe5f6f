"""Now against then: each engine beside the same at a revision, measured in the same blocks.

The change of a program is the median over blocks of then's value over now's, within the block: it
needs no reference, and above 1 the project became better. It is real where it is at least the
lane's minimum effect, its interval leaves out 1, and it survives the false-discovery correction
over the programs of its engine. A program whose own source changed is compared too, and marked:
what it says is about the program then, not about the compiler alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from molt_build.lanes.engines import Prepared, ReadyEngine
from molt_build.lanes.selection import Selection
from molt_build.measure.blocks import Measurement
from molt_build.measure.statistics import RatioEstimate, geometric_mean, paired_changes
from molt_build.store.digest import file_sha256

FALSE_DISCOVERY_RATE = 0.05
NOT_COMPARED = "not compared"


def against_facts(
    selection: Selection, prepared: Prepared, measurement: Measurement
) -> dict[str, Any] | None:
    """The comparison as published; None where none was asked for."""
    named = {one.name: one for one in prepared.all_engines}
    pairs = [
        (named[then.named.then_of], then)
        for then in prepared.engines
        if then.named.then_of is not None and then.named.then_of in named
    ]
    if not pairs:
        return None
    revision = pairs[0][1].revision
    assert revision is not None
    means, rows = {}, []
    for now, then in pairs:
        logs = measurement.log_ratios(then.name, selection.lane.metric, now.name)
        logs = {
            program.name: logs[program.name]
            for program, _ in selection.programs
            if program.name in logs
        }
        mean = geometric_mean(logs) if logs else None
        means[now.name] = None if mean is None else {**asdict(mean), "programs": len(logs)}
        changes = paired_changes(
            logs,
            min_effect=selection.lane.min_effect,
            false_discovery_rate=FALSE_DISCOVERY_RATE,
        )
        found = {one.program: one for one in changes}
        for program, _ in selection.programs:
            name = program.name
            change = found.get(name)
            row: dict[str, Any] = {
                "program": name,
                "engine": now.name,
                "then": then.name,
                "change": None,
                "p_value": None,
                "verdict": NOT_COMPARED,
                "reason": "",
                "source_changed": _source_changed(prepared, then, name),
                "same_build": _is_same_build(now, then, name),
            }
            if change is None:
                row["reason"] = "; ".join(_why_not(prepared, measurement, (now, then), name))
            else:
                row["change"] = asdict(change.change)
                row["p_value"] = change.p_value
                row["verdict"] = change_verdict(
                    change.change, selection.lane.min_effect, is_real=change.is_real
                )
            rows.append(row)
    return {
        "revision": revision.text,
        "commit": revision.commit,
        "false_discovery_rate": FALSE_DISCOVERY_RATE,
        "means": means,
        "rows": rows,
    }


def change_verdict(change: RatioEstimate, min_effect: float, *, is_real: bool) -> str:
    """faster or slower where the change is real; same where the interval says so."""
    if is_real:
        return "faster" if change.ratio > 1 else "slower"
    if change.low is None or change.high is None:
        return "inconclusive"
    limit = 1 + min_effect
    return "same" if change.low >= 1 / limit and change.high <= limit else "inconclusive"


def _why_not(
    prepared: Prepared, measurement: Measurement, pair: tuple[ReadyEngine, ...], program: str
) -> Iterator[str]:
    for one in pair:
        if one.lacks(program):
            yield f"there was no such program at {one.named.engine.revision}"
            return
    for one in (prepared.reference, *pair):
        cell = measurement.cells.get((program, one.name))
        if cell is None:
            made = one.report.programs.get(program)
            yield f"{one.name}: {made.reason if made is not None else 'its language is not taken'}"
        elif cell.status != "ok":
            yield f"{one.name}: {cell.status}: {cell.reason}"
        else:
            continue
        return
    yield "it was not measured"


def _source_changed(prepared: Prepared, then: ReadyEngine, program: str) -> bool:
    assert then.revision is not None
    digests = then.revision.source_digests
    return program in digests and digests[program] != prepared.source_digests.get(program)


def _is_same_build(now: ReadyEngine, then: ReadyEngine, program: str) -> bool:
    """Whether a compiler made the same bytes: then a difference is noise, or how it is run."""
    made = [one.report.programs.get(program) for one in (now, then)]
    outputs = [one.outputs if one is not None and one.is_built else {} for one in made]
    if not outputs[0] or outputs[0].keys() != outputs[1].keys():
        return False
    return all(
        file_sha256(file) == file_sha256(outputs[1][name]) for name, file in outputs[0].items()
    )
