"""Parts of a result that lanes and suites have in the same form: cells, blocks, plans, toolchains.

Ratios are speed-ups everywhere: the reference's value over the engine's, so that above 1 an
engine is better, whether it needs less time or less memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from molt_build.lanes.columns import MeasuredColumn
from molt_build.measure import blocks
from molt_build.measure.process import METRICS
from molt_build.measure.statistics import RatioEstimate, ratio_estimate, summarize
from molt_build.toolchains.resolved import ResolvedToolchain


def verdict(ratio: Mapping[str, Any] | None, min_effect: float) -> str | None:
    """faster, slower or equal, as far as the interval tells; unclear where it does not.

    faster: the whole interval is above 1 and the ratio by at least the minimum effect; equal: the
    whole interval is closer to 1 than that. None without an interval.
    """
    if ratio is None or ratio["low"] is None:
        return None
    effect = 1 + min_effect
    if ratio["low"] > 1 and ratio["ratio"] >= effect:
        return "faster"
    if ratio["high"] < 1 and ratio["ratio"] <= 1 / effect:
        return "slower"
    return "equal" if ratio["low"] >= 1 / effect and ratio["high"] <= effect else "unclear"


def metric_rows(measurement: blocks.Measurement, program: str, engine: str) -> dict[str, Any]:
    """What each metric of a cell was; empty for one that is not scored."""
    rows = {name: metric_row(measurement, program, engine, name) for name in METRICS}
    return {name: row for name, row in rows.items() if row is not None}


def metric_row(
    measurement: blocks.Measurement, program: str, engine: str, metric: str
) -> dict[str, Any] | None:
    """What a metric of a cell was; None for one that is not scored."""
    values = measurement.values(program, engine, metric)
    return asdict(summarize(values)) if values else None


def log_speedups(
    measurement: blocks.Measurement, engine: str, metric: str
) -> dict[str, list[float]]:
    """Log of reference / engine, the other way round than blocks are."""
    ratios = measurement.log_ratios(engine, metric)
    return {program: [-value for value in values] for program, values in ratios.items()}


def speedup_row(
    measurement: blocks.Measurement, program: str, engine: str, metric: str
) -> dict[str, Any] | None:
    """A cell's speed-up; None where it is not scored."""
    values = log_speedups(measurement, engine, metric).get(program)
    return ratio_row(ratio_estimate(values)) if values else None


def ratio_row(estimate: RatioEstimate) -> dict[str, Any]:
    """A ratio with its interval, as published."""
    return {
        "ratio": estimate.ratio,
        "low": estimate.low,
        "high": estimate.high,
        "blocks": estimate.blocks,
    }


def block_row(block: blocks.Block) -> dict[str, Any]:
    """A block as published."""
    return {
        "program": block.program,
        "index": block.index,
        "hash_seed": block.hash_seed,
        "runs": [{"engine": run.engine, **run.metrics} for run in block.runs],
    }


def plan_row(column: MeasuredColumn) -> dict[str, Any]:
    """A column's plan."""
    return {
        "blocks": column.plan.blocks,
        "sweep_s": round(column.plan.sweep_s, 6),
        "expected_s": round(column.plan.expected_s, 6),
        "budget_s": round(column.budget_s, 3),
    }


def toolchain_facts(toolchain: ResolvedToolchain) -> dict[str, Any]:
    """A toolchain as it was used: identity, versions, and what it uses itself."""
    manifest = toolchain.manifest
    return {
        "toolchain": toolchain.name,
        "engine": manifest.engine,
        "description": manifest.description,
        "identity": toolchain.identity,
        "components": toolchain.components(),
        "versions": dict(toolchain.versions),
        "requires": list(manifest.python.requires) if manifest.python is not None else [],
        "uses": {
            role: {"toolchain": used.name, "versions": dict(used.versions)}
            for role, used in toolchain.roles.items()
        },
    }
