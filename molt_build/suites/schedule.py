"""How long all the suites that were asked for will still take, and what each may."""

from __future__ import annotations

import time
from collections.abc import Callable

BUDGET_S = 240.0  # of a suite
QUICK_BUDGET_S = 20.0


class Schedule:
    """A command's suites, its budget, and what the suites that are done took.

    A budget for the whole command is shared equally over the suites that are not yet done, so that
    what one does not need is left to the next. Only measuring counts.
    """

    def __init__(
        self,
        suites: int,
        budget_s: float | None,
        *,
        is_quick: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = self._pending = suites
        self._budget_s = budget_s
        self._default_s = QUICK_BUDGET_S if is_quick else BUDGET_S
        self._clock = clock
        self._began = clock()
        self._took: list[float] = []
        self._planned_until: float | None = None

    @property
    def place(self) -> str:
        """[2/7]: the suite that goes on."""
        return f"[{self._total - self._pending + 1}/{self._total}]"

    def share_s(self) -> float:
        """What the measurement of the suite that goes on may take."""
        if self._budget_s is None:
            return self._default_s
        return max(0.0, self._budget_s) / max(1, self._pending)

    def begin(self) -> None:
        """A suite begins."""
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
        self._pending -= 1
        if is_typical:
            self._took.append(self._clock() - self._began)

    def left_s(self) -> float:
        """Of all suites together, as well as can be known."""
        now = self._clock()
        each = sum(self._took) / len(self._took) if self._took else self.share_s()
        if self._planned_until is not None:
            current = self._planned_until - now
        else:
            current = max(self.share_s(), each - (now - self._began))
        return max(0.0, current) + each * max(0, self._pending - 1)
