"""The KPIs of recorded runs, and for how many runs each has been green.

A KPI's *streak* is the number of its latest runs that were green without a break. Runs of record
count: complete ones, with as many samples as their manifests say. A run in which the KPI was not
measured (a case left out, a toolchain that was not there) neither counts nor breaks it; one in
which its cell failed breaks it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple


class KpiKey(NamedTuple):
    """What tells a KPI of a cell from all others, in every run."""

    case: str
    toolchain: str
    workload: str  # with its shard
    kpi: str


class KpiPoint(NamedTuple):
    """A KPI in one run; `value` is None where its cell failed."""

    run: str  # TIMESTAMP
    value: float | None
    is_green: bool


def kpi_series(
    history: sqlite3.Connection, machine_class: str | None = None, before: str | None = None
) -> dict[KpiKey, list[KpiPoint]]:
    """Every KPI's values in the runs of record, oldest first.

    With a `machine_class` those on machines of that class: seconds of others are no part of a
    streak or a trend. With `before`, a TIMESTAMP, those of earlier runs.
    """
    series: dict[KpiKey, list[KpiPoint]] = {}
    rows = history.execute(
        "SELECT case_name, toolchain, workload, kpi, timestamp, value, is_green "
        "FROM kpis JOIN runs ON id = run WHERE is_of_record "
        "AND (?1 IS NULL OR machine_class = ?1) AND (?2 IS NULL OR timestamp < ?2) "
        "ORDER BY timestamp",
        (machine_class, before),
    )
    for *key, run, value, is_green in rows:
        series.setdefault(KpiKey(*key), []).append(KpiPoint(run, value, bool(is_green)))
    return series


def streak(points: Sequence[KpiPoint]) -> int:
    """How many of the latest runs were green, up to the last that was not."""
    count = 0
    for point in reversed(points):
        if not point.is_green:
            break
        count += 1
    return count
