"""One program under one engine: built, run once, and what of that run is compared.

A program says three things that an engine must say alike: its standard output, byte for byte, its
exit status, and the last line of the traceback that it ended with. What else stands on standard
error (paths, lines of source, warnings of the engine) is the engine's own.

An exception of the program's own is printed with the name of its module, which is `__main__` where
the program runs as a script and the file's name where it is imported: the name is left out.

A run has the variables of its target and of its program and no others, a private and empty HOME,
TMPDIR and working directory, and one hash seed, the same for all engines.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from molt_build.building.builder import build
from molt_build.building.loaded import loaded_elsewhere
from molt_build.building.outcome import ProgramBuild
from molt_build.building.request import Request
from molt_build.building.session import Session
from molt_build.engines import Engine
from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.manifests.found import is_name, program_name
from molt_build.manifests.workload import Program, Source, Workload
from molt_build.measure.process import (
    STDERR_TAIL_BYTES,
    STDOUT_LIMIT_BYTES,
    Command,
    Launcher,
    Sample,
)
from molt_build.measure.scratch import empty, private_environment, scratch_folders
from molt_build.processes import how_it_ended
from molt_build.watch import counted

RUN_TIMEOUT_S = 30.0
HASH_SEED = "0"
LANGUAGE = "python"  # of programs that are files of their own
DIFF_LINES = 12  # of each side that a difference is shown with
DIFF_BEFORE = 2  # lines that are equal, before the first that is not
LINE_LETTERS = 120  # of a line of output that are shown

_HEADER = "Traceback (most recent call last):"
_OF_GROUPS = re.compile(r"^\s*[+|][-+| ]?")  # before the lines of an exception group

RefusalKind = Literal["unsupported", "build-failed", "elsewhere", "timeout", "not-started"]


@dataclass(frozen=True)
class Observed:
    """What a run said.

    Of more than `STDOUT_LIMIT_BYTES` of output the first, with a line that has the size and the
    digest of all. `exit_status` is minus the number of the signal that ended it, where one did.
    """

    stdout: bytes
    exit_status: int
    last_line: str  # of a traceback; "" where there is none


@dataclass(frozen=True)
class Refused:
    """Why there is nothing to compare.

    unsupported: the toolchain's manifest says that it does not take the program. build-failed: in
    the compiler's words. elsewhere: the run would not run what was built. timeout: the run was
    ended for its time limit. not-started: it could not be started.
    """

    kind: RefusalKind
    reason: str


Answer = Observed | Refused


def differences(reference: Observed, other: Observed) -> tuple[str, ...]:
    """What another run said otherwise than the reference, a sentence each; () where nothing is."""
    found = []
    if reference.stdout != other.stdout:
        found.append(_output_differs(reference.stdout, other.stdout))
    if reference.exit_status != other.exit_status:
        ours, theirs = _ended(other.exit_status), _ended(reference.exit_status)
        found.append(f"it {ours}, and the reference {theirs}")
    if reference.last_line != other.last_line:
        ours, theirs = _last(other.last_line), _last(reference.last_line)
        found.append(f"it ended with {ours}, and the reference with {theirs}")
    return tuple(found)


def output_diff(reference: Observed, other: Observed, names: tuple[str, str]) -> tuple[str, ...]:
    """A unified diff of the first lines of output that differ; () where none do.

    `names` are what the two are called in its head. Never of all lines: a megabyte that differs
    from a megabyte takes long to align, and nobody reads it.
    """
    before, after = (_lines(one.stdout) for one in (reference, other))
    first = _first_difference(before, after)
    if first is None:
        return ()
    begin, end = max(0, first - DIFF_BEFORE), first + DIFF_LINES
    pair = [lines[first] for lines in (before, after) if first < len(lines)]
    equal = _equal_letters(*pair) if len(pair) > 1 else 0
    ours, theirs = (
        [_shortened(line, equal) for line in lines[begin:end]] for lines in (before, after)
    )
    found = list(difflib.unified_diff(ours, theirs, names[0], names[1], lineterm="", n=end))
    body = found[3:]
    if max(len(before), len(after)) > end:
        while body[-1][:1] in "+-" and any(line[:1] == " " for line in body[DIFF_BEFORE:]):
            body.pop()  # it has no counterpart since the other side ends here
        body.append("...")
    return (*found[:2], f"@@ from line {begin + 1} on @@", *body)


@dataclass
class Observer:
    """Builds and runs programs under engines, one after the other.

    `stop`, of another thread, ends the program that runs: there `EnvironmentFailed` is raised.
    """

    session: Session
    launcher: Launcher
    scratch: Path
    timeout_s: float = RUN_TIMEOUT_S
    is_stopping: bool = False
    _found_built: set[tuple[str, ...]] = field(default_factory=set)

    def observe(
        self,
        program: Path,
        engine: Engine,
        *,
        args: Sequence[str] = (),
    ) -> Answer:
        """What a Python program in a file of its own says under an engine, or why it says nothing.

        The engine's profile and target are those of `Engine.within`, else the project's and
        native. What is imported is looked for beside the file. Raises `ToolMissing` when the
        toolchain is not there, `UsageError` for names that do not exist.
        """
        return self.run(build_file(self.session, program, engine, args), program.stem)

    def run(self, made: ProgramBuild, module: str) -> Answer:
        """What a program says that was built; `module` is the name that it is imported under."""
        refused = refusal(made)
        if refused is not None:
            return refused
        if made.outputs and (wrong := self._elsewhere(made, module)):
            return Refused("elsewhere", wrong)
        if self.is_stopping:
            raise EnvironmentFailed("it was ended")
        empty(self.scratch)
        private = {**private_environment(self.scratch), "PYTHONHASHSEED": HASH_SEED}
        command = Command(made.argv, str(self.scratch / "work"), {**private, **made.environment})
        return observed(self.launcher.run(command, timeout_s=self.timeout_s), module)

    def stop(self) -> None:
        """End what runs, and begin nothing more."""
        self.is_stopping = True
        self.launcher.stop()

    def _elsewhere(self, made: ProgramBuild, module: str) -> str:
        """Why a run would not run what was built; what is run alike is asked once."""
        key = (made.out_dir, *made.argv)
        if key in self._found_built:
            return ""
        wrong = loaded_elsewhere(
            self.launcher, self.scratch, made.argv, made.environment, module, made.out_dir
        )
        if not wrong:
            self._found_built.add(key)
        return wrong


@contextmanager
def observer(session: Session, *, timeout_s: float = RUN_TIMEOUT_S) -> Iterator[Observer]:
    """An observer with folders and a launcher of its own."""
    with scratch_folders("molt-build-differential-") as scratch, Launcher() as launcher:
        yield Observer(session, launcher, scratch, timeout_s)


def build_file(
    session: Session, program: Path, engine: Engine, args: Sequence[str]
) -> ProgramBuild:
    """Build a program that is a file of its own, in no manifest; raises as `Observer.observe`."""
    if not program.is_file():
        raise UsageError(f"there is no program {program}")
    folder, name = program.resolve().parent, program_name(program.name)
    if not is_name(name):
        name = f"program_{name}"
    one = Program(name=name, entry=program.name, args=tuple(args))
    source = Source(project=str(folder))
    workload = Workload(name, "A file of its own.", LANGUAGE, source, (one,))
    alone = replace(session.manifests, workloads={name: workload})
    request = Request(
        toolchain=engine.toolchain,
        profile=engine.profile or session.manifests.project.default_profile,
        target=engine.target or "native",
        programs=(name,),
        keep_going=True,
        is_recorded=False,
        is_planned=False,
    )
    return build(replace(session, manifests=alone), request).programs[name]


def refusal(made: ProgramBuild) -> Refused | None:
    """Why there is nothing to run; None where there is."""
    if made.is_unsupported:
        return Refused("unsupported", made.reason)
    return None if made.is_built else Refused("build-failed", made.reason)


def observed(sample: Sample, module: str) -> Answer:
    """What a run said, or why it said nothing."""
    if sample.start_error is not None:
        return Refused("not-started", f"could not be started: {sample.start_error}")
    if sample.timed_out:
        return Refused("timeout", f"was ended after {sample.metrics['wall_s']:.1f} s")
    stdout = sample.stdout
    if sample.stdout_size > STDOUT_LIMIT_BYTES:
        size = counted(sample.stdout_size, "byte")
        all_of_it = f"{size}, sha256 {sample.stdout_sha256}"
        stdout += f"\n... {all_of_it}\n".encode()
    status = sample.exit_status
    if status is None:
        status = -(sample.signal or 0)
    return Observed(stdout, status, last_line(sample.stderr_tail, module))


def last_line(stderr_tail: str, module: str = "") -> str:
    """The line of the last traceback that names the exception, with the first line of its message.

    `stderr_tail` is the end of standard error: where it is as long as what is kept of that, the
    traceback may have begun before it. "" where there is no traceback.
    """
    lines = stderr_tail.splitlines()
    begins = [number for number, line in enumerate(lines) if _HEADER in line]
    is_cut = len(stderr_tail.encode("utf-8", "replace")) >= STDERR_TAIL_BYTES
    if not begins and not is_cut:
        return ""
    was_frame = bool(begins)
    for line in lines[begins[-1] + 1 if begins else 0 :]:
        text = _OF_GROUPS.sub("", line) if line.lstrip()[:1] in ("+", "|") else line
        is_frame = not text or text[:1].isspace()
        if was_frame and not is_frame:
            return _without_module(text, module)
        was_frame = was_frame or is_frame
    return ""


def _without_module(line: str, module: str) -> str:
    for prefix in ("__main__.", f"{module}."):
        if module and line.startswith(prefix):
            return line.removeprefix(prefix)
    return line


def _output_differs(reference: bytes, other: bytes) -> str:
    """The first line in which two outputs differ, in words."""
    theirs, ours = _lines(reference), _lines(other)
    first = _first_difference(theirs, ours)
    if first is None:
        return f"it printed {counted(len(other), 'byte')}, and the reference {len(reference)}"
    if first < min(len(theirs), len(ours)):
        equal = _equal_letters(theirs[first], ours[first])
        mine, its = (repr(_shortened(side[first], equal)) for side in (ours, theirs))
        return f"line {first + 1} of its output is {mine}, and the reference's {its}"
    return f"it printed {counted(len(ours), 'line')}, and the reference {len(theirs)}"


def _first_difference(one: Sequence[str], other: Sequence[str]) -> int | None:
    """The number, from 0 on, of the first line that is not in both; None where all are."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return None if len(one) == len(other) else min(len(one), len(other))


def _equal_letters(one: str, other: str) -> int:
    """How many letters two lines have in common, from their beginning on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _lines(output: bytes) -> list[str]:
    """Lines as they can be shown: what is no UTF-8, or cannot be printed, is escaped.

    An end of the last line that is missing shows as it does in other diffs.
    """
    text = output.decode("utf-8", "backslashreplace")
    lines = text.split("\n")
    last = lines.pop()
    lines += [f"{last} (no end of line)"] if last else []
    return [_printable(line) for line in lines]


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


def _shortened(line: str, equal: int = 0) -> str:
    """A line that is not too long to read; of a long one what stands behind so many letters."""
    if len(line) <= LINE_LETTERS:
        return line
    begin = max(0, equal - LINE_LETTERS // 2)
    part = line[begin : begin + LINE_LETTERS]
    return f"{'...' if begin else ''}{part}{'...' if begin + LINE_LETTERS < len(line) else ''}"


def _ended(status: int) -> str:
    return f"ended with exit status {status}" if status >= 0 else how_it_ended(status)


def _last(line: str) -> str:
    return repr(_shortened(line)) if line else "no traceback"
