"""A lane from its manifest to its result: what is measured, what is not, and why."""

from __future__ import annotations

import json
import math
import os
import re
import signal
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lane_projects import (
    SCHEMA,
    TOY_HEAD,
    WORK,
    LaneProject,
    Measured,
    checked,
    lane_project,
    measured,
)
from other_processes import end_of, wait_for
from schema_checks import assert_described

from molt_build.bench.selection import Asked, select
from molt_build.errors import UsageError
from molt_build.manifests.loading import load
from molt_build.measure.process import Metric
from molt_build.measure.statistics import RatioEstimate
from molt_build.results.verdicts import verdict

TWO_PROGRAMS = {"bench_work": WORK, "bench_more": WORK.replace("100_000", "200_000")}


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def test_every_cell_is_scored_or_says_why_not(run: Measured) -> None:
    _, result, done = run
    assert done.code == 1  # the lane's subject failed programs
    closer = f"molt-build build bench_cannot --engine toy:{result.lane.profile} --keep-staging"
    assert done.err.count("--keep-staging") == 1 and closer in done.err
    found = result.lane.cells_by_key
    statuses = {name: found[name, "toy"].status for name in result.lane.programs}
    assert statuses == {
        "bench_work": "ok",
        "bench_tidy": "ok",
        "bench_differs": "differs",
        "bench_crashes": "failed",
        "bench_cannot": "build-failed",
        "bench_refused": "unsupported",
    }
    assert all(found[name, "cpython"].status == "ok" for name in statuses)
    reason = {name: found[name, "toy"].reason for name in statuses}
    assert reason["bench_differs"] == "line 2 is 'compiled True', cpython printed 'compiled False'"
    assert "exit status 1" in reason["bench_crashes"] and "lost my way" in reason["bench_crashes"]
    assert reason["bench_cannot"] == "cannot take /tmp/some/folder/bench_cannot.py"
    assert reason["bench_refused"] == "it is refused by hand"
    for name, status in statuses.items():
        if status != "ok":
            cell = found[name, "toy"]
            assert cell.metrics == {} and cell.verdict("wall_s") is None
            assert cell.speedup("wall_s") is None


def test_only_marks_that_are_shown_are_explained(run: Measured) -> None:
    _, result, done = run
    verdicts = {cell.verdict("wall_s") for cell in result.lane.cells}  # the A/A engine's too
    [legend] = re.findall(r"^\((.*)\)$", done.out, re.MULTILINE)
    meanings = {"faster": "+ faster", "slower": "- slower", "unclear": "? the interval"}
    for said, meaning in meanings.items():
        assert (meaning in legend) is (said in verdicts)
    assert ("= within" in legend) is ("equal" in verdicts)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_property_of_the_schema_is_described() -> None:
    assert_described(SCHEMA, "result")


def test_ratios_are_medians_of_the_raw_blocks(run: Measured) -> None:
    lane = run[1].lane
    found = lane.cells_by_key
    metrics: tuple[Metric, ...] = ("wall_s", "cpu_s", "peak_memory_bytes")
    for metric in metrics:
        logs = []
        for block in lane.blocks(metric):
            if block.program == "bench_work":
                values = {row.engine: row.metrics[metric] for row in block.runs}
                logs.append(math.log(values["cpython"] / values["toy"]))
        assert len(logs) == lane.measurements["run"].plan.blocks == 6
        ratio = found["bench_work", "toy"].speedup(metric)
        assert ratio is not None and ratio.low is not None and ratio.high is not None
        assert ratio.ratio == pytest.approx(math.exp(median(logs)))
        assert ratio.low <= ratio.ratio <= ratio.high
    times = [
        row.metrics["wall_s"]
        for block in lane.blocks("wall_s")
        for row in block.runs
        if (block.program, row.engine) == ("bench_work", "toy")
    ]
    summary = found["bench_work", "toy"].metrics["wall_s"].summary
    assert summary.median == median(times) and summary.n == 6 and summary.p95 is None


def test_blocks_share_a_seed_and_turn_round(run: Measured) -> None:
    lane = run[1].lane
    rows = [block for block in lane.blocks("wall_s") if block.program == "bench_work"]
    assert tuple(row.hash_seed for row in rows) == lane.measurements["run"].plan.hash_seeds
    orders = [[r.engine for r in row.runs] for row in rows]
    assert sorted(orders[0]) == ["cpython", "cpython~again", "toy"]
    assert orders[1] == orders[0][::-1] and orders[2] == orders[0]


def test_summaries_are_over_what_all_engines_scored(run: Measured) -> None:
    summary = run[1].lane.summaries["wall_s"]
    assert summary.programs == ("bench_work", "bench_tidy")
    programs = {
        (what, engine): None if mean is None else mean.programs
        for what, means in (("all", summary.compared), ("own", summary.own))
        for engine, mean in means.items()
    }
    assert programs["all", "toy"] == 2
    assert programs["own", "toy"] == 2
    assert programs["own", "cpython~again"] == 6
    assert summary.families["cannot"]["toy"] is None
    assert all("empty" not in names for names in summary.verdicts["toy"].values())


