"""What `molt-build bench` and `molt-build friends` find: a run of lanes, one or several.

A lane compares engines on programs, column by column. A column is a metric and the way in which it
is measured (`METRIC_WAYS`): wall time, processor time and peak memory are of whole runs, the
seconds of a repetition are of the steady state inside a process, instructions are of whole runs
that are counted and not timed: the ends of their ratios are no 95 % intervals, but as far away as
two counts of the same may lie apart (`molt_build.measure.counts`). Each way has a plan and blocks
of its own, and what one way did not score the others may have.

Speed-ups are the reference's value over the engine's everywhere, so that above 1 an engine is
better, whether it needs less time or less memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.codec import added
from molt_build.json_schema import Count, Seconds, allowing
from molt_build.manifests.suite import ModeName
from molt_build.manifests.workload import Form
from molt_build.measure.blocks import Block
from molt_build.measure.counts import between, effect_of
from molt_build.measure.environment import Environment
from molt_build.measure.planning import Plan
from molt_build.measure.process import METRIC_WAYS, Metric, Way
from molt_build.measure.statistics import RatioEstimate, Summary
from molt_build.names import known
from molt_build.results.changes import Against
from molt_build.results.facts import (
    EngineFacts,
    Mean,
    NamedRun,
    Part,
    ShortRun,
    SkippedEngine,
    Time,
)
from molt_build.results.pairs import Pair
from molt_build.results.suites import SuiteFacts


def metric_named(name: str) -> Metric:
    """The metric of that name; raises `UsageError` with near misses."""
    known("metric", name, METRIC_WAYS)
    return next(metric for metric in METRIC_WAYS if metric == name)


Status = Literal[
    "ok",
    "differs",
    "failed",
    "timeout",
    "unchecked",
    "build-failed",
    "unsupported",
    "absent",
    "c_accelerated",
    "left-out",
    "diverges",
]
Verdict = Literal["faster", "slower", "equal", "unclear"]
VERDICTS: tuple[Verdict, ...] = ("faster", "slower", "equal", "unclear")
LaneStatus = Literal["measured", "interrupted", "unreachable", "refused", "failed"]


@dataclass(frozen=True)
class Counting:
    """How instructions were counted."""

    counter: Annotated[
        Literal["perf", "valgrind"],
        "What counted: perf, the processor's counters; valgrind, an emulator.",
    ]
    version: Annotated[str, "What it says of its version."]
    has_fixed_addresses: Annotated[bool, "Whether addresses were kept from being randomized."]
    floors: Annotated[
        Mapping[str, float],
        "The noise floor: by engine, the largest relative difference between two counts of the "
        "same program.",
    ]
    counted: Annotated[Count, "Counts that were made."]
    kept: Annotated[Count, "Counts that were kept from earlier runs of the same artifacts."]


@dataclass(frozen=True)
class Measurement:
    """What was measured in one way: the raw data."""

    plan: Annotated[Plan, "What was fixed before."]
    blocks: Annotated[tuple[Block, ...], "Every complete block in the order it was measured."]
    counting: Annotated[
        Counting | None, "How instructions were counted; null in other ways of measuring."
    ] = added(None)


@dataclass(frozen=True)
class Program:
    """A program that was measured."""

    workload: Annotated[str, "The workload or the suite that it belongs to."]
    family: Annotated[str, "The kind of work it does; may be empty."]
    kernel: Annotated[str, "What it computes: the same name elsewhere is the same computation."]
    description: Annotated[str, "What it does; may be empty."]
    tags: Annotated[tuple[str, ...], "Its tags; they say which track can change it."]
    track: Annotated[str | None, "The track of the optimization program that can change it."]
    entry: Annotated[str, "Its file in the source."]
    module: Annotated[str, "The module that is imported; empty where it is run as it is."]
    form: Annotated[
        Form,
        "driven: called by the adapter. script: importing it is the work. program: run as it is.",
    ]
    size: Annotated[int | None, "Its parameter."]
    args: Annotated[tuple[str, ...], "Its arguments."]
    timeout_s: Annotated[float | None, "Seconds after which a run is ended."]
    c_accelerated: Annotated[str | None, "Why a comparison would mean nothing."]
    unchecked: Annotated[str | None, "Why its output says nothing about what it computed."]
    source_digest: Annotated[str | None, "The digest of its files; null where there are none."]
    staged: Annotated[str | None, "The folder with its files; null: in the project."]
    environment: Annotated[Mapping[str, str], "Variables of its own, with which it is run."] = (
        added({})
    )
    exit_status: Annotated[int, "The exit status that a run should end with."] = added(0)


@dataclass(frozen=True)
class BuildCommand:
    """A command that built a program, now or when it was stored."""

    stage: Annotated[str, "The stage."]
    argv: Annotated[tuple[str, ...], "The command line, paths under symbolic roots."]
    seconds: Annotated[Seconds, "How long it took."]
    exit_status: Annotated[int | None, "Its exit status; null: it did not run, or not to its end."]


@dataclass(frozen=True)
class ProgramBuild:
    """How an engine built a program, apart from all that was measured."""

    status: Annotated[
        Literal["ok", "build-failed", "unsupported"], "Whether there is something to run."
    ]
    seconds: Annotated[float | None, "Of all stages when they were executed, now or earlier."]
    commands: Annotated[tuple[BuildCommand, ...], "Its stages, where they are recorded."]


@dataclass(frozen=True)
class EngineBuild:
    """What building all programs of an engine did."""

    executed: Annotated[Count, "Actions executed now."]
    hits: Annotated[Count, "Actions taken from the store."]
    up_to_date: Annotated[Count, "Actions whose outputs were in place."]
    failed: Annotated[Count, "Actions that failed."]
    seconds: Annotated[Seconds, "Seconds spent on building now."]
    saved_s: Annotated[
        float | None,
        "Seconds that the other actions took when they were executed; null where it was not kept.",
    ] = added(None)


@dataclass(frozen=True)
class Outcome:
    """How a cell ended in one way of measuring."""

    status: Annotated[
        Status,
        "ok: scored. differs: printed something else than the reference. failed: exit status or "
        "signal. timeout: ended for its limit. unchecked: nothing to compare with. build-failed. "
        "unsupported: declared so. absent: not there at that revision. c_accelerated: its work is "
        "done by a C library. left-out: not measured, or not to its end, to keep the budget of a "
        "quick run. diverges: the engine is known to say something else than the reference, in "
        "what touches the program's family.",
    ]
    reason: Annotated[str, "Why it is not ok, in the compiler's or the program's own words."]


@dataclass(frozen=True)
class Measured:
    """A metric of a cell that is scored."""

    summary: Annotated[Summary, "Over its runs."]
    speedup: Annotated[RatioEstimate | None, "Against the reference; null for the reference."]
    verdict: Annotated[
        Verdict | None,
        "faster, slower, equal (within the minimum effect) as far as the whole interval tells; "
        "unclear where it does not; null without an interval.",
    ]


@dataclass(frozen=True)
class Cell:
    """A program under an engine."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    mode: Annotated[ModeName, "How the engine runs it."]
    note: Annotated[str, "What there is to say of that."]
    build: Annotated[ProgramBuild | None, "How it was built; null where nothing is."]
    argv: Annotated[tuple[str, ...], "The command line of a run; empty: there is nothing to run."]
    environment: Annotated[
        Mapping[str, str],
        "The environment of its runs. {scratch} is a private folder, empty before each run; {seed} "
        "the block's hash seed.",
    ]
    command: Annotated[str, "One line that runs it again as it was first run; may be empty."]
    exit_status: Annotated[int | None, "Of its first run, or of one that failed."]
    log: Annotated[str, "Its log, relative to the run's folder; may be empty."]
    outcomes: Annotated[
        Mapping[Way, Outcome],
        "By way of measuring; `run` is always there, and says why not, too. Where whole runs were "
        "counted alone it is of those.",
    ]
    metrics: Annotated[Mapping[Metric, Measured], "What was measured of it; empty: not scored."]
    artifacts: Annotated[
        Mapping[str, str],
        "SHA-256 digests of what ran. STAGE.OUTPUT: what a compiler made; source: the program's "
        "file, of an interpreter; modules: what it imports from beside it; run: the command and "
        "what of the toolchain it stands on. Empty: nothing ran, or it is not recorded.",
    ] = added({})

    @property
    def status(self) -> Status:
        """Of its whole runs."""
        return self.outcomes["run"].status

    @property
    def reason(self) -> str:
        """Why its status is not ok; else empty."""
        return self.outcomes["run"].reason

    def outcome(self, metric: Metric) -> Outcome:
        """How it ended in the metric's way of measuring; what is not ok at all is so in all."""
        whole = self.outcomes["run"]
        return self.outcomes.get(METRIC_WAYS[metric], whole) if whole.status == "ok" else whole

    def speedup(self, metric: Metric) -> RatioEstimate | None:
        """Against the reference; None for the reference, and for what is not scored."""
        return self.metrics[metric].speedup if metric in self.metrics else None

    def verdict(self, metric: Metric) -> Verdict | None:
        """What the interval of its speed-up says; None without one."""
        return self.metrics[metric].verdict if metric in self.metrics else None


