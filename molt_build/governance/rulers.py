"""How revisions are told apart: by exact counts, by times of blocks, or by a signal.

The good and the bad revision are compared first (`ends`); what does not differ there is not looked
at any more. Another revision is then good or bad by what it is nearer to (`judge`):

- Counts and signals are exact. Of several programs the distances on the log scale are added up; one
  that is half way is bad. Counts that are nearer to half way than their noise floor are unknown.
- Times are of blocks in which the good, the bad and the other revision run side by side, until it
  is sure (`molt_build.measure.sequential`). Of several programs the mean counts, each turned so
  that worse is above 0 where it became worse.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Protocol

from molt_build.bench.measuring import commands_of
from molt_build.bench.preparing import Prepared, ReadyEngine, prepare
from molt_build.bench.programs import Staged
from molt_build.bench.selection import NamedEngine
from molt_build.bench.ways import PILOT_SEED, held_bench
from molt_build.building.at_revision import session_at
from molt_build.building.session import Session
from molt_build.engines import Engine
from molt_build.errors import EnvironmentFailed, MeasurementFailed, MoltBuildError, ToolFailed
from molt_build.governance.subjects import SignalSubject
from molt_build.measure import blocks
from molt_build.measure.counting import HASH_SEED, TURNS, Counter, counting
from molt_build.measure.counts import between, noise_floors
from molt_build.measure.process import COUNTED_METRIC, Metric, Way
from molt_build.measure.sequential import Difference, difference, nearer
from molt_build.results.bisect import BisectProgram, RevisionVerdict, Ruler
from molt_build.signals import material
from molt_build.signals.engine import Reach
from molt_build.signals.job import read
from molt_build.signals.reading import Material
from molt_build.sources.revisions import FOLDER
from molt_build.store.digest import digest_value
from molt_build.watch import Watch, counted

LETTERS = 12  # of a commit's id, where it is named
SEEDS_SEED = 0
_WORKTREE = re.compile(rf"(?<=[\s'\"])/\S*/{re.escape(str(FOLDER))}/[0-9a-f]{{40}}/")
VERDICTS: Mapping[Difference, RevisionVerdict] = {
    "different": "bad",
    "same": "good",
    "unknown": "unknown",
}


@dataclass(frozen=True)
class Judged:
    """What was found of a revision."""

    verdict: RevisionVerdict
    value: float | None = None
    blocks: int = 0
    reason: str = ""


@dataclass(frozen=True)
class At:
    """The engine as it was at a commit, or why there is none."""

    engine: ReadyEngine | None
    reason: str = ""

    def lacking(self, programs: Sequence[str]) -> str:
        """Why it has not all of these programs; "" where it has."""
        if self.engine is None:
            return self.reason
        cells = (self.engine.cells[name] for name in programs)
        bad = [f"{one.program.name}: {one.reason}" for one in cells if one.status != "ready"]
        return bad[0] if bad else ""

    def digest(self, programs: Sequence[str]) -> str | None:
        """Of what runs of these programs; None where they are not there."""
        if self.engine is None or self.lacking(programs):
            return None
        return digest_value({name: dict(self.engine.cells[name].artifacts) for name in programs})


class Builds:
    """An engine built at revisions, at each once."""

    def __init__(
        self, session: Session, staged: Staged, engine: Engine, jobs: int, watch: Watch
    ) -> None:
        self.session = session
        self.staged = replace(staged, startup=None)
        self._engine = engine
        self._jobs = jobs
        self._watch = watch
        self._made: dict[str, At] = {}

    def at(self, commit: str) -> At:
        """The engine at a commit; raises `EnvironmentFailed` where the machine failed."""
        if commit not in self._made:
            self._made[commit] = self._build(commit)
        return self._made[commit]

    def _build(self, commit: str) -> At:
        selection = self.staged.selection
        engine = replace(self._engine, revision=commit[:LETTERS])
        one = NamedEngine(engine.named(selection.profile, selection.target), engine)
        alone = replace(selection, reference=one, engines=())
        staged = replace(self.staged, selection=alone)
        try:
            prepared = prepare(self.session, staged, self._jobs, self._watch)
        except MoltBuildError as error:
            return At(None, _of_revision(error))
        return At(prepared.engines[0])


class Compared(Protocol):
    """What tells revisions apart."""

    kind: Ruler

    def ends(self, good: str, bad: str) -> tuple[BisectProgram, ...]:
        """The good and the bad revision beside one another."""

    def judge(self, commit: str) -> Judged:
        """Another one, which the good and the bad one differ in."""


@dataclass
class Side:
    """Engines at revisions, run side by side."""

    builds: Builds
    watch: Watch
    machine_class: str
    counter: Counter | None

    def measured(
        self,
        commits: Sequence[str],
        programs: Sequence[str],
        way: Way,
        seeds: Sequence[int],
        title: str,
        done: Sequence[blocks.Block] = (),
        on_block: Callable[[blocks.Block], None] | None = None,
    ) -> Iterator[blocks.Measurement]:
        """After a pilot, which is no part of it, what there is after each sweep.

        Raises KeyboardInterrupt.
        """
        engines = [one for commit in commits if (one := self.builds.at(commit).engine) is not None]
        prepared = Prepared(self.builds.staged, tuple(engines), ())
        names = tuple(one.name for one in engines)
        session = self.builds.session
        with ExitStack() as held:
            bench = held.enter_context(held_bench(self.watch, "molt-build-bisect-"))
            if way == "counted":
                assert self.counter is not None
                by_counter = counting(
                    bench.launcher,
                    self.counter,
                    session.cache,
                    self.machine_class,
                    is_kept=session.store is not None,
                )
                bench = replace(bench, counting=held.enter_context(by_counter))
            commands = [
                one for one in commands_of(prepared, way, {}, bench) if one.name in programs
            ]
            self.watch.phase(title, len(seeds))
            pilot = blocks.run_pilot(
                commands,
                engines=names,
                reference=names[0],
                launcher=bench.runner(way),
                hash_seed=HASH_SEED if way == "counted" else PILOT_SEED,
                cpu=bench.cpu,
            )
            so_far = replace(pilot, blocks=tuple(done))
            if way == "counted":  # what needs nothing to be warm
                first = tuple(replace(block, index=0) for block in pilot.blocks)
                so_far = replace(pilot, blocks=first)
            for count in range(len(seeds)):
                so_far = blocks.run_blocks(
                    commands,
                    so_far,
                    seeds=seeds[: count + 1],
                    launcher=bench.runner(way),
                    cpu=bench.cpu,
                    done=so_far.blocks,
                    on_block=on_block,
                )
                if so_far.is_interrupted:
                    raise KeyboardInterrupt
                self.watch.step()
                yield so_far

    def names(self, commits: Sequence[str]) -> list[str]:
        """The engines' names in what was measured."""
        found = (self.builds.at(commit).engine for commit in commits)
        return [one.name for one in found if one is not None]


