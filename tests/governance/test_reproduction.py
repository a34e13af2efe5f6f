"""Runs that are measured again: what agrees, what does not, and what cannot be told."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lane_results
import pytest
from gated_projects import commit, git
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import WORK, LaneProject, lane_project
from lane_results import lane_result, signals_of
from published import assert_published

from molt_build.bench.selection import Asked
from molt_build.cli.command_line import run as molt_build
from molt_build.codec import to_plain
from molt_build.errors import UsageError
from molt_build.governance.reproduction import (
    Reproduction,
    asked_again,
    reproduction,
    tolerance,
)
from molt_build.measure.statistics import RatioEstimate, ratio_estimate
from molt_build.results.bench import BenchResult, Cell, Outcome
from molt_build.results.files import write_result
from molt_build.results.signals import SignalFacts, SignalRow

LATER = "toys_native/20260301T080000Z"


def changed(result: BenchResult, change: Callable[[Cell], Cell]) -> BenchResult:
    """The result with these cells in the place of its own, as a later run."""
    lane = replace(result.lane, cells=tuple(map(change, result.lane.cells)))
    return replace(result, run=LATER, lanes={lane.name: lane})


def later(toy_s: float = 0.1) -> BenchResult:
    """The same measured again, the engine taking so long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(lane_results.TIMES_S, "toy", toy_s)
        return changed(lane_result(), lambda cell: cell)


def said(found: Reproduction) -> dict[tuple[str, str], tuple[str, str]]:
    assert_published("reproduce", to_plain(found))
    return {(one.program, one.metric): (one.verdict, one.reason) for one in found.programs}


def test_ratios_agree_within_what_both_intervals_allow() -> None:
    found = reproduction(lane_result(), [later()])
    assert (found.comparisons, set(said(found).values())) == (4, {("agrees", "")})
    assert found.is_reproduced and found.by == (LATER,)
    work = found.programs[0]
    assert (work.apart, work.times, work.artifacts) == (0, 1, "not recorded")
    assert work.tolerance == pytest.approx(0.02)  # its intervals are points
    found = reproduction(lane_result(), [later(0.11)])
    assert said(found)["work", "wall_s"] == ("disagrees", "")
    assert said(found)["work", "peak_memory_bytes"] == ("agrees", "")
    assert found.programs[0].apart == pytest.approx(0.1) and not found.is_reproduced


def test_on_another_machine_ratios_alone_are_compared() -> None:
    again = later()
    elsewhere = replace(again.environment, machine_class="aarch64 / Other / 4 cores")
    found = reproduction(lane_result(), [replace(again, environment=elsewhere)])
    assert found.is_reproduced and not found.is_same_machine
    assert {one.times for one in found.programs} == {None}
    assert any("other machine" in note for note in found.notes)


def test_what_failed_in_one_run_alone_disagrees_and_what_was_not_tried_is_not_comparable() -> None:
    def ended(word: Any, program: str = "work") -> Callable[[Cell], Cell]:
        outcomes = {"run": Outcome(word, "why")}
        return lambda cell: (
            replace(cell, outcomes=outcomes, metrics={})
            if (cell.program, cell.engine) == (program, "toy")
            else cell
        )

    whole = lane_result()
    failed = changed(whole, ended("failed"))
    key = ("work", "wall_s")
    assert said(reproduction(whole, [failed]))[key] == ("disagrees", "then ok; now failed: why")
    assert said(reproduction(failed, [whole]))[key] == ("disagrees", "then failed: why; now ok")
    assert said(reproduction(failed, [failed]))[key] == ("agrees", "failed, then and now")
    for word in ("left-out", "unsupported", "diverges"):
        verdict, reason = said(reproduction(whole, [changed(whole, ended(word))]))[key]
        assert (verdict, word in reason) == ("not comparable", True)
    programs = {**whole.lane.programs, "work": replace(whole.lane.programs["work"], args=("2",))}
    programs["work"] = replace(programs["work"], source_digest="sha256:other")
    other = replace(whole, lanes={"toys_native": replace(whole.lane, programs=programs)})
    assert said(reproduction(whole, [other]))[key] == (
        "not comparable",
        "the program itself changed",
    )
    few = lane_result(blocks=3)
    found = reproduction(few, [few])
    assert {reason for _, reason in said(found).values()} == {
        "it has no interval: six blocks make one"
    }
    assert not found.is_reproduced  # nothing is green that was not seen
    suites = replace(whole.lane, name="other")
    with pytest.raises(UsageError, match="no lane and no suite in common"):
        reproduction(whole, [replace(whole, lanes={"other": suites})])