@dataclass(frozen=True)
class ColumnSummary:
    """What the cells of a column say together."""

    programs: Annotated[tuple[str, ...], "The programs that every engine scored."]
    compared: Annotated[Mapping[str, Mean | None], "By engine, the mean over those programs."]
    own: Annotated[Mapping[str, Mean | None], "By engine, the mean over all that it scored."]
    families: Annotated[
        Mapping[str, Mapping[str, Mean | None]],
        "By family and engine, the mean over the family's programs that it scored.",
    ]
    verdicts: Annotated[
        Mapping[str, Mapping[Verdict, tuple[str, ...]]], "By engine, the programs of each verdict."
    ]
    medians: Annotated[
        Mapping[str, float | None],
        "By engine, the reference too, the median over its scored programs of their medians.",
    ]


@dataclass(frozen=True)
class Exclusion:
    """A file that counts as a program of a suite and is not measured."""

    entry: Annotated[str, "The file."]
    reason: Annotated[str, "Why."]


@dataclass(frozen=True)
class Coverage:
    """How much of what there is was scored."""

    present: Annotated[Count, "Programs that the source holds, those left out among them."]
    programs: Annotated[Count, "Programs that were to be measured."]
    scored: Annotated[Count, "Programs that every engine scored."]
    quick_left_out: Annotated[Count, "Programs that were not asked for."]