@dataclass
class ByCounts:
    """Instructions, exact but for their noise floor."""

    side: Side
    effect: float
    programs: tuple[str, ...]
    logs: dict[str, float]  # of the bad over the good one, of programs that differ
    good: str = ""
    kind: Ruler = "counts"

    def ends(self, good: str, bad: str) -> tuple[BisectProgram, ...]:
        """Programs that cannot be counted are unknown."""
        self.good = good
        logs, floor, reasons = self._counts(bad)
        found = []
        for name in self.programs:
            if name not in logs:
                found.append(BisectProgram(name, "unknown", None))
                self.side.watch.note(f"{name}: {reasons.get(name, 'it was not counted')}")
                continue
            size = abs(logs[name])
            differs = size > math.log1p(floor) and size >= math.log1p(self.effect)
            verdict: Difference = "different" if differs else "same"
            found.append(BisectProgram(name, verdict, math.exp(logs[name])))
        self.logs = {one.program: logs[one.program] for one in found if one.verdict == "different"}
        return tuple(found)

    def judge(self, commit: str) -> Judged:
        """By the sum of distances."""
        logs, floor, reasons = self._counts(commit)
        missing = [name for name in self.logs if name not in logs]
        if missing:
            why = reasons.get(missing[0], "it was not counted")
            return Judged("skipped", reason=f"{missing[0]}: {why}")
        to_good = math.fsum(abs(logs[name]) for name in self.logs)
        to_bad = math.fsum(abs(logs[name] - self.logs[name]) for name in self.logs)
        value = math.exp(fmean(logs[name] for name in self.logs))
        if floor and abs(to_good - to_bad) < 2 * math.log1p(floor) * len(self.logs):
            return Judged("unknown", value, reason="its counts are half way, within their noise")
        return Judged("bad" if to_bad <= to_good else "good", value)

    def _counts(self, commit: str) -> tuple[dict[str, float], float, dict[str, str]]:
        """Log ratios to the good one, the floor of these, and why programs have none."""
        commits = (self.good, commit)
        names = self.side.names(commits)
        wanted = tuple(self.logs or self.programs)
        title = f"counting instructions of {names[1]}"
        seeds = (HASH_SEED,) * TURNS
        found = [*self.side.measured(commits, wanted, "counted", seeds, title)][-1]
        ratios = blocks.log_ratios(found.blocks, names[0], names[1], COUNTED_METRIC)
        scored = {n: median(own) for n, own in ratios.items() if found.is_scored(n, names[1])}
        floor = between(noise_floors(found.blocks), *names) or 0.0
        return scored, floor, _reasons(found, names)


