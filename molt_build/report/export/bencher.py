"""Bencher Metric Format: benchmark -> measure -> value, with a lower and an upper one.

Read by `bencher run --adapter json`. Measures are Bencher's own where it has one (`latency` in
nanoseconds, `instructions`), else they are made when they are first sent: `peak-memory` in bytes,
and `speedup`, how many times as fast as the reference, where more is better. Around a median stand
the median less and plus the median absolute deviation; around a ratio its 95 % interval, where
there is one.
https://bencher.dev/docs/reference/bencher-metric-format/
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from molt_build.measure.statistics import RatioEstimate, summarize
from molt_build.report.export.timed import Timed, Timings

NAME_LIMIT = 1024  # letters of a benchmark's name

Metric = dict[str, float]


def text(found: Timings) -> str:
    """An object with a benchmark for each name."""
    benchmarks = {found.name(one)[:NAME_LIMIT]: _measures(one) for one in found.rows}
    for one in found.counts:
        measures = benchmarks.setdefault(found.name(one)[:NAME_LIMIT], {})
        measures["instructions"] = _around(one.counts)
    return json.dumps(benchmarks, indent=1) + "\n"


def _measures(one: Timed) -> dict[str, Metric]:
    measures = {"latency": _around([round(run.seconds * 1e9) for run in one.runs])}
    peaks = [run.peak_memory_bytes for run in one.runs if run.peak_memory_bytes is not None]
    if peaks:
        measures["peak-memory"] = _around(peaks)
    if one.speedup is not None:
        measures["speedup"] = _ratio(one.speedup)
    return measures


def _around(values: Sequence[float]) -> Metric:
    summary = summarize(values)
    middle, away = summary.median, summary.mad
    return {"value": middle, "lower_value": middle - away, "upper_value": middle + away}


def _ratio(estimate: RatioEstimate) -> Metric:
    if estimate.low is None or estimate.high is None:
        return {"value": estimate.ratio}
    ends = {"lower_value": estimate.low, "upper_value": estimate.high}
    return {"value": estimate.ratio, **ends}
