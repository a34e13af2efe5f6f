"""Facts as they lie in the page: JSON, compressed, and numbers no longer than they are sure.

A part is gzip (RFC 1952) in base64 (RFC 4648), which the browser's own DecompressionStream reads.
Its bytes follow from the facts alone.

A series of ratios or times is kept as steps of its logarithm, each as the difference from the one
before: with `steps` = k a step is a factor of exp(10**-k). k is chosen from the intervals of the
series, so that a step is no more than a tenth of half their width; rounding moves nothing that
could be told apart.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

Steps = list[int | None]

DIGITS = 4  # of numbers without an interval
FEWEST_STEPS, MOST_STEPS = 3, 6


def packed(facts: object) -> str:
    """The part of the page that holds these facts."""
    text = json.dumps(facts, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return packed_text(text)


def packed_text(text: str) -> str:
    """The part of the page that holds a text."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


def rounded(value: float | None, digits: int = DIGITS) -> float | int | None:
    """A number with so many significant digits; None where there is none, or it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 10**9:
        return int(value)
    short = float(f"{value:.{digits}g}")
    return int(short) if short == int(short) and abs(short) < 10**15 else short


def steps_for(intervals: Iterable[tuple[float | None, float | None]]) -> int:
    """The k of a series whose values have these intervals."""
    widths = [
        math.log(high / low) / 2 for low, high in intervals if low and high and high > low > 0
    ]
    if not widths:
        return FEWEST_STEPS
    wanted = math.ceil(-math.log10(median(widths) / 10))
    return min(max(wanted, FEWEST_STEPS), MOST_STEPS)


def in_steps(values: Sequence[float | None], k: int) -> Steps:
    """Steps of the logarithm of each value from the last that is known; None where there is none.

    The first is seen from 1. What is not above 0 has no logarithm, and is None.
    """
    found: Steps = []
    before = 0
    for value in values:
        now = _steps(value, k)
        found.append(None if now is None else now - before)
        before = before if now is None else now
    return found


def aside(values: Sequence[float | None], of: Sequence[float | None], k: int) -> Steps:
    """How many steps each value lies from the one beside it."""
    found: Steps = []
    for value, other in zip(values, of, strict=True):
        one, two = _steps(value, k), _steps(other, k)
        found.append(None if one is None or two is None else one - two)
    return found


def shared(names: Sequence[Any]) -> Any:
    """A list as it is, or its one value where all are alike."""
    return names[0] if names and all(one == names[0] for one in names) else list(names)


def _steps(value: float | None, k: int) -> int | None:
    if value is None or not math.isfinite(value) or value <= 0:
        return None
    return round(math.log(value) * 10.0**k)
