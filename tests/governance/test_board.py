"""The board: what it says comes from runs, and what no run has shown is unmeasured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lane_results
import pytest
from case_projects import CASE, WARM
from case_results import cell, run_of
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import WORK, LaneProject, lane_project
from lane_results import lane_result, signals_of
from markdown_pages import rows_of, section
from published import assert_published
from saved_results import saved
from suite_projects import TRACK

from molt_build.governance.figures import Member
from molt_build.governance.targets import member_verdict, verdict_of, worst
from molt_build.results.bench import BenchResult, Outcome
from molt_build.results.scoring import with_summaries
from molt_build.results.signals import SignalFacts, SignalRow

PROGRAMS = ("bench_work", "bench_tidy")
LANE = 'lane = { name = "toys_native"MORE }'
SIGNAL = """\
#:schema ../../schemas/signal.schema.json
kind = "signal"
schema_version = 1
name = "modules"
description = "Modules."
scope = "project"
better = "lower"
unit = "modules"
files = ["programs/*.py"]

[size]
count = "files"
"""


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    return lane_project(tmp_path, dict.fromkeys(PROGRAMS, WORK))


def declare(lane: LaneProject, *kpis: str, more: str = "") -> None:
    """A track with these KPIs, called k0, k1, ..."""
    head = TRACK.replace("NAME", "OPT-1").replace("TITLE", "toys") + more
    tables = [
        f'\n[[kpis]]\nname = "k{number}"\ndescription = "Tested."\n{words}\n'
        for number, words in enumerate(kpis)
    ]
    lane.project.write("manifests/tracks/OPT-1.toml", head + "".join(tables))


def board(lane: LaneProject, *words: str) -> dict[str, Any]:
    done = lane.run("board", *words, "--json")
    assert (done.code, done.err) == (0, "")
    plain: dict[str, Any] = json.loads(done.out)
    assert_published("board", plain)
    return plain


def kpis(lane: LaneProject, *words: str) -> list[dict[str, Any]]:
    (track,) = board(lane, *words)["tracks"]
    found: list[dict[str, Any]] = track["kpis"]
    return found


def measured(day: int, toy_s: float = 0.1, programs: Sequence[str] = PROGRAMS) -> BenchResult:
    """A run of a day, in which each program takes so long under the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(lane_results.TIMES_S, "toy", toy_s)
        made = lane_result(programs)
    environment = replace(made.environment, git_commit="c" * 40, git_is_dirty=day == 1)
    run, started = f"toys_native/202602{day:02}T080000Z", f"2026-02-{day:02}T08:00:00Z"
    return replace(made, run=run, started=started, environment=environment)


def failing(result: BenchResult, program: str) -> BenchResult:
    """The run, had the program failed under the engine."""

    def failed(one: Any) -> Any:
        if (one.program, one.engine) != (program, "toy"):
            return one
        return replace(one, outcomes={"run": Outcome("failed", "it crashed")}, metrics={})

    cells = tuple(failed(one) for one in result.lane.cells)
    return replace(result, lanes={"toys_native": with_summaries(replace(result.lane, cells=cells))})


def test_what_no_run_has_shown_is_unmeasured(lane: LaneProject) -> None:
    declare(lane, "min = 1\n" + LANE.replace("MORE", ""), 'max = 9\ngreen_runs = { of = "ours" }')
    found = board(lane)
    (track,) = found["tracks"]
    assert (track["state"], found["losses"]) == ("unmeasured", [])
    for kpi in track["kpis"]:
        assert (kpi["verdict"], kpi["value"], kpi["streak"]) == ("unmeasured", None, 0)
        assert kpi["reason"] and kpi["run"] is None
    assert [(kpi["limit"], kpi["is_maximum"]) for kpi in track["kpis"]] == [(1, False), (9, True)]
    assert "unmeasured" in lane.run("board").out