@dataclass
class ByBlocks:
    """Times, block by block, until it is sure."""

    side: Side
    metric: Metric
    effect: float
    error: float  # of each comparison
    programs: tuple[str, ...]
    most: int  # blocks of a comparison
    done: Mapping[str, list[blocks.Block]]  # of comparisons that were begun earlier, by commit
    on_block: Callable[[str, blocks.Block], None]
    logs: dict[str, float]  # of the bad over the good one, of programs that differ
    good: str = ""
    bad: str = ""
    kind: Ruler = "blocks"

    def ends(self, good: str, bad: str) -> tuple[BisectProgram, ...]:
        """Program by program: the error is shared by all."""
        self.good, self.bad = good, bad
        names = self.side.names((good, bad))
        error = self.error / len(self.programs)
        effect = math.log1p(self.effect)
        rows: dict[str, BisectProgram] = {}
        for found in self._sweeps((good, bad), self.programs, f"{names[0]} and {names[1]}"):
            ratios = blocks.log_ratios(found.blocks, names[0], names[1], self.metric)
            for name in self.programs:
                own = ratios.get(name, ())
                if not found.is_scored(name, names[1]):
                    rows[name] = BisectProgram(name, "unknown", None, len(own))
                elif name not in rows or rows[name].verdict == "unknown":
                    ratio = math.exp(median(own)) if own else None
                    rows[name] = BisectProgram(
                        name, difference(own, effect, error), ratio, len(own)
                    )
            if all(
                one.verdict != "unknown" or not found.is_scored(one.program, names[1])
                for one in rows.values()
            ):
                break
        self.take(tuple(rows.values()))
        return tuple(rows[name] for name in self.programs)

    def take(self, ends: Sequence[BisectProgram]) -> None:
        """The programs that differ are those that others are judged by."""
        self.logs = {
            one.program: math.log(one.ratio)
            for one in ends
            if one.verdict == "different" and one.ratio is not None
        }

    def judge(self, commit: str) -> Judged:
        """By blocks of three."""
        commits = (self.good, commit, self.bad)
        good, other, bad = names = self.side.names(commits)
        judged = Judged("skipped", reason="nothing was measured")
        for found in self._sweeps(commits, tuple(self.logs), other):
            wanting = [name for name in self.logs if not found.is_scored(name, other)]
            if wanting:
                why = _reasons(found, names).get(wanting[0], "it was not measured")
                return Judged("skipped", None, judged.blocks, f"{wanting[0]}: {why}")
            to_good = blocks.log_ratios(found.blocks, good, other, self.metric)
            to_bad = blocks.log_ratios(found.blocks, other, bad, self.metric)
            if not all(name in to_good and name in to_bad for name in self.logs):
                judged = Judged("unknown", reason=f"{self.metric} is 0, and has no ratio")
                continue
            leanings = _mean_of(
                [math.copysign(1, log) * (own - rest) for own, rest in zip(*pair, strict=False)]
                for name, log in self.logs.items()
                for pair in [(to_good[name], to_bad[name])]
            )
            value = math.exp(fmean(median(to_good[name]) for name in self.logs))
            side = nearer(leanings, self.error)
            verdict = VERDICTS[side]
            reason = (
                f"not decided in {counted(len(leanings), 'block')}" if side == "unknown" else ""
            )
            judged = Judged(verdict, value, len(leanings), reason)
            if side != "unknown":
                break
        return judged

    def _sweeps(
        self, commits: Sequence[str], programs: Sequence[str], what: str
    ) -> Iterator[blocks.Measurement]:
        of = commits[1]
        return self.side.measured(
            commits,
            programs,
            "run",
            blocks.hash_seeds(self.most, SEEDS_SEED),
            f"comparing {what}, at most {counted(self.most, 'block')}",
            self.done.get(of, ()),
            lambda block: self.on_block(of, block),
        )


