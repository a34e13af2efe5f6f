"""What manifests declare, as frozen dataclasses: one class for each table of each kind.

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

from molt_build.errors import UsageError

# How an engine runs a program: as it is, through the adapter or changed by it, or not at all.
ModeName = Literal["runs_unmodified", "requires_adapter", "unsupported"]
# How a program is run: called by the adapter, imported (of suites alone), or as it is.
Form = Literal["driven", "script", "program"]


@dataclass(frozen=True)
class Track:
    """A row of the optimization program, and the tags of the programs that it can change."""

    id: str
    title: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Project:
    """The project itself: defaults for everything that is not said on the command line."""

    name: str
    description: str
    default_toolchain: str
    default_profile: str
    subject: str  # the toolchain that suites are scored for
    tracks: tuple[Track, ...] = ()  # of the optimization program: the first that fits a loss has it


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
class Source:
    """Where a workload's files come from: exactly one of project, archive, pypi or git."""

    project: str | None = None  # a path relative to the project
    archive: str | None = None  # a URL (https or file) or a project path
    sha256: str | None = None  # of the archive or of the package's file
    git: str | None = None  # a URL
    commit: str | None = None  # a full commit id
    root: str = "."  # the folder inside the source that holds the programs
    pypi: str | None = None  # a package's name
    version: str | None = None  # of the package
    file: str | None = None  # "sdist" | "wheel"
    ref: str | None = None  # the tag or branch that the commit was pinned from
    paths: tuple[str, ...] = ()  # all that is fetched of a git source, as globs; () means all


@dataclass(frozen=True)
class Program:
    """One program of a workload."""

    name: str
    entry: str  # relative to the source's root
    family: str = "other"
    description: str = ""
    args: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    form: Form = "program"
    kernel: str = ""  # the canonical name of what it computes; "": its own, without "bench_"
    size: int | None = None  # handed to the adapter
    repetitions: int = 10  # in one process, for the steady state


@dataclass(frozen=True)
class Adapter:
    """Files of the project's own that stand between programs and an engine.

    Both are absolute paths. The protocol is in `molt_build/bench/driver.py`.
    """

    drive: str | None = None  # a Python file: what is called in a module, and what is digested
    # Of suites, a Python file: what is changed in, or added to, a program's files.
    prepare: str | None = None
    note: str = ""  # what they do, and why


@dataclass(frozen=True)
class Workload:
    """A set of programs that is built and run."""

    name: str
    description: str
    language: str
    source: Source
    programs: tuple[Program, ...]
    candidates: tuple[str, ...] = ()  # globs, relative to the root: may be read by every program
    adapter: Adapter | None = None


@dataclass(frozen=True)
class BuiltBy:
    """An executable that is itself the output of an action."""

    program: str
    toolchain: str
    profile: str
    output: str  # STAGE.OUTPUT of that toolchain


@dataclass(frozen=True)
class Executable:
    """A tool the toolchain runs: found on PATH, by a path, by a question, or built."""

    name: str
    names: tuple[str, ...] = ()  # names to look for on PATH, in order
    path: str | None = None  # a path with placeholders ({env}/bin/mypyc, {project}/tools/x)
    query: str | None = None  # the query whose value is the path
    built_by: BuiltBy | None = None
    version: tuple[str, ...] = ()  # argv that prints the version; () when there is none
    install_hint: str = ""


@dataclass(frozen=True)
class Query:
    """A fact asked of a tool once per identity; its value is a placeholder of the same name."""

    name: str
    argv: tuple[str, ...]
    stream: str = "stdout"  # or "stderr"
    pattern: str | None = None  # a regular expression; group 1 of each match (or whole) is a value
    is_list: bool = False  # all matches, spliced as several words; else the first
    is_file: bool = False  # the value is a file whose content belongs to the identity


@dataclass(frozen=True)
class Provides:
    """What the toolchain offers to others that use it in a role."""

    role: str
    command: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # purpose -> for every use
    search_path: tuple[str, ...] = ()  # header folders, searched in this order after -I
    includes: str | None = None  # "c": who uses it reads C, whose names say what is looked for
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_shard: bool = False
    native_flags: tuple[str, ...] = ()  # flags that make code for this machine's CPU only


@dataclass(frozen=True)
class PythonEnvironment:
    """The toolchain's own Python environment, installed from a hash-locked file."""

    requires: tuple[str, ...]  # what `molt-build pin` resolves
    lock: str  # path relative to the manifest
    lock_text: str  # its content, "" while it does not exist


@dataclass(frozen=True)
class Depfile:
    """Where a stage writes the list of files it read, and in which format."""

    path: str  # relative to the staging directory, with placeholders
    format: str  # "make" | "lines" | "json"


@dataclass(frozen=True)
class Stage:
    """One step of a toolchain."""

    name: str
    argv: tuple[str, ...]
    outputs: Mapping[str, str]  # name -> path relative to the staging directory
    takes_source: bool  # the program's source files are staged
    inputs: Mapping[str, str] = field(default_factory=dict)  # local name -> STAGE.OUTPUT
    candidates: tuple[str, ...] = ()  # more project files that may be read (globs from the root)
    absences: tuple[str, ...] = ()  # files (from the root) that would change the result if present
    looks_above: tuple[str, ...] = ()  # files that the tool looks for above its working directory
    imports: str | None = None  # "python": local imports are inputs, found transitively
    digest: str = "text"  # or "tokens": how project sources are digested
    meaningful_comments: tuple[str, ...] = ()  # patterns of the comments that "tokens" keeps
    depfile: Depfile | None = None
    search_path: tuple[str, ...] = ()  # -I folders of this stage, in order (for absences)
    includes: str | None = None  # "c": the names in what was read say what else was looked for
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_shard: bool = False
    timeout_s: float = 600.0
    nondeterministic: str | None = None  # why its bytes differ from run to run; None: they do not


