"""A quick run keeps its budget: what does not fit is left out by a stated rule, and is said."""

from __future__ import annotations

import json
import re
import signal
from io import StringIO
from pathlib import Path

from lane_projects import LaneProject, checked, lane_project
from other_processes import end_of, wait_for
from rich.console import Console

from molt_build.measure import fitting
from molt_build.report.bench_summary import lane_of
from molt_build.report.bench_summary import text as page_of
from molt_build.report.lane_table import print_run
from molt_build.results.bench import BenchResult

ENDS = "COMPILED = False\nprint('done')\n"
NAP = "COMPILED = False\nimport time\ntime.sleep(0.15)\nprint('slept')\n"
HANGS = "COMPILED = False\nimport time\nif COMPILED:\n    time.sleep(600)\nprint('woke')\n"
HANGS_ALWAYS = "import time\ntime.sleep(600)\n"


def quick(
    lane: LaneProject, budget: str, most_blocks: str = "", limit_s: str = "60"
) -> tuple[BenchResult, str]:
    """A quick run: its result and what it told."""
    words = ("bench", "toys_native", "--quick", "--budget", budget, "--json")
    environment = {"TESTED_QUICK_BLOCKS": most_blocks, "TESTED_RUN_LIMIT_S": limit_s}
    done = lane.run(*words, env=environment)
    assert done.code == 0, done.err  # that it had no time for something is no failure
    return checked(json.loads(done.out)), done.err


def reasons(result: BenchResult) -> dict[tuple[str, str], str]:
    """The cells that were left out, and why."""
    cells = result.lane.cells
    return {(c.program, c.engine): c.reason for c in cells if c.status == "left-out"}


def test_what_hangs_costs_its_share_and_is_left_out(tmp_path: Path) -> None:
    programs = {"bench_ends": ENDS, "bench_hangs": HANGS, "bench_never": HANGS_ALWAYS}
    lane = lane_project(tmp_path, programs)
    # Four programs of two engines, twice: a sixteenth is two seconds. That leaves a busy machine
    # room for two blocks, which are the most.
    result, told = quick(lane, "32", "2", "2")
    late = "did not end within 2 s in a quick run"
    assert reasons(result) == {
        ("bench_hangs", "toy"): late,
        ("bench_never", "cpython"): late,
        ("bench_never", "toy"): f"cpython {late}",
    }
    cells = result.lane.cells_by_key
    assert cells["bench_ends", "toy"].status == cells["bench_hangs", "cpython"].status == "ok"
    plan = result.lane.measurements["run"].plan
    assert (plan.budget_s, plan.blocks) == (32, 2)
    assert plan.expected_s <= 32 - 4  # the pilot waited for two that did not end
    assert "2 programs left out to keep that budget" in told
    # Of eight runs five ended, and three have twice as long; half as much again is to spare.
    advised = re.search(r"--budget (\d+) gives each run (\S+) s", told)
    assert advised is not None and int(advised[1]) >= 32 * 1.5 and float(advised[2]) > 2
    assert "2 blocks of 3 programs: " in told
    shown = Console(width=200, file=StringIO(), record=True)
    print_run(shown, result)
    text = shown.export_text()
    assert f"toy, left out: bench_hangs: {late}" in text and "there are no intervals" in text
    page = page_of(lane_of([result]))
    assert f"| bench_hangs | toy | left out | {late} |" in page


def test_what_does_not_fit_is_left_out_from_each_family_alike(tmp_path: Path) -> None:
    programs = {f"bench_{family}_{n}": NAP for family in ("one", "two") for n in range(10)}
    lane = lane_project(tmp_path, programs)
    workload = "manifests/workloads/toys.toml"
    lane.project.write(workload, re.sub(r'(family = "\w+)_\d', r"\1", lane.project.read(workload)))
    result, told = quick(lane, "5")
    left = reasons(result)
    assert set(left.values()) == {"does not fit the budget of 5 s"}
    kept = [name for name in programs if (name, "toy") not in left]
    assert kept and all((name, "cpython") in left for name, _ in left)
    ones = sum(name.startswith("bench_one") for name in kept)
    assert kept[0] == "bench_one_0" and 0 <= ones - (len(kept) - ones) <= 1
    plan = result.lane.measurements["run"].plan
    assert plan.expected_s <= plan.budget_s == 5
    measured = {block.program for block in result.lane.blocks("wall_s")}
    assert measured - {"empty"} == set(kept)
    assert result.lane.coverage.scored == len(kept)
    said = re.search(r"(\d+) programs left out", told)
    assert said is not None and int(said[1]) - (20 - len(kept)) in (0, 1)  # the empty one too


