"""The skeleton of every job that measures: what was asked, a run, its parts, a recorded result.

A job (a lane, suites, the cases) measures into a run's folder, and whatever ends it, the run can be
gone on with. What holds then is the same for all:

- What was asked for is what it was begun with (`read_commands`, `check_asked`). Who resumes a run
  says so and nothing else.
- What is measured has a *fingerprint*: facts that the numbers depend on. A run does not go on when
  one of them changed (`check_fingerprint`), for its halves would not fit together.
- The machine's measurement lock is held from the first probe of its noise to the last. What an
  interrupted run left is read under the lock: until then another process may be going on with it.
- Each time that it is gone on with is a *part* of the run, with the noise before and after it.
- A complete run is recorded in the history before `result.json` says that it is complete
  (`molt_build.runs.recorded`). Who is killed between the two is gone on with, and recorded anew.
- An interrupt (`molt_build.interrupts`) is taken where there is something to keep. Blocks take it
  and end with those that are complete; a pilot, which leaves nothing, raises it; a way of measuring
  takes it once one is planned, a job once it has a lane or a cell. Who takes it publishes what is
  there, and says that it is interrupted; who has nothing lets it rise, and the run's folder is
  removed if nothing was measured (`remove_unmeasured`). The exit code is 130 either way.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from molt_build.clock import utc
from molt_build.codec import OtherShape, from_plain, to_plain
from molt_build.errors import UsageError
from molt_build.files import remove_tree
from molt_build.measure.noise import noise_report, probe_noise
from molt_build.measure.others import look, others_share
from molt_build.results.facts import Part
from molt_build.results.files import RESULT_FILE, Result
from molt_build.runs.folder import given_name, run_folders
from molt_build.runs.samples import SamplesFile, of_whole_events, read_samples

NAMES_SHOWN = 5  # of runs, the latest first
NEW_RUN = "begin a new run, without --resume"

Asked = TypeVar("Asked")
R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Finished(Generic[R]):
    """A result and where it lies; it may be that of an interrupted run."""

    folder: Path
    result: R
    is_interrupted: bool
    failures: tuple[str, ...]  # what makes the command a failure, a line each
    refused: tuple[str, ...] = ()  # what could not be gone on with, and why


@dataclass(frozen=True)
class Command(Generic[Asked]):
    """A command that began a run, or added to it; `asked` is the job's own dataclass."""

    asked: Asked
    words: tuple[str, ...]
    started: str  # UTC


def add_command(samples: SamplesFile, asked: object, words: Sequence[str]) -> str:
    """Write down that a command begins; when that was."""
    started = utc(time.time())
    facts = {"asked": to_plain(asked), "words": list(words), "started": started}
    samples.add("command", facts)
    return started


@of_whole_events
def read_commands(folder: Path, kind: type[Asked]) -> list[Command[Asked]]:
    """The commands of a run, in order; what they were asked for is of that kind.

    Raises `UsageError` when another version, whose commands had other options, began the run.
    """
    found = []
    for event in read_samples(folder):
        if event["event"] == "command":
            try:
                asked = from_plain(kind, event["asked"])
            except OtherShape:
                message = f"{folder.name} was begun by another version of molt_build"
                raise UsageError(message, NEW_RUN) from None
            found.append(Command(asked, tuple(event["words"]), event["started"]))
    return found


def asked_then(folder: Path, given: Asked) -> Asked:
    """What a run was begun with; raises `UsageError` when other options are given now."""
    begun = read_commands(folder, type(given))[0].asked
    check_asked(folder, begun, given)
    return begun


def check_asked(folder: Path, begun: Asked, given: Asked) -> None:
    """Raises `UsageError` when other options are given than the run was begun with."""
    if given not in (begun, type(given)()):
        message = f"{folder.name} was begun with other options"
        raise UsageError(message, "use --resume alone: it goes on with what was asked then")


def unfinished_run(project: Path, job: str, name: str | None = None) -> Path:
    """The folder of the job's run to go on with: when none is named, the one that the environment
    names, if there is such a run, else the latest unfinished one.

    Raises `UsageError` when there is none, or the one that is named is complete; it says which can
    be gone on with.
    """
    unfinished = unfinished_runs(project, job)
    names = ", ".join(folder.name for folder in unfinished[: -NAMES_SHOWN - 1 : -1])
    hint = f"unfinished: {names}" if names else NEW_RUN
    if name is None:
        given, there = given_name(), [one.name for one in run_folders(project, job)]
        name = given if given in there else None
    if name is None:
        if not unfinished:
            raise UsageError(f"there is no unfinished run of {job}", NEW_RUN)
        return unfinished[-1]
    for folder in run_folders(project, job):
        if folder.name == Path(name).name:
            if _is_complete(folder):
                raise UsageError(f"{folder.name} is complete: there is nothing to go on with", hint)
            if not _is_begun(folder):
                raise UsageError(f"{folder.name} ended before anything was measured", hint)
            return folder
    raise UsageError(f"there is no run {name} of {job}", hint)


