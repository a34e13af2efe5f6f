"""What gate manifests declare: a figure, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from molt_build.manifests.figure import Figured

Severity = Literal["warn", "fail"]
Against = Literal["red-line", "base", "history"]


@dataclass(frozen=True)
class Waiver:
    """What may be worse than the gate allows, why, and until when."""

    reason: str
    expires: str  # the last day: 2027-06-30
    members: tuple[str, ...] = ()  # programs, cells; () means all

    def holds(self, member: str, day: date) -> bool:
        """Whether it is about the member, and not over on that day."""
        return (not self.members or member in self.members) and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether its last day is behind."""
        return date.fromisoformat(self.expires) < day


@dataclass(frozen=True)
class Annotation:
    """A range of days in which a figure was something else, and why: it is no part of a past."""

    since: str  # the first day
    until: str  # the last day
    reason: str

    def covers(self, moment: str) -> bool:
        """Whether a run that began then, UTC, is in the range."""
        return self.since <= moment[:10] <= self.until


@dataclass(frozen=True)
class Gate(Figured):
    """A figure of recorded runs that must not be worse than it may be."""

    name: str
    description: str
    owner: str
    against: Against
    severity: Severity = "fail"
    max: float | None = None  # of a red line: one of these two, or that of the figure
    min: float | None = None
    worse_at_most: float | None = None  # 0.05 is 5 %: of a base required, of a history the least
    engine: str | None = None  # None: the project's subject
    max_age_days: float = 14.0
    steady_within: float = 0.1  # intervals that reach farther to one side only warn
    waivers: tuple[Waiver, ...] = ()
    annotations: tuple[Annotation, ...] = ()
