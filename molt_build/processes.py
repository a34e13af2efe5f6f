"""Running a tool to its end, with all that it starts.

The tool has a session of its own, so that the terminal's Ctrl-C is for molt_build alone. Whatever
ends the wait, an interrupt or the time limit, ends the tool and every process of its group: an
installer's own children do not go on without it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from molt_build import interrupts
from molt_build.errors import EnvironmentFailed


@contextmanager
def started(
    argv: Sequence[str],
    *,
    stdin: IO[bytes] | int,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,  # None: ours
    kept_open: Sequence[int] = (),  # descriptors that it inherits
) -> Iterator[subprocess.Popen[bytes]]:
    """A tool that runs; when the block is left it is gone, and its pipes are closed.

    Raises `EnvironmentFailed` when it cannot be started.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        try:
            with interrupts.held():
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=environment,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                    pass_fds=kept_open,
                )
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
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def run(
    argv: Sequence[str],
    *,
    given: str = "",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    kept_open: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """What the tool printed, and its exit status; `given` is its standard input.

    Raises `subprocess.TimeoutExpired`, and what `started` raises.
    """
    pipe = subprocess.PIPE
    with started(
        argv,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        cwd=cwd,
        environment=environment,
        kept_open=kept_open,
    ) as process:
        printed = process.communicate(given.encode(), timeout_s)
    out, err = (text.decode(errors="replace") for text in printed)
    return subprocess.CompletedProcess(argv, process.returncode, out, err)
