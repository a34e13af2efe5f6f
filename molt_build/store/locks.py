"""Locks between processes, released by the kernel when their holder and its children are gone.

A lock is `filelock`'s, on a file of its own, never on the data. It is taken on a descriptor that is
opened here (`filelock.lock_descriptor`): the `FileLock` of that package would take a pipe in the
file's place for a lock, and keeps its descriptor to itself. A descriptor is inherited only by the
process that it is passed to on purpose: the compiler that works under the lock, which so keeps it
for as long as it outlives a holder that was killed. A holder that ends in order releases the lock
for all who inherited it. Its file can be removed by the holder, beside any number who wait for it.

A waiting process looks again after a sleep that follows the hold times seen (`backoff`); who has
something else to do than sleep does that meanwhile (`Asking`). Each lock file says who holds it
since when; that is for messages and for choosing a sleep, and nothing that must be right depends on
it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import lock_descriptor, unlock_descriptor

from molt_build.codec import from_plain, to_plain
from molt_build.errors import EnvironmentFailed
from molt_build.plain_files import NotAFile, open_plain, read_plain
from molt_build.secrecy import this_command
from molt_build.store.backoff import Backoff, expected_hold_s, note_hold
from molt_build.store.lock_log import Holder, LockLog, LockUse

_HINT = "free some disk space, fix its permissions, or set MOLT_BUILD_CACHE_DIR to another folder"
_TIMEOUT_HINT = "let it finish, or end that process, and build again"
_NOUNS = {"slot": "a slot of"}


class WaitedTooLong(EnvironmentFailed):
    """A lock did not come free; the message names who holds it, the hint says what to do."""


def sleep(seconds: float) -> bool:
    """The plain pause between two looks: never says that waiting is over."""
    time.sleep(seconds)
    return False


@dataclass(frozen=True)
class Waiting:
    """How the locks of one command are waited for, and where their uses are logged."""

    log: LockLog
    backoff: Backoff
    # Sleeps; True says that waiting is over for another reason, such as an interrupt.
    pause: Callable[[float], bool] = sleep

    def at_most(self, timeout_s: float) -> Waiting:
        """The same with another time limit."""
        return replace(self, backoff=replace(self.backoff, timeout_s=timeout_s))


@dataclass(frozen=True)
class Held:
    """A lock that is held now."""

    path: Path
    number: int  # its place among those that were asked for
    descriptor: int  # pass it to a child that must keep the lock if we are killed
    use: LockUse  # how it was got
    log: LockLog  # where that is to be noted


def try_lock(path: Path) -> int | None:
    """An open descriptor that holds the lock, or None when somebody else holds it.

    Raises `EnvironmentFailed` when the file cannot be made or locked. What lies in its place and is
    no file is not moved: two who both did so would both hold the lock.
    """
    while True:
        try:
            descriptor = open_plain(path, os.O_RDWR | os.O_CREAT)
        except NotAFile as error:
            message = f"the lock {path} cannot be used: it {error.what}"
            raise EnvironmentFailed(message, "remove it while no build runs") from error
        except OSError as error:
            message = f"the lock {path} cannot be used: {error.strerror}"
            raise EnvironmentFailed(message, _HINT) from error
        try:
            is_locked = lock_descriptor(descriptor, blocking=False)
        except OSError as error:
            os.close(descriptor)
            message = f"{path} cannot be locked: {error.strerror}"
            raise EnvironmentFailed(message, _HINT) from error
        if not is_locked:
            os.close(descriptor)
            return None
        # The file may have been removed by the last holder between opening and locking.
        try:
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                _write_holder(descriptor)
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)


def unlock(path: Path, descriptor: int, *, remove: bool = False) -> None:
    """Release the lock, also for who inherited it; `remove` takes its file away, safely."""
    try:
        if remove:
            path.unlink(missing_ok=True)
    finally:
        unlock_descriptor(descriptor)
        os.close(descriptor)


def remove_if_free(path: Path) -> None:
    """Remove a lock file that a killed holder left, unless somebody holds it or it must stay."""
    try:
        descriptor = try_lock(path)
        if descriptor is not None:
            unlock(path, descriptor, remove=True)
    except (EnvironmentFailed, OSError):
        return  # a lock file that stays is no harm


def holder(path: Path) -> Holder | None:
    """Who holds the lock, as the holder wrote it; None where that cannot be read."""
    try:
        found: Holder = from_plain(Holder, json.loads(read_plain(path)))
    except (OSError, ValueError, RecursionError):
        return None
    return found


class Asking:
    """One of several equal locks is asked for: looked at in order until one is free.

    `look`, and when that gives nothing come back after `nap_s`: asleep, or with something else
    done meanwhile, which `came_back` wants to know. Only what was slept away is waiting.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        waiting: Waiting,
        kind: str,
        name: str,
        hold_times: Path | None = None,
    ) -> None:
        self.nap_s = 0.0  # how long to sleep before the next look
        self._paths = paths
        self._waiting = waiting
        self._hold_times = hold_times
        self._expected_s: float | None = None
        # The use began with the wait that goes on; the time limit began with the first one.
        self._first_ns = self._looked_ns = time.monotonic_ns()
        thread = threading.get_native_id()
        self._use = LockUse(kind, name, began_ns=self._first_ns, thread=thread)

    def look(self) -> Held | None:
        """The first that is free, now held; None when all are held by others.

        Raises `WaitedTooLong`, naming who holds the first of them, when none came free in time.
        """
        for number, path in enumerate(self._paths):
            self._now(attempts=self._use.attempts + 1)
            descriptor = try_lock(path)
            if descriptor is not None:
                is_first = self._use.attempts <= len(self._paths)
                use = self._use if is_first else self._ended()
                return Held(path, number, descriptor, use, self._waiting.log)
        holders = [holder(path) for path in self._paths]
        if self._use.holder is None:  # who has only just taken it may not have written so yet
            self._now(holder=holders[0])
        if self._use.attempts == len(self._paths):
            self._expected_s = expected_hold_s(self._hold_times)
        backoff = self._waiting.backoff
        self._looked_ns = time.monotonic_ns()
        self._now(thread=threading.get_native_id())
        waited_s = (self._looked_ns - self._first_ns) / 1e9
        left_s = backoff.timeout_s - waited_s
        if left_s <= 0:
            raise self.too_long()
        remaining_s = _remaining_s(self._expected_s, holders, waited_s)
        self.nap_s = min(backoff.sleep_s(waited_s, remaining_s), left_s)
        return None

    def came_back(self, since_ns: int) -> None:
        """Something else was done after the last look; it is waited for again since `since_ns`
        (of `time.monotonic_ns()`)."""
        if self._use.attempts == len(self._paths):
            self._first_ns = since_ns
        elif self._looked_ns > self._use.began_ns:
            waited_s = (self._looked_ns - self._use.began_ns) / 1e9
            wait = replace(self._use, waited_s=waited_s, is_acquired=False)
            self._waiting.log.add_wait(wait)
            self._now(waited_before_s=self._use.waited_before_s + waited_s)
        self._now(began_ns=since_ns)

    def is_needless(self) -> None:
        """What the lock is for was found done; the wait is logged, with a hold of nothing."""
        self._now(attempts=self._use.attempts + 1)  # the look that found its file gone
        self._waiting.log.add(self._ended())

    def gives_up(self) -> None:
        """The lock is not asked for any more, and was not got."""
        self._waiting.log.add(replace(self._ended(), is_acquired=False))

    def too_long(self) -> WaitedTooLong:
        """The error of who gives up now."""
        self.gives_up()
        what = f"{_NOUNS.get(self._use.kind, self._use.kind)} {self._use.name}"
        message = f"waited {_since_s(self._first_ns):.0f} s for {what}"
        return WaitedTooLong(f"{message}, held by {_who_holds(self._paths[0])}", _TIMEOUT_HINT)

    def _now(self, **known: Any) -> None:
        self._use = replace(self._use, **known)

    def _ended(self) -> LockUse:
        """The use, if the wait ends at this moment."""
        return replace(self._use, waited_s=_since_s(self._use.began_ns))


