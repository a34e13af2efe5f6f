"""Real builds, started side by side, each a process of its own: what a user would wait for.

A client that takes too long is asked to end (SIGTERM ends its stages too), and its process group is
killed when it does not. Nothing is left running when `run_together` returns or raises; what a
client printed lies in files, so that no pipe can fill.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from molt_build import interrupts
from molt_build.processes import end_group, how_it_ended, start

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
        return how_it_ended(self.code)


class _Client:
    """A command that runs; the thread that `watch` starts sees when it ends.

    What a thread tells of its end is an event: one whose `join` was interrupted may count as
    ended, in Python 3.11, while it still runs.
    """

    def __init__(self, command: Command, number: int) -> None:
        """Begin it; raises `OSError` when it cannot be."""
        self._files = [command.output / f"{number}.{name}" for name in ("stdout", "stderr")]
        self._has_ended = threading.Event()
        self.ended_at = 0.0
        self.timed_out = False
        with open(self._files[0], "wb") as out, open(self._files[1], "wb") as err:
            self.started = time.perf_counter()
            self._process = start(
                command.argv,
                cwd=command.cwd,
                environment=command.environment,
                stdout=out,
                stderr=err,
                kept_open=command.kept_open,
            )

    def watch(self) -> None:
        """See when it ends."""
        threading.Thread(target=self._see_it_end, daemon=True).start()

    def _see_it_end(self) -> None:
        self._process.wait()
        self.ended_at = time.perf_counter()
        self._has_ended.set()

    def ends_by(self, deadline: float) -> bool:
        """Whether it has ended then, by the monotonic clock."""
        return self._has_ended.wait(max(0.0, deadline - time.monotonic()))

    def end(self, number: int) -> None:
        """Send a signal to its process group, unless it has ended."""
        if not self._has_ended.is_set():
            end_group(self._process.pid, number)

    def wait(self) -> None:
        """Until it is gone, whoever watches it."""
        self._process.wait()

    def result(self) -> Ended:
        """How it ended, when it has."""
        self._has_ended.wait()
        stdout, stderr = (file.read_text(errors="replace") for file in self._files)
        wall_s = self.ended_at - self.started
        return Ended(wall_s, self._process.returncode, self.timed_out, stdout, stderr)


def run_together(
    commands: Sequence[Command], timeout_s: float, *, grace_s: float = GRACE_S
) -> tuple[float, list[Ended]]:
    """Start all at once; seconds from the start of the first to the end of the last.

    Who is not done after `timeout_s` is asked to end, and killed after `grace_s` more.
    """
    clients: list[_Client] = []
    try:
        for number, command in enumerate(commands):
            with interrupts.held():
                clients.append(_Client(command, number))
            clients[-1].watch()
        deadline = time.monotonic() + timeout_s
        late = [client for client in clients if not client.ends_by(deadline)]
        for client in late:
            client.timed_out = True
        _end(late, grace_s)
    except BaseException:
        _end(clients, grace_s)
        raise
    ended = [client.result() for client in clients]
    return max(client.ended_at for client in clients) - clients[0].started, ended


def _end(clients: Sequence[_Client], grace_s: float) -> None:
    for client in clients:
        client.end(signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    for client in clients:
        client.ends_by(deadline)
    for client in clients:
        client.end(signal.SIGKILL)
        client.wait()
