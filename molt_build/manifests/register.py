"""What a register manifest declares: regressions, as gates found them and people explain them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

REGISTER = Path("manifests") / "register.toml"  # where it is begun, if there is none
State = Literal["open", "mitigated", "waived", "closed"]


@dataclass(frozen=True)
class Regression:
    """Something that got worse."""

    id: str
    gate: str
    found: str  # the day: 2026-11-28
    state: State
    hypothesis: str = ""
    members: tuple[str, ...] = ()
    run: str | None = None
    commit: str | None = None
    closed: str | None = None  # the day

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it."""
        return self.state == "closed"


@dataclass(frozen=True)
class Register:
    """All regressions of a project, in the order of the file."""

    name: str
    description: str
    regressions: tuple[Regression, ...] = ()

    @property
    def alive(self) -> Mapping[str, Regression]:
        """Gate -> its regression that is not closed."""
        return {one.gate: one for one in self.regressions if not one.is_over}
