"""CSV: a row for every cell, failures included; RFC 4180 with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from molt_build.measure.process import METRICS, STEADY_METRIC
from molt_build.report.export.cells import Exported

_HEAD = ("program", "workload", "family", "engine", "status", "reason", "verdict")
_RATIO = ("ratio", "low", "high")
_SUMMARY = ("n", "median", "p95", "mad", "minimum", "maximum")


def text(run: Exported) -> str:
    """The table; a ratio is reference over engine, so above 1 is better."""
    has_steady = any(STEADY_METRIC in cell.metrics for cell in run.cells)
    metrics = [*METRICS, STEADY_METRIC] if has_steady else [*METRICS]
    columns = [f"{metric}_{name}" for metric in metrics for name in (*_RATIO, *_SUMMARY)]
    rows = []
    for cell in run.cells:
        row = [run.run, *(getattr(cell, name) for name in _HEAD)]
        for metric in metrics:
            ratio, summary = cell.ratios.get(metric, {}), cell.metrics.get(metric, {})
            row += [ratio.get(name) for name in _RATIO]
            row += [summary.get(name) for name in _SUMMARY]
        rows.append([*row, cell.build_s])
    return table(["run", *_HEAD, *columns, "build_s"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows below a header; what is None is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return stream.getvalue()