def test_digests_say_whether_the_same_ran() -> None:
    def with_artifacts(**more: str) -> BenchResult:
        artifacts = {"copy.made": "sha256:1", "source": "sha256:2", **more}
        return changed(lane_result(), lambda cell: replace(cell, artifacts=artifacts))

    then = with_artifacts()
    for now, word, names in (
        (then, "same", ()),
        (with_artifacts(source="x"), "other", ("source",)),
    ):
        one = reproduction(then, [now]).programs[0]
        assert (one.artifacts, one.other_artifacts, one.verdict) == (word, names, "agrees")


widths = st.floats(0, 0.2)
ratios = st.floats(0.1, 10)


@given(ratios, widths, widths, st.integers(1, 500))
def test_a_tolerance_is_wider_the_less_is_known_and_never_less_than_the_least_effect(
    ratio: float, first: float, second: float, comparisons: int
) -> None:
    def one(width: float) -> RatioEstimate:
        return RatioEstimate(ratio, ratio * math.exp(-width), ratio * math.exp(width), 9)

    def allowed(width: float, many: int = comparisons, *, metric: Any = "wall_s") -> float:
        found = tolerance(one(first), one(width), metric, 0.02, many)
        assert found is not None
        return found

    least = math.log1p(0.02)
    assert allowed(second) >= least - 1e-9
    assert allowed(second) <= allowed(second + 0.1) and allowed(second) <= allowed(second, 1000)
    # Of one comparison it is what the intervals say together, beside the least effect.
    assert allowed(second, 1) - least == pytest.approx(math.hypot(first, second), abs=1e-9)
    assert allowed(second, metric="instructions") == pytest.approx(
        math.log1p(0.0001) + first + second
    )
    assert tolerance(RatioEstimate(1, None, None, 3), one(first), "wall_s", 0.02, 1) is None


def test_a_faithful_reproduction_seldom_disagrees_and_a_tenth_is_seen() -> None:
    chance = random.Random(3)

    def draw(shift: float = 0.0) -> RatioEstimate:
        return ratio_estimate([chance.gauss(shift, 0.02) for _ in range(20)])

    def disagrees(shift: float) -> bool:
        then, now = draw(), draw(shift)
        allowed = tolerance(then, now, "wall_s", 0.02, 40)
        assert allowed is not None
        return abs(math.log(now.ratio / then.ratio)) > allowed

    assert sum(disagrees(0.0) for _ in range(200)) == 0
    assert sum(disagrees(0.1) for _ in range(40)) >= 38


def test_it_is_asked_for_what_was_measured() -> None:
    result = replace(lane_result(), is_quick=True, budget_s=90)
    plan = replace(result.lane.measurements["run"].plan, layouts=(0, 2531), precision=0.03)
    found = replace(result.lane.measurements["run"], plan=plan)
    lane = replace(
        result.lane,
        engines=("cpython", "toy", "absent", "cpython~again"),
        measurements={"run": found},
    )
    engines = {**result.engines, "cpython~again": result.engines["cpython"]}
    asked = asked_again(lane, replace(result, engines=engines))
    assert asked == Asked(
        engines=("toy",),
        reference="cpython",
        profile="release",
        budget_s=90,
        precision=0.03,
        is_quick=True,
        is_again=True,
        columns=("wall_s", "peak_memory_bytes"),
        layouts=2,
    )
    asked = asked_again(lane, result, programs=["work"], budget_s=5)
    assert (asked.programs, asked.budget_s, asked.precision) == (("work",), 5, None)


