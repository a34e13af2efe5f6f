"""The cells of a run of the cases, with their KPIs, as CSV and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from molt_build.report.export.csv_table import table

_CELL = ("case", "toolchain", "workload", "shard", "profile", "cache_state", "clients", "status")
_NUMBERS = ("reason", "n", "median_s", "p95_s", "mad_s", "hit_ratio", "executed_actions")
_COUNTS = ("timeouts", "retries", "lock_wait_p95_s")
COLUMNS = (*_CELL, *_NUMBERS, *_COUNTS)


def csv_text(result: Mapping[str, Any]) -> str:
    """A row for every cell, those that failed or were skipped included."""
    rows = []
    for cell in result["cells"]:
        red = " ".join(kpi["name"] for kpi in cell["kpis"] if kpi["is_green"] is False)
        rows.append([result["run"], *(cell[name] for name in COLUMNS), red])
    return table(["run", *COLUMNS, "red_kpis"], rows)


def json_text(result: Mapping[str, Any]) -> str:
    """An object for every cell."""
    names = (*COLUMNS, "ratio_to_interpreter", "kpis")
    cells = [{name: cell[name] for name in names} for cell in result["cells"]]
    head = {name: result[name] for name in ("run", "started", "environment", "is_recorded")}
    return json.dumps({**head, "cells": cells}, indent=1) + "\n"
