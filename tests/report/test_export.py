"""Recorded runs in the formats of other tools: `molt-build export`, for every job's runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from case_results import PROJECT, cell, kpi, run_of
from friend_results import typical
from lane_results import lane_result

from molt_build.cli.command_line import run as molt_build
from molt_build.results.bench import Cell
from molt_build.results.files import Result, read_result, write_result

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run of each job."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/project.toml").write_text(PROJECT)
    slow = cell("release_warm", 4.5, kpis=(kpi("release_warm", 4.5, 3.0),))
    failed = cell("dev_cold", 1.0, n=3, status="failed", reason="gcc failed")
    results: dict[str, Result] = {
        "toys_native": lane_result(),
        "friends": typical(),
        "compile_progress": run_of(1, [cell("dev_warm"), slow, failed]),
    }
    for job, result in results.items():
        folder = tmp_path / "bench/results" / job / result.timestamp
        folder.mkdir(parents=True)
        write_result(folder, result)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert molt_build(["export", *words]) == 0
    return capsys.readouterr().out


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_lane_that_was_measured_long_ago(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(printed(capsys, "latest"))
    assert [(row["program"], row["engine"]) for row in found] == [
        *(("work", "cpython"), ("work", "toy"), ("tidy", "cpython"), ("tidy", "toy")),
    ]
    assert found[1]["run"] == "toys_native/20260201T080000Z"
    assert (found[1]["wall_s_ratio"], found[1]["build_s"]) == ("2.0", "0.5")
    assert "steady_s_median" not in found[1]
    facts = json.loads(printed(capsys, "toys_native/latest", "--format", "json"))
    assert facts["engines"] == ["cpython", "toy"]  # what was skipped has nothing to give
    assert facts["cells"][1]["ratios"]["wall_s"]["ratio"] == 2.0
    timed = json.loads(printed(capsys, "20260201T080000Z", "--format", "hyperfine"))["results"]
    assert [len(entry["times"]) for entry in timed] == [8] * 4


def test_suites_have_their_programs_and_their_steady_state(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [(lane.name, cell) for lane, cell in typical().all_cells()]
    found = rows(printed(capsys, "latest", "--job", "friends"))
    assert [(r["workload"], r["program"], r["engine"], r["status"]) for r in found] == [
        (name, c.program, c.engine, c.status) for name, c in cells
    ]
    for row, (_, c) in zip(found, cells, strict=True):
        ratio = c.speedup("steady_s")
        assert row["steady_s_ratio"] == ("" if ratio is None else str(ratio.ratio))
        assert row["build_s"] == ("" if c.build is None else str(c.build.seconds))
    timed = json.loads(printed(capsys, "friends/latest", "--format", "hyperfine"))["results"]
    named = [(t["parameters"]["program"], t["parameters"]["engine"]) for t in timed]
    ok = [(f"{name}/{c.program}", c.engine) for name, c in cells if c.status == "ok"]
    assert named == ok and len(set(named)) == len(named)


def test_pyperf_reads_suites_and_their_steady_state(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pyperf = pytest.importorskip("pyperf")
    words = ("friends/latest", "--format", "pyperf", "--output", "p-{engine}.json")
    files = printed(capsys, *words).splitlines()
    assert {"p-cpython.json", "p-pypy.json"} <= set(files)
    suite = pyperf.BenchmarkSuite.load("p-pypy.json")
    one: Cell = next(
        c for c in typical().lanes["pypy"].cells if c.engine == "pypy" and "steady_s" in c.metrics
    )
    whole, steady = (suite.get_benchmark(f"pypy/{one.program}{word}") for word in ("", " steady"))
    assert whole.median() == pytest.approx(one.metrics["wall_s"].summary.median)
    assert steady.median() == pytest.approx(one.metrics["steady_s"].summary.median)


@pytest.mark.parametrize("job", ["lane", "friends", "cases"])
def test_a_result_of_version_1_is_exported(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = DATA / f"result_1_{job}.json"
    found = rows(printed(capsys, str(file)))
    facts = json.loads(printed(capsys, str(file), "--format", "json"))
    assert len(found) == len(facts["cells"]) > 0
    assert found[0]["run"] == read_result(file).run == facts["run"]
    assert "ok" in {row["status"] for row in found} | {"ok" if job == "cases" else ""}
    for form in ("pyperf", "hyperfine") if job != "cases" else ():
        assert len(json.loads(printed(capsys, str(file), "--format", form))) > 0


def test_the_cases_have_their_kpis(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(printed(capsys, "compile_progress/latest", "--format", "csv"))
    assert [(r["case"], r["status"], r["median_s"], r["red_kpis"]) for r in found] == [
        ("dev_warm", "measured", "0.07", ""),
        ("release_warm", "measured", "4.5", "release_warm"),
        ("dev_cold", "failed", "1.0", ""),
    ]
    words = ("compile_progress/latest", "--format", "json", "--output", "c.json", "--json")
    assert json.loads(printed(capsys, *words)) == {
        "run": "compile_progress/20260201T080000Z",
        "format": "json",
        "files": ["c.json"],
    }
    written: dict[str, Any] = json.loads(Path("c.json").read_text())
    assert written["cells"][1]["kpis"][0]["is_green"] is False
    assert written["is_recorded"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latest~3",), "there is 1 run, so there is no latest~3"),
        (("nothing",), "the latest are: toys_native/20260201T080000Z"),
        (("latest", "--format", "xml"), "csv, pyperf, hyperfine, json"),
        (("latest", "--output", "no/such/x"), "no folder"),
        (("latest", "--json"), "--format json"),
        (("compile_progress/latest", "--format", "pyperf"), "there are: csv, json"),
        (("latest", "--job", "other"), "there are 0 runs of other"),
    ],
)
def test_wrong_words_are_said(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert molt_build(["export", *words]) == 2
    assert said in capsys.readouterr().err
