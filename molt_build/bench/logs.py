"""What is kept of a cell in words: `logs/LANE/PROGRAM.ENGINE.log` in the run's folder.

How it was built, the line that runs it again, and what its first run printed; then the same for the
first run of its steady state, and every run that was found wanting later. `PROGRAM.ENGINE.out`
beside it is what the pasted line prints, byte for byte; it is left out where a program printed
more than is kept.
"""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from urllib.parse import quote

from molt_build.bench.cells import ReadyCell
from molt_build.bench.selection import Selection
from molt_build.engines import AGAIN
from molt_build.files import append_to
from molt_build.measure.process import STDOUT_LIMIT_BYTES, Sample
from molt_build.patterns import without_lines
from molt_build.temporary import write_whole
from molt_build.watch import counted

LOGS = Path("logs")
NAME_LIMIT = 100  # of an engine's part of a file's name
_PLAIN = "@:~^{}+=, "


def log_path(lane: str, program: str, engine: str) -> Path:
    """Relative to the run's folder; the name of an engine may hold any signs, and be long."""
    name = quote(engine, safe=_PLAIN)
    if len(name) > NAME_LIMIT:
        name = f"{name[:NAME_LIMIT]}-{hashlib.sha256(engine.encode()).hexdigest()[:12]}"
    return LOGS / lane / f"{program}.{name}.log"


def begin_log(folder: Path, selection: Selection, cell: ReadyCell) -> None:
    """Write the log's head: what the cell is, and how it was built."""
    program = cell.program.name
    lines = [f"{selection.name}/{program} under {cell.engine}: {cell.mode}"]
    lines += [cell.note] if cell.note else []
    lines += [f"{cell.status}: {cell.reason}"] if cell.reason else []
    lines += ["", "What it needs lies in the project and in the cache; this makes it anew:"]
    lines += [rebuilding(selection, cell)]
    for command in cell.build.commands if cell.build is not None else ():
        ended = "not to its end" if command.exit_status is None else f"{command.exit_status}"
        lines += ["", f"== {command.stage}: exit status {ended}, {command.seconds:.3f} s"]
        lines += [shlex.join(command.argv)]
    file = folder / log_path(selection.name, program, cell.engine)
    write_whole(file, "\n".join(lines) + "\n", folder, is_alone=True)  # of thousands


def add_run(file: Path, title: str, line: str, sample: Sample) -> None:
    """Append one run: the line that repeats it, what it cost and what it printed."""
    if sample.failure is not None:
        ended = sample.failure
    else:
        ended = f"exit status {sample.exit_status}, {sample.metrics['wall_s']:.3f} s"
    size = f"{counted(sample.stdout_size, 'byte')}, sha256 {sample.stdout_sha256}"
    if sample.stdout_size > STDOUT_LIMIT_BYTES:
        size += f", of which the first {STDOUT_LIMIT_BYTES}"
    with open(append_to(file), "ab") as stream:
        stream.write(f"\n== {title}: {ended}\n{line}\n".encode(errors="replace"))
        stream.write(f"-- standard output: {size}\n".encode())
        stream.write(sample.stdout)
        if sample.stdout and not sample.stdout.endswith(b"\n"):
            stream.write(b"\n")
        stream.write(b"-- the end of standard error:\n")
        stream.write(sample.stderr_tail.encode(errors="replace"))
        if sample.stderr_tail and not sample.stderr_tail.endswith("\n"):
            stream.write(b"\n")


def write_output(log: Path, sample: Sample, volatile: tuple[str, ...]) -> None:
    """Write the file beside a log that holds what the pasted line prints, if it was kept whole."""
    file = log.with_suffix(".out")
    if sample.stdout_size > STDOUT_LIMIT_BYTES:
        file.unlink(missing_ok=True)
    else:
        write_whole(file, without_lines(sample.stdout, volatile), is_alone=True)


def rebuilding(selection: Selection, cell: ReadyCell) -> str:
    """The command that fetches, stages and builds what the cell runs."""
    asked, name = selection.asked, cell.engine.removesuffix(AGAIN)
    if selection.suite is not None:
        words = ["friends", "--suite", selection.name, "--program", cell.program.name]
        words += ["--subject", asked.subject] if asked.subject is not None else []
    else:
        words = ["bench", selection.name, "--program", cell.program.name]
    words += ["--reference", asked.reference] if asked.reference is not None else []
    words += ["--profile", selection.profile, "--quick"]
    words += ["--engine", name] if name != selection.reference.name else []
    words += ["--aa"] if name != cell.engine else []
    return shlex.join(["molt-build", *words])
