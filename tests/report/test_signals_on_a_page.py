"""The signals of a lane on its page: of the same engines, and made anew from raw results."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from build_projects import Project
from lane_results import ENVIRONMENT, lane_result, signals_of
from markdown_pages import rows_of, section
from saved_results import saved

from molt_build.cli import main as molt_build
from molt_build.report.published_pages import check_pages
from molt_build.report.signal_rows import lane_lines, program_values
from molt_build.results.bench import BenchResult
from molt_build.results.signals import SignalFacts, SignalRow, SignalsResult

PAGE = "docs/benchmarks/toys_summary.md"
CALLS = SignalFacts("Calls.", "calls", "lower", "program", "text", None, "sum", False)
SIZE = SignalFacts("Size.", "bytes", "neither", "engine", "size", None, "sum", False)


def signals_result(lane: BenchResult, run: str = "20260202T080000Z") -> SignalsResult:
    """Signals of the engine `toy` of a lane with the programs work and tidy, and of a third."""
    values = {"work": 1200, "tidy": 34, "other": 5}
    rows = [SignalRow("calls", "toy", name, value, "", 1) for name, value in values.items()]
    rows.append(SignalRow("calls", "toy", "", 1239, "", 3))
    rows.append(SignalRow("size", "toy", "", 4096, "", 2))
    programs = {lane.lane.name: ("work", "tidy"), "another": ("other",)}
    result = signals_of(lane, {"calls": CALLS, "size": SIZE}, rows, programs)
    environment = replace(ENVIRONMENT, git_commit="0123456789abcdef", git_is_dirty=True)
    return replace(result, run=f"signals/{run}", environment=environment)


def report(project: Project, *runs: str) -> str:
    assert molt_build(["report", "--from", *runs, "--project", str(project.root)]) == 0
    return (project.root / PAGE).read_text()


def test_a_page_has_the_signals_of_its_engines(project: Project) -> None:
    lane = lane_result()
    page = report(project, saved(project.root, lane), saved(project.root, signals_result(lane)))
    part = section(page, "Signals").partition("\n### ")[0]
    assert "run signals/20260202T080000Z, of commit 0123456789ab+" in " ".join(part.split())
    assert rows_of(part) == [["signal", "toy"], ["calls", "1,234 calls"], ["size", "4,096 bytes"]]
    assert "- calls (lower is better): Calls." in part and "- size: Size." in part
    assert [one.state for one in check_pages(project.root)] == ["same"]
    raw = project.root / "bench/published/signals/20260202T080000Z/result.json.xz"
    assert raw.is_file()
    without = report(project, str(project.root / "bench/results" / lane.run))
    assert "## Signals" not in without and not raw.exists()


def test_signals_do_not_tell_where_they_were_read(project: Project) -> None:
    lane, home = lane_result(), os.path.expanduser("~")
    result = signals_result(lane)
    calls = replace(CALLS, description=f"Calls of {home}/lib.")
    result = replace(result, signals={**result.signals, "calls": calls})
    page = report(project, saved(project.root, lane), saved(project.root, result))
    assert "- calls (lower is better): Calls of {home}/lib." in page
    assert [one.state for one in check_pages(project.root)] == ["same"]


def test_engines_that_are_another_thing_now_have_none(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """And who makes the page is told of it."""
    lane = lane_result()
    other = signals_result(lane)
    engine = replace(other.engines["toy"], identity="another")
    other = replace(other, engines={"toy": engine})
    assert "## Signals" not in report(
        project, saved(project.root, lane), saved(project.root, other)
    )
    told = "not taken: signals/20260202T080000Z: toy was not the same when signals were read"
    assert told in capsys.readouterr().err


def test_an_engine_is_what_the_run_says_that_it_is_taken_from(project: Project) -> None:
    """Another run of the page has measured an earlier one under the same name."""
    lane = lane_result()
    engine = replace(lane.engines["toy"], identity="another")
    engines = {**lane.engines, "toy": engine}
    earlier = replace(lane, run="toys_native/20260101T080000Z", engines=engines)
    runs = [saved(project.root, one) for one in (lane, earlier, signals_result(lane))]
    assert "| calls | 1,234 calls |" in report(project, *runs)
    of_another = signals_result(earlier, "20260203T080000Z")
    assert "## Signals" not in report(project, *runs[:2], saved(project.root, of_another))


def test_numbers_are_of_the_programs_and_under_the_names_of_the_lane() -> None:
    lane = lane_result()
    result = signals_result(lane)
    profile, target = result.profile, result.target
    name = lane.lane.name
    lines = lane_lines(result, name, profile, target, ["toy"])
    assert [(line.signal, line.value, line.programs) for line in lines] == [
        ("calls", 1234, 2),
        ("size", 4096, 2),
    ]
    assert program_values(result, "calls", name, profile, target) == {
        ("work", "toy"): 1200,
        ("tidy", "toy"): 34,
    }
    elsewhere = program_values(result, "calls", name, "other", "wasm")
    assert set(elsewhere) == {
        ("work", f"toy:{profile}@{target}"),
        ("tidy", f"toy:{profile}@{target}"),
    }


def test_a_run_of_signals_alone_makes_no_page(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = saved(project.root, signals_result(lane_result()))
    assert molt_build(["report", "--from", folder, "--project", str(project.root)]) == 2
    assert "is a run of signals" in capsys.readouterr().err
