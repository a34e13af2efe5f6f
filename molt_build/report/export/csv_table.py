"""CSV: a row for every cell, failures included; RFC 4180 with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from molt_build.measure.process import METRIC_WAYS
from molt_build.report.export.cells import Exported

_HEAD = ("program", "workload", "family", "engine", "status", "reason", "verdict")
_RATIO = ("ratio", "low", "high")
_SUMMARY = ("n", "median", "p95", "mad", "minimum", "maximum")


def text(run: Exported) -> str:
    """The table; a ratio is reference over engine, so above 1 is better."""
    there = {metric for one in run.cells for metric in one.cell.metrics}
    metrics = [name for name, way in METRIC_WAYS.items() if way == "run" or name in there]
    columns = [f"{metric}_{name}" for metric in metrics for name in (*_RATIO, *_SUMMARY)]
    rows: list[list[object]] = []
    for one in run.cells:
        cell = one.cell
        row: list[object] = [run.result.run, cell.program, one.workload, one.family, cell.engine]
        row += [cell.status, cell.reason, cell.verdict(one.lane.metric)]
        for metric in metrics:
            measured = asdict(cell.metrics[metric]) if metric in cell.metrics else {}
            row += [(measured.get("speedup") or {}).get(name) for name in _RATIO]
            row += [measured.get("summary", {}).get(name) for name in _SUMMARY]
        rows.append([*row, one.build_s])
    return table(["run", *_HEAD, *columns, "build_s"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows below a header; what is None is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return stream.getvalue()
