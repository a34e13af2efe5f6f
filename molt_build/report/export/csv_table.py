"""CSV: a row for every cell, failures included; RFC 4180 with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from molt_build.measure.process import METRICS

_HEAD = ("run", "program", "workload", "family", "engine", "status", "reason", "verdict")
_RATIO = ("ratio", "low", "high")
_SUMMARY = ("n", "median", "p95", "mad", "minimum", "maximum")


def text(result: Mapping[str, Any], engines: Sequence[str]) -> str:
    """The table; a ratio is reference over engine, so above 1 is better."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    columns = [f"{metric}_{name}" for metric in METRICS for name in (*_RATIO, *_SUMMARY)]
    writer.writerow([*_HEAD, *columns, "build_s"])
    for cell in result["cells"]:
        if cell["engine"] not in engines:
            continue
        program = result["programs"][cell["program"]]
        row = [result["run"], cell["program"], program["workload"], program["family"]]
        row += [cell["engine"], cell["status"], cell["reason"], cell["verdict"]]
        for metric in METRICS:
            ratio = cell["ratios"].get(metric) or {}
            summary = cell["metrics"].get(metric) or {}
            row += [ratio.get(name) for name in _RATIO]
            row += [summary.get(name) for name in _SUMMARY]
        build = result["builds"].get(cell["engine"], {}).get("programs", {})
        row.append(build.get(cell["program"], {}).get("seconds"))
        writer.writerow(["" if value is None else value for value in row])
    return stream.getvalue()
