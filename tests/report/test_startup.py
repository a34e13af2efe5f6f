"""Starting: what it costs, why it is not known, and programs that run little longer."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from lane_projects import checked, lane_project
from lane_results import ENGINES, lane_result
from rich.console import Console

from molt_build.codec import to_plain
from molt_build.measure.statistics import summarize
from molt_build.report.bench_summary import lane_of, text
from molt_build.report.export import export_text
from molt_build.report.lane_table import print_run
from molt_build.results.bench import BenchResult, Measured, Outcome
from molt_build.results.startup import LONG_ENOUGH, SHORT, short_runs

ADVICE = f"make it run at least {LONG_ENOUGH} times as long"


def with_floor(floor_s: float) -> BenchResult:
    """A lane in which starting takes so long; its programs take about 0.2 s and 0.1 s."""
    result = lane_result()
    lane = result.lane
    floor = Measured(summarize([floor_s] * 8), None, None)
    startup = [replace(cell, metrics={**cell.metrics, "wall_s": floor}) for cell in lane.startup]
    lane = replace(lane, startup=tuple(startup))
    return replace(result, lanes={lane.name: replace(lane, short_runs=short_runs(lane))})


def terminal(result: BenchResult) -> str:
    stream = io.StringIO()
    print_run(Console(file=stream, width=300, force_terminal=False), result)
    return stream.getvalue()


def said_everywhere(result: BenchResult) -> tuple[str, str, str]:
    """Terminal, page, job summary."""
    return terminal(result), text(lane_of([result])), export_text(result, "md")


def test_a_program_that_starts_longer_than_it_works_is_named_with_advice() -> None:
    result = with_floor(0.05)
    assert [(one.program, one.engine) for one in result.lane.short_runs] == [
        ("work", "toy"),
        ("tidy", "toy"),
    ]
    assert all(2 < one.times < SHORT for one in result.lane.short_runs)
    for said in said_everywhere(result):
        assert "too short under toy: work, tidy run 2.08 times the 50.0 ms" in said
        assert ADVICE.replace("it", "them") in said
        assert "too short under cpython" not in said
    assert checked(to_plain(result)).lane.short_runs == result.lane.short_runs


def test_programs_that_run_long_enough_are_not_named() -> None:
    result = with_floor(0.1 / SHORT)
    assert result.lane.short_runs == ()
    assert "short_runs" not in to_plain(result.lane)  # as results were written before
    assert not any("too short" in said for said in said_everywhere(result))


def test_why_starting_is_not_known_is_said_once_for_all_engines_that_it_holds_for() -> None:
    result = lane_result()
    failed = Outcome("failed", "ended with exit status 1: in <module> of\n`empty`")
    startup = [replace(c, outcomes={"run": failed}, metrics={}) for c in result.lane.startup]
    lane = replace(result.lane, startup=tuple(startup))
    broken = replace(result, lanes={lane.name: lane})
    words = f"what starting costs under {', '.join(ENGINES)} is not known: empty: "
    on_terminal, page, summary = said_everywhere(broken)
    assert words + "ended with exit status 1: in <module> of `empty`" in on_terminal
    for written in (page, summary):
        assert words + "ended with exit status 1: in \\<module> of \\`empty\\`." in written


def test_a_run_says_both_on_the_terminal_and_in_its_result(tmp_path: Path) -> None:
    project = lane_project(tmp_path, {"bench_work": "COMPILED = False\nprint(1)\n"})
    words = ("bench", "toys_native", "--quick")
    done = project.run(*words)
    assert done.code == 0, done.err
    assert {one.engine for one in project.result().lane.short_runs} == {"cpython", "toy"}
    assert "too short under cpython: bench_work runs " in done.out and ADVICE in done.out
    project.project.write("programs/empty.py", "COMPILED = False\nif COMPILED: 1 / 0\n")
    done = project.run(*words)
    assert done.code == 0, done.err  # what is measured is measured
    said = "what starting costs under toy is not known: empty: failed with exit status 1: "
    assert f"{said}ZeroDivisionError: division by zero\n" in done.out, done.out
    outcomes = {one.engine: one.outcomes["run"] for one in project.result().lane.startup}
    assert outcomes["cpython"].status == "ok" and "ZeroDivisionError" in outcomes["toy"].reason
