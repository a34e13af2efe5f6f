"""A lane whose column is instructions: what is counted, what is kept, and what is said of both."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from counters import with_counter
from lane_projects import TOY, WORK, LaneProject, lane_project

from molt_build.report.export import export_text
from molt_build.results.bench import BenchResult

COUNTED = ("--column", "instructions")
MADE_BY = 'environment = { MADE_BY = "toy" }'
PROGRAMS = {"bench_work": WORK, "bench_more": WORK + "# longer, by so much\n" * 9}


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    return lane_project(tmp_path, PROGRAMS)


def count(
    lane: LaneProject, path: str, *words: str, code: int = 0, **env: str
) -> tuple[BenchResult, str]:
    done = lane.run("bench", "toys_native", *COUNTED, *words, env={"PATH": path, **env})
    assert done.code == code, done.err
    return lane.result(), done.out


def test_counts_are_a_column_that_is_measured_alone(lane: LaneProject, tmp_path: Path) -> None:
    result, told = count(lane, with_counter(tmp_path / "tools"))
    found = result.lane
    assert found.columns == ("instructions",) and found.asked.columns == ("instructions",)
    assert found.measurements.keys() == {"counted"}
    counting = found.measurements["counted"].counting
    assert counting is not None
    assert (counting.counter, counting.counted, counting.kept) == ("perf", 12, 0)
    assert counting.floors == {"cpython": 0.0, "toy": 0.0}
    cell = found.cells_by_key["bench_work", "toy"]
    measured = cell.metrics["instructions"]
    assert cell.status == "ok" and measured.summary.n == 2
    # `COMPILED = True` is a letter less than `False`.
    size = len(WORK)
    ratio = (1_000_000 + 100 * size) / (1_000_000 + 100 * (size - 1))
    assert measured.speedup is not None and measured.verdict == "equal"
    assert measured.speedup.ratio == measured.speedup.low == pytest.approx(ratio)
    assert {one.metrics["instructions"].summary.median for one in found.startup} == {1_000_000}
    assert "noise floor, two counts of the same at most: cpython 0%, toy 0%" in told
    assert "counted by perf version toy: 12 counts" in told
    with sqlite3.connect(lane.root / ".molt-build/history.sqlite") as history:
        query = "SELECT metric, n, low = ratio FROM cells WHERE engine = 'toy' AND program = ?"
        assert history.execute(query, ("bench_work",)).fetchall() == [("instructions", 2, 1)]
    rows = [*csv.DictReader(io.StringIO(export_text(result, "csv")))]
    assert float(rows[0]["instructions_median"]) > 1_000_000
    action = json.loads(export_text(result, "github-action-benchmark"))
    assert action[0]["unit"] == "instructions" and len(action) == 4
    bencher = json.loads(export_text(result, "bmf"))
    assert {name for one in bencher.values() for name in one} == {"instructions"}
    page = lane.run("report", "--lane", "toys_native")
    assert page.code != 0 and "it has no column wall_s" in page.err
    named = ("--from", "toys_native/latest", "--output", str(tmp_path / "page.md"))
    assert lane.run("report", "--lane", "toys_native", *named).code == 0
    assert "fewer instructions" in (tmp_path / "page.md").read_text()


def test_what_is_as_it_was_is_not_counted_again(lane: LaneProject, tmp_path: Path) -> None:
    path = with_counter(tmp_path / "tools", noise=tmp_path / "noise")
    first, _ = count(lane, path)
    ran = (tmp_path / "noise").stat().st_size
    counting = first.lane.measurements["counted"].counting
    assert counting is not None and min(counting.floors.values()) > 0
    lane.project.write("programs/bench_more.py", PROGRAMS["bench_more"] + "print('other')\n")
    second, told = count(lane, path)
    again = second.lane.measurements["counted"].counting
    assert again is not None and (again.counted, again.kept) == (4, 8)
    assert "4 counts, 8 kept from earlier runs of the same" in told
    # One more for seeing whether it counts.
    assert (tmp_path / "noise").stat().st_size - ran == 2 * (4 + 1)
    before, after = (
        one.lane.cells_by_key["bench_work", "toy"].metrics["instructions"].summary
        for one in (first, second)
    )
    assert before == after
    compared = lane.run("compare", "toys_native/latest~1", "toys_native/latest", "--json")
    facts = json.loads(compared.out)
    assert {row["program"]: row["verdict"] for row in facts["programs"]} == {
        "bench_work": "control"
    }
    assert facts["controls"] == {"programs": ["bench_work toy"], "false_alarms": []}
    assert facts["min_effect"] == 0.0001 and facts["warnings"] == []
    off, _ = count(lane, path, MOLT_BUILD_CACHE="off")
    counting = off.lane.measurements["counted"].counting
    assert counting is not None and counting.kept == 0


def test_an_emulator_refuses_what_its_manifest_says_it_cannot_count(
    lane: LaneProject, tmp_path: Path
) -> None:
    why = "it compiles while it runs"
    declared = f'{MADE_BY}\nuncountable = "{why}."'
    warm = TOY.replace(MADE_BY, declared).replace('name = "toy"', 'name = "warm"')
    lane.project.write("manifests/toolchains/warm.toml", warm)
    path = with_counter(tmp_path / "tools", is_emulated=True)
    result, told = count(lane, path, "--add-engine", "warm")
    cell = result.lane.cells_by_key["bench_work", "warm"]
    reason = f"valgrind-toy cannot count it: {why}"
    assert (cell.status, cell.reason) == ("unsupported", reason)
    assert result.lane.cells_by_key["bench_work", "toy"].status == "ok" and reason in told
    timed, _ = count(lane, path, "--add-engine", "warm", "--column", "wall_s", "--quick")
    cell = timed.lane.cells_by_key["bench_work", "warm"]
    assert cell.status == "ok" and "wall_s" in cell.metrics
    assert cell.outcome("instructions").status == "unsupported"
    result, _ = count(lane, with_counter(tmp_path / "real"), "--add-engine", "warm")
    assert result.lane.cells_by_key["bench_work", "warm"].status == "ok", "a processor can"


def test_a_machine_that_cannot_count_fails_only_where_counts_come_first(
    lane: LaneProject, tmp_path: Path
) -> None:
    path = with_counter(tmp_path / "tools", is_emulated=True)
    (tmp_path / "tools/valgrind").write_text("#!/bin/sh\nexit 1\n")
    done = lane.run("bench", "toys_native", *COUNTED, env={"PATH": path})
    assert done.code == 3 and "instructions cannot be counted on this machine" in done.err
    words = ("--column", "wall_s", *COUNTED, "--quick")
    done = lane.run("bench", "toys_native", *words, env={"PATH": path})
    assert done.code == 0 and "instructions cannot be counted" in done.err
    assert lane.result().lane.columns == ("wall_s",)
