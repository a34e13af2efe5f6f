"""A run of suites, from their manifests to its result on disk and in the history.

Suite by suite: the source is fetched, the programs are staged and built, then measured. The result
is rewritten after each, so that it can always be read; a suite that cannot be measured is in it
with the reason, and the others run. A run may be added to by several commands.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
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
from molt_build.files import remove_tree
from molt_build.lanes.outcome import toolchain_facts
from molt_build.measure.environment import Environment, read_environment
from molt_build.runs.folder import (
    FRIENDS,
    FRIENDS_RESULT,
    RESULT_FILE,
    SCHEMA_VERSION,
    create_run,
    named_run,
    read_result,
    write_result,
)
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SAMPLES_FILE, SamplesFile
from molt_build.suites.engines import PreparedSuite, prepare
from molt_build.suites.measuring import fingerprint, measure_suite
from molt_build.suites.outcome import (
    FAILED,
    MEASURED,
    MIN_EFFECT,
    REFUSED,
    UNREACHABLE,
    describe,
    track_rows,
    unmeasured,
)
from molt_build.suites.outlook import Outlook, SuiteWatch
from molt_build.suites.resuming import resumed_run
from molt_build.suites.selection import Asked, SuiteSelection, select
from molt_build.suites.staging import stage_suite
from molt_build.watch import Watch


@dataclass(frozen=True)
class Finished:
    """A result and where it lies; it may be that of an interrupted run."""

    folder: Path
    result: dict[str, Any]
    suites: tuple[str, ...]  # that this command was asked for
    is_interrupted: bool


def run_suites(
    session: Session,
    asked: Asked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    run: str | None = None,
    is_resumed: bool = False,
) -> Finished:
    """Fetch, build and measure suites, and write the result of the run.

    `run` names the run that is added to, made if it is not there; with `is_resumed` what is
    complete in it, or in the latest run, is kept. Raises `UsageError` when the run cannot be added
    to, and `ToolMissing` when the reference or the subject is not on this machine.
    """
    folder: Path | None = None
    if is_resumed:
        folder, asked = resumed_run(session.project, run, asked)
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
    is_new = not (folder / SAMPLES_FILE).exists()
    going = _Run(session, asked, selections, environment, folder, command, watch, jobs)
    try:
        return going.finish(is_resumed=is_resumed)
    except MoltBuildError:
        if is_new and not (folder / RESULT_FILE).exists():
            remove_tree(folder, may_fail=False)
        raise


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
    result: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.time)
    seconds_before: float = 0.0

    def finish(self, *, is_resumed: bool) -> Finished:
        """Every suite that was asked for and is not there."""
        self._read_result()
        with SamplesFile(self.folder) as samples:
            samples.add("command", {"asked": asdict(self.asked), "command": list(self.command)})
        names = tuple(one.suite.name for one in self.selections)
        left = [one for one in self.selections if not (is_resumed and self._is_kept(one))]
        outlook = Outlook(len(left), self._budget_s(len(left)), is_quick=self.asked.is_quick)
        is_interrupted = False
        try:
            for selection in left:
                outlook.begin()
                entry = self._suite(selection, outlook, is_resumed=is_resumed)
                if entry is not None:
                    self._add(selection.suite.name, entry)
                outlook.end(is_typical=entry is not None and entry["status"] == MEASURED)
                if entry is not None and entry["status"] == "interrupted":
                    is_interrupted = True
                    break
        except KeyboardInterrupt:
            interrupts.taken()
            is_interrupted = True
        self._sum_up(is_interrupted=is_interrupted)
        publish(self.session.project, self.folder, self.result, self.watch.note)
        return Finished(self.folder, self.result, names, is_interrupted)

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

    def _is_kept(self, selection: SuiteSelection) -> bool:
        entry = self.result["suites"].get(selection.suite.name)
        if entry is None or entry["status"] != MEASURED:
            return False
        scored = entry["coverage"]["scored"]
        programs = len(entry["programs"])
        self.watch.note(f"{selection.suite.name} is kept: {scored} of {programs} programs scored")
        return True

    def _budget_s(self, left: int) -> float | None:
        """Of a command that goes on, what falls to the suites that are left."""
        if self.asked.budget_s is None:
            return None
        return self.asked.budget_s * left / max(1, len(self.selections))

    def _suite(
        self, selection: SuiteSelection, outlook: Outlook, *, is_resumed: bool
    ) -> dict[str, Any] | None:
        """The entry of a suite; None when it has none of the programs that were asked for."""
        session, name = self.session, selection.suite.name
        watch = SuiteWatch(self.watch, outlook)

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
        self._add_toolchains(prepared)
        subject = fingerprint(prepared, self.environment.machine_class)
        measured = measure_suite(
            self.folder, prepared, subject, outlook, watch, is_resumed=is_resumed
        )
        outlook.measured(measured.parts[-1]["seconds"])
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

    def _add(self, name: str, entry: Mapping[str, Any]) -> None:
        self.result["suites"][name] = entry
        self._sum_up(is_interrupted=False)
        write_result(self.folder, self.result)

    def _sum_up(self, *, is_interrupted: bool) -> None:
        suites: Mapping[str, Any] = self.result["suites"]
        is_partial = any(entry["status"] == "interrupted" for entry in suites.values())
        self.result["is_interrupted"] = is_interrupted or is_partial
        self.result["seconds"] = round(self.seconds_before + time.time() - self.began, 3)
        self.result["command"] = list(self.command)


def failures(result: Mapping[str, Any], suites: Sequence[str], *, is_strict: bool) -> list[str]:
    """What makes the command a failure: suites whose source was refused; others when strict.

    Cells that fail are results, and are no failures of the command.
    """
    statuses = (REFUSED, UNREACHABLE, FAILED) if is_strict else (REFUSED,)
    entries = [result["suites"][name] for name in suites if name in result["suites"]]
    return [f"{one['name']}: {one['status']}" for one in entries if one["status"] in statuses]
