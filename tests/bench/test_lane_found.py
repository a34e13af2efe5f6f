"""A lane of programs that a glob finds: how they are run, chosen, gone on with and told."""

from __future__ import annotations

import json

import pytest
from lane_projects import LaneProject, lane_project

TREE = {
    "tests/fine.py": "COMPILED = False\nprint('fine')\n",
    "tests/deep/env.py": (
        "# molt-build: env GREETING=hello MADE_BY=me\n# molt-build: args a 'b c'\n"
        "import os, sys\nprint(os.environ['GREETING'], sys.argv[1:])\n"
    ),
    "tests/deep/three.py": "# molt-build: exit 3\nprint('three')\nraise SystemExit(3)\n",
    "tests/deep/never.py": "# molt-build: exit 3\nprint('never')\n",
    "tests/deep/differs.py": (
        "# molt-build: exit 3\nCOMPILED = False\nprint('differs')\n"
        "raise SystemExit(0 if COMPILED else 3)\n"
    ),
    "tests/deep/skipped.py": "# molt-build: skip it needs a network\nraise SystemExit('no')\n",
}


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> LaneProject:
    lane = lane_project(tmp_path_factory.mktemp("found"), {})
    for path, text in TREE.items():
        lane.project.write(f"programs/{path}", text)
    lane.project.replace(
        "manifests/workloads/toys.toml",
        'language = "python"',
        'language = "python"\nprograms = "tests/**/*.py"',
    )
    return lane


def test_every_program_is_run_as_it_says_itself(lane: LaneProject) -> None:
    result = lane.bench("--quick", code=1)
    found = {(cell.program.removeprefix("tests_"), cell.engine): cell for cell in result.lane.cells}
    assert {name: cell.status for (name, engine), cell in found.items() if engine == "toy"} == {
        "fine": "ok",
        "deep_env": "ok",
        "deep_three": "ok",
        "deep_never": "failed",
        "deep_differs": "failed",
        "deep_skipped": "unsupported",
    }
    assert found["deep_skipped", "toy"].reason == "skipped: it needs a network"
    assert found["deep_skipped", "cpython"].status == "unsupported"
    assert found["deep_never", "cpython"].status == "failed"
    assert "exit status 0, and not 3" in found["deep_never", "cpython"].reason
    assert "exit status 0, and not 3" in found["deep_differs", "toy"].reason
    assert found["deep_three", "toy"].exit_status == 3
    assert found["deep_env", "cpython"].environment["GREETING"] == "hello"
    assert found["deep_env", "cpython"].environment["MADE_BY"] == "me"
    assert found["deep_env", "toy"].environment["MADE_BY"] == "toy"  # the target's, which stays
    assert result.lane.programs["tests_deep_env"].args == ("a", "b c")


def test_programs_are_chosen_by_patterns(lane: LaneProject) -> None:
    result = lane.bench("--quick", "--program", "tests_deep_[et]*")
    assert set(result.lane.programs) == {"tests_deep_env", "tests_deep_three"}
    done = lane.run("bench", "toys_native", "--program", "tests_dep_*")
    assert done.code == 2
    assert "toys_native has no program tests_dep_*" in done.err
    built = json.loads(lane.run("build", "tests_deep_t*", "--json").out)
    assert {row["program"] for row in built["actions"]} == {"tests_deep_three"}
    assert lane.run("build", "no_*").code == 2


def test_variables_and_exit_status_are_part_of_what_is_gone_on_with(lane: LaneProject) -> None:
    lane.bench("--quick", "--program", "tests_deep_env", "tests_deep_three")
    events = map(json.loads, (lane.runs()[-1] / "samples.jsonl").read_text().splitlines())
    start = next(event for event in events if event["event"] == "start")
    told = start["fingerprint"]["parameters"]
    assert told["tests_deep_env"][-2:] == [{"GREETING": "hello", "MADE_BY": "me"}, 0]
    assert told["tests_deep_three"][-2:] == [{}, 3]


def test_what_would_be_measured_is_listed(lane: LaneProject) -> None:
    lines = lane.run("bench", "toys_native", "--list").out.splitlines()
    assert lines[:2] == [
        "toys_native: Toys against CPython.",
        "6 programs, 1 skipped, with cpython, toy",
    ]
    assert "  tests_deep_skipped: skipped: it needs a network" in lines
    some = lane.run("bench", "toys_native", "--list", "--program", "tests_f*", "--json")
    assert json.loads(some.out)["lane"]["programs"] == [
        {"name": "tests_fine", "workload": "toys", "entry": "tests/fine.py", "skip": ""}
    ]
