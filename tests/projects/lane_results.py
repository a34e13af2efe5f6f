"""A lane's result as a run writes it, made without one: for tests of those who read results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from molt_build.manifests.suite import ModeName
from molt_build.measure.blocks import Block, BlockRun
from molt_build.measure.environment import Environment
from molt_build.measure.noise import Noise
from molt_build.measure.planning import Plan
from molt_build.measure.process import METRIC_WAYS, Metric
from molt_build.measure.statistics import ratio_estimate, summarize
from molt_build.results.bench import (
    BenchResult,
    Cell,
    Coverage,
    EngineBuild,
    LaneResult,
    Measured,
    Measurement,
    Narrowed,
    Outcome,
    Program,
    ProgramBuild,
)
from molt_build.results.facts import EngineFacts, Part, SkippedEngine, UsedToolchain
from molt_build.results.scoring import log_ratios, with_summaries
from molt_build.results.signals import (
    SignalEngine,
    SignalFacts,
    SignalRow,
    SignalsAsked,
    SignalsResult,
)
from molt_build.results.verdicts import verdict

ENGINES = ("cpython", "toy")
TIMES_S = {"cpython": 0.2, "toy": 0.1}
NOISE = Noise(0.01, 0.02, 0.0, 0.1, 0.9)
ENVIRONMENT = Environment(
    machine_class="x86_64 / Some CPU / 2 cores",
    system="Linux",
    kernel="6.1",
    architecture="x86_64",
    cpu_model="Some CPU",
    cores=2,
    allowed_cores=2,
    governor=None,
    turbo=None,
    virtualization=None,
    load_average=(0.1, 0.2, 0.3),
    memory_total_bytes=8 * 2**30,
    memory_available_bytes=7 * 2**30,
    cgroup_cpu_limit=None,
    cgroup_memory_limit_bytes=None,
    python="CPython 3.11.7",
    git_commit=None,
    git_is_dirty=None,
)


def lane_result(programs: Sequence[str] = ("work", "tidy"), blocks: int = 8) -> BenchResult:
    """A result of one engine and the reference."""
    rows = []
    for index in range(blocks):
        for number, program in enumerate((*programs, "empty")):
            shift = 1 + (index * 7 + number * 3) % 5 / 50
            runs = [block_run(engine, TIMES_S[engine] * shift, 1e7) for engine in ENGINES]
            rows.append(Block(program, index, 100 + index, tuple(runs)))
    kinds = {"cpython": "interpreter", "toy": "compiler"}
    uses = {"cc": UsedToolchain("gcc", {"gcc": "12"})}
    built = ProgramBuild("ok", 0.5, ())
    lane = LaneResult(
        name="toys_native",
        description="Toys.",
        status="measured",
        reason="",
        suite=None,
        profile="release",
        target="native",
        reference="cpython",
        subject="toy",
        engines=(*ENGINES, "absent"),
        judged=ENGINES,
        columns=("wall_s", "peak_memory_bytes"),
        min_effect=0.02,
        asked=Narrowed((), ()),
        skipped=(SkippedEngine("absent", "absent", "it is not there", ""),),
        pinned_cpu=None,
        peak_memory_floor_bytes=1_000_000,
        measurements={"run": measurement(rows, blocks)},
        parts=(Part("2026-02-01T08:00:00Z", 20.0, blocks, NOISE, NOISE, ()),),
        warnings=(),
        programs={name: program_facts(name, workload="toys", family=name) for name in programs},
        exclusions=(),
        coverage=Coverage(len(programs), len(programs), len(programs), 0),
        builds={"toy": EngineBuild(len(programs), 0, 0, 0, 1.0)},
        cells=tuple(
            cell(program, engine, rows, build=built if engine == "toy" else None)
            for program in programs
            for engine in ENGINES
        ),
        startup=tuple(cell("empty", engine, rows) for engine in ENGINES),
        summaries={},
        against=None,
    )
    return BenchResult(
        kind="bench",
        schema_version=2,
        run="toys_native/20260201T080000Z",
        command=("molt-build", "bench", "toys_native"),
        started="2026-02-01T08:00:00Z",
        finished="2026-02-01T08:00:20Z",
        seconds=20.0,
        is_quick=False,
        is_interrupted=False,
        budget_s=None,
        environment=ENVIRONMENT,
        engines={
            name: engine_facts(name, kinds[name], uses=uses if name == "toy" else {})
            for name in ENGINES
        },
        tracks=(),
        lanes={"toys_native": with_summaries(lane)},
    )


def signals_of(
    lane: BenchResult,
    signals: Mapping[str, SignalFacts],
    rows: Iterable[SignalRow],
    programs: Mapping[str, Sequence[str]],
) -> SignalsResult:
    """A run that read signals of the engine `toy` as that lane measured it; programs by lane."""
    toy = lane.engines["toy"]
    profile, target = toy.profile or "", toy.target or ""
    return SignalsResult(
        run="signals/20260202T080000Z",
        kind="signals",
        schema_version=2,
        command=("molt-build", "signals"),
        started="2026-02-02T08:00:00Z",
        finished="2026-02-02T08:00:01Z",
        asked=SignalsAsked(),
        environment=ENVIRONMENT,
        profile=profile,
        target=target,
        lanes={name: tuple(own) for name, own in programs.items()},
        signals=signals,
        engines={"toy": SignalEngine("toy", profile, target, toy.identity)},
        skipped=(),
        rows=tuple(rows),
    )


def engine_facts(
    name: str,
    kind: str = "compiler",
    requires: Sequence[str] = (),
    uses: dict[str, UsedToolchain] | None = None,
) -> EngineFacts:
    """What a result says of an engine."""
    return EngineFacts(
        toolchain=name,
        profile="release",
        target="native",
        revision=None,
        kind="compiler" if kind == "compiler" else "interpreter",
        description=f"{name}, made up",
        identity="xxh3:" + "2" * 32,
        components={"version": "1"},
        versions={"version": f"{name} 1.2.3"},
        requires=tuple(requires),
        uses=uses or {},
    )


def program_facts(
    name: str,
    *,
    workload: str,
    family: str,
    kernel: str | None = None,
    tags: Sequence[str] = (),
    track: str | None = None,
) -> Program:
    """What a result says of a program."""
    return Program(
        workload=workload,
        family=family,
        kernel=kernel or name,
        description=f"{name}s.",
        tags=tuple(tags),
        track=track,
        entry=f"bench/{name}.py",
        module=name,
        form="driven",
        size=9,
        args=(),
        timeout_s=60.0,
        c_accelerated=None,
        unchecked=None,
        source_digest=f"sha256:{name}",
        staged=None,
    )


def block_run(engine: str, wall_s: float, memory: float, steady_s: float | None = None) -> BlockRun:
    """A run of a block."""
    metrics: dict[Metric, float] = {"wall_s": wall_s, "cpu_s": round(wall_s * 0.98, 9)}
    metrics |= {"peak_memory_bytes": memory}
    return BlockRun(engine, metrics if steady_s is None else {**metrics, "steady_s": steady_s})


def measurement(rows: Sequence[Block], blocks: int) -> Measurement:
    """These blocks, with a plan that fits."""
    seeds = tuple(range(100, 100 + blocks))
    return Measurement(Plan(blocks, 12.5, 100.0, 120.0, seeds), tuple(rows))


def cell(
    program: str,
    engine: str,
    rows: Sequence[Block],
    steady_rows: Sequence[Block] = (),
    *,
    build: ProgramBuild | None = None,
    outcome: Outcome | None = None,
    mode: ModeName = "runs_unmodified",
    note: str = "",
    min_effect: float = 0.02,
) -> Cell:
    """A cell with what its blocks say; `outcome` is of its whole runs and of its steady state."""
    outcome = outcome or Outcome("ok", "")
    has_run = outcome.status in ("ok", "unchecked")
    metrics: dict[Metric, Measured] = {}
    for metric, way in METRIC_WAYS.items() if outcome.status == "ok" else ():
        if way == "counted":
            continue
        found = [
            run.metrics[metric]
            for row in (rows if way == "run" else steady_rows)
            if row.program == program
            for run in row.runs
            if run.engine == engine
        ]
        if found:
            known = log_ratios(rows if way == "run" else steady_rows, engine, "cpython", metric)
            logs = known.get(program, ())
            speedup = ratio_estimate(logs) if engine != "cpython" and logs else None
            measured = Measured(summarize(found), speedup, verdict(speedup, min_effect))
            metrics[metric] = measured
    return Cell(
        program=program,
        engine=engine,
        mode=mode,
        note=note,
        build=build,
        argv=("{env}/bin/python", f"{program}.py") if has_run else (),
        environment={"PYTHONHASHSEED": "{seed}"},
        command=f"env PYTHONHASHSEED=1 python {program}.py",
        exit_status=0 if has_run else None,
        log=f"logs/{program}.{engine}.log",
        outcomes={
            "run": outcome,
            **({"steady": outcome} if steady_rows and has_run else {}),
        },
        metrics=metrics,
    )
