"""What is said to be left of a run of cases: by the kind of step, and not before it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from case_projects import WARM, case_project

from molt_build.latency.selection import Cell, select
from molt_build.latency.time_left import Kind, TimeLeft, sample_kind, warm_up_kind
from molt_build.manifests.loading import load
from molt_build.results.cases import CasesAsked, Sample

COLD = 'cache_state = "cold"\nrepeats = 3\nreference = "cpython"\n'
EDIT = """\
cache_state = "warm"
repeats = 4
warm_ups = 2

[[edits]]
language = "python"
find = "WRONG"
replace = "WRONG_{number}"
"""
SECONDS: dict[Kind, float] = {"set-up": 200.0, "everything": 180.0, "edited": 9.0, "nothing": 0.02}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cells(tmp_path: Path) -> dict[str, Cell]:
    cases = case_project(tmp_path)
    cases.write_case("warm", WARM.replace("repeats = 6", "repeats = 20"))
    cases.write_case("cold", COLD)
    cases.write_case("edit", EDIT)
    found = select(load(cases.root), CasesAsked())
    return {cell.case.name: cell for cell in found}


def measured(left: TimeLeft, clock: Clock, cell: Cell, upto: int | None = None) -> None:
    """Take the steps of a cell, or the first of them."""
    steps: list[Kind] = ["set-up", *[warm_up_kind(cell)] * cell.case.warm_ups]
    steps += [sample_kind(cell)] * cell.sample_count
    left.begin()
    for kind in steps[:upto]:
        clock.now += SECONDS[kind]
        left.did(cell, kind)
    if upto is None:
        left.end(cell)


def test_the_first_build_is_not_taken_for_a_sample(cells: dict[str, Cell]) -> None:
    clock = Clock()
    warm = cells["warm"]
    left = TimeLeft([warm], {}, clock=clock)
    assert left.left_s() is None and not left.is_all_known()
    measured(left, clock, warm, 1)
    assert left.left_s() is None  # a cold build says nothing of a warm one
    left = TimeLeft([warm], {}, clock=clock)
    measured(left, clock, warm, 2)
    assert left.is_all_known()
    assert left.left_s() == pytest.approx(20 * 0.02)


def test_each_kind_is_guessed_from_its_own(cells: dict[str, Cell]) -> None:
    clock = Clock()
    ordered = [cells[name] for name in ("warm", "cold", "edit")]
    left = TimeLeft(ordered, {}, clock=clock)
    measured(left, clock, cells["warm"])
    # Two set-ups and the warm-up of the cold case; neither its samples nor an edit are known.
    assert left.left_s() == pytest.approx(2 * 200 + 0.02)
    assert not left.is_all_known()
    measured(left, clock, cells["cold"])
    assert left.left_s() == pytest.approx(200)
    measured(left, clock, cells["edit"], 3)
    assert left.is_all_known() and left.left_s() == pytest.approx(4 * 9)


def test_another_workload_takes_as_long_for_each_program(tmp_path: Path) -> None:
    cases = case_project(tmp_path, "one", "two", "three")
    shards = '[{ name = "programs", shard = "1/2" }, { name = "programs", shard = "2/2" }]'
    cases.write_case("cold", COLD)
    file = "manifests/cases/cold.toml"
    cases.project.replace(file, '[{ name = "programs" }]', shards)
    first, second = select(load(cases.root), CasesAsked())
    sizes = [len(first.programs), len(second.programs)]
    assert sizes == [2, 1]
    clock = Clock()
    left = TimeLeft([first, second], {}, clock=clock)
    measured(left, clock, first)
    # Half of the programs: half of the seconds, but for what finds that nothing is to be done.
    assert left.left_s() == pytest.approx(100 + 0.02 + 3 * 90)


def test_a_run_that_goes_on_knows_its_samples(cells: dict[str, Cell]) -> None:
    warm, cold = cells["warm"], cells["cold"]
    one = Sample(0.5, 0.1, 0, 0, 2, (), {}, 0, 0, "on", None)
    kept: Sequence[Sample] = [one] * 15
    left = TimeLeft([warm, cold], {warm.name: kept}, clock=Clock())
    assert left.left_s() == pytest.approx((1 + 5 + 1) * 0.7)  # warm-ups of both, five samples
    assert not left.is_all_known()


def test_a_run_says_what_goes_on_and_what_is_left(tmp_path: Path) -> None:
    cases = case_project(tmp_path, "one")
    cases.project.write("programs/one.py", "WRONG = False\n# DOZE\nprint('one')\n")
    cases.write_case("warm", WARM)
    done = cases.run("--case", "warm")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if line.startswith("[1/1]")]
    assert said[0] == "[1/1] warm toy programs: first build, compared with cpython ..."
    assert said[1] == "[1/1] warm toy programs: warm-ups ..."  # of a warm build nothing is known
    assert re.fullmatch(
        r"\[1/1\] warm toy programs: samples \(about \d+ s left in all\) \.\.\.", said[2]
    )
