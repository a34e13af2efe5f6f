"""What signal manifests declare: one number that builds, files or the history reveal.

A signal says what is read (outputs of stages, files of the project, what a command prints, or the
history), by which *reader*, for which engines, and how the numbers of programs become one. Each
reader has a table of its name and a class here: exactly one is not None. What they do is written
in `molt_build.signals.readers`, a file each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from molt_build.engines import Engine, parse
from molt_build.manifests.module_rules import ModulesReader

Scope = Literal["program", "engine", "project"]
Better = Literal["lower", "higher", "neither"]
Total = Literal["sum", "mean", "geometric-mean", "median", "maximum", "none"]
LaneTake = Literal["ratio", "median"]

EVERY_OUTPUT = "*"  # in `outputs`: each output of each stage that leads to the target
RESULTS = "results"  # the target's results
FILE = "file"  # the placeholder of a command that is run on each file


@dataclass(frozen=True)
class Within:
    """The part of a file that is looked at: from where a pattern is found to where it ends."""

    begins: str  # a regular expression; its group, where it has one, names the block
    ends: str | None = None  # a regular expression; either this or `block`
    block: Literal["braces", "indentation"] | None = None


@dataclass(frozen=True)
class TextReader:
    """How often a pattern is found, or how many different texts it finds."""

    pattern: str
    count: Literal["matches", "distinct"] = "matches"
    within: Within | None = None  # None: all of each file
    parts: Literal["text", "block", "file"] = "text"  # by what the rows beside the number go


@dataclass(frozen=True)
class JsonReader:
    """A number in a JSON document."""

    pointer: str  # RFC 6901
    take: Literal["number", "sum", "length"] = "number"


@dataclass(frozen=True)
class SizeReader:
    """How large files are, or how many."""

    count: Literal["bytes", "lines", "files"] = "bytes"


@dataclass(frozen=True)
class IrReader:
    """What an intermediate file consists of, an operation a line."""

    operations: Mapping[str, str]  # kind -> a regular expression; the first that fits a line counts
    count: Literal["operations", "bytes"] = "operations"


@dataclass(frozen=True)
class CodeReader:
    """What files of machine code have, native or of WebAssembly: `elf` and `wasm`."""

    count: Literal["calls", "callees", "imports", "functions", "code-bytes"] = "calls"
    to: Literal["imports", "any"] = "imports"  # which callees
    pattern: str | None = None  # of names of callees, imports or functions; None: of all
    within: str | None = None  # of names of the functions that call; None: all code
    parts: Literal["symbol", "function"] = "symbol"  # by what the rows beside the number go


@dataclass(frozen=True)
class LaneReader:
    """What the latest run of a lane in the history says of the engine."""

    lane: str
    metric: str = "wall_s"
    take: LaneTake = "ratio"


@dataclass(frozen=True)
class BuildReader:
    """What builds cost."""

    take: Literal["hit-ratio", "wasted-seconds", "rebuilds", "seconds"]
    stage: str | None = None  # of this stage alone; None: of all
    metric: str | None = None  # a metric that the stage tells, in the place of its seconds
    builds: int = 100  # of the history: so many of the engine's latest


@dataclass(frozen=True)
class CountReader:
    """What a counted run of a lane in the history says: instructions."""

    lane: str
    metric: str = "instructions"


Reader = (
    TextReader
    | JsonReader
    | SizeReader
    | IrReader
    | CodeReader
    | ModulesReader
    | LaneReader
    | BuildReader
    | CountReader
)
# Those that read files; the others read the history and the build itself.
OF_FILES = ("text", "json", "size", "ir", "elf", "wasm", "modules")
OF_HISTORY = ("lane", "build", "count")
READERS = (*OF_FILES, *OF_HISTORY)  # the keys of their tables, and the names of their files


@dataclass(frozen=True)
class Signal:
    """A number that is read, and how it is understood."""

    name: str
    description: str
    scope: Scope  # a number for each program and engine, for each engine, or one
    better: Better
    unit: str = ""  # "": a count
    engines: tuple[str, ...] = ()  # what one does not say fits any; (): all that have what is read
    lanes: tuple[str, ...] = ()  # whose programs are read; (): of any
    outputs: tuple[str, ...] = ()  # STAGE.OUTPUT, RESULTS or EVERY_OUTPUT
    files: tuple[str, ...] = ()  # globs of the project's files
    exclude: tuple[str, ...] = ()  # globs of files that are not read
    command: tuple[str, ...] = ()  # what it prints is read; with {file}: of each file
    per: str | None = None  # a signal of the same scope that it is divided by
    total: Total = "sum"  # how the numbers of programs become one
    text: TextReader | None = None
    json: JsonReader | None = None
    size: SizeReader | None = None
    ir: IrReader | None = None
    elf: CodeReader | None = None
    wasm: CodeReader | None = None
    modules: ModulesReader | None = None
    lane: LaneReader | None = None
    build: BuildReader | None = None
    count: CountReader | None = None

    @property
    def reader(self) -> str:
        """The name of its reader."""
        return next(name for name in READERS if getattr(self, name) is not None)

    @property
    def how(self) -> Reader:
        """Its reader's table."""
        how: Reader = getattr(self, self.reader)
        return how

    @property
    def is_measured(self) -> bool:
        """Whether it rests on times, or on runs: then a difference need not mean anything."""
        if self.build is not None:
            return self.build.take == "wasted-seconds" or (
                self.build.take == "seconds" and self.build.metric is None
            )
        return self.lane is not None or self.count is not None

    @property
    def needs_builds(self) -> bool:
        """Whether programs must be built before it can be read."""
        return bool(self.outputs) or self.build is not None

    def fits(self, engine: Engine) -> bool:
        """Whether it is about an engine of which all is said."""
        wanted = [parse(text) for text in self.engines]
        return not wanted or any(
            one.toolchain == engine.toolchain
            and one.profile in (None, engine.profile)
            and one.target in (None, engine.target)
            for one in wanted
        )
