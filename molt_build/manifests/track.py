"""What track manifests declare: a line of work of an optimization program, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass

from molt_build.manifests.figure import (
    CaseFigure,
    FriendsFigure,
    GatesFigure,
    GreenRunsFigure,
    LaneFigure,
    PairFigure,
    SignalFigure,
    Source,
)


@dataclass(frozen=True)
class TrackKpi:
    """A figure and its target.

    Where neither `max` nor `min` is said the target is the one that is declared with the figure: of
    the case's KPI, the lane's pair; all suites; a signal should be no worse than in the run before.
    """

    name: str
    description: str
    max: float | None = None  # at most one of these two
    min: float | None = None
    runs: int = 1  # in how many runs in a row it must be met
    case: CaseFigure | None = None  # exactly one of these
    lane: LaneFigure | None = None
    pair: PairFigure | None = None
    signal: SignalFigure | None = None
    friends: FriendsFigure | None = None
    green_runs: GreenRunsFigure | None = None
    gates: GatesFigure | None = None

    @property
    def source(self) -> Source:
        """Where its number comes from."""
        every = (
            self.case,
            self.lane,
            self.pair,
            self.signal,
            self.friends,
            self.green_runs,
            self.gates,
        )
        (source,) = (one for one in every if one is not None)
        return source


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
