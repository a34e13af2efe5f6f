"""Running a tool to its end, with all that it starts.

The tool has a session of its own, so that the terminal's Ctrl-C is for molt_build alone. Whatever
ends the wait, an interrupt or the time limit, ends the tool and every process of its group: an
installer's own children do not go on without it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from molt_build import interrupts


def run(
    argv: Sequence[str],
    *,
    given: str = "",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,  # None: ours
    timeout_s: float | None = None,
    kept_open: Sequence[int] = (),  # descriptors that it inherits
) -> subprocess.CompletedProcess[str]:
    """What the tool printed, and its exit status; `given` is its standard input.

    Raises `OSError` when it cannot be started, and `subprocess.TimeoutExpired`.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with interrupts.held():
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                pass_fds=kept_open,
            )
        out, err = process.communicate(given, timeout_s)
    except BaseException:
        if process is not None:
            with process:  # closes its pipes and waits
                if process.poll() is None:
                    with suppress(ProcessLookupError, PermissionError):
                        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)
