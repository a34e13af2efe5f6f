"""Traces: valid JSON of the trace event format, spans that nest, processes that line up."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from build_projects import Project, until_waiting
from build_traces import Event, events_of, spans_of
from other_processes import end_of, wait_for

from molt_build.building.trace import Trace
from molt_build.errors import UsageError


def assert_well_formed(events: list[Event]) -> None:
    """What the format asks of each event, and that the spans of a thread nest."""
    for event in events:
        assert event["ph"] in ("X", "M"), event
        assert {"name", "pid", "tid", "args"} <= set(event)
    for span in spans_of(events):
        assert isinstance(span["ts"], int)
        assert isinstance(span["dur"], int)
        assert span["dur"] >= 0
    threads = sorted(spans_of(events), key=lambda e: (e["pid"], e["tid"], e["ts"], -e["dur"]))
    for _, spans in itertools.groupby(threads, key=lambda e: (e["pid"], e["tid"])):
        ends: list[int] = []
        for span in spans:
            while ends and ends[-1] <= span["ts"]:
                ends.pop()
            assert not ends or span["ts"] + span["dur"] <= ends[-1], span
            ends.append(span["ts"] + span["dur"])
    named = {(e["pid"], e["name"]) for e in events if e["ph"] == "M"}
    for pid in {e["pid"] for e in events}:
        assert (pid, "process_name") in named
        assert (pid, "thread_name") in named


def encloses(outer: Event, inner: Event) -> bool:
    same = (outer["pid"], outer["tid"]) == (inner["pid"], inner["tid"])
    end = inner["ts"] + inner["dur"]
    return bool(same and outer["ts"] <= inner["ts"] and end <= outer["ts"] + outer["dur"])


def test_a_build_is_traced(toys: Project, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    report = toys.build("one", "two", "--jobs", "2", "--trace", str(trace))
    events = events_of(trace)
    assert_well_formed(events)
    actions = spans_of(events, "action")
    assert {e["name"]: e["args"] for e in actions} == {
        f"{row['program']}/{row['stage']}": {"key": row["key"], "status": "executed"}
        for row in report["actions"]
    }
    commands = spans_of(events, "command")
    flights = spans_of(events, "lock")
    assert len(commands) == len(flights) == len(actions) == 4
    for action in actions:
        [flight] = [e for e in flights if encloses(action, e)]
        assert flight["name"] == f"flight {action['name']}"
        [command] = [e for e in commands if encloses(flight, e)]
        assert command["name"] == "toyc"
        assert command["args"]["argv"][1] == action["name"].partition("/")[2]
        assert command["args"]["status"] == "exit status 0"
    [whole] = spans_of(events, "command line")
    for event in spans_of(events):
        assert whole["ts"] <= event["ts"]
        assert event["ts"] + event["dur"] <= whole["ts"] + whole["dur"]
    names = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert "MainThread" in names
    assert any(name.startswith("job") for name in names)


def test_what_is_up_to_date_a_hit_and_a_failure(toys: Project, tmp_path: Path) -> None:
    toys.build("one")
    warm, hit, failed = (tmp_path / name for name in ("warm", "hit", "failed"))
    words = ("build", "one", "--toolchain", "toy", "--profile", "dev", "--trace")
    assert toys.run(*words, str(warm)).code == 0
    other = toys.copy(tmp_path / "other")
    assert other.run(*words, str(hit)).code == 0
    toys.write("programs/one.toy", "FAIL\n")
    assert toys.run(*words, str(failed)).code == 1
    statuses = []
    for trace in (warm, hit, failed):
        events = events_of(trace)
        assert_well_formed(events)
        statuses.append([e["args"]["status"] for e in spans_of(events, "action")])
    assert statuses == [["up-to-date"] * 2, ["hit"] * 2, ["failed"]]
    assert spans_of(events_of(hit), "lock") == []
    [command] = spans_of(events_of(failed), "command")
    assert command["args"]["status"] == "failed with exit status 7"


def test_two_processes_share_a_trace(toys: Project, tmp_path: Path) -> None:
    """One waits for the other: the wait lies within the other's hold, and names it."""
    trace = tmp_path / "trace.json"
    toys.write("programs/one.toy", "HOLD\n")
    words = ("build", "one", "--json", "--trace", str(trace))
    first = toys.start(*words)
    wait_for(toys.has_logged, "the start")
    second = toys.copy(tmp_path / "other").start(*words)
    until_waiting(toys, [second], 1)
    toys.go_on.touch()
    for process in (first, second):
        _, err = end_of(process)
        assert process.returncode == 0, err
    events = events_of(trace)
    assert_well_formed(events)
    [wait] = [e for e in spans_of(events, "lock wait") if e["name"].endswith("one/translate")]
    [hold] = [
        e
        for e in spans_of(events, "lock")
        if e["pid"] == first.pid and e["name"] == "flight one/translate"
    ]
    assert wait["pid"] == second.pid
    assert f"process {first.pid} (" in wait["args"]["holder"]
    assert wait["args"]["attempts"] > 1
    assert hold["ts"] < wait["ts"] < hold["ts"] + hold["dur"] < wait["ts"] + wait["dur"]
    [action] = [
        e
        for e in spans_of(events, "action")
        if e["pid"] == second.pid and e["name"] == "one/translate"
    ]
    assert action["args"]["status"] == "hit"
    assert encloses(action, wait)


@pytest.mark.parametrize("content", ["hello\n", "[]", '[\n{"ph": "M"}\n]\n'])
def test_other_files_are_left_alone(toys: Project, tmp_path: Path, content: str) -> None:
    trace = tmp_path / "precious"
    trace.write_text(content)
    result = toys.run("build", "one", "--trace", str(trace))
    assert result.code == 2
    assert "exists, and is no trace that can be added to" in result.err
    assert trace.read_text() == content


def test_a_trace_that_cannot_be_made(toys: Project, tmp_path: Path) -> None:
    result = toys.run("build", "one", "--trace", str(tmp_path / "gone/trace"))
    assert result.code == 4
    assert "cannot be written: No such file or directory" in result.err


def test_an_empty_file_becomes_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.touch()
    for _ in range(2):
        Trace(path, print).close()
    events = events_of(path)
    assert_well_formed(events)
    assert len(spans_of(events, "command line")) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is absent")
def test_a_full_disk_ends_the_trace_and_not_the_build(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "trace"
    trace = Trace(path, said.append)
    full = open("/dev/full", "wb")  # noqa: SIM115
    os.dup2(full.fileno(), trace._descriptor)
    for _ in range(3):
        trace.span("it", "action", 0, {})
    trace.close()
    assert said == [f"the trace {path} ends here: No space left on device"]


def test_a_line_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_text('[\n{"ph": "M",')
    with pytest.raises(UsageError, match="no trace that can be added to"):
        Trace(path, print)
