"""A lane's result: the published facts of a measurement, ready for JSON.

Ratios are speed-ups everywhere: the reference's value over the engine's, so that above 1 an
engine is better, whether it needs less time or less memory. `schemas/result.schema.json`
describes every property.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from molt_build.clock import utc
from molt_build.lanes.against import against_facts
from molt_build.lanes.columns import Measured
from molt_build.lanes.engines import Prepared, ReadyEngine, build_facts, build_status
from molt_build.lanes.published import (
    block_row,
    log_speedups,
    metric_rows,
    plan_row,
    ratio_row,
    speedup_row,
    toolchain_facts,
    verdict,
)
from molt_build.lanes.selection import Selection
from molt_build.measure import blocks
from molt_build.measure.environment import Environment
from molt_build.measure.process import METRICS
from molt_build.measure.scratch import SCRATCH_FOLDERS
from molt_build.measure.statistics import (
    geometric_mean,
)
from molt_build.runs.folder import SCHEMA_VERSION

# Ended or refused in a way that is the engine's fault, unlike "unsupported", which was declared.
FAILURES = ("differs", "failed", "timeout", "build-failed")


def describe(
    run: str,
    selection: Selection,
    prepared: Prepared,
    measured: Measured,
    environment: Environment,
    command: Sequence[str],
) -> dict[str, Any]:
    """The whole result of a run of that name."""
    lane = selection.lane
    names = [program.name for program, _ in selection.programs]
    engines = [engine.name for engine in prepared.engines]
    column = measured.columns["run"]
    measurement = column.measurement
    speedups = {name: log_speedups(measurement, name, lane.metric) for name in engines}
    for by_program in speedups.values():
        if selection.startup is not None and selection.startup[0].name not in names:
            by_program.pop(selection.startup[0].name, None)

    def cell(engine: ReadyEngine, program: str) -> dict[str, Any]:
        return _cell(measurement, engine, program, lane.metric, lane.min_effect)

    cells = [cell(engine, name) for name in names for engine in prepared.all_engines]
    startup = [
        cell(engine, selection.startup[0].name)
        for engine in prepared.all_engines
        if selection.startup is not None
    ]
    return {
        "kind": "result",
        "schema_version": SCHEMA_VERSION,
        "run": f"{lane.name}/{run}",
        "lane": lane.name,
        "description": lane.description,
        "command": list(command),
        "started": measured.parts[0]["started"],
        "finished": utc(time.time()),
        "interrupted": measured.is_interrupted,
        "quick": selection.asked.is_quick,
        "profile": selection.profile,
        "target": lane.target,
        "metric": lane.metric,
        "min_effect": lane.min_effect,
        "reference": prepared.reference.name,
        "subject": lane.subject,
        "judged": list(selection.judged),
        "engines": engines,
        "environment": asdict(environment),
        "plan": {
            **plan_row(column),
            "run_timeout_s": lane.run_timeout_s,
            "pinned_cpu": measured.pinned_cpu,
            "peak_memory_floor_bytes": measured.peak_memory_floor_bytes,
            "hash_seeds": column.hash_seeds,
        },
        "parts": [dict(part) for part in measured.parts],
        "warnings": list(measured.warnings),
        "toolchains": {engine.name: _engine_facts(engine) for engine in prepared.all_engines},
        "skipped": [{"engine": name, **asdict(one)} for name, one in prepared.skipped.items()],
        "programs": {
            program.name: {
                "workload": workload.name,
                "family": program.family,
                "tags": list(program.tags),
                "description": program.description,
                "source_digest": prepared.source_digests.get(program.name),
            }
            for program, workload in selection.programs
        },
        "builds": {one.name: build_facts(one.report, names) for one in prepared.all_engines},
        "against": against_facts(selection, prepared, measurement),
        "summaries": _summaries(selection, measurement, speedups, cells),
        "cells": cells,
        "startup": startup,
        "blocks": [block_row(block) for block in measurement.blocks],
    }


def failures(result: Mapping[str, Any]) -> list[str]:
    """The cells that make a lane fail: of the engines it is judged by, and of the reference."""
    judged = (*result["judged"], result["reference"])
    return [
        f"{cell['program']} under {cell['engine']}: {cell['status']}: {cell['reason']}"
        for cell in result["cells"]
        if cell["engine"] in judged and cell["status"] in FAILURES
    ]


def speedups_of(result: Mapping[str, Any], engine: str, metric: str) -> dict[str, list[float]]:
    """Per scored program the log speed-ups of a result's blocks, in order."""
    reference = result["reference"]
    scored = {
        cell["program"]
        for cell in result["cells"]
        if cell["engine"] == engine and cell["ratios"].get(metric) is not None
    }
    measurement = blocks.Measurement(
        reference=reference,
        engines=(reference, engine),
        blocks=tuple(_block(row) for row in result["blocks"]),
        cells={
            (name, side): blocks.Cell(name, side, "ok")
            for name in scored
            for side in (reference, engine)
        },
    )
    return log_speedups(measurement, engine, metric)


