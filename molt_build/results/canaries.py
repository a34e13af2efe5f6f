"""What the canaries of gates show: whether each fires where it must, and only there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from molt_build.results.gates import GateVerdict

Trial = Literal["bad", "good", "old", "deleted"]


@dataclass(frozen=True)
class Canary:
    """One trial of a gate with runs that were made up."""

    gate: Annotated[str, "The gate."]
    trial: Annotated[
        Trial,
        "bad: the latest run is surely worse than it may be. good: it is not. old: it is older "
        "than it may be. deleted: there is none.",
    ]
    wanted: Annotated[GateVerdict, "What the gate must say."]
    said: Annotated[GateVerdict, "What it says."]

    @property
    def is_right(self) -> bool:
        """Whether the gate said what it must."""
        return self.said == self.wanted


@dataclass(frozen=True)
class Canaries:
    """The trials of all gates."""

    canaries: Annotated[tuple[Canary, ...], "Four for each gate."]
    wrong: Annotated[int, "How many did not say what they must."]
