"""A cell as published: its samples, the numbers made of them, and its KPIs.

`schemas/compile_progress_result.schema.json` describes the form. The 95th percentile is that of
the samples from 20 on; below that the maximum stands in its place, and is called so. The
ratio of lock waits with shards on and off is that of two percentiles over all waits; its interval
resamples rounds (each an on and an off), never single waits, and needs at least six of them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import median
from typing import Any

from molt_build.latency.measuring import Measured, Sample
from molt_build.latency.selection import Cell
from molt_build.manifests.model import Kpi
from molt_build.measure.statistics import (
    CONFIDENCE,
    MIN_BLOCKS,
    P95_MIN_RUNS,
    RESAMPLES,
    SEED,
    RatioEstimate,
    quantile,
    ratio_estimate,
    summarize,
)

MEASURED, SKIPPED, FAILED = "measured", "skipped", "failed"


def skipped_row(cell: Cell, reason: str) -> dict[str, Any]:
    """A cell that was not measured, and why."""
    return cell_row(cell, Measured((), None, 0, 0, "", None), SKIPPED, reason)


def measured_row(cell: Cell, measured: Measured) -> dict[str, Any]:
    """A cell that was measured, or failed."""
    status = FAILED if measured.failure else MEASURED
    return cell_row(cell, measured, status, measured.failure)


def cell_row(cell: Cell, measured: Measured, status: str, reason: str) -> dict[str, Any]:
    """The published form."""
    case = cell.case
    scored = [sample for sample in measured.samples if sample.shards == "on"]
    actions = sum(s.executed + s.hits + s.up_to_date for s in scored)
    reused = sum(s.hits + s.up_to_date for s in scored)
    walls = summarize([s.wall_s for s in scored]) if scored else None
    waits = [wait for s in scored for wait in s.lock_waits_s]
    row: dict[str, Any] = {
        "case": case.name,
        "profile": case.profile,
        "toolchain": cell.toolchain,
        "workload": cell.workload,
        "shard": cell.shard,
        "programs": list(cell.programs),
        "cache_state": case.cache_state,
        "daemon": case.daemon,
        "clients": case.clients,
        "status": status,
        "reason": reason,
        "warm_ups": cell.warm_ups,
        "samples": [sample.as_json() for sample in measured.samples],
        "n": len(scored),
        "median_s": walls and walls.median,
        "p95_s": walls and (walls.maximum if walls.p95 is None else walls.p95),
        "p95_is_max": len(scored) < P95_MIN_RUNS,
        "mad_s": walls and walls.mad,
        "hit_ratio": reused / actions if actions else None,
        "executed_actions": median(s.executed for s in scored) if scored else None,
        "timeouts": measured.timeouts + sum(s.timeouts for s in measured.samples),
        "retries": measured.retries + sum(s.retries for s in measured.samples),
        "lock_wait_p95_s": p95(waits),
        "seconds_by_stage": _seconds_by_stage(scored),
        "ratio_to_interpreter": _ratio(
            [math.log(s.wall_s / s.interpreter_s) for s in scored if s.interpreter_s > 0]
        ),
        "equality": measured.equality and measured.equality.as_json(),
        "attribution": measured.attribution,
        "comparison": _comparison(measured.samples) if case.compare_shards and scored else None,
    }
    row["kpis"] = [kpi_row(kpi, row) for kpi in case.kpis if _is_for(kpi, cell)]
    return row


def p95(values: Sequence[float]) -> float | None:
    """The 95th percentile, below 20 values their maximum; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return quantile(ordered, 0.95) if len(ordered) >= P95_MIN_RUNS else ordered[-1]


def kpi_row(kpi: Kpi, row: dict[str, Any]) -> dict[str, Any]:
    """A KPI as it was judged: a failed cell is not green, a skipped one is neither."""
    value = metric(kpi.metric, row) if row["status"] == MEASURED else None
    is_green: bool | None = None
    if row["status"] == FAILED:
        is_green = False
    elif value is not None:
        is_green = value <= kpi.limit if kpi.is_maximum else value >= kpi.limit
    return {
        "name": kpi.name,
        "metric": kpi.metric,
        "op": "max" if kpi.is_maximum else "min",
        "limit": kpi.limit,
        "value": value,
        "is_green": is_green,
        "source": kpi.source,
    }


def metric(name: str, row: dict[str, Any]) -> float | None:
    """A metric of a cell, as KPIs name it; None where it was not measured."""
    if name in ("wall_ratio", "lock_wait_ratio"):
        ratio = (row["comparison"] or {}).get(name)
    elif name == "ratio_to_interpreter":
        ratio = row[name]
    else:
        value: float | None = row[name]
        return value
    return None if ratio is None else float(ratio["estimate"])


def _is_for(kpi: Kpi, cell: Cell) -> bool:
    is_workload = not kpi.workloads or bool(set(cell.workload.split("+")) & set(kpi.workloads))
    return is_workload and (not kpi.toolchains or cell.toolchain in kpi.toolchains)


def _seconds_by_stage(samples: Sequence[Sample]) -> dict[str, float]:
    stages = dict.fromkeys(stage for sample in samples for stage in sample.seconds_by_stage)
    return {
        stage: median(sample.seconds_by_stage.get(stage, 0.0) for sample in samples)
        for stage in stages
    }


def _ratio(log_ratios: Sequence[float]) -> dict[str, Any] | None:
    return _ratio_row(ratio_estimate(log_ratios)) if log_ratios else None


def _ratio_row(estimate: RatioEstimate) -> dict[str, Any]:
    return {
        "estimate": estimate.ratio,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.blocks,
    }


def _comparison(samples: Sequence[Sample]) -> dict[str, Any]:
    on = [sample for sample in samples if sample.shards == "on"]
    off = [sample for sample in samples if sample.shards == "off"]
    rounds = list(zip(on, off, strict=False))
    return {
        "wall_ratio": _ratio([math.log(a.wall_s / b.wall_s) for a, b in rounds]),
        "lock_wait_p95_on_s": p95([wait for s in on for wait in s.lock_waits_s]),
        "lock_wait_p95_off_s": p95([wait for s in off for wait in s.lock_waits_s]),
        "lock_wait_ratio": _lock_wait_ratio(rounds),
    }


def _lock_wait_ratio(rounds: Sequence[tuple[Sample, Sample]]) -> dict[str, Any] | None:
    estimate = _waits_ratio(rounds)
    if estimate is None:
        return None
    low = high = None
    if len(rounds) >= MIN_BLOCKS:
        generator = random.Random(SEED)
        resampled = (
            _waits_ratio(generator.choices(rounds, k=len(rounds))) for _ in range(RESAMPLES)
        )
        ordered = sorted(ratio for ratio in resampled if ratio is not None)
        tail = (1 - CONFIDENCE) / 2
        low, high = quantile(ordered, tail), quantile(ordered, 1 - tail)
    return {"estimate": estimate, "low": low, "high": high, "n": len(rounds)}


def _waits_ratio(rounds: Sequence[tuple[Sample, Sample]]) -> float | None:
    """p95 of the waits with shards on, over that with shards off; None where nobody waited."""
    on = p95([wait for sample, _ in rounds for wait in sample.lock_waits_s])
    off = p95([wait for _, sample in rounds for wait in sample.lock_waits_s])
    return None if on is None or not off else on / off
