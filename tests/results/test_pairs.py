"""Pairs of engines: one over the other in the same blocks, from manifests to what shows them."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lane_projects import LANE, TOY, WORK, checked, lane_project, with_halving_release
from lane_results import block_run, cell, engine_facts, lane_result, measurement, program_facts
from markdown_pages import check_tables, headings, rows_of, section, table_of
from published import assert_published
from rich.console import Console
from saved_results import saved

from molt_build.cli import main as molt_build
from molt_build.codec import to_plain
from molt_build.manifests.model import EnginePair
from molt_build.measure.blocks import Block
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.bench_summary import lane_of, text
from molt_build.report.export import export_text
from molt_build.report.formatting import interval
from molt_build.report.headlines import WrittenPage, headline_of_lane
from molt_build.report.lane_table import print_run
from molt_build.results.bench import BenchResult, Outcome
from molt_build.results.facts import SkippedEngine
from molt_build.results.pairing import goal_verdict, pairs_of
from molt_build.results.pairs import Pair
from molt_build.results.scoring import with_summaries

FAST, SLOW = "toy", "toy@wasm"
ENGINES = ("cpython", FAST, SLOW)
PAIR = EnginePair(SLOW, FAST, 2.5, "What wasm costs.")
FLOOR_S = {"cpython": 0.01, FAST: 0.01, SLOW: 0.05}


def lane_of_two(
    times: Mapping[str, tuple[float, float]],
    blocks: int = 8,
    floor_s: Mapping[str, float] = FLOOR_S,
    pairs: Sequence[EnginePair] = (PAIR,),
) -> BenchResult:
    """A lane in which a program takes 1 s under CPython and so long under the two others.

    What disturbs a block disturbs all that runs in it.
    """
    result = lane_result(list(times), blocks)
    rows = []
    for index in range(blocks):
        for name, (fast, slow) in (*times.items(), ("empty", (0.0, 0.0))):
            seconds = dict(zip(ENGINES, (1.0, fast, slow), strict=True))
            if name == "empty":
                seconds = dict(floor_s)
            shift = 1 + (index * 5) % 7 / 100
            runs = [block_run(engine, s * shift, 1e7) for engine, s in seconds.items()]
            rows.append(Block(name, index, 100 + index, tuple(runs)))
    lane = replace(
        result.lane,
        engines=ENGINES,
        judged=(FAST,),
        columns=("wall_s",),
        skipped=(),
        measurements={"run": measurement(rows, blocks)},
        programs={name: program_facts(name, workload="toys", family=name) for name in times},
        cells=tuple(cell(name, engine, rows) for name in times for engine in ENGINES),
        startup=tuple(cell("empty", engine, rows) for engine in ENGINES),
    )
    lane = with_summaries(replace(lane, pairs=pairs_of(lane, pairs)))
    engines = {name: engine_facts(name) for name in ENGINES}
    return replace(result, engines=engines, lanes={lane.name: lane})


# Twelve programs: ten that wasm makes three times as slow, one that both find hard, one easy.
TIMES = {
    **{f"usual{number:02}": (0.2 + number / 100, 3 * (0.2 + number / 100)) for number in range(10)},
    "hard": (5.0, 6.0),
    "easy": (0.5, 0.6),
}


def only(result: BenchResult) -> Pair:
    (pair,) = result.lane.pairs
    return pair


def terminal(result: BenchResult) -> str:
    stream = io.StringIO()
    print_run(Console(file=stream, width=250, force_terminal=False), result)
    return stream.getvalue()


def test_a_pair_is_the_first_engine_over_the_second_and_the_middle_program_counts() -> None:
    pair = only(lane_of_two(TIMES))
    assert pair.programs["usual03"].ratio == pytest.approx(3)
    assert pair.programs["hard"].ratio == pytest.approx(1.2)
    assert pair.median is not None and pair.median.ratio == pytest.approx(3)
    assert pair.median.programs == 12 and pair.median.blocks == 8
    assert pair.goal_verdict == "missed"
    assert (pair.metric, pair.goal, pair.description) == ("wall_s", 2.5, "What wasm costs.")


def test_the_slowest_cells_are_of_both_engines_and_the_share_is_the_first_one_s() -> None:
    pair = only(lane_of_two(TIMES))
    assert len(pair.slowest) == 10
    first, second = pair.slowest[:2]
    assert (first.program, first.engine) == ("hard", SLOW)
    assert first.slowdown.ratio == pytest.approx(6)
    assert (second.program, second.engine) == ("hard", FAST)
    assert [one.engine for one in pair.slowest].count(SLOW) == 9
    assert pair.slowest_share == pytest.approx(0.9)
    turned = [EnginePair(FAST, SLOW)]
    other = only(lane_of_two(TIMES, pairs=turned))
    assert other.slowest == pair.slowest and other.slowest_share == pytest.approx(0.1)
    assert other.median is not None and other.median.ratio == pytest.approx(1 / 3)
    assert other.goal is None and other.goal_verdict is None
    # Of few programs there are as many as there are programs: either could have them all.
    few = only(lane_of_two({name: TIMES[name] for name in ("usual00", "easy", "hard")}))
    assert [(one.program, one.engine) for one in few.slowest] == [
        ("hard", SLOW),
        ("hard", FAST),
        ("usual00", SLOW),
    ]


def test_the_reference_may_be_one_of_the_two() -> None:
    pair = only(lane_of_two(TIMES, pairs=[EnginePair(FAST, "cpython", 1.0)]))
    assert pair.programs["hard"].ratio == pytest.approx(5)
    assert pair.goal_verdict == "met"
    assert pair.slowest[0].engine == FAST and pair.slowest[1].slowdown.ratio == 1.0


def test_starting_stands_apart_and_is_taken_off_where_programs_run_long() -> None:
    pair = only(lane_of_two(TIMES))
    assert pair.startup is not None and pair.startup.ratio == pytest.approx(5)
    assert pair.after_startup is not None
    left = [(slow - 0.05) / (fast - 0.01) for fast, slow in TIMES.values()]
    assert pair.after_startup.programs == 12
    assert pair.after_startup.ratio == pytest.approx(median(left))
    # A program that runs less than three times as long as starting under either is left out.
    short = {**TIMES, "short": (0.02, 3.0), "shorter": (0.2, 0.14)}
    pair = only(lane_of_two(short))
    assert pair.median is not None and pair.median.programs == 14
    assert pair.after_startup is not None and pair.after_startup.programs == 12
    none = only(lane_of_two({"short": (0.02, 0.06)}))
    assert none.after_startup is None and none.startup is not None
    words = "without starting: not told, as no program runs at least 3 times as long"
    assert words in terminal(lane_of_two({"short": (0.02, 0.06)}))


def test_what_only_one_of_them_scored_is_in_no_ratio() -> None:
    result = lane_of_two(TIMES)
    failed = Outcome("differs", "it printed something else")
    cells = [
        replace(one, outcomes={"run": failed}, metrics={})
        if (one.program, one.engine) == ("hard", SLOW)
        else one
        for one in result.lane.cells
    ]
    (pair,) = pairs_of(replace(result.lane, cells=tuple(cells)), [PAIR])
    assert "hard" not in pair.programs and len(pair.programs) == 11
    assert all(one.program != "hard" for one in pair.slowest)


def test_an_engine_that_is_missing_is_said_and_one_that_was_not_asked_for_is_not() -> None:
    lane = lane_of_two(TIMES).lane
    reason = "no wasmtime\nis here"
    gone = replace(
        lane, skipped=(SkippedEngine(SLOW, "wasmtime", reason, ""),), cells=(), startup=()
    )
    (pair,) = pairs_of(gone, [PAIR])
    assert pair.reason == f"{SLOW} was not measured: {reason}"
    assert (pair.median, pair.startup, pair.slowest_share, pair.goal_verdict) == (None,) * 4
    assert pairs_of(replace(lane, engines=("cpython", FAST)), [PAIR]) == ()
    nothing = replace(lane, cells=())
    assert (
        pairs_of(nothing, [PAIR])[0].reason == f"no program was scored under both {SLOW} and {FAST}"
    )
    shown = replace(lane_of_two(TIMES), lanes={lane.name: replace(lane, pairs=(pair,))})
    said = f"{SLOW} / {FAST}: no ratio: {SLOW} was not measured: no wasmtime is here"
    assert said in terminal(shown) and said in text(lane_of([shown]))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(2.0, 2.4, "met"), (2.5, 3.0, "missed"), (2.4, 2.6, "unclear"), (2.4, 2.5, "unclear")],
)
def test_a_goal_is_judged_by_the_whole_interval(low: float, high: float, verdict: str) -> None:
    assert goal_verdict(RatioEstimate(2.45, low, high, 9), 2.5) == verdict
    assert goal_verdict(RatioEstimate(2.45, low, high, 9), None) is None
    assert goal_verdict(RatioEstimate(2.45, None, None, 3), 2.5) is None


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(0.05, 20), st.floats(0.05, 20)), min_size=1, max_size=12),
    st.integers(1, 7),
)
def test_a_pair_turned_round_is_one_over_it(times: list[tuple[float, float]], blocks: int) -> None:
    named = {f"p{number}": both for number, both in enumerate(times)}
    both = [EnginePair(SLOW, FAST), EnginePair(FAST, SLOW)]
    one, other = lane_of_two(named, blocks, pairs=both).lane.pairs
    for name, ratio in one.programs.items():
        assert ratio.ratio == pytest.approx(1 / other.programs[name].ratio)
    assert one.median is not None and other.median is not None
    assert one.median.ratio == pytest.approx(1 / other.median.ratio)
    assert (one.median.low is None) == (blocks < 6)
    assert one.slowest == other.slowest and len(one.slowest) == min(10, len(times))
    assert one.slowest_share is not None and other.slowest_share is not None
    assert one.slowest_share + other.slowest_share == pytest.approx(1)
    ratios = sorted(cell.slowdown.ratio for cell in one.slowest)[::-1]
    assert ratios == [cell.slowdown.ratio for cell in one.slowest]


def test_the_terminal_the_page_and_the_summary_say_the_same() -> None:
    result = lane_of_two(TIMES)
    page, summary, said = text(lane_of([result])), export_text(result, "md"), terminal(result)
    check_tables(page)
    figure = f"{SLOW} takes 3.00 [3.00, 3.00] times as long as {FAST}"
    goal = ", the median over 12 programs; the goal, below 2.5, is missed (What wasm costs)"
    assert f"\n{figure}{goal}\n" in said
    for written in (page, summary):
        assert f"\n- **{figure}**{goal}.\n" in written
    starting = f"starting alone, which is part of every run: {SLOW} 51.3 ms, {FAST} 10.2 ms"
    slowest = f"of the 10 slowest cells of both beside cpython, 9 (90%) are {SLOW}'s: hard 6.00"
    for written in (page, summary, said):
        assert starting in written
        assert (
            "without starting: 2.9" in written and "the median over 12 programs: those" in written
        )
        assert slowest in written
    # First of all that a page says of a lane.
    assert page.index(figure) < page.index(f"- **{FAST}** ")
    assert headings(page)[:3] == ["Families", "Programs", "Slowest"]
    programs = table_of(section(page, "Programs"))
    assert programs["usual03"][f"{SLOW} / {FAST}"] == "3.00 [3.00, 3.00]"
    assert "A / B: how many times as long A takes as B; below 1 A is better." in page
    rows = rows_of(section(page, "Slowest"))
    assert rows[0] == ["program", "engine", "times as slow as cpython", f"{SLOW} / {FAST}"]
    assert rows[1] == ["hard", SLOW, "6.00 [6.00, 6.00]", "1.20 [1.20, 1.20]"]
    assert len(rows) == 11


def test_without_six_blocks_a_goal_is_not_judged() -> None:
    said = terminal(lane_of_two(TIMES, blocks=3))
    assert f"{SLOW} takes 3.00 times as long as {FAST}, the median over 12 programs; " in said
    assert "whether the goal, below 2.5, is met takes an interval" in said


def test_programs_read_pairs_in_results_headlines_and_exports() -> None:
    result = lane_of_two(TIMES)
    assert checked(to_plain(result)) == result
    assert "pairs" not in to_plain(replace(result.lane, pairs=()))  # as results were written before
    headline = to_plain(headline_of_lane(lane_of([result]), WrittenPage("page.md")))
    assert_published("report", headline)
    (found,) = headline["pairs"]
    assert found["run"] == result.run and found["pair"]["median"]["ratio"] == pytest.approx(3)
    (exported,) = json.loads(export_text(result, "json"))["pairs"]
    assert exported["lane"] == "toys_native" and exported["slowest_share"] == 0.9
    assert json.loads(export_text(result, "json", [FAST]))["pairs"] == []


def test_a_page_of_several_runs_takes_a_pair_from_the_run_that_measured_both() -> None:
    both = lane_of_two(TIMES)
    lane = both.lane
    missing = replace(
        lane,
        skipped=(SkippedEngine(SLOW, "toy", "it was away", ""),),
        cells=tuple(one for one in lane.cells if one.engine != SLOW),
    )
    first = with_summaries(replace(missing, pairs=pairs_of(missing, [PAIR])))
    first_run = replace(both, lanes={lane.name: first}, run="toys_native/20250101T000000Z")
    one = lane_of([first_run, both])
    assert [(run, pair.reason) for run, pair in one.pairs] == [(1, "")]
    assert "(run [2])" in section(text(one), "Slowest")


def test_a_published_page_and_readme_begin_with_the_pair(tmp_path: Path) -> None:
    project = lane_project(tmp_path).project
    page = "docs/benchmarks/toys_summary.md"
    project.write("README.md", f"<!-- molt-build report: {page} -->\n<!-- end of {page} -->\n")
    result = lane_of_two(TIMES)
    folder = saved(project.root, result)
    assert molt_build(["report", "--from", folder, "--project", str(project.root)]) == 0
    figure = f"- **{SLOW} takes 3.00 [3.00, 3.00] times as long as {FAST}**, the median"
    readme = (project.root / "README.md").read_text()
    assert readme.index(figure) < readme.index("| family |")
    assert molt_build(["report", "--check", "--project", str(project.root)]) == 0


def test_a_lane_measures_the_pairs_that_it_declares(tmp_path: Path) -> None:
    made = lane_project(tmp_path, {"bench_work": WORK})
    made.project.write("manifests/toolchains/toy.toml", with_halving_release(TOY))
    pairs = '[[pairs]]\nengine = "toy:release"\nover = "toy"\ngoal = 90\n'
    lane = LANE.replace('engines = ["toy"]', 'engines = ["toy", "toy:release"]') + pairs
    made.project.write("manifests/lanes/toys.toml", lane)
    done = made.run("bench", "toys_native")
    assert done.code == 0, done.err
    pair = only(made.result())
    assert (pair.engine, pair.over, pair.goal) == ("toy:release", "toy", 90)
    logs = []
    for block in made.result().lane.blocks("wall_s"):
        times = {run.engine: run.metrics["wall_s"] for run in block.runs}
        if block.program == "bench_work":
            logs.append(math.log(times["toy:release"] / times["toy"]))
    assert pair.programs["bench_work"].ratio == pytest.approx(math.exp(median(logs)))
    assert pair.median is not None and pair.startup is not None and pair.goal_verdict == "met"
    figure = f"toy:release takes {interval(pair.median)} times as long as toy, the median over 1"
    assert f"{figure} program; the goal, below 90, is met" in done.out


def test_two_runs_are_compared_by_their_pairs_and_the_history_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(lane_project(tmp_path).project.root)
    sooner = {name: (fast, 2 * fast) for name, (fast, _) in TIMES.items()}
    other = {name: times for name, times in TIMES.items() if name != "hard"}
    results = [
        replace(lane_of_two(times), run=f"toys_native/2026010{day}T080000Z")
        for day, times in enumerate((TIMES, sooner, other), start=1)
    ]
    folders = [saved(Path(project), result) for result in results]

    def said(*words: str) -> str:
        assert molt_build([*words, "--project", project]) == 0
        return capsys.readouterr().out

    row = table_row(said("compare", folders[0], folders[1]), f"{SLOW} / {FAST}")
    assert row == [
        f"{SLOW} / {FAST}",
        "12",
        "3.00 [3.00, 3.00]",
        "2.00 [2.00, 2.00]",
        "0.667 [0.667, 0.667]",
        "faster",
        "the goal, below 2.5: missed, now met",
    ]
    found = json.loads(said("compare", folders[0], folders[2], "--json"))
    assert_published("compare", found)
    (pair,) = found["pairs"]  # over the programs that both runs have
    assert (pair["before"]["programs"], pair["after"]["programs"]) == (11, 11)
    assert (pair["verdict"], pair["goal_after"]) == ("same", "missed")
    assert pair["change"]["ratio"] == pytest.approx(1)
    shown = json.loads(said("history", "show", "toys_native/latest~1", "--json"))
    assert_published("history show", shown)
    (kept,) = shown["pairs"]
    assert (kept["engine"], kept["over"], kept["goal"]) == (SLOW, FAST, 2.5)
    assert (kept["programs"], kept["goal_verdict"]) == (12, "met")
    assert kept["low"] <= kept["ratio"] == pytest.approx(2)
    row = table_row(said("history", "show", "toys_native/latest~1"), f"{SLOW} / {FAST}")
    assert row[1:] == ["wall_s", "2.00 [2.00, 2.00]", "12", "2.5", "met"]
    runs = json.loads(said("history", "export", "--json"))["runs"]
    assert [run["pairs"][0]["goal_verdict"] for run in runs] == ["missed", "met", "missed"]


def table_row(text: str, first: str) -> list[str]:
    """The cells of the row of a table on the terminal that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(first))
    return re.split(r" {2,}", line.strip())
