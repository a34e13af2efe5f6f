"""What a build did: plain data, for the command line, lanes and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from molt_build.building.attribution import Cause, Difference, Miss, ranking
from molt_build.plan import warm
from molt_build.plan.warm import EXECUTED, FAILED
from molt_build.store.lock_log import LockUse


@dataclass(frozen=True)
class ActionOutcome:
    """One action: how it went, and how long running it takes."""

    program: str
    stage: str
    key: str
    status: str  # UP_TO_DATE | HIT | EXECUTED | FAILED
    seconds: float  # spent now
    stage_seconds: float  # what executing the stage took when it was executed
    warnings: str = ""  # what the command printed to standard error
    message: str = ""  # why it failed
    reason: str = ""  # the compiler's own words, where they were found
    exit_code: int = 0  # of the failure: whose fault it was
    waited_s: float = 0.0
    components: Mapping[str, str] = field(default_factory=dict)  # of the key
    # What an executed action was executed for: see `molt_build.building.attribution.Cause`.
    changed: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    nearest_key: str | None = None
    is_wasted: bool = False  # the key was new, and the outputs were the same bytes as before

    def for_cause(self, cause: Cause, *, is_wasted: bool) -> ActionOutcome:
        """The same outcome with what it was executed for."""
        return replace(
            self,
            changed=cause.changed,
            differences=cause.differences,
            nearest_key=cause.nearest_key,
            is_wasted=is_wasted,
        )


@dataclass(frozen=True)
class ProgramBuild:
    """One program: runnable, or why not."""

    program: str
    is_built: bool
    reason: str  # "" when built
    is_unsupported: bool  # the manifest says that this toolchain does not take it
    out_dir: str
    seconds: float  # of all its stages, when they were executed
    argv: tuple[str, ...]  # how the result is run
    environment: Mapping[str, str]
    outputs: Mapping[str, str] = field(default_factory=dict)  # STAGE.OUTPUT -> materialised file


@dataclass(frozen=True)
class BuildReport:
    """A whole build."""

    toolchain: str
    profile: str
    target: str
    actions: tuple[ActionOutcome, ...]
    programs: Mapping[str, ProgramBuild]
    seconds: float
    quarantined: int = 0
    watched: tuple[str, ...] = ()  # files and folders that the results stand on, tools included
    watched_absent: tuple[str, ...] = ()  # paths that would change them by appearing
    locks: tuple[LockUse, ...] = ()  # in the order in which they were released

    def count(self, status: str) -> int:
        """How many actions ended with this status."""
        return sum(action.status == status for action in self.actions)

    @property
    def exit_code(self) -> int:
        """0, or what the failures say: the environment's weigh more than a program's own."""
        return max((action.exit_code for action in self.actions), default=0)

    def misses(self) -> list[Miss]:
        """What was executed, and why."""
        return [
            Miss(
                program=action.program,
                toolchain=self.toolchain,
                stage=action.stage,
                seconds=action.stage_seconds,
                changed=action.changed,
                is_wasted=action.is_wasted,
                differences=action.differences,
            )
            for action in self.actions
            if action.status == EXECUTED
        ]

    def stages(self) -> dict[str, dict[str, float]]:
        """For each stage how often it was what, and the seconds that its commands took now."""
        return warm.stage_counts(
            (a.stage, a.status, a.stage_seconds if a.status in (EXECUTED, FAILED) else 0.0)
            for a in self.actions
        )

    def as_json(self) -> dict[str, object]:
        """The published form of `molt-build build --json`."""
        misses = self.misses()
        wasted = [miss for miss in misses if miss.is_wasted]
        rows = []
        for action in self.actions:
            row = warm.action_row(
                action.program,
                action.stage,
                action.key,
                action.status,
                action.seconds,
                waited_s=round(action.waited_s, 6),
                changed=list(action.changed),
                warnings=action.warnings,
                message=action.message,
                reason=action.reason,
            )
            rows.append(row | ({"wasted": action.is_wasted} if action.status == EXECUTED else {}))
        return warm.build_facts(
            (self.toolchain, self.profile, self.target),
            rows,
            self.stages(),
            {p.program: p.reason for p in self.programs.values() if p.is_unsupported},
            self.seconds,
            {
                "components": [cost.as_json() for cost in ranking(misses)],
                "seconds": round(math.fsum(miss.seconds for miss in misses), 6),
                "wasted": len(wasted),
                "wasted_s": round(math.fsum(miss.seconds for miss in wasted), 6),
            },
            [use.as_json() for use in self.locks],
        )
