"""pyperf's JSON, version 1.0: a benchmark for every scored cell, a run for each of its runs.

A benchmark is named after its program where the file holds one engine, so that two files can be
given to `pyperf compare_to`; else after program and engine. The values are wall seconds.
https://pyperf.readthedocs.io/en/latest/api.html#benchmarksuite-class
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def text(result: Mapping[str, Any], engines: Sequence[str]) -> str:
    """The suite."""
    runs = _runs(result)
    benchmarks = []
    for cell in result["cells"]:
        rows = runs.get((cell["program"], cell["engine"]))
        if cell["engine"] not in engines or cell["status"] != "ok" or not rows:
            continue
        name = cell["program"]
        if len(engines) > 1:
            name = f"{name} [{cell['engine']}]"
        benchmarks.append(
            {
                "metadata": {"name": name, "tags": [cell["engine"]], "loops": 1},
                "runs": [
                    {
                        "metadata": {"command_max_rss": int(row["peak_memory_bytes"])},
                        "values": [row["wall_s"]],
                    }
                    for row in rows
                ],
            }
        )
    environment = result["environment"]
    metadata = {
        "unit": "second",
        "cpu_count": environment["cores"],
        "cpu_model_name": environment["cpu_model"],
        "platform": f"{environment['system']} {environment['kernel']}",
        "date": result["started"].replace("T", " ").rstrip("Z"),
        "description": result["run"],
    }
    return json.dumps({"benchmarks": benchmarks, "metadata": metadata, "version": "1.0"}) + "\n"


def _runs(result: Mapping[str, Any]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    runs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for block in result["blocks"]:
        for run in block["runs"]:
            runs.setdefault((block["program"], run["engine"]), []).append(run)
    return runs
