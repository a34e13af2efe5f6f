"""What each lock of one command cost: who was waited for, how long, and how long it was held.

A `LockUse` is added when a lock is released (or not got in time), by any thread. Waits of zero are
logged too: how often a lock was free is half of what contention means.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from molt_build.codec import added
from molt_build.secrecy import process_words


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as its file says."""

    pid: int
    command: str
    since_ns: int  # of the wall clock

    def __str__(self) -> str:
        return process_words(self.pid, self.command)

    @property
    def is_running(self) -> bool:
        """Whether a process of that number runs; another one may have got the number since."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):
            return True
        return True


@dataclass(frozen=True)
class LockHolder:
    """Who held a lock."""

    pid: Annotated[int, "The process."]
    command: Annotated[str, "What it ran."]


@dataclass(frozen=True)
class UsedLock:
    """A lock that was asked for."""

    kind: Annotated[str, "flight, slot, environment or source."]
    name: Annotated[str, "What is locked, such as a shard or a program's stage."]
    waited_s: Annotated[float, "How long it was waited for."]
    held_s: Annotated[float, "How long it was held."]
    attempts: Annotated[int, "Looks at it: 1 when it was free."]
    slot: Annotated[int | None, "Which of several equal ones; left out where it is one."] = added(
        None
    )
    holder: Annotated[LockHolder | None, "Who had it first; left out where nobody."] = added(None)
    timed_out: Annotated[bool, "Whether it was not got; left out where it was."] = added(False)


@dataclass(frozen=True)
class LockUse:
    """One acquisition of a lock. Seconds; `began_ns` is of `time.monotonic_ns()`."""

    kind: str  # "flight" | "slot" | "environment" | "source"
    name: str  # what is locked, such as a shard or a program's stage
    slot: int | None = None  # which of several equal locks was got
    began_ns: int = 0  # when it was asked for, or the wait that ended with it began
    waited_s: float = 0.0  # since then
    held_s: float = 0.0
    attempts: int = 0  # looks at a lock: 1 when it was free
    holder: Holder | None = None  # who held it when that was first told
    is_acquired: bool = True
    waited_before_s: float = 0.0  # in earlier waits, between which other programs were built
    thread: int | None = None  # the native id of the one that waited, where it is not the caller

    def published(self) -> UsedLock:
        """A row of `locks` in `molt-build build --json`."""
        held = self.holder
        return UsedLock(
            kind=self.kind,
            name=self.name,
            waited_s=round(self.waited_before_s + self.waited_s, 6),
            held_s=round(self.held_s, 6),
            attempts=self.attempts,
            slot=self.slot,
            holder=None if held is None else LockHolder(held.pid, held.command),
            timed_out=not self.is_acquired,
        )


class LockLog:
    """Collects the lock uses of one command; `on_use` hears of each, in the thread that had it."""

    def __init__(self, on_use: Callable[[LockUse], None] | None = None) -> None:
        self._uses: list[LockUse] = []
        self._lock = threading.Lock()
        self._on_use = on_use

    def add(self, use: LockUse) -> None:
        """Note a use that has ended."""
        with self._lock:
            self._uses.append(use)
        if self._on_use is not None:
            self._on_use(use)

    def add_wait(self, wait: LockUse) -> None:
        """Let `on_use` hear of a wait that goes on later; the use that ends it counts it."""
        if self._on_use is not None:
            self._on_use(wait)

    def uses(self, first: int = 0) -> tuple[LockUse, ...]:
        """All uses so far, from the `first` on, in the order in which they ended."""
        with self._lock:
            return tuple(self._uses[first:])
