"""How a lane's results are shown: tables, the published page, exports, progress."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import Measured, lane_project, measured
from lane_results import lane_result
from markdown_pages import check_tables, headings, rows_of, section, table_of
from rich.console import Console
from terminals import shown_on_a_terminal

from molt_build.errors import UsageError
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.bench_summary import lane_of, text
from molt_build.report.export import export
from molt_build.report.formatting import number, plain, seconds
from molt_build.report.headlines import WrittenPage, headline_of_lane
from molt_build.report.lane_table import print_run
from molt_build.report.progress import LINE_EVERY_S, PlainLines
from molt_build.report.scorecard import scored
from molt_build.results.bench import BenchResult, Outcome
from molt_build.results.changes import Against, ChangeVerdict, RevisionChange
from molt_build.results.facts import Mean
from molt_build.results.files import as_text, from_json, write_result
from molt_build.runs.folder import create_run
from molt_build.watch import duration

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def printed(result: BenchResult, width: int = 200) -> str:
    stream = io.StringIO()
    print_run(Console(file=stream, width=width, force_terminal=False), result)
    return stream.getvalue()


def page_of(*results: BenchResult) -> str:
    page = text(lane_of(results))
    check_tables(page)
    return page


def with_lane(result: BenchResult, **changes: Any) -> BenchResult:
    return replace(result, lanes={result.lane.name: replace(result.lane, **changes)})


def renamed(result: BenchResult, old: str, new: str) -> BenchResult:
    found = from_json(json.loads(as_text(result).replace(f'"{old}"', f'"{new}"')))
    assert isinstance(found, BenchResult)
    return found


def test_of_many_programs_failures_are_shown_first_and_not_all_the_others() -> None:
    result = lane_result([f"p{number:03}" for number in range(150)], blocks=6)
    cells = [
        replace(cell, outcomes={"run": Outcome("failed", "lost its way")}, metrics={})
        if (cell.program, cell.engine) == ("p149", "toy")
        else cell
        for cell in result.lane.cells
    ]
    shown = printed(with_lane(result, cells=tuple(cells)))
    rows = [line.split()[0] for line in shown.splitlines() if line.startswith("p")]
    assert rows[:3] == ["program", "p149", "p000"]
    assert len(rows) == 2 * 101  # of two columns
    assert "and 50 programs more, told by the result and the report" in shown
    assert "p149: lost its way" in shown


@given(st.floats(1e-4, 1e6))
def test_numbers_keep_three_digits(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=0.0051)
    assert len(number(value).replace(".", "").lstrip("0")) <= max(4, len(str(round(value))))


def test_numbers_read_well() -> None:
    shown = [number(value) for value in (0.0521, 0.521, 0.9999, 5.21, 9.999, 52.1, 99.99, 521.4)]
    assert shown == ["0.0521", "0.521", "1.00", "5.21", "10.0", "52.1", "100", "521"]
    assert [seconds(value) for value in (0.0123, 0.99999, 12.3)] == ["12.3 ms", "1.00 s", "12.3 s"]
    assert [duration(value) for value in (45, 200, 7500)] == ["45 s", "3 min 20 s", "2 h 5 min"]


def test_the_table_has_every_program_and_says_what_it_shows(run: Measured) -> None:
    _, result, done = run
    for name in result.lane.programs:
        assert name in done.out
    assert "\x1b[" not in done.out + done.err  # a pipe gets plain text
    for words in ("geometric mean", "start-up floor", "build time, apart", "not built", "lost my"):
        assert words in done.out
    assert "absent skipped" in done.out and "it is refused by hand" in done.out
    assert "measuring 6 blocks" in done.err
    assert done.out == printed(result)


def test_a_table_for_each_column_and_what_it_says() -> None:
    said = printed(lane_result())
    whole, _, memory = said.partition("toys_native, peak memory")
    assert re.search(r"^work +work +208 ms +2\.00 \[2\.00, 2\.00\] \+ +500 ms$", whole, re.M)
    assert re.search(r"^work +work +9\.5 MiB +1\.00 \[1\.00, 1\.00\] =$", memory, re.M)
    assert re.search(r"toy vs cpython: .* 2\.00 \[2\.00, 2\.00\] over 2 programs \(2 faster", whole)
    assert re.search(r"toy vs cpython: .* 1\.00 \[1\.00, 1\.00\] over 2 programs \(2 equal", memory)
    assert "start-up floor (empty): cpython 206 ms, toy 103 ms" in said
    built = "build time, apart: toy 1.00 s for 2 programs (0 up to date, 0 hits, 2 executed; "
    assert built in said
    assert (
        "(+ faster, = within 2% with the whole interval)" in said
    )  # and no mark that is not there


def test_own_and_common_means_are_both_told(run: Measured) -> None:
    _, result, _ = run
    (column, *_) = [scored([result], "toys_native").score]
    assert column is not None
    own = column.main.between("cpython~again", "cpython")
    assert own is not None and own.mean is not None
    every = own.own_mean
    assert every is not None and every.programs == 6
    line = next(x for x in printed(result).splitlines() if x.startswith("cpython~again vs"))
    assert f"{number(every.ratio)} " in line and "over 6 programs" in line
    assert f"{number(own.mean.ratio)} " in line and "over the 2 that all scored" in line


def test_the_page_holds_everything_and_no_paths(tmp_path: Path, run: Measured) -> None:
    lane, result, _ = run
    output = tmp_path / "toys_summary.md"
    done = lane.run("report", "--output", str(output), "--from", "latest")
    assert done.code == 0, done.err
    page = output.read_text()
    assert page == page_of(result)
    assert headings(page) == [
        *("Families", "Programs", "Wins", "Losses", "Not scored", "Meaning", "Build times"),
        *("Start-up and memory", "Environment", "Method", "Reproduce"),
    ]
    programs = table_of(section(page, "Programs"))
    assert {name.removesuffix(" †") for name in programs} == set(result.lane.programs)
    shown = {name: row["toy vs cpython"] for name, row in programs.items()}
    found = result.lane.cells_by_key["bench_work", "toy"].speedup("wall_s")
    assert found is not None
    assert shown["bench_work"].startswith(f"{number(found.ratio)} [")
    assert shown["bench_differs †"] == "other output"
    assert shown["bench_crashes †"] == "failed"
    assert shown["bench_cannot †"] == "not built"
    assert shown["bench_refused †"] == "not taken"
    missing = {row[0]: row[1:] for row in rows_of(section(page, "Not scored"))[1:]}
    assert missing["bench_refused"] == ["toy", "not taken", "it is refused by hand"]
    # The compiler's words, without its folders.
    assert missing["bench_cannot"] == ["toy", "not built", r"cannot take bench\_cannot.py"]
    assert "absent: not measured" in section(page, "Not scored")
    built = rows_of(section(page, "Build times"))
    assert [row[:3] for row in built[1:]] == [["toy", "4", "1"]]
    assert set(programs["bench_work"]) >= {"toy vs cpython", "cpython~again vs cpython"}
    for private in (str(lane.root), str(Path.home()), "/tmp/", "/usr/"):
        assert private not in page
    assert "molt-build bench toys_native --add-engine absent --aa" in section(page, "Reproduce")


def test_the_page_has_a_table_for_every_column() -> None:
    page = page_of(lane_result())
    top = rows_of(page.partition("\n## ")[0])
    assert [row[:5] for row in top[1:]] == [
        ["toy", "whole run", "2 of 2", "2.00 [2.00, 2.00]", "2.00 [2.00, 2.00] (2)"],
        ["toy", "peak memory", "2 of 2", "1.00 [1.00, 1.00]", "1.00 [1.00, 1.00] (2)"],
    ]
    assert [row[5:9] for row in top[1:]] == [["2", "0", "0", "0"], ["0", "0", "2", "0"]]
    assert [row[9:] for row in top[1:]] == [["0.0 %", "2 of 2"]] * 2  # every block is alike
    memory = table_of(section(page, "Peak memory", 3))
    assert memory["work"]["cpython: median (p95)"] == "9.5 MiB (9.5 MiB max)"
    assert memory["work"]["toy vs cpython"] == "1.00 [1.00, 1.00] ="
    floors = {row[0]: row[1:] for row in rows_of(section(page, "Start-up and memory"))}
    assert floors["toy"] == ["103 ms", "9.5 MiB"] and floors["cpython"] == ["206 ms", "9.5 MiB"]


def test_a_loss_names_what_can_change_it() -> None:
    slow = renamed(renamed(lane_result(), "toy", "cpython~"), "cpython", "toy")
    slow = renamed(slow, "cpython~", "cpython")
    slow = with_lane(slow, reference="cpython", subject="toy", engines=("cpython", "toy"))
    work = replace(slow.lane.programs["work"], tags=("loops", "calls"))
    page = page_of(with_lane(slow, programs={**slow.lane.programs, "work": work}))
    losses = table_of(section(page, "Losses, whole run", 3))
    assert losses["work"]["ratio"] == "0.500 [0.500, 0.500]"
    assert losses["work"]["track"] == "loops, calls"
    assert losses["work"]["of the mean"] == "-29.3%"
    assert losses["work"]["mean without it"] == "0.500"


def test_the_page_goes_where_it_is_published(run: Measured) -> None:
    lane, result, _ = run
    done = lane.run("report", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["output"] == str(lane.root / "docs/benchmarks/toys_summary.md")
    own = result.lane.summaries["wall_s"].own["toy"]
    assert own is not None
    assert said["engines"]["toy"]["own"]["ratio"] == pytest.approx(own.ratio)
    assert said["compared"] == 2 and said["runs"] == [result.run]


def test_engines_may_come_from_several_runs(run: Measured) -> None:
    result = run[1]
    other = replace(renamed(result, "toy", "other"), run="toys_native/20300101T000000Z")
    both = lane_of([result, other])
    assert both.run_of == {"cpython": 0, "toy": 0, "other": 1}
    page = page_of(result, other)
    runs = section(page, "Reproduce")
    assert runs.count("molt-build bench") == 2
    top = rows_of(page.partition("\n## ")[0])
    assert top[0][-1] == "run"
    runs_of = {row[0]: row[-1] for row in top[1:]}
    assert runs_of == {"toy": "[1]", "other": "[2]", "cpython~again": "-"}
    assert f"[2] {other.run}" in page
    headline = headline_of_lane(both, WrittenPage("page.md")).engines
    assert headline["other"].run == other.run
    assert headline["other"].own == headline["toy"].own
    assert headline["other"].compared == headline["toy"].compared
    for change in ({"profile": "release"}, {"reference": "toy"}, {"columns": ("cpu_s",)}):
        with pytest.raises(UsageError, match="differ in their"):
            lane_of([result, with_lane(other, **change)])


def test_what_not_all_engines_scored_is_in_no_common_mean() -> None:
    one, two = lane_result(("work", "tidy")), lane_result(("work", "more"))
    other = replace(renamed(two, "toy", "other"), run="toys_native/20300101T000000Z")
    both = headline_of_lane(lane_of([one, other]), WrittenPage("page.md"))
    assert (both.programs, both.compared) == (3, 1)
    for name in ("toy", "other"):
        own, compared = both.engines[name].own, both.engines[name].compared
        assert own is not None and own.programs == 2
        assert compared is not None and compared.programs == 1
    programs = table_of(section(page_of(one, other), "Programs"))
    assert set(programs) == {"work", "tidy †", "more †"}
    assert programs["more †"]["toy vs cpython"] == "-"


def test_the_latest_full_runs_are_published(tmp_path: Path, run: Measured) -> None:
    lane = lane_project(tmp_path)
    assert lane.run("report").code == 2  # nothing was measured
    names = ("bench_work", "bench_tidy")
    some = {name: run[1].lane.programs[name] for name in names}
    cells = tuple(cell for cell in run[1].lane.cells if cell.program in names)
    (measured_runs,) = run[1].lane.measurements.values()
    blocks = tuple(block for block in measured_runs.blocks if block.program in names)
    of_some = {"run": replace(measured_runs, blocks=blocks)}
    kinds: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({}, {}),
        ({"is_quick": True}, {}),
        ({}, {"programs": some, "cells": cells, "measurements": of_some}),
        ({"is_interrupted": True}, {}),
        ({}, {"profile": "release"}),
        ({}, {"reference": "toy"}),
    ]
    for second, (of_run, of_lane) in enumerate(kinds):
        folder = create_run(lane.root, "toys_native", 1_700_000_000 + second)
        name = f"toys_native/{folder.name}"
        write_result(folder, replace(with_lane(run[1], **of_lane), run=name, **of_run))
    said = json.loads(lane.run("report", "--json").out)
    assert said["runs"] == ["toys_native/20231114T221321Z"]  # the second
    assert [(row["run"][-4:-1], row["reason"]) for row in said["not_taken"]] == [
        ("326", "its reference is toy"),
        ("325", "its profile is release"),
        ("324", "it was interrupted"),
        ("323", "it has 2 of 6 programs"),
        ("322", "it is quick"),
    ]


def test_a_quick_run_replaces_no_published_page(tmp_path: Path, run: Measured) -> None:
    lane = lane_project(tmp_path)
    page = lane.root / "docs/benchmarks/toys_summary.md"
    page.parent.mkdir(parents=True)
    page.write_text("as it was published\n")
    folder = create_run(lane.root, "toys_native", 1_700_000_000)
    made = replace(run[1], run=f"toys_native/{folder.name}", is_quick=True)
    write_result(folder, made)
    refused = lane.run("report")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines() == [
        f"not taken: toys_native/{folder.name}: it is quick",
        "error: there is no full run of toys_native",
        "  molt-build bench toys_native makes one; --from RUN takes any run, "
        "--output FILE writes what there is to another file",
    ]
    assert page.read_text() == "as it was published\n"
    assert lane.run("report", "--output", "quick.md").code == 0
    assert "Quick, with fewer blocks" in (lane.root / "quick.md").read_text()
    reproduce = (lane.root / "quick.md").read_text().partition("## Reproduce")[2]
    assert "bootstrap" not in reproduce and "with molt_build installed" in reproduce
    assert "$ molt-build report --from toys_native/latest --output page.md\n" in reproduce
    assert page.read_text() == "as it was published\n"
    assert lane.run("report", "--from", folder.name).code == 0
    assert "Quick, with fewer blocks" in page.read_text()


def test_a_page_elsewhere_says_which_later_run_it_is_not_made_of(
    tmp_path: Path, run: Measured
) -> None:
    lane = lane_project(tmp_path)
    for began, is_quick in ((1_700_000_000, False), (1_700_000_001, True)):
        folder = create_run(lane.root, "toys_native", began)
        name = f"toys_native/{folder.name}"
        write_result(folder, replace(run[1], run=name, is_quick=is_quick))
    done = lane.run("report", "--output", "page.md")
    assert done.out == "page.md: written from toys_native/20231114T221320Z\n"
    assert done.err == f"not taken: {name}: it is quick; --from {name} takes it\n"
    text = (lane.root / "page.md").read_text()
    assert "$ molt-build report --lane toys_native\n" in text.partition("## Reproduce")[2]
    taken = lane.run("report", "--from", name, "--output", "page.md")
    assert taken.out == f"page.md: written from {name}\n"


def test_a_lane_without_one_of_its_engines_is_not_published(tmp_path: Path, run: Measured) -> None:
    """The run was asked for other engines: the page would lose the lane's own."""
    lane = lane_project(tmp_path)
    folder = create_run(lane.root, "toys_native", 1_700_000_000)
    other = renamed(run[1], "toy", "another")
    write_result(folder, replace(other, run=f"toys_native/{folder.name}"))
    refused = lane.run("report")
    assert refused.code == 2
    assert "no full run of toys_native has toy" in refused.err


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("in /home/me/x/prog.py line 3", "in prog.py line 3"),
        ("see https://example.org/a/b/c", "see https://example.org/a/b/c"),
        ("a / b and 1/2", "a / b and 1/2"),
        ("two\n  lines", "two lines"),
        ("-I/opt/x/include", "-I/opt/x/include"),
    ],
)
def test_reasons_lose_folders(reason: str, expected: str) -> None:
    assert plain(reason) == expected