def test_a_verdict_is_the_intervals_and_a_streak_of_runs(lane: LaneProject) -> None:
    for day, toy_s in ((1, 0.4), (2, 0.1), (3, 0.1)):
        saved(lane.root, measured(day, toy_s))
    saved(lane.root, replace(measured(4, 0.4), is_quick=True))  # is no record
    declare(
        lane,
        "min = 1\nruns = 2\n" + LANE.replace("MORE", ""),
        "min = 3\n" + LANE.replace("MORE", ', programs = ["bench_work"]'),
        "min = 1\n" + LANE.replace("MORE", ', take = "mean"'),
    )
    every, three, mean = kpis(lane)
    assert (every["verdict"], every["members"], every["streak"]) == ("met", 2, 2)
    assert (every["run"], every["git_commit"]) == ("toys_native/20260203T080000Z", "c" * 40)
    assert every["runs"] == [f"toys_native/2026020{day}T080000Z" for day in (1, 2, 3)]
    assert (three["verdict"], three["streak"], three["of"]) == ("missed", 0, "bench_work")
    assert three["low"] <= three["value"] <= three["high"] < 3
    assert (mean["verdict"], mean["members"], mean["of"]) == ("met", 1, "2 programs")
    assert board(lane)["tracks"][0]["state"] == "open"
    declare(lane, "min = 1\nruns = 2\n" + LANE.replace("MORE", ""))
    assert board(lane)["tracks"][0]["state"] == "met"


def test_a_program_that_failed_breaks_a_streak_and_one_not_measured_does_not(
    lane: LaneProject,
) -> None:
    saved(lane.root, measured(1))
    saved(lane.root, measured(2, programs=PROGRAMS[:1]))
    declare(lane, "min = 1\n" + LANE.replace("MORE", ""))
    (kpi,) = kpis(lane)
    assert (kpi["verdict"], kpi["streak"], kpi["run"]) == ("met", 1, "toys_native/20260201T080000Z")
    assert kpi["git_is_dirty"] is True
    saved(lane.root, failing(measured(3), "bench_tidy"))
    (kpi,) = kpis(lane)
    assert (kpi["verdict"], kpi["streak"], kpi["value"]) == ("missed", 0, None)
    assert (kpi["of"], kpi["reason"]) == ("bench_tidy", "failed")


def test_other_machines_and_other_engines_are_no_part_of_it(lane: LaneProject) -> None:
    saved(lane.root, measured(1))
    other = measured(2)
    environment = replace(other.environment, machine_class="another")
    saved(lane.root, replace(other, environment=environment))
    declare(lane, "min = 1\n" + LANE.replace("MORE", ""))
    (kpi,) = kpis(lane)
    assert (kpi["verdict"], kpi["streak"]) == ("met", 1)
    (kpi,) = kpis(lane, "--engine", "absent")
    assert (kpi["verdict"], kpi["reason"]) == (
        "unmeasured",
        "no full run of toys_native has absent on 2 programs",
    )


def test_kpis_of_cases_are_as_they_were_judged(lane: LaneProject) -> None:
    case = CASE.replace("NAME", "warm").replace('"programs"', '"start"')
    lane.project.write("manifests/cases/warm.toml", case + WARM)
    name = next(line for line in WARM.splitlines() if line.startswith("name = ")).split('"')[1]
    for day, median_s in ((1, 0.07), (2, 4.0), (3, 0.08)):
        made = cell("warm", median_s, toolchain="toy")
        made = replace(made, kpis=(replace(made.kpis[0], name=name),))
        saved(lane.root, run_of(day, (made,)))
    declare(
        lane,
        f'runs = 2\ncase = {{ name = "warm", kpi = "{name}" }}',
        'min = 1\ngreen_runs = { of = "program" }',
    )
    one, green = kpis(lane)
    assert (one["verdict"], one["value"], one["limit"], one["streak"]) == ("met", 0.08, 3.0, 1)
    assert (green["verdict"], green["value"], green["unit"]) == ("met", 1, "runs")


