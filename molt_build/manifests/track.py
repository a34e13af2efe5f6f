"""What track manifests declare: a line of work of an optimization program, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass

from molt_build.manifests.figure import Figured


@dataclass(frozen=True)
class TrackKpi(Figured):
    """A figure and its target.

    Where neither `max` nor `min` is said the target is the one that is declared with the figure: of
    the case's KPI, the lane's pair; all suites; a signal should be no worse than in the run before.
    """

    name: str
    description: str
    max: float | None = None  # at most one of these two
    min: float | None = None
    runs: int = 1  # in how many runs in a row it must be met


@dataclass(frozen=True)
class Track:
    """A line of work, the tags of the programs that it can change, and its KPIs."""

    name: str
    title: str
    priority: str
    owner: str
    exit_gate: str
    tags: tuple[str, ...] = ()
    precedence: int = 100  # of the tracks that have tags of a program the lowest has its losses
    kpis: tuple[TrackKpi, ...] = ()
