"""Progress of a long job: a bar on a terminal, a plain line now and then in a pipe.

Both write to standard error, so that standard output holds the result alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from molt_build import voice
from molt_build.report.terminal import console_on
from molt_build.watch import Watch, duration

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 5.0


@contextmanager
def shown_progress(stream: TextIO | None = None) -> Iterator[Watch]:
    """A watch that suits the stream; whatever it draws is gone or complete when the block ends."""
    stream = stream or sys.stderr
    if voice.is_quiet():
        yield Quiet()
        return
    if not stream.isatty():
        yield PlainLines(stream)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        Remaining(),
        TextColumn("{task.fields[what]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console_on(stream), transient=True) as progress:
        yield Bar(progress)


class Quiet:
    """Nothing but warnings."""

    def phase(self, title: str, steps: int) -> None:
        """Not said."""

    def step(self, what: str = "") -> None:
        """Not said."""

    def note(self, line: str) -> None:
        """Said where it is a warning."""
        voice.tell(line)


class Bar:
    """One bar, for the phase that goes on; what it worked on last stands beside it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, title: str, steps: int) -> None:
        """Replace the bar."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(title, total=steps, what="")

    def step(self, what: str = "") -> None:
        """Move it by one."""
        if self._task is not None:
            self._progress.update(self._task, advance=1, what=what[:60])

    def note(self, line: str) -> None:
        """A line above the bar."""
        self._progress.console.print(line, markup=False, highlight=False)


class PlainLines:
    """A line when a phase begins, and about one in `LINE_EVERY_S` with what is left."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._title = ""
        self._steps = 0
        self._done = 0
        self._started = self._said = clock()

    def phase(self, title: str, steps: int) -> None:
        """Say that it begins."""
        self._title, self._steps, self._done = title, steps, 0
        self._started = self._said = self._clock()
        self._print(f"{title} ...")

    def step(self, what: str = "") -> None:
        """Count, and say how far it is when the last line is old enough."""
        self._done += 1
        now = self._clock()
        if now - self._said < LINE_EVERY_S or self._done >= self._steps:
            return
        self._said = now
        left_s = (now - self._started) / self._done * (self._steps - self._done)
        line = f"{self._title}: {self._done} of {self._steps}, {duration(left_s)} left"
        self._print(f"{line} ({what})" if what else line)

    def note(self, line: str) -> None:
        """Print it at once."""
        self._print(line)

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)
