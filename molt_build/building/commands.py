"""A stage's command: its process group, its time limit, and what it printed.

A command has a session of its own, so that a terminal's Ctrl-C is for molt_build alone. Whatever
ends it, all that it started ends with it. It gets its descriptors and nothing else of ours: a lock
that is passed on purpose is kept for as long as it outlives us.
"""

from __future__ import annotations

import os
import resource
import select
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from molt_build import interrupts
from molt_build.processes import end_group, how_it_ended, start

CAPTURE_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it took."""

    failure: str | None
    was_killed: bool = False
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    peak_memory_bytes: int = 0


class Processes:
    """The running commands of this build, so that an interrupt can end them all."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether the build is being ended."""
        return self._stopping.is_set()

    def pause(self, seconds: float) -> bool:
        """Sleep, but not into the end of the build; True when it has come."""
        return self._stopping.wait(seconds)

    def started(self, group: int) -> None:
        """A command runs in this process group."""
        with self._lock:
            self._groups.add(group)
            if self.is_stopping:
                end_group(group)

    def ended(self, group: int) -> None:
        """It ended; what it left behind in its group is ended too."""
        with self._lock:
            self._groups.discard(group)
        end_group(group)

    def stop(self) -> None:
        """End every running command, and every one that still starts."""
        with self._lock:
            self._stopping.set()
            for group in self._groups:
                end_group(group)


def run_to_end(
    argv: Sequence[str],
    environment: Mapping[str, str],  # the whole of it
    folder: Path,
    private: Path,  # where what it prints is kept meanwhile
    timeout_s: float,
    processes: Processes,
    kept_open: tuple[int, ...],  # descriptors that it inherits
    stdin: int | None = None,  # a descriptor, closed here; nothing is read where there is none
    is_captured: bool = True,  # whether standard output is told: else it is in `private/stdout`
) -> Ended:
    """Run a command to its end; what goes wrong with it is said by the result."""
    out_path, err_path = private / "stdout", private / "stderr"
    started = time.monotonic()
    with ExitStack() as opened:
        if stdin is not None:
            opened.callback(os.close, stdin)
        out = opened.enter_context(open(out_path, "wb"))
        err = opened.enter_context(open(err_path, "wb"))
        try:
            with interrupts.held():  # an audit spawns in the main thread
                process = start(
                    argv,
                    cwd=folder,
                    environment=environment,
                    stdin=subprocess.DEVNULL if stdin is None else stdin,
                    stdout=out,
                    stderr=err,
                    kept_open=kept_open,
                    umask=0o022,  # the builder's is applied to what is materialised
                )
                processes.started(process.pid)
        except OSError as error:
            return Ended(f"could not be started: {error.strerror}")
    try:
        is_late, reaped = _wait(process.pid, timeout_s)
    finally:
        processes.ended(process.pid)
    _, status, usage = reaped or os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    code = None if is_late else process.returncode
    failure = None if code == 0 else how_it_ended(code, timeout_s)
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return Ended(
        failure,
        is_late or process.returncode < 0,
        _captured(out_path) if is_captured else "",
        _captured(err_path),
        seconds,
        usage.ru_maxrss * scale,
    )


def _wait(
    leader: int, timeout_s: float
) -> tuple[bool, tuple[int, int, resource.struct_rusage] | None]:
    """Wait for the leader of a group; whether it was ended for its time limit.

    It is left a zombie where that can be done, so that its id, and its group's, cannot be reused
    before the group is ended; else the result of `wait4` comes along.
    """
    descriptor = _pidfd(leader)
    if descriptor is not None:
        try:
            ended = select.poll()
            ended.register(descriptor, select.POLLIN)
            is_late = not ended.poll(timeout_s * 1000)
            if is_late:
                end_group(leader)
                ended.poll()
        finally:
            os.close(descriptor)
        return is_late, None
    late = threading.Event()

    def end_late() -> None:
        late.set()
        end_group(leader)

    timer = threading.Timer(timeout_s, end_late)
    timer.daemon = True
    timer.start()
    try:
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
            os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT)
            return late.is_set(), None
        reaped = os.wait4(leader, 0)
        return late.is_set(), reaped
    finally:
        timer.cancel()


def _pidfd(process: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where there is none to be had
    (macOS, Linux before 5.3, a sandbox that refuses the call)."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(process)
    except OSError:
        return None


def _captured(path: Path) -> str:
    """What was printed; of more than `CAPTURE_LIMIT_BYTES` the beginning and the end."""
    size, half = path.stat().st_size, CAPTURE_LIMIT_BYTES // 2
    with open(path, "rb") as stream:
        if size <= CAPTURE_LIMIT_BYTES:
            return stream.read().decode("utf-8", "replace")
        first = stream.read(half)
        stream.seek(size - half)
        last = stream.read()
    left_out = f"\n... {size - 2 * half} bytes left out ...\n"
    return first.decode("utf-8", "replace") + left_out + last.decode("utf-8", "replace")
