"""Running one program once, and what that run cost.

A run is measured from outside: seconds on the wall between the fork and the exit, processor
seconds of the program and every descendant it waited for, and the peak resident memory of the
largest of them. The program is started by a small process of its own (`launcher.py`), so that the
size of molt_build does not show in the program's memory; what of it does show is the
launcher's `peak_memory_floor_bytes`: no smaller peak can be seen.

The caller gives the whole environment and the working directory; nothing is inherited.

Instructions are counted apart (`molt_build.measure.counting`), in runs that time nothing.

A program may time parts of itself: it writes a JSON list of seconds to a file that its command
names. The median of the list's last half, in which what is warmed by running is warm, is one more
metric, `steady_s`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal, Protocol

from molt_build import interrupts
from molt_build.errors import EnvironmentFailed
from molt_build.processes import how_it_ended, start
from molt_build.temporary import TemporaryFolder, new_folder

# Whole processes that are timed, repetitions inside one, whole processes that are counted.
Way = Literal["run", "steady", "counted"]
Metric = Literal["wall_s", "cpu_s", "peak_memory_bytes", "steady_s", "instructions"]
METRIC_WAYS: Mapping[Metric, Way] = {
    "wall_s": "run",
    "cpu_s": "run",
    "peak_memory_bytes": "run",
    "steady_s": "steady",  # of commands that name a file for their times
    "instructions": "counted",  # that were executed in user space
}
METRICS: tuple[Metric, ...] = tuple(name for name, way in METRIC_WAYS.items() if way == "run")
STEADY_METRIC: Metric = "steady_s"
COUNTED_METRIC: Metric = "instructions"
RUN_TIMES: tuple[Metric, ...] = ("wall_s", "cpu_s")  # of whole runs
STDOUT_LIMIT_BYTES = 1 << 20
STDERR_TAIL_BYTES = 4096
TIMES_LIMIT_BYTES = 1 << 20
LAUNCHER = Path(__file__).with_name("launcher.py")
CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Command:
    """A program to run: `argv[0]` is a path or a name on the environment's PATH.

    `times_file` is the absolute path of a file that the program writes: a JSON list of seconds.
    It is right when it ends with `exit_status`. `turn` says which of several runs of it this is.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str] = field(default_factory=dict)
    times_file: str | None = None
    exit_status: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Sample:
    """What one run gave. `metrics` has the keys of `METRICS`, and those the program wrote.

    `exit_status` is None when the program was ended by `signal` or could not be started
    (`start_error` then says why). `stdout` holds at most the first `STDOUT_LIMIT_BYTES`;
    `stdout_sha256` is over all of it. `times_error` says what is wrong with its file of times.
    `right_status` is the exit status that the command wants. `unsupported` says why the program
    cannot be run in this way, whatever it is. What `is_kept` was found by an earlier run.
    """

    metrics: Mapping[Metric, float]
    exit_status: int | None = None
    signal: int | None = None
    timed_out: bool = False
    start_error: str | None = None
    stdout: bytes = b""
    stdout_size: int = 0
    stdout_sha256: str = hashlib.sha256().hexdigest()
    stderr_tail: str = ""
    times_error: str | None = None
    right_status: int = 0
    unsupported: str | None = None
    is_kept: bool = False

    @property
    def last_words(self) -> str:
        """The last line that it wrote to standard error; "" where it wrote none."""
        return (self.stderr_tail.strip().splitlines() or [""])[-1]

    @property
    def failure(self) -> str | None:
        """Why this run cannot be scored, in words; None when it ended with the right status."""
        if self.start_error is not None:
            return f"could not be started: {self.start_error}"
        if self.timed_out:
            return f"was ended after {self.metrics['wall_s']:.1f} s"
        if self.signal is not None:
            return how_it_ended(-self.signal)
        if self.exit_status != self.right_status:
            if self.right_status:
                return f"ended with exit status {self.exit_status}, and not {self.right_status}"
            return how_it_ended(self.exit_status)
        return self.times_error


class Runner(Protocol):
    """What runs a program once."""

    def run(self, command: Command, *, timeout_s: float, cpu: int | None = None) -> Sample:
        """Run the command once, pinned to `cpu` if given; raises `EnvironmentFailed`."""


