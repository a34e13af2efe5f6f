"""Results of compile-progress, made up, and the manifest of a project that has them."""

from __future__ import annotations

from typing import Any

PROJECT = """\
kind = "project"
schema_version = 1
name = "p"
description = "p"
default_toolchain = "cython"
default_profile = "release"
"""


def ratio(estimate: float, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"estimate": estimate, "low": low, "high": high, "n": 20 if low is not None else 3}


def kpi(name: str, value: float | None, limit: float, source: str = "program") -> dict[str, Any]:
    is_green = None if value is None else value <= limit
    facts = {"metric": "median_s", "op": "max", "limit": limit, "source": source}
    return {"name": name, "value": value, "is_green": is_green, **facts}


def cell(case: str, median_s: float = 0.07, n: int = 20, **more: Any) -> dict[str, Any]:
    return {
        "case": case,
        "profile": "dev",
        "toolchain": "cython",
        "workload": "progress",
        "shard": None,
        "programs": ["hello"],
        "cache_state": "warm",
        "daemon": False,
        "clients": 1,
        "status": "measured",
        "reason": "",
        "warm_ups": 2,
        "samples": [],
        "n": n,
        "median_s": median_s,
        "p95_s": median_s * 1.25,
        "p95_is_max": n < 20,
        "mad_s": 0.001,
        "hit_ratio": 1.0,
        "executed_actions": 0,
        "timeouts": 0,
        "retries": 0,
        "lock_wait_p95_s": None,
        "seconds_by_stage": {},
        "ratio_to_interpreter": ratio(3.4, 3.2, 3.6),
        "equality": {"checked": 6, "equal": 6, "different": []},
        "attribution": None,
        "comparison": None,
        "kpis": [kpi(case, median_s, 3.0)],
        **more,
    }


def run_of(day: int, cells: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "kind": "compile_progress",
        "schema_version": 1,
        "run": f"202602{day:02}T080000Z",
        "started": f"2026-02-{day:02}T08:00:00Z",
        "finished": f"2026-02-{day:02}T08:20:00Z",
        "is_complete": True,
        "is_recorded": True,
        "is_resumed": False,
        "unrecorded_because": "",
        "command": ["molt-build", "compile-progress"],
        "asked": {
            "cases": [],
            "workloads": [],
            "toolchains": [],
            "repeats": None,
            "is_quick": False,
            "has_diagnostics": False,
        },
        "git": {"commit": "0123456789abcdef", "is_dirty": False},
        "environment": {"machine_class": "x86_64 / Some CPU / 2 cores", "kernel": "6.1"},
        "interpreter": {
            "version": "3.11.7",
            "implementation": "CPython",
            "executable": "python",
            "median_s": 0.012,
        },
        "toolchains": {"cython": {"identity": "xxh3:0123", "reason": ""}},
        "parts": [{"started": f"2026-02-{day:02}T08:00:00Z", "seconds": 1200.0, "warnings": []}],
        "cells": cells,
        **more,
    }