def unfinished_runs(project: Path, job: str) -> list[Path]:
    """The folders of the job's runs that can be gone on with, the latest last."""
    return [one for one in run_folders(project, job) if not _is_complete(one) and _is_begun(one)]


def gone_on_with(
    project: Path, job: str, name: str | None, given: Asked, note: Callable[[str], None]
) -> tuple[Path, Asked]:
    """The unfinished run to go on with, which is told, and what it was begun with.

    Raises `UsageError` as `unfinished_run` and `asked_then` do.
    """
    folder = unfinished_run(project, job, name)
    begun = asked_then(folder, given)
    note(going_on_with(project, job, folder))
    return folder, begun


def going_on_with(project: Path, job: str, folder: Path) -> str:
    """Which run goes on, and which others could."""
    others = [one.name for one in unfinished_runs(project, job) if one != folder]
    also = f"; unfinished too: {', '.join(others[: -NAMES_SHOWN - 1 : -1])}" if others else ""
    return f"going on with {folder.name}{also}"


def _is_begun(folder: Path) -> bool:
    """Whether what is measured was settled, so that it can be gone on with."""
    return any(event["event"] == "start" for event in read_samples(folder))


def check_unfinished(folder: Path) -> None:
    """Raises `UsageError` when a run is complete: nothing is left to go on with."""
    if _is_complete(folder):
        raise UsageError(f"{folder.name} is complete: there is nothing to go on with")


def _is_complete(folder: Path) -> bool:
    """Whether its result says that everything is there; one that cannot be read says nothing."""
    try:
        result = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(result, dict) and (
        result.get("is_complete") is True
        or result.get("is_interrupted", result.get("interrupted")) is False
    )


def remove_unmeasured(folder: Path) -> None:
    """Remove a run in which nothing was measured yet."""
    has_result = os.path.lexists(folder / RESULT_FILE)
    begun = ("command", "start")
    if not has_result and all(event["event"] in begun for event in read_samples(folder)):
        remove_tree(folder, may_fail=True)


def check_fingerprint(what: str, begun: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises `UsageError` naming what changed since, where the halves would not fit together."""
    now = json.loads(json.dumps(now))
    names = dict.fromkeys((*begun, *now))
    changed = [
        _change(name, begun.get(name), now.get(name))
        for name in names
        if begun.get(name) != now.get(name)
    ]
    if changed:
        message = f"{what} cannot go on, since these changed: {', '.join(changed)}"
        raise UsageError(message, NEW_RUN)


def _change(name: str, begun: Any, now: Any) -> str:
    """What of a fact changed: which of its entries, where it has entries."""
    if not isinstance(begun, dict) or not isinstance(now, dict):
        return name
    keys = [key for key in dict.fromkeys((*begun, *now)) if begun.get(key) != now.get(key)]
    return f"{name} ({', '.join(keys)})"


class RunningPart:
    """One time that a run is measured, from now on, and what the machine is like meanwhile."""

    def __init__(self, cpu: int | None = None) -> None:
        self._began = time.time()
        self._cpu = cpu
        self._before = probe_noise(cpu)
        self._look = look()

    @property
    def part(self) -> Part:
        """This part of the run, as long as it goes on."""
        return Part(utc(self._began), 0.0, 0, self._before, None, ())

    def end(self, samples: SamplesFile, blocks: int) -> Part:
        """Write down that it ended, with what it completed."""
        others = others_share(self._look, look())
        after = probe_noise(self._cpu)
        part = replace(
            self.part,
            seconds=round(time.time() - self._began, 3),
            blocks=blocks,
            noise_after=after,
            warnings=tuple(noise_report(self._before, after, others)),
            others_share=others,
        )
        samples.add("part", to_plain(part))
        return part


def warnings_of(parts: Iterable[Part]) -> tuple[str, ...]:
    """What made the machine noisy in any of a run's parts, each once."""
    return tuple(dict.fromkeys(line for part in parts for line in part.warnings))
