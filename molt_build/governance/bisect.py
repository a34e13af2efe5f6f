"""The guilty commit: from a good revision to a bad one, by what tells them apart.

Both ends are built and compared first: where the same runs at both, or what differs is not as much
as the least effect, there is nothing to look for. Then the line between them is searched
(`molt_build.governance.ladder`), each revision built in a worktree of its own through the store.
One of which the same runs as of another that was judged has its verdict, and nothing is measured.

What is counted is exact, so counts come first, where there are any and they differ by the least
effect; else times are compared (`molt_build.governance.rulers`). That any answer which rests on
times is wrong has a chance of at most `ERROR_RATE`, in a search in which nothing is skipped; the
result says what it comes to of the comparisons that were made.

Each verdict is on disk before the next revision is looked at, and so is each block:

    {"event": "ends", ...}      the programs at the two ends, and by what they were compared
    {"event": "block", ...}     a block of a comparison, with the commit that it is about
    {"event": "revision", ...}  a revision that was judged
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from molt_build import interrupts
from molt_build.bench.programs import stage_lane
from molt_build.bench.staging import stage_suite
from molt_build.building.session import Session
from molt_build.clock import utc
from molt_build.codec import from_plain, to_plain
from molt_build.errors import MeasurementFailed, MoltBuildError, ToolMissing, UsageError
from molt_build.governance import guilt
from molt_build.governance.ladder import Ladder
from molt_build.governance.rulers import (
    LETTERS,
    At,
    Builds,
    ByBlocks,
    ByCounts,
    BySignal,
    Compared,
    Judged,
    Side,
)
from molt_build.governance.subjects import LaneSubject, SignalSubject, find_subject
from molt_build.measure.blocks import Block
from molt_build.measure.counting import Counter, find_counter
from molt_build.measure.environment import Environment
from molt_build.measure.process import COUNTED_METRIC, METRIC_WAYS, Launcher
from molt_build.measure.scratch import scratch_folders
from molt_build.measure.statistics import MAX_BLOCKS
from molt_build.results.bisect import (
    BisectAsked,
    BisectChange,
    BisectProgram,
    BisectResult,
    BisectRevision,
    Outcome,
    Ruler,
)
from molt_build.results.facts import SCHEMA_VERSION
from molt_build.runs.folder import BISECT, check_new_run, create_run
from molt_build.runs.job import (
    NEW_RUN,
    Finished,
    add_command,
    check_fingerprint,
    check_unfinished,
    gone_on_with,
    read_commands,
    remove_unmeasured,
)
from molt_build.runs.recorded import publish
from molt_build.runs.samples import SamplesFile, of_whole_events, read_samples
from molt_build.sources.revisions import Commit, commits_between, find_commit
from molt_build.watch import Watch

ERROR_RATE = 0.05


def run_bisect(
    session: Session,
    asked: BisectAsked,
    watch: Watch,
    *,
    jobs: int,
    command: Sequence[str],
    resume: str | None = None,
    is_resumed: bool = False,
) -> Finished[BisectResult]:
    """Search, write the result and record it.

    With `is_resumed` the run named `resume`, else the latest unfinished one, goes on with what was
    asked then. It fails where no single commit is found. Raises `UsageError` for names and
    revisions that do not exist and for a run that cannot go on, `MeasurementFailed` where an end
    cannot be built or run, KeyboardInterrupt where nothing was judged.
    """
    folder: Path | None = None
    if is_resumed:
        folder, asked = gone_on_with(session.project, BISECT, resume, asked, watch.note)
    else:
        check_new_run(session.project, BISECT)
    commits, subject = look_up(session, asked)
    environment = session.environment()
    facts = _fingerprint(commits, subject, environment)
    if folder is None:
        folder = create_run(session.project, BISECT, time.time())
    is_interrupted = False
    try:
        earlier = Earlier()
        if is_resumed:
            check_unfinished(folder)
            earlier = read_earlier(folder, facts)
        with SamplesFile(folder) as samples:
            add_command(samples, asked, command)
            if not is_resumed:
                samples.add("start", {"fingerprint": facts})
            search = _Search(
                session, asked, subject, commits, environment, samples, watch, jobs, earlier
            )
            try:
                search.run()
            except KeyboardInterrupt:
                if not search.rows:
                    raise
                interrupts.taken()
                is_interrupted = True
    except (KeyboardInterrupt, MoltBuildError):
        remove_unmeasured(folder)
        raise
    result = search.result(folder, is_interrupted=is_interrupted)
    publish(session.project, folder, result, watch.note)
    failed = () if result.outcome in ("found", "interrupted") else (f"{result.outcome}: no commit",)
    return Finished(folder, result, is_interrupted, failed)


def look_up(
    session: Session, asked: BisectAsked
) -> tuple[list[Commit], LaneSubject | SignalSubject]:
    """The line of commits, and what is compared; raises `UsageError` for what there is not."""
    good, bad = (find_commit(session.project, one) for one in (asked.good, asked.bad))
    if good == bad:
        message = f"{asked.good} and {asked.bad} are the same commit"
        raise UsageError(message, "name one that is good, and a later one that is bad")
    subject = find_subject(session.manifests, asked, good[:LETTERS], bad[:LETTERS])
    commits = commits_between(session.project, good, bad)
    return commits, subject


@dataclass
class Earlier:
    """What a run has: verdicts, what was found of the ends, and blocks of what was not decided."""

    rows: dict[str, BisectRevision] = field(default_factory=dict)
    programs: tuple[BisectProgram, ...] = ()
    ruler: Ruler | None = None
    blocks: dict[str, list[Block]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@of_whole_events
def read_earlier(folder: Path, /, facts: Mapping[str, Any]) -> Earlier:
    """What an interrupted run has; raises `UsageError` where it cannot go on."""
    found = Earlier()
    for event in read_samples(folder):
        if event["event"] == "start":
            check_fingerprint(folder.name, event["fingerprint"], facts)
        elif event["event"] == "ends":
            found.programs = from_plain(tuple[BisectProgram, ...], event["programs"])
            found.ruler = event["ruler"]
            found.notes = tuple(event["notes"])
        elif event["event"] == "block":
            block = from_plain(Block, event["block"])
            found.blocks.setdefault(event["commit"], []).append(block)
        elif event["event"] == "revision":
            row = from_plain(BisectRevision, event["revision"])
            found.rows[row.commit] = row
    return found


def _fingerprint(
    commits: Sequence[Commit], subject: LaneSubject | SignalSubject, environment: Environment
) -> dict[str, Any]:
    """What two parts of a run must have in common."""
    facts: dict[str, Any] = {
        "commits": [one.id for one in commits],
        "subject": subject.name,
        "machine_class": environment.machine_class,
    }
    if isinstance(subject, LaneSubject):
        facts |= {"column": subject.metric, "lane": subject.selection.name}
        facts["effect"] = subject.effect
    return facts


@dataclass
class _Search:
    """A search that is going on."""

    session: Session
    asked: BisectAsked
    subject: LaneSubject | SignalSubject
    commits: Sequence[Commit]
    environment: Environment
    samples: SamplesFile
    watch: Watch
    jobs: int
    earlier: Earlier
    began: float = field(default_factory=time.time)
    builds: Builds | None = None  # of programs
    ruler: Compared | None = None
    programs: tuple[BisectProgram, ...] = ()
    rows: dict[str, BisectRevision] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    outcome: Outcome = "interrupted"
    ladder: Ladder = field(init=False)

    def __post_init__(self) -> None:
        self.ladder = Ladder(len(self.commits) - 1)

    @property
    def good(self) -> str:
        return self.commits[0].id

    @property
    def bad(self) -> str:
        return self.commits[-1].id

    @property
    def step_error(self) -> float:
        """Of each comparison."""
        return ERROR_RATE / (self.ladder.looks + 1)

    def run(self) -> None:
        """From the ends to the commit."""
        self._compare_ends()
        if not self._kept():
            unsure = any(one.verdict == "unknown" for one in self.programs)
            self.outcome = "unclear" if unsure else "not different"
            return
        for place in (0, self.ladder.last):
            row = self._end_row(place)
            earlier = self.earlier.rows.get(row.commit, row)
            if (earlier.digest, earlier.verdict) != (row.digest, row.verdict):
                message = f"at {row.commit[:LETTERS]} another thing runs than when this was begun"
                raise UsageError(message, NEW_RUN)
            self._add(row)
        while (middle := self.ladder.next()) is not None:
            row = self.earlier.rows.get(self.commits[middle].id) or self._look(middle)
            self._add(row)
            if row.verdict in ("good", "bad"):
                self.ladder.judge(middle, is_bad=row.verdict == "bad")
            else:
                self.ladder.skipped.add(middle)
        self.outcome = "found" if len(self.ladder.suspects) == 1 else "range"

    def _add(self, row: BisectRevision) -> None:
        self.rows[row.commit] = row
        if row.commit not in self.earlier.rows:
            self.samples.add("revision", {"revision": to_plain(row)})
            what = f"{row.verdict}: {row.commit[:LETTERS]} {row.title}"
            self.watch.note(f"{what} ({row.reason})" if row.reason else what)

    def _kept(self) -> tuple[str, ...]:
        """The programs that revisions are judged by."""
        return tuple(one.program for one in self.programs if one.verdict == "different")

    # What both ends are, and by what they are told apart

    def _compare_ends(self) -> None:
        if isinstance(self.subject, SignalSubject):
            self.ruler = BySignal(self.session, self.subject, self.jobs, self.watch, {})
            self.programs = self.ruler.ends(self.good, self.bad)
            return
        stage = stage_lane if self.subject.selection.suite is None else stage_suite
        staged = stage(self.session, self.subject.selection, self.watch)
        self.builds = Builds(self.session, staged, self.subject.engine, self.jobs, self.watch)
        ends = [self.builds.at(commit) for commit in (self.good, self.bad)]
        names = [one.name for one in staged.programs]
        there = tuple(name for name in names if not any(one.lacking([name]) for one in ends))
        for one, commit in zip(ends, (self.good, self.bad), strict=True):
            if one.engine is None or not there:
                why = one.reason or next(filter(None, (one.lacking([name]) for name in names)), "")
                if why:
                    message = f"{commit[:LETTERS]} cannot be judged: {why}"
                    raise MeasurementFailed(message, "name a revision that builds")
        for name in names:
            if name not in there:
                why = next(filter(None, (one.lacking([name]) for one in ends)))
                self.notes.append(f"left out: {why}")
        same = tuple(name for name in there if len({one.digest([name]) for one in ends}) == 1)
        others = tuple(name for name in there if name not in same)
        found = tuple(BisectProgram(name, "same", 1.0) for name in same)
        if others:
            found += self._ends_of(self.subject, self.builds, others)
        self.programs = tuple(sorted(found, key=lambda one: names.index(one.program)))

    def _ends_of(
        self, subject: LaneSubject, builds: Builds, programs: tuple[str, ...]
    ) -> tuple[BisectProgram, ...]:
        """Programs of which another thing runs: by counts, or else by times."""
        is_known = self.earlier.ruler is not None
        counter = self._counter(subject) if self.earlier.ruler != "blocks" else None
        side = Side(builds, self.watch, self.environment.machine_class, counter)
        if counter is not None:
            by_counts = ByCounts(side, subject.effect, programs, {})
            found = by_counts.ends(self.good, self.bad)
            is_alone = METRIC_WAYS[subject.metric] == "counted"
            if is_alone or any(one.verdict == "different" for one in found):
                self.ruler = by_counts
                return self._settled(found)
            self.notes.append(
                "counts do not differ by the least effect, so times are compared"
                if all(one.verdict == "same" for one in found)
                else "not all programs can be counted, so times are compared"
            )
        by_blocks = ByBlocks(
            side,
            subject.metric,
            subject.effect,
            self.step_error,
            programs,
            self.asked.blocks or MAX_BLOCKS,
            self.earlier.blocks,
            lambda commit, block: self.samples.add(
                "block", {"commit": commit, "block": to_plain(block)}
            ),
            {},
        )
        self.ruler = by_blocks
        if is_known:
            self.notes = [*self.earlier.notes]
            by_blocks.good, by_blocks.bad = self.good, self.bad
            found = tuple(one for one in self.earlier.programs if one.program in programs)
            by_blocks.take(found)
            return found
        return self._settled(by_blocks.ends(self.good, self.bad))

    def _settled(self, found: tuple[BisectProgram, ...]) -> tuple[BisectProgram, ...]:
        """What was found of the ends, on disk."""
        assert self.ruler is not None
        if self.earlier.ruler is None:
            facts = {"programs": to_plain(found), "ruler": self.ruler.kind, "notes": self.notes}
            self.samples.add("ends", facts)
        return found

    def _counter(self, subject: LaneSubject) -> Counter | None:
        """What counts instructions; None where nothing does, unless that alone was asked for."""
        if not subject.is_counted_first:
            return None
        try:
            with scratch_folders("molt-build-counter-") as scratch, Launcher() as launcher:
                return find_counter(launcher, scratch)
        except ToolMissing as error:
            if METRIC_WAYS[subject.metric] == "counted":
                raise
            self.notes.append(error.message)
            return None

    # One revision

    def _at(self, commit: str) -> At | None:
        return None if self.builds is None else self.builds.at(commit)

    def _end_row(self, place: int) -> BisectRevision:
        commit = self.commits[place]
        at = self._at(commit.id)
        is_bad = place > 0
        value = 1.0
        if isinstance(self.ruler, BySignal):
            value = self.ruler.values[commit.id]
        elif is_bad:
            logs = [math.log(p.ratio) for p in self.programs if p.ratio and self._is_kept(p)]
            value = math.exp(math.fsum(logs) / len(logs))
        return BisectRevision(
            place=place,
            commit=commit.id,
            title=commit.title,
            verdict="bad" if is_bad else "good",
            digest=None if at is None else at.digest(self._kept()),
            value=value,
            blocks=max(one.blocks for one in self.programs) if is_bad else 0,
        )

    @staticmethod
    def _is_kept(program: BisectProgram) -> bool:
        return program.verdict == "different"

    def _look(self, place: int) -> BisectRevision:
        """A revision that nobody has looked at."""
        commit = self.commits[place]
        row = BisectRevision(place, commit.id, commit.title, "skipped")
        at = self._at(commit.id)
        if at is not None:
            if lacking := at.lacking(self._kept()):
                return replace(row, reason=lacking)
            digest = at.digest(self._kept())
            row = replace(row, digest=digest)
            for other in self.rows.values():
                if other.digest == digest:
                    verdict, reason = other.verdict, other.reason
                    same_as = other.same_as or other.commit
                    return replace(
                        row, verdict=verdict, reason=reason, same_as=same_as, value=other.value
                    )
        assert self.ruler is not None
        judged: Judged = self.ruler.judge(commit.id)
        return replace(
            row,
            verdict=judged.verdict,
            reason=judged.reason,
            value=judged.value,
            blocks=judged.blocks,
        )

    # What came of it

    def result(self, folder: Path, *, is_interrupted: bool) -> BisectResult:
        """The result as it is now."""
        subject, ladder = self.subject, self.ladder
        commands = read_commands(folder, BisectAsked)
        is_found = self.outcome in ("found", "range") and not is_interrupted
        ends = (self.commits[ladder.good], self.commits[ladder.bad]) if self.rows else None
        timed = [one for one in self.rows.values() if one.blocks and one.verdict != "unknown"]
        is_lane = isinstance(subject, LaneSubject)
        return BisectResult(
            run=f"{BISECT}/{folder.name}",
            kind="bisect",
            schema_version=SCHEMA_VERSION,
            command=commands[0].words,
            started=commands[0].started,
            finished=utc(time.time()),
            is_interrupted=is_interrupted,
            asked=self.asked,
            environment=self.environment,
            subject=subject.kind,
            lane=subject.selection.name if isinstance(subject, LaneSubject) else None,
            engine=subject.name if isinstance(subject, LaneSubject) else subject.engine,
            figure=self._figure(),
            ruler=None if self.ruler is None else self.ruler.kind,
            min_effect=subject.effect if isinstance(subject, LaneSubject) else 0.0,
            error_rate=self._error_rate(len(timed)),
            good=self.good,
            bad=self.bad,
            commits=ladder.last,
            revisions=tuple(sorted(self.rows.values(), key=lambda one: one.place)),
            programs=self.programs,
            outcome="interrupted" if is_interrupted else self.outcome,
            first_bad=ends[1].id if ends else None,
            last_good=ends[0].id if ends else None,
            suspects=tuple(self.commits[p].id for p in ladder.suspects) if is_found else (),
            changes=tuple(self._changes()) if is_found and is_lane else (),
            shown_by=tuple(self._commands()) if is_found else (),
            notes=tuple(dict.fromkeys((*self.notes, *self._moves()))),
        )

    def _error_rate(self, timed: int) -> float | None:
        if self.ruler is None or self.ruler.kind != "blocks":
            return None
        return self.step_error * max(1, timed)

    def _figure(self) -> str:
        if isinstance(self.subject, SignalSubject):
            return self.subject.name
        return COUNTED_METRIC if isinstance(self.ruler, ByCounts) else self.subject.metric

    def _moves(self) -> Iterator[str]:
        if self.ruler is None or self.ruler.kind == "blocks" or self.bad not in self.rows:
            return iter(())
        effect = self.subject.effect if isinstance(self.subject, LaneSubject) else 0.0
        return guilt.moves([*self.rows.values()], self.good, self.bad, effect)

    def _changes(self) -> Iterator[BisectChange]:
        """What differs between the last good and the first bad one, of what is judged."""
        assert self.builds is not None
        before, after = (
            self.builds.at(self.commits[p].id).engine for p in (self.ladder.good, self.ladder.bad)
        )
        assert before is not None and after is not None  # they were judged
        return guilt.changes(before, after, self._kept())

    def _commands(self) -> Iterator[str]:
        good, bad = (self.commits[p].id for p in (self.ladder.good, self.ladder.bad))
        return guilt.commands(self.subject, self._figure(), self._kept(), good, bad)
