"""What a lane tells while it runs; the command line decides how that looks."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Told about phases with a known number of steps, and about single facts."""

    def phase(self, title: str, steps: int) -> None:
        """A phase of so many steps begins; the one before is over."""

    def step(self, what: str = "") -> None:
        """One step of the phase is done."""

    def note(self, line: str) -> None:
        """A line that must be seen."""


class Silence:
    """A watch for those who only want the result."""

    def phase(self, title: str, steps: int) -> None:
        """Nothing."""

    def step(self, what: str = "") -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""
