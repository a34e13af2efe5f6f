"""Recorded runs in the formats of other tools: `molt-build export`, for every job's runs."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from case_results import PROJECT, cell, kpi, run_of
from formats import ACTION, BENCHER
from friend_results import typical
from jsonschema import Draft202012Validator
from lane_results import lane_result
from markdown_pages import check_tables
from other_processes import PATIENCE_S

from molt_build.cli.command_line import run as molt_build
from molt_build.cli.measuring import EXPORTS, write_exports
from molt_build.errors import UsageError
from molt_build.report.export import FORMATS, NUMBERS, export_text
from molt_build.results.bench import BenchResult, Cell, Outcome
from molt_build.results.cases import Sample
from molt_build.results.files import Result, as_text, read_result, write_result

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run of each job."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/project.toml").write_text(PROJECT)
    samples = tuple(Sample(wall_s, 0.01, 0, 1, 0, (), {}, 0, 0, "on") for wall_s in (4.4, 4.6))
    slow = cell("release_warm", 4.5, kpis=(kpi("release_warm", 4.5, 3.0),), samples=samples)
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


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("job", ["lane", "friends", "cases"])
def test_a_result_of_version_1_is_exported(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = DATA / f"result_1_{job}.json"
    found = rows(printed(capsys, str(file)))
    facts = json.loads(printed(capsys, str(file), "--format", "json"))
    assert len(found) == len(facts["cells"]) > 0
    assert found[0]["run"] == read_result(file).run == facts["run"]
    assert "ok" in {row["status"] for row in found} | {"ok" if job == "cases" else ""}
    for form in NUMBERS:
        if (job, form) != ("cases", "github-action-benchmark-ratios"):
            assert len(json.loads(printed(capsys, str(file), "--format", form))) > 0
    check_tables(printed(capsys, str(file), "--format", "md"))


def test_the_cases_have_their_kpis(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(printed(capsys, "compile_progress/latest", "--format", "csv"))
    assert [(r["case"], r["status"], r["median_s"], r["red_kpis"]) for r in found] == [
        ("dev_warm", "measured", "0.07", ""),
        ("release_warm", "measured", "4.5", "release_warm"),
        ("dev_cold", "failed", "1.0", ""),
    ]
    assert [bool(one["p95_s"]) for one in found] == [int(one["n"]) >= 20 for one in found]
    assert all(float(one["maximum_s"]) >= float(one["median_s"]) for one in found)
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
        (("latest", "--format", "xml"), "csv, json, md, pyperf, hyperfine, bmf"),
        (("latest", "--output", "no/such/x"), "no folder"),
        (("latest", "--json"), "--format json"),
        (
            ("compile_progress/latest", "--format", "github-action-benchmark-ratios"),
            "--format github-action-benchmark has its times",
        ),
        (("latest", "--format", "md", "--output", "{engine}.md"), "all engines in one file"),
        (("latest", "--job", "other"), "there are 0 runs of other"),
    ],
)
def test_wrong_words_are_said(
    project: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert molt_build(["export", *words]) == 2
    assert said in capsys.readouterr().err


def told(*argv: str) -> str:
    """What another tool says of a file, which it must accept."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pyperf_itself_compares_shows_and_describes_what_is_exported(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyperf")
    pyperf = (sys.executable, "-m", "pyperf")
    printed(capsys, "toys_native/latest", "--format", "pyperf", "--output", "{engine}.json")
    compared = told(*pyperf, "compare_to", "cpython.json", "toy.json")
    assert re.search(r"work: .* 2\.00x faster", compared)
    assert "Total number of values: 8" in told(*pyperf, "stats", "toy.json")
    assert "#" in told(*pyperf, "hist", "toy.json")
    machine = told(*pyperf, "metadata", "cpython.json")
    for line in ("cpu_count: 2", "cpu_model_name: Some CPU", "engine: cpython", "unit: second"):
        assert f"- {line}\n" in machine
    printed(capsys, "compile_progress/latest", "--format", "pyperf", "--output", "cases.json")
    assert "Mean +- std dev: 4.50 sec" in told(*pyperf, "show", "cases.json")


def test_pyperf_is_told_what_it_would_have_collected_itself() -> None:
    lane = lane_result()
    machine = replace(
        lane.environment, aslr="Full randomization", booted="2026-01-31T07:00:00Z",
        governor="performance",
    )  # fmt: skip
    engines = {
        "cpython": replace(lane.engines["cpython"], versions={"interpreter": "Python 3.13.0"}),
        "toy": lane.engines["toy"],
    }
    pinned = replace(lane.lanes["toys_native"], pinned_cpu=1)
    lane = replace(lane, environment=machine, engines=engines, lanes={"toys_native": pinned})
    suite = json.loads(export_text(lane, "pyperf"))
    facts = suite["metadata"]
    assert facts["aslr"] == "Full randomization" and facts["cpu_config"] == "governor:performance"
    assert (facts["boot_time"], facts["load_avg_1min"]) == ("2026-01-31 07:00:00", 0.1)
    of = {one["metadata"]["name"]: one for one in suite["benchmarks"]}
    for name in ("work [cpython]", "work [toy]"):  # what toy made runs on the same interpreter
        assert of[name]["metadata"]["python_version"] == "3.13.0"
        assert of[name]["metadata"]["python_implementation"] == "cpython"
        assert of[name]["metadata"]["cpu_affinity"] == "1"
    assert of["work [toy]"]["metadata"]["uses_cc"] == "12"
    seeds = [run["metadata"]["python_hash_seed"] for run in of["work [toy]"]["runs"]]
    assert seeds == list(range(100, 108))
    assert (
        of["work [toy]"]["runs"][0]["metadata"]["duration"]
        == of["work [toy]"]["runs"][0]["values"][0]
    )


