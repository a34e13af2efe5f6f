"""A line of revisions from a good one to a bad one, and where to look next.

Bisection: the middle of what is between the last good and the first bad one. Where that cannot be
judged, since it does not build or its figure cannot be told, it is skipped, as `git bisect skip`
does, and the nearest to it is looked at. It ends when nothing is between the two that could be
judged: the first bad one is guilty, or one of those that were skipped before it.

It is guilty of crossing the line between good and bad. Where a figure moves several times, or to
and fro, that is one of the commits at which it does so, and there may be others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Ladder:
    """The places 0, good, to `last`, bad; raises `ValueError` where these are the same."""

    last: int
    good: int = 0  # the last that is
    bad: int = -1  # the first that is
    skipped: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.last < 1:
            raise ValueError("good and bad are the same revision")
        self.bad = self.last

    def next(self) -> int | None:
        """The place to look at; None when there is none."""
        middle = (self.good + self.bad) / 2
        between = (p for p in range(self.good + 1, self.bad) if p not in self.skipped)
        return min(between, key=lambda place: abs(place - middle), default=None)

    def judge(self, place: int, *, is_bad: bool) -> None:
        """What lies between the two, and was looked at, is good or bad."""
        if is_bad:
            self.bad = place
        else:
            self.good = place

    @property
    def suspects(self) -> range:
        """Of these one is guilty."""
        return range(self.good + 1, self.bad + 1)

    @property
    def looks(self) -> int:
        """How many places are looked at where none is skipped, at most."""
        return math.ceil(math.log2(self.last)) if self.last > 1 else 0
