"""Which builds run now: whom pruning spares, and whom clearing names.

Each running build holds a lock of its own in `CACHE/running/` (`molt_build.store.locks`). The
kernel releases it with the process, however it ends, so one that can be had belongs to a dead build
and is removed. Its file's modification time is when the build began, by the clock of the file
system.

Beginning and removing exclude one another at a gate: a build registers first and then passes the
gate, which takes a moment, and which whoever removes holds shut. So every build is either known to
the remover or begins to look at the cache only after the removal. Who removes holds the gate for a
moment at a time. A gate that stays shut (its holder was stopped) is not waited for without end: a
file that vanishes under a build is a miss, and costs time, never correctness.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build.errors import EnvironmentFailed
from molt_build.files import real_folder, refuse_link
from molt_build.store.locks import holder, try_lock, unlock

GATE_WAIT_S = 2.0
_PAUSE_S = 0.002
_HINT = "free or fix it, or set MOLT_BUILD_CACHE_DIR to another folder"


@dataclass(frozen=True)
class RunningBuild:
    """A build that has begun and not ended."""

    who: str  # process PID (command)
    began_ns: int  # of the epoch, by the clock of the cache's file system


@dataclass(frozen=True)
class Registration:
    """This process's own place among the running builds."""

    path: Path
    descriptor: int
    began_ns: int

    def end(self) -> None:
        """The build uses nothing of the cache any more."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def register(cache: Path) -> Registration:
    """Be known as a running build; raises `EnvironmentFailed` when the cache cannot be written."""
    folder = cache / "running"
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
    try:
        real_folder(cache, folder, mode=0o700)
        descriptor = None
        while descriptor is None:  # somebody who looks whether we live may be holding it
            descriptor = try_lock(path)
        began_ns = os.fstat(descriptor).st_mtime_ns
        gate = _pass_gate(cache)
        if gate is not None:
            os.close(gate)
    except OSError as error:
        message = f"the cache directory {cache} cannot be written: {error.strerror}"
        raise EnvironmentFailed(message, _HINT) from error
    return Registration(path, descriptor, began_ns)


def running_builds(cache: Path) -> list[RunningBuild]:
    """The builds that run now, the oldest first; what dead ones left is removed."""
    found = []
    folder = cache / "running"
    refuse_link(folder)
    for path in sorted(folder.glob("*-*")):
        try:
            began_ns = path.lstat().st_mtime_ns
            descriptor = try_lock(path)
        except (FileNotFoundError, EnvironmentFailed):  # no build's: those hold a file
            continue
        if descriptor is None:
            found.append(RunningBuild(str(holder(path) or f"process {path.name}"), began_ns))
        else:
            unlock(path, descriptor, remove=True)
    return sorted(found, key=lambda build: build.began_ns)


@contextmanager
def shut_gate(cache: Path) -> Iterator[list[RunningBuild] | None]:
    """No build begins inside the block; gives those that run. None: somebody else removes now."""
    gate = _pass_gate(cache)
    if gate is None:
        yield None
        return
    try:
        yield running_builds(cache)
    finally:
        os.close(gate)


def _pass_gate(cache: Path) -> int | None:
    """The gate's descriptor, locked; None when that was not to be had in `GATE_WAIT_S`."""
    deadline = time.monotonic() + GATE_WAIT_S
    while (descriptor := try_lock(cache / "running" / "gate")) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(_PAUSE_S)
    return descriptor
