"""A run that is ended at any moment and resumed gives what an undisturbed one gives."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project
from case_projects import case_project
from lane_projects import WORK, lane_project
from other_processes import end_of, running, until_told, wait_for

sys.path.insert(0, str(Path(__file__).parents[1] / "stress"))

import resume_trials
from tally import table

# Killed when the history is opened and the run's last event is there: all is measured by then.
KILLS = """\
import os, signal, sys
from pathlib import Path

def listen(event, arguments):
    if event == "sqlite3.connect" and os.environ["COMMAND"] in sys.argv[:2]:
        for file in Path("bench/results").glob("*/*/samples.jsonl"):
            if os.environ["LAST"] in file.read_text():
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(listen)
"""


@pytest.mark.long
def test_random_moments(tmp_path: Path) -> None:
    tallies = resume_trials.run(tmp_path / "trial", 1, seed=1)
    for tally in tallies:
        print(*tally.notes, sep="\n")
    print(table(tallies))
    assert [tally.trials for tally in tallies] == [1, 1, 1]
    assert all(tally.is_good for tally in tallies)


def killed_at_the_end(project: Project, command: str, last: str) -> dict[str, str]:
    """The environment in which a command is killed before its history is written."""
    project.write("hooks/sitecustomize.py", KILLS)
    path = f"{project.root / 'hooks'}{os.pathsep}{REPOSITORY}"
    return {"PYTHONPATH": path, "COMMAND": command, "LAST": f'"event": "{last}"'}


def recorded(project: Project, query: str) -> list[str]:
    """The names of runs that the history has."""
    with closing(sqlite3.connect(project.root / ".molt-build/history.sqlite")) as history:
        return [name for (name,) in history.execute(query)]


def test_a_run_of_cases_that_is_killed_before_its_record_is_recorded(tmp_path: Path) -> None:
    cases = case_project(tmp_path, "one")
    cases.write_case("cold", 'cache_state = "nocache"\nrepeats = 1\n')
    killed = cases.run(env=killed_at_the_end(cases.project, "compile_progress", "part"))
    assert killed.code == -signal.SIGKILL
    done = cases.run("--resume")
    assert done.code == 0, done.err
    assert "kept 1 of 1 cell and 1 sample" in done.err
    assert recorded(cases.project, "SELECT timestamp FROM runs") == [cases.result().timestamp]


def test_a_lane_that_is_killed_before_its_record_is_recorded(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    environment = killed_at_the_end(lane.project, "bench", "part")
    killed = lane.run("bench", "toys_native", "--quick", env=environment)
    assert killed.code == -signal.SIGKILL
    whole = lane.bench("--resume")
    assert not whole.is_interrupted and len(whole.lane.parts) == 2
    assert whole.lane.parts[1].blocks == 0
    assert whole.command == ("molt-build", "bench", "toys_native", "--quick"), "not --resume"
    assert recorded(lane.project, "SELECT id FROM runs") == [whole.run]
    assert lane.result() == whole


def test_a_lane_that_is_killed_and_then_interrupted_has_each_block_once(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})

    def blocks() -> int:
        files = list((lane.root / "bench/results/toys_native").glob("*/samples.jsonl"))
        return files[0].read_text().count('"event": "block"') if files else 0

    process = lane.start("bench", "toys_native", "--budget", "4")
    wait_for(lambda: blocks() >= 3, "three blocks")
    process.kill()
    process.communicate()
    kept = blocks()
    process = lane.start("bench", "toys_native", "--resume")
    wait_for(lambda: blocks() > kept, "one more")
    process.send_signal(signal.SIGTERM)
    end_of(process)
    assert process.returncode == 130
    whole = lane.bench("--resume")
    measurement = whole.lane.measurements["run"]
    pairs = [(block.program, block.index) for block in measurement.blocks]
    assert len(set(pairs)) == len(pairs) == 2 * measurement.plan.blocks


@pytest.mark.parametrize("reference", ["", 'reference = "cpython"\n'], ids=["build", "first"])
def test_what_a_killed_run_left_is_waited_for(tmp_path: Path, reference: str) -> None:
    cases = case_project(tmp_path, "one")
    cases.project.write("programs/one.py", "# HOLD\nprint('one')\n")
    cases.write_case("nocache", 'cache_state = "nocache"\nrepeats = 1\n' + reference)
    process = cases.start()
    wait_for(cases.project.has_logged, "a client's compiler")
    process.kill()
    process.communicate()
    assert running(str(cases.project.cache)), "no build was left"
    begun = cases.start("--case", "nocache", "--quick")
    until_told(begun, "waiting: ")
    cases.project.go_on.touch()
    _, err = end_of(begun)
    assert begun.returncode == 0, err
    assert not list(cases.project.cache.glob("run-cases-*"))
    assert not list(cases.root.glob(".molt-build/cases/*"))


# A signal that comes while a cell's checkouts are removed.
REMOVES = """\
import os, signal, sys

def listen(event, arguments):
    if event == "os.remove" and os.path.basename(arguments[0]) == "0.stdout" and not done:
        done.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

done = []
sys.addaudithook(listen)
"""


def test_an_interrupted_removal_is_made_good(tmp_path: Path) -> None:
    cases = case_project(tmp_path, "one")
    cases.write_case("nocache", 'cache_state = "nocache"\nrepeats = 1\n')
    cases.project.write("hooks/sitecustomize.py", REMOVES)
    path = f"{cases.root / 'hooks'}{os.pathsep}{REPOSITORY}"
    ended = cases.run(env={"PYTHONPATH": path})
    assert ended.code == 130 and "--resume" in ended.err
    assert not list(cases.project.cache.glob("run-cases-*"))
    assert not list(cases.root.glob(".molt-build/cases/*"))
