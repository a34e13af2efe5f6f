"""A lane from its manifest to its result: what is measured, what is not, and why."""

from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from build_projects import REPOSITORY, wait_for
from jsonschema import Draft202012Validator
from lane_projects import WORK, LaneProject, Measured, lane_project, measured
from schema_checks import assert_described

from molt_build.errors import UsageError
from molt_build.lanes.published import verdict
from molt_build.lanes.selection import Asked, select
from molt_build.manifests.cache import load

SCHEMA = json.loads((REPOSITORY / "schemas/result.schema.json").read_text())
TWO_PROGRAMS = {"bench_work": WORK, "bench_more": WORK.replace("100_000", "200_000")}


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def cells(result: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(cell["program"], cell["engine"]): cell for cell in result["cells"]}


def assert_valid(result: dict[str, Any]) -> None:
    errors = list(Draft202012Validator(SCHEMA).iter_errors(result))
    assert not errors, [f"{list(error.path)}: {error.message[:200]}" for error in errors[:3]]


def test_every_cell_is_scored_or_says_why_not(run: Measured) -> None:
    _, result, done = run
    assert done.code == 1  # the lane's subject failed programs
    found = cells(result)
    statuses = {name: found[name, "toy"]["status"] for name in result["programs"]}
    assert statuses == {
        "bench_work": "ok",
        "bench_tidy": "ok",
        "bench_differs": "differs",
        "bench_crashes": "failed",
        "bench_cannot": "build-failed",
        "bench_refused": "unsupported",
    }
    assert all(found[name, "cpython"]["status"] == "ok" for name in statuses)
    reason = {name: found[name, "toy"]["reason"] for name in statuses}
    assert reason["bench_differs"] == "line 2 is 'compiled True', cpython printed 'compiled False'"
    assert "exit status 1" in reason["bench_crashes"] and "lost my way" in reason["bench_crashes"]
    assert reason["bench_cannot"] == "cannot take /tmp/some/folder/bench_cannot.py"
    assert reason["bench_refused"] == "it is refused by hand"
    for name, status in statuses.items():
        if status != "ok":
            cell = found[name, "toy"]
            assert cell["metrics"] == {} and cell["verdict"] is None
            assert set(cell["ratios"].values()) == {None}


def test_result_is_what_the_schema_says(run: Measured) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert_valid(run[1])


def test_every_property_of_the_schema_is_described() -> None:
    assert_described(SCHEMA, "result")


def test_ratios_are_medians_of_the_raw_blocks(run: Measured) -> None:
    result = run[1]
    found = cells(result)
    for metric in ("wall_s", "cpu_s", "peak_memory_bytes"):
        logs = []
        for block in result["blocks"]:
            if block["program"] == "bench_work":
                values = {row["engine"]: row[metric] for row in block["runs"]}
                logs.append(math.log(values["cpython"] / values["toy"]))
        assert len(logs) == result["plan"]["blocks"] == 6
        ratio = found["bench_work", "toy"]["ratios"][metric]
        assert ratio["ratio"] == pytest.approx(math.exp(median(logs)))
        assert ratio["low"] <= ratio["ratio"] <= ratio["high"]
    times = [
        row["wall_s"]
        for block in result["blocks"]
        for row in block["runs"]
        if (block["program"], row["engine"]) == ("bench_work", "toy")
    ]
    summary = found["bench_work", "toy"]["metrics"]["wall_s"]
    assert summary["median"] == median(times) and summary["n"] == 6 and summary["p95"] is None


def test_blocks_share_a_seed_and_turn_round(run: Measured) -> None:
    result = run[1]
    rows = [block for block in result["blocks"] if block["program"] == "bench_work"]
    assert [row["hash_seed"] for row in rows] == result["plan"]["hash_seeds"]
    orders = [[r["engine"] for r in row["runs"]] for row in rows]
    assert sorted(orders[0]) == ["cpython", "cpython~again", "toy"]
    assert orders[1] == orders[0][::-1] and orders[2] == orders[0]


def test_summaries_are_over_what_all_engines_scored(run: Measured) -> None:
    summaries = run[1]["summaries"]
    assert summaries["compared"]["programs"] == ["bench_work", "bench_tidy"]
    assert summaries["compared"]["engines"]["toy"]["programs"] == 2
    assert summaries["own"]["toy"]["programs"] == 2
    assert summaries["own"]["cpython~again"]["programs"] == 6
    assert summaries["families"]["cannot"]["toy"] is None
    assert all("empty" not in names for names in summaries["verdicts"]["toy"].values())


