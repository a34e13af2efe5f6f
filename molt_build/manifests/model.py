"""What manifests declare, as frozen dataclasses: one class for each table of each kind.

Those of toolchains, workloads, suites, signals, tracks and gates stand in modules of their names
beside this one.

A property of a manifest is written in two places: in `schemas/KIND.schema.json` (its shape, and
what it means) and here (its type, and what holds when it is not said). From there to here
`molt_build.codec.from_table` decodes it; where the model is not the shape of the file, or what is
not said comes from elsewhere, `molt_build.manifests.resolve` says so first. A field without a
default is one that the schema requires or that is filled in there. A test holds the two together.

Everything here is plain data: tuples, strings, numbers, mappings. It can be written to and read
from JSON without loss (`molt_build.manifests.loading`), so warm commands need no TOML or schema
library. Placeholders (`{name}`) in argv, environment and paths are kept unexpanded; see
`molt_build.manifests.placeholders` for the closed set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from molt_build.manifests.gate import Gate
from molt_build.manifests.register import Register
from molt_build.manifests.signal import Signal
from molt_build.manifests.suite import Suite
from molt_build.manifests.toolchain import Toolchain
from molt_build.manifests.track import Track
from molt_build.manifests.workload import Program, Workload


@dataclass(frozen=True)
class Differential:
    """What is compared of compiled programs with what a reference says of them."""

    workloads: tuple[str, ...]
    engines: tuple[str, ...]
    references: tuple[str, ...] = ("cpython",)  # the first is the reference, others beside it
    profile: str | None = None  # of engines that name none; None: the project's
    run_timeout_s: float = 30.0
    # By family of these programs, those of lanes' that a divergence says something about.
    affects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """The project itself: defaults for everything that is not said on the command line."""

    name: str
    description: str
    default_toolchain: str
    default_profile: str
    subject: str  # the toolchain that suites are scored for
    differential: Differential | None = None


@dataclass(frozen=True)
class ShardRule:
    """How many slots the shards have that it fits; "*" fits every name."""

    slots: int
    toolchain: str = "*"
    profile: str = "*"
    workload: str = "*"

    def fits(self, toolchain: str, profile: str, workload: str) -> bool:
        """Whether the rule is about this shard."""
        pairs = (
            (self.toolchain, toolchain),
            (self.profile, profile),
            (self.workload, workload),
        )
        return all(wanted in ("*", name) for wanted, name in pairs)


@dataclass(frozen=True)
class InEveryKey:
    """What belongs to every key, whatever the stage."""

    environment: tuple[str, ...] = ()  # variables handed to every stage, and part of its key
    files: tuple[str, ...] = ()  # project files whose content is part of every key


@dataclass(frozen=True)
class LockTimes:
    """How long builds wait for one another, and how often they look meanwhile."""

    flight_timeout_s: float = 3600.0  # for another build of the same action
    slot_timeout_s: float = 1800.0  # for a slot of a shard
    backoff_min_s: float = 0.005
    backoff_max_s: float = 1.0


@dataclass(frozen=True)
class Cache:
    """What is kept between builds, what every key depends on, and how builds share a machine."""

    store_size_limit_bytes: int = 5 * 10**9
    shards_size_limit_bytes: int = 10 * 10**9
    blob_size_limit_bytes: int | None = None  # larger outputs stay out of the store
    compression: Literal["none", "zstd"] = "none"  # of outputs that are put into the store
    key: InEveryKey = InEveryKey()
    shards: tuple[ShardRule, ...] = ()  # the first that fits decides
    locks: LockTimes = LockTimes()


@dataclass(frozen=True)
class Profile:
    """A named set of flags: for each role (such as `cc`), and each word a stage asks for."""

    name: str
    description: str
    # role -> purpose ("compile", "link") -> flags, those that it inherits among them.
    roles: Mapping[str, Mapping[str, tuple[str, ...]]]
    inherits: str | None = None


@dataclass(frozen=True)
class EnginePair:
    """Two engines of a lane against one another: the time of `engine` over that of `over`."""

    engine: str
    over: str
    goal: float | None = None  # what the median over programs should be below
    description: str = ""


@dataclass(frozen=True)
class Lane:
    """Workloads x engines (`molt_build.engines`), measured against a reference engine."""

    name: str
    description: str
    workloads: tuple[str, ...]
    reference: str  # an engine
    subject: str  # a toolchain: if it is missing the lane fails with exit code 3
    engines: tuple[str, ...]  # those that are measured by default
    profile: str
    optional: tuple[str, ...] = ()  # engines that join with --add-engine
    target: str = "native"
    startup_program: str | None = None  # an empty program: the start-up floor of each toolchain
    budget_s: float = 480.0
    quick_budget_s: float = 45.0
    run_timeout_s: float = 60.0
    min_effect: float = 0.02  # ratios closer to 1 than this are "equal"
    columns: tuple[str, ...] = ("wall_s",)  # metrics; verdicts are about the first
    pairs: tuple[EnginePair, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shard:
    """Part `number` of `of` (from 1): the names at every `of`-th position of their sorted list."""

    number: int
    of: int


@dataclass(frozen=True)
class CaseWorkload:
    """What a case builds: a workload or a part of it, with some or all of its toolchains."""

    name: str
    toolchains: tuple[str, ...]  # those of the case that take it
    programs: tuple[str, ...] = ()  # () means all
    shard: Shard | None = None

    @property
    def label(self) -> str:
        """What its cells are called: its name, or those of the programs that are chosen."""
        return "+".join(self.programs) or self.name


@dataclass(frozen=True)
class Retry:
    """How often a build that was ended from outside is tried, the first time included."""

    attempts: int = 3
    backoff_s: float = 0.5  # before the second attempt, doubled before each further one


@dataclass(frozen=True)
class Edit:
    """What is changed in the sources of a language before each sample; `{number}` varies."""

    language: str
    replace: str
    file: str | None = None  # relative to the folder of the program's entry; None: the entry
    find: str | None = None  # a regular expression; None: a line is added at the end


@dataclass(frozen=True)
class Kpi:
    """A limit for a metric of a case's cells."""

    name: str
    metric: str
    source: Literal["program", "ours"]
    max: float | None = None  # either this or `min`
    min: float | None = None
    workloads: tuple[str, ...] = ()  # () means all
    toolchains: tuple[str, ...] = ()  # () means all

    @property
    def is_maximum(self) -> bool:
        """Whether values above the limit are red, and not those below it."""
        return self.max is not None

    @property
    def limit(self) -> float:
        """The last value that is green."""
        (limit,) = (bound for bound in (self.max, self.min) if bound is not None)
        return limit