def test_a_signal_is_no_worse_than_before(lane: LaneProject) -> None:
    lane.project.write("manifests/signals/modules.toml", SIGNAL)
    declare(lane, 'signal = { name = "modules" }', 'max = 5\nsignal = { name = "modules" }')
    facts = SignalFacts("Modules.", "modules", "lower", "project", "size", None, "sum", False)
    for day, value in ((1, 7.0), (2, 6.0)):
        row = SignalRow("modules", "", "", value)
        read = signals_of(lane_result(), {"modules": facts}, (row,), {})
        run, started = f"signals/202602{day:02}T080000Z", f"2026-02-{day:02}T08:00:00Z"
        saved(lane.root, replace(read, run=run, started=started, finished=started))
    before, most = kpis(lane)
    assert (before["verdict"], before["value"], before["limit"]) == ("met", 6, 7)
    assert (most["verdict"], most["streak"], most["unit"]) == ("missed", 0, "modules")


def test_losses_are_put_together_by_track_and_family(lane: LaneProject) -> None:
    workload = "manifests/workloads/toys.toml"
    text = lane.project.read(workload)
    lane.project.write(
        workload, text.replace('family = "work"', 'family = "work"\ntags = ["sums"]')
    )
    declare(lane, more='tags = ["sums"]\n')
    saved(lane.root, measured(1, 0.4))
    first, second = board(lane)["losses"]
    assert {(one["track"], one["family"]) for one in (first, second)} == {
        ("OPT-1", "work"),
        (None, "tidy"),
    }
    assert first["cost"] == pytest.approx(1 - 0.5**0.5, abs=0.02)  # of a mean over two programs
    assert first["scored"] == 2 and first["worst"]["ratio"] == pytest.approx(0.5, abs=0.02)


def test_the_page_is_made_of_results_and_of_tracks(lane: LaneProject) -> None:
    declare(lane, "min = 1\n" + LANE.replace("MORE", ""))
    done = lane.run("report", "--board")
    assert (done.code, "no recorded run shows" in done.err) == (2, True)
    for day in (1, 2):
        saved(lane.root, measured(day))
    done = lane.run("report", "--board", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["tracks"] == {"OPT-1": "met"}
    page = (lane.root / "docs/benchmarks/board.md").read_text()
    head, row = rows_of(section(page, "KPIs"))
    shown = dict(zip(head, row, strict=True))
    assert (shown["verdict"], shown["streak"], shown["run"]) == (
        "met",
        "2 of 1",
        "toys_native/20260202T080000Z",
    )
    for folder in sorted((lane.root / "bench/results/toys_native").iterdir()):
        (folder / "result.json").unlink()
    (lane.root / ".molt-build/history.sqlite").unlink()
    assert kpis(lane)[0]["streak"] == 2  # of published results
    assert lane.run("report", "--check").code == 0
    declare(lane, "min = 9\n" + LANE.replace("MORE", ""))
    assert lane.run("report", "--check").code == 1


ends = st.floats(0.01, 100, allow_nan=False)


@given(st.lists(st.tuples(ends, ends, ends), min_size=1, max_size=4), ends, st.booleans())
def test_a_target_is_met_where_every_interval_keeps_it(
    rows: list[tuple[float, float, float]], limit: float, is_maximum: bool
) -> None:
    ordered = [sorted(row) for row in rows]
    members = [Member(str(n), value, low, high) for n, (low, value, high) in enumerate(ordered)]
    said = verdict_of(members, limit, is_maximum=is_maximum)
    kept = [high <= limit if is_maximum else low >= limit for low, _, high in ordered]
    lost = [low > limit if is_maximum else high < limit for low, _, high in ordered]
    assert said == ("missed" if any(lost) else "met" if all(kept) else "unclear")
    shown = worst(members, is_maximum=is_maximum)
    value = max if is_maximum else min
    assert shown.value == value(one.value for one in members if one.value is not None)
    without = replace(shown, low=None, high=None)
    assert member_verdict(without, limit, is_maximum=is_maximum) == "unclear"
    lost_one = [*members, Member("x", None, reason="failed", is_failed=True)]
    assert verdict_of(lost_one, limit, is_maximum=is_maximum) == "missed"
