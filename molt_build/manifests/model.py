"""What manifests declare, as frozen dataclasses: one class for each table of each kind.

Everything here is plain data: tuples, strings, numbers, mappings. It is built once by
`molt_build.manifests.resolve` from validated TOML, and can be written to and read from JSON
without loss (`molt_build.manifests.cache`), so warm commands need no TOML or schema library.
Placeholders (`{name}`) in argv, environment and paths are kept unexpanded; see
`molt_build.manifests.placeholders` for the closed set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    tracks: tuple[Track, ...]  # of the optimization program: the first that fits a loss has it


@dataclass(frozen=True)
class ShardRule:
    """How many slots the shards have that it fits; "*" fits every name."""

    toolchain: str
    profile: str
    workload: str
    slots: int

    def fits(self, toolchain: str, profile: str, workload: str) -> bool:
        """Whether the rule is about this shard."""
        pairs = (
            (self.toolchain, toolchain),
            (self.profile, profile),
            (self.workload, workload),
        )
        return all(wanted in ("*", name) for wanted, name in pairs)


@dataclass(frozen=True)
class LockTimes:
    """How long builds wait for one another, and how often they look meanwhile."""

    flight_timeout_s: float  # for another build of the same action
    slot_timeout_s: float  # for a slot of a shard
    backoff_min_s: float
    backoff_max_s: float


@dataclass(frozen=True)
class Cache:
    """What is kept between builds, what every key depends on, and how builds share a machine."""

    store_size_limit_bytes: int
    shards_size_limit_bytes: int
    key_environment: tuple[str, ...]  # variables handed to every stage, and part of its key
    key_files: tuple[str, ...]  # project files whose content is part of every key
    shards: tuple[ShardRule, ...]  # the first that fits decides
    locks: LockTimes


@dataclass(frozen=True)
class Profile:
    """A named set of flags: for each role (such as `cc`), and each word a stage asks for."""

    name: str
    description: str
    inherits: str | None
    # role -> purpose ("compile", "link") -> flags; a child's list replaces its parent's.
    roles: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Source:
    """Where a workload's files come from: exactly one of project, archive, pypi or git."""

    project: str | None  # a path relative to the project
    archive: str | None  # a URL (https or file) or a project path
    sha256: str | None  # of the archive or of the package's file
    git: str | None  # a URL
    commit: str | None  # a full commit id
    root: str  # the folder inside the source that holds the programs
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
    family: str
    description: str
    args: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Workload:
    """A set of programs that is built and run."""

    name: str
    description: str
    language: str
    source: Source
    programs: tuple[Program, ...]
    candidates: tuple[str, ...]  # globs, relative to the root: may be read by every program


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
    names: tuple[str, ...]  # names to look for on PATH, in order
    path: str | None  # a path with placeholders ({env}/bin/mypyc, {project}/tools/x)
    query: str | None  # the query whose value is the path
    built_by: BuiltBy | None
    version: tuple[str, ...]  # argv that prints the version; () when there is none
    install_hint: str


@dataclass(frozen=True)
class Query:
    """A fact asked of a tool once per identity; its value is a placeholder of the same name."""

    name: str
    argv: tuple[str, ...]
    stream: str  # "stdout" or "stderr"
    pattern: str | None  # a regular expression; group 1 of each match (or whole) is a value
    is_list: bool  # all matches, spliced as several words; else the first
    is_file: bool  # the value is a file whose content belongs to the identity


@dataclass(frozen=True)
class Provides:
    """What the toolchain offers to others that use it in a role."""

    role: str
    command: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]]  # purpose -> flags that every use gets
    search_path: tuple[str, ...]  # header folders, searched in this order after -I
    includes: str | None  # "c": who uses it reads C, whose names say what is looked for
    environment: Mapping[str, str]
    needs_shard: bool
    native_flags: tuple[str, ...]  # flags that make code for this machine's CPU only


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
    takes_source: bool  # the program's source files are staged
    inputs: Mapping[str, str]  # local name -> STAGE.OUTPUT of an earlier stage
    outputs: Mapping[str, str]  # name -> path relative to the staging directory
    candidates: tuple[str, ...]  # more project files that may be read (globs from the root)
    absences: tuple[str, ...]  # files (from the root) that would change the result if present
    looks_above: tuple[str, ...]  # files that the tool looks for above its working directory
    imports: str | None  # "python": local imports of the source are inputs, found transitively
    digest: str  # "text" | "tokens": how project sources are digested
    meaningful_comments: tuple[str, ...]  # patterns of the comments that "tokens" keeps
    depfile: Depfile | None
    search_path: tuple[str, ...]  # -I folders of this stage, in order (for absences)
    includes: str | None  # "c": the names in what was read say what else was looked for
    environment: Mapping[str, str]
    needs_shard: bool
    timeout_s: float
    nondeterministic: str | None  # why its bytes differ from run to run; None: they do not


@dataclass(frozen=True)
class Target:
    """native or wasm: which stages lead there, what results, and how it is run."""

    name: str
    stages: tuple[str, ...]
    results: tuple[str, ...]  # STAGE.OUTPUT, materialised under their output's path
    run: tuple[str, ...]
    # How a Python script ({driver}) that imports the result is run; () where none can.
    drive: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Unsupported:
    """Programs that the toolchain is known not to take, and why."""

    programs: tuple[str, ...]  # names or globs
    tags: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Toolchain:
    """An engine: a compiler (has stages) or an interpreter (has none)."""

    name: str
    description: str
    engine: str  # "compiler" | "interpreter"
    accepts: tuple[str, ...]  # languages
    python: PythonEnvironment | None
    uses: Mapping[str, tuple[str, ...]]  # role -> alternatives in order
    provides: Provides | None
    executables: tuple[Executable, ...]
    queries: tuple[Query, ...]
    identity_files: tuple[str, ...]  # more files whose content belongs to the identity
    stages: tuple[Stage, ...]
    # profile -> stage -> flags; a profile not listed takes that of the one it inherits.
    flags: Mapping[str, Mapping[str, tuple[str, ...]]]
    native_flags: tuple[str, ...]
    cpu_specific: bool  # code is for this machine's CPU by default
    is_jit: bool  # compiles while it runs: its steady state is measured apart
    targets: tuple[Target, ...]
    unsupported: tuple[Unsupported, ...]
    reason_pattern: str | None  # finds the compiler's own reason in a failed stage's output


