"""Plausible results of friend suites, made up: what a run would have written."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from lane_results import (
    ENVIRONMENT,
    block_run,
    cell,
    engine_facts,
    measurement,
    program_facts,
)

from molt_build.manifests.suite import ModeName
from molt_build.measure.blocks import Block
from molt_build.measure.process import Metric, Way
from molt_build.results.bench import (
    BenchResult,
    BuildCommand,
    Coverage,
    Exclusion,
    LaneResult,
    LaneStatus,
    Measurement,
    Narrowed,
    Outcome,
    ProgramBuild,
    Status,
    Track,
)
from molt_build.results.scoring import track_of, with_summaries
from molt_build.results.suites import Adapter, Source, SuiteFacts

OBJECTS = ("attributes", "methods", "classes", "tuples", "allocation")
PRIMITIVES = ("arithmetic", "loops", "recursion", "calls", "floats", "generators")
TRACKS = (
    Track("OPT-1004", "dispatch and object fast paths", OBJECTS),
    Track("OPT-1002", "primitive lowering", PRIMITIVES),
    Track("OPT-1006", "data kernels", ("lists", "dicts", "sets", "strings")),
    Track("OPT-1003", "stdlib lowering", ("stdlib", "regex", "imports", "gc")),
)


@dataclass(frozen=True)
class Made:
    """A program: true speed-ups against CPython by engine, and cells that are not ok."""

    speedups: Mapping[str, float]
    kernel: str | None = None
    tags: Sequence[str] = ("loops",)
    seconds: float = 0.5
    statuses: Mapping[str, tuple[Status, str]] = field(default_factory=dict)
    modes: Mapping[str, ModeName] = field(default_factory=dict)
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
) -> LaneResult:
    """A suite's part of a result; `notes` are of engines' modes."""
    friend_name = name if friend is None else friend
    friend_engine = None if friend_name == "cpython" else friend_name
    engines = list(dict.fromkeys(e for e in ("cpython", subject, friend_engine) if e))
    generator = random.Random(seed)

    def rows(metric: Metric) -> list[Block]:
        found = []
        for index in range(blocks):
            for program, made in programs.items():
                runs = []
                for engine in engines[:: -1 if index % 2 else 1]:
                    if made.statuses.get(engine, ("ok", ""))[0] in ("ok", "unchecked"):
                        speedups = made.speedups
                        if metric == "steady_s" and made.steady is not None:
                            speedups = made.steady
                        value = made.seconds / speedups.get(engine, 1.0)
                        value *= 1 + abs(generator.gauss(0, noise))
                        if metric == "wall_s":
                            runs.append(block_run(engine, round(value, 9), 9e6))
                        else:
                            steady_s = round(value, 9)
                            runs.append(block_run(engine, round(value * 10, 9), 9e6, steady_s))
                found.append(Block(program, index, 100 + index, tuple(runs)))
        return found

    run_rows = rows("wall_s")
    steady_rows = rows("steady_s") if jit_engines else []
    notes = notes or {}

    def built(program: str, engine: str, status: Status) -> ProgramBuild | None:
        if engine in ("cpython", *jit_engines) or status == "unsupported":
            return None
        argv = ("{env}/bin/compile", f"{program}.py")
        is_built = status != "build-failed"
        stage = BuildCommand("translate", argv, 1.5, 0 if is_built else 1)
        state: Literal["ok", "build-failed"] = "ok" if is_built else "build-failed"
        return ProgramBuild(state, 1.5 + len(program) / 10, (stage,))

    cells = []
    for program, made in programs.items():
        for engine in engines:
            outcome = Outcome(*made.statuses.get(engine, ("ok", "")))
            cells.append(
                cell(
                    program,
                    engine,
                    run_rows,
                    steady_rows,
                    build=built(program, engine, outcome.status),
                    outcome=outcome,
                    mode=made.modes.get(engine, "requires_adapter"),
                    note=notes.get(engine, ""),
                    min_effect=min_effect,
                )
            )
    bad = {cell.program for cell in cells if cell.status != "ok"}
    measurements: dict[Way, Measurement] = {"run": measurement(run_rows, blocks)}
    if jit_engines:
        measurements["steady"] = measurement(steady_rows, blocks)
    adapter = f"manifests/suites/adapters/{name}.py"
    lane = LaneResult(
        name=name,
        description=f"The programs of {name}.",
        status="measured",
        reason="",
        suite=SuiteFacts(
            friend=friend_engine,
            licence="Apache-2.0",
            source=Source(
                kind="git",
                location=f"https://example.org/{name}",
                pin="74516368e3a2f7ddaa22181e7c1493bf70362192",
                ref=None,
            ),
            adapter=Adapter(
                drive=adapter,
                prepare=None,
                note=f"Calls the function of {name} that does the work.",
                digests={adapter: "sha256:" + "0" * 64},
            ),
            jit_engines=tuple(jit_engines),
        ),
        profile="release",
        target="native",
        reference="cpython",
        subject=subject,
        engines=tuple(engines),
        judged=(),
        columns=("wall_s", "steady_s") if jit_engines else ("wall_s",),
        min_effect=min_effect,
        asked=Narrowed((), ()),
        skipped=(),
        pinned_cpu=None,
        peak_memory_floor_bytes=0,
        measurements=measurements,
        parts=(),
        warnings=(),
        programs={
            program: program_facts(
                program,
                workload=name,
                family=name,
                kernel=made.kernel,
                tags=made.tags,
                track=track_of(made.tags, TRACKS),
            )
            for program, made in programs.items()
        },
        exclusions=tuple(Exclusion(*row) for row in exclusions),
        coverage=Coverage(
            present=len(programs) + len(exclusions) if present is None else present,
            programs=len(programs),
            scored=len(programs) - len(bad),
            quick_left_out=0,
        ),
        builds={},
        cells=tuple(cells),
        startup=(),
        summaries={},
        against=None,
    )
    return with_summaries(replace(lane, **more))


def unreachable(name: str, reason: str, status: LaneStatus = "unreachable") -> LaneResult:
    """A suite whose source was not had."""
    empty = suite(name, {}, present=0)
    assert empty.suite is not None
    facts = replace(empty.suite, adapter=None)
    return replace(empty, status=status, reason=reason, measurements={}, summaries={}, suite=facts)


def result(*suites: LaneResult, run: str = "20260203T040506Z", **more: Any) -> BenchResult:
    """A whole result of these suites."""
    engines = dict.fromkeys(engine for one in suites for engine in one.engines)
    interpreters = ("cpython", "pypy", "numba")
    commit = "0123456789abcdef0123456789abcdef01234567"
    made = BenchResult(
        kind="bench",
        schema_version=2,
        run=f"friends/{run}",
        command=("molt-build", "friends"),
        started="2026-02-03T04:05:06Z",
        finished="2026-02-03T04:25:40Z",
        seconds=1234.5,
        is_quick=False,
        is_interrupted=False,
        budget_s=None,
        environment=replace(
            ENVIRONMENT, virtualization="kvm", git_commit=commit, git_is_dirty=False
        ),
        engines={
            name: engine_facts(name, "interpreter")
            if name in interpreters
            else engine_facts(name, requires=[f"{name}==1.2.3"])
            for name in engines
        },
        tracks=TRACKS,
        lanes={one.name: one for one in suites},
    )
    return replace(made, **more)


@cache
def typical() -> BenchResult:
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
    return result(codon, pypy, cython, pyperformance, gone)