def test_startup_is_measured_in_the_same_blocks(run: Measured) -> None:
    result = run[1]
    assert [cell["engine"] for cell in result["startup"]] == ["cpython", "toy", "cpython~again"]
    assert all(cell["status"] == "ok" for cell in result["startup"])
    assert all(cell["metrics"]["wall_s"]["n"] == 6 for cell in result["startup"])
    assert "empty" not in result["programs"]


def test_a_toolchain_that_is_missing_is_skipped_and_said(run: Measured) -> None:
    _, result, done = run
    assert [row["toolchain"] for row in result["skipped"]] == ["absent"]
    assert "molt-build-test-absent" in result["skipped"][0]["reason"]
    assert result["skipped"][0]["hint"]
    assert "absent" not in result["engines"]
    assert "absent skipped" in done.out


def test_again_is_the_same_toolchain(run: Measured) -> None:
    toolchains = run[1]["toolchains"]
    assert toolchains["cpython~again"]["identity"] == toolchains["cpython"]["identity"]
    assert toolchains["toy"]["identity"] != toolchains["cpython"]["identity"]
    assert toolchains["toy"]["versions"] == {"copyc": "copyc 1.0"}


def test_command_lines_are_complete(run: Measured) -> None:
    lane, result, _ = run
    cell = cells(result)["bench_work", "toy"]
    assert cell["argv"][-1] == str(
        lane.root / ".molt-build/out/toy/dev/native/bench_work/bench_work_made.py"
    )
    assert cell["environment"]["MADE_BY"] == "toy"
    assert cell["environment"]["HOME"] == "{scratch}/home"
    assert result["command"] == [
        *("molt-build", "bench", "toys_native", "--toolchain", "absent", "--aa")
    ]
    assert result["builds"]["toy"]["failed"] == 1
    assert result["builds"]["toy"]["programs"]["bench_work"]["seconds"] > 0


def test_a_missing_subject_exits_with_3(tmp_path: Path) -> None:
    lane = lane_project(tmp_path)
    lane.project.replace("manifests/lanes/toys.toml", 'subject = "toy"', 'subject = "absent"')
    lane.project.replace(
        "manifests/lanes/toys.toml", 'toolchains = ["toy"]', 'toolchains = ["toy", "absent"]'
    )
    lane.project.replace("manifests/lanes/toys.toml", 'optional = ["absent"]\n', "")
    done = lane.run("bench", "toys_native")
    assert done.code == 3 and "absent" in done.err
    assert not (lane.root / "bench").exists()
    only = lane.run("bench", "toys_native", "--only-toolchain", "absent")
    assert only.code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("toys_nativ",), "did you mean toys_native?"),
        (("toys_native", "--bench", "wrk"), "did you mean work?"),
        (("toys_native", "--bench", "bench_wrk"), "did you mean work?"),
        (("toys_native", "--toolchain", "toyy"), "did you mean toy"),
        (("toys_native", "--profile", "relase"), "did you mean release"),
        (("toys_native", "--only-toolchain", "cpython"), "--aa"),
        (("toys_native", "--toolchain", "cargo"), "rust"),
        (("toys_native", "--export", "xml", "x"), "csv, pyperf, hyperfine"),
        (("toys_native", "--export", "csv", "no/such/x"), "no folder"),
        (("toys_native", "--resume"), "no unfinished run"),
    ],
)
def test_names_that_are_wrong_are_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = lane_project(tmp_path).run("bench", *words)
    assert done.code == 2 and said in done.err, done.err