@dataclass(frozen=True)
class Meaning:
    """What the latest differential run of an engine says of it, as it was measured."""

    run: Annotated[str | None, "The run; null: there is none of this engine, of all programs."]
    programs: Annotated[Count, "How many programs were compared."]
    equal: Annotated[Count, "How many say what the reference says."]
    declared: Annotated[Count, "How many diverge as its manifest declares."]
    unexplained: Annotated[Count, "How many diverge without that."]
    affected: Annotated[
        Mapping[str, tuple[str, ...]], "The families that it is not scored in, and why."
    ]


@dataclass(frozen=True)
class Narrowed:
    """What narrowed a lane, or changed its engines."""

    programs: Annotated[tuple[str, ...], "Only these programs; empty: all."]
    engines: Annotated[tuple[str, ...], "These engines instead of its own; empty: its own."]
    columns: Annotated[tuple[str, ...], "These columns instead of its own; empty: its own."] = (
        added(())
    )


@dataclass(frozen=True)
class LaneResult:
    """A lane or a suite, measured or not."""

    name: Annotated[str, "Its name."]
    description: Annotated[str, "Its manifest's description."]
    status: Annotated[
        LaneStatus,
        "measured: to the end. interrupted: in part. unreachable: its source could not be had. "
        "refused: its source is not what was pinned. failed: it could not be measured.",
    ]
    reason: Annotated[str, "Why it was not measured; else empty."]
    suite: Annotated[SuiteFacts | None, "Of a friend's suite; null for a lane of the project."]
    profile: Annotated[str, "The profile of the engines that name no other."]
    target: Annotated[str, "The target of the engines that name no other."]
    reference: Annotated[str, "The engine that all others are compared with."]
    subject: Annotated[str | None, "The engine that it is about; null: it is not measured."]
    engines: Annotated[tuple[str, ...], "The engines, the reference first, then in their order."]
    judged: Annotated[tuple[str, ...], "The engines whose failures fail the lane."]
    columns: Annotated[
        tuple[Metric, ...], "What is compared, the column of verdicts first.", allowing(minItems=1)
    ]
    min_effect: Annotated[
        float, "Ratios closer to 1 than this count as equal.", allowing(minimum=0)
    ]
    asked: Annotated[Narrowed, "What narrowed it."]
    skipped: Annotated[tuple[SkippedEngine, ...], "Engines that could not be measured."]
    pinned_cpu: Annotated[int | None, "The processor that programs were pinned to."]
    peak_memory_floor_bytes: Annotated[Count, "The smallest peak memory that could be seen."]
    measurements: Annotated[
        Mapping[Way, Measurement], "The raw data, by way of measuring; empty: nothing was measured."
    ]
    parts: Annotated[tuple[Part, ...], "One for each time that it was started or resumed."]
    warnings: Annotated[tuple[str, ...], "The warnings of all parts."]
    programs: Annotated[Mapping[str, Program], "The programs that were measured."]
    exclusions: Annotated[tuple[Exclusion, ...], "Files that are programs and left out."]
    coverage: Annotated[Coverage, "How much of what there is was scored."]
    builds: Annotated[Mapping[str, EngineBuild], "By engine, what building did."]
    cells: Annotated[tuple[Cell, ...], "Every program under every engine."]
    startup: Annotated[
        tuple[Cell, ...], "The start-up floor: an empty program, measured in the same blocks."
    ]
    summaries: Annotated[Mapping[Metric, ColumnSummary], "What the cells of each column say."]
    against: Annotated[Against | None, "Now against then; null where it was not asked for."]
    short_runs: Annotated[
        tuple[ShortRun, ...], "What runs less than three times as long as starting takes."
    ] = added(())
    pairs: Annotated[
        tuple[Pair, ...], "Two engines against one another, as the lane's manifest declares."
    ] = added(())
    meanings: Annotated[
        Mapping[str, Meaning],
        "By engine, whether its programs say what the reference says; empty where nobody asked.",
    ] = added({})

    @property
    def metric(self) -> Metric:
        """The column that verdicts are about."""
        return self.columns[0]

    @property
    def compared(self) -> tuple[str, ...]:
        """The engines that were measured, without the reference."""
        missing = {one.engine for one in self.skipped}
        return tuple(one for one in self.engines if one not in missing and one != self.reference)

    @property
    def cells_by_key(self) -> dict[tuple[str, str], Cell]:
        """(program, engine) -> cell."""
        return {(cell.program, cell.engine): cell for cell in self.cells}

    def effect(self, metric: Metric) -> float:
        """Ratios of a column that are closer to 1 than this count as equal."""
        return effect_of(metric, self.min_effect)

    def floor(self, metric: Metric, *engines: str) -> float | None:
        """How far counts of these engines may be from one another for noise; None: no counts."""
        counting = self.counting(metric)
        return between(None if counting is None else counting.floors, *engines)

    def counting(self, metric: Metric) -> Counting | None:
        """How a metric was counted; None where it was not."""
        found = self.measurements.get(METRIC_WAYS[metric])
        return None if found is None else found.counting

    def blocks(self, metric: Metric) -> tuple[Block, ...]:
        """The blocks that a metric was measured in."""
        found = self.measurements.get(METRIC_WAYS[metric])
        return found.blocks if found is not None else ()

    def planned_blocks(self, metric: Metric) -> int:
        """How many blocks of each program were planned for a metric; 0 where none were."""
        found = self.measurements.get(METRIC_WAYS[metric])
        return found.plan.blocks if found is not None else 0