@pytest.mark.long
def test_a_run_is_measured_again_as_it_was_at_its_commit(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    git(lane.root, "add", "tools")
    then = commit(lane)
    measured = lane.run("bench", "toys_native", "--json")
    assert measured.code == 0, measured.err
    run = json.loads(measured.out)["run"]
    lane.project.replace("programs/bench_work.py", "100_000", "200_000")
    commit(lane, "the program changed")
    before = sorted((lane.root / "bench/results/toys_native").iterdir())
    done = lane.run("reproduce", run, "--json")
    assert done.code in (0, 1), done.err  # what it took is the machine's affair
    found = json.loads(done.out)
    assert_published("reproduce", found)
    assert (found["run"], found["commit"], found["is_same_machine"]) == (run, then, True)
    assert {one["artifacts"] for one in found["programs"]} == {"same"}
    assert not any("is measured" in note for note in found["notes"])
    assert sorted((lane.root / "bench/results/toys_native").iterdir()) == before
    assert lane.root.joinpath(f".molt-build/revisions/{then}/bench/results", *found["by"]).is_dir()
    done = lane.run("reproduce", run, "--here", "--json")
    assert done.code == 1  # nothing can be compared
    here = json.loads(done.out)["programs"]
    assert {one["reason"] for one in here} == {"the program itself changed"}


def test_what_is_not_at_a_commit_is_measured_in_this_tree_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lane: LaneProject = lane_project(tmp_path, {"bench_work": WORK})
    monkeypatch.chdir(lane.root)
    for run, result in (("toys_native/20260201T080000Z", lane_result()), (LATER, later())):
        folder = lane.root / "bench/results" / run
        folder.mkdir(parents=True)
        write_result(folder, result)
    assert molt_build(["reproduce", "latest~1", "--by", "latest"]) == 0
    shown = capsys.readouterr().out
    assert "4 agree, 0 disagree, 0 not comparable" in shown and "4 comparisons at once" in shown
    assert molt_build(["reproduce", "latest", "--engine", "tyo"]) == 2
    assert "did you mean toy" in capsys.readouterr().err
    assert molt_build(["reproduce", "latest", "--lane", "toys_nativ"]) == 2
    from molt_build.governance.reproduction import commit_of_then

    assert commit_of_then(lane.root, lane_result()) == (
        None,
        "toys_native/20260201T080000Z is of no commit: this tree is measured",
    )
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    head = commit(lane)
    for facts, words in (
        ({"git_commit": head, "git_is_dirty": True}, "files that differed"),
        ({"git_commit": "0" * 40, "git_is_dirty": False}, "there is no revision 000"),
        ({"git_commit": head, "git_is_dirty": False}, ""),
    ):
        environment = replace(lane_result().environment, **facts)
        at, note = commit_of_then(lane.root, replace(lane_result(), environment=environment))
        assert at is None and words in note and bool(note) == bool(words)


def test_signals_are_the_same_or_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    monkeypatch.chdir(lane.root)
    facts = SignalFacts("Calls.", "calls", "lower", "program", "machine_code", None, "sum", False)
    rows = [SignalRow("calls", "toy", "work", number) for number in (7.0, 7.0, 8.0)]
    for day, row in enumerate(rows, start=1):
        result = signals_of(lane_result(), {"calls": facts}, [row], {"toys_native": ["work"]})
        run = f"signals/2026020{day}T080000Z"
        folder = lane.root / "bench/results" / run
        folder.mkdir(parents=True)
        write_result(folder, replace(result, run=run))
    words = ["reproduce", "signals/20260201T080000Z", "--by"]
    assert molt_build([*words, "signals/20260202T080000Z"]) == 0
    assert "1 number: 1 same" in capsys.readouterr().out
    assert molt_build([*words, "signals/20260203T080000Z", "--json"]) == 1
    plain = json.loads(capsys.readouterr().out)
    assert_published("reproduce", plain)
    assert [one["verdict"] for one in plain["changes"]] == ["worse"]
    assert molt_build([*words, "signals/20260202T080000Z", "--program", "work"]) == 2