def test_csv_has_a_row_for_every_cell(tmp_path: Path, run: Measured) -> None:
    result = run[1]
    export(result, "csv", str(tmp_path / "all.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert len(rows) == len(result.lane.cells)
    row = next(r for r in rows if (r["program"], r["engine"]) == ("bench_work", "toy"))
    assert float(row["wall_s_ratio"]) > 0 and row["wall_s_n"] == "6" and row["wall_s_p95"] == ""
    bad = next(r for r in rows if (r["program"], r["engine"]) == ("bench_cannot", "toy"))
    assert bad["status"] == "build-failed" and bad["wall_s_ratio"] == "" and bad["reason"]


def test_hyperfine_json_has_its_keys(tmp_path: Path, run: Measured) -> None:
    export(run[1], "hyperfine", str(tmp_path / "h.json"))
    entries = json.loads((tmp_path / "h.json").read_text())["results"]
    keys = "command mean stddev median user system min max times memory_usage_byte exit_codes"
    assert all(set(entry) == {*keys.split(), "parameters"} for entry in entries)
    work = next(e for e in entries if e["parameters"] == {"program": "bench_work", "engine": "toy"})
    assert len(work["times"]) == 6 == len(work["exit_codes"]) and min(work["times"]) == work["min"]
    assert {"program": "bench_cannot", "engine": "toy"} not in [e["parameters"] for e in entries]


def test_pyperf_reads_its_export(tmp_path: Path, run: Measured) -> None:
    pyperf = pytest.importorskip("pyperf")
    written = export(run[1], "pyperf", str(tmp_path / "p-{engine}.json"))
    assert [path.name for path in written] == [
        *("p-cpython.json", "p-toy.json", "p-cpython~again.json")
    ]
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "p-toy.json"))
    assert suite.get_benchmark_names() == ["bench_work", "bench_tidy"]
    bench = suite.get_benchmark("bench_work")
    cell = run[1].lane.cells_by_key["bench_work", "toy"]
    assert bench.get_nvalue() == 6
    assert bench.median() == pytest.approx(cell.metrics["wall_s"].summary.median)
    export(run[1], "pyperf", str(tmp_path / "all.json"))
    together = pyperf.BenchmarkSuite.load(str(tmp_path / "all.json"))
    assert "bench_work [toy]" in together.get_benchmark_names()


