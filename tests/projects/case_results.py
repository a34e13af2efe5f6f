"""Results of compile_progress, made up, and the manifest of a project that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lane_results import ENVIRONMENT

from molt_build.measure.statistics import RatioEstimate, Summary
from molt_build.results.cases import (
    CaseCell,
    CasesAsked,
    CasesResult,
    CaseToolchain,
    Equality,
    Interpreter,
    JudgedKpi,
)
from molt_build.results.facts import Part

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "p"
description = "p"
default_toolchain = "cython"
default_profile = "release"
"""


def ratio(estimate: float, low: float | None = None, high: float | None = None) -> RatioEstimate:
    return RatioEstimate(estimate, low, high, 20 if low is not None else 3)


def kpi(name: str, value: float | None, limit: float = 3.0, **more: Any) -> JudgedKpi:
    """A maximum of the median, of the program's, that is green if the value is within it."""
    is_green = None if value is None else value <= limit
    return replace(JudgedKpi(name, "median_s", "max", limit, value, is_green, "program"), **more)


def walls(median_s: float, n: int) -> Summary:
    """What samples took: the longest, and their 95th percentile if there is one, a quarter more."""
    high = median_s * 1.25
    return Summary(n, median_s, high if n >= 20 else None, high, 0.001, median_s * 0.9)


def cell(case: str, median_s: float = 0.07, n: int = 20, **more: Any) -> CaseCell:
    """A cell of a warm case, measured and green; without numbers where there is no sample."""
    made = CaseCell(
        case=case,
        profile="dev",
        toolchain="cython",
        workload="progress",
        shard=None,
        programs=("hello",),
        cache_state="warm",
        daemon=False,
        clients=1,
        status="measured",
        reason="",
        warm_ups=2,
        samples=(),
        wall_s=walls(median_s, n) if n else None,
        hit_ratio=1.0 if n else None,
        executed_actions=0.0 if n else None,
        timeouts=0,
        retries=0,
        lock_wait_p95_s=None,
        seconds_by_stage={},
        ratio_to_interpreter=ratio(3.4, 3.2, 3.6) if n else None,
        equality=Equality(6, ()),
        attribution=None,
        comparison=None,
        kpis=(kpi(case, median_s if n else None),),
    )
    return replace(made, **more)


def run_of(day: int, cells: Sequence[CaseCell], **more: Any) -> CasesResult:
    """A run of record on a day of a month."""
    started = f"2026-02-{day:02}T08:00:00Z"
    made = CasesResult(
        run=f"compile_progress/202602{day:02}T080000Z",
        kind="cases",
        schema_version=2,
        command=("molt-build", "compile_progress"),
        started=started,
        finished=f"2026-02-{day:02}T08:20:00Z",
        is_complete=True,
        is_resumed=False,
        unrecorded_because="",
        asked=CasesAsked(),
        switches={},
        environment=replace(ENVIRONMENT, git_commit="0123456789abcdef", git_is_dirty=False),
        interpreter=Interpreter("3.11.7", "CPython", "python", 0.012),
        toolchains={"cython": CaseToolchain("xxh3:0123", "")},
        parts=(Part(started, 1200.0, 0, None, None, ()),),
        cells=tuple(cells),
    )
    return replace(made, **more)
