"""A run of lanes, from their manifests to its result on disk and in the history.

Lane by lane: programs are found, or a suite's fetched and staged; they are built, then measured. A
run of one lane lies under the lane's name. A run of suites lies under `friends`: its result is
rewritten after each suite, so that it can always be read; a suite that cannot be measured is in it
with the reason, and the others run. A suite that cannot go on, since what it was begun with has
changed, keeps what it has, and the others run.

Several commands may add to a run of suites, also side by side: each replaces the result by what
lies there and what it has measured itself (`_Run.joined`), under a lock. They take turns to
measure, and one whose numbers could not stand beside those finds out before its first block.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from molt_build import interrupts
from molt_build.bench.meaning import meanings
from molt_build.bench.measuring import measure_lane
from molt_build.bench.outcome import describe, failures, unmeasured
from molt_build.bench.preparing import Prepared, prepare, resolve
from molt_build.bench.programs import stage_lane
from molt_build.bench.resuming import declared, read_earlier
from molt_build.bench.schedule import Schedule
from molt_build.bench.selection import Asked, Selection, select, select_suites
from molt_build.bench.staging import stage_suite
from molt_build.building.session import Session
from molt_build.clock import utc
from molt_build.errors import (
    MoltBuildError,
    SourceRefused,
    SourceUnreachable,
    ToolMissing,
    UsageError,
)
from molt_build.measure.counting import Counter, find_counter
from molt_build.measure.environment import Environment
from molt_build.measure.process import METRIC_WAYS, Launcher
from molt_build.measure.scratch import scratch_folders
from molt_build.names import known
from molt_build.results.bench import BenchResult, LaneResult, LaneStatus
from molt_build.results.facts import SCHEMA_VERSION, EngineFacts
from molt_build.results.files import RESULT_FILE, read_bench, write_result
from molt_build.results.scoring import track_rows
from molt_build.runs.folder import (
    FRIENDS,
    check_new_run,
    create_run,
    given_name,
    named_run,
    run_folders,
)
from molt_build.runs.job import (
    NEW_RUN,
    Finished,
    add_command,
    check_asked,
    check_fingerprint,
    check_unfinished,
    going_on_with,
    read_commands,
    remove_unmeasured,
    unfinished_run,
)
from molt_build.runs.progress import PieceWatch
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SamplesFile, result_held
from molt_build.sources.revisions import find_commit
from molt_build.watch import Watch, counted


def run_lane(
    session: Session,
    name: str,
    asked: Asked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    resume: str | None = None,
    is_resumed: bool = False,
) -> Finished[BenchResult]:
    """Build and measure a lane, or a suite by itself; write the result and its history rows.

    With `is_resumed` the run named `resume`, else the lane's latest unfinished one, goes on with
    what was asked then.
    Raises `ToolMissing` when the lane's subject, its reference, or all it compares is missing;
    KeyboardInterrupt when nothing was measured yet.
    """
    known("lane", name, (*session.manifests.lanes, *session.manifests.suites))
    folder: Path | None = None
    if not is_resumed:
        check_new_run(session.project, name)
    if is_resumed:
        folder = unfinished_run(session.project, name, resume)
        asked = replace(_asked_then(folder, asked) or asked, lanes=())
        watch.note(going_on_with(session.project, name, folder))
    selection = select(session.manifests, name, asked)
    going = _Run(session, name, asked, (selection,), folder, command, watch, jobs, is_resumed)
    finished = going.run()
    (lane,) = finished.result.lanes.values()
    return replace(finished, failures=(*failures(lane), *going.nothing))


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
) -> Finished[BenchResult]:
    """Fetch, build and measure suites, and write the result of the run.

    `run`, else the environment, names the run that is added to, made if it is not there; with
    `is_resumed` what is complete in it, or in the latest run, is kept. Raises `UsageError` when
    the run cannot be added to, and `ToolMissing` when the reference or the subject is not on this
    machine. The command fails for a suite whose source was refused, when strict for any that could
    not be measured; cells that fail are results, and are no failures of the command.
    """
    folder: Path | None = None
    if is_resumed:
        folder, asked = _resumed_suites(session.project, run, asked)
        watch.note(f"going on with {folder.name}")
    selections = select_suites(session.manifests, asked)
    engines = [one.engine for selection in selections for one in selection.all_engines]
    for revision in dict.fromkeys(engine.revision for engine in engines):
        if revision is not None:
            find_commit(session.project, revision)  # else each suite would fail for it
    run = run or given_name()
    if folder is None and run is not None:
        folder = named_run(session.project, FRIENDS, run)
    going = _Run(session, FRIENDS, asked, selections, folder, command, watch, jobs, is_resumed)
    finished = going.run()
    failing = ("refused", "unreachable", "failed") if is_strict else ("refused",)
    lanes = finished.result.lanes
    found = [lanes[one.name] for one in selections if one.name in lanes]
    lacking = [f"{one.name}: {one.status}" for one in found if one.status in failing]
    return replace(finished, failures=tuple(lacking))


def _resumed_suites(project: Path, name: str | None, asked: Asked) -> tuple[Path, Asked]:
    """The run to go on with, and what is asked of it: where none is named the one that the
    environment names, if there is such a run, else the latest.

    Options that are given must be those that the run was begun with; suites may be narrowed.
    Raises `UsageError` when there is no such run.
    """
    folders = {folder.name: folder for folder in run_folders(project, FRIENDS)}
    if not folders:
        raise UsageError("there is no run of suites to go on with", NEW_RUN)
    if name is None:
        given = given_name()
        name = given if given in folders else [*folders][-1]
    folder = folders[known("run of suites", name, folders)]
    return folder, _asked_then(folder, asked) or asked


def _asked_then(folder: Path, given: Asked) -> Asked | None:
    """What a run was begun with, narrowed to the lanes that are given; None: by no command.

    Raises `UsageError` when other options are given now, and when another version began it.
    """
    begun = [command.asked for command in read_commands(folder, Asked)]
    if not begun:
        return None
    check_asked(folder, replace(begun[-1], lanes=()), replace(given, lanes=()))
    every = all(one.lanes for one in begun)
    lanes = dict.fromkeys(name for one in begun for name in one.lanes) if every else ()
    return replace(begun[-1], lanes=given.lanes or tuple(lanes))


@dataclass
class _Run:
    """A command's part of a run."""

    session: Session
    job: str  # whose name the run's folder lies under
    asked: Asked
    selections: Sequence[Selection]
    folder: Path | None  # None: it is not made yet
    command: Sequence[str]
    watch: Watch
    jobs: int
    is_resumed: bool
    lanes: dict[str, LaneResult] = field(default_factory=dict)
    engines: dict[str, EngineFacts] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)  # lanes that this command measured
    own_engines: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)  # why lanes could not go on
    nothing: list[str] = field(default_factory=list)  # why a lane by itself scored nothing
    counter: Counter | None = None  # of the lane that goes on
    environment: Environment = field(init=False)
    began: float = field(default_factory=time.time)
    seconds_before: float = 0.0  # of other commands, as far as their results are there
    seconds_told: float = 0.0  # of this command, in the result that lies there
    started: str = ""  # "" until its first command is known
    told: tuple[str, ...] = ()  # the command that says what was asked for; `command`, or of before

    @property
    def is_alone(self) -> bool:
        """Whether it is a run of one lane: what stands against that ends the command."""
        return self.job != FRIENDS

    def run(self) -> Finished[BenchResult]:
        """Measure, and write the result and its history rows."""
        self.environment = self.session.environment()
        try:
            if not self.is_alone:
                self.opened()
            is_interrupted = self.measure()
        except (KeyboardInterrupt, MoltBuildError):
            if self.folder is not None and not self._is_shared():
                remove_unmeasured(self.folder)
            raise
        self.watch.phase("summing up", 1)
        folder = self.opened()
        with result_held(folder):
            result = self.joined(is_interrupted=is_interrupted)
            publish(self.session.project, folder, result, self.watch.note)
        self.watch.step()
        return Finished(folder, result, result.is_interrupted, (), tuple(self.refused))

    def measure(self) -> bool:
        """Every lane that was asked for and is not there; whether it was interrupted.

        Raises `UsageError` when none could go on.
        """
        left = [one for one in self.selections if not (self.is_resumed and self._is_done(one))]
        schedule = Schedule([one.budget_s for one in left], self._budget_s(len(left)))
        try:
            for selection in left:
                schedule.begin()
                lane = self._lane(selection, schedule)
                schedule.end(is_typical=lane is not None and lane.status == "measured")
                if lane is None:
                    continue
                self.lanes[selection.name] = lane
                self.own.add(selection.name)
                if lane.status == "interrupted":
                    return True
                if not self.is_alone:
                    with result_held(self.opened()):
                        write_result(self.opened(), self.joined(is_interrupted=False))
        except KeyboardInterrupt:
            if self.is_alone:
                raise  # nothing is measured yet
            interrupts.taken()
            return True
        if self.refused and len(self.refused) == len(self.selections):
            raise UsageError("\n".join(self.refused), NEW_RUN)
        return False

    def opened(self) -> Path:
        """The run's folder, made if need be; the command is among its events."""
        if self.folder is None:
            self.folder = create_run(self.session.project, self.job, time.time())
        if self.started:
            return self.folder
        if self.is_alone and self.is_resumed:
            check_unfinished(self.folder)
        self._read_result(self.folder)
        with SamplesFile(self.folder) as samples:
            earlier = read_commands(self.folder, Asked) if self.is_resumed else []
            now = add_command(samples, self.asked, self.command)
        asking = [one.words for one in earlier if "--resume" not in one.words]
        self.told = asking[-1] if asking else tuple(self.command)
        self.started = self.started or next(
            (one.started for one in read_commands(self.folder, Asked)), now
        )
        return self.folder

    def _is_shared(self) -> bool:
        """Whether another command added to the run, and may be preparing what it will measure."""
        assert self.folder is not None
        return not self.is_alone and len(read_commands(self.folder, Asked)) > 1

    def _opened_with(self, here: Mapping[str, EngineFacts]) -> Path:
        """The folder, when it is this command's turn to measure: others may have had theirs."""
        folder = self.opened()
        if not self.is_alone:
            self._read_result(folder)
            self._check_engines(here)
        return folder

    def joined(self, *, is_interrupted: bool) -> BenchResult:
        """What this command measured, and what others did: theirs is read anew, under its lock."""
        if not self.is_alone:
            self._read_result(self.opened())
        result = self.result(is_interrupted=is_interrupted)
        self.seconds_told = result.seconds - self.seconds_before
        return result

    def _read_result(self, folder: Path) -> None:
        """The run's result so far, if there is one; it must be of the same kind of run.

        What this command measured itself is newer.
        """
        if not (folder / RESULT_FILE).exists():
            return
        try:
            result = read_bench(folder)
        except UsageError:
            if self.is_alone:
                return  # its samples say all that is needed
            raise
        there = {
            "is_quick": {result.is_quick},
            "subject": {one.subject for one in result.lanes.values() if one.subject},
            "profile": {one.profile for one in result.lanes.values()},
            "machine_class": {result.environment.machine_class},
        }
        subjects = {name for one in self.selections for name in one.subjects[:1]}
        here = {
            "is_quick": {self.asked.is_quick},
            "subject": subjects,
            "profile": {one.profile for one in self.selections},
            "machine_class": {self.environment.machine_class},
        }
        differing = [
            name for name, found in there.items() if found and here[name] and found != here[name]
        ]
        if differing:
            message = f"{folder.name} cannot be added to: it was made with another "
            raise UsageError(message + ", ".join(differing), "begin a new run")
        own = {name: lane for name, lane in self.lanes.items() if name in self.own}
        own_engines = {n: facts for n, facts in self.engines.items() if n in self.own_engines}
        self.lanes, self.engines = {**result.lanes, **own}, {**result.engines, **own_engines}
        self.seconds_before = result.seconds - self.seconds_told
        self.started = result.started

    def _is_done(self, selection: Selection) -> bool:
        """Whether a lane is complete; it is kept if what it was made of is declared as then."""
        folder, name = self.opened(), selection.name
        lane = self.lanes.get(name)
        if lane is None or lane.status != "measured":
            return False
        try:
            earlier, now = read_earlier(folder, lane=name), declared(selection)
            if earlier is not None:
                then = {fact: earlier.fingerprint.get(fact) for fact in now}
                check_fingerprint(f"{name} of {folder.name}", then, now)
        except UsageError as error:
            self._refuse(error)
        else:
            scored, programs = lane.coverage.scored, len(lane.programs)
            self.watch.note(f"{name} is kept: {scored} of {counted(programs, 'program')} scored")
        return True

    def _refuse(self, error: UsageError) -> None:
        self.refused.append(error.message)
        self.watch.note(error.message)

    def _budget_s(self, left: int) -> float | None:
        """Of a command that goes on, what falls to the lanes that are left."""
        if self.asked.budget_s is None:
            return None
        return self.asked.budget_s * left / max(1, len(self.selections))

    def _lane(self, selection: Selection, schedule: Schedule) -> LaneResult | None:
        """The result of a lane; None when it cannot go on, or has no program that was asked for."""
        watch, title = self.watch, ""
        if not self.is_alone:
            watch = PieceWatch(self.watch, schedule.place, schedule.left_s)
            title = selection.name
        try:
            self.counter = self._counter(selection)
            stage = stage_lane if selection.suite is None else stage_suite
            staged = stage(self.session, selection, watch)
            prepared = prepare(self.session, staged, self.jobs, watch, title and f" {title}")
        except MoltBuildError as error:
            if self.is_alone:
                raise
            return self._without(selection, error)
        try:
            return self._measured(prepared, schedule, watch, title)
        except UsageError as error:
            if self.is_alone:
                raise
            self._refuse(error)
            return None

    def _without(self, selection: Selection, error: MoltBuildError) -> LaneResult | None:
        """The result of a suite that could not be measured; raises what stops every suite."""
        if isinstance(error, UsageError) and self.asked.programs:
            if len(self.selections) == 1:
                raise error
            self.watch.note(error.message)
            return None
        status: LaneStatus = "failed"
        if isinstance(error, SourceRefused | SourceUnreachable):
            status = "refused" if isinstance(error, SourceRefused) else "unreachable"
        for one in selection.all_engines if status == "failed" else ():
            is_now = one.engine.revision is None
            if is_now and one.name in (selection.reference.name, *selection.subjects):
                # Raises once more where it is this that is missing: no suite can do without.
                resolve(self.session, selection, one.engine)
        reason = error.message + (f" ({error.hint})" if error.hint else "")
        self.watch.note(f"{selection.name} is {status}: {reason}")
        return unmeasured(self.session.project, selection, status, reason)

    def _measured(
        self, prepared: Prepared, schedule: Schedule, watch: Watch, title: str
    ) -> LaneResult:
        here = {one.name: one.facts for one in prepared.engines}
        self._check_engines(here)
        measured = measure_lane(
            lambda: self._opened_with(here),
            prepared,
            self.environment.machine_class,
            schedule,
            watch,
            title=title,
            is_resumed=self.is_resumed,
            counter=self.counter,
            cache=self.session.cache,
            is_kept=self.session.store is not None,
        )
        schedule.measured(measured.parts[-1].seconds)
        if measured.nothing and self.is_alone:
            self.nothing.append(measured.nothing)  # the last that is said, and a failure
        elif measured.nothing:
            self.watch.note(f"{title}: {measured.nothing}")
        self.engines.update(here)
        self.own_engines.update(here)
        manifests = self.session.manifests
        project, is_suite = self.session.project, prepared.staged.selection.suite is not None
        # Suites have families of their own: each its name.
        found = {} if is_suite else meanings(project, prepared.engines, watch.note)
        return describe(project, prepared, measured, track_rows(manifests), found)

    def _counter(self, selection: Selection) -> Counter | None:
        """What counts instructions, where a column is of them; None too where only later ones are,
        and nothing counts: that is said.

        Raises `ToolMissing`.
        """
        if not any(METRIC_WAYS[metric] == "counted" for metric in selection.columns):
            return None
        try:
            with scratch_folders("molt-build-counter-") as scratch, Launcher() as launcher:
                return find_counter(launcher, scratch)
        except ToolMissing as error:
            if METRIC_WAYS[selection.columns[0]] == "counted":
                raise
            self.watch.note(f"{selection.name}: {error.message}")
            return None

    def _check_engines(self, here: Mapping[str, EngineFacts]) -> None:
        """Raises `UsageError` where the run was begun with another of the same name."""
        there = self.engines
        other = [
            name
            for name, facts in here.items()
            if name in there
            and (there[name].identity, there[name].revision) != (facts.identity, facts.revision)
        ]
        if other and not self.is_alone:
            assert self.folder is not None
            message = f"{self.folder.name} cannot be added to: it was made with another "
            raise UsageError(message + ", ".join(other), "begin a new run")

    def result(self, *, is_interrupted: bool) -> BenchResult:
        """The result as it is now."""
        is_partial = any(lane.status == "interrupted" for lane in self.lanes.values())
        return BenchResult(
            kind="bench",
            schema_version=SCHEMA_VERSION,
            run=f"{self.job}/{self.opened().name}",
            command=self.told,
            started=self.started,
            finished=utc(time.time()),
            seconds=round(self.seconds_before + time.time() - self.began, 3),
            is_quick=self.asked.is_quick,
            is_interrupted=is_interrupted or is_partial,
            budget_s=self.asked.budget_s,
            environment=self.environment,
            engines=dict(self.engines),
            tracks=track_rows(self.session.manifests),
            lanes=dict(self.lanes),
        )