def test_a_pipe_gets_a_line_every_few_seconds() -> None:
    stream = io.StringIO()
    now = 0.0
    lines = PlainLines(stream, lambda: now)
    lines.phase("measuring", 100)
    for _ in range(100):
        now += 0.5
        lines.step("this")
    said = stream.getvalue().splitlines()
    assert said[0] == "measuring ..."
    assert said[1] == "measuring: 10 of 100, 45 s left (this)"
    assert len(said) == 1 + int(49.5 / LINE_EVERY_S)
    lines.note("news")
    assert stream.getvalue().splitlines()[-1] == "news"


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_terminal_gets_colours_unless_it_says_no(tmp_path: Path, is_plain: bool) -> None:
    lane = lane_project(tmp_path)
    words = ("bench", "toys_native", "--quick", "--program", "differs")
    env = {"TERM": "xterm-256color", **({"NO_COLOR": "1"} if is_plain else {})}
    seen, status = shown_on_a_terminal(
        lambda terminal: lane.start(*words, env=env, stdout=terminal, stderr=terminal)
    )
    assert status == 1
    assert "other output" in seen
    assert "pilot" in seen  # the bar; no program is left to measure
    assert bool(re.search(r"\x1b\[(\d+;)*3\d", seen)) != is_plain


@pytest.mark.parametrize("width", [200, 100, 80, 40])
def test_no_width_cuts_anything_off(run: Measured, width: int) -> None:
    said = printed(run[1], width)
    assert "…" not in said
    row = next(line for line in said.splitlines() if line.startswith("bench_work"))
    estimate = run[1].lane.cells_by_key["bench_work", "toy"].speedup("wall_s")
    assert estimate is not None
    assert f" {number(estimate.ratio)} " in row
    assert ("[" in row) == (width == 200 or "±" not in row)


