"""hyperfine's JSON, as `hyperfine --export-json` writes it: an entry for every scored cell.

`user` and `system` are null: processor seconds are measured as one sum (in `result.json`). Whole
runs only: of a steady state there is no command to time.
"""

from __future__ import annotations

import json
import shlex
from statistics import fmean, median, stdev

from molt_build.report.export.cells import Exported


def text(run: Exported) -> str:
    """The results, each with its program and engine as parameters."""
    entries = []
    for one in run.cells:
        runs = one.runs.get("run")
        if not runs:
            continue
        times = [values["wall_s"] for values in runs]
        entries.append(
            {
                "command": shlex.join(one.cell.argv),
                "mean": fmean(times),
                "stddev": stdev(times) if len(times) > 1 else None,
                "median": median(times),
                "user": None,
                "system": None,
                "min": min(times),
                "max": max(times),
                "times": times,
                "memory_usage_byte": [int(values["peak_memory_bytes"]) for values in runs],
                "exit_codes": [0] * len(times),  # a cell with any other status is not scored
                "parameters": {"program": one.title, "engine": one.cell.engine},
            }
        )
    return json.dumps({"results": entries}, indent=2) + "\n"
