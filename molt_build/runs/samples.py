"""The events of a run, `samples.jsonl` in its folder: a line of JSON for each, as they happen.

Every event is on disk before what follows begins, so that what is measured survives whatever ends
the run. It is one write at the file's end: commands that add to a run side by side do not mix their
lines. A torn last line is passed over, and the next event begins a line of its own.

    {"event": "command", ...}  a command begins the run, or adds to it: what it was asked for
    {"event": "start", ...}    what is measured: must be the same for that to be gone on with
    {"event": "part", ...}     a measurement ended, or was interrupted in order

Between the last two stand the job's own: plans and blocks, or samples and cells. A job of several
suites names the suite in each event but the first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from filelock import lock_descriptor

from molt_build.errors import UsageError
from molt_build.files import append_to, real_folder
from molt_build.results.files import results_root

SAMPLES_FILE = "samples.jsonl"

P = ParamSpec("P")
T = TypeVar("T")


class SamplesFile:
    """The events of a run that is going on; each has the names that are given."""

    def __init__(self, folder: Path, **names: str) -> None:
        self._names = names
        file = real_folder(results_root(folder), folder) / SAMPLES_FILE
        is_torn = file.exists() and not file.read_bytes().endswith(b"\n")
        self._descriptor = append_to(file)
        if is_torn:
            self._write(b"\n")

    def __enter__(self) -> SamplesFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def add(self, event: str, facts: Mapping[str, Any]) -> None:
        """Append one event."""
        self._write(json.dumps({"event": event, **self._names, **facts}).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        """In one piece, but where the disk takes only a part of it: then the rest says why."""
        while line:
            line = line[os.write(self._descriptor, line) :]


@contextmanager
def result_held(folder: Path) -> Iterator[None]:
    """A block in which no other command that adds to the run reads its result to replace it.

    On a file system without locks nothing holds it: there one command at a time may add to a run.
    """
    descriptor = append_to(real_folder(results_root(folder), folder) / SAMPLES_FILE)
    try:
        with suppress(OSError):
            lock_descriptor(descriptor, blocking=True)
        yield
    finally:
        os.close(descriptor)


def of_whole_events(read: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """A reader of a run's events whose first argument is its folder, told of events that no run
    writes by `UsageError`: lines that are torn are passed over, those that were edited are not.
    """

    @wraps(read)
    def reading(folder: Path, /, *args: P.args, **named: P.kwargs) -> T:
        try:
            return read(folder, *args, **named)
        except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
            message = f"{folder / SAMPLES_FILE} has an event that no run writes"
            message += f" ({type(error).__name__}: {error})"
            raise UsageError(message, "begin a new run, without --resume") from error

    return reading


def read_samples(folder: Path, **names: str) -> Iterator[dict[str, Any]]:
    """The events of a run, in order; a torn line is passed over.

    With names those that have them, which are left out.
    """
    try:
        text = (folder / SAMPLES_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if not isinstance(event, dict) or "event" not in event:
            continue
        if all(event.get(name) == value for name, value in names.items()):
            yield {name: value for name, value in event.items() if name not in names}
