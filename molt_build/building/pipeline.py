"""The stages of one program, in order, as one toolchain builds them under one profile.

What happens to a stage, in steps:

1. *Prepare* its action (`molt_build.actions.action`). Its key needs the digests of its upstream
   outputs, so that a stage whose upstream was executed and gave the same bytes is not executed:
   early cutoff.
2. *Look up*. What the checkout's last build recorded of the stage is up to date while its key is
   the same and its outputs lie as they were written; else an entry of the store that fits is a hit.
   No lock is taken for either. A dry run ends here, at the first stage that has to be executed.
3. *Take off*: what has to be executed is executed under the lock of its static key, so that one key
   is executed once at a time across processes. Where another build holds it, the pipeline does not
   wait: it yields, and is taken up again when the result may be there
   (`molt_build.building.scheduler`). Whoever waited looks up again, under the lock too; a failure
   of the flight that was waited for is its own.
4. *Execute* in a fresh directory (`molt_build.building.execute`), and learn from its depfile what
   it read (`molt_build.building.reads`).
5. *Look again* (`molt_build.building.second_look`): what changed while it ran fails it, and nothing
   is stored.
6. *Publish*: the outputs, then the entry that names them, then the lock is let go.

After the last stage the target's results are *materialised* (`molt_build.building.outputs`), and
outputs that are asked for besides, of whatever stage, are copied to where they are wanted. An
output that turns out to be lost on the way, pruned or damaged, or that stayed out of the store when
it was made, costs its stage another execution: all stages are gone through anew, with that one
forced. One that stayed out is needed only as a result, as one of those that are copied, or by a
stage that has to be executed. What was executed on the way there stands: no stage is executed twice
for one build, unless what it made is lost again.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

from molt_build.actions.action import Action, key_of, key_sha256, prepare, why_unsupported
from molt_build.actions.inputs import Unit
from molt_build.building.execute import executed
from molt_build.building.known import Known
from molt_build.building.lookup import cause_of, expected_components, inputs_digest
from molt_build.building.outcome import ProgramBuild, StageResult
from molt_build.building.outputs import BlobLost, Outputs
from molt_build.building.reads import Reader, stands_on
from molt_build.building.request import Request
from molt_build.building.run_command import run_command
from molt_build.building.second_look import must_agree, must_agree_on_inputs
from molt_build.building.session import Session
from molt_build.errors import (
    EXIT_ENVIRONMENT,
    EXIT_MEASURED_FAILURE,
    ActionFailed,
    BuildFailed,
    EnvironmentFailed,
    MoltBuildError,
)
from molt_build.files import drop_links
from molt_build.manifests.toolchain import Target
from molt_build.manifests.workload import Program, Workload
from molt_build.plan.record import ProgramRecord
from molt_build.plan.warm import EXECUTED, FAILED, HIT, SKIPPED, refusal
from molt_build.store.blob import Blob
from molt_build.store.locks import Asking, release
from molt_build.store.single_flight import last_failure, raise_shared_failure, share_failure
from molt_build.store.store import Entry, Store
from molt_build.toolchains.resolved import ResolvedToolchain, Watched

# Yields the seconds after which it is worth while to come back; is sent None when nothing else was
# done meanwhile, or since when (of `time.monotonic_ns()`) the job has been back at it.
Postponing = Generator[float, int | None, None]
_StageSteps = Generator[float, int | None, StageResult]


class Pipeline:
    """The stages of one program, run in order; what is known of them afterwards."""

    def __init__(
        self,
        session: Session,
        request: Request,
        toolchain: ResolvedToolchain,
        target: Target,
        program: Program,
        workload: Workload,
        previous: Mapping[str, Entry],  # stage -> what it gave in this checkout's last build
    ) -> None:
        self.program = program
        self.unsupported = why_unsupported(toolchain, program, request.target)
        if program.skip:
            self.unsupported = SKIPPED + program.skip
        self.results: list[StageResult] = []
        self.watched = Watched()
        self._session = session
        self._request = request
        self._toolchain = toolchain
        self._target = target
        self._workload = workload
        self._unit: Unit | None = None
        self._entries: dict[str, Entry] = {}
        self._materialised: dict[str, str] = {}
        self._copies: dict[str, Path] = {}
        self._is_started = False
        self._has_ended = False  # in order: only then is what is known of it all there is
        self._began_s = 0.0  # the stage, or what was done for it since it was taken up again
        self._state = session.state
        place = (toolchain.name, request.profile, request.target, program.name)
        self._out_dir = self._state.joinpath("out", *place)
        self._outputs = Outputs(session, self._out_dir)
        self._known = Known(previous, target.results, self._outputs, session.stat_cache)

    @property
    def has_failed(self) -> bool:
        """Whether a stage failed, or what comes before the first."""
        return any(result.status == FAILED for result in self.results)

    @property
    def _is_built(self) -> bool:
        return self._has_ended and not self.has_failed

    def summary(self) -> str:
        """One line on how it went."""
        if self.unsupported:
            return refusal(self.unsupported, self._toolchain.name)
        if self.has_failed:
            return "failed"
        if self.results and self.results[-1].entry is None:
            return f"{self.results[-1].stage} would be executed"
        parts = [f"{result.stage} {result.status}" for result in self.results]
        return ", ".join(parts) or "nothing to build"

    def run(self) -> Postponing:
        """Run every stage that the target needs; never raises for a program's own failure.

        Yields when another build executes what it needs. One that is closed then counts as not
        started.
        """
        session = self._session
        if self.unsupported or session.processes.is_stopping:
            return
        self._is_started = True
        try:
            if not self._request.dry_run:
                drop_links(self._state, self._out_dir)  # what is behind them is not of this build
            unit = session.unit(
                self.program, self._workload, self._toolchain, self._request.profile
            )
            self._unit = unit
            for _ in range(2 * len(self._target.stages) + 1):
                self.results.clear()
                self.watched = Watched()
                self._entries.clear()
                try:
                    yield from self._run_stages(unit)
                    self._has_ended = True
                    return
                except BlobLost as lost:
                    self._known.note_lost(lost.blobs, self._entries)
            stages = ", ".join(sorted(self._known.lost))
            raise BuildFailed(f"outputs of {stages} vanish from the store")
        except MoltBuildError as error:
            self._fail(error)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            message = f"{self.program.name}: {where}{error.strerror or error}"
            self._fail(EnvironmentFailed(message, "free or fix it, and build again"))
        except GeneratorExit:
            self._is_started = False
            raise
        finally:
            self._outputs.close()

    def _fail(self, error: MoltBuildError) -> None:
        if not self.has_failed:
            self.results.append(self._failed("source", "", 0.0, error))

    def _run_stages(self, unit: Unit) -> Postponing:
        stages = {stage.name: stage for stage in self._toolchain.manifest.stages}
        for name in self._target.stages:
            self._began_s = time.monotonic()
            action = prepare(unit, stages[name], self._entries, self._session.stat_cache)
            result = self._known.executed(action)
            if result is None:
                try:
                    result = yield from self._run_stage(action)
                except MoltBuildError as error:
                    spent = time.monotonic() - self._began_s
                    result = self._failed(name, action.static_key, spent, error)
                self._trace(result)
            self.results.append(result)
            if result.entry is None:
                return
            self._entries[name] = result.entry
            watched = stands_on(action, result.entry.reads, self._session.stat_cache)
            self.watched = Watched.all_of([self.watched, watched])
        if not self._request.dry_run:
            self._materialised = self._outputs.materialise(self._results().values())
            self._copy_out()

    def _copy_out(self) -> None:
        """Copy the outputs that are wanted besides, wherever they lie; raises `BlobLost`."""
        folder = self._request.copied_to
        if folder is None:
            return
        for stage, entry in self._entries.items():
            for name, blob in entry.outputs.items():
                if f"{stage}.{name}" in self._request.copied:
                    copy = folder / self.program.name / stage / blob.path
                    self._outputs.place(blob, copy, folder)
                    self._copies[f"{stage}.{name}"] = copy

    def _run_stage(self, action: Action) -> _StageSteps:
        store = self._session.store
        if store is not None:
            recorded = self._known.recorded(action, store)
            if recorded is not None:
                return self._result(*recorded)
            entry = self._known.entry(action, store)
            if entry is not None:
                return self._hit(store, entry)
        if self._request.dry_run:
            return self._would_execute(action, store)
        if store is None:
            return self._execute(action, ())
        return (yield from self._take_off(action, store))

    def _hit(self, store: Store, entry: Entry) -> StageResult:
        store.remember(entry)
        return self._result(HIT, entry)

    def _would_execute(self, action: Action, store: Store | None) -> StageResult:
        self._known.must_be_at_hand(action)
        name = action.stage.name
        previous = self._known.previous.get(name)
        last = None if previous is None else previous.reads
        components = expected_components(action, last, store, self._session.stat_cache)
        return StageResult(
            program=action.program,
            stage=name,
            key=action.static_key,
            status=EXECUTED,
            seconds=0.0,
            components=components,
            cause=cause_of(action, components, store, self._known.lost.get(name)),
        )

    def _take_off(self, action: Action, store: Store) -> _StageSteps:
        """Execute the action, unless another build does: then what came of it."""
        stat_cache, flights = self._session.stat_cache, self._session.flights
        lock, flight = store.lock_path(action.static_key), f"{action.program}/{action.stage.name}"
        hold_times = store.hold_times(self._toolchain.name, action.stage.name)
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
            if not lock.exists():  # that flight has ended: a hit takes no lock
                entry = self._known.entry(action, store)
                if entry is not None:
                    asking.is_needless()
                    return self._hit(store, entry)
        learnt = None  # where to note how long the lock was held; only executing tells
        try:
            entry = self._known.entry(action, store)
            if entry is not None:
                return self._hit(store, entry)
            inputs = inputs_digest(action, stat_cache)
            if held.use.attempts > 1:
                raise_shared_failure(lock, failed_before, inputs)
            self._known.must_be_at_hand(action)
            learnt = hold_times
            try:
                return self._execute(action, (held.descriptor,))
            except ActionFailed as failure:
                if not self._session.processes.is_stopping:  # an interrupt is nobody else's
                    share_failure(lock, failure, inputs)
                raise
        finally:
            release(held, remove=True, hold_times=learnt)

    def _execute(self, action: Action, kept_open: tuple[int, ...]) -> StageResult:
        """Run the command, look again, publish."""
        session, name = self._session, action.stage.name
        keep_staging = self._request.keep_staging
        execution = executed(
            action, session, self._outputs.place, kept_open=kept_open, keep_staging=keep_staging
        )
        try:
            with execution as run:
                reads = Reader(action, session, run).reads()
                components = must_agree(action, session, run, reads)
                wanted_ns: int | None = None
                if session.store is not None:
                    who = (action.program, name, action.toolchain.name)
                    wanted_ns = session.store.last_wanted_ns(key_of(components), *who)
                outputs = {
                    output: self._outputs.take(
                        action.stage, path, action.output_name(output), wanted_ns
                    )
                    for output, path in run.outputs.items()
                }
        except ActionFailed:
            if not session.processes.is_stopping:
                must_agree_on_inputs(action, session)  # the failure may be of what is no more
            raise
        cause = cause_of(action, components, session.store, self._known.lost.get(name))
        entry = Entry(
            key=key_of(components),
            key_sha256=key_sha256(components, session.stat_cache),
            program=action.program,
            stage=name,
            toolchain=action.toolchain.name,
            components=components,
            reads=reads,
            outputs=outputs,
            exit_status=0,
            stdout=run.command.stdout,
            stderr=run.command.stderr,
            seconds=run.command.seconds,
            peak_memory_bytes=run.command.peak_memory_bytes,
            metrics=run.metrics,
        )
        if session.store is not None:
            session.store.publish(action.static_key, entry)
        digests = {output: blob.xxh3 for output, blob in outputs.items()}
        is_wasted = cause.is_wasted(digests) and not action.stage.nondeterministic
        result = self._result(EXECUTED, entry)
        result = replace(
            result, waited_s=run.waited_s, tries=run.tries, cause=cause, is_wasted=is_wasted
        )
        self._known.note_executed(result)
        return result

    def _trace(self, result: StageResult) -> None:
        if self._session.trace is not None:
            facts: dict[str, object] = {"key": result.key, "status": result.status}
            if result.metrics:
                facts["metrics"] = dict(result.metrics)
            title = f"{result.program}/{result.stage}"
            self._session.trace.span(title, "action", round(self._began_s * 1e9), facts)

    def _result(self, status: str, entry: Entry) -> StageResult:
        return StageResult(
            program=self.program.name,
            stage=entry.stage,
            key=entry.key,
            status=status,
            seconds=time.monotonic() - self._began_s,
            components=entry.components,
            entry=entry,
        )

    def _failed(self, stage: str, key: str, seconds: float, error: MoltBuildError) -> StageResult:
        reason = error.message.splitlines()[0]
        if isinstance(error, ActionFailed):
            reason = error.reason(self._toolchain.manifest.reason_pattern)
        is_environment = error.exit_code == EXIT_ENVIRONMENT
        return StageResult(
            program=self.program.name,
            stage=stage,
            key=key,
            status=FAILED,
            seconds=seconds,
            message=error.message + (f"\n  {error.hint}" if error.hint else ""),
            reason=reason,
            exit_code=error.exit_code if is_environment else EXIT_MEASURED_FAILURE,
        )

    def _results(self) -> dict[str, Blob]:
        """STAGE.OUTPUT of the target's results -> the output."""
        found = {}
        for origin in self._target.results:
            stage, _, output = origin.partition(".")
            if stage in self._entries:
                found[origin] = self._entries[stage].outputs[output]
        return found

    def record(self) -> ProgramRecord | None:
        """What the plan should remember of this program; None leaves the old record."""
        if not self._is_started and not self.unsupported:
            return None
        is_complete = self.unsupported is not None or self._is_built
        return ProgramRecord(
            is_complete=is_complete,
            unsupported=self.unsupported or "",
            stages=dict(self._entries) if is_complete else {},
            watched=self.watched,
            materialised=self._materialised,
        )

    def build(self) -> ProgramBuild:
        """How to run what was built."""
        is_built = self._is_built
        outputs = {o: str(self._out_dir / blob.path) for o, blob in self._results().items()}
        argv: tuple[str, ...] = ()
        environment: dict[str, str] = {}
        if is_built and not self._request.dry_run and self._unit is not None:
            root = self._unit.source_root
            argv, environment = run_command(
                self._toolchain, self._target, self.program, root, self._out_dir, outputs
            )
        reasons = [result.reason for result in self.results if result.status == FAILED]
        return ProgramBuild(
            program=self.program.name,
            is_built=is_built,
            reason=self.unsupported or "".join(reasons[-1:]),
            is_unsupported=self.unsupported is not None,
            out_dir=str(self._out_dir),
            seconds=sum(result.stage_seconds for result in self.results),
            argv=argv,
            environment=environment,
            outputs=outputs if is_built else {},
            copies=self._copies if is_built else {},
            exit_status=self.program.exit_status,
            watched=self.watched,
        )