def test_selection_narrows_and_widens(tmp_path: Path) -> None:
    manifests = load(lane_project(tmp_path).root)

    def names(**asked: Any) -> tuple[list[str], list[str], tuple[str, ...]]:
        chosen = select(manifests, "toys_native", Asked(**asked))
        programs = [program.name for program, _ in chosen.programs]
        return programs, [engine.name for engine in chosen.engines], chosen.judged

    assert names(benches=("work", "bench_tidy", "work"))[0] == ["bench_work", "bench_tidy"]
    assert names(toolchains=("absent",))[1] == ["toy", "absent"]
    assert names(engines=("absent",))[1:] == (["absent"], ("absent",))
    assert names(reference="toy", engines=("cpython",))[1] == ["cpython"]
    assert names(is_again=True)[1:] == (["toy", "cpython~again"], ("toy",))
    with pytest.raises(UsageError):
        names(reference="toy")


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.30, 1.20, 1.40, "faster"),
        (1.01, 1.005, 1.015, "equal"),
        (1.30, 0.90, 1.40, "unclear"),
        (0.50, 0.45, 0.55, "slower"),
        (0.99, 0.97, 1.01, "unclear"),
        (1.015, 1.001, 1.03, "unclear"),
        (1.30, None, None, None),
    ],
)
def test_verdicts(ratio: float, low: float | None, high: float | None, expected: str) -> None:
    assert verdict({"ratio": ratio, "low": low, "high": high}, 0.02) == expected


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "8")
    wait_for(lambda: _blocks_on_disk(lane) >= 4, "four blocks", 60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in err and "--resume" in err
    assert "bench_work" in out  # what is measured is shown
    folder = lane.runs()[-1]
    first = json.loads((folder / "result.json").read_text())
    assert_valid(first)
    assert first["interrupted"] and len(first["blocks"]) >= 4
    refused = lane.run("bench", "toys_native", "--resume", "--bench", "work")
    assert refused.code == 2 and "other options" in refused.err

    whole = lane.bench("--resume")
    assert_valid(whole)
    assert lane.runs() == [folder]
    assert not whole["interrupted"] and whole["run"] == first["run"]
    assert len(whole["blocks"]) == 3 * whole["plan"]["blocks"]
    assert whole["blocks"][: len(first["blocks"])] == first["blocks"]
    assert whole["parts"][0]["blocks"] == len(first["blocks"])
    pairs = {(block["program"], block["index"]) for block in whole["blocks"]}
    assert len(pairs) == len(whole["blocks"])
    assert lane.run("bench", "toys_native", "--resume").code == 2  # it is finished


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "8")
    wait_for(lambda: _blocks_on_disk(lane) >= 4, "four blocks", 60)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert not (lane.runs()[-1] / "result.json").exists()
    whole = lane.bench("--resume")
    assert not whole["interrupted"] and len(whole["blocks"]) == 3 * whole["plan"]["blocks"]


def test_what_changed_meanwhile_is_not_resumed(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "8")
    wait_for(lambda: _blocks_on_disk(lane) >= 1, "a block", 60)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    lane.project.write("programs/bench_more.py", WORK + "print('more')\n")
    refused = lane.run("bench", "toys_native", "--resume")
    assert refused.code == 2 and "these changed: programs (bench_more)" in refused.err, refused.err


def test_a_reference_that_fails_leaves_its_row_unscored(tmp_path: Path) -> None:
    wrong = {"bench_wrong": "raise SystemExit(9)\n", "bench_work": WORK}
    result = lane_project(tmp_path, wrong).bench("--quick", code=1)
    assert_valid(result)
    found = cells(result)
    assert found["bench_wrong", "cpython"]["status"] == "failed"
    assert found["bench_wrong", "toy"]["status"] in ("failed", "unchecked")
    assert found["bench_work", "toy"]["status"] == "ok"
    assert result["quick"] and result["plan"]["blocks"] == 1
    assert found["bench_work", "toy"]["ratios"]["wall_s"]["low"] is None


def test_a_program_that_does_not_end_is_a_timeout(tmp_path: Path) -> None:
    endless = {"bench_ends": WORK, "bench_endless": "COMPILED = False\nwhile COMPILED: pass\n"}
    lane = lane_project(tmp_path, endless)
    lane.project.replace("manifests/lanes/toys.toml", "run_timeout_s = 4", "run_timeout_s = 0.5")
    result = lane.bench("--quick", code=1)
    cell = cells(result)["bench_endless", "toy"]
    assert cell["status"] == "timeout" and "was ended after" in cell["reason"]


def _blocks_on_disk(lane: LaneProject) -> int:
    files = list((lane.root / "bench/results/toys_native").glob("*/samples.jsonl"))
    return files[0].read_text().count('"event": "block"') if files else 0
