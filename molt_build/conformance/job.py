"""The checks in their order, and a run of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.building.builder import default_programs
from molt_build.conformance import building, ending, keys, outputs
from molt_build.conformance.context import Context
from molt_build.conformance.place import OWN, Place, places
from molt_build.conformance.results import (
    CheckResult,
    ConformanceResult,
    Finding,
    NotApplicable,
    failed,
    passed,
    skipped,
)
from molt_build.engines import parse
from molt_build.errors import BuildFailed, ToolMissing, UsageError
from molt_build.manifests.loading import load
from molt_build.manifests.model import Manifests
from molt_build.measure.process import Launcher
from molt_build.measure.scratch import scratch_folders
from molt_build.store.location import cache_dir
from molt_build.temporary import new_folder, remove_abandoned_folders
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.toolchains.wanted import Asked

OTHER_LANGUAGES = 3  # programs of the project, where ours are of another language


@dataclass(frozen=True)
class Check:
    """One check, and what it asks."""

    name: str
    question: str
    make: Callable[[Context], Finding]
    of_interpreters: bool = False  # too


CHECKS = (
    Check("builds", "Do programs build?", building.programs_build),
    Check("answers", "Do they answer as the reference?", building.answers_are_right, True),
    Check("again", "Does a second build do nothing?", building.second_build_is_free),
    Check("elsewhere", "Does another checkout find it all?", building.another_checkout_is_free),
    Check("code", "Is an edit of code seen?", keys.code_is_seen),
    Check("imports", "Is an edit of an imported module seen?", keys.imports_are_seen),
    Check("comments", "Do comments cost nothing?", keys.comments_cost_nothing),
    Check("meaning", "Are comments that mean something seen?", keys.meaningful_comments_are_seen),
    Check("reads", "Do keys hold all that is read?", keys.keys_are_complete),
    Check("paths", "Are outputs free of paths?", keys.no_paths_leak),
    Check("deterministic", "Do two builds give the same bytes?", outputs.builds_agree),
    Check("profiles", "Do all profiles build?", building.profiles_build),
    Check("refusal", "Is a broken program refused in words?", ending.refusals_have_reasons, True),
    Check("steady", "Can it be driven in one process?", ending.steady_state_works, True),
    Check("interrupt", "Is it safe to interrupt?", ending.interrupts_leave_nothing),
)
READY = Check("ready", "Is it there?", lambda context: passed(""))  # made always, and first


def run_checks(
    project: Path,
    asked: Asked,
    programs: Sequence[str],
    reference: str,
    tell: Callable[[CheckResult], None],
    *,
    checks: Collection[str] = (),  # names, beside `ready`; () means all that apply
    jobs: int,
    keep: bool,
) -> ConformanceResult:
    """Try a toolchain in copies of the project; `tell` hears of each check once it is made.

    One that is not there fails the check `ready`, and all others are skipped. Raises what opening a
    session raises.
    """
    began = time.monotonic()
    manifests = load(project)
    chosen = tuple(programs) or chosen_programs(manifests, asked.toolchain)
    if not chosen:
        message = f"the project has no program that {asked.toolchain} takes, and none of ours is"
        languages = ", ".join(manifests.toolchains[asked.toolchain].accepts) or "nothing"
        raise UsageError(message, f"it takes {languages}: declare a workload of that language")
    remove_abandoned_folders(cache_dir())
    folder = new_folder("conformance-", cache_dir(), ".kept" if keep else "")
    try:
        own = [name for name in chosen if name in manifests.programs]
        both = places(folder.path, project, manifests, own, (asked.toolchain, reference))
        is_compiler = bool(manifests.toolchains[asked.toolchain].stages)
        applying = [check for check in CHECKS if is_compiler or check.of_interpreters]
        wanted = [check for check in applying if not checks or check.name in checks]
        lanes = manifests.lanes.values()
        startup = frozenset(chosen).intersection(lane.startup_program or "" for lane in lanes)
        run = _Run(asked, reference, chosen, both, wanted, jobs, tell, startup)
        run.make_all()
    finally:
        if not keep:
            folder.remove()
    verdicts = [row.verdict for row in run.results]
    return ConformanceResult(
        toolchain=asked.toolchain,
        profile=asked.profile,
        target=asked.target,
        engine=manifests.toolchains[asked.toolchain].engine,
        versions=run.versions,
        reference=reference,
        programs=chosen,
        checks=tuple(run.results),
        passed=verdicts.count("passed"),
        failed=verdicts.count("failed"),
        skipped=verdicts.count("skipped"),
        seconds=round(time.monotonic() - began, 3),
        kept=str(folder.path) if keep else "",
    )


@dataclass
class _Run:
    """The checks of one toolchain, as they are made."""

    asked: Asked
    reference: str
    programs: tuple[str, ...]
    places: tuple[Place, Place]
    checks: Sequence[Check]
    jobs: int
    tell: Callable[[CheckResult], None]
    startup: frozenset[str]  # the project's start-up programs among them
    results: list[CheckResult] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def make_all(self) -> None:
        """All of them, in order."""
        began = time.monotonic()
        try:
            manifests = self._ready()
        except ToolMissing as error:
            self._note(READY, failed(error.message, error.hint or ""), began)
            for check in self.checks:
                self._note(check, skipped("it is not ready"), time.monotonic())
            return
        told = "; ".join(self.versions.values()) or "it is there, and tells no version"
        self._note(READY, passed(told), began)
        with scratch_folders("molt-build-conformance-") as scratch, Launcher() as launcher:
            context = Context(
                asked=self.asked,
                reference=self.reference,
                programs=self.programs,
                place=self.places[0],
                other=self.places[1],
                manifests=manifests,
                launcher=launcher,
                scratch=scratch,
                jobs=self.jobs,
                startup=self.startup,
            )
            for check in self.checks:
                began = time.monotonic()
                self._note(check, _made(check, context), began)

    def _ready(self) -> Manifests:
        """Resolve both; the manifests of the copies."""
        with self.places[0].session(self.jobs) as session:
            resolved = session.resolver.resolve(*self.asked)
            self.versions = _versions(resolved)
            session.resolver.resolve(self.reference, self.asked.profile, "native")
            return session.manifests

    def _note(self, check: Check, finding: Finding, began: float) -> None:
        took = round(time.monotonic() - began, 3)
        row = CheckResult(
            check=check.name,
            question=check.question,
            verdict=finding.verdict,
            found=finding.found,
            to_do=finding.to_do,
            details=finding.details,
            seconds=took,
        )
        self.results.append(row)
        self.tell(row)


def _versions(toolchain: ResolvedToolchain) -> dict[str, str]:
    """What its executables, its environment and what it uses say that they are."""
    told = {name: line for name, line in toolchain.versions.items() if line}
    if toolchain.packages:
        told["python"] = ", ".join(toolchain.packages)
    for role, used in toolchain.roles.items():
        told[role] = "; ".join(filter(None, used.versions.values())) or used.name
    return told


def _made(check: Check, context: Context) -> Finding:
    try:
        return check.make(context)
    except NotApplicable as error:
        return skipped(str(error))
    except BuildFailed as error:
        return failed(error.message.splitlines()[0], error.hint or "see the earlier checks")


def chosen_programs(manifests: Manifests, name: str) -> tuple[str, ...]:
    """Ours and the project's start-up program, or a few of its own in another language."""
    toolchain = manifests.toolchains[name]
    startup = [
        lane.startup_program
        for lane in manifests.lanes.values()
        if lane.startup_program is not None
        and any(parse(one).toolchain == name for one in (*lane.engines, *lane.optional))
        and toolchain.takes(manifests.programs[lane.startup_program][1].language)
    ]
    if toolchain.takes("python"):
        return tuple(dict.fromkeys((*(program.name for program in OWN), *startup)))
    return tuple(default_programs(manifests, toolchain)[:OTHER_LANGUAGES])


def reference_of(manifests: Manifests, name: str) -> str:
    """What its programs are compared with: the reference of a lane that measures it."""
    for lane in manifests.lanes.values():
        if name in (parse(one).toolchain for one in (*lane.engines, *lane.optional)):
            return parse(lane.reference).toolchain
    return "cpython"
