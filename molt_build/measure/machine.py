"""The machine as something that one measurement at a time may use.

The lock is one file for the whole machine, in /tmp whatever TMPDIR says, for all users: two
measurements that run side by side spoil both. The kernel releases it when its holder dies, and with
it those children that were given it on purpose: builds that are measured, which go on when their
measurer is killed, and would spoil what is measured next. No other child inherits it. The file
names its holder; that note is for people and is not trusted. Who may not write the file can still
lock it. Containers with a /tmp of their own do not see one another.
"""

from __future__ import annotations

import math
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor

from molt_build.errors import EnvironmentFailed
from molt_build.secrecy import process_words, this_command
from molt_build.watch import Watch

LOCK_PATH = Path("/tmp/molt-build-measure.lock")
LOCK_WAIT_S = 3600.0
POLL_S = 0.2
NOTE_LIMIT_BYTES = 400
LOAD_SAMPLE_S = 0.2


@contextmanager
def measuring(
    path: Path = LOCK_PATH,
    *,
    timeout_s: float = 0.0,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """Hold the machine for one measurement; the descriptor holds it as long as anybody has it.

    When another one holds it, `on_wait` is told who, once. Raises `EnvironmentFailed` naming the
    holder after `timeout_s`, or when the lock file is not one that can be trusted.
    """
    descriptor, is_writable = _open(path)
    try:
        deadline = time.monotonic() + timeout_s
        is_told = False
        while not lock_descriptor(descriptor, blocking=False):
            who = holder(path)
            if time.monotonic() >= deadline:
                message = f"another measurement is running on this machine: {who}"
                raise EnvironmentFailed(message, "wait for it, or end it")
            if on_wait is not None and not is_told:
                on_wait(who)
                is_told = True
            time.sleep(POLL_S)
        if is_writable:
            _write_note(descriptor)
        try:
            yield descriptor
        finally:
            if is_writable:
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def exclusively(watch: Watch) -> AbstractContextManager[int]:
    """Hold the machine for one measurement; while another holds it, the watch is told who."""
    return measuring(
        LOCK_PATH,
        timeout_s=LOCK_WAIT_S,
        on_wait=lambda who: watch.note(f"waiting: {who} is measuring on this machine"),
    )


def await_turn(watch: Watch, *, is_patient: bool) -> None:
    """Return once nobody measures on this machine: asked before a command prepares anything, as
    what it builds would spoil what another measures.

    Raises `EnvironmentFailed` naming who measures, unless the command `is_patient`. Builds that a
    killed measurement left are waited for in any case: they end by themselves.
    """

    def wait_or_refuse(who: str) -> None:
        if not is_patient and not _has_ended(who):
            message = f"another measurement is running on this machine: {who}"
            raise EnvironmentFailed(message, "let it end, or say --wait to wait for it")
        watch.note(f"waiting: {who} is measuring on this machine")

    with measuring(LOCK_PATH, timeout_s=math.inf, on_wait=wait_or_refuse):
        pass


def _has_ended(who: str) -> bool:
    """Whether the process of a holder's note is gone, and only what it started holds the lock."""
    number = re.match(r"process (\d+) ", who)
    try:
        os.kill(int(number[1]) if number else os.getpid(), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def holder(path: Path = LOCK_PATH) -> str:
    """Who holds the lock, as the holder wrote it; only for messages."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            note = os.read(descriptor, NOTE_LIMIT_BYTES).decode("utf-8", "replace")
        finally:
            os.close(descriptor)
        text = "".join(character for character in note if character.isprintable())
        if text:
            return text
    return "a process that left no name"


def choose_cpu() -> int | None:
    """The processor to pin programs to: allowed to us, the least busy of them.

    Processor 0 serves most interrupts and is taken only when it is the only one. None where a
    process cannot be pinned.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = os.sched_getaffinity(0)
    candidates = sorted(allowed - {0}) or sorted(allowed)
    if len(candidates) == 1:
        return candidates[0]
    before = _busy_ticks()
    time.sleep(LOAD_SAMPLE_S)
    after = _busy_ticks()
    # Equal loads go to the highest number, which the kernel fills last.
    return min(candidates, key=lambda cpu: (after.get(cpu, 0) - before.get(cpu, 0), -cpu))


def _open(path: Path) -> tuple[int, bool]:
    """The lock file, and whether its note can be written by us."""
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        try:
            descriptor, is_writable = os.open(path, os.O_RDWR | flags), True
        except FileNotFoundError:
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o666)
                os.fchmod(descriptor, 0o666)  # whatever the umask: the next user writes its name
                is_writable = True
            except FileExistsError:
                descriptor, is_writable = os.open(path, os.O_RDWR | flags), True
        except PermissionError:
            descriptor, is_writable = os.open(path, os.O_RDONLY | flags), False
    except OSError as error:
        message = f"cannot open the machine's measurement lock {path}: {error.strerror}"
        raise EnvironmentFailed(message, f"remove {path}, or make it readable") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        message = f"the machine's measurement lock {path} is not a plain file of its own"
        raise EnvironmentFailed(message, f"remove {path}")
    return descriptor, is_writable


def _write_note(descriptor: int) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    note = f"{process_words(os.getpid(), this_command())} since {since}\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note.encode("utf-8", "replace")[:NOTE_LIMIT_BYTES], 0)


def _busy_ticks() -> dict[int, int]:
    """Ticks that each processor was not idle since the machine started; empty if not known."""
    ticks: dict[int, int] = {}
    with suppress(OSError), open("/proc/stat") as stream:
        for line in stream:
            name, *fields = line.split()
            if name.startswith("cpu") and name != "cpu":
                values = [int(field) for field in fields]
                idle = sum(values[3:5])
                ticks[int(name[3:])] = sum(values[:8]) - idle
    return ticks
