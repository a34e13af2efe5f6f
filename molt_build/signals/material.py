"""The files that a signal reads: outputs of builds, files of the project, what a command prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from molt_build import processes
from molt_build.building.session import Session
from molt_build.errors import MoltBuildError, ToolFailed
from molt_build.manifests import globs
from molt_build.manifests.placeholders import expand, names
from molt_build.manifests.signal import FILE, Signal
from molt_build.signals.reading import NotRead, ReadFile
from molt_build.watch import counted

COMMAND_TIMEOUT_S = 600.0  # of a command on one file


@dataclass(frozen=True)
class Built:
    """The outputs of one program that were copied for signals."""

    program: str
    copies: Mapping[str, Path]  # STAGE.OUTPUT -> the file, or the folder


def of_outputs(signal: Signal, wanted: Iterable[str], built: Iterable[Built]) -> list[ReadFile]:
    """The outputs of programs that a signal reads; raises `NotRead` where there are none."""
    outputs = list(wanted)
    files = [
        ReadFile(name, one.copies[name], one.program)
        for one in built
        for name in outputs
        if name in one.copies
    ]
    if not files:
        raise NotRead(f"no stage made {', '.join(signal.outputs)}")
    return files


def of_project(signal: Signal, project: Path) -> list[ReadFile]:
    """The files of the project that a signal reads, by name; raises `NotRead` where there are none.

    Of a signal that has a command alone there are none to read.
    """
    if not signal.files:
        return []
    found: dict[str, None] = {}
    for pattern in signal.files:
        try:
            found |= dict.fromkeys(globs.look(str(project), pattern, signal.exclude).files)
        except OSError as error:
            raise NotRead(f"{error.filename}: {error.strerror or error}") from None
    if not found:
        raise NotRead(f"there is no file {', '.join(signal.files)}")
    return [ReadFile(name, project / name) for name in sorted(found)]


def printed(
    signal: Signal, files: list[ReadFile], session: Session, scratch: Path
) -> tuple[ReadFile, ...]:
    """What is read: the files, or what the signal's command prints of each, or alone.

    What it prints is written below `scratch`. Raises `NotRead` where it fails.
    """
    if not signal.command:
        return tuple(files)
    if not any(FILE in names(word) for word in signal.command):
        files = [ReadFile(Path(signal.command[0]).name, session.project)]
    found = []
    for number, file in enumerate(files):
        values = {
            "project": str(session.project),
            "system": "/",
            "python": session.resolver.python.executable,
            FILE: str(file.path),
        }
        argv = expand(signal.command, values)
        made = scratch / f"{signal.name}.{file.program or 'project'}.{number}"
        made.write_bytes(_output(argv, session.project, signal).encode())
        found.append(ReadFile(file.name, made, file.program))
    return tuple(found)


def tool_of(session: Session) -> Callable[[str], str]:
    """What finds the executable of a toolchain that decodes files; it is installed if need be."""

    def find(name: str) -> str:
        profile = session.manifests.project.default_profile
        try:
            found = session.resolver.resolve(name, profile, "native")
        except MoltBuildError as error:
            raise NotRead(
                f"{name}, which decodes such files, is not there: {error.message}"
            ) from None
        return str(found.values[name.replace("-", "_")])

    return find


def _output(argv: list[str], project: Path, signal: Signal) -> str:
    try:
        return processes.output(argv, cwd=project, timeout_s=COMMAND_TIMEOUT_S)
    except ToolFailed as error:
        shown = Path(signal.command[0]).name
        said = error.last_lines() if error.printed.strip() else error.how
        raise NotRead(f"{shown} {error.how}" + (f": {said}" if said != error.how else "")) from None


def without(left_out: int) -> tuple[str, ...]:
    """That an engine's number lacks programs."""
    return (f"without {counted(left_out, 'program')}, not built",) if left_out else ()
