"""hyperfine's JSON, as `hyperfine --export-json` of version 1 writes it: an entry for each name.

`user` and `system` are null: processor seconds are measured as one sum (in `result.json`). Whole
runs only: of a steady state there is no command to time. A case is several commands: it goes by its
name, as with hyperfine's own `--command-name`.
"""

from __future__ import annotations

import json
from statistics import fmean, stdev

from molt_build.report.export.timed import Timings


def text(found: Timings) -> str:
    """The results, each with its program and engine as parameters."""
    entries = []
    for one in found.rows:
        if one.is_steady:
            continue
        times = [run.seconds for run in one.runs]
        peaks = [run.peak_memory_bytes for run in one.runs if run.peak_memory_bytes is not None]
        entries.append(
            {
                "command": one.command or found.name(one),
                "mean": fmean(times),
                "stddev": stdev(times) if len(times) > 1 else None,
                "median": one.summary.median,
                "user": None,
                "system": None,
                "min": min(times),
                "max": max(times),
                "times": times,
                **({"memory_usage_byte": peaks} if peaks else {}),
                "exit_codes": [0] * len(times),  # what ended otherwise is not scored
                "parameters": {"program": one.title, "engine": one.engine},
            }
        )
    return json.dumps({"results": entries}, indent=2) + "\n"
