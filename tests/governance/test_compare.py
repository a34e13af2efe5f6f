"""Two runs compared: which differences are real, and what cannot be compared."""

from __future__ import annotations

import copy
import json
import random
from math import exp
from pathlib import Path
from typing import Any

import pytest
from lane_projects import LaneProject, Measured, measured

from molt_build.errors import UsageError
from molt_build.governance.compare import compare_results


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


def made(
    speedups: dict[str, float], *, seed: int, blocks: int = 20, noise: float = 0.03
) -> dict[str, Any]:
    """A result of one engine with these speed-ups, its blocks scattered by `noise`."""
    generator = random.Random(seed)
    rows = []
    for index in range(blocks):
        for program, speedup in speedups.items():
            speed = exp(generator.gauss(0, 0.2))  # the machine's, the same for both
            times = {"cpython": speed, "toy": speed * exp(generator.gauss(0, noise)) / speedup}
            runs = [
                {"engine": engine, "wall_s": time, "cpu_s": time, "peak_memory_bytes": 1e7}
                for engine, time in times.items()
            ]
            rows.append({"program": program, "index": index, "hash_seed": 1, "runs": runs})
    cells = [
        {
            "program": program,
            "engine": engine,
            "status": "ok",
            "reason": "",
            "metrics": {"wall_s": {}},
            "ratios": {} if engine == "cpython" else {"wall_s": {"ratio": 1.0}},
        }
        for program in speedups
        for engine in ("cpython", "toy")
    ]
    toolchains = {n: {"identity": "xxh3:1", "components": {"a": "1"}} for n in ("cpython", "toy")}
    return {
        "run": f"lane/{seed}",
        "lane": "lane",
        "profile": "release",
        "target": "native",
        "metric": "wall_s",
        "min_effect": 0.02,
        "reference": "cpython",
        "engines": ["toy"],
        "environment": {"machine_class": "a machine"},
        "interrupted": False,
        "warnings": [],
        "toolchains": toolchains,
        "programs": {name: {"source_digest": f"sha256:{name}"} for name in speedups},
        "cells": cells,
        "blocks": rows,
    }


PROGRAMS = {f"bench_{number}": 1 + number / 10 for number in range(45)}


def verdicts(comparison: dict[str, Any]) -> dict[str, str]:
    return {row["program"]: row["verdict"] for row in comparison["programs"]}


def test_nothing_is_found_where_nothing_changed() -> None:
    real = 0
    for seed in range(10):
        comparison = compare_results(made(PROGRAMS, seed=seed), made(PROGRAMS, seed=100 + seed))
        real += len(comparison["real"]["faster"]) + len(comparison["real"]["slower"])
    assert real <= 3  # of 450, in runs that are equal: false ones would be found here


def test_what_changed_is_found_and_nothing_else() -> None:
    changed = {**PROGRAMS, "bench_3": PROGRAMS["bench_3"] / 1.1, "bench_7": PROGRAMS["bench_7"] * 2}
    comparison = compare_results(made(PROGRAMS, seed=1), made(changed, seed=2))
    assert comparison["real"] == {"faster": ["bench_7 toy"], "slower": ["bench_3 toy"]}
    row = next(r for r in comparison["programs"] if r["program"] == "bench_7")
    assert row["change"]["low"] < 2 < row["change"]["high"] * 1.05
    assert row["change"]["ratio"] == pytest.approx(2, rel=0.05)


def test_a_slower_machine_changes_nothing() -> None:
    after = made(PROGRAMS, seed=2)
    for block in after["blocks"]:
        for one in block["runs"]:
            one["wall_s"] *= 3
    comparison = compare_results(made(PROGRAMS, seed=1), after)
    assert comparison["real"] == {"faster": [], "slower": []}


