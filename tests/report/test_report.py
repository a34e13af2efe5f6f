"""How results are shown: tables, the published summary, exports, progress."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import Measured, lane_project, measured

from molt_build.errors import UsageError
from molt_build.report.bench_summary import facts, plain, text
from molt_build.report.columns import summarise_runs
from molt_build.report.export import export
from molt_build.report.progress import LINE_EVERY_S, PlainLines, duration
from molt_build.report.table import footer, print_result
from molt_build.report.text import number, seconds
from molt_build.runs.folder import create_run, write_result


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


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
    for name in result["programs"]:
        assert name in done.out
    assert "times as fast as the reference; above 1 is faster" in done.out
    assert "\x1b[" not in done.out + done.err  # a pipe gets plain text
    for words in ("geometric mean", "start-up floor", "build time, apart", "not built", "lost my"):
        assert words in done.out
    assert "measuring 6 blocks" in done.err


def test_the_summary_holds_everything_and_no_paths(tmp_path: Path, run: Measured) -> None:
    lane, result, _ = run
    output = tmp_path / "summary.md"
    done = lane.run("report", "--output", str(output), "--run", "latest")
    assert done.code == 0, done.err
    page = output.read_text()
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        *("Families", "Programs", "Wins", "Losses", "Not scored", "Build times"),
        *("Start-up and memory", "Environment", "Method", "Reproduce"),
    ]
    for name in result["programs"]:
        assert name in page
    assert "it is refused by hand" in page
    assert "cannot take bench_cannot.py" in page  # the compiler's words, without its folders
    assert "~again" not in page.partition("## Reproduce")[0]
    for private in (str(lane.root), str(Path.home()), "/tmp/", "/usr/"):
        assert private not in page
    assert "molt-build bench toys_native --toolchain absent --aa" in page
    for line in page.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_the_summary_goes_where_it_is_published(run: Measured) -> None:
    lane, result, _ = run
    done = lane.run("report", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["output"] == str(lane.root / "docs/benchmarks/toys_summary.md")
    assert said["engines"]["toy"]["own"]["ratio"] == pytest.approx(
        result["summaries"]["own"]["toy"]["ratio"]
    )
    assert said["compared"] == 2 and said["runs"] == [result["run"]]


def test_columns_may_come_from_several_runs(run: Measured) -> None:
    result = run[1]
    other = json.loads(json.dumps(result).replace('"toy"', '"other"'))
    other["run"] = "toys_native/20300101T000000Z"
    summary = summarise_runs([result, other])
    assert [(c.engine, c.run_number) for c in summary.columns] == [
        ("toy", 1),
        ("cpython~again", 1),
        ("other", 2),
    ]
    page = text(summary)
    assert "[2] toys_native/20300101T000000Z" in page and "| run |" in page
    headline = facts(summary)["engines"]
    assert headline["other"]["run"] == other["run"]
    assert headline["other"]["own"] == headline["toy"]["own"]
    with pytest.raises(UsageError):
        summarise_runs([result, {**other, "profile": "release"}])


def test_the_latest_full_runs_are_published(tmp_path: Path, run: Measured) -> None:
    lane = lane_project(tmp_path)
    assert lane.run("report").code == 2  # nothing was measured
    some = {name: run[1]["programs"][name] for name in ("bench_work", "bench_tidy")}
    kinds: list[dict[str, Any]] = [
        {},
        {},
        {"quick": True},
        {"programs": some},
        {"interrupted": True},
        {"profile": "release"},
        {"reference": "toy"},
    ]
    for second, changes in enumerate(kinds):
        folder = create_run(lane.root, "toys_native", 1_700_000_000 + second)
        name = f"toys_native/{folder.name}"
        write_result(folder, {**run[1], **changes, "run": name})
    said = json.loads(lane.run("report", "--json").out)
    assert said["runs"] == ["toys_native/20231114T221321Z"]  # the second


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
    assert len(rows) == len(result["cells"])
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
    cell = next(c for c in run[1]["cells"] if (c["program"], c["engine"]) == ("bench_work", "toy"))
    assert bench.get_nvalue() == 6
    assert bench.median() == pytest.approx(cell["metrics"]["wall_s"]["median"])
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
    pty = pytest.importorskip("pty")
    lane = lane_project(tmp_path)
    ours, theirs = pty.openpty()
    words = ("bench", "toys_native", "--quick", "--bench", "differs")
    env = {"TERM": "xterm-256color", **({"NO_COLOR": "1"} if is_plain else {})}
    process = lane.start(*words, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
    os.close(ours)
    assert process.wait(60) == 1
    assert "other output" in seen.decode()
    assert "measuring" in seen.decode()  # the bar
    assert bool(re.search(rb"\x1b\[(\d+;)*3\d", seen)) != is_plain


@pytest.mark.parametrize("width", [200, 100, 80, 40])
def test_no_width_cuts_anything_off(run: Measured, width: int) -> None:
    from rich.console import Console

    stream = io.StringIO()
    print_result(Console(file=stream, width=width, force_terminal=False), run[1])
    assert "…" not in stream.getvalue()
    row = next(line for line in stream.getvalue().splitlines() if line.startswith("bench_work"))
    ratio = next(
        c["ratios"]["wall_s"]["ratio"]
        for c in run[1]["cells"]
        if (c["program"], c["engine"]) == ("bench_work", "toy")
    )
    assert f" {number(ratio)} " in row
    assert ("[" in row) == (width == 200 or "±" not in row)


def test_quick_results_say_that_they_are(run: Measured) -> None:
    result = copy.deepcopy(run[1])
    result["quick"], result["plan"]["blocks"], result["interrupted"] = True, 1, True
    said = "\n".join(footer(result))
    assert "too few blocks" in said and "--resume" in said
    assert math.isfinite(result["plan"]["sweep_s"])