@dataclass(frozen=True)
class Lane:
    """Workloads x toolchains x profile x target, measured against a reference toolchain."""

    name: str
    description: str
    workloads: tuple[str, ...]
    reference: str
    subject: str  # if this one is missing the lane fails with exit code 3
    toolchains: tuple[str, ...]  # measured by default
    optional: tuple[str, ...]  # join with --toolchain
    profile: str
    target: str
    startup_program: str | None  # an empty program: the start-up floor of each toolchain
    budget_s: float
    quick_budget_s: float
    run_timeout_s: float
    min_effect: float  # ratios closer to 1 than this are "equal"
    metric: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Shard:
    """Part `number` of `of` (from 1): the names at every `of`-th position of their sorted list."""

    number: int
    of: int


@dataclass(frozen=True)
class CaseWorkload:
    """What a case builds: a workload or a part of it, with some or all of its toolchains."""

    name: str
    programs: tuple[str, ...]  # () means all
    shard: Shard | None
    toolchains: tuple[str, ...]  # those of the case that take it

    @property
    def label(self) -> str:
        """What its cells are called: its name, or those of the programs that are chosen."""
        return "+".join(self.programs) or self.name


@dataclass(frozen=True)
class Retry:
    """How often a build that was ended from outside is tried, the first time included."""

    attempts: int
    backoff_s: float  # before the second attempt, doubled before each further one


@dataclass(frozen=True)
class Edit:
    """What is changed in the sources of a language before each sample; `{number}` varies."""

    language: str
    file: str | None  # relative to the folder of the program's entry; None: the entry
    find: str | None  # a regular expression; None: a line is added at the end
    replace: str


@dataclass(frozen=True)
class Kpi:
    """A limit for a metric of a case's cells."""

    name: str
    metric: str
    limit: float
    is_maximum: bool
    source: str  # "program" | "ours"
    workloads: tuple[str, ...]  # () means all
    toolchains: tuple[str, ...]  # () means all


@dataclass(frozen=True)
class Case:
    """A build-latency scenario; each of its workloads with each toolchain is a cell."""

    name: str
    description: str
    profile: str
    target: str
    toolchains: tuple[str, ...]
    workloads: tuple[CaseWorkload, ...]
    cache_state: str  # "cold" | "warm" | "nocache"
    daemon: bool
    clients: int
    compare_shards: bool
    warm_ups: int
    repeats: int
    timeout_s: float
    reference: str | None  # the interpreter whose output is the right one
    retry: Retry
    edits: tuple[Edit, ...]
    kpis: tuple[Kpi, ...]


@dataclass(frozen=True)
class Adapter:
    """Files of the project's own that stand between a suite's programs and an engine.

    Both are absolute paths. The protocol is in `molt_build/suites/driver.py`.
    """

    drive: str | None  # a Python file: what is called in a program's module, and what is digested
    prepare: str | None  # a Python file: what is changed in, or added to, a program's files
    note: str  # what they do, and why


@dataclass(frozen=True)
class Mode:
    """How an engine runs a suite, or a program of it."""

    mode: str  # "runs_unmodified" | "requires_adapter" | "unsupported"
    reason: str  # why it is unsupported; "" otherwise
    note: str


@dataclass(frozen=True)
class SuiteProgram:
    """One program of a suite, or all that a glob finds.

    `entry` is relative to the source's root. With a glob the name is "", and each program gets
    its name from its file.
    """

    name: str
    entry: str
    description: str
    module: str | None  # the name under which its file is staged; None: made of the file's
    form: str  # "driven" through the adapter, or a "script" that does all by itself
    is_prepared: bool  # the adapter's `prepare` is run on its files
    size: int | None  # handed to the adapter
    args: tuple[str, ...]
    files: tuple[str, ...]  # globs from the source's root: more files that are staged
    kernel: str  # the canonical name of what it computes; its own name where none was given
    tags: tuple[str, ...]
    is_quick: bool  # measured by --quick
    timeout_s: float
    repetitions: int  # in one process, for the steady state
    c_accelerated: str | None  # why a comparison would mean nothing
    unchecked: str | None  # why its output says nothing about what it computed
    engines: Mapping[str, Mode]  # where they differ from the suite's


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
    reference: str
    python: PythonEnvironment | None  # what the programs import
    adapter: Adapter | None
    environment: Mapping[str, Mapping[str, str]]  # engine -> variables of its runs
    engines: Mapping[str, Mode]
    default: Mode  # of engines that `engines` does not name
    present: tuple[str, ...]  # globs, relative to the source's root: what counts as its programs
    programs: tuple[SuiteProgram, ...]
    exclusions: tuple[Exclusion, ...]
    volatile: tuple[str, ...]  # POSIX patterns of output lines that are never equal

    def mode_of(self, program: SuiteProgram, engine: str) -> Mode:
        """How the engine runs the program: as that says, else the suite, else its default."""
        return program.engines.get(engine) or self.engines.get(engine) or self.default


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
