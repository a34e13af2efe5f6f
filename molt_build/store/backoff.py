"""How long a lock is usually held, and how long to sleep before the next look at it.

A record beside the lock keeps an exponentially weighted mean of the hold times seen: one small
JSON file, replaced whole, and only when a hold was not as expected. It is a hint: missing or
damaged means that nothing is known, and no wait is longer or shorter for it than the bounds of the
`Backoff` allow.

The sleep is half of what is expected to remain of the hold, so that the looks at a long hold close
in on its end by halves; once a hold lasts longer than expected (or nothing is known) it is a tenth
of the time waited so far, so that a lock is taken at most a tenth later than it could have been.
Both are jittered, since many may wait for one lock, and both are bounded.
"""

from __future__ import annotations

import json
import math
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from molt_build.plain_files import read_plain
from molt_build.temporary import write_over

WEIGHT = 0.3  # of the latest hold time
AS_EXPECTED = 0.1  # a hold that differs from the mean by no more than this share changes nothing


@dataclass(frozen=True)
class Backoff:
    """How long to wait for a lock, and the bounds of the sleep between two looks. Seconds."""

    timeout_s: float
    backoff_min_s: float = 0.005
    backoff_max_s: float = 1.0

    def sleep_s(self, waited_s: float, remaining_s: float | None) -> float:
        """How long to sleep now: `remaining_s` is what is expected of the hold, None if unknown."""
        bound = max(waited_s / 10, (remaining_s or 0.0) / 2)
        bound = min(self.backoff_max_s, max(self.backoff_min_s, bound))
        return max(self.backoff_min_s, random.uniform(bound / 2, bound))


def expected_hold_s(record: Path | None) -> float | None:
    """The mean hold time of the record, or None when nothing is known."""
    if record is None:
        return None
    try:
        mean = float(json.loads(read_plain(record))["mean_s"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return mean if math.isfinite(mean) and mean >= 0 else None


def note_hold(record: Path, held_s: float) -> None:
    """Take a hold time into the record; one that cannot be written is no loss."""
    known = expected_hold_s(record)
    if known is not None and abs(held_s - known) <= AS_EXPECTED * known:
        return
    mean = held_s if known is None else known + WEIGHT * (held_s - known)
    with suppress(OSError):
        write_over(record, json.dumps({"mean_s": round(mean, 6)}))
