"""Locks between processes, released by the kernel when their holder dies.

`flock` on a file of its own, never on the data. Descriptors are not inherited unless somebody
passes one on, so a child that outlives its parent holds nothing. A waiting process polls with a
jittered backoff that adapts to how long the lock has been held: short holds are polled often, long
ones seldom. Each lock file says who holds it; the note is for people and is never trusted by the
program.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build.errors import EnvironmentFailed

MIN_BACKOFF_S = 0.002
MAX_BACKOFF_S = 0.25


@dataclass(frozen=True)
class Acquisition:
    """How a lock was got: for telemetry."""

    name: str
    waited_s: float
    attempts: int


def try_lock(path: Path) -> int | None:
    """An open descriptor that holds the lock, or None when somebody else holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return None
            raise
        # The file may have been removed by the last holder between open and flock.
        try:
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                _write_holder(descriptor)
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)


def unlock(path: Path, descriptor: int, *, remove: bool = False) -> None:
    """Release the lock, also for who inherited it; `remove` takes its file away, safely."""
    if remove:
        path.unlink(missing_ok=True)
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def backoff_s(waited_s: float) -> float:
    """How long to sleep before the next try: a jittered tenth of the time waited so far."""
    bound = min(MAX_BACKOFF_S, max(MIN_BACKOFF_S, waited_s / 10))
    return random.uniform(bound / 2, bound)


def holder(path: Path) -> str:
    """Who holds the lock, as the holder wrote it; for messages only."""
    try:
        return path.read_text(errors="replace").strip() or "a process that left no name"
    except OSError:
        return "a process that left no name"


@contextmanager
def locked(
    path: Path,
    timeout_s: float,
    *,
    remove: bool = False,
    give_up: Callable[[], bool] = lambda: False,
) -> Iterator[Acquisition]:
    """Hold the lock at `path`.

    Raises `EnvironmentFailed` naming the holder after `timeout_s`, or when `give_up` says so.
    """
    started = time.monotonic()
    attempts = 0
    while True:
        attempts += 1
        descriptor = try_lock(path)
        waited_s = time.monotonic() - started
        if descriptor is not None:
            break
        if waited_s > timeout_s or give_up():
            message = f"waited {waited_s:.0f} s for {path.name}, held by {holder(path)}"
            raise EnvironmentFailed(message, "let that process finish, or end it, and try again")
        time.sleep(backoff_s(waited_s))
    try:
        yield Acquisition(path.name, waited_s, attempts)
    finally:
        unlock(path, descriptor, remove=remove)


def _write_holder(descriptor: int) -> None:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
    text = f"process {os.getpid()} ({command})\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("utf-8", "replace"), 0)