@dataclass
class BySignal:
    """A number that is read, exactly."""

    session: Session
    subject: SignalSubject
    jobs: int
    watch: Watch
    values: dict[str, float]
    good: str = ""
    bad: str = ""
    kind: Ruler = "signal"

    def ends(self, good: str, bad: str) -> tuple[BisectProgram, ...]:
        """Raises `MeasurementFailed` where it cannot be read at one of them."""
        self.good, self.bad = good, bad
        before, after = (self._value(commit) for commit in (good, bad))
        for one, commit in ((before, good), (after, bad)):
            if isinstance(one, str):
                message = f"{self.subject.name} cannot be read at {commit[:LETTERS]}: {one}"
                raise MeasurementFailed(message, "name a revision at which it can be")
        assert isinstance(before, float) and isinstance(after, float)
        verdict: Difference = "same" if before == after else "different"
        ratio = after / before if before else None
        return (BisectProgram(self.subject.program, verdict, ratio),)

    def judge(self, commit: str) -> Judged:
        """By distance."""
        value = self._value(commit)
        if isinstance(value, str):
            return Judged("skipped", reason=value)
        good, bad = (self._value(one) for one in (self.good, self.bad))
        assert isinstance(good, float) and isinstance(bad, float)
        return Judged("bad" if abs(value - bad) <= abs(value - good) else "good", value)

    def _value(self, commit: str) -> float | str:
        """The number, or why there is none."""
        if commit not in self.values:
            value = self._read(commit)
            if isinstance(value, str):
                return value
            self.values[commit] = value
        return self.values[commit]

    def _read(self, commit: str) -> float | str:
        subject, revision = self.subject, commit[:LETTERS]
        try:
            with session_at(self.session, revision, self.jobs, self.watch) as (then, full):
                base = Material(project=then.project, tool=material.tool_of(then), commit=full)
                reach = Reach(then, base, revision)
                found = read(subject.selection, reach, self.jobs, self.watch)
        except MoltBuildError as error:
            return _of_revision(error)
        for row in found.rows:
            if (row.signal, row.engine, row.program) == (
                subject.name,
                subject.engine,
                subject.program,
            ):
                return float(row.value) if row.value is not None else row.reason
        return found.skipped[0].reason if found.skipped else "it is not there"


def _of_revision(error: MoltBuildError) -> str:
    """Why a revision cannot be judged; raises the error where the machine failed, and no tool."""
    if isinstance(error, EnvironmentFailed) and not isinstance(error, ToolFailed):
        raise error
    return said(error)


def said(error: MoltBuildError) -> str:
    """What an error says first, without where the worktree lies."""
    return _WORKTREE.sub("", error.message.splitlines()[0])


def _reasons(found: blocks.Measurement, names: Sequence[str]) -> dict[str, str]:
    """Why programs were not scored, whichever engine it is that did not."""
    return {
        program: f"{cell.status}: {cell.reason}"
        for (program, engine), cell in found.cells.items()
        if engine in names and cell.status != "ok"
    }


def _mean_of(rows: Iterator[list[float]]) -> list[float]:
    """The means over programs, block by block."""
    return [fmean(own) for own in zip(*rows, strict=False)]
