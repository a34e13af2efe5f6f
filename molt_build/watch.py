"""What a long job tells while it runs; the command line decides how that looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Told about phases with a known number of steps, and about single facts."""

    def phase(self, title: str, steps: int) -> None:
        """A phase of so many steps begins; the one before is over."""

    def step(self, what: str = "") -> None:
        """One step of the phase is done."""

    def note(self, line: str) -> None:
        """A line that must be seen."""


def build_lines(watch: Watch) -> Callable[[str], None]:
    """What a build tells, for a watch: each program that is done is a step, the rest is news."""

    def tell(line: str) -> None:
        if line.startswith("["):
            watch.step(line)
        else:
            watch.note(line)

    return tell


def duration(seconds: float) -> str:
    """45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """1 program, 2 programs."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
