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
from molt_build.errors import EnvironmentFailed

Stream = IO[bytes] | int  # a file, or what subprocess calls PIPE and DEVNULL


class Given(TypedDict, total=False):
    """What a process gets of ours; what is left out it has as we have it, but no descriptor."""

    cwd: str | Path | None
    environment: Mapping[str, str] | None
    kept_open: Sequence[int]  # descriptors that it inherits
    umask: int


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

    Raises `EnvironmentFailed` when it cannot be started.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        try:
            with interrupts.held():
                process = start(argv, stdin=stdin, stdout=stdout, stderr=stderr, **given)
        except OSError as error:
            message = f"{argv[0]} could not be started: {error.strerror}"
            raise EnvironmentFailed(message) from error
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

    Raises `subprocess.TimeoutExpired`, and what `started` raises.
    """
    pipe = subprocess.PIPE
    with started(argv, stdin=pipe, stdout=pipe, stderr=pipe, **given) as process:
        printed = process.communicate(text.encode(), timeout_s)
    out, err = (data.decode(errors="replace") for data in printed)
    return subprocess.CompletedProcess(argv, process.returncode, out, err)
