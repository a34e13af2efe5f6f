"""What a build did: plain data, for the command line, lanes, the history and JSON.

A `StageResult` is the one record of a stage in a build. What the stage gave is the store's entry,
the same whether it was executed, found in the store or lies as it was written; around it stands how
it was come by this time. All that is told of it is read from there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build.building.attribution import Cause, Miss
from molt_build.errors import BuildFailed
from molt_build.plan import warm
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.results.costs import StageCounts
from molt_build.store.lock_log import LockUse
from molt_build.store.store import Entry
from molt_build.toolchains.resolved import Watched
from molt_build.toolchains.wanted import Wanted

if TYPE_CHECKING:
    from molt_build.history.builds import BuildAction


@dataclass(frozen=True)
class StageResult:
    """One stage of one program: what it gave, and how that was come by."""

    program: str
    stage: str
    key: str  # of a stage that failed, what is known of it
    status: str  # UP_TO_DATE | HIT | EXECUTED | FAILED
    seconds: float  # spent now
    components: Mapping[str, str] = field(default_factory=dict)  # of the key
    entry: Entry | None = None  # None: it failed, or (of a dry run) it would be executed
    waited_s: float = 0.0
    tries: int = 1  # of a fetch: how often its command was run
    cause: Cause = field(default_factory=Cause)  # what it was executed for, if it was
    is_wasted: bool = False  # the key was new, and the outputs were the same bytes as before
    message: str = ""  # why it failed
    reason: str = ""  # the compiler's own words, where they were found
    exit_code: int = 0  # of the failure: whose fault it was

    @property
    def stage_seconds(self) -> float:
        """What executing the stage took when it was executed."""
        return self.entry.seconds if self.entry else self.seconds

    @property
    def warnings(self) -> str:
        """What the command printed to standard error."""
        return self.entry.stderr if self.entry else ""

    @property
    def metrics(self) -> Mapping[str, float]:
        """What the run that made the result told about itself."""
        return self.entry.metrics if self.entry else {}

    @property
    def kept_out(self) -> list[str]:
        """The outputs that stayed out of the store, of a stage that was executed."""
        if self.entry is None or self.status != EXECUTED:
            return []
        return [name for name, blob in self.entry.outputs.items() if not blob.is_stored]

    def as_history(self) -> BuildAction:
        """Its row in the history of builds, which is also what costs are attributed by."""
        from molt_build.history.builds import BuildAction  # and with it a database

        return BuildAction(
            program=self.program,
            stage=self.stage,
            status=self.status,
            key=self.key,
            seconds=self.stage_seconds,
            waited_s=self.waited_s,
            is_wasted=self.is_wasted,
            changed=self.cause.changed,
            differences=self.cause.differences,
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
    copies: Mapping[str, Path] = field(default_factory=dict)  # of outputs that were asked for
    exit_status: int = 0  # that its runs should end with
    watched: Watched = field(default_factory=Watched)  # what it stands on, tools not included


@dataclass(frozen=True)
class CompilerBuild:
    """A program that a toolchain is made of, as this command built it."""

    wanted: Wanted
    actions: tuple[StageResult, ...]
    program: ProgramBuild
    needs: tuple[Wanted, ...]  # the builds that its own toolchain is made of
    watched: Watched  # what it stands on, tools included

    @property
    def failure(self) -> str:
        """Why it is not there; "" where it is, or (of a dry run) would be."""
        failed = [action.message for action in self.actions if action.status == FAILED]
        if self.program.is_unsupported:
            failed.append(f"it is not taken: {self.program.reason}")
        return "".join(failed[:1])

    def misses(self) -> list[Miss]:
        """What was executed, and why."""
        return _misses(self.wanted.toolchain, self.actions)

    def as_recorded(self) -> warm.Compiler:
        """Its row in a plan, from which the next build tells the same."""
        rows = [(a.stage, a.key, a.warnings, dict(a.metrics)) for a in self.actions]
        return (*self.wanted, tuple(rows))


@dataclass(frozen=True)
class BuildReport:
    """A whole build."""

    toolchain: str
    profile: str
    target: str
    actions: tuple[StageResult, ...]
    programs: Mapping[str, ProgramBuild]
    seconds: float
    watched: Watched  # what its tools stand on
    quarantined: int = 0
    locks: tuple[LockUse, ...] = ()  # in the order in which they were released
    compilers: tuple[CompilerBuild, ...] = ()  # that its toolchain is made of, in their order

    @property
    def request(self) -> tuple[str, str, str]:
        """What was asked for, but for the programs."""
        return self.toolchain, self.profile, self.target

    @property
    def compiler_actions(self) -> tuple[StageResult, ...]:
        """Those of what its toolchain is made of."""
        return tuple(action for compiler in self.compilers for action in compiler.actions)

    @property
    def needs(self) -> tuple[Wanted, ...]:
        """The builds that its toolchain is made of."""
        return tuple(compiler.wanted for compiler in self.compilers)

    def count(self, status: str) -> int:
        """How many actions ended with this status."""
        return sum(action.status == status for action in self.actions)

    @property
    def saved_s(self) -> float:
        """What was not executed took so long when it was."""
        kept = (a for a in self.actions if a.status in (UP_TO_DATE, HIT))
        return math.fsum(action.stage_seconds for action in kept)

    @property
    def exit_code(self) -> int:
        """0, or what the failures say: the environment's weigh more than a program's own."""
        return max((action.exit_code for action in self.actions), default=0)

    def misses(self) -> list[Miss]:
        """What was executed, and why; what its toolchain is made of comes first."""
        own = _misses(self.toolchain, self.actions)
        return [miss for compiler in self.compilers for miss in compiler.misses()] + own

    def stages(self) -> dict[str, StageCounts]:
        """What came of the actions, by stage."""
        return stage_counts(self.actions)


def _misses(toolchain: str, actions: Iterable[StageResult]) -> list[Miss]:
    executed = (action for action in actions if action.status == EXECUTED)
    return [Miss(toolchain, action.as_history()) for action in executed]


def stage_counts(actions: Iterable[StageResult]) -> dict[str, StageCounts]:
    """For each stage how often it was what, and the seconds that its commands took now."""
    of_stage: dict[str, list[StageResult]] = {}
    for action in actions:
        of_stage.setdefault(action.stage, []).append(action)
    return {stage: _counted(those) for stage, those in of_stage.items()}


def _counted(actions: Sequence[StageResult]) -> StageCounts:
    statuses = [action.status for action in actions]
    ran = [action.stage_seconds for action in actions if action.status in (EXECUTED, FAILED)]
    return StageCounts(
        hits=statuses.count(HIT),
        up_to_date=statuses.count(UP_TO_DATE),
        misses=statuses.count(EXECUTED),
        failed=statuses.count(FAILED),
        seconds=round(math.fsum(ran), 6),
    )


class CompilerFailed(BuildFailed):
    """What the toolchain is made of does not build; `report` tells what was done before."""

    def __init__(self, message: str, hint: str | None, report: BuildReport) -> None:
        super().__init__(message, hint)
        self.report = report
