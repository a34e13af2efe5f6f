"""What a build did: plain data, for the command line, lanes and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from molt_build.building.attribution import Cause, Difference, Miss, ranking
from molt_build.store.lock_log import LockUse

UP_TO_DATE = "up-to-date"
HIT = "hit"
EXECUTED = "executed"
FAILED = "failed"

_STAGE_COUNTS = {UP_TO_DATE: "up_to_date", HIT: "hits", EXECUTED: "misses", FAILED: "failed"}


@dataclass(frozen=True)
class ActionOutcome:
    """One action: how it went, and how long running it takes."""

    workload: str  # the program's name
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
                program=action.workload,
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
        rows: dict[str, dict[str, float]] = {}
        for action in self.actions:
            new = {"hits": 0, "up_to_date": 0, "misses": 0, "failed": 0, "seconds": 0.0}
            row = rows.setdefault(action.stage, new)
            row[_STAGE_COUNTS[action.status]] += 1
            if action.status in (EXECUTED, FAILED):
                row["seconds"] = round(row["seconds"] + action.stage_seconds, 6)
        return rows

    def attribution(self) -> dict[str, object]:
        """Stages and components by what they cost: the key attribution report of this build."""
        misses = self.misses()
        wasted = [miss for miss in misses if miss.is_wasted]
        return {
            "stages": self.stages(),
            "components": [cost.as_json() for cost in ranking(misses)],
            "seconds": round(math.fsum(miss.seconds for miss in misses), 6),
            "wasted": len(wasted),
            "wasted_s": round(math.fsum(miss.seconds for miss in wasted), 6),
        }

    def as_json(self) -> dict[str, object]:
        """The published form of `molt-build build --json`."""
        rows = [
            {
                "workload": action.workload,
                "stage": action.stage,
                "key": action.key,
                "status": action.status,
                "seconds": round(action.seconds, 6),
                **({"waited_s": round(action.waited_s, 6)} if action.waited_s > 0 else {}),
                **({"changed": list(action.changed)} if action.changed else {}),
                **({"wasted": action.is_wasted} if action.status == EXECUTED else {}),
                **({"warnings": action.warnings} if action.warnings else {}),
                **({"message": action.message} if action.message else {}),
                **({"reason": action.reason} if action.reason else {}),
            }
            for action in self.actions
        ]
        refused = [
            {"workload": build.program, "reason": build.reason}
            for build in self.programs.values()
            if build.is_unsupported
        ]
        return {
            "toolchain": self.toolchain,
            "profile": self.profile,
            "target": self.target,
            "actions": rows,
            "executed": self.count(EXECUTED),
            "hits": self.count(HIT),
            "up_to_date": self.count(UP_TO_DATE),
            "failed": self.count(FAILED),
            "attribution": self.attribution(),
            "unsupported": refused,
            "locks": [use.as_json() for use in self.locks],
            "seconds": round(self.seconds, 6),
        }
