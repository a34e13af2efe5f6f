"""JSON: one object with the run, its machine, and an object for every cell, failures included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from molt_build.codec import to_plain
from molt_build.report.export.cells import Exported, ExportedCell


def text(run: Exported) -> str:
    """Estimates as in `result.json`, without the blocks that they are made of."""
    result = run.result
    facts = {
        "run": result.run,
        "started": result.started,
        "environment": to_plain(result.environment),
        "engines": list(run.engines),
        "cells": [_cell(one) for one in run.cells],
        "pairs": list(_pairs(run)),
    }
    return json.dumps(facts, indent=1) + "\n"


def _pairs(run: Exported) -> Iterator[dict[str, Any]]:
    """Engines against one another, of those that are exported."""
    for lane in run.result.lanes.values():
        for pair in lane.pairs:
            if {pair.engine, pair.over} <= set(run.engines):
                yield {"lane": lane.name, **to_plain(pair)}


def _cell(one: ExportedCell) -> dict[str, Any]:
    cell = one.cell
    speedups = {name: found.speedup for name, found in cell.metrics.items()}
    return {
        "program": cell.program,
        "workload": one.workload,
        "family": one.family,
        "engine": cell.engine,
        "status": cell.status,
        "reason": cell.reason,
        "verdict": cell.verdict(one.lane.metric),
        "argv": list(cell.argv),
        "build_s": one.build_s,
        "metrics": {name: to_plain(found.summary) for name, found in cell.metrics.items()},
        "ratios": {name: to_plain(row) for name, row in speedups.items() if row is not None},
    }