class Launcher:
    """A connection to one launcher process; started on first use, ended by `close`.

    An exception that leaves `run`, Ctrl-C above all, ends the running program first; the next
    run starts a new launcher. Not for use by several threads at once.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._scratch: TemporaryFolder | None = None
        self._pending = b""
        self._floor_bytes = 0

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def peak_memory_floor_bytes(self) -> int:
        """The smallest peak memory that can be seen: that of a child before it is a program."""
        self._started()
        return self._floor_bytes

    def run(self, command: Command, *, timeout_s: float, cpu: int | None = None) -> Sample:
        """Run the command once, pinned to `cpu` if given.

        Raises `EnvironmentFailed` when the launcher itself cannot work; a program that fails, or
        cannot be started, is a `Sample` that says so.
        """
        connection, scratch = self._started()
        out, err = scratch / "stdout", scratch / "stderr"
        out.unlink(missing_ok=True)
        err.unlink(missing_ok=True)
        if command.times_file is not None:
            Path(command.times_file).unlink(missing_ok=True)
        executable = found_executable(command)
        if executable is None:
            return _not_started(f"{command.argv[0]} was not found")
        fields = [
            "" if cpu is None else str(cpu),
            repr(float(timeout_s)),
            command.cwd,
            str(out),
            str(err),
            str(len(command.argv)),
            executable,
            *command.argv[1:],
            *(f"{name}={value}" for name, value in command.environment.items()),
        ]
        if any("\0" in part for part in fields):
            return _not_started("an argument or a variable holds a NUL character")
        request = os.fsencode("\0".join(fields))
        try:
            connection.sendall(b"%d\n%s" % (len(request), request))
            line = self._line()
        except BaseException:
            self.close()
            raise
        status, error, timed_out, wall_s, cpu_s, peak = line.split()
        if int(error):
            return _not_started(os.strerror(int(error)))
        code = os.waitstatus_to_exitcode(int(status))
        stdout, size, digest = _output(out)
        metrics: dict[Metric, float] = dict(
            zip(METRICS, (float(wall_s), float(cpu_s), int(peak)), strict=True)
        )
        times_error = None
        if command.times_file is not None:
            try:
                metrics[STEADY_METRIC] = steady_seconds(_times(command.times_file))
            except (OSError, ValueError) as problem:
                times_error = f"wrote no times that can be read: {problem}"
        return Sample(
            metrics=metrics,
            exit_status=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            timed_out=timed_out == "1",
            stdout=stdout,
            stdout_size=size,
            stdout_sha256=digest,
            stderr_tail=_tail(err),
            times_error=times_error,
            right_status=command.exit_status,
        )

    def stop(self) -> None:
        """End the program that another thread runs: there `run` raises `EnvironmentFailed`."""
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # closing it would wake nobody

    def close(self) -> None:
        """End the launcher, and with it a program that still runs."""
        with interrupts.held():
            connection, self._socket = self._socket, None
            process, self._process = self._process, None
            scratch, self._scratch = self._scratch, None
            self._pending = b""
            if connection is not None:
                connection.close()  # the launcher sees the end and ends its program
            try:
                if process is not None:
                    try:
                        process.wait(CLOSE_TIMEOUT_S)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
            finally:
                if scratch is not None:
                    scratch.remove()

    def _started(self) -> tuple[socket.socket, Path]:
        if self._socket is not None and self._scratch is not None:
            return self._socket, self._scratch.path
        self._scratch = new_folder("molt-build-run-")
        self._socket, theirs = socket.socketpair()
        try:
            with theirs, open(self._scratch.path / "launcher", "wb") as log:
                self._process = start(
                    [sys.executable, "-I", "-S", "-B", str(LAUNCHER)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    environment={},
                    cwd="/",
                )
            self._floor_bytes = int(self._line())
        except OSError as error:
            self.close()
            message = f"cannot start the process that runs the programs: {error}"
            raise EnvironmentFailed(message) from error
        except BaseException:
            self.close()
            raise
        return self._socket, self._scratch.path

    def _line(self) -> str:
        assert self._socket is not None
        while b"\n" not in self._pending:
            try:
                data = self._socket.recv(4096)
            except ConnectionResetError:
                data = b""
            if not data:
                said = _tail(self._scratch.path / "launcher") if self._scratch else ""
                message = "the process that runs the programs ended unexpectedly"
                raise EnvironmentFailed(f"{message}\n{said}".rstrip(), "run the command again")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode()


def steady_seconds(times: Sequence[float]) -> float:
    """The median of the last half of at least one time."""
    return median(times[len(times) // 2 :])


def _times(file: str) -> list[float]:
    """Seconds that a program wrote; raises `OSError` or `ValueError`."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as stream:
        times = json.loads(stream.read(TIMES_LIMIT_BYTES))
    if not isinstance(times, list) or not times:
        raise ValueError("it is no list of seconds")
    for value in times:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or value < 0:
            raise ValueError("it is no list of seconds")
    return [float(value) for value in times]


def found_executable(command: Command) -> str | None:
    """The file that a command runs; None where there is none of that name."""
    if not command.argv:
        return None
    name = command.argv[0]
    if os.sep in name:
        return name
    return shutil.which(name, path=command.environment.get("PATH", os.defpath))


def _not_started(why: str) -> Sample:
    return Sample(dict.fromkeys(METRICS, 0.0), start_error=why)


def _output(path: Path) -> tuple[bytes, int, str]:
    with open(path, "rb") as stream:
        first = stream.read(STDOUT_LIMIT_BYTES)
        digest = hashlib.sha256(first)
        size = len(first)
        while part := stream.read(STDOUT_LIMIT_BYTES):
            digest.update(part)
            size += len(part)
    return first, size, digest.hexdigest()


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - STDERR_TAIL_BYTES))
        return stream.read().decode("utf-8", "replace")
    return ""
