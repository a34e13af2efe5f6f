"""A lane's result as a run writes it, made without one: for tests of those who read results."""

from __future__ import annotations

from typing import Any

ENGINES = ("cpython", "toy")
TIMES_S = {"cpython": 0.2, "toy": 0.1}
METRICS = ("wall_s", "cpu_s", "peak_memory_bytes")
NOISE = {
    "probe_median_s": 0.01,
    "spread": 0.02,
    "stolen_share": 0.0,
    "load_per_core": 0.1,
    "memory_available_share": 0.9,
}
ENVIRONMENT = {
    "machine_class": "x86_64 / Some CPU / 2 cores",
    "system": "Linux",
    "kernel": "6.1",
    "architecture": "x86_64",
    "cpu_model": "Some CPU",
    "cores": 2,
    "allowed_cores": 2,
    "governor": None,
    "turbo": None,
    "virtualization": None,
    "load_average": [0.1, 0.2, 0.3],
    "memory_total_bytes": 8000000000,
    "memory_available_bytes": 7000000000,
    "cgroup_cpu_limit": None,
    "cgroup_memory_limit_bytes": None,
    "python": "CPython 3.11.7",
    "git_commit": None,
    "git_is_dirty": None,
}


def _cell(program: str, engine: str, blocks: int) -> dict[str, Any]:
    def summary(value: float) -> dict[str, Any]:
        ends = {"maximum": value * 1.1, "minimum": value * 0.9}
        return {"n": blocks, "median": value, "p95": None, "mad": value / 100, **ends}

    ratio = {"ratio": 2.0, "low": 1.9, "high": 2.1, "blocks": blocks}
    is_reference = engine == "cpython"
    return {
        "program": program,
        "engine": engine,
        "status": "ok",
        "reason": "",
        "argv": ["python", f"{program}.py"],
        "environment": {"LANG": "C.UTF-8"},
        "metrics": {m: summary(1e7 if m == METRICS[2] else TIMES_S[engine]) for m in METRICS},
        "ratios": {} if is_reference else dict.fromkeys(METRICS, ratio),
        "verdict": None if is_reference else "faster",
    }


def lane_result(programs: tuple[str, ...] = ("work", "tidy"), blocks: int = 8) -> dict[str, Any]:
    """A result of one engine and the reference."""
    mean = {"ratio": 2.0, "low": 1.9, "high": 2.1, "blocks": blocks, "programs": len(programs)}
    rows = []
    for index in range(blocks):
        for number, program in enumerate((*programs, "empty")):
            wall = {e: TIMES_S[e] * (1 + (index * 7 + number * 3) % 5 / 50) for e in ENGINES}
            runs = [
                {"engine": e, "wall_s": wall[e], "cpu_s": wall[e], "peak_memory_bytes": 1e7}
                for e in ENGINES
            ]
            row = {"program": program, "index": index, "hash_seed": 100 + index, "runs": runs}
            rows.append(row)
    engines = {"cpython": "interpreter", "toy": "compiler"}
    built = {p: {"status": "ok", "seconds": 0.5, "reason": ""} for p in programs}
    counts = {"executed": len(programs), "hits": 0, "up_to_date": 0, "failed": 0, "seconds": 1.0}
    part = {"started": "2026-02-01T08:00:00Z", "seconds": 20.0, "blocks": blocks, "warnings": []}
    return {
        "kind": "result",
        "schema_version": 1,
        "run": "toys_native/20260201T080000Z",
        "lane": "toys_native",
        "description": "Toys.",
        "command": ["molt-build", "bench", "toys_native"],
        "started": "2026-02-01T08:00:00Z",
        "finished": "2026-02-01T08:00:20Z",
        "interrupted": False,
        "quick": False,
        "profile": "release",
        "target": "native",
        "metric": "wall_s",
        "min_effect": 0.02,
        "reference": "cpython",
        "subject": "toy",
        "judged": list(programs),
        "engines": ["toy"],
        "environment": dict(ENVIRONMENT),
        "plan": {
            "blocks": blocks,
            "sweep_s": 1.0,
            "expected_s": 8.0,
            "budget_s": 30.0,
            "run_timeout_s": 60.0,
            "pinned_cpu": None,
            "peak_memory_floor_bytes": 1000000,
            "hash_seeds": list(range(100, 100 + blocks)),
        },
        "parts": [{**part, "noise_before": NOISE, "noise_after": NOISE}],
        "warnings": [],
        "toolchains": {
            name: {
                "toolchain": name,
                "engine": kind,
                "description": f"{name}, for tests.",
                "identity": "xxh3:0123",
                "components": {"version": "1"},
                "versions": {"python": "3.11.7"},
                "requires": [],
                "uses": {"cc": {"toolchain": "gcc", "versions": {"gcc": "12"}}},
            }
            for name, kind in engines.items()
        },
        "skipped": [{"toolchain": "absent", "reason": "it is not there", "hint": ""}],
        "programs": {
            name: {
                "workload": "toys",
                "family": name,
                "tags": [],
                "description": f"{name}s.",
                "source_digest": f"sha256:{name}",
            }
            for name in programs
        },
        "builds": {"toy": {**counts, "programs": built}},
        "summaries": {
            "compared": {"programs": list(programs), "engines": {"toy": mean}},
            "own": {"toy": mean},
            "families": {name: {"toy": mean} for name in programs},
            "verdicts": {
                "toy": {"faster": list(programs), "slower": [], "equal": [], "unclear": []}
            },
            "peak_memory_bytes": {"cpython": 1e7, "toy": 1e7},
        },
        "cells": [_cell(p, e, blocks) for p in programs for e in ENGINES],
        "startup": [_cell("empty", e, blocks) for e in ENGINES],
        "blocks": rows,
    }
