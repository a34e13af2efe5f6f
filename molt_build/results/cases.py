"""What `molt-build compile_progress` finds: a run of the build-latency cases.

A cell is one case with one toolchain on one workload. Its numbers rest on samples: all clients of
the case, started at once, to the end of the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.codec import added
from molt_build.json_schema import Count, Seconds, allowing
from molt_build.measure.environment import Environment
from molt_build.measure.statistics import RatioEstimate, RatioFromZero, Summary
from molt_build.results.costs import Attribution
from molt_build.results.facts import NamedRun, Part, Time

CellStatus = Literal["measured", "skipped", "failed"]


@dataclass(frozen=True)
class Sample:
    """All clients of a case, started at once, to the end of the last."""

    wall_s: Annotated[Seconds, "From the start of the first client to the end of the last."]
    interpreter_s: Annotated[Seconds, "What the interpreter took to do nothing, beside it."]
    executed: Annotated[Count, "Actions that were executed, by all clients."]
    hits: Annotated[Count, "Actions that were answered by the store."]
    up_to_date: Annotated[Count, "Actions that were up to date."]
    lock_waits_s: Annotated[tuple[float, ...], "Seconds that each lock or slot was waited for."]
    seconds_by_stage: Annotated[Mapping[str, float], "Of the actions, over clients and programs."]
    timeouts: Annotated[Count, "Attempts that were ended for their time limit."]
    retries: Annotated[Count, "Attempts beyond the first."]
    shards: Annotated[Literal["on", "off"], "A slot for each client, or one directory and lock."]
    load: Annotated[
        tuple[float, float] | None, "Load of one minute, before and after; with diagnostics only."
    ] = None
    metrics: Annotated[
        Mapping[str, float],
        "What stages told about themselves, as STAGE.METRIC, summed over clients and programs.",
    ] = added({})


@dataclass(frozen=True)
class Equality:
    """The outputs of what was built, compared with the reference interpreter's."""

    checked: Annotated[Count, "Programs whose output was compared."]
    different: Annotated[tuple[str, ...], "The names of those that differ."]

    def __add__(self, other: Equality) -> Equality:
        different = dict.fromkeys((*self.different, *other.different))
        return Equality(self.checked + other.checked, tuple(different))

    @property
    def equal(self) -> int:
        """How many programs answered as the reference does."""
        return self.checked - len(self.different)


@dataclass(frozen=True)
class ShardComparison:
    """Shards on against shards off, paired by round; below 1 shards are better."""

    wall_ratio: Annotated[RatioEstimate | None, "Of a round's wall seconds."]
    lock_wait_p95_on_s: Annotated[float | None, "Of the waits for a lock, with shards on."]
    lock_wait_p95_off_s: Annotated[float | None, "The same, with shards off."]
    lock_wait_ratio: Annotated[
        RatioFromZero | None, "The former over the latter, its interval by resampling rounds."
    ]


@dataclass(frozen=True)
class JudgedKpi:
    """A KPI of a cell, as it was judged."""

    name: Annotated[str, "Its name."]
    metric: Annotated[str, "The metric that it limits."]
    op: Annotated[Literal["max", "min"], "Whether the limit is a maximum or a minimum."]
    limit: Annotated[float, "The limit."]
    value: Annotated[float | None, "What was measured; null where nothing could be scored."]
    is_green: Annotated[
        bool | None, "Whether it is met; null where it was not measured. A failed cell is not."
    ]
    source: Annotated[
        Literal["program", "ours"], "Whose it is: the optimization program's, or our own."
    ]


def cell_label(workload: str, shard: str | None) -> str:
    """A workload with its shard: `differential 1/4`."""
    return workload if shard is None else f"{workload} {shard}"


def cell_name(case: str, toolchain: str, label: str) -> str:
    """What tells a cell from all others of a run; who resumes finds what is done by it."""
    return f"{case} {toolchain} {label}"