def test_quick_results_say_that_they_are() -> None:
    quick = lane_result(blocks=1)
    lane = {"toys_native": replace(quick.lane, status="interrupted")}
    quick = replace(quick, is_quick=True, is_interrupted=True, lanes=lane)
    said = printed(quick)
    assert "too few blocks" in said and "--resume" in said and "quick" in said
    assert re.search(r"^work +work +200 ms +2\.00 +500 ms$", said, re.M)  # no mark, no interval
    page = page_of(quick)
    assert quick.run in page.partition("## Families")[0]
    assert table_of(section(page, "Programs"))["work"]["toy vs cpython"] == "2.00"


def against(verdicts: Sequence[ChangeVerdict], blocks: int = 8) -> BenchResult:
    """A result whose engine is compared with itself at a revision, a program for each verdict."""
    programs = [f"p{number}" for number, _ in enumerate(verdicts)]
    result = lane_result(programs, blocks)
    known = RatioEstimate(1.25, 1.2, 1.3, blocks)
    changes = [
        RevisionChange(
            program=name,
            engine="toy",
            then="cpython",
            change=None if verdict == "not compared" else known,
            p_value=None if verdict == "not compared" or blocks < 6 else 0.01,
            verdict=verdict,
            reason="",
            source_changed=name == "p0",
            same_build=name == "p1",
        )
        for name, verdict in zip(programs, verdicts, strict=True)
    ]
    mean = Mean(1.25, 1.2, 1.3, blocks, programs=len(programs))
    then = Against("HEAD~3", "0123456789" * 4, "wall_s", 0.05, {"toy": mean}, tuple(changes))
    return with_lane(result, against=then)


