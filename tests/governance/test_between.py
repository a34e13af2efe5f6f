"""`molt-build explain --between RUN RUN`: what differs between two runs, as a user sees it."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from case_results import cell, run_of
from lane_projects import WORK, LaneProject, lane_project
from other_processes import wait_for

from molt_build.governance.between import between
from molt_build.report.between import lines
from molt_build.results.cases import CaseToolchain

PROGRAMS = {"bench_work": WORK, "bench_other": WORK + "print('other')\n", "bench_gone": WORK}


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> LaneProject:
    """Two quick runs: between them the compiler came to be another, and a program was edited."""
    lane = lane_project(tmp_path_factory.mktemp("between"), PROGRAMS)
    lane.bench("--quick")
    project = lane.project
    project.replace("tools/copyc", "copyc 1.0", "copyc 2.0\\nCopyright 2026, Nobody")
    project.replace("manifests/toolchains/toy.toml", '"{made}"]', '"{made}", "-O2"]')
    project.replace("manifests/workloads/toys.toml", 'name = "bench_gone"', 'name = "bench_new"')
    project.write("programs/bench_new.py", WORK)
    project.write("programs/bench_other.py", WORK + "print('edited')\n")
    project.replace("manifests/lanes/toys.toml", "min_effect = 0.02", "min_effect = 0.05")
    second = int(time.time())  # moments are recorded by the second
    wait_for(lambda: int(time.time()) > second, "the next second")
    lane.bench("--quick")
    return lane


def test_what_differs_is_told_with_what_it_made_anew(lane: LaneProject) -> None:
    done = lane.run("explain", "--between", "latest~1", "latest")
    assert done.code == 0, done.err
    said = done.out
    before, after = (folder.name for folder in lane.runs())
    assert said.startswith(f"before: toys_native/{before}")
    assert f"\nafter: toys_native/{after}" in said
    assert "\ntoy: changed\n  copyc: copyc 1.0 -> copyc 2.0\n  other contents: toy copyc" in said
    assert "\nthe same: cpython\n" in said
    assert "toy copy: other command lines of 2 programs, as bench_" in said
    assert "1 program only in the earlier run: bench_gone" in said
    assert "1 program only in the later run: bench_new" in said
    assert "1 program with other sources: bench_other" in said
    assert "  min effect: 0.02 -> 0.05" in said
    assert re.search(
        r"toy copy: 3 programs, 3 actions, [\d.]+ s; new keys because of toy copyc executable, "
        r"toy copyc version\n  toy copy: 1 program, 1 action, [\d.]+ s; "
        r"executed for \(first build\)",
        said,
    )
    assert "Copyright" not in said
    assert "machine:" not in said


def test_programs_read_the_same_facts(lane: LaneProject) -> None:
    facts = json.loads(lane.run("explain", "--between", "latest~1", "latest", "--json").out)
    toy = next(one for one in facts["engines"] if one["engine"] == "toy")
    assert toy["status"] == "changed" and toy["old_identity"] != toy["new_identity"]
    assert {"name": "copyc", "old": "copyc 1.0", "new": "copyc 2.0"} in toy["versions"]
    assert facts["programs_changed"] == ["bench_other"]
    (row,) = [row for row in facts["rebuilt"] if row["is_of_toolchain"]]
    assert row["toolchain"] == "toy" and row["stage"] == "copy" and row["programs"] == 3
    assert any(cause.endswith(" version") for cause in row["causes"])
    assert facts["builds"] == 1


def test_a_run_beside_itself_differs_in_nothing(lane: LaneProject) -> None:
    said = lane.run("explain", "--between", "latest", "latest").out
    assert "nothing differs that runs record" in said
    assert "no build is recorded between them" in said
    wrong = lane.run("explain", "bench_work", "--between", "latest", "latest")
    assert wrong.code == 2 and "leave out bench_work" in wrong.err
    none = lane.run("explain", "--between", "latest~9", "latest")
    assert none.code == 2 and none.out == ""


def test_without_a_history_runs_still_tell(lane: LaneProject, tmp_path: Path) -> None:
    before, after = (folder / "result.json" for folder in lane.runs())
    kept = lane.root / ".molt-build/history.sqlite"
    aside = shutil.move(kept, tmp_path / "aside")
    try:
        said = lane.run("explain", "--between", str(before), str(after)).out
    finally:
        shutil.move(aside, kept)
    assert "copyc: copyc 1.0 -> copyc 2.0" in said
    assert "no build is recorded between them" in said


def test_runs_of_the_cases_tell_identities_alone() -> None:
    first, second = run_of(1, [cell("dev_warm", 0.5)]), run_of(2, [cell("dev_warm", 0.5)])
    assert "\nthe same: cython\nno build" in "\n".join(lines(between(first, second)))
    other = replace(second, toolchains={"cython": CaseToolchain("xxh3:4567", "")})
    said = "\n".join(lines(between(first, other)))
    assert said.startswith("before: compile_progress/")
    assert "cython: changed\n  which part of it is not recorded in runs of the cases" in said
