"""Real builds, started side by side, each a process of its own: what a user would wait for.

A client that takes too long is asked to end (SIGTERM ends its stages too), and its process group is
killed when it does not. Nothing is left running when `run_together` returns or raises; what a
client printed lies in files, so that no pipe can fill.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from molt_build.processes import end_group, start

GRACE_S = 10.0
RETRIED_CODES = (124, 137)  # what `timeout` and shells say of a command that was ended


@dataclass(frozen=True)
class Command:
    """One client's command."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    output: Path  # a folder for what it prints
    kept_open: tuple[int, ...] = ()  # locks that it keeps if we are killed


@dataclass(frozen=True)
class Ended:
    """How a client ended; `code` is negative for a signal."""

    wall_s: float
    code: int
    timed_out: bool
    stdout: str
    stderr: str

    @property
    def was_ended(self) -> bool:
        """Whether it was ended from outside: by a signal or for its time."""
        return self.timed_out or self.code < 0 or self.code in RETRIED_CODES

    @property
    def how(self) -> str:
        """How it ended, in words."""
        if self.timed_out:
            return f"was ended after {self.wall_s:.1f} s"
        if self.code < 0:
            with suppress(ValueError):
                return f"was ended by signal {-self.code} ({signal.Signals(-self.code).name})"
            return f"was ended by signal {-self.code}"
        return f"ended with status {self.code}"


class _Client:
    """A command, and the thread that starts it and waits for it.

    An interrupt is raised in the main thread, which is told of the process by events: a thread
    whose `join` was interrupted may count as ended, in Python 3.11, while it still runs.
    """

    def __init__(self, command: Command, number: int) -> None:
        self._command = command
        self._files = [command.output / f"{number}.{name}" for name in ("stdout", "stderr")]
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        self._has_begun, self._has_ended = threading.Event(), threading.Event()
        self._is_wanted = False
        self.started = self.ended_at = 0.0
        self.timed_out = False

    def start(self) -> None:
        """Begin it; raises `OSError` when it cannot be."""
        self._is_wanted = True
        threading.Thread(target=self._run, daemon=True).start()
        self._has_begun.wait()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with open(self._files[0], "wb") as out, open(self._files[1], "wb") as err:
                self.started = time.perf_counter()
                self._process = start(
                    self._command.argv,
                    cwd=self._command.cwd,
                    environment=self._command.environment,
                    stdout=out,
                    stderr=err,
                    kept_open=self._command.kept_open,
                )
            self._has_begun.set()
            self._process.wait()
            self.ended_at = time.perf_counter()
        except OSError as error:
            self._error = error
        finally:
            self._has_begun.set()
            self._has_ended.set()

    @property
    def is_running(self) -> bool:
        """Whether it was begun, or is about to be, and has not ended."""
        return self._is_wanted and not self._has_ended.is_set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for its end, if it is running."""
        if self._is_wanted:
            self._has_ended.wait(timeout_s)

    def end(self, number: int) -> None:
        """Send a signal to its process group while it runs."""
        if self.is_running and not self._has_begun.wait(GRACE_S):
            self._is_wanted = False  # interrupted before there was a thread
        if self._process is not None and self.is_running:
            end_group(self._process.pid, number)

    def result(self) -> Ended:
        """How it ended; it must have."""
        assert self._process is not None
        stdout, stderr = (file.read_text(errors="replace") for file in self._files)
        return Ended(
            wall_s=self.ended_at - self.started,
            code=self._process.returncode,
            timed_out=self.timed_out,
            stdout=stdout,
            stderr=stderr,
        )


def run_together(
    commands: Sequence[Command], timeout_s: float, *, grace_s: float = GRACE_S
) -> tuple[float, list[Ended]]:
    """Start all at once; seconds from the start of the first to the end of the last.

    Who is not done after `timeout_s` is asked to end, and killed after `grace_s` more.
    """
    clients: list[_Client] = []
    try:
        for number, command in enumerate(commands):
            clients.append(_Client(command, number))
            clients[-1].start()
        deadline = time.monotonic() + timeout_s
        for client in clients:
            client.wait(max(0.0, deadline - time.monotonic()))
        late = [client for client in clients if client.is_running]
        for client in late:
            client.timed_out = True
        _end(late, grace_s)
    except BaseException:
        _end(clients, grace_s)
        raise
    wall_s = max(client.ended_at for client in clients) - clients[0].started
    return wall_s, [client.result() for client in clients]


def _end(clients: Sequence[_Client], grace_s: float) -> None:
    for client in clients:
        client.end(signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    for client in clients:
        client.wait(max(0.0, deadline - time.monotonic()))
    for client in clients:
        client.end(signal.SIGKILL)
        client.wait()