def test_startup_is_measured_in_the_same_blocks(run: Measured) -> None:
    lane = run[1].lane
    assert [cell.engine for cell in lane.startup] == ["cpython", "toy", "cpython~again"]
    assert all(cell.status == "ok" for cell in lane.startup)
    assert all(cell.metrics["wall_s"].summary.n == 6 for cell in lane.startup)
    assert "empty" not in lane.programs
    first_sweep = [block.program for block in lane.blocks("wall_s") if block.index == 0]
    assert first_sweep == [*lane.programs, "empty"]


def test_a_toolchain_that_is_missing_is_skipped_and_said(run: Measured) -> None:
    _, result, done = run
    [skipped] = result.lane.skipped
    assert (skipped.engine, skipped.toolchain) == ("absent", "absent")
    assert "molt-build-test-absent" in skipped.reason
    assert skipped.hint
    assert "absent" not in result.lane.compared
    assert "absent skipped" in done.out


def test_again_is_the_same_toolchain(run: Measured) -> None:
    engines = run[1].engines
    assert engines["cpython~again"].identity == engines["cpython"].identity
    assert engines["toy"].identity != engines["cpython"].identity
    assert engines["toy"].versions == {"copyc": "copyc 1.0"}


def test_command_lines_are_complete(run: Measured) -> None:
    project, result, _ = run
    cell = result.lane.cells_by_key["bench_work", "toy"]
    assert cell.argv[-1] == str(
        project.root / ".molt-build/out/toy/dev/native/bench_work/bench_work_made.py"
    )
    assert cell.environment["MADE_BY"] == "toy"
    assert cell.environment["HOME"] == "{scratch}/home"
    assert result.command == (
        *("molt-build", "bench", "toys_native", "--add-engine", "absent", "--aa"),
    )
    assert result.lane.builds["toy"].failed == 1
    assert cell.build is not None and (cell.build.seconds or 0) > 0
    assert [command.stage for command in cell.build.commands] == ["copy"]


def test_a_missing_subject_exits_with_3(tmp_path: Path) -> None:
    lane = lane_project(tmp_path)
    lane.project.replace("manifests/lanes/toys.toml", 'subject = "toy"', 'subject = "absent"')
    lane.project.replace(
        "manifests/lanes/toys.toml", 'engines = ["toy"]', 'engines = ["toy", "absent"]'
    )
    lane.project.replace("manifests/lanes/toys.toml", 'optional = ["absent"]\n', "")
    done = lane.run("bench", "toys_native")
    assert done.code == 3 and "absent" in done.err
    assert not (lane.root / "bench").exists()
    only = lane.run("bench", "toys_native", "--engine", "absent")
    assert only.code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("toys_nativ",), "did you mean toys_native?"),
        (("toys_native", "--program", "wrk"), "did you mean work?"),
        (("toys_native", "--program", "bench_wrk"), "did you mean work?"),
        (("toys_native", "--add-engine", "toyy"), "did you mean toy"),
        (("toys_native", "--profile", "relase"), "did you mean release"),
        (("toys_native", "--engine", "cpython"), "--aa"),
        (("toys_native", "--add-engine", "cargo"), "rust"),
        (("toys_native", "--export", "xml", "x"), "csv, json"),
        (("toys_native", "--export", "csv", "no/such/x"), "no folder"),
        (("toys_native", "--resume"), "no unfinished run"),
    ],
)
def test_names_that_are_wrong_are_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = lane_project(tmp_path).run("bench", *words)
    assert done.code == 2 and said in done.err, done.err


