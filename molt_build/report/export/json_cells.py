"""JSON: one object with the run, its machine, and an object for every cell, failures included."""

from __future__ import annotations

import json
from dataclasses import asdict

from molt_build.report.export.cells import Exported

_RAW = ("runs", "steady_runs", "title")  # in `result.json`


def text(run: Exported) -> str:
    """Estimates as in `result.json`, in one form for lanes and suites."""
    cells = [asdict(cell) for cell in run.cells]
    rows = [{name: v for name, v in cell.items() if name not in _RAW} for cell in cells]
    facts = {**asdict(run), "cells": rows}
    return json.dumps(facts, indent=1) + "\n"
