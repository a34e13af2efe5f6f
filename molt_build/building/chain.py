"""The stages of one program, in order: each up to date, a hit, or executed.

A stage's key needs the digests of its upstream outputs, so that a stage whose upstream was executed
and gave the same bytes is not executed: early cutoff. One key is executed once at a time across
processes. A chain does not wait while another build executes what it needs: it yields, and is taken
up again when it may be there (`molt_build.building.agenda`).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path

from molt_build.actions.action import (
    Action,
    Output,
    is_unsupported,
    key_of,
    prepare,
)
from molt_build.building.attribution import Cause
from molt_build.building.entries import (
    cause_of,
    expected_components,
    find_entry,
    inputs_digest,
    new_entry,
)
from molt_build.building.execute import Execution, executed
from molt_build.building.outcome import ActionOutcome, ProgramBuild
from molt_build.building.outputs import BlobLost, Kept
from molt_build.building.reads import Reader, absolute_path, full_components
from molt_build.building.request import Request, Session
from molt_build.building.running import run_command
from molt_build.building.second_look import Look, SecondLook
from molt_build.building.shards import shard_of
from molt_build.errors import (
    EXIT_ENVIRONMENT,
    EXIT_MEASURED_FAILURE,
    ActionFailed,
    BuildFailed,
    EnvironmentFailed,
    MoltBuildError,
)
from molt_build.files import drop_links, remove_files
from molt_build.manifests.cache import state_dir
from molt_build.manifests.model import Program, Stage, Target, Workload
from molt_build.plan.record import ProgramRecord, StageRecord
from molt_build.plan.warm import EXECUTED, FAILED, HIT, UP_TO_DATE
from molt_build.sources.source import source_root
from molt_build.store.digest import StatCache
from molt_build.store.flight import last_failure, raise_shared_failure, share_failure
from molt_build.store.locks import Asking, release
from molt_build.store.store import Entry, Reads, Store
from molt_build.temporary import is_temporary_file, remove_abandoned_files
from molt_build.toolchains.resolved import ResolvedToolchain

# Yields the seconds after which it is worth while to come back; is sent None when nothing else was
# done meanwhile, or since when (of `time.monotonic_ns()`) the job has been back at it.
Postponing = Generator[float, int | None, None]


class Chain:
    """The stages of one program, run in order."""

    def __init__(
        self,
        session: Session,
        request: Request,
        toolchain: ResolvedToolchain,
        target: Target,
        program: Program,
        workload: Workload,
        previous: ProgramRecord | None,
    ) -> None:
        self.session = session
        self.request = request
        self.toolchain = toolchain
        self.target = target
        self.program = program
        self.workload = workload
        self.previous = previous
        self.outcomes: list[ActionOutcome] = []
        self.has_failed = False
        self.reason = ""
        self.unsupported = is_unsupported(toolchain, program)
        self.stages: dict[str, StageRecord] = {}
        self.watched: dict[str, None] = {}
        self.watched_absent: dict[str, None] = {}
        self.materialised: dict[str, str] = {}
        self.is_started = False
        self.has_ended = False  # in order: only then is what is known of it all there is
        self._began_s = 0.0  # the stage, or what was done for it since the chain was taken up again
        self._lost: set[str] = set()  # stages that are executed again for a stored output
        self._kept = Kept(session.store, session.staging)
        self._root: Path | None = None
        self._state = state_dir(session.project)
        self.out_dir = (
            self._state / "out" / toolchain.name / request.profile / request.target / program.name
        )

    def summary(self) -> str:
        """One line on how it went."""
        if self.unsupported:
            return f"not taken by {self.toolchain.name}: {self.unsupported}"
        if self.has_failed:
            return "failed"
        if self.request.dry_run and any(o.status == EXECUTED for o in self.outcomes):
            return f"{self.outcomes[-1].stage} would be executed"
        parts = [f"{o.stage} {o.status}" for o in self.outcomes]
        return ", ".join(parts) or "nothing to build"

    def run(self) -> Postponing:
        """Run every stage that the target needs; never raises for a program's own failure.

        Yields when another build executes what it needs. One that is closed then counts as not
        started.
        """
        if self.unsupported or self.session.processes.is_stopping:
            return
        self.is_started = True
        try:
            session = self.session
            if not self.request.dry_run:
                drop_links(self._state, self.out_dir)  # what is behind them is not of this build
            self._root = source_root(
                self.workload.source, session.project, session.tools, session.flights
            )
            for _ in range(len(self.target.stages) + 1):
                self.outcomes.clear()
                self.watched.clear()
                self.watched_absent.clear()
                self._kept.forget()
                try:
                    yield from self._run_stages()
                    self.has_ended = True
                    return
                except BlobLost as lost:
                    self._lost.add(lost.stage)
            raise BuildFailed(f"outputs of {', '.join(sorted(self._lost))} vanish from the store")
        except MoltBuildError as error:
            self._fail(error)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            message = f"{self.program.name}: {where}{error.strerror or error}"
            self._fail(EnvironmentFailed(message, "free or fix it, and build again"))
        except GeneratorExit:
            self.is_started = False
            raise
        finally:
            self._kept.close()

    def _fail(self, error: MoltBuildError) -> None:
        self.has_failed = True
        if not any(o.status == FAILED for o in self.outcomes):
            self.outcomes.append(self._failure("source", "", 0.0, error))

    def _run_stages(self) -> Postponing:
        outputs: dict[str, dict[str, Output]] = {}
        keys: dict[str, str] = {}
        by_name = {stage.name: stage for stage in self.toolchain.manifest.stages}
        for name in self.target.stages:
            self._began_s = time.monotonic()
            look = partial(self._prepared, by_name[name], outputs, keys)
            action = look(self.session.stat_cache)
            try:
                record, outcome = yield from self._one_stage(action, look)
            except MoltBuildError as error:
                self.has_failed = True
                spent = time.monotonic() - self._began_s
                self._note(self._failure(name, action.static_key, spent, error))
                return
            self.stages[name] = record
            outputs[name] = dict(record.outputs)
            if self.session.is_coarse or action.stage.nondeterministic:
                keys[name] = record.key
            self._note(outcome)
            self._watch(action, record)
        if not self.request.dry_run:
            self._materialise_results(outputs)

    def _prepared(
        self,
        stage: Stage,
        upstream: Mapping[str, Mapping[str, Output]],
        upstream_keys: Mapping[str, str],
        stat_cache: StatCache,
    ) -> Action:
        """The stage's action, as a look with this stat cache finds its inputs."""
        assert self._root is not None
        return prepare(
            stage=stage,
            program=self.program,
            workload=self.workload,
            toolchain=self.toolchain,
            profiles=self.session.resolver.profile_chain(self.request.profile),
            upstream=upstream,
            upstream_keys=upstream_keys,
            source_root=self._root,
            stat_cache=stat_cache,
            given=self.session.key_variables,
            key_files=self.session.key_files,
            folders_above=self.session.folders_above,
            is_coarse=self.session.is_coarse,
        )

    def _one_stage(
        self, action: Action, look: Look
    ) -> Generator[float, int | None, tuple[StageRecord, ActionOutcome]]:
        store, name = self.session.store, action.stage.name
        is_forced = name in self._lost
        previous = self.previous.stages.get(name) if self.previous else None
        if store is None:
            if self.request.dry_run:
                raise self._would_execute(action, None, previous)
            return self._execute(action, look, None, ())
        if previous is not None and not is_forced:
            components = full_components(action, previous.reads, self.session.stat_cache)
            if components is not None and key_of(components) == previous.key:
                status = self._status_of_recorded(action, previous)
                if status is not None:
                    return previous, self._outcome(name, previous, status, components)
        entry = None if is_forced else find_entry(action, store, self.session.stat_cache)
        if entry is None:
            if self.request.dry_run:
                raise self._would_execute(action, store, previous)
            found = yield from self._fly(action, look, store, is_forced=is_forced)
            if not isinstance(found, Entry):
                return found
            entry = found
        store.remember(entry)
        record = StageRecord.from_entry(entry)
        for output, blob in entry.outputs.items():
            self._kept.know(name, output, blob)
        return record, self._outcome(name, record, HIT, entry.components)

    def _fly(
        self, action: Action, look: Look, store: Store, *, is_forced: bool
    ) -> Generator[float, int | None, Entry | tuple[StageRecord, ActionOutcome]]:
        """Execute the action, unless another build does: then the entry that came of it."""
        stat_cache, flights = self.session.stat_cache, self.session.flights
        lock, flight = store.lock_path(action.static_key), f"{action.program}/{action.stage.name}"
        hold_times = store.hold_times(self.toolchain.name, action.stage.name)
        failed_before = last_failure(lock)
        asking = Asking([lock], flights, "flight", flight, hold_times)
        while (held := asking.look()) is None:
            try:
                since_ns = yield asking.nap_s
            except GeneratorExit:
                asking.gives_up()
                raise
            if since_ns is not None:
                asking.came_back(since_ns)
                self._began_s = since_ns / 1e9
            if not is_forced and not lock.exists():  # that flight has ended: a hit takes no lock
                entry = find_entry(action, store, stat_cache)
                if entry is not None:
                    asking.is_needless()
                    return entry
        learnt = None  # where to note how long the lock was held; only executing tells
        try:
            entry = None if is_forced else find_entry(action, store, stat_cache)
            if entry is not None:
                return entry
            inputs = inputs_digest(action, stat_cache)
            if held.attempts > 1:
                raise_shared_failure(lock, failed_before, inputs)
            learnt = hold_times
            try:
                return self._execute(action, look, store, (held.descriptor,))
            except ActionFailed as failure:
                if not self.session.processes.is_stopping:  # an interrupt is nobody else's
                    share_failure(lock, failure, inputs)
                raise
        finally:
            release(held, flights, "flight", flight, remove=True, hold_times=learnt)

    def _status_of_recorded(self, action: Action, record: StageRecord) -> str | None:
        """UP_TO_DATE, HIT when an output must be put back, None when it cannot be."""
        status = UP_TO_DATE
        entry: Entry | None = None
        for name, output in record.outputs.items():
            if f"{action.stage.name}.{name}" in self.target.results:
                path = str(self.out_dir / output.path)
                if self._is_as_written(path, output):
                    self._kept.know(action.stage.name, name, Path(path))
                    continue
                status = HIT
            entry = entry or self._entry(record.key)
            if entry is not None and entry.outputs[name].xxh3 != output.xxh3:
                return None  # executed again since, with other bytes: take all of that run's
            if entry is not None:
                self._kept.know(action.stage.name, name, entry.outputs[name])
            elif status == HIT:
                return None
        return status

    def _is_as_written(self, path: str, output: Output) -> bool:
        try:
            status = os.lstat(path)
            is_so = stat.S_ISREG(status.st_mode) and (
                bool(status.st_mode & stat.S_IXUSR) == output.is_executable
            )
            return is_so and self.session.stat_cache.digest(path) == output.xxh3
        except OSError:
            return False

    def _entry(self, key: str) -> Entry | None:
        assert self.session.store is not None
        return self.session.store.entry(key)

    def _execute(
        self,
        action: Action,
        look: Look,
        store: Store | None,
        kept_open: tuple[int, ...],
    ) -> tuple[StageRecord, ActionOutcome]:
        name = action.stage.name
        session = self.session
        rules = session.manifests.cache.shards

        def place_input(path: str, stage: Path) -> None:
            origin = next(o for o in action.stage.inputs.values() if self._has_path(o, path))
            stage_name, _, output = origin.partition(".")
            wanted = self.stages[stage_name].outputs[output]
            self._kept.place(stage_name, output, wanted, stage / path, stage)

        execution = executed(
            action,
            cache=session.cache,
            staging=session.staging,
            project=session.project,
            place_input=place_input,
            processes=session.processes,
            keep_staging=self.request.keep_staging,
            shard=shard_of(action.toolchain.name, action.profile, action.workload, rules),
            waiting=session.slots,
            kept_open=kept_open,
            trace=session.trace,
        )
        second = SecondLook(action, look, session.stat_cache, session.guard_rows, session.own)
        try:
            with execution as run:
                reads = self._reads(action, run)
                components = second.must_agree(run, reads)
                outputs = {
                    output: self._kept.take(name, output, path, action.output_name(output))
                    for output, path in run.outputs.items()
                }
        except ActionFailed:
            if not session.processes.is_stopping:
                second.must_agree_on_inputs()  # the failure may be of what is no more
            raise
        key = key_of(components)
        cause = cause_of(action, components, store, is_lost=name in self._lost)
        if store is not None:
            store.publish(
                action.static_key,
                new_entry(action, key, components, self._kept.blobs(name), run, reads),
            )
        record = StageRecord(
            key=key,
            reads=reads,
            outputs=outputs,
            seconds=run.seconds,
            warnings=run.stderr,
        )
        outcome = self._outcome(name, record, EXECUTED, components, run.waited_s)
        digests = {output: row.xxh3 for output, row in outputs.items()}
        is_wasted = cause.is_wasted(digests) and not action.stage.nondeterministic
        return record, outcome.for_cause(cause, is_wasted=is_wasted)

    def _reads(self, action: Action, run: Execution) -> Reads:
        if run.depfile is None:
            return Reads()
        reader = Reader(action, run, self.session.cache, self.session.stat_cache)
        return reader.reads(run.depfile)

    def _has_path(self, origin: str, path: str) -> bool:
        stage, _, output = origin.partition(".")
        return self.stages[stage].outputs[output].path == path

    def _materialise_results(
        self,
        outputs: Mapping[str, Mapping[str, Output]],
    ) -> None:
        for origin in self.target.results:
            stage, _, name = origin.partition(".")
            output = outputs[stage][name]
            destination = self.out_dir / output.path
            self.materialised[str(destination)] = output.xxh3
            if not self._kept.is_at(stage, name, destination):
                if self._is_as_written(str(destination), output):
                    continue
                self._kept.place(stage, name, output, destination, self._state)
                self.session.stat_cache.forget(str(destination))

        def is_kept(path: str) -> bool:
            name = path.rpartition("/")[2]
            return f"{self.out_dir}/{path}" in self.materialised or is_temporary_file(name)

        # An output of another name, from before, would be found by who searches the folder. Two
        # builds of a checkout may do this at once.
        remove_files(self._state, self.out_dir, is_kept)
        remove_abandoned_files(self._state, self.out_dir, is_deep=True)

    def _watch(self, action: Action, record: StageRecord) -> None:
        for path in (*action.sources.values(), *action.watched):
            self.watched[path] = None
        for symbolic in (*record.reads.files, *record.reads.presences):
            self.watched[absolute_path(action, symbolic)] = None
        for path in action.watched_absent:
            self.watched_absent[path] = None
        for symbolic in record.reads.absences:
            # In staging only a candidate can appear, and the folders of those are watched.
            if not symbolic.startswith("{stage}/"):
                self.watched_absent[absolute_path(action, symbolic)] = None

    def _would_execute(
        self, action: Action, store: Store | None, previous: StageRecord | None
    ) -> _WouldExecute:
        last = None if previous is None else previous.reads
        components = expected_components(action, last, store, self.session.stat_cache)
        cause = cause_of(action, components, store, is_lost=False)
        return _WouldExecute(action.static_key, components, cause)

    def _note(self, outcome: ActionOutcome) -> None:
        self.outcomes.append(outcome)
        if self.session.trace is not None:
            facts = {"key": outcome.key, "status": outcome.status}
            title = f"{outcome.program}/{outcome.stage}"
            self.session.trace.span(title, "action", round(self._began_s * 1e9), facts)

    def _outcome(
        self,
        stage: str,
        record: StageRecord,
        status: str,
        components: Mapping[str, str],
        waited_s: float = 0.0,
    ) -> ActionOutcome:
        return ActionOutcome(
            program=self.program.name,
            stage=stage,
            key=record.key,
            status=status,
            seconds=time.monotonic() - self._began_s,
            stage_seconds=record.seconds,
            warnings=record.warnings,
            waited_s=waited_s,
            components=components,
        )

    def _failure(
        self, stage: str, key: str, seconds: float, error: MoltBuildError
    ) -> ActionOutcome:
        if isinstance(error, _WouldExecute):
            self.has_failed = False
            outcome = ActionOutcome(
                self.program.name, stage, error.key, EXECUTED, 0.0, 0.0, components=error.components
            )
            return outcome.for_cause(error.cause, is_wasted=False)
        reason = error.message.splitlines()[0]
        if isinstance(error, ActionFailed):
            reason = error.reason(self.toolchain.manifest.reason_pattern)
        message = error.message + (f"\n  {error.hint}" if error.hint else "")
        self.reason = reason
        is_environment = error.exit_code == EXIT_ENVIRONMENT
        return ActionOutcome(
            program=self.program.name,
            stage=stage,
            key=key,
            status=FAILED,
            seconds=seconds,
            stage_seconds=seconds,
            message=message,
            reason=reason,
            exit_code=error.exit_code if is_environment else EXIT_MEASURED_FAILURE,
        )

    @property
    def _is_complete(self) -> bool:
        return self.unsupported is not None or (self.has_ended and not self.has_failed)

    def record(self) -> ProgramRecord | None:
        """What the plan should remember of this program; None leaves the old record."""
        if not self.is_started and not self.unsupported:
            return None
        return ProgramRecord(
            is_complete=self._is_complete,
            unsupported=self.unsupported or "",
            stages=dict(self.stages) if self._is_complete else {},
            files=tuple(self.watched),
            absent=tuple(self.watched_absent),
            materialised=dict(self.materialised),
            result=self.result(),
        )

    def result(self) -> ProgramBuild:
        """How to run what was built."""
        is_built = self.has_ended and not self.has_failed
        argv: tuple[str, ...] = ()
        environment: dict[str, str] = {}
        if is_built and not self.request.dry_run and self._root is not None:
            argv, environment = run_command(
                self.toolchain,
                self.target,
                self.program,
                self._root,
                self.out_dir,
                self._result_paths(),
            )
        return ProgramBuild(
            program=self.program.name,
            is_built=is_built,
            reason=self.unsupported or self.reason,
            is_unsupported=self.unsupported is not None,
            out_dir=str(self.out_dir),
            seconds=sum(outcome.stage_seconds for outcome in self.outcomes),
            argv=argv,
            environment=environment,
            outputs=self._result_paths() if is_built else {},
        )

    def _result_paths(self) -> dict[str, str]:
        """STAGE.OUTPUT of the target's results -> the materialised file."""
        found = {}
        for origin in self.target.results:
            stage, _, name = origin.partition(".")
            if stage in self.stages:
                found[origin] = str(self.out_dir / self.stages[stage].outputs[name].path)
        return found


class _WouldExecute(MoltBuildError):
    """A dry run reached a stage that a real run would execute; what follows is not known."""

    def __init__(self, key: str, components: Mapping[str, str], cause: Cause) -> None:
        super().__init__("would be executed")
        self.key = key
        self.components = components
        self.cause = cause