@dataclass(frozen=True)
class Target:
    """native or wasm: which stages lead there, what results, and how it is run."""

    name: str
    stages: tuple[str, ...]
    run: tuple[str, ...]
    results: tuple[str, ...] = ()  # STAGE.OUTPUT, materialised under their output's path
    # How a Python script ({driver}) that imports the result is run; () where none can.
    drive: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unsupported:
    """Programs that the toolchain is known not to take, and why."""

    reason: str
    programs: tuple[str, ...] = ()  # names or globs
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Toolchain:
    """An engine: a compiler (has stages) or an interpreter (has none)."""

    name: str
    description: str
    engine: str  # "compiler" | "interpreter"
    # profile -> stage -> flags, those that a profile inherits among them.
    flags: Mapping[str, Mapping[str, tuple[str, ...]]]
    accepts: tuple[str, ...] = ()  # languages
    python: PythonEnvironment | None = None
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> alternatives
    provides: Provides | None = None
    executables: tuple[Executable, ...] = ()
    queries: tuple[Query, ...] = ()
    identity_files: tuple[str, ...] = ()  # more files whose content belongs to the identity
    stages: tuple[Stage, ...] = ()
    native_flags: tuple[str, ...] = ()
    cpu_specific: bool = False  # code is for this machine's CPU by default
    is_jit: bool = False  # compiles while it runs: its steady state is measured apart
    targets: tuple[Target, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    reason_pattern: str | None = None  # finds the compiler's own reason in a failed stage's output

    def target(self, name: str) -> Target:
        """The target of that name; raises `UsageError`, with near misses, where it has none."""
        for target in self.targets:
            if target.name == name:
                return target
        from molt_build.names import name_hint  # needless to warm commands

        hint = name_hint(name, [target.name for target in self.targets])
        raise UsageError(f"toolchain {self.name} has no target {name}", hint)

    def why_not(self, language: str) -> str | None:
        """Why it takes no programs in a language; None where it does."""
        if language in self.accepts:
            return None
        return f"{self.name} takes {', '.join(self.accepts) or 'nothing'}, and not {language}"


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
    optional: tuple[str, ...] = ()  # engines that join with --toolchain
    target: str = "native"
    startup_program: str | None = None  # an empty program: the start-up floor of each toolchain
    budget_s: float = 480.0
    quick_budget_s: float = 45.0
    run_timeout_s: float = 60.0
    min_effect: float = 0.02  # ratios closer to 1 than this are "equal"
    columns: tuple[str, ...] = ("wall_s",)  # metrics; verdicts are about the first
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
class Mode:
    """How an engine runs a suite, or a program of it."""

    mode: ModeName
    reason: str = ""  # why it is unsupported; "" otherwise
    note: str = ""


@dataclass(frozen=True)
class SuiteProgram:
    """One program of a suite, or all that a glob finds.

    `entry` is relative to the source's root. With a glob the name is "", and each program gets
    its name from its file.
    """

    entry: str
    form: Literal["driven", "script"]  # through the adapter, or it does all by itself
    kernel: str  # the canonical name of what it computes; its own name where none was given
    name: str = ""
    description: str = ""
    module: str | None = None  # the name under which its file is staged; None: made of the file's
    is_prepared: bool = False  # the adapter's `prepare` is run on its files
    size: int | None = None  # handed to the adapter
    args: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # globs from the source's root: more files that are staged
    tags: tuple[str, ...] = ()
    is_quick: bool = False  # measured by --quick
    timeout_s: float = 60.0
    repetitions: int = 10  # in one process, for the steady state
    c_accelerated: str | None = None  # why a comparison would mean nothing
    unchecked: str | None = None  # why its output says nothing about what it computed
    engines: Mapping[str, Mode] = field(default_factory=dict)  # where they differ from the suite's


@dataclass(frozen=True)
class Exclusion:
    """Files of a suite that are no program or are not measured, and why."""

    entries: tuple[str, ...]  # globs, relative to the source's root
    reason: str


@dataclass(frozen=True)
class Suite:
    """A friend project's own benchmarks, from a pinned source."""

    name: str
    description: str
    friend: str  # the toolchain whose suite it is
    licence: str
    source: Source
    present: tuple[str, ...]  # globs, relative to the source's root: what counts as its programs
    programs: tuple[SuiteProgram, ...]
    default: Mode  # of engines that `engines` does not name
    reference: str = "cpython"
    python: PythonEnvironment | None = None  # what the programs import
    adapter: Adapter | None = None
    # engine -> variables of its runs
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    engines: Mapping[str, Mode] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    volatile: tuple[str, ...] = ()  # POSIX patterns of output lines that are never equal
    columns: tuple[str, ...] = ()  # metrics; (): `columns_with` says which
    budget_s: float = 240.0
    quick_budget_s: float = 20.0
    min_effect: float = 0.02  # ratios closer to 1 than this are "equal"

    def mode_of(self, program: SuiteProgram, engine: str) -> Mode:
        """How the engine runs the program: as that says, else the suite, else its default."""
        return program.engines.get(engine) or self.engines.get(engine) or self.default

    def columns_with(self, *, a_jit: bool) -> tuple[str, ...]:
        """What is compared; the steady state too where it names none and an engine is a JIT."""
        return self.columns or (("wall_s", "steady_s") if a_jit else ("wall_s",))


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
    # (kind, name) as "kind:name" -> path of the file that declares it
    files: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def programs(self) -> Mapping[str, tuple[Program, Workload]]:
        """Every program by its name, and the workload that it is of."""
        rows = ((program, w) for w in self.workloads.values() for program in w.programs)
        return {program.name: (program, workload) for program, workload in rows}
