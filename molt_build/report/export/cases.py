"""The cells of a run of the cases, with their KPIs, as CSV and as JSON."""

from __future__ import annotations

import json
from typing import Any

from molt_build.codec import to_plain
from molt_build.report.export.csv_table import table
from molt_build.results.cases import CaseCell, CasesResult

_CELL = ("case", "toolchain", "workload", "shard", "profile", "cache_state", "clients", "status")
_COUNTS = ("hit_ratio", "executed_actions", "timeouts", "retries", "lock_wait_p95_s")
COLUMNS = (*_CELL, "reason", "n", "median_s", "p95_s", "mad_s", "maximum_s", *_COUNTS)


def csv_text(result: CasesResult) -> str:
    """A row for every cell, those that failed or were skipped included."""
    rows: list[list[object]] = []
    for cell in result.cells:
        red = " ".join(kpi.name for kpi in cell.kpis if kpi.is_green is False)
        rows.append([result.run, *_numbers(cell).values(), red])
    return table(["run", *COLUMNS, "red_kpis"], rows)


def json_text(result: CasesResult) -> str:
    """An object for every cell."""
    cells = [
        {
            **_numbers(cell),
            "ratio_to_interpreter": to_plain(cell.ratio_to_interpreter),
            "kpis": to_plain(cell.kpis),
            "metrics": dict(cell.metrics),
        }
        for cell in result.cells
    ]
    head = {
        "run": result.run,
        "started": result.started,
        "environment": to_plain(result.environment),
        "is_recorded": result.is_recorded,
    }
    return json.dumps({**head, "cells": cells}, indent=1) + "\n"


def _numbers(cell: CaseCell) -> dict[str, Any]:
    walls = cell.wall_s
    return {
        **{name: getattr(cell, name) for name in (*_CELL, "reason")},
        "n": walls.n if walls else 0,
        "median_s": walls and walls.median,
        "p95_s": walls and walls.p95,  # None below 20 samples
        "mad_s": walls and walls.mad,
        "maximum_s": walls and walls.maximum,
        **{name: getattr(cell, name) for name in _COUNTS},
    }
