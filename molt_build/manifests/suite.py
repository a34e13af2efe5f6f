"""What suite manifests declare: a friend's own programs, and how engines run them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from molt_build.manifests.toolchain import PythonEnvironment
from molt_build.manifests.workload import Adapter, Source

# How an engine runs a program: as it is, through the adapter or changed by it, or not at all.
ModeName = Literal["runs_unmodified", "requires_adapter", "unsupported"]


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
