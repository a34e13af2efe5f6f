"""A run of suites, from their manifests to its result on disk and in the history.

Suite by suite: the source is fetched, the programs are staged and built, then measured. The result
is rewritten after each, so that it can always be read; a suite that cannot be measured is in it
with the reason, and the others run. A run may be added to by several commands. A suite that cannot
go on, since what it was begun with has changed, keeps what it has, and the others run.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from molt_build import interrupts
from molt_build.building.request import Session
from molt_build.clock import utc
from molt_build.errors import (
    MoltBuildError,
    SourceRefused,
    SourceUnreachable,
    UsageError,
)
from molt_build.lanes.columns import read_earlier
from molt_build.lanes.published import toolchain_facts
from molt_build.measure.environment import Environment, read_environment
from molt_build.runs.folder import (
    FRIENDS,
    FRIENDS_RESULT,
    RESULT_FILE,
    SCHEMA_VERSION,
    create_run,
    named_run,
    read_result,
    run_folders,
    write_result,
)
from molt_build.runs.job import (
    NEW_RUN,
    Finished,
    add_command,
    check_asked,
    check_fingerprint,
    read_commands,
    remove_unmeasured,
)
from molt_build.runs.progress import PieceWatch
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SamplesFile
from molt_build.suites.engines import PreparedSuite, prepare
from molt_build.suites.measuring import declared, measure_suite
from molt_build.suites.outcome import (
    FAILED,
    INTERRUPTED,
    MEASURED,
    MIN_EFFECT,
    REFUSED,
    UNREACHABLE,
    describe,
    track_rows,
    unmeasured,
)
from molt_build.suites.schedule import Schedule
from molt_build.suites.selection import Asked, SuiteSelection, select
from molt_build.suites.staging import stage_suite
from molt_build.watch import Watch


def run_suites(
    session: Session,
    asked: Asked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    run: str | None = None,
    is_resumed: bool = False,
    is_strict: bool = False,
) -> Finished:
    """Fetch, build and measure suites, and write the result of the run.

    `run` names the run that is added to, made if it is not there; with `is_resumed` what is
    complete in it, or in the latest run, is kept. Raises `UsageError` when the run cannot be added
    to, and `ToolMissing` when the reference or the subject is not on this machine. The command
    fails for a suite whose source was refused, when strict for any that could not be measured.
    """
    folder: Path | None = None
    if is_resumed:
        folder, asked = _resumed_run(session.project, run, asked)
        watch.note(f"going on with {folder.name}")
    selections = select(session.manifests, asked)
    environment = read_environment(session.project)
    if folder is None:
        project = session.project
        folder = (
            named_run(project, FRIENDS, run)
            if run is not None
            else create_run(project, FRIENDS, time.time())
        )
    going = _Run(session, asked, selections, environment, folder, command, watch, jobs, is_resumed)
    try:
        is_interrupted = going.measure()
    except MoltBuildError:
        remove_unmeasured(folder)
        raise
    result = going.finished(is_interrupted=is_interrupted)
    publish(session.project, folder, result, watch.note)
    lacking = failures(result, [one.suite.name for one in selections], is_strict=is_strict)
    return Finished(folder, result, is_interrupted, tuple(lacking), tuple(going.refused))


def _resumed_run(project: Path, name: str | None, asked: Asked) -> tuple[Path, Asked]:
    """The run to go on with, the latest where none is named, and what is asked of it.

    Options that are given must be those that the run was begun with; suites may be narrowed.
    Raises `UsageError` when there is no such run.
    """
    if name is not None:
        folder = named_run(project, FRIENDS, name)
    else:
        folders = run_folders(project, FRIENDS)
        if not folders:
            raise UsageError("there is no run of suites to go on with", NEW_RUN)
        folder = folders[-1]
    begun = [command.asked for command in read_commands(folder, Asked)]
    if not begun:
        return folder, asked
    check_asked(folder, replace(begun[-1], suites=()), replace(asked, suites=()))
    every = all(one.suites for one in begun)
    suites = dict.fromkeys(name for one in begun for name in one.suites) if every else ()
    return folder, replace(begun[-1], suites=asked.suites or tuple(suites))


@dataclass
class _Run:
    """A command's part of a run."""

    session: Session
    asked: Asked
    selections: Sequence[SuiteSelection]
    environment: Environment
    folder: Path
    command: Sequence[str]
    watch: Watch
    jobs: int
    is_resumed: bool
    result: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)  # why suites could not go on
    began: float = field(default_factory=time.time)
    seconds_before: float = 0.0

    def measure(self) -> bool:
        """Every suite that was asked for and is not there; whether it was interrupted.

        Raises `UsageError` when none could go on.
        """
        self._read_result()
        with SamplesFile(self.folder) as samples:
            add_command(samples, self.asked, self.command)
        left = [one for one in self.selections if not (self.is_resumed and self._is_done(one))]
        schedule = Schedule(len(left), self._budget_s(len(left)), is_quick=self.asked.is_quick)
        try:
            for selection in left:
                schedule.begin()
                entry = self._suite(selection, schedule)
                schedule.end(is_typical=entry is not None and entry["status"] == MEASURED)
                if entry is None:
                    continue
                self.result["suites"][selection.suite.name] = entry
                if entry["status"] == INTERRUPTED:
                    return True
                write_result(self.folder, self.finished(is_interrupted=False))
        except KeyboardInterrupt:
            interrupts.taken()
            return True
        if len(self.refused) == len(self.selections):
            raise UsageError("\n".join(self.refused), NEW_RUN)
        return False

    def _read_result(self) -> None:
        """The run's result so far, or an empty one; it must be of the same kind of run."""
        facts = {
            "is_quick": self.asked.is_quick,
            "subject": self.selections[0].subject,
            "profile": self.selections[0].profile,
        }
        if (self.folder / RESULT_FILE).exists():
            self.result = read_result(self.folder, FRIENDS_RESULT)
            self.seconds_before = self.result["seconds"]
            there = {**self.result, **self.result["environment"]}
            here = {**facts, "machine_class": self.environment.machine_class}
            differing = [name for name, value in here.items() if there[name] != value]
            if differing:
                message = f"{self.folder.name} cannot be added to: it was made with another "
                raise UsageError(message + ", ".join(differing), "begin a new run")
            self.result["environment"] = asdict(self.environment)  # as it is now, commit and all
            return
        self.result = {
            "kind": FRIENDS_RESULT,
            "schema_version": SCHEMA_VERSION,
            "run": self.folder.name,
            "started": utc(self.began),
            "seconds": 0.0,
            "is_interrupted": False,
            "command": list(self.command),
            **facts,
            "budget_s": self.asked.budget_s,
            "min_effect": MIN_EFFECT,
            "environment": asdict(self.environment),
            "toolchains": {},
            "tracks": track_rows(self.session.manifests.project),
            "suites": {},
        }

    def _is_done(self, selection: SuiteSelection) -> bool:
        """Whether a suite is complete; it is kept if it is still pinned as it was then."""
        name = selection.suite.name
        entry = self.result["suites"].get(name)
        if entry is None or entry["status"] != MEASURED:
            return False
        try:
            earlier, now = read_earlier(self.folder, suite=name), declared(selection)
            if earlier is not None:
                then = {fact: earlier.fingerprint.get(fact) for fact in now}
                check_fingerprint(f"{name} of {self.folder.name}", then, now)
        except UsageError as error:
            self._refuse(error)
        else:
            scored, programs = entry["coverage"]["scored"], len(entry["programs"])
            self.watch.note(f"{name} is kept: {scored} of {programs} programs scored")
        return True

    def _refuse(self, error: UsageError) -> None:
        self.refused.append(error.message)
        self.watch.note(error.message)

    def _budget_s(self, left: int) -> float | None:
        """Of a command that goes on, what falls to the suites that are left."""
        if self.asked.budget_s is None:
            return None
        return self.asked.budget_s * left / max(1, len(self.selections))

    def _suite(self, selection: SuiteSelection, schedule: Schedule) -> dict[str, Any] | None:
        """The entry of a suite; None when it cannot go on, or has no program that was asked for."""
        session, name = self.session, selection.suite.name
        watch = PieceWatch(self.watch, schedule.place, schedule.left_s)

        def without(status: str, error: MoltBuildError) -> dict[str, Any]:
            reason = error.message + (f" ({error.hint})" if error.hint else "")
            self.watch.note(f"{name} is {status}: {reason}")
            return unmeasured(session.project, selection, status, reason)

        try:
            staged = stage_suite(session, selection, watch)
        except SourceRefused as error:
            return without(REFUSED, error)
        except SourceUnreachable as error:
            return without(UNREACHABLE, error)
        except UsageError as error:
            if not self.asked.programs:
                return without(FAILED, error)
            if len(self.selections) == 1:
                raise
            self.watch.note(error.message)
            return None
        except MoltBuildError as error:
            return without(FAILED, error)
        try:
            prepared = prepare(session, staged, self.jobs, watch)
        except MoltBuildError as error:
            for engine in {selection.reference, selection.subject} & set(selection.engines):
                session.resolver.resolve(engine)  # raises once more: no suite can do without
            return without(FAILED, error)
        try:
            self._add_toolchains(prepared)
            measured = measure_suite(
                self.folder,
                prepared,
                self.environment.machine_class,
                schedule,
                watch,
                is_resumed=self.is_resumed,
            )
        except UsageError as error:
            self._refuse(error)
            return None
        schedule.measured(measured.parts[-1]["seconds"])
        tracks = track_rows(session.manifests.project)
        return describe(session.project, prepared, measured, tracks)

    def _add_toolchains(self, prepared: PreparedSuite) -> None:
        """Raises `UsageError` where the run was begun with another of the same name."""
        there: dict[str, Any] = self.result["toolchains"]
        here = {name: toolchain_facts(one) for name, one in prepared.toolchains.items()}
        other = [n for n in here if n in there and there[n]["identity"] != here[n]["identity"]]
        if other:
            message = f"{self.folder.name} cannot be added to: it was made with another "
            raise UsageError(message + ", ".join(other), "begin a new run")
        there.update(here)

    def finished(self, *, is_interrupted: bool) -> dict[str, Any]:
        """The result as it is now."""
        suites: Mapping[str, Any] = self.result["suites"]
        is_partial = any(entry["status"] == INTERRUPTED for entry in suites.values())
        self.result["is_interrupted"] = is_interrupted or is_partial
        self.result["seconds"] = round(self.seconds_before + time.time() - self.began, 3)
        self.result["command"] = list(self.command)
        return self.result


def failures(result: Mapping[str, Any], suites: Sequence[str], *, is_strict: bool) -> list[str]:
    """What makes the command a failure: suites whose source was refused; others when strict.

    Cells that fail are results, and are no failures of the command.
    """
    statuses = (REFUSED, UNREACHABLE, FAILED) if is_strict else (REFUSED,)
    entries = [result["suites"][name] for name in suites if name in result["suites"]]
    return [f"{one['name']}: {one['status']}" for one in entries if one["status"] in statuses]
