"""Where a job of many pieces (cells, suites) stands, and what is left of it, in each phase."""

from __future__ import annotations

from collections.abc import Callable

from molt_build.watch import Watch, duration


class PieceWatch:
    """A watch whose phases say which piece goes on (`[2/7]`), and what is left in all."""

    def __init__(
        self,
        watch: Watch,
        place: str,
        left_s: Callable[[], float | None],
        is_all_known: Callable[[], bool] = lambda: True,
    ) -> None:
        self._watch = watch
        self._place = place
        self._left_s = left_s
        self._is_all_known = is_all_known

    def phase(self, title: str, steps: int) -> None:
        """A phase of the piece that goes on."""
        left_s = self._left_s()
        about = "about" if self._is_all_known() else "at least"
        left = "" if left_s is None else f" ({about} {duration(left_s)} left in all)"
        self._watch.phase(f"{self._place} {title}{left}", steps)

    def step(self, what: str = "") -> None:
        """One step of it."""
        self._watch.step(what)

    def note(self, line: str) -> None:
        """A line that must be seen."""
        self._watch.note(line)
