"""A cell as published: its samples, the numbers made of them, and its KPIs.

The ratio of lock waits with shards on and off is that of two percentiles over all waits; its
interval resamples rounds (each an on and an off), never single waits, and needs at least six of
them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from molt_build.latency.measuring import Measured
from molt_build.latency.selection import Cell
from molt_build.manifests.model import Kpi
from molt_build.measure.statistics import (
    CONFIDENCE,
    MIN_BLOCKS,
    RESAMPLES,
    SEED,
    RatioFromZero,
    quantile,
    ratio_estimate,
    summarize,
)
from molt_build.results.cases import CaseCell, CellStatus, JudgedKpi, Sample, ShardComparison

# Where a cell has the metrics of KPIs; the others it has by their names.
_PLACES: Mapping[str, str] = {
    "median_s": "wall_s.median",
    "p95_s": "wall_s.p95_or_maximum",
    "ratio_to_interpreter": "ratio_to_interpreter.ratio",
    "wall_ratio": "comparison.wall_ratio.ratio",
    "lock_wait_ratio": "comparison.lock_wait_ratio.ratio",
}


def skipped_cell(cell: Cell, reason: str) -> CaseCell:
    """A cell that was not measured, and why."""
    return _summed(cell, Measured(), "skipped", reason)


def measured_cell(cell: Cell, measured: Measured) -> CaseCell:
    """A cell that was measured, or failed."""
    return _summed(cell, measured, "failed" if measured.failure else "measured", measured.failure)


def metric(name: str, cell: CaseCell) -> float | None:
    """A metric of a cell, as KPIs name it; None where it was not measured."""
    if "." in name:  # what a stage told about itself
        return cell.metrics.get(name)
    value: Any = cell
    for part in _PLACES.get(name, name).split("."):
        value = None if value is None else getattr(value, part)
    return None if value is None else float(value)


def _summed(cell: Cell, measured: Measured, status: CellStatus, reason: str) -> CaseCell:
    case = cell.case
    scored = [sample for sample in measured.samples if sample.shards == "on"]
    actions = sum(s.executed + s.hits + s.up_to_date for s in scored)
    reused = sum(s.hits + s.up_to_date for s in scored)
    beside = [math.log(s.wall_s / s.interpreter_s) for s in scored if s.interpreter_s > 0]
    row = CaseCell(
        case=case.name,
        profile=case.profile,
        toolchain=cell.toolchain,
        workload=cell.workload,
        shard=cell.shard,
        programs=cell.programs,
        cache_state=case.cache_state,
        daemon=case.daemon,
        clients=case.clients,
        status=status,
        reason=reason,
        warm_ups=case.warm_ups,
        samples=tuple(measured.samples),
        wall_s=summarize([s.wall_s for s in scored]) if scored else None,
        hit_ratio=reused / actions if actions else None,
        executed_actions=median(s.executed for s in scored) if scored else None,
        timeouts=measured.timeouts,
        retries=measured.retries,
        lock_wait_p95_s=_p95(wait for s in scored for wait in s.lock_waits_s),
        seconds_by_stage=_seconds_by_stage(scored),
        ratio_to_interpreter=ratio_estimate(beside) if beside else None,
        equality=measured.equality,
        attribution=measured.attribution,
        comparison=_comparison(measured.samples) if case.compare_shards and scored else None,
        kpis=(),
        metrics=_metrics(scored),
    )
    return replace(row, kpis=tuple(judged(kpi, row) for kpi in case.kpis if _is_for(kpi, cell)))


def judged(kpi: Kpi, cell: CaseCell) -> JudgedKpi:
    """A KPI as it was judged: a failed cell is not green, a skipped one is neither."""
    value = metric(kpi.metric, cell) if cell.status == "measured" else None
    is_green = False if cell.status == "failed" else None
    if value is not None:
        is_green = value <= kpi.limit if kpi.is_maximum else value >= kpi.limit
    return JudgedKpi(
        name=kpi.name,
        metric=kpi.metric,
        op="max" if kpi.is_maximum else "min",
        limit=kpi.limit,
        value=value,
        is_green=is_green,
        source=kpi.source,
    )


def _is_for(kpi: Kpi, cell: Cell) -> bool:
    is_workload = not kpi.workloads or bool(set(cell.workload.split("+")) & set(kpi.workloads))
    return is_workload and (not kpi.toolchains or cell.toolchain in kpi.toolchains)


def _seconds_by_stage(samples: Sequence[Sample]) -> dict[str, float]:
    stages = dict.fromkeys(stage for sample in samples for stage in sample.seconds_by_stage)
    return {
        stage: median(sample.seconds_by_stage.get(stage, 0.0) for sample in samples)
        for stage in stages
    }


def _metrics(samples: Sequence[Sample]) -> dict[str, float]:
    """The median of each over the samples in which all that tell it did."""
    told = dict.fromkeys(name for sample in samples for name in sample.metrics)
    return {
        name: median(sample.metrics[name] for sample in samples if name in sample.metrics)
        for name in told
    }


def _comparison(samples: Sequence[Sample]) -> ShardComparison:
    on = [sample for sample in samples if sample.shards == "on"]
    off = [sample for sample in samples if sample.shards == "off"]
    rounds = list(zip(on, off, strict=False))
    walls = [math.log(a.wall_s / b.wall_s) for a, b in rounds]
    return ShardComparison(
        wall_ratio=ratio_estimate(walls) if walls else None,
        lock_wait_p95_on_s=_p95(wait for s in on for wait in s.lock_waits_s),
        lock_wait_p95_off_s=_p95(wait for s in off for wait in s.lock_waits_s),
        lock_wait_ratio=_lock_wait_ratio(rounds),
    )


def _lock_wait_ratio(rounds: Sequence[tuple[Sample, Sample]]) -> RatioFromZero | None:
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
    return RatioFromZero(estimate, low, high, len(rounds))


def _waits_ratio(rounds: Sequence[tuple[Sample, Sample]]) -> float | None:
    """p95 of the waits with shards on, over that with shards off; None where nobody waited."""
    on = _p95(wait for sample, _ in rounds for wait in sample.lock_waits_s)
    off = _p95(wait for _, sample in rounds for wait in sample.lock_waits_s)
    return None if on is None or not off else on / off


def _p95(values: Iterable[float]) -> float | None:
    """The 95th percentile, below 20 values their maximum; None without values."""
    found = list(values)
    return summarize(found).p95_or_maximum if found else None