def acquire(
    paths: Sequence[Path], waiting: Waiting, kind: str, name: str, hold_times: Path | None = None
) -> Held:
    """Hold one of several equal locks, the first that is free, looked at in order.

    Raises `WaitedTooLong`, naming who holds the first of them, when none came free in time.
    """
    asking = Asking(paths, waiting, kind, name, hold_times)
    while (held := asking.look()) is None:
        if waiting.pause(asking.nap_s):
            raise asking.too_long()
    return held


@contextmanager
def locked(path: Path, waiting: Waiting, *, kind: str, name: str) -> Iterator[Held]:
    """Hold the lock at `path`, whose file goes when it is released.

    Raises `WaitedTooLong` when it does not come free in time.
    """
    held = acquire([path], waiting, kind, name)
    try:
        yield held
    finally:
        release(held, remove=True)


def release(
    held: Held, *, slot: int | None = None, remove: bool = False, hold_times: Path | None = None
) -> None:
    """Let go of a lock, and log its use."""
    held_s = max(0.0, _since_s(held.use.began_ns) - held.use.waited_s)
    unlock(held.path, held.descriptor, remove=remove)
    if hold_times is not None:
        note_hold(hold_times, held_s)
    held.log.add(replace(held.use, slot=slot, held_s=held_s, thread=None))


def processes_with(path: Path) -> list[int]:
    """The other processes of this user that have the file open; empty where that is not told."""
    found = []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            opened = {os.readlink(entry) for entry in folder.iterdir()}
        except OSError:  # ended meanwhile, or not ours
            continue
        if str(path) in opened and folder.parent.name != str(os.getpid()):
            found.append(int(folder.parent.name))
    return sorted(found)


def _who_holds(path: Path) -> str:
    now = holder(path)
    if now is None:
        return f"a process that left no name in {path}"
    if now.is_running:
        return str(now)
    left = ", ".join(str(pid) for pid in processes_with(path))
    started = (
        f"process {left}, which it started, still runs" if left else "a child of it still runs"
    )
    return f"{now}, which has ended, but {started}"


def _remaining_s(
    expected_s: float | None, holders: Sequence[Holder | None], waited_s: float
) -> float | None:
    """What is expected of the hold that ends first; None when nothing is known, or it is late."""
    if expected_s is None:
        return None
    now_ns = time.time_ns()
    held = [max(waited_s, (now_ns - h.since_ns) / 1e9) for h in holders if h is not None]
    remaining_s = expected_s - max(held, default=waited_s)
    return remaining_s if 0 < remaining_s <= expected_s else None


def _since_s(began_ns: int) -> float:
    return (time.monotonic_ns() - began_ns) / 1e9


def _write_holder(descriptor: int) -> None:
    note = to_plain(Holder(os.getpid(), this_command(), time.time_ns()))
    text = json.dumps(note).encode("utf-8", "replace") + b"\n"
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
    except OSError:
        return  # a full disk: the lock is held all the same, by somebody without a name
