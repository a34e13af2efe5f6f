"""What trials count, the table of it, and processes that may not hang."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "projects"))

import fork_server

DYING_S = 10.0  # for what was killed to be gone from the process table
COLUMNS = ("trials", "wrong", "hung", "no sentence", "failed", "named", "rebuilt")


@dataclass
class Tally:
    """The counts of one kind of trial; the first four columns but `trials` must stay zero."""

    name: str
    trials: int = 0
    wrong: int = 0  # outputs that differ from the reference, or promises that were not kept
    hung: int = 0  # builds that did not end in their time
    no_sentence: int = 0  # tracebacks, and failures without a message
    failed: int = 0  # builds that ended with an error where they should have succeeded
    named: int = 0  # damaged files that a build named
    rebuilt: int = 0  # actions executed to make good
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.wrong or self.hung or self.no_sentence or self.failed)

    def note(self, text: str) -> None:
        """Keep a sentence for the summary, and say it now."""
        self.notes.append(text)
        print(f"{self.name}: {text}", flush=True)


def table(tallies: Sequence[Tally]) -> str:
    """The counts of all trials, a row each."""
    rows = [["", *COLUMNS, "seconds"]]
    for tally in tallies:
        counts = [getattr(tally, column.replace(" ", "_")) for column in COLUMNS]
        rows.append([tally.name, *map(str, counts), f"{tally.seconds:.0f}"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


class Progress:
    """A line every few seconds, at the end of a trial."""

    def __init__(self, tally: Tally, total: int, every_s: float = 20.0) -> None:
        self._tally = tally
        self._total = total
        self._every_s = every_s
        self._started = self._last = time.monotonic()

    def step(self) -> None:
        """One trial is done."""
        self._tally.trials += 1
        now = time.monotonic()
        self._tally.seconds = now - self._started
        if now - self._last > self._every_s:
            self._last = now
            bad = self._tally.wrong + self._tally.hung + self._tally.failed
            done = f"{self._tally.trials}/{self._total}"
            print(f"{self._tally.name}: {done}, {bad or 'none'} bad", flush=True)


@dataclass(frozen=True)
class Ended:
    """How a process ended; `code` is None when it had to be ended."""

    code: int | None
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What `--json` printed; empty when that is none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def command_environment(cache: Path | str, **more: str) -> dict[str, str]:
    """The whole environment of a command that works in this cache."""
    return {**fork_server.ENVIRONMENT, "MOLT_BUILD_CACHE_DIR": str(cache), **more}


def start(words: Sequence[str], folder: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """`molt-build WORDS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "molt_build", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], limit_s: float) -> Ended:
    """Wait for the end; a process that takes longer than its limit is killed."""
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return Ended(None, out, err)
    return Ended(process.returncode, out, err)


def ran(words: Sequence[str], folder: str, environment: dict[str, str], limit_s: float) -> Ended:
    """`molt-build WORDS` to its end, where nothing happens to it meanwhile."""
    if not fork_server.may_fork(environment):
        return finish(start(words, folder, environment), limit_s)
    try:
        return Ended(*fork_server.run(words, Path(folder), environment, limit_s))
    except TimeoutError as error:
        return Ended(None, "", str(error))


def processes_in(folder: Path) -> list[str]:
    """The command lines of running processes that work in a folder or name it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(entry / "cwd")
        except OSError:
            continue
        if str(folder) in words or str(folder) in where:
            found.append(words)
    return found


def judge(tally: Tally, ended: Ended, when: str, is_right: Callable[[], str]) -> bool:
    """Count how a build ended that should have succeeded; `is_right` says what is wrong."""
    if ended.code is None:
        tally.hung += 1
        tally.note(f"{when}: did not end; {ended.err.strip()[-300:]}")
        return False
    if "Traceback" in ended.err or (ended.code and "error" not in ended.err.lower()):
        tally.no_sentence += 1
        tally.note(f"{when}: exit code {ended.code} without a sentence; {ended.err[-600:]}")
        return False
    if ended.code:
        tally.failed += 1
        tally.note(f"{when}: exit code {ended.code}; {ended.err.strip()[-300:]}")
        return False
    what = is_right()
    if what:
        tally.wrong += 1
        tally.note(f"{when}: {what}")
        return False
    tally.rebuilt += int(ended.report.get("executed", 0))
    return True
