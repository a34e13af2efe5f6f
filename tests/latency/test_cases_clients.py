"""Processes side by side: how they end, and that nothing of them is left."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from other_processes import PATIENCE_S, running, wait_for

from molt_build.errors import MeasurementFailed
from molt_build.latency.clients import Command, Ended, run_together
from molt_build.latency.reports import read_equality, read_reports, why_it_failed


def command(folder: Path, script: str) -> Command:
    return Command(("/bin/sh", "-c", script), folder, {"PATH": "/usr/bin:/bin"}, folder)


@pytest.mark.parametrize(
    ("script", "code", "was_ended"),
    [
        ("exit 0", 0, False),
        ("exit 1", 1, False),
        ("exit 4", 4, False),
        ("exit 124", 124, True),
        ("exit 137", 137, True),
        ("kill -SEGV $$", -signal.SIGSEGV, True),
    ],
)
def test_what_counts_as_ended_from_outside(
    tmp_path: Path, script: str, code: int, was_ended: bool
) -> None:
    _, [ended] = run_together([command(tmp_path, script)], PATIENCE_S)
    assert (ended.code, ended.was_ended, ended.timed_out) == (code, was_ended, False)


def test_all_start_at_once_and_the_last_one_counts(tmp_path: Path) -> None:
    """Each waits for the other: one after the other they would never end."""
    meet = "touch {me}; while [ ! -e {other} ]; do sleep 0.01; done; echo {me} >&2; echo out"
    commands = [
        command(tmp_path, meet.format(me="a", other="b")),
        command(tmp_path, meet.format(me="b", other="a")),
    ]
    wall_s, ended = run_together(commands, PATIENCE_S)
    assert [(one.code, one.stdout, one.stderr) for one in ended] == [
        (0, "out\n", "a\n"),
        (0, "out\n", "b\n"),
    ]
    assert wall_s >= max(one.wall_s for one in ended)


def test_who_is_late_is_ended_with_its_children_also_when_it_resists(tmp_path: Path) -> None:
    marker = f"{tmp_path}/marker"
    script = f"trap '' TERM; sh -c 'sleep 600; : {marker}' & sleep 600; wait"
    ended: list[Ended]
    commands = [command(tmp_path, "echo fast"), command(tmp_path, script)]
    for timeout_s in (0.3, 3.0, 30.0):  # until the fast one is fast enough
        _, ended = run_together(commands, timeout_s=timeout_s, grace_s=0.2)
        if not ended[0].timed_out:
            break
    assert [one.timed_out for one in ended] == [False, True]
    assert ended[1].how.startswith("was ended after ")
    assert ended[1].was_ended
    wait_for(lambda: running(marker) == [], "the end of the children")


@pytest.mark.parametrize("printed", ["", "ready", "[]", '{"actions": []}', '{"actions": 3}'])
def test_what_is_no_report_is_said(printed: str) -> None:
    ended = Ended(0.1, 0, False, printed, "")
    for read in (lambda: read_reports([ended]), lambda: read_equality(ended)):
        with pytest.raises(MeasurementFailed, match="no report"):
            read()


@pytest.mark.parametrize(
    ("stdout", "stderr", "reason"),
    [
        (
            json.dumps(
                {
                    "actions": [
                        {"status": "hit"},
                        {
                            "status": "failed",
                            "program": "one",
                            "stage": "copy",
                            "reason": "no such file",
                            "message": "cp failed",
                        },
                    ]
                }
            ),
            "error: of no interest",
            "one copy: no such file",
        ),
        ("", "copying\nerror: the disk is full\n  make room\n", "the disk is full"),
        ("", "Traceback\nValueError: 3\n\n", "ValueError: 3"),
        ("[]", "", "it said nothing"),
    ],
)
def test_a_failed_build_is_told_in_its_own_words(stdout: str, stderr: str, reason: str) -> None:
    assert why_it_failed(Ended(0.1, 1, False, stdout, stderr)) == reason
