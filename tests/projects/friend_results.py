"""Plausible results of friend suites, made up: what a run would have written."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from molt_build.lanes.published import verdict
from molt_build.measure.statistics import ratio_estimate, summarize
from molt_build.suites.scoring import RUN, STEADY, log_ratios, track_of

TRACKS = [
    {
        "id": "OPT-1004",
        "title": "dispatch and object fast paths",
        "tags": ["attributes", "methods", "classes", "tuples", "allocation"],
    },
    {
        "id": "OPT-1002",
        "title": "primitive lowering",
        "tags": ["arithmetic", "loops", "recursion", "calls", "floats", "generators"],
    },
    {"id": "OPT-1006", "title": "data kernels", "tags": ["lists", "dicts", "sets", "strings"]},
    {"id": "OPT-1003", "title": "stdlib lowering", "tags": ["stdlib", "regex", "imports", "gc"]},
]


@dataclass(frozen=True)
class Made:
    """A program: true speed-ups against CPython by engine, and cells that are not ok."""

    speedups: Mapping[str, float]
    kernel: str | None = None
    tags: Sequence[str] = ("loops",)
    seconds: float = 0.5
    statuses: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    steady: Mapping[str, float] | None = None  # where it differs from the whole run


def suite(
    name: str,
    programs: Mapping[str, Made],
    *,
    subject: str = "cython",
    friend: str | None = None,
    jit_engines: Sequence[str] = (),
    blocks: int = 8,
    noise: float = 0.01,
    seed: int = 1,
    present: int | None = None,
    exclusions: Sequence[tuple[str, str]] = (),
    notes: Mapping[str, str] | None = None,
    min_effect: float = 0.02,
    **more: Any,
) -> dict[str, Any]:
    """A suite's part of a result; `notes` are of engines' modes."""
    friend_name = name if friend is None else friend
    friend_engine = None if friend_name == "cpython" else friend_name
    engines = list(dict.fromkeys(e for e in ("cpython", subject, friend_engine) if e))
    generator = random.Random(seed)

    def rows(metric: str) -> list[dict[str, Any]]:
        found = []
        for index in range(blocks):
            for program, made in programs.items():
                runs = []
                for engine in engines[:: -1 if index % 2 else 1]:
                    if made.statuses.get(engine, ("ok", ""))[0] in ("ok", "unchecked"):
                        found_speedups = made.speedups
                        if metric == STEADY and made.steady is not None:
                            found_speedups = made.steady
                        value = made.seconds / found_speedups.get(engine, 1.0)
                        value *= 1 + abs(generator.gauss(0, noise))
                        wall_s = round(value * (1 if metric == RUN else 10), 9)
                        run = {"engine": engine, RUN: wall_s, "cpu_s": round(wall_s * 0.98, 9)}
                        runs.append({**run, "peak_memory_bytes": 9e6, metric: round(value, 9)})
                row = {"program": program, "index": index, "hash_seed": 100 + index, "runs": runs}
                found.append(row)
        return found

    run_rows = rows(RUN)
    steady_rows = rows(STEADY) if jit_engines else []
    notes = notes or {}

    def cell(program: str, made: Made, engine: str) -> dict[str, Any]:
        status, reason = made.statuses.get(engine, ("ok", ""))
        is_compiled = engine not in ("cpython", *jit_engines)
        build = None
        if is_compiled and status != "unsupported":
            argv = ["{env}/bin/compile", f"{program}.py"]
            stage = {"stage": "translate", "argv": argv, "seconds": 1.5, "exit_status": 0}
            state = "build-failed" if status == "build-failed" else "ok"
            build = {"status": state, "seconds": 1.5 + len(program) / 10, "commands": [stage]}
        has_run = status in ("ok", "unchecked")
        speedups = {
            metric: log_ratios(source, engine, "cpython", metric).get(program)
            for metric, source in ((RUN, run_rows), (STEADY, steady_rows))
        }
        is_judged = status == "ok" and engine != "cpython"
        ratios = {
            metric: asdict(ratio_estimate(values)) if values and is_judged else None
            for metric, values in speedups.items()
        }

        def metrics(source: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Any] | None:
            values = [
                run[metric]
                for row in source
                if row["program"] == program
                for run in row["runs"]
                if run["engine"] == engine
            ]
            if not values:
                return None
            return asdict(summarize(values))

        names = (RUN, "cpu_s", "peak_memory_bytes")
        return {
            "program": program,
            "engine": engine,
            "mode": made.modes.get(engine, "requires_adapter"),
            "note": notes.get(engine, ""),
            "status": status,
            "reason": reason,
            "build": build,
            "argv": ["{env}/bin/python", "driver.py", "--program", program] if has_run else [],
            "environment": {"PYTHONHASHSEED": "{seed}"},
            "command": f"env PYTHONHASHSEED=1 python driver.py --program {program}",
            "exit_status": 0 if has_run else None,
            "log": f"logs/{name}/{program}.{engine}.log",
            "metrics": {m: row for m in names if (row := metrics(run_rows, m)) is not None},
            "steady": metrics(steady_rows, STEADY),
            "steady_status": [status, reason] if has_run and jit_engines else None,
            "ratios": dict.fromkeys(names, ratios[RUN]),
            "steady_ratio": ratios[STEADY],
            "verdict": verdict(ratios[RUN], min_effect),
        }

    cells = [cell(p, made, engine) for p, made in programs.items() for engine in engines]
    scored = [p for p in programs if all(c["status"] == "ok" for c in cells if c["program"] == p)]
    plan = {"blocks": blocks, "sweep_s": 12.5, "expected_s": 100.0, "budget_s": 120.0}
    excluded = [{"entry": entry, "reason": reason} for entry, reason in exclusions]
    return {
        "name": name,
        "description": f"The programs of {name}.",
        "friend": friend_engine,
        "licence": "Apache-2.0",
        "status": "measured",
        "reason": "",
        "source": {
            "kind": "git",
            "location": f"https://example.org/{name}",
            "pin": "74516368e3a2f7ddaa22181e7c1493bf70362192",
            "ref": None,
        },
        "adapter": {
            "drive": f"manifests/suites/adapters/{name}.py",
            "prepare": None,
            "note": f"Calls the function of {name} that does the work.",
            "digests": {f"manifests/suites/adapters/{name}.py": "sha256:" + "0" * 64},
        },
        "reference": "cpython",
        "subject": subject,
        "engines": engines,
        "jit_engines": list(jit_engines),
        "asked": {"programs": [], "engines": []},
        "skipped": [],
        "plan": {
            "run": plan,
            "steady": plan if jit_engines else None,
            "hash_seeds": [100 + index for index in range(blocks)],
        },
        "parts": [],
        "warnings": [],
        "programs": {
            p: {
                "entry": f"bench/{p}.py",
                "module": p,
                "description": "",
                "kernel": made.kernel or p,
                "tags": list(made.tags),
                "track": track_of({"tags": made.tags}, TRACKS),
                "form": "driven",
                "size": 9,
                "args": [],
                "c_accelerated": None,
                "unchecked": None,
                "source_digest": "sha256:" + "1" * 64,
                "staged": f"staged/{name}/{p}",
            }
            for p, made in programs.items()
        },
        "exclusions": excluded,
        "coverage": {
            "present": len(programs) + len(excluded) if present is None else present,
            "programs": len(programs),
            "scored": len(scored),
            "quick_left_out": 0,
        },
        "cells": cells,
        "blocks": run_rows,
        "steady_blocks": steady_rows,
        **more,
    }


def unreachable(name: str, reason: str, status: str = "unreachable") -> dict[str, Any]:
    """A suite whose source was not had."""
    empty = suite(name, {}, present=0)
    return {**empty, "status": status, "reason": reason, "plan": None, "adapter": None}


def toolchain(name: str, kind: str = "compiler") -> dict[str, Any]:
    """What a result says of a toolchain."""
    return {
        "toolchain": name,
        "engine": kind,
        "description": f"{name}, made up",
        "identity": "xxh3:" + "2" * 32,
        "components": {},
        "versions": {"version": f"{name} 1.2.3"},
        "requires": [f"{name}==1.2.3"] if kind == "compiler" else [],
        "uses": {},
    }


def result(
    *suites: Mapping[str, Any], run: str = "20260203T040506Z", **more: Any
) -> dict[str, Any]:
    """A whole result of these suites."""
    engines = dict.fromkeys(engine for one in suites for engine in one["engines"])
    interpreters = ("cpython", "pypy", "numba")
    subjects = [one["subject"] for one in suites]
    return {
        "kind": "friends-result",
        "schema_version": 1,
        "run": run,
        "started": "2026-02-03T04:05:06Z",
        "seconds": 1234.5,
        "is_interrupted": False,
        "command": ["molt-build", "friends"],
        "is_quick": False,
        "subject": subjects[0] if subjects else "cython",
        "profile": "release",
        "budget_s": None,
        "min_effect": 0.02,
        "environment": {
            "machine_class": "x86_64 / Some CPU / 2 cores",
            "system": "Linux",
            "kernel": "6.1.0",
            "architecture": "x86_64",
            "cpu_model": "Some CPU",
            "cores": 2,
            "allowed_cores": 2,
            "governor": None,
            "turbo": None,
            "virtualization": "kvm",
            "load_average": [0.1, 0.1, 0.1],
            "memory_total_bytes": 8 * 2**30,
            "memory_available_bytes": 6 * 2**30,
            "cgroup_cpu_limit": None,
            "cgroup_memory_limit_bytes": None,
            "python": "3.11.7",
            "git_commit": "0123456789abcdef0123456789abcdef01234567",
            "git_is_dirty": False,
        },
        "toolchains": {
            name: toolchain(name, "interpreter" if name in interpreters else "compiler")
            for name in engines
        },
        "tracks": TRACKS,
        "suites": {one["name"]: dict(one) for one in suites},
        **more,
    }


def typical(**more: Any) -> dict[str, Any]:
    """A result with every kind of suite: a compiler, a JIT, the subject's own, the reference's."""
    codon = suite(
        "codon",
        {
            "nbody": Made({"cython": 1.4, "codon": 20.0}, tags=("floats", "loops")),
            "fannkuch": Made({"cython": 1.6, "codon": 8.0}, tags=("lists",)),
            "word_count": Made({"cython": 1.3, "codon": 0.6}, tags=("dicts",)),
            "primes": Made({"cython": 1.005, "codon": 1.004}, tags=("loops",)),
            "set_partition": Made(
                {"cython": 1.2},
                tags=("sets",),
                statuses={"codon": ("differs", "line 3: 12 is not 13")},
            ),
            "taq": Made(
                {"cython": 1.1},
                tags=("strings",),
                statuses={"codon": ("build-failed", "error: /tmp/x/y/taq.codon: no such method")},
            ),
        },
        exclusions=[
            ("bench/codon/run.sh", "runs the others"),
            ("bench/codon/x.codon", "no Python"),
        ],
        notes={"codon": "Integers have 64 bits; dictionaries keep no order."},
        seed=3,
    )
    pypy = suite(
        "pypy",
        {
            "richards": Made(
                {"cython": 1.3, "pypy": 4.0}, tags=("classes",), steady={"cython": 1.3, "pypy": 18}
            ),
            "nbody": Made({"cython": 1.5, "pypy": 5.0}, tags=("floats",)),
            "telco": Made({"cython": 0.9, "pypy": 0.7}, tags=("stdlib",)),
        },
        jit_engines=["pypy"],
        seed=4,
    )
    cython = suite(
        "cython",
        {
            "nbody": Made({"cython": 1.45}, tags=("floats",)),
            "chaos": Made({"cython": 1.2}, tags=("classes",)),
            "meteor_contest": Made({"cython": 0.8}, tags=("sets",)),
        },
        seed=5,
    )
    pyperformance = suite(
        "pyperformance",
        {
            "bm_nbody": Made({"cython": 1.1}, kernel="nbody", tags=("floats",)),
            "json_dumps": Made(
                {}, tags=("stdlib",), statuses={"cython": ("c_accelerated", "works in _json")}
            ),
        },
        friend="cpython",
        seed=6,
    )
    gone = unreachable("nuitka", "git: https://example.org/nuitka: could not resolve host")
    return result(codon, pypy, cython, pyperformance, gone, **more)