def test_hyperfine_writes_the_same_fields(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = json.loads(printed(capsys, "toys_native/latest", "--format", "hyperfine"))["results"][0]
    # What hyperfine's own scripts read: statistics, histograms, whiskers, parameters.
    assert own["min"] <= own["median"] <= own["max"] and own["stddev"] > 0
    assert all(type(value) is str for value in own["parameters"].values())
    hyperfine = shutil.which("hyperfine")
    if hyperfine is None:
        pytest.skip("hyperfine is not on PATH: its own file is not there to compare with")
    told(hyperfine, "--runs", "2", "--export-json", "own.json", "-L", "engine", "toy", "true")
    theirs = json.loads(Path("own.json").read_text())["results"][0]
    assert theirs.keys() <= own.keys()
    for name, value in theirs.items():
        assert name in ("user", "system") or isinstance(own[name], type(value)), name


@pytest.mark.parametrize("job", ["toys_native", "friends", "compile_progress"])
def test_what_bencher_and_the_action_for_charts_take(
    project: Path, capsys: pytest.CaptureFixture[str], job: str
) -> None:
    bencher = json.loads(printed(capsys, f"{job}/latest", "--format", "bmf"))
    Draft202012Validator(BENCHER).validate(bencher)
    for measures in bencher.values():
        for metric in measures.values():
            ends = metric.get("lower_value", 0), metric.get("upper_value", metric["value"])
            assert ends[0] <= metric["value"] <= ends[1]
    times = json.loads(printed(capsys, f"{job}/latest", "--format", "github-action-benchmark"))
    Draft202012Validator(ACTION).validate(times)
    assert [row["name"] for row in times] == list(bencher)
    for row in times:
        assert row["value"] * 1e9 == pytest.approx(bencher[row["name"]]["latency"]["value"])


def test_ratios_are_charted_where_bigger_is_better(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("toys_native/latest", "--format", "github-action-benchmark-ratios")
    rows = json.loads(printed(capsys, *words))
    Draft202012Validator(ACTION).validate(rows)
    assert [(row["name"], row["value"], row["unit"]) for row in rows] == [
        ("work [toy]", 2.0, "x cpython"), ("tidy [toy]", 2.0, "x cpython"),
    ]  # fmt: skip
    assert "95 % interval 2.00 to 2.00" in rows[0]["extra"]


def failing(result: BenchResult) -> BenchResult:
    """The result, with nothing scored."""
    lane = result.lanes["toys_native"]
    wanting = Outcome("failed", "ended with exit status 3")
    cells = [replace(one, outcomes={"run": wanting}, metrics={}) for one in lane.cells]
    lane = replace(lane, cells=tuple(cells), warnings=("other processes were busy",))
    return replace(result, lanes={"toys_native": lane})


def test_a_summary_says_what_failed_and_the_noise(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = printed(capsys, "toys_native/latest", "--format", "md")
    check_tables(whole)
    for words in (
        "**toy** (toy 1.2.3) is **2.00 times** as fast [2.00, 2.00] over 2 programs: 2 faster.",
        "| work | work |",
        "absent: not measured, since it is not there",
        "x86_64 / Some CPU / 2 cores",
    ):
        assert words in whole
    result = lane_result()  # no quick run: what is missing was not asked for
    part = replace(result.lane, coverage=replace(result.lane.coverage, quick_left_out=1))
    of_part = export_text(replace(result, lanes={part.name: part}), "md")
    assert "scored by all of cpython, toy; 1 more not run." in of_part
    failed = export_text(failing(lane_result()), "md")
    check_tables(failed)
    assert "ended with exit status 3" in failed and "noise: other processes were busy" in failed
    cases = printed(capsys, "compile_progress/latest", "--format", "md")
    check_tables(cases)
    assert "**2 of 3 KPIs green**" in cases
    assert "release_warm **red** (4.50, limit 3)" in cases
    assert "| dev_cold cython progress | failed | gcc failed |" in cases


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", NUMBERS)
def test_where_nothing_was_scored_there_is_no_number(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "result.json").write_text(as_text(failing(lane_result())))
    assert molt_build(["export", str(tmp_path / "result.json"), "--format", form]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"nothing to give as {form}: no program of it was scored" in said.err
    assert "--format csv, json and md say why" in said.err


def test_what_can_be_written_is_written_though_something_cannot(tmp_path: Path) -> None:
    forms = ("pyperf", "csv", "bmf", "md")
    with pytest.raises(UsageError, match=r"as pyperf: .*\n.*as bmf: "):
        write_exports(failing(lane_result()), [(one, str(tmp_path / one)) for one in forms])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "md"]


def test_the_help_names_every_format() -> None:
    words: Sequence[str] = re.split(r", | or ", EXPORTS)
    assert set(words) == set(FORMATS)