@dataclass(frozen=True)
class Case:
    """A build-latency scenario; each of its workloads with each toolchain is a cell."""

    name: str
    description: str
    profile: str
    toolchains: tuple[str, ...]
    workloads: tuple[CaseWorkload, ...]
    cache_state: Literal["cold", "warm", "nocache"]
    repeats: int
    target: str = "native"
    daemon: bool = False
    clients: int = 1
    compare_shards: bool = False
    warm_ups: int = 1
    timeout_s: float = 600.0
    reference: str | None = None  # the interpreter whose output is the right one
    retry: Retry = Retry()
    edits: tuple[Edit, ...] = ()
    kpis: tuple[Kpi, ...] = ()


@dataclass(frozen=True)
class Manifests:
    """All manifests of a project, validated and resolved; names are keys."""

    project: Project
    profiles: Mapping[str, Profile]
    toolchains: Mapping[str, Toolchain]
    workloads: Mapping[str, Workload]
    lanes: Mapping[str, Lane]
    cache: Cache
    cases: Mapping[str, Case]
    suites: Mapping[str, Suite]
    signals: Mapping[str, Signal]
    tracks: Mapping[str, Track]
    gates: Mapping[str, Gate]
    register: Register
    # (kind, name) as "kind:name" -> path of the file that declares it
    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def programs(self) -> Mapping[str, tuple[Program, Workload]]:
        """Every program by its name, and the workload that it is of."""
        rows = ((program, w) for w in self.workloads.values() for program in w.programs)
        return {program.name: (program, workload) for program, workload in rows}

    def of_lane(self, lane: str) -> list[tuple[Program, Workload]]:
        """The programs of a lane's workloads, in their order, each with its workload."""
        workloads = (self.workloads[name] for name in self.lanes[lane].workloads)
        return [(program, workload) for workload in workloads for program in workload.programs]
