"""`molt-build history`: runs listed, shown, exported, taken in and pruned."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from case_results import PROJECT, cell, run_of
from friend_results import typical
from lane_results import lane_result

from molt_build.cli.command_line import run as molt_build
from molt_build.history.database import HISTORY_FILE
from molt_build.results.files import Result, write_result
from molt_build.runs.folder import timestamp

LANES = ["toys_native/20260201T080000Z", "toys_native/20260202T080000Z"]
FRIENDS = "friends/20260203T040506Z"
CASES = ["compile_progress/20260204T080000Z", "compile_progress/20260205T080000Z"]
EVERY = [*LANES, FRIENDS, *CASES]


class Command:
    """The command in a project with runs of every job."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys

    def folder(self, run: str) -> Path:
        return self.root / "bench/results" / run

    def save(self, run: str, result: Result, age_s: float = 7200) -> None:
        self.folder(run).mkdir(parents=True, exist_ok=True)
        file = write_result(self.folder(run), result)
        os.utime(file, (time.time() - age_s, time.time() - age_s))

    def __call__(self, *words: str, code: int = 0) -> str:
        assert molt_build(["history", *words]) == code
        said = self._capsys.readouterr()
        return said.out if code == 0 else said.err

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def listed(self, *words: str) -> list[str]:
        return [run["id"] for run in self.json("list", *words)["runs"]]


@pytest.fixture
def history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/project.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    command = Command(tmp_path, capsys)
    command.save(LANES[0], lane_result())
    whole = lane_result()
    at = replace(whole.environment, git_commit="0123456789abcdef", git_is_dirty=True)
    quick = replace(whole, is_quick=True, is_interrupted=True, environment=at)
    command.save(LANES[1], quick)
    command.save(FRIENDS, typical())
    command.save(CASES[0], run_of(4, [cell("dev_warm")]))
    command.save(CASES[1], run_of(5, [cell("dev_warm"), cell("dev_cold", 4.5)]))
    return command


def test_runs_of_every_job_are_listed(history: Command) -> None:
    lines = history("list").splitlines()
    assert [line.split()[0] for line in lines] == EVERY
    assert lines[0].split() == [LANES[0], "lane"]
    assert lines[1].split()[1:] == ["lane", "0123456789ab+", "quick", "interrupted"]
    assert history.listed("--job", "compile_progress") == CASES
    assert history.listed("--last", "2") == CASES
    shutil.rmtree(history.folder(LANES[0]))
    (history.folder(FRIENDS) / "result.json").write_text("{")
    lines = history("list").splitlines()
    assert lines[0].endswith("its folder is gone")
    assert f"cannot be read: bench/results/{FRIENDS}/result.json is not a result" in lines[2]
    assert [run["has_result"] for run in history.json("list")["runs"]] == [False, *[True] * 4]


def test_nothing_is_there_yet(history: Command) -> None:
    shutil.rmtree(history.root / "bench")
    assert "no run is recorded yet" in history("list")
    assert "there are none" in history("list", "--job", "friends", code=2)


def test_a_run_is_shown_though_its_folder_is_gone(history: Command) -> None:
    history("list")
    shutil.rmtree(history.root / "bench")
    shown = history("show", LANES[0])
    for words in (
        f"{LANES[0]}: lane, started 2026-02-01T08:00:00Z",
        "its folder is gone",
        "engine cpython (the reference): release, native, xxh3:2222",
        "2.00 [2.00, 2.00]",
    ):
        assert words in shown
    row = next(line.split() for line in shown.splitlines() if "work" in line and "wall_s" in line)
    assert row == ["toys", "work", "cpython", "wall_s", "-", "208", "ms", "-", "8", "ok"]
    suites = history("show", "latest", "--job", "friends")
    assert "steady_s" in suites and "nbody" in suites
    cases = history("show", "compile_progress/latest~0")
    assert "dev_cold" in cases and "RED" in cases and "<= 3" in cases
    facts = history.json("show", "latest~1")
    assert facts["run"]["id"] == LANES[0] and len(facts["cells"]) == 4 * 3
    assert [engine["engine"] for engine in facts["engines"]] == ["cpython", "toy"]


