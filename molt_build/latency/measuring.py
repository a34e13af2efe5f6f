"""The samples of one cell: prepared, warmed up, measured, retried.

Before anything is measured the cell is built once, and what was built is compared with the
reference. Then, for each sample: the cache is brought into the case's state, sources are edited if
the case says so, the clients are started at once, and beside them (before and after, in turns)
the interpreter is timed doing nothing. A build that does not do what the case is about (a warm one
that executes something) fails the cell: its seconds would be those of something else.

Only what was ended from outside (a signal, the time limit, status 124 or 137) is tried again,
within the case's policy; each such attempt is counted in the sample, and in the cell.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from molt_build.errors import MeasurementFailed
from molt_build.files import real_folder
from molt_build.latency.clients import Command, Ended, run_together
from molt_build.latency.reports import read_equality, read_reports, why_it_failed
from molt_build.latency.selection import Cell
from molt_build.latency.time_left import Kind, sample_kind, warm_up_count, warm_up_kind
from molt_build.latency.workspace import Workspace
from molt_build.results.cases import Equality, Sample
from molt_build.results.costs import Attribution
from molt_build.temporary import write_whole
from molt_build.watch import counted

IDLE_TIMEOUT_S = 60.0

Shards = Literal["on", "off"]


@dataclass
class Measured:
    """What was measured of a cell; `failure` is empty, or why it is not scored."""

    samples: list[Sample] = field(default_factory=list)
    equality: Equality | None = None
    timeouts: int = 0  # in all samples and before them
    retries: int = 0
    attribution: Attribution | None = None  # of the last sample's build
    failure: str = ""


@dataclass
class Measurement:
    """The measurement of one cell in its workspace.

    In the run's folder lies what builds that failed have said (`logs`) and, where it is asked for,
    all builds' own reports and traces (`diagnostics`).
    """

    cell: Cell
    workspace: Workspace
    run_folder: Path
    has_diagnostics: bool
    on_phase: Callable[[str, Kind, int], None]  # steps of that kind begin, so many
    on_step: Callable[[str], None]  # one of them is done
    on_sample: Callable[[Sample], None]
    found: Measured = field(default_factory=Measured)

    def run(self, done: Sequence[Sample]) -> Measured:
        """Measure what is not done yet; a failure is told, not raised."""
        found = self.found
        found.samples += done
        found.timeouts += sum(sample.timeouts for sample in done)
        found.retries += sum(sample.retries for sample in done)
        try:
            compared = f", compared with {self.cell.reference}" if self.cell.reference else ""
            self.on_phase(f"first build{compared}", "set-up", 1)
            found.equality = self._first_builds()
            self.on_step("")
            if warm_ups := warm_up_count(self.cell):
                self.on_phase("warm-ups", warm_up_kind(self.cell), warm_ups)
            for number in range(self.cell.case.warm_ups):
                for shards in self._variants(number):
                    self._build_uncounted(shards)
                    self.on_step("")
            missing = self.cell.sample_count - len(found.samples)
            self.on_phase("samples", sample_kind(self.cell), missing)
            while len(found.samples) < self.cell.sample_count:
                found.samples.append(self._sample(len(found.samples)))
                self.on_sample(found.samples[-1])
                self.on_step(f"{found.samples[-1].wall_s:.3f} s")
        except MeasurementFailed as error:
            found.failure = error.message
        different = found.equality.different if found.equality is not None else ()
        if different and not found.failure:
            found.failure = "these answer otherwise than the reference: " + ", ".join(different)
        return found

    def _variants(self, round_number: int) -> tuple[Shards, ...]:
        """The order of a round: reversed in every other one."""
        if not self.cell.case.compare_shards:
            return ("on",)
        return ("on", "off") if round_number % 2 == 0 else ("off", "on")

    def _first_builds(self) -> Equality | None:
        if self.cell.reference is None:
            self._build_uncounted("on")
            return None
        equality = Equality(0, ())
        for command in self.workspace.comparisons(self.cell.reference):
            _, [ended] = self._until_it_ends(partial(list, [command]), "first-build")
            equality += read_equality(ended)
        return equality

    def _build_uncounted(self, shards: Shards) -> None:
        """A build that is not counted: afterwards everything is as the case wants it."""
        self.workspace.edit()
        commands = self.workspace.builds(shards)
        self._until_it_ends(lambda: commands, "warm-up")

    def _sample(self, number: int) -> Sample:
        round_number, position = divmod(number, len(self._variants(0)))
        shards = self._variants(round_number)[position]
        traces = None
        if self.has_diagnostics:
            place = self.run_folder / "diagnostics" / self.cell.file_name / f"sample-{number + 1}"
            traces = real_folder(self.run_folder, place)
        timeouts, retries, load = self.found.timeouts, self.found.retries, os.getloadavg()[0]
        before = self._idle_s() if number % 2 == 0 else None

        def prepared() -> list[Command]:
            if self.cell.case.cache_state == "cold":
                self.workspace.make_cold()
            self.workspace.edit()
            return self.workspace.builds(shards, traces)

        wall_s, ended = self._until_it_ends(prepared, f"sample-{number + 1}")
        interpreter_s = self._idle_s() if before is None else before
        report = read_reports(ended)
        if traces is not None:
            for client, one in enumerate(ended, 1):
                write_whole(traces / f"build-{client}.json", one.stdout, self.run_folder)
        self.found.attribution = report.attribution
        sample = Sample(
            wall_s=wall_s,
            interpreter_s=interpreter_s,
            executed=report.executed,
            hits=report.hits,
            up_to_date=report.up_to_date,
            lock_waits_s=report.lock_waits_s,
            seconds_by_stage=report.seconds_by_stage,
            metrics=report.metrics,
            timeouts=self.found.timeouts - timeouts,
            retries=self.found.retries - retries,
            shards=shards,
            load=None if traces is None else (load, os.getloadavg()[0]),
        )
        wrong = unfitting(self.cell, sample)
        if wrong is not None:
            raise MeasurementFailed(f"sample {number + 1} {wrong}")
        return sample

    def _idle_s(self) -> float:
        seconds, [ended] = run_together([self.workspace.nothing()], IDLE_TIMEOUT_S)
        if ended.code != 0:
            raise MeasurementFailed(f"the interpreter, doing nothing, {ended.how}")
        return seconds

    def _until_it_ends(
        self, prepared: Callable[[], Sequence[Command]], what: str
    ) -> tuple[float, list[Ended]]:
        """Run until all clients end by themselves; prepared anew for each attempt.

        Raises `MeasurementFailed` when the policy's attempts are used up or a build failed.
        """
        case = self.cell.case
        for attempt in range(1, case.retry.attempts + 1):
            if attempt > 1:
                self.found.retries += 1
                time.sleep(case.retry.backoff_s * 2 ** (attempt - 2))
                self._restore()
            wall_s, ended = run_together(prepared(), case.timeout_s)
            self.found.timeouts += any(one.timed_out for one in ended)
            if not any(one.was_ended for one in ended):
                break
            for client, one in enumerate(ended, 1):
                if one.was_ended:
                    self._keep(one, f"{what}-attempt-{attempt}-client-{client}")
        else:
            how = next(one.how for one in ended if one.was_ended)
            raise MeasurementFailed(f"a build {how}, {counted(case.retry.attempts, 'time')} in all")
        for client, one in enumerate(ended, 1):
            if one.code != 0:
                place = f"{what}-client-{client}"
                said = f"{place} {one.how}: {why_it_failed(one)}"
                log = self._keep(one, place)
                raise MeasurementFailed(f"{said} (all of it in logs/{log.name})")
        return wall_s, ended

    def _restore(self) -> None:
        """What a build that was ended has left undone is done, uncounted, before the next one."""
        if self.cell.case.cache_state == "cold":
            return
        for shards in self._variants(0):
            self.workspace.edit()
            run_together(self.workspace.builds(shards), self.cell.case.timeout_s)

    def _keep(self, ended: Ended, what: str) -> Path:
        log = self.run_folder / "logs" / f"{self.cell.file_name}-{what}.txt"
        said = f"{what} {ended.how}\n\n{ended.stderr}\n{ended.stdout}\n"
        write_whole(log, said, self.run_folder)
        return log


def unfitting(cell: Cell, sample: Sample) -> str | None:
    """Why a sample is not one of what its case is about; None when it is."""
    state = cell.case.cache_state
    if state == "warm" and not cell.case.edits:
        if sample.executed or sample.hits:
            counts = f"{counted(sample.executed, 'action')} and took {sample.hits} from the store"
            return f"is not warm: it executed {counts}"
    elif not sample.executed:
        return "executed nothing, so it measured no build"
    elif state == "cold" and sample.up_to_date:
        return f"is not cold: {counted(sample.up_to_date, 'action')} up to date already"
    elif state == "nocache" and (sample.hits or sample.up_to_date):
        return f"used a store: {counted(sample.hits + sample.up_to_date, 'action')} not executed"
    return None
