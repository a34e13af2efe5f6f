"""The samples of one cell: prepared, warmed up, measured, retried.

Before anything is measured the cell is built once, and what was built is compared with the
reference. Then, for each sample: the cache is brought into the case's state, sources are edited if
the case says so, the clients are started at once, and beside them (before and after, in turns)
the interpreter is timed doing nothing. A build that does not do what the case is about (a warm one
that executes something) fails the cell: its seconds would be those of something else.

Only what was ended from outside (a signal, the time limit, status 124 or 137) is tried again,
within the case's policy; each such attempt is counted in the sample.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.errors import MeasurementFailed
from molt_build.files import real_folder
from molt_build.latency.clients import Command, Ended, run_together
from molt_build.latency.equality import Equality, compare
from molt_build.latency.selection import Cell
from molt_build.latency.workspace import Workspace
from molt_build.plain import to_plain
from molt_build.temporary import write_whole

IDLE_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Sample:
    """All clients of a case, started at once, to the end of the last."""

    wall_s: float
    interpreter_s: float
    executed: int
    hits: int
    up_to_date: int
    lock_waits_s: tuple[float, ...]
    seconds_by_stage: dict[str, float]
    timeouts: int
    retries: int
    shards: str  # "on" | "off"
    load: tuple[float, float] | None = None  # before and after, with diagnostics

    def as_json(self) -> dict[str, Any]:
        """As published; `load` only where it was asked for."""
        row: dict[str, Any] = to_plain(self)
        if self.load is None:
            del row["load"]
        return row


@dataclass(frozen=True)
class Measured:
    """What was measured of a cell; `failure` is empty, or why it is not scored."""

    samples: tuple[Sample, ...]
    equality: Equality | None
    retries: int  # before the first sample
    timeouts: int
    failure: str
    attribution: dict[str, Any] | None


class Measurement:
    """The measurement of one cell in its workspace.

    `logs` is for what builds that failed have said, `diagnostics` for all builds' own reports and
    traces, where they are asked for.
    """

    def __init__(
        self,
        cell: Cell,
        workspace: Workspace,
        logs: Path,
        diagnostics: Path | None,
        on_sample: Callable[[Sample], None],
    ) -> None:
        self._cell = cell
        self._workspace = workspace
        self._logs, self._run = logs, logs.parent
        self._diagnostics = diagnostics
        self._on_sample = on_sample
        self._retries = self._timeouts = 0  # of what is not a sample
        self._attribution: dict[str, Any] | None = None

    def run(self, done: Sequence[Sample]) -> Measured:
        """Measure what is not done yet; a failure is told, not raised."""
        samples = list(done)
        equality: Equality | None = None
        failure = ""
        try:
            equality = self._first_builds()
            for number in range(self._cell.warm_ups):
                for shards in self._variants(number):
                    self._build_uncounted(shards)
            while len(samples) < self._cell.sample_count:
                samples.append(self._sample(len(samples)))
                self._on_sample(samples[-1])
        except MeasurementFailed as error:
            failure = error.message
        if not failure and equality is not None and equality.different:
            failure = "these answer otherwise than the reference: " + ", ".join(equality.different)
        return Measured(
            samples=tuple(samples),
            equality=equality,
            retries=self._retries,
            timeouts=self._timeouts,
            failure=failure,
            attribution=self._attribution,
        )

    def _variants(self, round_number: int) -> tuple[str, ...]:
        """The order of a round: reversed in every other one."""
        if not self._cell.case.compare_shards:
            return ("on",)
        return ("on", "off") if round_number % 2 == 0 else ("off", "on")

    def _first_builds(self) -> Equality | None:
        case, reference = self._cell.case, self._cell.reference
        if reference is None:
            self._build_uncounted("on")
            return None
        equality = Equality(0, ())
        words = ["--toolchain", self._cell.toolchain, "--profile", case.profile]
        words += ["--target", case.target, "--reference", reference]
        for checkout, programs in zip(self._workspace.checkouts, self._cell.deals, strict=True):
            command = Command(
                argv=(sys.executable, "-m", "molt_build.latency.first_build", *words, *programs),
                cwd=checkout,
                environment=self._workspace.environment("on"),
                output=self._workspace.output,
                kept_open=self._workspace.kept_open,
            )
            equality += compare(json.loads(self._uncounted([command], "first-build").stdout))
        return equality

    def _build_uncounted(self, shards: str) -> None:
        """A build that is not counted: afterwards everything is as the case wants it."""
        if self._cell.case.edits:
            self._workspace.edit()
        self._uncounted(self._workspace.commands(shards), "warm-up")

    def _uncounted(self, commands: list[Command], what: str) -> Ended:
        """Run what is not a sample; how the first client ended."""
        _, ended, retries, timeouts = self._until_it_ends(lambda: commands, what)
        self._retries += retries
        self._timeouts += timeouts
        return ended[0]

    def _sample(self, number: int) -> Sample:
        round_number, position = divmod(number, len(self._variants(0)))
        shards = self._variants(round_number)[position]
        load = os.getloadavg()[0]
        before = self._idle_s() if number % 2 == 0 else None
        traces = self._traces(number)

        def prepared() -> list[Command]:
            if self._cell.case.cache_state == "cold":
                self._workspace.make_cold()
            if self._cell.case.edits:
                self._workspace.edit()
            return self._workspace.commands(shards, traces)

        wall_s, ended, retries, timeouts = self._until_it_ends(prepared, f"sample-{number + 1}")
        interpreter_s = self._idle_s() if before is None else before
        reports = [_report(one) for one in ended]
        if self._diagnostics is not None:
            folder = self._diagnostics / f"sample-{number + 1}"
            for client, report in enumerate(reports, 1):
                text = json.dumps(report, indent=1) + "\n"
                write_whole(folder / f"build-{client}.json", text, self._run)
        self._attribution = reports[-1].get("attribution")
        sample = Sample(
            wall_s=wall_s,
            interpreter_s=interpreter_s,
            executed=sum(report["executed"] for report in reports),
            hits=sum(report["hits"] for report in reports),
            up_to_date=sum(report["up_to_date"] for report in reports),
            lock_waits_s=tuple(_waits(reports)),
            seconds_by_stage=_by_stage(reports),
            timeouts=timeouts,
            retries=retries,
            shards=shards,
            load=None if self._diagnostics is None else (load, os.getloadavg()[0]),
        )
        wrong = unfitting(self._cell, sample)
        if wrong is not None:
            raise MeasurementFailed(f"sample {number + 1} {wrong}")
        return sample

    def _idle_s(self) -> float:
        seconds, [ended] = run_together([self._workspace.idle_command()], IDLE_TIMEOUT_S)
        if ended.code != 0:
            raise MeasurementFailed(f"the interpreter, doing nothing, {ended.how}")
        return seconds

    def _traces(self, number: int) -> Path | None:
        if self._diagnostics is None:
            return None
        folder = self._diagnostics / f"sample-{number + 1}"
        return real_folder(self._run, folder)

    def _until_it_ends(
        self, prepared: Callable[[], list[Command]], what: str
    ) -> tuple[float, list[Ended], int, int]:
        """Run until all clients end by themselves; also how many retries and timeouts it took.

        Raises `MeasurementFailed` when the policy's attempts are used up or a build failed.
        """
        case = self._cell.case
        timeouts = attempt = 0
        try:
            while True:
                wall_s, ended = run_together(prepared(), case.timeout_s)
                timeouts += any(one.timed_out for one in ended)
                if not any(one.was_ended for one in ended):
                    break
                attempt += 1
                self._try_again(ended, f"{what}-attempt-{attempt}", attempt)
            for client, one in enumerate(ended, 1):
                self._check(one, f"{what}-client-{client}")
        except MeasurementFailed:
            self._retries += min(attempt, case.retry.attempts - 1)
            self._timeouts += timeouts
            raise
        return wall_s, ended, attempt, timeouts

    def _try_again(self, ended: Sequence[Ended], what: str, attempts: int) -> None:
        """Wait before the next attempt; raises `MeasurementFailed` when there is none."""
        case = self._cell.case
        for client, one in enumerate(ended, 1):
            if one.was_ended:
                self._keep(one, f"{what}-client-{client}")
        if attempts == case.retry.attempts:
            how = next(one.how for one in ended if one.was_ended)
            raise MeasurementFailed(f"a build {how}, {attempts} times in all")
        time.sleep(case.retry.backoff_s * 2 ** (attempts - 1))
        if case.cache_state != "cold":
            self._restore()

    def _restore(self) -> None:
        """What a build that was ended has left undone is done, uncounted, before the next one."""
        for shards in self._variants(0):
            if self._cell.case.edits:
                self._workspace.edit()
            run_together(self._workspace.commands(shards), self._cell.case.timeout_s)

    def _check(self, ended: Ended, what: str) -> None:
        if ended.code == 0:
            return
        log = self._keep(ended, what)
        said = " ".join(part for part in (what, f"{ended.how}:", _said(ended)) if part)
        raise MeasurementFailed(f"{said} (all of it in logs/{log.name})")

    def _keep(self, ended: Ended, what: str) -> Path:
        log = self._logs / f"{self._cell.file_name}-{what}.txt"
        said = f"{what} {ended.how}\n\n{ended.stderr}\n{ended.stdout}\n"
        write_whole(log, said, self._run)
        return log


def unfitting(cell: Cell, sample: Sample) -> str | None:
    """Why a sample is not one of what its case is about; None when it is."""
    state = cell.case.cache_state
    if state == "warm" and not cell.case.edits:
        if sample.executed or sample.hits:
            counts = f"{sample.executed} actions and took {sample.hits} from the store"
            return f"is not warm: it executed {counts}"
    elif not sample.executed:
        return "executed nothing, so it measured no build"
    elif state == "cold" and sample.up_to_date:
        return f"is not cold: {sample.up_to_date} actions were up to date"
    elif state == "nocache" and (sample.hits or sample.up_to_date):
        return f"used a store: {sample.hits + sample.up_to_date} actions were not executed"
    return None


def _said(ended: Ended) -> str:
    """Why a build failed, in its own words."""
    try:
        report = json.loads(ended.stdout)
        for action in report.get("actions", ()):
            if action["status"] == "failed":
                reason = action.get("reason") or action.get("message", "").partition("\n")[0]
                return f"{action['program']} {action['stage']}: {reason}"
        for message in report.get("messages", ()):
            return str(message).partition("\n")[0]
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # it ended before it could print a report
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["it said nothing"])[-1]


def _report(ended: Ended) -> dict[str, Any]:
    try:
        report = json.loads(ended.stdout)
        counts = ("executed", "hits", "up_to_date")
        if isinstance(report, dict) and all(isinstance(report.get(c), int) for c in counts):
            return report
    except ValueError:
        pass
    raise MeasurementFailed("a build printed something that is no report")


def _waits(reports: Sequence[dict[str, Any]]) -> list[float]:
    return [
        float(lock["waited_s"])
        for report in reports
        for lock in report.get("locks", ())
        if isinstance(lock, dict) and isinstance(lock.get("waited_s"), int | float)
    ]


def _by_stage(reports: Sequence[dict[str, Any]]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for report in reports:
        for action in report.get("actions", ()):
            stage = action["stage"]
            seconds[stage] = round(seconds.get(stage, 0.0) + action["seconds"], 6)
    return seconds
