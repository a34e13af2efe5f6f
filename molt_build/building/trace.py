"""A trace of a build that Perfetto and chrome://tracing open: what ran when, and who waited.

The format is the "JSON Array Format" of the Trace Event Format. Each event is one line, written
whole with O_APPEND, so that several processes may write to one file at the same time; the array is
left open, as the format allows (take the last comma away and add `]` for a strict JSON parser).
Times are microseconds of the wall clock, so that the processes of one machine line up; within one
process they follow the monotonic clock, so that spans nest.

A trace that cannot be written any further is given up, with one sentence, and never fails a build.
Imports the standard library alone, and so no filelock: a warm build writes one too.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.secrecy import this_command

if TYPE_CHECKING:
    from molt_build.store.lock_log import LockUse


class Trace:
    """An open trace file. `span` may be called from any thread."""

    def __init__(self, path: Path, report: Callable[[str], None]) -> None:
        """Open or make the file.

        Raises `UsageError` when it holds something else, `EnvironmentFailed` when it cannot be
        written.
        """
        self._path = path
        self._report = report
        self._began_ns = time.monotonic_ns()
        self._offset_ns = time.time_ns() - self._began_ns
        self._threads: set[int] = set()
        self._lock = threading.Lock()
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o644)
            _begin(self._descriptor, path)
        except OSError as error:
            message = f"the trace {path} cannot be written: {error.strerror}"
            raise EnvironmentFailed(message, "name another file with --trace") from error
        self._is_open = True
        command = this_command(500)
        self._metadata("process_name", command)

    def span(
        self,
        name: str,
        category: str,
        began_ns: int,  # of `time.monotonic_ns()`
        arguments: Mapping[str, object],
        ended_ns: int | None = None,  # now, if not given
        thread: int | None = None,  # native id
    ) -> None:
        """Write a complete event of the calling thread, if no other is given."""
        ended_ns = time.monotonic_ns() if ended_ns is None else ended_ns
        own = threading.get_native_id()
        thread = own if thread is None else thread
        if thread == own and thread not in self._threads:
            self._threads.add(thread)
            self._metadata("thread_name", threading.current_thread().name)
        began_us = (began_ns + self._offset_ns) // 1000
        ended_us = (ended_ns + self._offset_ns) // 1000
        self._write(
            {
                "name": name,
                "cat": category,
                "ph": "X",
                "ts": began_us,
                "dur": max(0, ended_us - began_us),
                "pid": os.getpid(),
                "tid": thread,
                "args": arguments,
            }
        )

    def lock(self, use: LockUse) -> None:
        """Write what a lock cost as two spans: the wait, if there was one, and the hold."""
        acquired_ns = use.began_ns + round(use.waited_s * 1e9)
        slot = {} if use.slot is None else {"slot": use.slot}
        if use.attempts > 1 and use.waited_s > 0:
            wait: dict[str, object] = {"attempts": use.attempts, **slot}
            if use.holder is not None:
                wait["holder"] = str(use.holder)
            title = f"wait for {use.kind} {use.name}"
            self.span(title, "lock wait", use.began_ns, wait, acquired_ns, use.thread)
        if use.is_acquired and use.held_s > 0:
            ended_ns = acquired_ns + round(use.held_s * 1e9)
            self.span(f"{use.kind} {use.name}", "lock", acquired_ns, slot, ended_ns)

    def close(self) -> None:
        """Write the span of the whole command; nothing may be written after it."""
        self.span("molt-build", "command line", self._began_ns, {})
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._descriptor)

    def _metadata(self, kind: str, name: str) -> None:
        self._write(
            {
                "name": kind,
                "ph": "M",
                "pid": os.getpid(),
                "tid": threading.get_native_id(),
                "args": {"name": name},
            }
        )

    def _write(self, event: Mapping[str, object]) -> None:
        line = (json.dumps(event, separators=(",", ":")) + ",\n").encode()
        with self._lock:
            if not self._is_open:
                return
            try:
                written = os.write(self._descriptor, line)
                reason = "" if written == len(line) else "the disk is full"
            except OSError as error:
                reason = error.strerror or str(error)
            if reason:
                self._is_open = False
                os.close(self._descriptor)
        if reason:
            self._report(f"the trace {self._path} ends here: {reason}")


def _begin(descriptor: int, path: Path) -> None:
    """Write the opening bracket into an empty file; refuse one that is no open trace."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # who sees it empty writes the bracket, before all else
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            os.write(descriptor, b"[\n")
            return
        has_trace = os.pread(descriptor, 1, 0) == b"[" and os.pread(descriptor, 2, size - 2) in (
            b"[\n",
            b",\n",
        )
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    if not has_trace:
        os.close(descriptor)
        raise UsageError(f"{path} exists, and is no trace that can be added to", "name a new file")