def test_now_against_then_is_a_table_of_its_own() -> None:
    said = printed(against(["faster", "slower", "same", "inconclusive", "not compared"]))
    rows = {row.split()[0]: row.rstrip() for row in said.splitlines() if re.match(r"p\d ", row)}
    assert re.search(r"2\.00 \[2\.00, 2\.00\] +1\.25 \[1\.20, 1\.30\] +faster", rows["p0"])
    assert rows["p0"].endswith("its source changed") and rows["p1"].endswith("the same build")
    assert re.search(r" - +not compared", rows["p4"])
    assert "then: HEAD~3, which is 012345678901" in said
    closing = next(line for line in said.splitlines() if line.startswith("toy now against HEAD~3"))
    for words in ("1 program is really faster (p0)", "1 program is really slower (p1)"):
        assert words in closing
    assert closing.endswith(
        "1 same, 1 inconclusive, 1 not compared; together 1.25 [1.20, 1.30] times as fast"
    )
    assert "build time, apart" in said and "start-up floor" in said
    weak = printed(against(["inconclusive"] * 4, blocks=6))
    assert "with 6 blocks a change in one program of 4 alone cannot be told from chance" in weak
    assert "a verdict needs 6 blocks" in printed(against(["inconclusive"], blocks=3))


def test_a_run_of_several_lanes_ends_with_all_of_them() -> None:
    result = lane_result()
    other = replace(result.lane, name="more_native")
    said = printed(replace(result, lanes={**result.lanes, other.name: other}))
    end = said.partition("all lanes")[2]
    for name in ("toys_native", "more_native"):
        assert re.search(rf"^{name} +2\.00 \[2\.00, 2\.00\] .* 2 of 2 +toy, 2\.00 times", end, re.M)


def test_results_of_version_1_are_shown() -> None:
    found = from_json(json.loads((DATA / "result_1_lane.json").read_text()))
    assert isinstance(found, BenchResult)
    row = r"^work +work +206 ms +2\.00 \[2\.00, 2\.00\] \+ +500 ms$"
    assert re.search(row, printed(found), re.M)
    page = page_of(found)
    assert table_of(section(page, "Programs"))["tidy"]["toy vs cpython"] == "2.00 [2.00, 2.00] +"
    assert rows_of(section(page, "Build times"))[1] == [
        *("toy", "2", "0", "1.00 s", "500 ms", "500 ms (work)")
    ]
    own = headline_of_lane(lane_of([found]), WrittenPage("page.md")).engines["toy"].own
    assert own is not None and own.ratio == pytest.approx(2.0)
    assert "absent" in section(page, "Not scored")


def test_a_lane_of_which_nothing_was_measured_has_no_page() -> None:
    result = lane_result()
    empty = with_lane(result, status="failed", reason="the disk is full", measurements={})
    with pytest.raises(UsageError) as caught:
        text(lane_of([empty]))
    assert caught.value.hint == "the disk is full"
    assert "toys_native: failed: the disk is full" in printed(empty)