def test_a_budget_that_nothing_fits_is_still_about_something(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_a": NAP, "bench_b": NAP})
    result, told = quick(lane, "0.01")
    left = reasons(result)
    assert {name for name, _ in left} == {"bench_b"}
    assert result.lane.cells_by_key["bench_a", "toy"].status == "ok"
    assert all(cell.status == "left-out" for cell in result.lane.startup)
    assert "1 block of 1 program: " in told and ", more than the budget of 0.0 s" in told
    assert "no intervals and no verdicts: those take 6 blocks" in told
    assert result.lane.cells_by_key["bench_a", "toy"].verdict("wall_s") is None


def test_where_no_program_is_left_nothing_is_measured(tmp_path: Path) -> None:
    """No blocks of the start-up program alone; what would do is said, and no page is made."""
    lane = lane_project(tmp_path, {"bench_never": HANGS_ALWAYS, "bench_late": HANGS_ALWAYS})
    words = ("bench", "toys_native", "--quick", "--budget", "12")
    done = lane.run(*words, env={"TESTED_RUN_LIMIT_S": "2"})
    assert done.code == 1
    said = "nothing was measured: 2 programs did not end within 2 s in a quick run; "
    advised = re.search(re.escape(said) + r"--budget (\d+) gives each run (\S+) s$", done.err, re.M)
    assert advised is not None and float(advised[2]) >= 4, done.err
    assert "blocks of" not in done.err
    result = lane.result()
    assert not result.is_interrupted and result.lane.measurements["run"].plan.blocks == 0
    assert not result.lane.blocks("wall_s")
    # It is what was promised: such a run ends a program after so long.
    limit = fitting.run_limit_s(float(advised[1]), 6)
    assert float(f"{limit:.3g}") == float(advised[2])
    refused = lane.run("report", "--output", "page.md")
    assert refused.code == 2 and not (lane.root / "page.md").exists()
    assert f"no program of toys_native was scored in {result.run}" in refused.err


def test_where_every_program_differs_no_blocks_follow(tmp_path: Path) -> None:
    differs = "COMPILED = False\nprint(COMPILED)\n"
    lane = lane_project(tmp_path, {"bench_differs": differs})
    done = lane.run("bench", "toys_native")
    assert done.code == 1
    assert "nothing was measured: 1 program printed something else than cpython" in done.err
    assert "bench_differs under toy: differs: " in done.err
    assert not lane.result().lane.blocks("wall_s")
    refused = lane.run("report")
    assert refused.code == 2 and "no program of toys_native was scored in" in refused.err
    assert not (lane.root / "docs/benchmarks").exists()


def test_a_budget_is_advised_that_would_take_what_was_left_out(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_a": NAP, "bench_b": NAP})
    _, told = quick(lane, "0.01")
    advised = re.search(r"--budget (\d+) would take all", told)
    assert advised is not None, told
    result, told = quick(lane, f"{4 * int(advised[1])}", "1")  # the machine may be busy by now
    assert not reasons(result) and "left out" not in told
    assert fitting.enough_for(60, 3, [], untried=0, late=10) == fitting.Enough(180, 9)


def test_a_run_that_goes_on_leaves_out_what_it_left_out(tmp_path: Path) -> None:
    programs = {"bench_nap": NAP, "bench_more": NAP, "bench_hangs": HANGS}
    lane = lane_project(tmp_path, programs)
    process = lane.start(
        *("bench", "toys_native", "--quick", "--budget", "9"),
        env={"TESTED_QUICK_BLOCKS": "3", "TESTED_RUN_LIMIT_S": "2"},
    )
    samples = "bench/results/toys_native/*/samples.jsonl"
    wait_for(
        lambda: [1 for file in lane.root.glob(samples) if '"block"' in file.read_text()], "a block"
    )
    process.send_signal(signal.SIGINT)
    _, err = end_of(process)
    first = lane.result()
    assert process.returncode == 130 and first.is_interrupted, err
    whole = lane.bench("--resume")
    assert reasons(whole) == reasons(first)
    assert ("bench_hangs", "toy") in reasons(whole)
    plan, before = (one.lane.measurements["run"].plan for one in (whole, first))
    assert plan == before and plan.run_limit_s == 2.0
    assert plan.pilot_s is not None and plan.pilot_s >= 2.0  # what hung in it counts