def test_all_cells_are_exported(history: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(history("export"), newline="")))
    assert list(dict.fromkeys(row["run"] for row in rows)) == EVERY
    [row] = [
        r
        for r in rows
        if (r["run"], r["program"], r["engine"], r["metric"]) == (LANES[0], "work", "toy", "wall_s")
    ]
    found = lane_result().lane.cells_by_key["work", "toy"].metrics["wall_s"]
    assert row["median"] == str(found.summary.median)
    assert (row["ratio"], row["identity"]) == ("2.0", "xxh3:" + "2" * 32)
    [case] = [row for row in rows if row["case_name"] == "dev_cold"]
    assert (case["engine"], case["workload"], case["median"]) == ("cython", "progress", "4.5")
    history("export", "--job", "toys_native", "--last", "1", "--output", "out.csv")
    written = csv.DictReader(io.StringIO(Path("out.csv").read_text(), newline=""))
    assert {row["run"] for row in written} == {LANES[1]}
    facts = history.json("export", "--job", "compile_progress")["runs"]
    assert [len(run["kpis"]) for run in facts] == [1, 2]
    assert facts[1]["kpis"][0]["is_green"] is False


def test_pruned_runs_come_back_only_by_name(history: Command) -> None:
    assert history.json("prune", "--keep", "1", "--dry-run")["pruned"] == [LANES[0], CASES[0]]
    assert history.listed() == EVERY
    assert "--keep N" in history("prune", code=2)
    assert history("prune", "--keep", "1").splitlines() == [
        *(f"{run}: removed" for run in (LANES[0], CASES[0])),
    ]
    assert history.listed() == [LANES[1], FRIENDS, CASES[1]]
    assert history.folder(LANES[0]).is_dir()
    assert "there is 1 run" in history("show", "latest~1", code=2)
    assert history("import") == "nothing is new\n"
    assert history("import", LANES[0]) == f"{LANES[0]}: taken in\n"
    assert history.listed("--job", "toys_native") == LANES
    assert "there is no result of a run nothing/here" in history("import", "nothing/here", code=2)


def test_folders_go_when_that_is_asked_for(history: Command) -> None:
    history.save(FRIENDS, typical(), age_s=60)  # it may be going on
    young = f"toys_native/{timestamp(time.time() - 1800)}"
    history.save(young, lane_result())
    found = history("prune", "--older-than", "1h", "--job", "toys_native", "--folders")
    *lines, freed = found.splitlines()
    assert lines == [f"{run}: removed, with its folder" for run in LANES]
    assert freed.endswith("kB freed")
    assert history.listed() == [FRIENDS, *CASES, young]
    assert not any(history.folder(run).exists() for run in LANES)
    took = sum(file.stat().st_size for run in CASES for file in history.folder(run).iterdir())
    assert history.json("prune", "--older-than", "8w", "--folders") == {
        "dry_run": False,
        "folders": True,
        "pruned": CASES,
        "spared": [],
        "freed_bytes": took,
    }
    assert history.listed() == [FRIENDS, young]
    assert history.folder(FRIENDS).is_dir()
    for words in (("--older-than", "soon"), ("--keep", "0")):
        assert molt_build(["history", "prune", *words]) == 2


def test_a_run_whose_folder_is_gone_counts_and_is_not_read(
    history: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    history("list")
    for run in (LANES[1], CASES[0]):
        shutil.rmtree(history.folder(run))
    assert molt_build(["compare", "latest", "latest~1"]) == 2
    assert "there is 1 run" in capsys.readouterr().err
    # A page is made of results alone. Those that were published with one are there still.
    assert streaks(history.root) == ["0 of 7", "1 of 7"]


def test_a_page_counts_the_runs_that_were_published_with_it(history: Command) -> None:
    assert streaks(history.root) == ["0 of 7", "2 of 7"]  # dev_cold is red; dev_warm was green
    shutil.rmtree(history.folder(CASES[0]))
    said = history("prune", "--keep", "1", "--job", "compile_progress")
    assert f"{CASES[0]}: stays, it is published" in said
    history("prune", "--keep", "1", "--job", "compile_progress", "--all")
    assert streaks(history.root) == ["0 of 7", "2 of 7"]
    shutil.rmtree(history.root / "bench/published")
    assert streaks(history.root) == ["0 of 7", "1 of 7"]


def streaks(project: Path) -> list[str]:
    """Those of the page of the cases, as it is published now."""
    assert molt_build(["report", "--cases"]) == 0
    page = (project / "docs/benchmarks/compile_progress.md").read_text()
    return [line.split("|")[-3].strip() for line in page.splitlines() if " of 7 |" in line]


def test_what_cannot_be_changed_is_said(history: Command) -> None:
    (history.root / HISTORY_FILE).mkdir(parents=True)
    assert "cannot open" in history("prune", "--keep", "1", code=4)
    assert history.listed() == EVERY  # from the results
