"""What a reader of signals is given, and what it gives: one shape for all of them.

A reader is a module of `molt_build.signals.readers` that has the name of its table in signal
manifests, and in it one function:

    def read(how: TextReader, material: Material) -> Reading

`how` is the reader's table as its class in `molt_build.manifests.signal` says it. The material is
what there is to read for one number: of a signal of programs the outputs of one program under one
engine, of a signal of engines those of all its programs at once, of the project its files. A
reader opens the files that it is given and no others, runs nothing but what decodes them, and gives
the same for the same material. A number that is a count is an `int`: differences are exact.

What cannot be read raises `NotRead` with the reason, a sentence for the user: it is shown in the
place of the number, and the other signals are read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.building.outcome import StageResult
from molt_build.engines import Engine
from molt_build.history.builds import Build
from molt_build.history.lanes import LaneRuns
from molt_build.results.signals import SignalPart

OTHERS = "(others)"
PARTS_KEPT = 50  # of counts by name, the largest; what the others come to is one more


class NotRead(Exception):
    """There is no number; the message says why, in a sentence without a stop."""


@dataclass(frozen=True)
class Reading:
    """What a reader found."""

    value: float
    parts: tuple[SignalPart, ...] = ()  # in the order in which they are shown
    notes: tuple[str, ...] = ()  # what who reads the number must know, a sentence each


@dataclass(frozen=True)
class ReadFile:
    """A file or a folder that is read."""

    name: str  # as shown: STAGE.OUTPUT, or its path in the project
    path: Path
    program: str = ""  # whose output it is; "" for files of the project


def _no_tool(name: str) -> str:
    raise NotRead(f"{name}, which decodes such files, is not there")


@dataclass(frozen=True)
class Material:
    """What there is to read for one number."""

    project: Path  # its folder; at a revision that of the worktree
    files: tuple[ReadFile, ...] = ()  # outputs, files, or what the signal's command printed
    engine: Engine | None = None  # all of it said; None in the scope of the project
    programs: tuple[str, ...] = ()  # whose number it is: one, or all of the engine's
    # program -> the stages of its build, of what was built for this
    stages: Mapping[str, tuple[StageResult, ...]] = field(default_factory=dict)
    lanes: LaneRuns | None = None  # on this class of machine; None where they cannot be read
    builds: tuple[Build, ...] = ()  # recorded before this command, the latest last
    commit: str | None = None  # of the project at a revision; None: as it is
    # a toolchain that decodes files -> its executable; raises `NotRead` where it is not there
    tool: Callable[[str], str] = _no_tool


def of_names(counts: Mapping[str, float]) -> tuple[SignalPart, ...]:
    """Counts by name as parts, as `largest` has them."""
    return largest(SignalPart(name, value) for name, value in counts.items())


def largest(parts: Iterable[SignalPart]) -> tuple[SignalPart, ...]:
    """Parts, the largest first; beyond `PARTS_KEPT` the others are one part, which is the last."""
    ordered = sorted(parts, key=lambda one: (one.name == OTHERS, -one.value, one.group, one.name))
    others = ordered[PARTS_KEPT:]
    if not others:
        return tuple(ordered)
    return (*ordered[:PARTS_KEPT], SignalPart(OTHERS, sum(one.value for one in others)))


def plain_files(files: Iterable[ReadFile]) -> list[ReadFile]:
    """The files that are given, and in the place of each folder those that lie in it, by name."""
    found = []
    for one in files:
        if not one.path.is_dir():
            found.append(one)
            continue
        inside = sorted(path for path in one.path.rglob("*") if path.is_file())
        for path in inside:
            name = f"{one.name}/{path.relative_to(one.path).as_posix()}"
            found.append(ReadFile(name, path, one.program))
    return found


def content(file: ReadFile) -> bytes:
    """All that a file holds; raises `NotRead`."""
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise NotRead(f"{file.name} cannot be read: {error.strerror or error}") from None


def named(files: Sequence[ReadFile]) -> Iterator[tuple[str, ReadFile]]:
    """Each file with what it is called: with its program too where several programs' are read."""
    is_alone = len({one.program for one in files}) == 1
    for one in files:
        yield one.name if is_alone or not one.program else f"{one.program} {one.name}", one
