"""Signals of programs beside their speed-ups: a page's table, pictures and headline."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path

import pytest
from build_projects import new_project
from lane_results import ENGINES, block_run, cell, lane_result, measurement, signals_of
from markdown_pages import check_tables, rows_of, section
from published import assert_published
from saved_results import saved

from molt_build.cli import main as molt_build
from molt_build.codec import to_plain
from molt_build.measure.blocks import Block
from molt_build.report.bench_summary import lane_of, page_of
from molt_build.report.headlines import WrittenPage, headline_of_lane
from molt_build.report.page import Page
from molt_build.report.published_pages import check_pages
from molt_build.report.scatter_picture import Dot, scatter_svg
from molt_build.results.bench import BenchResult
from molt_build.results.scoring import with_summaries
from molt_build.results.signals import SignalFacts, SignalRow, SignalsResult

PROGRAMS = [f"p{number:02}" for number in range(12)]
SIGNALS = {
    "calls": SignalFacts("Calls.", "calls", "lower", "program", "text", None, "sum", False),
    "size": SignalFacts("Size.", "bytes", "neither", "program", "size", None, "sum", False),
    "seconds": SignalFacts("Times.", "s", "lower", "program", "lane", None, "median", True),
}


def lane() -> BenchResult:
    """Twelve programs: the more calls one has, the less it gains, but for the last."""
    result = lane_result(PROGRAMS)
    rows = [
        Block(
            name,
            index,
            100 + index,
            (block_run("cpython", 1.0, 1e7), block_run("toy", speed_s(name), 1e7)),
        )
        for index in range(8)
        for name in PROGRAMS
    ]
    cells = tuple(cell(name, engine, rows) for name in PROGRAMS for engine in ENGINES)
    made = replace(result.lane, cells=cells, measurements={"run": measurement(rows, 8)})
    return replace(result, lanes={result.lane.name: with_summaries(made)})


def speed_s(name: str) -> float:
    number = PROGRAMS.index(name)
    return 0.1 + number / 20 if number < 11 else 0.05


def signals(result: BenchResult) -> SignalsResult:
    each = {
        "calls": lambda number: 100 + 10 * number,
        "size": lambda number: 4096,
        "seconds": lambda number: number,
    }
    rows = [
        SignalRow(signal, "toy", name, of(number), "", 1)
        for signal, of in each.items()
        for number, name in enumerate(PROGRAMS)
    ]
    rows += [SignalRow(signal, "toy", "", 1, "", len(PROGRAMS)) for signal in each]
    return signals_of(result, SIGNALS, rows, {result.lane.name: PROGRAMS})


def page() -> Page:
    result = lane()
    return page_of(lane_of([result]), "toys_summary", signals(result))


def test_a_page_says_whether_a_signal_goes_with_the_speed() -> None:
    made = page()
    check_tables(made.text)
    rows = {row[0]: row[1:] for row in rows_of(section(made.text, "Signals")) if len(row) == 5}
    assert rows["signal"] == ["engine", "programs", "rank correlation", "it says"]
    engine, programs, figure, says = rows["calls"]
    # Eleven in falling order, and the last, which has most calls and is the fastest: of the ranks
    # 11 to 1 and 12 beside 1 to 12 it is 1 - 6 * 440 / (12 * 143).
    assert (engine, programs) == ("toy", "12") and figure.startswith("-0.54 [")
    assert says in ("programs with more of it gain less", "not told: 0 is inside")
    assert rows["size"] == ["toy", "12", "-", "too few programs, or all alike"]
    assert "seconds" not in rows  # it rests on times itself


def test_the_picture_is_of_signals_that_count_calls_and_names_every_program() -> None:
    made = page()
    (picture,) = [one for one in made.pictures if one.file.startswith("signal-")]
    assert picture.file == "signal-calls.svg"
    assert f"(toys_summary_pictures/{picture.file})" in made.text
    assert "Rank correlation: toy -0.54 [" in picture.words
    root = xml.fromstring(picture.svg)
    titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert [f"{name}, toy: " in "\n".join(titles) for name in PROGRAMS] == [True] * 12
    assert "p11, toy: 20.0x, calls 210" in titles
    shown = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"toy", "1x", "p00", "p10", "p11"} <= set(shown)  # the outermost programs


def test_a_headline_has_the_numbers_and_raw_results_make_the_page_anew(tmp_path: Path) -> None:
    result = lane()
    read = signals(result)
    one = lane_of([result])
    headline = to_plain(headline_of_lane(one, WrittenPage("page.md"), read))
    assert_published("report", headline)
    calls, size = headline["beside_speed"]
    assert calls["programs"]["p11"] == pytest.approx([210, 20]) and size["correlation"] is None
    assert headline_of_lane(one, WrittenPage("page.md")).beside_speed == ()
    project = new_project(tmp_path).root
    folders = [saved(project, made) for made in (result, read)]
    assert molt_build(["report", "--from", *folders, "--project", str(project)]) == 0
    assert [found.state for found in check_pages(project)] == ["same"]
    (project / "docs/benchmarks/toys_summary_pictures/signal-calls.svg").unlink()
    assert [found.state for found in check_pages(project)] == ["differs"]


def test_a_picture_of_zeros_and_of_one_program_can_be_drawn() -> None:
    for dots in (
        [Dot("a", "x", 0.0, 2.0)],
        [Dot("a", "x", 0.0, 2.0), Dot("b", "y", 9.0, 0.5), Dot("b", "x", 3.0, 0.5)],
        [Dot("a", "x", 5.0, 1.0), Dot("b", "x", 5.0, 1.0)],
    ):
        drawn = scatter_svg("title", "calls", dots, "cpython", lambda value: f"{value:g}")
        xml.fromstring(drawn)
        assert drawn.count("<circle") >= 1 and "times as fast as cpython" in drawn
    assert "logarithmic" not in drawn
