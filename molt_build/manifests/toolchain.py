"""What toolchain manifests declare: tools, questions, stages and targets.

One class for each table, as `molt_build.manifests.model` says. Placeholders (`{name}`) in argv,
environment and paths are kept unexpanded; see `molt_build.manifests.placeholders`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from molt_build.errors import UsageError
from molt_build.manifests.workload import Source

ANY = "*"  # every profile that is asked for
OF_WHO_ASKS = {"profile": "{profile}", "target": "{target}"}


@dataclass(frozen=True)
class BuiltBy:
    """Of a tool or a file that is itself the output of an action: which output, and of which."""

    program: str
    toolchain: str
    profile: Mapping[str, str]  # that is asked for, or ANY -> that it is built with
    output: str  # STAGE.OUTPUT of that toolchain
    target: str = "native"

    def profile_for(self, asked: str) -> str | None:
        """The profile it is built with for who asks for one; None where none is named for that."""
        chosen = self.profile.get(asked, self.profile.get(ANY))
        return asked if chosen == OF_WHO_ASKS["profile"] else chosen

    def target_for(self, asked: str) -> str:
        """The target it is built for, for who asks for one."""
        return asked if self.target == OF_WHO_ASKS["target"] else self.target

    @property
    def hangs_on_profile(self) -> bool:
        """Whether who asks for another profile may get another build."""
        return self.profile.keys() != {ANY} or OF_WHO_ASKS["profile"] in self.profile.values()

    @property
    def hangs_on_target(self) -> bool:
        """Whether who asks for another target gets another build."""
        return self.target == OF_WHO_ASKS["target"]


@dataclass(frozen=True)
class Executable:
    """A tool the toolchain runs: found on PATH, by a path, by a question, by version, or built."""

    name: str
    names: tuple[str, ...] = ()  # names to look for on PATH, in order
    path: str | None = None  # a path with placeholders ({env}/bin/mypyc, {project}/tools/x)
    query: str | None = None  # the query whose value is the path
    python: str | None = None  # a minor version of CPython, looked for on PATH, in pyenv and uv
    built_by: BuiltBy | None = None
    version: tuple[str, ...] = ()  # argv that prints the version; () when there is none
    install_hint: str = ""


@dataclass(frozen=True)
class Artifact:
    """A file or a folder that belongs to the toolchain; its value is its absolute path."""

    name: str
    path: str | None = None  # with placeholders; exactly one of this, source and built_by
    files: tuple[str, ...] = ()  # globs of what counts in a folder; () means all
    source: Source | None = None  # something pinned, that is fetched; never of the project
    built_by: BuiltBy | None = None


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
    format: str  # "make" | "lines" | "json" | "looked" | "python-audit"


@dataclass(frozen=True)
class Metrics:
    """Numbers that a stage tells about itself, in a JSON file that it writes."""

    path: str  # of the file, relative to the staging directory, with placeholders
    values: Mapping[str, str]  # name of a metric -> keys of the file's object, joined by dots


@dataclass(frozen=True)
class Stage:
    """One step of a toolchain."""

    name: str
    argv: tuple[str, ...]
    outputs: Mapping[str, str]  # name -> path relative to the staging directory; with "/": a folder
    takes_source: bool  # the program's source files are staged
    inputs: Mapping[str, str] = field(default_factory=dict)  # local name -> STAGE.OUTPUT
    candidates: tuple[str, ...] = ()  # more project files that may be read (globs from the root)
    absences: tuple[str, ...] = ()  # files (from the root) that would change the result if present
    looks_above: tuple[str, ...] = ()  # files that the tool looks for above its working directory
    optional: tuple[str, ...] = ()  # files beside the entry: inputs, or absences while not there
    imports: str | None = None  # "python": local imports are inputs, found transitively
    import_roots: tuple[str, ...] = ()  # of absolute imports, in order; (): beside the entry
    reads: str | None = None  # "declared": nobody tells what was read
    digest: str = "text"  # or "tokens": how project sources are digested
    meaningful_comments: tuple[str, ...] = ()  # patterns of the comments that "tokens" keeps
    depfile: Depfile | None = None
    search_path: tuple[str, ...] = ()  # -I folders of this stage, in order (for absences)
    includes: str | None = None  # "c": the names in what was read say what else was looked for
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_shard: bool = False
    timeout_s: float = 600.0
    store: bool = True  # its outputs are kept in the store
    metrics: Metrics | None = None
    stdin: str | None = None  # the path in staging of the file that it reads as standard input
    stdout: str | None = None  # the output that is what it prints
    fetch: tuple[str, ...] = ()  # lock files (from the entry) that say what it gets from a network
    nondeterministic: str | None = None  # why its bytes differ from run to run; None: they do not


@dataclass(frozen=True)
class Target:
    """What results are made for: which stages lead there, what results, and how it is run."""

    name: str
    stages: tuple[str, ...]
    run: tuple[str, ...] = ()  # (): the results are a library
    results: tuple[str, ...] = ()  # STAGE.OUTPUT, materialised under their output's path
    # How a Python script ({driver}) that imports the result is run; () where none can.
    drive: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    uncountable: str = ""  # why an emulator cannot count what it runs; "" where it can


@dataclass(frozen=True)
class Unsupported:
    """Programs that the toolchain is known not to take, and why."""

    reason: str
    programs: tuple[str, ...] = ()  # names or globs
    tags: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()  # () means all


@dataclass(frozen=True)
class Divergence:
    """Programs on which the toolchain is known to say something else than the reference."""

    programs: tuple[str, ...]
    reason: str
    expires: str  # the last day on which it is accepted: 2027-06-30
    targets: tuple[str, ...] = ()  # () means all
    # Families of lanes' programs that are not scored for it; None: as if nobody had declared it.
    affects: tuple[str, ...] | None = None

    def is_of(self, program: str, target: str) -> bool:
        """Whether it is about a program as it is made for a target."""
        return program in self.programs and (not self.targets or target in self.targets)


@dataclass(frozen=True)
class Toolchain:
    """An engine: a compiler (has stages) or an interpreter (has none)."""

    name: str
    description: str
    engine: str  # "compiler" | "interpreter"
    # profile -> stage -> flags, those that a profile inherits among them.
    flags: Mapping[str, Mapping[str, tuple[str, ...]]]
    accepts: tuple[str, ...] = ()  # languages
    requires_python: str = ""  # a version specifier; "" where any version will do
    python: PythonEnvironment | None = None
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> alternatives
    provides: Provides | None = None
    executables: tuple[Executable, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    queries: tuple[Query, ...] = ()
    identity_files: tuple[str, ...] = ()  # more files whose content belongs to the identity
    stages: tuple[Stage, ...] = ()
    native_flags: tuple[str, ...] = ()
    cpu_specific: bool = False  # code is for this machine's CPU by default
    is_jit: bool = False  # compiles while it runs: its steady state is measured apart
    targets: tuple[Target, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    reason_pattern: str | None = None  # finds the compiler's own reason in a failed stage's output

    @property
    def built_by(self) -> tuple[BuiltBy, ...]:
        """Of which builds its executables and artifacts are, in their order."""
        each = [part.built_by for part in self.executables]
        each += [part.built_by for part in self.artifacts]
        return tuple(built_by for built_by in each if built_by is not None)

    def target(self, name: str) -> Target:
        """The target of that name; raises `UsageError`, with near misses, where it has none."""
        for target in self.targets:
            if target.name == name:
                return target
        from molt_build.names import name_hint  # needless to warm commands

        hint = name_hint(name, [target.name for target in self.targets])
        raise UsageError(f"toolchain {self.name} has no target {name}", hint)

    def run_target(self, name: str) -> Target:
        """The target of that name; raises `UsageError` where it has none, or nothing to run."""
        target = self.target(name)
        if not target.run:
            message = f"what {self.name} makes for {name} is a library: there is nothing to run"
            raise UsageError(message, "name a target that is run")
        return target

    def takes(self, language: str) -> bool:
        """Whether it takes programs in a language."""
        return language in self.accepts

    def why_not(self, language: str) -> str | None:
        """Why it takes no programs in a language; None where it does."""
        if self.takes(language):
            return None
        return f"{self.name} takes {', '.join(self.accepts) or 'nothing'}, and not {language}"
