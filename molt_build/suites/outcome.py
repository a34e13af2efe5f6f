"""What a run of suites found, ready for JSON: `schemas/friends_result.schema.json` describes it.

Ratios are speed-ups: the reference's value over the engine's, so that above 1 an engine is
better. A suite that could not be measured has an entry of the same form, with nothing in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from molt_build.lanes.columns import Column, Measured, MeasuredColumn
from molt_build.lanes.published import (
    block_row,
    metric_row,
    metric_rows,
    plan_row,
    speedup_row,
    verdict,
)
from molt_build.manifests.model import Project, Source, Suite
from molt_build.measure.process import METRICS, STEADY_METRIC
from molt_build.sources.download import split_credentials
from molt_build.suites.engines import PreparedSuite, ReadyCell
from molt_build.suites.logs import log_path
from molt_build.suites.measuring import adapter_digests, pasted_cell
from molt_build.suites.scoring import track_of
from molt_build.suites.selection import SuiteSelection
from molt_build.suites.staging import StagedProgram

MIN_EFFECT = 0.02  # ratios closer to 1 than this are "equal"
MEASURED, INTERRUPTED = "measured", "interrupted"
UNREACHABLE, REFUSED, FAILED = "unreachable", "refused", "failed"


def unmeasured(
    project: Path, selection: SuiteSelection, status: str, reason: str
) -> dict[str, Any]:
    """The entry of a suite that nothing was measured of, and why."""
    return {
        **_head(project, selection, status, reason),
        "skipped": [],
        "plan": None,
        "parts": [],
        "warnings": [],
        "programs": {},
        "exclusions": [],
        "coverage": {"present": 0, "programs": 0, "scored": 0, "quick_left_out": 0},
        "cells": [],
        "blocks": [],
        "steady_blocks": [],
    }


def describe(
    project: Path,
    prepared: PreparedSuite,
    measured: Measured,
    tracks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The entry of a suite that was measured, wholly or in part; `tracks` as in `track_rows`."""
    staged = prepared.staged
    selection = staged.selection
    run, steady = measured.columns["run"], measured.columns.get("steady")
    status = INTERRUPTED if measured.is_interrupted else MEASURED
    scored = run.measurement.scored_by_all(selection.engines[1:])
    return {
        **_head(project, selection, status, ""),
        "adapter": _adapter(project, selection.suite, adapter_digests(selection)),
        "skipped": [asdict(one) for one in prepared.skipped],
        "plan": {
            "run": plan_row(run),
            "steady": None if steady is None else plan_row(steady),
            "hash_seeds": max((run, steady or run), key=lambda one: one.plan.blocks).hash_seeds,
        },
        "parts": [dict(part) for part in measured.parts],
        "warnings": list(measured.warnings),
        "programs": {one.program.name: _program(one, tracks) for one in staged.programs},
        "exclusions": [{"entry": entry, "reason": why} for entry, why in staged.exclusions],
        "coverage": {
            "present": staged.present,
            "programs": len(staged.programs),
            "scored": len([name for name in scored if _has_blocks(run, name)]),
            "quick_left_out": staged.quick_left_out,
        },
        "cells": [
            _cell(prepared, measured.columns, prepared.cells[one.program.name, engine])
            for one in staged.programs
            for engine in selection.engines
            if (one.program.name, engine) in prepared.cells
        ],
        "blocks": [block_row(block) for block in run.measurement.blocks],
        "steady_blocks": [
            block_row(block) for block in (steady.measurement.blocks if steady else ())
        ],
    }


def track_rows(project: Project) -> list[dict[str, Any]]:
    """The optimization program's tracks."""
    return [
        {"id": track.id, "title": track.title, "tags": list(track.tags)} for track in project.tracks
    ]