def _cell(
    measurement: blocks.Measurement,
    engine: ReadyEngine,
    program: str,
    metric: str,
    min_effect: float,
) -> dict[str, Any]:
    made = engine.report.programs.get(program)
    cell = measurement.cells.get((program, engine.name))
    if cell is not None:
        status, reason = str(cell.status), cell.reason
    elif made is not None:
        status, reason = build_status(made), made.reason
    elif engine.lacks(program):
        status, reason = "absent", f"there was no such program at {engine.named.engine.revision}"
    else:
        status, reason = "unsupported", f"{engine.toolchain.name} does not take its language"
    is_reference = engine.name == measurement.reference
    ratios: dict[str, Any] = {}
    if not is_reference:
        ratios = {name: speedup_row(measurement, program, engine.name, name) for name in METRICS}
    return {
        "program": program,
        "engine": engine.name,
        "status": status,
        "reason": reason,
        "argv": list(made.argv) if made is not None else [],
        "environment": _environment(made.environment) if made is not None and made.is_built else {},
        "metrics": metric_rows(measurement, program, engine.name),
        "ratios": ratios,
        "verdict": None if is_reference else verdict(ratios[metric], min_effect),
    }


def _environment(declared: Mapping[str, str]) -> dict[str, str]:
    private = {"HOME": SCRATCH_FOLDERS[0], "TMPDIR": SCRATCH_FOLDERS[1]}
    places = {name: f"{{scratch}}/{folder}" for name, folder in private.items()}
    return {**places, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "{seed}", **declared}


def _engine_facts(one: ReadyEngine) -> dict[str, Any]:
    """An engine as it was measured: its toolchain, profile, target and revision."""
    engine, at = one.named.engine, one.revision
    return {
        **toolchain_facts(one.toolchain),
        "profile": engine.profile,
        "target": engine.target,
        "revision": None if at is None else at.commit,
    }


def _summaries(
    selection: Selection,
    measurement: blocks.Measurement,
    speedups: Mapping[str, Mapping[str, Sequence[float]]],
    cells: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    names = [program.name for program, _ in selection.programs]
    engines = list(speedups)
    common = [name for name in names if all(name in speedups[engine] for engine in engines)]
    families = dict.fromkeys(program.family for program, _ in selection.programs)
    members = {
        family: [p.name for p, _ in selection.programs if p.family == family] for family in families
    }
    return {
        "compared": {
            "programs": common,
            "engines": {engine: geometric_mean_row(speedups[engine], common) for engine in engines},
        },
        "own": {
            engine: geometric_mean_row(
                speedups[engine], [name for name in names if name in speedups[engine]]
            )
            for engine in engines
        },
        "families": {
            family: {
                engine: geometric_mean_row(
                    speedups[engine], [name for name in there if name in speedups[engine]]
                )
                for engine in engines
            }
            for family, there in members.items()
        },
        "verdicts": {engine: _verdicts(cells, engine) for engine in engines},
        "peak_memory_bytes": {
            engine: _median_peak(cells, engine) for engine in (measurement.reference, *engines)
        },
    }


def geometric_mean_row(
    by_program: Mapping[str, Sequence[float]], programs: Sequence[str]
) -> dict[str, Any] | None:
    """The geometric mean of these programs' speed-ups; None without programs."""
    if not programs:
        return None
    estimate = geometric_mean({name: by_program[name] for name in programs})
    return {**ratio_row(estimate), "programs": len(programs)}


def _verdicts(cells: Sequence[Mapping[str, Any]], engine: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"faster": [], "slower": [], "equal": [], "unclear": []}
    for cell in cells:
        if cell["engine"] == engine and cell["verdict"] is not None:
            found[cell["verdict"]].append(cell["program"])
    return found


def _median_peak(cells: Sequence[Mapping[str, Any]], engine: str) -> float | None:
    """The median over an engine's scored programs of their median peak memory."""
    peaks = [
        cell["metrics"]["peak_memory_bytes"]["median"]
        for cell in cells
        if cell["engine"] == engine and cell["metrics"]
    ]
    return median(peaks) if peaks else None


def _block(row: Mapping[str, Any]) -> blocks.Block:
    runs = tuple(
        blocks.Timing(
            program=row["program"],
            engine=run["engine"],
            block=row["index"],
            position=position,
            hash_seed=row["hash_seed"],
            metrics={name: run[name] for name in METRICS},
        )
        for position, run in enumerate(row["runs"])
    )
    return blocks.Block(row["program"], row["index"], row["hash_seed"], runs)
