"""What github-action-benchmark charts and compares: a list of name, unit, value, range and extra.

One list has one direction, so there are two: times for the tool `customSmallerIsBetter`, ratios to
the reference for `customBiggerIsBetter`. Ratios are what to alert on: hosted runners differ in
speed from one to the next, and a ratio was measured on one of them.
https://github.com/benchmark-action/github-action-benchmark
"""

from __future__ import annotations

import json
from statistics import median

from molt_build.errors import UsageError
from molt_build.report.export.timed import Timings
from molt_build.report.formatting import number
from molt_build.watch import counted


def times(found: Timings) -> str:
    """Median seconds, and counts of instructions: `customSmallerIsBetter`."""
    rows: list[dict[str, object]] = [
        {
            "name": f"{found.name(one)} instructions",
            "unit": "instructions",
            "value": median(one.counts),
            "range": f"± {max(one.counts) - min(one.counts)}",
            "extra": f"median of {counted(len(one.counts), 'count')}, ± how far they lie apart",
        }
        for one in found.counts
    ]
    for one in found.rows:
        summary = one.summary
        tail = f"maximum {summary.maximum:.6g}" if summary.p95 is None else f"p95 {summary.p95:.6g}"
        rows.append(
            {
                "name": found.name(one),
                "unit": "s",
                "value": summary.median,
                "range": f"± {summary.mad:.3g}",
                "extra": f"median of {counted(summary.n, 'run')}, "
                f"± median absolute deviation, {tail} s",
            }
        )
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def ratios(found: Timings) -> str:
    """Times as fast as the reference: `customBiggerIsBetter`; raises `UsageError` without any."""
    rows = []
    for one in found.rows:
        if one.speedup is None or one.lane is None:
            continue
        ratio, half = one.speedup, one.speedup.half_width
        row = {"name": found.name(one), "unit": f"x {one.lane.reference}", "value": ratio.ratio}
        if half is not None and ratio.low is not None and ratio.high is not None:
            row["range"] = f"± {half:.1%}"
            ends = f", 95 % interval {number(ratio.low)} to {number(ratio.high)}"
        else:
            ends = ", too few for an interval"
        rows.append({**row, "extra": f"median of {counted(ratio.blocks, 'block')}{ends}"})
    if not rows:
        message = f"{found.result.run} has no ratio to a reference of which more is better"
        raise UsageError(message, "--format github-action-benchmark has its times")
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