@dataclass(frozen=True)
class Track:
    """A track of the optimization program."""

    id: Annotated[str, "Its id."]
    title: Annotated[str, "What it is about."]
    tags: Annotated[tuple[str, ...], "The tags of programs that it can change."]


@dataclass(frozen=True)
class BenchResult(NamedRun):
    """A run of a lane, or of friend suites: bench/results/JOB/TIMESTAMP/result.json."""

    kind: Annotated[Literal["bench"], "What was measured: lanes."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[
        tuple[str, ...], "The command that it was last asked by, as it can be typed again."
    ]
    started: Annotated[Time, "When its first command began."]
    finished: Annotated[Time, "When the result was written."]
    seconds: Annotated[Seconds, "What its commands took, building included."]
    is_quick: Annotated[bool, "Whether it was a quick run, with few blocks."]
    is_interrupted: Annotated[bool, "Whether something of it is there in part only."]
    budget_s: Annotated[float | None, "Seconds asked for, for all lanes; null: each lane's own."]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    engines: Annotated[Mapping[str, EngineFacts], "What each engine is."]
    tracks: Annotated[tuple[Track, ...], "The tracks of the optimization program, in order."]
    lanes: Annotated[Mapping[str, LaneResult], "The lanes, by name."]

    @property
    def is_recorded(self) -> bool:
        """Whether it counts in trends, and in what is published by default."""
        return not (self.is_quick or self.is_interrupted)

    @property
    def lane(self) -> LaneResult:
        """The only lane of a run that is no run of suites."""
        (lane,) = self.lanes.values()
        return lane

    def all_cells(self) -> Iterator[tuple[LaneResult, Cell]]:
        """Every cell of every lane."""
        return ((lane, cell) for lane in self.lanes.values() for cell in lane.cells)
