"""A terminal of our own: what a program shows on one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from other_processes import PATIENCE_S


def shown_on_a_terminal(start: Callable[[int], subprocess.Popen[Any]]) -> tuple[str, int]:
    """All that a program shows, and its exit status; `start` starts it on that terminal."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = start(theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the other side is closed, on Linux
            break
        if not some:
            break
        seen += some
    os.close(ours)
    return seen.decode(), process.wait(PATIENCE_S)
