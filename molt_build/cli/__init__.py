# PYTHON_ARGCOMPLETE_OK
"""What people type: `main` is the entry point of `molt-build` and of `python -m molt_build`.

A build that has nothing to do is told before argparse or anything else is imported; every other
command line, and every build with something to do, goes to `molt_build.cli.command_line`.

From its first line on, a signal that asks the command to end gives exit code 130 and one sentence.
Until a command has begun there is nothing to end or to keep, so the process ends where it is; from
then on see `molt_build.interrupts`. Importing this changes nothing: only `main` does, and
only when it runs the command line of its own process.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Sequence
else:
    import _signal  # Python has it anyway; `signal` imports enum, which takes longer than all this

_SIGNALS = (1, 2, 3, 15)  # SIGHUP, SIGINT, SIGQUIT, SIGTERM: these numbers are POSIX's


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (see `molt_build.errors`).

    Without `argv` it is the command line of this process, and signals are the command's.
    """
    if os.name != "posix":
        print("error: molt_build runs on Linux and macOS", file=sys.stderr)
        print("  on Windows, use it inside WSL", file=sys.stderr)
        return 4
    if argv is not None:
        return _run(argv)
    for number in _SIGNALS:
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, end_at_once)
    try:
        return _run(sys.argv[1:])
    finally:
        # Late ones find the command ended, and do not change its exit status.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _SIGNALS)


def end_at_once(number: int, frame: object) -> None:
    """What a signal does before a command has begun; there is no way out that could go wrong."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, _SIGNALS)
    try:
        if sys.stderr is not None:  # else its descriptor may be another file's
            os.write(2, b"interrupted\n")
    finally:
        os._exit(130)


def _run(words: Sequence[str]) -> int:
    if "build" in words[:3]:
        from molt_build.cli import warm_build

        code = warm_build.run(words)
        if code is not None:
            return code
    from molt_build.cli import command_line

    return command_line.run(words)
