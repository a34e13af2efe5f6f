"""Sessions that measure: beside one another, in several processes, and ended early.

The sessions are of a real Nox, and the signals are real.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from lane_projects import MAIN, WORK, LaneProject, lane_project
from nox_projects import start_nox
from other_processes import PATIENCE_S, end_of, wait_for
from suite_projects import SuiteProject, suite_project

NOXFILE = """\
import nox
from molt_build.nox import register_sessions

register_sessions("manifests", options={"toys_native": ["--budget", "3"]})
"""
# A noxfile of somebody who starts the command like any other, with Nox's own patience of 0.5 s.
PLAIN = f"""\
import sys
import nox

@nox.session(python=False)
def plain(session):
    session.run(sys.executable, "-c", {MAIN!r}, "bench", "toys_native", "--budget", "3")
"""
RUN = "20240102T030405Z"


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    return lane_project(tmp_path, {"bench_work": WORK})


def blocks(lane: LaneProject) -> int:
    """The blocks that are on disk, of all runs."""
    files = (lane.root / "bench/results/toys_native").glob("*/samples.jsonl")
    return sum(file.read_text().count('"event": "block"') for file in files)


def test_the_second_of_two_sessions_is_told_who_measures(lane: LaneProject) -> None:
    first = start_nox(lane, NOXFILE, "-s", "toys_native", "--", "--budget", "60")
    wait_for(lambda: blocks(lane) >= 1, "the first block")
    second = start_nox(lane, NOXFILE, "-s", "toys_native")
    said, _ = end_of(second)
    assert second.returncode == 1
    assert "error: another measurement is running on this machine: process " in said
    assert "bench toys_native --budget 3 --budget 60) since 20" in said
    assert "say --wait to wait for it" in said
    slip = lane.run("bench", "toys_native", "--engine", "cyhton", "--wait")
    assert slip.code == 2 and "did you mean cython" in slip.err, slip.err
    patient = start_nox(lane, NOXFILE, "-s", "toys_native", "--", "--wait", "--quick")
    assert patient.stdout is not None
    lines = iter(patient.stdout.readline, "")
    assert any("waiting: process " in line for line in lines)
    os.killpg(first.pid, signal.SIGINT)
    said, _ = end_of(first)
    assert first.returncode == 130 and "nox -s toys_native -- --resume" in said, said
    rest = "".join(lines)
    assert patient.wait(PATIENCE_S) == 0, rest
    interrupted, whole = (json.loads((run / "result.json").read_text()) for run in lane.runs())
    assert interrupted["is_interrupted"] and not whole["is_interrupted"]


def test_results_go_to_standard_output_alone(lane: LaneProject) -> None:
    words = ("-s", "toys_native", "--", "--quick", "--json")
    process = start_nox(lane, NOXFILE, *words, stderr=subprocess.PIPE)
    out, err = end_of(process)
    assert process.returncode == 0, err
    assert json.loads(out)["lanes"]["toys_native"]["programs"]
    assert "result: bench/results/toys_native/" in err


def test_what_nox_kills_after_half_a_second_keeps_its_blocks(lane: LaneProject) -> None:
    """Even a noxfile without our patience, whose command has more to put away than that allows."""
    slow = "    import atexit, time\n    atexit.register(time.sleep, 2)\n"
    process = start_nox(lane, PLAIN, "-s", "plain", hook=slow)
    wait_for(lambda: blocks(lane) >= 2, "two blocks")
    os.killpg(process.pid, signal.SIGINT)
    end_of(process)
    assert process.returncode != 0
    kept = blocks(lane)
    assert kept >= 2
    whole = lane.bench("--resume")
    measurement = whole.lane.measurements["run"]
    pairs = [(block.program, block.index) for block in measurement.blocks]
    assert len(set(pairs)) == len(pairs) == 2 * measurement.plan.blocks == blocks(lane)


def test_a_session_that_is_killed_is_gone_on_with(lane: LaneProject) -> None:
    process = start_nox(lane, NOXFILE, "-s", "toys_native")
    wait_for(lambda: blocks(lane) >= 2, "two blocks")
    os.killpg(process.pid, signal.SIGKILL)
    end_of(process)
    kept = blocks(lane)
    resumed = start_nox(lane, NOXFILE, "-s", "toys_native", "--", "--resume")
    said, _ = end_of(resumed)
    assert resumed.returncode == 0, said
    assert f"toys_native goes on: {kept} blocks" in said, said
    assert blocks(lane) > kept and not lane.result().is_interrupted


def test_a_run_is_named_by_the_environment(lane: LaneProject) -> None:
    given = {"MOLT_BUILD_RUN": RUN}
    assert lane.run("bench", "toys_native", "--quick", env=given).code == 0
    assert [run.name for run in lane.runs()] == [RUN]
    again = lane.run("bench", "toys_native", "--quick", env=given)
    assert again.code == 2
    assert f"there is a run toys_native/{RUN} already" in again.err
    assert "--resume goes on with it" in again.err
    done = lane.run("bench", "toys_native", "--resume", env=given)
    assert done.code == 2 and f"{RUN} is complete" in done.err
    bad = lane.run("bench", "toys_native", env={"MOLT_BUILD_RUN": "tonight"})
    assert bad.code == 2
    assert "the value of MOLT_BUILD_RUN, tonight is no name of a run" in bad.err


@pytest.fixture
def suites(tmp_path: Path) -> SuiteProject:
    return suite_project(tmp_path)


def test_suites_in_several_processes_add_to_one_run(suites: SuiteProject) -> None:
    env = {"MOLT_BUILD_RUN": RUN}
    budget = ("--budget", "0.5", "--wait")
    first = suites.start("--suite", "gits", "--program", "totals", *budget, env=env)
    second = suites.start("--suite", "locals", *budget, env=env)
    for process in (first, second):
        _, err = end_of(process)
        assert process.returncode == 0, err
    assert [run.name for run in suites.runs()] == [RUN]
    result = suites.result()
    assert set(result.lanes) == {"gits", "locals"}
    assert {lane.status for lane in result.lanes.values()} == {"measured"}
    assert len(suites.events("command")) == 2
    other = suites.run("--suite", "locals", "--quick", env=env)
    assert other.code == 2
    assert f"{RUN} cannot be added to: it was made with another is_quick" in other.err
    assert set(suites.result().lanes) == {"gits", "locals"}
