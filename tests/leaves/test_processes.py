"""Processes that are started end with all that they started."""

from __future__ import annotations

import subprocess

import pytest
from build_projects import running, wait_for

from molt_build import processes
from molt_build.errors import EnvironmentFailed


def test_what_takes_too_long_ends_with_its_children() -> None:
    """Also where a child holds the pipe from which the answer is read."""
    seconds = "6125.25"
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run(["sh", "-c", f"sleep {seconds} & sleep {seconds}"], timeout_s=0.5)
    wait_for(lambda: not running(seconds), "the end of all")


def test_what_cannot_be_started_is_a_sentence() -> None:
    with pytest.raises(EnvironmentFailed, match="/nowhere/tool could not be started: No such"):
        processes.run(["/nowhere/tool"])
    with pytest.raises(FileNotFoundError):
        processes.start(["/nowhere/tool"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_only_what_is_handed_over_is_inherited() -> None:
    with open("/dev/null") as kept, open("/dev/null") as other:
        script = f"for n in {kept.fileno()} {other.fileno()}; do [ -e /dev/fd/$n ] && echo $n; done"
        printed = processes.run(["sh", "-c", script], kept_open=[kept.fileno()]).stdout
        assert printed.split() == [str(kept.fileno())]
