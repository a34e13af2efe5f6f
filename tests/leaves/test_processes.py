"""Processes that are started end with all that they started."""

from __future__ import annotations

import subprocess

import pytest
from other_processes import running, wait_for

from molt_build import processes
from molt_build.errors import ToolFailed, ToolNotStarted


def test_what_takes_too_long_ends_with_its_children() -> None:
    """Also where a child holds the pipe from which the answer is read."""
    seconds = "6125.25"
    with pytest.raises(ToolFailed, match=r"^sh was ended after its time limit of 0.5 s$"):
        processes.run(["sh", "-c", f"sleep {seconds} & sleep {seconds}"], timeout_s=0.5)
    wait_for(lambda: not running(seconds), "the end of all")


def test_what_cannot_be_started_is_a_sentence() -> None:
    with pytest.raises(ToolNotStarted, match="/nowhere/tool could not be started: No such"):
        processes.run(["/nowhere/tool"])
    with pytest.raises(FileNotFoundError):
        processes.start(["/nowhere/tool"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_only_what_is_handed_over_is_inherited() -> None:
    with open("/dev/null") as kept, open("/dev/null") as other:
        script = f"for n in {kept.fileno()} {other.fileno()}; do [ -e /dev/fd/$n ] && echo $n; done"
        printed = processes.run(["sh", "-c", script], kept_open=[kept.fileno()]).stdout
        assert printed.split() == [str(kept.fileno())]


@pytest.mark.parametrize(
    "script, limit_s, how, said",
    [
        ("echo first >&2; echo last >&2; exit 3", 600, "failed with exit status 3", "last"),
        ("echo only; exit 3", 600, "failed with exit status 3", "only"),
        ("kill -9 $$", 600, "was killed by signal 9 (SIGKILL)", "was killed by signal 9 (SIGKILL)"),
        ("sleep 600", 0.2, "was ended after its time limit of 0.2 s", "was ended after its time"),
    ],
)
def test_a_tool_that_fails_says_how_and_why(
    script: str, limit_s: float, how: str, said: str
) -> None:
    with pytest.raises(ToolFailed) as caught:
        processes.output(["sh", "-c", script], timeout_s=limit_s)
    assert caught.value.message == f"sh {how}" and caught.value.how == how
    assert caught.value.last_lines().startswith(said)
    assert processes.output(["sh", "-c", "cat"], text="yes") == "yes"
