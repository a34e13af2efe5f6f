"""Waiting for a quiet machine: it ends when it is quiet, and when it never is."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.measure.noise import BUSY_SHARE
from molt_build.measure.others import look
from molt_build.measure.quiescence import await_quiet


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 20))
def test_it_waits_no_longer_than_it_may(shares: list[float | None], limit_s: int) -> None:
    """A window takes a second; what is quiet, or cannot tell, is not waited for."""
    now, said = [0.0], list[str]()
    following: Iterator[float | None] = iter([*shares, *[None] * 30])

    def share() -> float | None:
        now[0] += 1
        return next(following)

    is_quiet = await_quiet(said.append, limit_s=limit_s, share=share, clock=lambda: now[0])
    busy = [one is not None and one > BUSY_SHARE for one in shares]
    quiet_at = busy.index(False) if False in busy else len(shares)
    assert is_quiet == (quiet_at <= max(0, limit_s - 1))
    assert now[0] <= max(1, limit_s)
    if not busy[0]:
        assert said == []
    elif is_quiet:
        assert len(said) == 1 and "waiting for a quiet machine" in said[0]
    else:
        assert said[-1].endswith("measured beside them")


def test_work_of_others_is_waited_for_and_told() -> None:
    if look() is None:
        pytest.skip("/proc is not there")
    spinner = f"{shlex.quote(sys.executable)} -c 'while True: pass' >/dev/null 2>&1 & echo $!"
    every = os.cpu_count() or 1
    # Orphans: what a child of this process does would be its own work.
    done = subprocess.run(["sh", "-c", ";".join([spinner] * every)], capture_output=True, text=True)
    said: list[str] = []
    try:
        assert not await_quiet(said.append, limit_s=0.5)
    finally:
        for pid in done.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
    assert "measured beside them" in said[-1]
