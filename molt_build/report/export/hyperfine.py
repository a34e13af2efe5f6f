"""hyperfine's JSON, as `hyperfine --export-json` writes it: an entry for every scored cell.

`user` and `system` are null: processor seconds are measured as one sum (in `result.json`).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from statistics import fmean, median, stdev
from typing import Any


def text(result: Mapping[str, Any], engines: Sequence[str]) -> str:
    """The results, each with its program and engine as parameters."""
    entries = []
    for cell in result["cells"]:
        if cell["engine"] not in engines or cell["status"] != "ok":
            continue
        runs = [
            run
            for block in result["blocks"]
            if block["program"] == cell["program"]
            for run in block["runs"]
            if run["engine"] == cell["engine"]
        ]
        if not runs:
            continue
        times = [run["wall_s"] for run in runs]
        entries.append(
            {
                "command": shlex.join(cell["argv"]),
                "mean": fmean(times),
                "stddev": stdev(times) if len(times) > 1 else None,
                "median": median(times),
                "user": None,
                "system": None,
                "min": min(times),
                "max": max(times),
                "times": times,
                "memory_usage_byte": [int(run["peak_memory_bytes"]) for run in runs],
                "exit_codes": [0] * len(runs),  # a cell with any other status is not scored
                "parameters": {"program": cell["program"], "engine": cell["engine"]},
            }
        )
    return json.dumps({"results": entries}, indent=2) + "\n"
