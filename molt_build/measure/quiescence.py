"""Waiting for a quiet machine, for a while.

What is timed beside other work takes more blocks to be as sure. So who can wait does, until others
keep less than `BUSY_SHARE` of all processors busy in a window of a second; but a shared machine may
never be quiet, so the waiting has an end, and then the measurement says what it was made beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from molt_build.measure.noise import BUSY_SHARE
from molt_build.measure.others import look, others_share

WINDOW_S = 1.0
QUIET_WITHIN_S = 30.0


def others_now() -> float | None:
    """The share of all processors that others keep busy in a window; None where none can tell."""
    before = look()
    time.sleep(WINDOW_S)
    return others_share(before, look())


def await_quiet(
    note: Callable[[str], None],
    *,
    limit_s: float = QUIET_WITHIN_S,
    share: Callable[[], float | None] = others_now,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether the machine came to be quiet within the limit, or cannot tell; says where it waits.

    `share` looks for a window at what others do, and `clock` tells seconds.
    """
    began, is_told = clock(), False
    while (busy := share()) is not None and busy > BUSY_SHARE:
        others = f"other processes keep {busy:.0%} of the processors busy"
        if clock() - began >= limit_s:
            note(f"{others}, {limit_s:.0f} s on: measured beside them")
            return False
        if not is_told:
            note(f"waiting for a quiet machine, at most {limit_s:.0f} s: {others}")
            is_told = True
    return True