@dataclass(frozen=True)
class CaseCell:
    """One case with one toolchain on one workload."""

    case: Annotated[str, "The case."]
    profile: Annotated[str, "The profile."]
    toolchain: Annotated[str, "The toolchain."]
    workload: Annotated[str, "The workload; joined by '+' where clients have their own."]
    shard: Annotated[str | None, "K/N: part K of N of the workload's programs."]
    programs: Annotated[tuple[str, ...], "The programs that were built, of all clients."]
    cache_state: Annotated[Literal["cold", "warm", "nocache"], "What the store held."]
    daemon: Annotated[bool, "Whether the case wants a build daemon."]
    clients: Annotated[int, "Builds at once.", allowing(minimum=1)]
    status: Annotated[CellStatus, "Whether it was measured."]
    reason: Annotated[str, "Why not; empty when it was measured."]
    warm_ups: Annotated[Count, "Builds before the first sample that were not counted."]
    samples: Annotated[tuple[Sample, ...], "The samples, in the order they were measured."]
    wall_s: Annotated[
        Summary | None, "Of the samples that count: with a comparison those with shards on."
    ]
    hit_ratio: Annotated[float | None, "Actions that were a hit or up to date, over all."]
    executed_actions: Annotated[float | None, "Actions that a sample executed: the median."]
    timeouts: Annotated[Count, "Attempts that were ended for their time limit, in all samples."]
    retries: Annotated[Count, "Attempts beyond each first one, and before the samples."]
    lock_wait_p95_s: Annotated[
        float | None, "95 % of the waits for a lock were no longer; the maximum below 20."
    ]
    seconds_by_stage: Annotated[Mapping[str, float], "The median over samples."]
    ratio_to_interpreter: Annotated[
        RatioEstimate | None, "Wall seconds over those of the interpreter that does nothing."
    ]
    equality: Annotated[Equality | None, "Whether the outputs are the right ones."]
    attribution: Annotated[Attribution | None, "Of the last sample's build."]
    comparison: Annotated[ShardComparison | None, "Shards on against shards off."]
    kpis: Annotated[tuple[JudgedKpi, ...], "Its KPIs."]
    metrics: Annotated[
        Mapping[str, float],
        "What stages told about themselves, as STAGE.METRIC: the median over samples.",
    ] = added({})

    @property
    def label(self) -> str:
        """Its workload with its shard."""
        return cell_label(self.workload, self.shard)

    @property
    def name(self) -> str:
        """What tells it from the others of its run."""
        return cell_name(self.case, self.toolchain, self.label)


@dataclass(frozen=True)
class CasesAsked:
    """What was asked for; the manifests say the rest."""

    cases: Annotated[tuple[str, ...], "Only these cases; all when empty."] = ()
    workloads: Annotated[tuple[str, ...], "Only these programs or workloads."] = ()
    toolchains: Annotated[tuple[str, ...], "Only these engines, as they were named."] = ()
    repeats: Annotated[int | None, "Samples of each cell, in place of the manifests'."] = None
    is_quick: Annotated[bool, "A few samples of each cell."] = False
    has_diagnostics: Annotated[bool, "Whether builds kept full reports; traces cost time."] = False


@dataclass(frozen=True)
class Interpreter:
    """The interpreter that ran the builds."""

    version: Annotated[str, "Its version."]
    implementation: Annotated[str, "Its implementation."]
    executable: Annotated[str, "Its file."]
    median_s: Annotated[float | None, "What it takes to do nothing: the median over samples."]


@dataclass(frozen=True)
class CaseToolchain:
    """A toolchain of the cases."""

    identity: Annotated[str | None, "Its identity; null where it is missing."]
    reason: Annotated[str, "Why it is missing; else empty."]


@dataclass(frozen=True)
class CasesResult(NamedRun):
    """A run of the cases: bench/results/compile_progress/TIMESTAMP/result.json."""

    kind: Annotated[Literal["cases"], "What was measured: cases."]
    schema_version: Annotated[Literal[2], "The version of this form."]
    command: Annotated[tuple[str, ...], "The command, as it can be typed again."]
    started: Annotated[Time, "When it began."]
    finished: Annotated[Time | None, "When the last cell was done; null while it is unfinished."]
    is_complete: Annotated[bool, "Whether every cell that was asked for is there."]
    is_resumed: Annotated[bool, "Whether it was interrupted and went on."]
    unrecorded_because: Annotated[
        str, "Why its KPIs do not count in the history; empty when they do."
    ]
    asked: Annotated[CasesAsked, "What was asked for."]
    switches: Annotated[
        Mapping[str, str], "The user's variables that made the builds others than by default."
    ]
    environment: Annotated[Environment, "The machine; null for what it does not tell."]
    interpreter: Annotated[Interpreter, "The interpreter that ran the builds."]
    toolchains: Annotated[Mapping[str, CaseToolchain], "The toolchains, by name."]
    parts: Annotated[tuple[Part, ...], "One for each time that it was started or resumed."]
    cells: Annotated[tuple[CaseCell, ...], "The cells that are done, in order."]
    started_by: Annotated[
        Literal["module", "script"],
        "How builds were started: python -m molt_build, or what a start script does.",
    ] = added("module")

    @property
    def is_quick(self) -> bool:
        """Whether it was a quick run."""
        return self.asked.is_quick

    @property
    def is_interrupted(self) -> bool:
        """Whether something of it is not there."""
        return not self.is_complete

    @property
    def is_recorded(self) -> bool:
        """Whether its KPIs count in the history."""
        return not self.unrecorded_because
