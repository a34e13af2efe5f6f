"""What results of all jobs are made of: engines, parts of a measurement, what is missing.

An estimate is a `RatioEstimate` everywhere, what a metric was a `Summary`; machines are described
by `Environment` and `Noise` (all of `molt_build.measure`). Text beside a type is its description
in the published schema, `allowing` adds JSON Schema's keywords to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

from molt_build.codec import added
from molt_build.json_schema import Count, Seconds, allowing
from molt_build.measure.noise import Noise
from molt_build.measure.statistics import RatioEstimate

SCHEMA_VERSION: Final = 2

Time = Annotated[str, allowing(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]  # UTC
RunName = Annotated[str, allowing(pattern=r"^[a-z][a-z0-9_-]*/\d{8}T\d{6}Z$")]  # JOB/TIMESTAMP


@dataclass(frozen=True)
class UsedToolchain:
    """A toolchain that another one uses in a role."""

    toolchain: Annotated[str, "Its name."]
    versions: Annotated[Mapping[str, str], "What each of its executables says of its version."]


@dataclass(frozen=True)
class EngineFacts:
    """An engine as it was measured: a toolchain under a profile, for a target, at a revision."""

    toolchain: Annotated[str, "Its toolchain; two engines may have the same."]
    profile: Annotated[str | None, "The profile; null where the engine has several or none."]
    target: Annotated[str | None, "The target; null where it is not recorded."]
    revision: Annotated[
        str | None, "The full id of the commit that it was built from; null: the files as they are."
    ]
    kind: Annotated[Literal["compiler", "interpreter"], "Whether it has stages."]
    description: Annotated[str, "The description of its toolchain."]
    identity: Annotated[str, "The digest of all components."]
    components: Annotated[
        Mapping[str, str], "What the identity is made of, paths under symbolic roots."
    ]
    versions: Annotated[Mapping[str, str], "What each executable says of its version."]
    requires: Annotated[tuple[str, ...], "Its pinned Python requirements."]
    uses: Annotated[Mapping[str, UsedToolchain], "By role, the toolchain used."]


@dataclass(frozen=True)
class SkippedEngine:
    """An engine that was not measured."""

    engine: Annotated[str, "Its name."]
    toolchain: Annotated[str, "Its toolchain."]
    reason: Annotated[str, "What is missing."]
    hint: Annotated[str, "What to do; may be empty."]


class OfFamily(Protocol):
    """A program that is of a family."""

    @property
    def family(self) -> str:
        """The family's name."""


def by_family(programs: Mapping[str, OfFamily]) -> dict[str, list[str]]:
    """The names of the programs of each family, both as they come."""
    found: dict[str, list[str]] = {}
    for name, program in programs.items():
        found.setdefault(program.family, []).append(name)
    return found


@dataclass(frozen=True)
class Mean(RatioEstimate):
    """A geometric mean of speed-ups over programs."""

    programs: Annotated[int, "Over how many programs.", allowing(minimum=1)]


@dataclass(frozen=True)
class ShortRun:
    """A program that runs little longer than it takes to start."""

    program: Annotated[str, "The program."]
    engine: Annotated[str, "The engine."]
    median_s: Annotated[Seconds, "The median of its whole runs."]
    startup_s: Annotated[Seconds, "The median of the empty program's, under the same engine."]

    @property
    def times(self) -> float:
        """How many times as long as starting it runs."""
        return self.median_s / self.startup_s


@dataclass(frozen=True)
class Part:
    """One time that a run was started or resumed."""

    started: Annotated[Time, "When it began."]
    seconds: Annotated[Seconds, "How long it took."]
    blocks: Annotated[Count, "How many blocks, or samples of cases, it completed."]
    noise_before: Annotated[Noise | None, "The machine before it; null where not recorded."]
    noise_after: Annotated[Noise | None, "The machine after it; null while it goes on."]
    warnings: Annotated[tuple[str, ...], "What made the machine noisy."]
    others_share: Annotated[
        float | None, "Share of all processors that other processes kept busy from start to end."
    ] = added(None)


@dataclass(frozen=True)
class NamedRun:
    """A run by its name, JOB/TIMESTAMP."""

    run: Annotated[RunName, "The run's name: LANE/, friends/ or compile_progress/TIMESTAMP."]

    @property
    def job(self) -> str:
        """The job that it is a run of."""
        return self.run.partition("/")[0]

    @property
    def timestamp(self) -> str:
        """What tells it from the job's other runs, and orders them."""
        return self.run.partition("/")[2]


@dataclass(frozen=True)
class WholeRun(NamedRun):
    """A run in which nothing is measured: it is whole, or leaves nothing."""

    @property
    def is_quick(self) -> bool:
        """It never is: what it is made of may be."""
        return False

    @property
    def is_interrupted(self) -> bool:
        """It never is."""
        return False