def _head(project: Path, selection: SuiteSelection, status: str, reason: str) -> dict[str, Any]:
    suite = selection.suite
    return {
        "name": suite.name,
        "description": suite.description,
        "friend": selection.friend,
        "licence": suite.licence,
        "status": status,
        "reason": reason,
        "source": _source(suite.source),
        "adapter": _adapter(project, suite, {}),
        "reference": selection.reference,
        "subject": selection.subject,
        "engines": list(selection.engines),
        "jit_engines": list(selection.jit_engines),
        "asked": {
            "programs": list(selection.asked.programs),
            "engines": list(selection.asked.engines),
        },
    }


def _source(source: Source) -> dict[str, Any]:
    if source.pypi is not None:
        kind, location = "pypi", f"{source.pypi} {source.version} {source.file}"
    elif source.git is not None:
        kind, location = "git", split_credentials(source.git)[0]
    elif source.archive is not None:
        kind, location = "archive", split_credentials(source.archive)[0]
    else:
        kind, location = "project", source.project or ""
    pin = source.commit or source.sha256
    return {"kind": kind, "location": location, "pin": pin, "ref": source.ref}


def _adapter(project: Path, suite: Suite, digests: Mapping[str, str]) -> dict[str, Any] | None:
    if suite.adapter is None:
        return None

    def shown(file: str | None) -> str | None:
        if file is None:
            return None
        path = os.path.relpath(file, project)
        return os.path.basename(file) if path.startswith("..") else path

    return {
        "drive": shown(suite.adapter.drive),
        "prepare": shown(suite.adapter.prepare),
        "note": suite.adapter.note,
        "digests": dict(digests),
    }


def _program(one: StagedProgram, tracks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    program = one.program
    return {
        "entry": program.entry,
        "module": one.module,
        "description": program.description,
        "kernel": program.kernel,
        "tags": list(program.tags),
        "track": track_of({"tags": program.tags}, tracks),
        "form": program.form,
        "size": program.size,
        "args": list(program.args),
        "c_accelerated": program.c_accelerated,
        "unchecked": program.unchecked,
        "source_digest": one.source_digest,
        "staged": str(one.folder),
    }


def _has_blocks(column: MeasuredColumn, program: str) -> bool:
    return any(block.program == program for block in column.measurement.blocks)


def _cell(
    prepared: PreparedSuite, columns: Mapping[Column, MeasuredColumn], ready: ReadyCell
) -> dict[str, Any]:
    selection = prepared.staged.selection
    key = ready.program, ready.engine
    run, steady = columns["run"], columns.get("steady")
    found = run.measurement.cells.get(key)
    if found is not None:
        status, reason = str(found.status), found.reason
    elif ready.status == "ready":
        status, reason = "unchecked", f"{selection.reference} gave no output to compare with"
    else:
        status, reason = ready.status, ready.reason
    is_compared = ready.engine != selection.reference
    ratios = {
        name: speedup_row(run.measurement, *key, name) if is_compared else None for name in METRICS
    }
    state = None if steady is None else steady.measurement.cells.get(key)
    return {
        "program": ready.program,
        "engine": ready.engine,
        "mode": ready.mode,
        "note": ready.note,
        "status": status,
        "reason": reason,
        "build": _build(ready),
        "argv": list(ready.argv),
        "environment": dict(ready.environment),
        "command": pasted_cell(ready, selection.suite.volatile) if ready.argv else "",
        "exit_status": run.exits.get(key),
        "log": str(log_path(selection.suite.name, *key)),
        "metrics": metric_rows(run.measurement, *key),
        "steady": None if steady is None else metric_row(steady.measurement, *key, STEADY_METRIC),
        "steady_status": None if state is None else [str(state.status), state.reason],
        "ratios": ratios,
        "steady_ratio": (
            speedup_row(steady.measurement, *key, STEADY_METRIC)
            if steady is not None and is_compared
            else None
        ),
        "verdict": verdict(ratios["wall_s"], MIN_EFFECT),
    }


def _build(ready: ReadyCell) -> dict[str, Any] | None:
    if ready.build_status is None:
        return None
    return {
        "status": ready.build_status,
        "seconds": None if ready.build_seconds is None else round(ready.build_seconds, 3),
        "commands": [
            {**asdict(command), "argv": list(command.argv)} for command in ready.build_commands
        ],
    }
