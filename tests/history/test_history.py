"""Runs on disk and in the history: what is kept, and what damage does."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st
from lane_projects import Measured, measured
from lane_results import lane_result
from other_processes import end_of

from molt_build.codec import to_plain
from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.history.builds import read_builds
from molt_build.history.database import HISTORY_FILE, VERSION, open_history
from molt_build.history.kpis import kpi_series, streak
from molt_build.history.runs import all_runs, write_run
from molt_build.results.bench import BenchResult
from molt_build.results.files import read_bench, read_result, write_result
from molt_build.runs.folder import create_run, run_folders, timestamp
from molt_build.runs.history_rows import Place, rows_of
from molt_build.runs.recorded import find_run, known_runs
from molt_build.runs.samples import SAMPLES_FILE, SamplesFile, read_samples
from molt_build.schema_of_types import indented


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def rows(project: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(project / HISTORY_FILE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def keep(project: Path, result: BenchResult) -> list[str]:
    """Record a result; the warnings."""
    warnings: list[str] = []
    with open_history(project, warnings.append) as history:
        if history is not None:
            place = Place(result.job, result.timestamp, "bench/results/x")
            write_run(history, rows_of(result, place))
    return warnings


def old_history(project: Path) -> sqlite3.Connection:
    """One of version 2, in the place of the history."""
    (project / HISTORY_FILE).parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(project / HISTORY_FILE)
    connection.executescript((Path(__file__).parents[1] / "data/history_2.sql").read_text())
    return connection


def test_a_run_has_a_row_and_every_cell_and_metric_too(run: Measured) -> None:
    lane, result, _ = run
    assert rows(lane.root, "SELECT id, job, kind, is_interrupted FROM runs") == [
        (result.run, "toys_native", "lane", 0)
    ]
    found = rows(
        lane.root,
        "SELECT ratio, low, high, median, n, identity, machine_class FROM cells "
        "JOIN engines USING (run, engine) JOIN runs ON id = run "
        "WHERE program = 'bench_work' AND engine = 'toy' AND metric = 'wall_s'",
    )
    measured = result.lane.cells_by_key["bench_work", "toy"].metrics["wall_s"]
    ratio, summary = measured.speedup, measured.summary
    assert ratio is not None
    identity = result.engines["toy"].identity
    machine = result.environment.machine_class
    values = (ratio.ratio, ratio.low, ratio.high, summary.median, summary.n)
    assert found == [(*values, identity, machine)]
    statuses = rows(lane.root, "SELECT status, ratio FROM cells WHERE program = 'bench_cannot'")
    assert ("build-failed", None) in statuses
    assert rows(lane.root, "PRAGMA journal_mode") == [("wal",)]
    assert rows(lane.root, "PRAGMA user_version") == [(VERSION,)]


def test_recording_again_replaces(tmp_path: Path, run: Measured) -> None:
    result = run[1]
    assert keep(tmp_path, replace(result, is_interrupted=True)) == []
    before = rows(tmp_path, "SELECT count(*) FROM cells")
    assert keep(tmp_path, result) == []
    assert rows(tmp_path, "SELECT count(*) FROM cells") == before
    assert rows(tmp_path, "SELECT is_interrupted FROM runs") == [(0,)]


@pytest.mark.parametrize(
    "damage", ["garbage", "cut", "overwritten", "no tables", "read-only", "unsupported"]
)
def test_a_damaged_history_is_set_aside(tmp_path: Path, run: Measured, damage: str) -> None:
    keep(tmp_path, run[1])
    file = tmp_path / HISTORY_FILE
    whole = file.read_bytes()
    if damage == "garbage":
        file.write_bytes(b"this is no database" * 100)
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "overwritten":
        file.write_bytes(whole[:4096] + bytes(range(256)) * ((len(whole) - 4096) // 256))
    elif damage == "read-only":  # what its header says
        file.write_bytes(whole[:18] + b"\x03" + whole[19:])
    elif damage == "unsupported":
        file.write_bytes(whole[:47] + b"\x85" + whole[48:])
    else:
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA user_version = 0")
        connection.close()
    warnings = keep(tmp_path, run[1])
    assert len(warnings) == 1 and "damaged" in warnings[0]
    assert rows(tmp_path, "SELECT id FROM runs") == [(run[1].run,)]
    assert len(list(file.parent.glob("history.sqlite.damaged-*"))) == 1


def test_a_newer_history_is_left_alone(tmp_path: Path, run: Measured) -> None:
    keep(tmp_path, run[1])
    connection = sqlite3.connect(tmp_path / HISTORY_FILE)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.execute("DELETE FROM runs")
    connection.commit()
    connection.close()
    warnings = keep(tmp_path, run[1])
    assert len(warnings) == 1 and "newer" in warnings[0]
    assert rows(tmp_path, "SELECT count(*) FROM runs") == [(0,)]


def test_a_history_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / HISTORY_FILE).mkdir(parents=True)
    with pytest.raises(EnvironmentFailed), open_history(tmp_path, print):
        pass


def test_several_processes_record_at_once(tmp_path: Path, run: Measured) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from molt_build.history.database import open_history\n"
        "from molt_build.history.runs import write_run\n"
        "from molt_build.results.files import read_bench\n"
        "from molt_build.runs.history_rows import Place, rows_of\n"
        "result = read_bench(Path(sys.argv[2]))\n"
        "for number in range(5):\n"
        "    with open_history(Path(sys.argv[1]), print) as history:\n"
        "        place = Place(sys.argv[3], str(number), 'x')\n"
        "        write_run(history, rows_of(result, place))\n"
    )
    source = tmp_path / "result.json"
    source.write_text(json.dumps(to_plain(run[1])))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(source), name],
            env={"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "abc"
    ]
    said = [end_of(process)[0] for process in processes]
    assert said == ["", "", ""] and all(process.returncode == 0 for process in processes)
    assert rows(tmp_path, "SELECT count(*) FROM runs") == [(15,)]


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_history_is_brought_to_the_present_schema(tmp_path: Path, version: int) -> None:
    old = old_history(tmp_path)
    if version == 1:  # it had no builds yet
        for table in ("build_actions", "builds", "case_kpis", "case_runs"):
            old.execute(f"DROP TABLE {table}")
        old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    warnings: list[str] = []
    with open_history(tmp_path, warnings.append) as history:
        assert history is not None
        runs = all_runs(history, warnings.append)
        series = kpi_series(history)
    assert [(run.id, run.is_of_record) for run in runs if run.kind == "lane"] == [
        ("toys_native/20260201T080000Z", True),
        ("toys_native/20260202T080000Z", False),
    ]
    assert runs[-1].git_commit == "0123abcd" if version == 1 else runs[-2].git_is_dirty
    assert rows(
        tmp_path,
        "SELECT status, ratio, n, identity, profile, target FROM cells "
        "JOIN engines USING (run, engine) WHERE run LIKE '%1T080000Z' AND metric = 'wall_s' "
        "AND engine = 'toy' ORDER BY program",
    ) == [
        ("differs", None, None, "xxh3:0123", "release", "native"),
        ("ok", 2.0, 8, "xxh3:0123", "release", "native"),
    ]
    assert [(key.workload, streak(points)) for key, points in series.items()] == (
        [] if version == 1 else [("progress", 1), ("progress 1/4", 3)]
    )
    builds = read_builds(tmp_path, 9, warnings.append)
    assert [build.seconds for build in builds] == ([] if version == 1 else [1.0, 2.0])
    assert rows(tmp_path, "PRAGMA user_version") == [(VERSION,)]
    assert rows(tmp_path, "PRAGMA foreign_key_check") == []
    assert warnings == []


def test_a_history_without_revisions_gets_them(tmp_path: Path) -> None:
    with open_history(tmp_path, pytest.fail) as history:
        assert history is not None
        history.execute("ALTER TABLE engines DROP COLUMN revision")
        history.execute("DROP TABLE pairs")
        history.execute("PRAGMA user_version = 3")
    assert keep(tmp_path, lane_result()) == []
    assert rows(tmp_path, "SELECT DISTINCT revision FROM engines") == [(None,)]


def test_what_lies_in_results_is_taken_in_once_and_again_when_it_changes(tmp_path: Path) -> None:
    folder = create_run(tmp_path, "toys_native", 1_700_000_000)
    write_result(folder, lane_result())
    bad = create_run(tmp_path, "toys_native", 1_700_000_001)
    (bad / "result.json").write_text("{")
    create_run(tmp_path, "toys_native", 1_700_000_002)  # has no result

    def known() -> list[tuple[Any, ...]]:
        with known_runs(tmp_path, pytest.fail) as history:
            query = "SELECT timestamp, is_quick, problem FROM runs ORDER BY timestamp"
            return history.execute(query).fetchall()

    found = known()
    assert [row[:2] for row in found] == [("20231114T221320Z", 0), ("20231114T221321Z", 0)]
    assert found[0][2] == ""
    problem = f"bench/results/toys_native/{bad.name}/result.json is not a result: "
    assert found[1][2].startswith(problem)
    change = "UPDATE runs SET started = 'seen'"
    with known_runs(tmp_path, pytest.fail) as history:
        history.execute(change)
    assert known() == found
    assert rows(tmp_path, "SELECT DISTINCT started FROM runs") == [("seen",)], "it was read again"
    write_result(folder, replace(lane_result(), is_quick=True))
    assert [row[1] for row in known()] == [1, 0]
    (folder / "result.json").unlink()
    assert [row[1] for row in known()] == [1, 0]  # rows stay


def test_without_a_history_the_results_are_known_all_the_same(tmp_path: Path) -> None:
    write_result(create_run(tmp_path, "toys_native", 1_700_000_000), lane_result())
    (tmp_path / HISTORY_FILE).mkdir(parents=True)
    warnings: list[str] = []
    assert find_run(tmp_path, "latest", warn=warnings.append).name == "20231114T221320Z"
    assert len(warnings) == 1 and "is not used" in warnings[0]
    (tmp_path / HISTORY_FILE).rmdir()
    old_history(tmp_path).execute(f"PRAGMA user_version = {VERSION + 1}")
    assert find_run(tmp_path, "latest", warn=warnings.append).name == "20231114T221320Z"
    assert len(warnings) == 2 and "newer" in warnings[1]


events = st.lists(
    st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=9), max_size=3),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60)
@given(facts=events, share=st.floats(0, 1))
def test_cut_samples_are_a_beginning_of_them(
    facts: list[dict[str, int | str]], share: float
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with SamplesFile(folder) as samples:
            for fact in facts:
                samples.add("block", {"fact": fact})
        whole = list(read_samples(folder))
        assert whole == [{"event": "block", "fact": fact} for fact in facts]
        data = (folder / SAMPLES_FILE).read_bytes()
        (folder / SAMPLES_FILE).write_bytes(data[: int(len(data) * share)])
        left = list(read_samples(folder))
        assert left == whole[: len(left)]
        with SamplesFile(folder) as samples:
            samples.add("part", {})
        assert list(read_samples(folder)) == [*left, {"event": "part"}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_results_are_json_whatever_their_layout(value: dict[str, Any]) -> None:
    for depth in range(4):
        assert json.loads(indented(value, depth)) == value


def test_runs_are_found_by_path_time_and_age(tmp_path: Path) -> None:
    base = lane_result()
    folders = []
    for lane, second in (("one", 0), ("two", 1), ("one", 2)):
        folders.append(create_run(tmp_path, lane, 1_700_000_000 + second))
        write_result(folders[-1], replace(base, command=(f"number {second}",)))
    unfinished = create_run(tmp_path, "one", 1_700_000_009)
    assert folders[0].name == timestamp(1_700_000_000) == "20231114T221320Z"
    assert find_run(tmp_path, "latest") == folders[2]
    assert find_run(tmp_path, "latest~1") == folders[1]
    assert find_run(tmp_path, "latest~1", "one") == folders[0]
    assert find_run(tmp_path, "two/latest") == folders[1]
    assert find_run(tmp_path, folders[1].name) == folders[1]
    assert find_run(tmp_path, f"one/{folders[0].name}") == folders[0]
    assert find_run(tmp_path, str(folders[0] / "result.json")) == folders[0] / "result.json"
    assert read_bench(find_run(tmp_path, "latest")).command == ("number 2",)
    assert unfinished in run_folders(tmp_path) and len(run_folders(tmp_path, "one")) == 3
    for spec in ("latest~3", "yesterday", unfinished.name, "three/latest"):
        with pytest.raises(UsageError):
            find_run(tmp_path, spec)


def test_a_second_run_in_the_same_second_gets_the_next(tmp_path: Path) -> None:
    names = [create_run(tmp_path, "lane", 1_700_000_000).name for _ in range(3)]
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", "\x00", "[" * 100_000),
        '{"kind": "result", "schema_version": 1}',
        '{"kind": "bench", "schema_version": 3}',
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(UsageError):
        read_result(tmp_path)
