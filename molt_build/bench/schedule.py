"""How long all the lanes that were asked for will still take, and what each may."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


class Schedule:
    """A command's lanes, its budget, and what the lanes that are done took.

    A budget for the whole command is shared equally over the lanes that are not yet done, so that
    what one does not need is left to the next; where there is none, each lane has its own. Only
    measuring counts.
    """

    def __init__(
        self,
        own_s: Sequence[float],  # of each lane
        budget_s: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = len(own_s)
        self._pending_own_s = [*own_s]
        self._budget_s = budget_s
        self._clock = clock
        self._began = clock()
        self._took: list[float] = []
        self._planned_until: float | None = None

    @property
    def place(self) -> str:
        """[2/7]: the lane that goes on."""
        return f"[{self._total - len(self._pending_own_s) + 1}/{self._total}]"

    def share_s(self) -> float:
        """What the measurement of the lane that goes on may take."""
        return next(iter(self._shares_s()), 0.0)

    def _shares_s(self) -> list[float]:
        """The same of each lane that is not yet done."""
        own_s = self._pending_own_s
        if self._budget_s is None:
            return own_s
        return [max(0.0, self._budget_s) / len(own_s) for _ in own_s]

    def begin(self) -> None:
        """A lane begins."""
        self._began = self._clock()
        self._planned_until = None

    def measured(self, seconds: float) -> None:
        """Its measurement took so long, of the budget."""
        if self._budget_s is not None:
            self._budget_s -= seconds

    def planned(self, seconds: float) -> None:
        """What goes on will take so many seconds more."""
        self._planned_until = self._clock() + seconds

    def end(self, *, is_typical: bool) -> None:
        """It is done; what it took says what others will take, if it is typical."""
        del self._pending_own_s[:1]
        if is_typical:
            self._took.append(self._clock() - self._began)

    def left_s(self) -> float:
        """Of all lanes together, as well as can be known."""
        now, expected = self._clock(), self._shares_s()
        if self._took:
            expected = [sum(self._took) / len(self._took) for _ in expected]
        if self._planned_until is not None:
            current = self._planned_until - now
        else:
            current = max(self.share_s(), sum(expected[:1]) - (now - self._began))
        return max(0.0, current) + sum(expected[1:])
