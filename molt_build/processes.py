"""Starting the processes of others, and ending them with all that they start.

Each has a session of its own, so that the terminal's Ctrl-C is for molt_build alone, and inherits
no descriptor but those that are handed to it. A tool that is run to its end ends, whatever ends the
wait, an interrupt or the time limit, with every process of its group: an installer's own children
do not go on without it. (What starts and times the measured programs imports nothing, and does it
in its own way: `molt_build.measure.launcher`.)
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypedDict, Unpack

from molt_build import interrupts
from molt_build.errors import ToolFailed, ToolNotStarted

Stream = IO[bytes] | int  # a file, or what subprocess calls PIPE and DEVNULL


class Given(TypedDict, total=False):
    """What a process gets of ours; what is left out it has as we have it, but no descriptor."""

    cwd: str | Path | None
    environment: Mapping[str, str] | None
    kept_open: Sequence[int]  # descriptors that it inherits
    umask: int


def finding_us() -> dict[str, str]:
    """What a Python of ours is given beside its environment to import this molt_build."""
    package = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path}


def start(
    argv: Sequence[str],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream,
    stderr: Stream,
    **given: Unpack[Given],
) -> subprocess.Popen[bytes]:
    """Start the leader of a new group; raises `OSError` when it cannot be."""
    return subprocess.Popen(
        argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=given.get("cwd"),
        env=given.get("environment"),
        start_new_session=True,
        pass_fds=given.get("kept_open", ()),
        umask=given.get("umask", -1),
    )


def end_group(leader: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to the group of a process that `start` started; it may be gone."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: a group of zombies
        os.killpg(leader, number)


@contextmanager
def started(
    argv: Sequence[str], *, stdin: Stream, stdout: Stream, stderr: Stream, **given: Unpack[Given]
) -> Iterator[subprocess.Popen[bytes]]:
    """A tool that runs; when the block is left it is gone, and its pipes are closed.

    Raises `ToolNotStarted`.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        try:
            with interrupts.held():
                process = start(argv, stdin=stdin, stdout=stdout, stderr=stderr, **given)
        except OSError as error:
            how = f"could not be started: {error.strerror}"
            raise ToolNotStarted(argv[0], how) from error
        yield process
    finally:
        if process is not None:
            with process:  # closes its pipes and waits
                end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a tool that `started` started, and its group, unless it has ended."""
    if process.poll() is None:
        end_group(process.pid)


def run(
    argv: Sequence[str],
    *,
    text: str = "",
    timeout_s: float | None = None,
    **given: Unpack[Given],
) -> subprocess.CompletedProcess[str]:
    """What the tool printed, and its exit status; `text` is its standard input.

    Raises `ToolFailed` when it cannot be started, or takes too long.
    """
    pipe = subprocess.PIPE
    with started(argv, stdin=pipe, stdout=pipe, stderr=pipe, **given) as process:
        try:
            printed = process.communicate(text.encode(), timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ToolFailed(argv[0], how_it_ended(None, error.timeout)) from None
    out, err = (data.decode(errors="replace") for data in printed)
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def output(
    argv: Sequence[str],
    *,
    text: str = "",
    timeout_s: float | None = None,
    **given: Unpack[Given],
) -> str:
    """What a tool prints to standard output; raises `ToolFailed` unless it ends with status 0."""
    done = run(argv, text=text, timeout_s=timeout_s, **given)
    if done.returncode != 0:
        printed = done.stderr if done.stderr.strip() else done.stdout
        raise ToolFailed(argv[0], how_it_ended(done.returncode), printed)
    return done.stdout


def how_it_ended(code: int | None, limit_s: float = 0.0) -> str:
    """In words; `code` is negative for a signal, None for what was ended for its time limit."""
    if code is None:
        return f"was ended after its time limit of {limit_s:g} s"
    if code >= 0:
        return f"failed with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # most real-time signals have no name
        name = "unnamed"
    return f"was killed by signal {-code} ({name})"