def test_an_effect_below_the_minimum_is_not_real() -> None:
    changed = {name: ratio * 1.01 for name, ratio in PROGRAMS.items()}
    before, after = (made(s, seed=n, noise=0.001) for n, s in enumerate((PROGRAMS, changed)))
    assert set(verdicts(compare_results(before, after)).values()) == {"same"}
    found = compare_results(before, after, min_effect=0.005)
    assert set(verdicts(found).values()) == {"faster"}


def test_few_blocks_are_inconclusive_and_said() -> None:
    small = {"bench_a": 1.0, "bench_b": 2.0}
    comparison = compare_results(made(small, seed=1, blocks=3), made(small, seed=2, blocks=3))
    assert set(verdicts(comparison).values()) == {"inconclusive"}
    assert any("under 6 blocks" in line for line in comparison["warnings"])
    few = compare_results(made(PROGRAMS, seed=1, blocks=6), made(PROGRAMS, seed=2, blocks=6))
    assert any("cannot be told from chance" in line for line in few["warnings"])


def test_what_is_not_the_same_is_said() -> None:
    before, after = made(PROGRAMS, seed=1), made(PROGRAMS, seed=2)
    after["environment"]["machine_class"] = "another machine"
    after["profile"] = "dev"
    after["toolchains"]["toy"] = {"identity": "xxh3:2", "components": {"a": "2"}}
    after["programs"]["bench_1"]["source_digest"] = "sha256:other"
    del after["programs"]["bench_2"]
    for cell in after["cells"]:
        if (cell["program"], cell["engine"]) == ("bench_4", "toy"):
            cell.update(status="differs", reason="line 1", metrics={}, ratios={"wall_s": None})
    comparison = compare_results(before, after)
    said = {row["program"]: row["reason"] for row in comparison["not_compared"]}
    assert said["bench_1"] == "the program itself changed"
    assert said["bench_2"] == "it is not in the later run"
    assert said["bench_4"] == "toy in the later run: differs: line 1"
    assert not said.keys() & verdicts(comparison).keys() and len(comparison["programs"]) == 42
    assert comparison["warnings"] == [
        "other machine: a machine, then another machine",
        "other profile: release, then dev",
        "toy is another one: a",
    ]
    for name in ("reference", "metric"):
        with pytest.raises(UsageError):
            compare_results(before, {**after, name: "other"})
    with pytest.raises(UsageError):
        compare_results(before, {**after, "engines": ["other"]})


def slowed(run: Measured, folder: Path, factor: float) -> tuple[LaneProject, str]:
    """The measured run with one program of the toy compiler slower, beside the run itself."""
    lane, result, _ = run
    slower = copy.deepcopy(result)
    slower["run"] = "toys_native/20990101T000000Z"
    for block in slower["blocks"]:
        for one in block["runs"]:
            if (block["program"], one["engine"]) == ("bench_work", "toy"):
                one["wall_s"] *= factor
    (folder / "result.json").write_text(json.dumps(slower))
    return lane, str(folder)


def test_the_command_says_what_is_real(tmp_path: Path, run: Measured) -> None:
    lane, after = slowed(run, tmp_path, 6.0)
    done = lane.run("compare", "latest", after, "--fdr", "0.1")
    assert done.code == 0, done.err
    assert "really slower: bench_work toy" in done.out
    assert "not compared: bench_cannot toy" in done.out
    failing = lane.run("compare", "latest", after, "--json", "--fail-on-slower")
    assert failing.code == 1
    facts = json.loads(failing.out)
    assert facts["real"]["slower"] == ["bench_work toy"]
    same = lane.run("compare", "toys_native/latest", "latest", "--fail-on-slower")
    assert same.code == 0 and "really" not in same.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latest", "latest~9"), "there are 1 runs"),
        (("latest", "nothing"), "the latest are: toys_native/"),
        (("latest", "latest", "--min-effect", "2"), "share"),
    ],
)
def test_wrong_words_are_said(run: Measured, words: tuple[str, ...], said: str) -> None:
    done = run[0].run("compare", *words)
    assert done.code == 2 and said in done.err
