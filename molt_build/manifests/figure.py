"""Figures: numbers of recorded runs that tracks set targets for, and gates guard.

A figure says where its number comes from, and nothing of what it should be. Each place has a table
of its name and a class here; exactly one of a figure's is not None. They are read by
`molt_build.governance.figures`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Take = Literal["worst", "mean"]


@dataclass(frozen=True)
class CaseFigure:
    """A KPI of a case, in whose cells of the engine's toolchain it does worst."""

    name: str
    kpi: str


@dataclass(frozen=True)
class LaneFigure:
    """How many times as good as the lane's reference an engine is, in a column."""

    name: str
    programs: tuple[str, ...] = ()  # () with no families: all
    families: tuple[str, ...] = ()
    metric: str = "wall_s"
    take: Take = "worst"  # of the programs, or their geometric mean


@dataclass(frozen=True)
class PairFigure:
    """What a lane's pair comes to: an engine's toolchain for one target over it for another."""

    lane: str
    target: str
    over: str = "native"


@dataclass(frozen=True)
class SignalFigure:
    """A signal: the project's number, or what those of an engine's programs come to."""

    name: str


@dataclass(frozen=True)
class FriendsFigure:
    """How many suites are scored, or how the engine does on their programs."""

    suites: tuple[str, ...] = ()  # () means all
    metric: str = "wall_s"
    take: Literal["scored", "worst", "mean"] = "mean"


@dataclass(frozen=True)
class GreenRunsFigure:
    """For how many runs of the cases in a row all their KPIs of one source were green."""

    of: Literal["program", "ours"]


@dataclass(frozen=True)
class GatesFigure:
    """The share of the gates that their latest run could judge, or that passed."""

    take: Literal["judged", "passed"]


@dataclass(frozen=True)
class BuildsFigure:
    """What the project's recorded builds say, on this machine."""

    take: Literal["hit-ratio", "executions-of-a-key"]
    last: int = 100  # builds


Source = (
    CaseFigure
    | LaneFigure
    | PairFigure
    | SignalFigure
    | FriendsFigure
    | GreenRunsFigure
    | GatesFigure
    | BuildsFigure
)


@dataclass(frozen=True, kw_only=True)
class Figured:
    """What is about a figure: exactly one of these is not None."""

    case: CaseFigure | None = None
    lane: LaneFigure | None = None
    pair: PairFigure | None = None
    signal: SignalFigure | None = None
    friends: FriendsFigure | None = None
    green_runs: GreenRunsFigure | None = None
    gates: GatesFigure | None = None
    builds: BuildsFigure | None = None

    @property
    def source(self) -> Source:
        """Where its number comes from."""
        every = (getattr(self, one.name) for one in fields(Figured))
        (source,) = (one for one in every if one is not None)
        found: Source = source
        return found
