"""An interrupt of a command that has begun: whatever signal asks for it, and whenever it comes.

SIGINT, SIGTERM, SIGHUP and SIGQUIT mean the same: what was started is ended, what is done is kept,
the exit code is 130, and one sentence says so. One that was ignored when the process began (by
`nohup`, or of a shell's job in the background) stays ignored.

The first signal raises `Interrupt` in the main thread, once; those that follow change nothing,
since what follows it is the clean-up. Three things could lose it, and a thread that a signal
wakes looks after all of them: it pokes the main thread until the interrupt has been taken.

- A signal that arrives just before the main thread goes to sleep in the kernel is handled by
  Python only when that ends, which may be the end of a compiler. A poke ends it at once.
- An exception that is raised in a finaliser or a callback is reported and dropped, and a careless
  `except` of a library drops it in silence. The next poke finds that it is gone, and raises anew.
- In a block of `held` nothing is raised until it is left: what is started there is known to who
  can end it, what is removed there is gone.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from molt_build.errors import EXIT_INTERRUPTED

POKE_S = 0.05
NUMBERS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
UNTOUCHED = (signal.SIG_DFL, signal.default_int_handler)  # handlers as Python starts with them


class Interrupt(KeyboardInterrupt):
    """What a signal raises; one that can be seen to be on its way."""


@dataclass
class _State:
    has_come: bool = False
    is_over: bool = False  # taken by who ends the command, or the command has ended
    held: int = 0
    main_thread: int | None = None  # of a command whose signals are ours
    flight: weakref.ref[Interrupt] | None = None  # dead when nobody has it any more

    @property
    def is_raised_now(self) -> bool:
        """Whether the main thread must be told, and has not been or has lost it."""
        is_flying = self.flight is not None and self.flight() is not None
        return self.has_come and not (self.is_over or self.held or is_flying)


_now = _State()


def run(command: Callable[[], int], replacing: Sequence[object] = UNTOUCHED) -> int:
    """Run a command of this process, in its main thread; its exit code, or 130.

    A signal's handler is replaced where it is one of `replacing`. When the command has ended, late
    signals do nothing: the exit status stays what it is.
    """
    try:
        _listen(replacing)
        code = command()
        _end()
    except BaseException as error:
        if not _now.has_come and not isinstance(error, KeyboardInterrupt):
            raise
        _end()
        _say_so()
        code = EXIT_INTERRUPTED
    return code


def is_wanted() -> bool:
    """Whether the command has been asked to end."""
    return _now.has_come


def taken() -> None:
    """Called in an `except KeyboardInterrupt` that ends the command in order and lets it go."""
    _now.is_over = _now.has_come


class held:
    """A block in which nothing is raised; an interrupt that came is raised when it is left.

    For what is short and must be whole: the start of a process that the main thread must know of
    before it may be interrupted, the removal of what was made.
    """

    def __enter__(self) -> None:
        self._is_main = _now.main_thread == threading.get_ident()
        if self._is_main:  # the number is the main thread's alone
            _now.held += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._is_main:
            _now.held -= 1
            if kind is None and _now.is_raised_now:
                raise _launched()


def say(line: str) -> None:
    """A line to standard error, if it is there: a closed terminal must give no second error."""
    if sys.stderr is None:  # else `print` would write to standard output
        return
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


def drop(stream: Any) -> None:
    """Let what a stream still holds, and all that follows, go nowhere: nobody can read it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def _listen(replacing: Sequence[object]) -> None:
    ours = [number for number in NUMBERS if signal.getsignal(number) in replacing]
    if not ours:
        return
    _now.main_thread = threading.get_ident()
    sys.unraisablehook = _unraisable
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_poke, args=(reader,), name="interrupts", daemon=True).start()
    for number in ours:
        signal.signal(number, _interrupt)


def _say_so() -> None:
    """The sentence; never waits for a reader who does not read."""
    if not _now.has_come:  # somebody else's KeyboardInterrupt: the streams are not ours to close
        say("interrupted")
        return
    if sys.stderr is not None:
        with suppress(OSError):
            if select.select([], [2], [], 0)[1]:
                os.write(2, b"interrupted\n")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            drop(stream)


def _end() -> None:
    """The command has ended; from here on its exit status stands."""
    _now.is_over = True
    if _now.main_thread is not None:
        signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)


def _interrupt(number: int, frame: object) -> None:
    _now.has_come = True
    if _now.is_raised_now:
        raise _launched()


def _launched() -> Interrupt:
    # Not in the frame that raises it: its traceback would keep it alive when it has been dropped.
    error = Interrupt()
    _now.flight = weakref.ref(error)
    return error


def _unraisable(dropped: Any) -> None:
    """An interrupt that a finaliser dropped is raised again; nobody needs to read of it."""
    if not issubclass(dropped.exc_type, Interrupt):
        sys.__unraisablehook__(dropped)


def _poke(reader: int) -> None:
    assert _now.main_thread is not None
    # Signals are for the main thread, which blocks them at the end, when Python lets go of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    number = os.read(reader, 1)[0]  # written by the C handler, whatever the main thread does
    while not _now.is_over:
        time.sleep(POKE_S)
        if not _now.is_over:
            signal.pthread_kill(_now.main_thread, number)