def test_selection_narrows_and_widens(tmp_path: Path) -> None:
    lane = lane_project(tmp_path)
    manifests = load(lane.root)

    def names(**asked: Any) -> tuple[list[str], tuple[str, ...]]:
        chosen = select(manifests, "toys_native", Asked(**asked))
        return [engine.name for engine in chosen.engines], chosen.judged

    assert names(also=("absent",))[0] == ["toy", "absent"]
    assert names(engines=("absent",)) == (["absent"], ("absent",))
    assert names(reference="toy", engines=("cpython",))[0] == ["cpython"]
    assert names(is_again=True) == (["toy", "cpython~again"], ("toy",))
    narrowed = lane.bench("--quick", "--program", "work", "bench_tidy", "work").lane
    assert list(narrowed.programs) == ["bench_work", "bench_tidy"]
    assert narrowed.asked.programs == ("work", "bench_tidy", "work")
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
    assert verdict(RatioEstimate(ratio, low, high, 6), 0.02) == expected


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "4")
    wait_for(lambda: _blocks_on_disk(lane) >= 4, "four blocks")
    process.send_signal(signal.SIGINT)
    out, err = end_of(process)
    assert process.returncode == 130 and "Traceback" not in err and "--resume" in err
    assert "bench_work" in out  # what is measured is shown
    folder = lane.runs()[-1]
    first = lane.result()
    kept = first.lane.blocks("wall_s")
    assert first.is_interrupted and len(kept) >= 4
    refused = lane.run("bench", "toys_native", "--resume", "--program", "work")
    assert refused.code == 2 and "other options" in refused.err

    (folder / "result.json").write_text("{")  # what is needed of it, the samples have
    whole = lane.bench("--resume")
    assert lane.runs() == [folder]
    assert not whole.is_interrupted and whole.run == first.run
    blocks = whole.lane.blocks("wall_s")
    assert len(blocks) == 3 * whole.lane.measurements["run"].plan.blocks
    assert blocks[: len(kept)] == kept
    assert whole.lane.parts[0].blocks == len(kept)
    assert len({(block.program, block.index) for block in blocks}) == len(blocks)
    assert lane.run("bench", "toys_native", "--resume").code == 2  # it is finished


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "4")
    wait_for(lambda: _blocks_on_disk(lane) >= 4, "four blocks")
    os.kill(process.pid, signal.SIGKILL)
    end_of(process)
    assert not (lane.runs()[-1] / "result.json").exists()
    whole = lane.bench("--resume")
    assert not whole.is_interrupted
    measurement = whole.lane.measurements["run"]
    assert len(measurement.blocks) == 3 * measurement.plan.blocks


def test_what_changed_meanwhile_is_not_resumed(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, TWO_PROGRAMS)
    process = lane.start("bench", "toys_native", "--budget", "4")
    wait_for(lambda: _blocks_on_disk(lane) >= 1, "a block")
    process.send_signal(signal.SIGTERM)
    end_of(process)
    assert process.returncode == 130
    lane.project.write("programs/bench_more.py", WORK + "print('more')\n")
    refused = lane.run("bench", "toys_native", "--resume")
    assert refused.code == 2 and "these changed: programs (bench_more)" in refused.err, refused.err


def test_a_reference_that_fails_leaves_its_row_unscored(tmp_path: Path) -> None:
    wrong = {"bench_wrong": "raise SystemExit(9)\n", "bench_work": WORK}
    result = lane_project(tmp_path, wrong).bench("--quick", code=1)
    found = result.lane.cells_by_key
    assert found["bench_wrong", "cpython"].status == "failed"
    assert found["bench_wrong", "toy"].status in ("failed", "unchecked")
    assert found["bench_work", "toy"].status == "ok"
    assert result.is_quick and result.lane.measurements["run"].plan.blocks == 1
    speedup = found["bench_work", "toy"].speedup("wall_s")
    assert speedup is not None and speedup.low is None


def test_a_program_that_does_not_end_is_a_timeout(tmp_path: Path) -> None:
    endless = {"bench_ends": WORK, "bench_endless": "COMPILED = False\nwhile COMPILED: pass\n"}
    lane = lane_project(tmp_path, endless)
    lane.project.replace("manifests/lanes/toys.toml", "run_timeout_s = 120", "run_timeout_s = 2")
    cell = lane.bench("--quick", code=1).lane.cells_by_key["bench_endless", "toy"]
    assert cell.status == "timeout" and "was ended after" in cell.reason


def _blocks_on_disk(lane: LaneProject) -> int:
    files = list((lane.root / "bench/results/toys_native").glob("*/samples.jsonl"))
    return files[0].read_text().count('"event": "block"') if files else 0


IMPORTED = """\
outputs = { made = "OUTPUT" }

[targets.native]
results = ["copy.made"]
run = ["{python}", "-c", "import sys, {module}", "{args}"]
environment = { PYTHONPATH = "{out}/made:{source_dir}" }
"""


def test_a_source_that_is_imported_for_what_was_built_is_not_scored(tmp_path: Path) -> None:
    """What was built has no module's name: the source on the path would be timed in its place."""
    lane = lane_project(tmp_path, {"bench_work": WORK})
    for output, status in (("made/{module}.sox", "failed"), ("made/{module}.py", "ok")):
        text = TOY_HEAD + IMPORTED.replace("OUTPUT", output)
        lane.project.write("manifests/toolchains/toy.toml", text)
        result = lane.bench("--quick", code=0 if status == "ok" else 1)
        cell = result.lane.cells_by_key["bench_work", "toy"]
        assert cell.status == status, cell.reason
    wrong = result_of_first(lane)
    assert wrong.metrics == {}
    source = lane.root / "programs/bench_work.py"
    said = f"bench_work was loaded from {source}, not from what was built in {lane.root}/.molt"
    assert wrong.reason.startswith(said)


def result_of_first(lane: LaneProject) -> Any:
    text = (lane.runs()[0] / "result.json").read_text()
    return checked(json.loads(text)).lane.cells_by_key["bench_work", "toy"]
