"""Two runs compared: which differences are real, and what cannot be compared."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import pytest
from friend_results import typical
from lane_projects import LaneProject, Measured, measured
from lane_results import block_run, lane_result, measurement

from molt_build.errors import UsageError
from molt_build.governance.compare import RunComparison, compare_results
from molt_build.measure.blocks import Block, BlockRun
from molt_build.results.bench import BenchResult, LaneResult, Outcome
from molt_build.results.files import read_bench, write_result

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def made(
    speedups: dict[str, float], *, seed: int, blocks: int = 20, noise: float = 0.03
) -> BenchResult:
    """A result of one engine with these speed-ups, its blocks scattered by `noise`."""
    generator = random.Random(seed)
    rows = []
    for index in range(blocks):
        for program, speedup in speedups.items():
            speed = exp(generator.gauss(0, 0.2))  # the machine's, the same for both
            times = {"cpython": speed, "toy": speed * exp(generator.gauss(0, noise)) / speedup}
            runs = tuple(block_run(engine, time, 1e7) for engine, time in times.items())
            rows.append(Block(program, index, 1, runs))
    result = lane_result(tuple(speedups), blocks=1)
    return with_lane(result, measurements={"run": measurement(rows, blocks)})


def with_lane(result: BenchResult, **changes: Any) -> BenchResult:
    """The same with another lane."""
    lane = replace(result.lane, **changes)
    return replace(result, lanes={lane.name: lane})


def with_runs(result: BenchResult, change: Callable[[str, BlockRun], BlockRun]) -> BenchResult:
    """The same with other runs of blocks; `change` gets the program too."""
    rows = [
        replace(block, runs=tuple(change(block.program, one) for one in block.runs))
        for block in result.lane.blocks("wall_s")
    ]
    plan = result.lane.measurements["run"].plan
    return with_lane(result, measurements={"run": measurement(rows, plan.blocks)})


def times(one: BlockRun, factor: float) -> BlockRun:
    """The same run, so many times as long."""
    return replace(one, metrics={**one.metrics, "wall_s": one.metrics["wall_s"] * factor})


PROGRAMS = {f"bench_{number}": 1 + number / 10 for number in range(45)}


def verdicts(comparison: RunComparison) -> dict[str, str]:
    return {row.program: row.verdict for row in comparison.programs}


def test_nothing_is_found_where_nothing_changed() -> None:
    real = 0
    for seed in range(10):
        comparison = compare_results(made(PROGRAMS, seed=seed), made(PROGRAMS, seed=100 + seed))
        real += len(comparison.real["faster"]) + len(comparison.real["slower"])
    assert real <= 3  # of 450, in runs that are equal: false ones would be found here


def test_what_changed_is_found_and_nothing_else() -> None:
    changed = {**PROGRAMS, "bench_3": PROGRAMS["bench_3"] / 1.1, "bench_7": PROGRAMS["bench_7"] * 2}
    comparison = compare_results(made(PROGRAMS, seed=1), made(changed, seed=2))
    assert comparison.real == {"faster": ["bench_7 toy"], "slower": ["bench_3 toy"]}
    change = next(row.change for row in comparison.programs if row.program == "bench_7")
    assert change is not None and change.low is not None and change.high is not None
    assert change.low < 2 < change.high * 1.05
    assert change.ratio == pytest.approx(2, rel=0.05)


def test_a_slower_machine_changes_nothing() -> None:
    after = with_runs(made(PROGRAMS, seed=2), lambda _, one: times(one, 3))
    comparison = compare_results(made(PROGRAMS, seed=1), after)
    assert comparison.real == {"faster": [], "slower": []}


def test_an_effect_below_the_minimum_is_not_real() -> None:
    changed = {name: ratio * 1.01 for name, ratio in PROGRAMS.items()}
    before, after = (made(s, seed=n, noise=0.001) for n, s in enumerate((PROGRAMS, changed)))
    assert set(verdicts(compare_results(before, after)).values()) == {"same"}
    found = compare_results(before, after, min_effect=0.005)
    assert set(verdicts(found).values()) == {"faster"}


def test_few_blocks_are_inconclusive_and_said() -> None:
    small = {"bench_a": 1.0, "bench_b": 2.0}
    comparison = compare_results(made(small, seed=1, blocks=3), made(small, seed=2, blocks=3))
    assert set(verdicts(comparison).values()) == {"inconclusive"}
    assert any("under 6 blocks" in line for line in comparison.warnings)
    few = compare_results(made(PROGRAMS, seed=1, blocks=6), made(PROGRAMS, seed=2, blocks=6))
    assert any("cannot be told from chance" in line for line in few.warnings)


def test_what_is_not_the_same_is_said() -> None:
    before, after = made(PROGRAMS, seed=1), made(PROGRAMS, seed=2)
    programs = dict(after.lane.programs)
    programs["bench_1"] = replace(programs["bench_1"], source_digest="sha256:other")
    programs["bench_3"] = replace(programs["bench_3"], environment={"MODE": "other"})
    del programs["bench_2"]
    cells = [
        replace(cell, outcomes={"run": Outcome("differs", "line 1")}, metrics={})
        if (cell.program, cell.engine) == ("bench_4", "toy")
        else cell
        for cell in after.lane.cells
        if cell.program != "bench_2"
    ]
    toy = replace(after.engines["toy"], identity="xxh3:2", components={"version": "2"})
    after = replace(
        with_lane(
            after,
            profile="dev",
            programs=programs,
            cells=tuple(cells),
            warnings=("before the measurement it was noisy", "after the measurement too"),
        ),
        environment=replace(after.environment, machine_class="another machine"),
        engines={**after.engines, "toy": toy},
    )
    comparison = compare_results(before, after)
    said = {row.program: row.reason for row in comparison.not_compared}
    assert said["bench_1"] == "the program itself changed"
    assert said["bench_2"] == "it is not in the later run"
    assert said["bench_3"] == "it was run with other variables, or for another exit status"
    assert said["bench_4"] == "toy in the later run: differs: line 1"
    assert not said.keys() & verdicts(comparison).keys() and len(comparison.programs) == 41
    machine = before.environment.machine_class
    assert comparison.warnings == (
        f"other machine: {machine}, then another machine",
        "toy is another one: version",
        f"{after.run}: before the measurement it was noisy; after the measurement too",
        "other profile: release, then dev",
    )
    for changes in (
        {"reference": "other"},
        {"columns": ("peak_memory_bytes",)},
        {"engines": ("cpython", "other")},
    ):
        with pytest.raises(UsageError):
            compare_results(before, with_lane(after, **changes))


def test_another_column_is_compared_when_it_is_asked_for() -> None:
    before = made({"bench_a": 1.0, "bench_b": 2.0}, seed=1)

    def smaller(_: str, one: BlockRun) -> BlockRun:
        share = 2 if one.engine == "toy" else 1
        metrics = {**one.metrics, "peak_memory_bytes": one.metrics["peak_memory_bytes"] / share}
        return replace(one, metrics=metrics)

    after = with_runs(before, smaller)
    assert compare_results(before, after).real == {"faster": [], "slower": []}
    memory = compare_results(before, after, metric="peak_memory_bytes")
    assert memory.real["faster"] == ["bench_a toy", "bench_b toy"]
    assert {row.change and row.change.ratio for row in memory.programs} == {2.0}


def slower_suite(lane: LaneResult, engine: str) -> LaneResult:
    """A suite one of whose engines takes thrice as long."""

    def run(one: BlockRun) -> BlockRun:
        return times(one, 3) if one.engine == engine else one

    plan, blocks = lane.measurements["run"].plan, lane.blocks("wall_s")
    rows = [replace(block, runs=tuple(map(run, block.runs))) for block in blocks]
    found = {**lane.measurements, "run": measurement(rows, plan.blocks)}
    return replace(lane, measurements=found)


def test_suites_are_compared_each_with_itself() -> None:
    before = typical()
    lanes = {**before.lanes, "codon": slower_suite(before.lanes["codon"], "cython")}
    del lanes["pypy"]
    comparison = compare_results(before, replace(before, lanes=lanes))
    slower = {(row.lane, row.engine) for row in comparison.programs if row.verdict == "slower"}
    assert slower == {("codon", "cython")}
    assert {row.lane for row in comparison.programs} == {
        name for name in lanes if lanes[name].measurements
    }


@pytest.mark.parametrize("job", ["lane", "friends"])
def test_a_result_of_version_1_is_compared(job: str) -> None:
    result = read_bench(DATA / f"result_1_{job}.json")
    comparison = compare_results(result, result)
    assert comparison.programs and comparison.real == {"faster": [], "slower": []}
    assert {row.change and row.change.ratio for row in comparison.programs} == {1.0}


def slowed(run: Measured, folder: Path, factor: float) -> tuple[LaneProject, str]:
    """The measured run with one program of the toy compiler slower, beside the run itself.

    The toy compiler made something else of it than before.
    """
    lane, result, _ = run
    slower = with_runs(
        result,
        lambda program, one: (
            times(one, factor) if (program, one.engine) == ("bench_work", "toy") else one
        ),
    )
    later = replace(slower, run="toys_native/20990101T000000Z")
    write_result(folder, with_artifacts(later, own={"bench_work"}))
    return lane, str(folder)


def test_the_command_says_what_is_real(tmp_path: Path, run: Measured) -> None:
    lane, after = slowed(run, tmp_path, 1e6)  # beyond whatever disturbed the run
    done = lane.run("compare", "latest", after, "--fdr", "0.1")
    assert done.code == 0, done.err
    assert "really slower: bench_work toy" in done.out
    assert "not compared: bench_cannot toy" in done.out
    failing = lane.run("compare", "latest", after, "--json", "--fail-on-slower")
    assert failing.code == 1
    facts = json.loads(failing.out)
    assert facts["real"]["slower"] == ["bench_work toy"]
    same = lane.run("compare", "toys_native/latest", "latest", "--fail-on-slower")
    assert same.code == 0 and "really" not in same.out
    assert re.search(r"^controls: 0 of \d+ programs whose artifacts are the same", same.out, re.M)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latest", "latest~9"), "there is 1 run"),
        (("latest", "nothing"), "the latest are: toys_native/"),
        (("latest", "latest", "--min-effect", "2"), "share"),
    ],
)
def test_wrong_words_are_said(run: Measured, words: tuple[str, ...], said: str) -> None:
    done = run[0].run("compare", *words)
    assert done.code == 2 and said in done.err


def with_artifacts(result: BenchResult, *, own: set[str]) -> BenchResult:
    """The same with digests of what ran; those of `own` programs are of this run alone."""
    cells = [
        replace(one, artifacts={"run": result.run})
        if one.program in own
        else replace(one, artifacts=one.artifacts or {"run": "sha256:same"})
        for one in result.lane.cells
    ]
    return with_lane(result, cells=tuple(cells))


def test_what_ran_unchanged_is_not_judged_and_shows_false_alarms() -> None:
    own = {f"bench_{number}" for number in range(20)}
    slower = ("bench_3", "bench_30")  # one that was built anew, and one that ran as before

    def change(program: str, one: BlockRun) -> BlockRun:
        return times(one, 1.3) if program in slower and one.engine == "toy" else one

    before = with_artifacts(made(PROGRAMS, seed=1), own=own)
    later = with_runs(made(PROGRAMS, seed=2), change)
    after = with_artifacts(replace(later, run="toys_native/20300101T000000Z"), own=own)
    found = compare_results(before, after)
    assert found.real == {"faster": [], "slower": ["bench_3 toy"]}
    assert len(found.controls.programs) == 25
    assert found.controls.false_alarms == ("bench_30 toy",)
    assert {name for name, word in verdicts(found).items() if word == "control"} == {
        name for name in PROGRAMS if name not in own
    }
    published = found.published()
    assert published.controls == found.controls and len(published.programs) == 45
    unknown = compare_results(made(PROGRAMS, seed=1), later)  # of before there were digests
    assert unknown.controls.programs == () and "control" not in verdicts(unknown).values()
