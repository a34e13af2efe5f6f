"""Processes that tests start and wait for, or end.

A machine may be ten times slower than another, and crowded, so what a test waits for is an event,
and its time limit is only there to say what did not happen: it costs nothing when things go well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PATIENCE_S = 600.0


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until `condition()` holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {timeout_s:g} s"
        time.sleep(0.01)


def end_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process wrote to its pipes, once it has ended; one that does not end is killed."""
    try:
        return process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def until_told(process: subprocess.Popen[str], words: str) -> str:
    """What a process wrote to stderr until a line with these words, which it is to write."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"{process.args} did not say {words!r}: {said}")


def kill_all(pids: Iterable[int]) -> None:
    """Kill processes that were listed; one of them may have ended meanwhile."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def interrupt(process: subprocess.Popen[str]) -> None:
    """What Ctrl-C does."""
    process.send_signal(signal.SIGINT)


def running(marker: str) -> list[int]:
    """The ids of running processes whose command line or working folder mentions `marker`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            folder = os.readlink(entry / "cwd")
        except OSError:
            continue
        if marker in words or marker in folder:
            found.append(int(entry.name))
    return found


def children(pid: int) -> list[int]:
    """The processes that it started and that it has not waited for."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(file.read_text().rpartition(")")[2].split()[1])
        except OSError:  # ended meanwhile
            continue
        if parent == pid:
            found.append(int(file.parent.name))
    return found


def idle(pids: Iterable[int]) -> set[int]:
    """Those that wait by themselves: each has no child, and for a third of a second it neither used
    a CPU nor wanted one."""
    before = {pid: _used(pid) for pid in pids}
    for _ in range(7):
        time.sleep(0.05)
        before = {
            pid: used
            for pid, used in before.items()
            if _used(pid) == used and used[1] == {"S"} and not children(pid)
        }
    return set(before)


def _used(pid: int) -> tuple[list[str], set[str]]:
    """The time that each thread of a process has used, and the states of all."""
    stats = []
    for file in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            stats.append(file.read_text())
    fields = [stat.rpartition(")")[2].split() for stat in stats]
    return [used for one in fields for used in one[11:13]], {one[0] for one in fields}
