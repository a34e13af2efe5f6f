"""A run of the differential job: where engines diverge, as CSV, JSON and for a job's summary."""

from __future__ import annotations

import json
from typing import Any

from molt_build.codec import to_plain
from molt_build.report.differential_summary import findings, of_engines
from molt_build.report.export.csv_table import table
from molt_build.report.page import rendered
from molt_build.results.differential import ComparedCell, DifferentialResult

_CELL = ("program", "engine", "status", "reason", "runs", "exit_status", "last_line")


def csv_text(result: DifferentialResult) -> str:
    """A row for every program under every engine."""
    rows: list[list[object]] = []
    for cell in result.cells:
        family = result.programs[cell.program].family
        rows.append([result.run, family, *_facts(cell).values()])
    return table(["run", "family", *_CELL], rows)


def json_text(result: DifferentialResult) -> str:
    """An object for every program under every engine, and what is declared."""
    head = {
        "run": result.run,
        "started": result.started,
        "environment": to_plain(result.environment),
        "is_recorded": result.is_recorded,
        "reference": result.reference,
    }
    cells = [{**_facts(cell), "diff": list(cell.diff)} for cell in result.cells]
    declared = to_plain(result.divergences)
    return json.dumps({**head, "cells": cells, "divergences": declared}, indent=1) + "\n"


def text(result: DifferentialResult) -> str:
    """Markdown for a job's summary: the counts, and each finding."""
    return rendered(
        "differential_job.md.j2",
        result=result,
        engines=of_engines(result),
        findings=findings(result),
    )


def _facts(cell: ComparedCell) -> dict[str, Any]:
    return {name: getattr(cell, name) for name in _CELL}
