"""Why things were executed, what that cost, and what of it was for nothing."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed
from hypothesis import given
from hypothesis import strategies as st
from other_processes import end_of

from molt_build.building.attribution import FIRST_BUILD, Difference, Miss, gathered, ranking
from molt_build.history.builds import (
    BUILDS_KEPT,
    VALUE_LIMIT,
    Build,
    BuildAction,
    read_builds,
    record_build,
)
from molt_build.history.database import HISTORY_FILE, VERSION, open_history


def miss(
    program: str,
    stage: str,
    seconds: float,
    changed: tuple[str, ...],
    is_wasted: bool,
    differences: tuple[Difference, ...] = (),
) -> Miss:
    action = BuildAction(
        program, stage, "executed", "key", seconds, 0.0, is_wasted, changed, differences
    )
    return Miss("t", action)


names = st.sampled_from(["argv", "source a.py", "read {base}/x.h", FIRST_BUILD, "cc: gcc version"])
misses = st.lists(
    st.builds(
        miss,
        st.sampled_from("ab"),
        st.sampled_from(["translate", "link"]),
        st.floats(0, 1e4),
        st.lists(names, min_size=1, unique=True).map(tuple),
        st.booleans(),
    ),
    max_size=20,
)


@given(misses)
def test_the_shares_sum_to_the_whole(rows: list[Miss]) -> None:
    costs = ranking(rows)
    total = sum(row.action.seconds for row in rows)
    wasted = sum(row.action.seconds for row in rows if row.action.is_wasted)
    assert math.isclose(sum(cost.seconds for cost in costs), total, abs_tol=1e-6)
    assert math.isclose(sum(cost.wasted_s for cost in costs), wasted, abs_tol=1e-6)
    assert sum(cost.alone for cost in costs) == sum(len(row.action.changed) == 1 for row in rows)
    assert sum(cost.count for cost in costs) == sum(len(row.action.changed) for row in rows)
    assert all(cost.wasted_s <= cost.seconds + 1e-6 for cost in costs)
    assert [cost.wasted_s for cost in costs] == sorted((c.wasted_s for c in costs), reverse=True)


@given(misses)
def test_what_changed_together_stands_together(rows: list[Miss]) -> None:
    groups = gathered(rows)
    assert sorted(c.component for group in groups for c in group) == sorted(
        cost.component for cost in ranking(rows)
    )
    for group in groups:
        where = [
            {n for n, row in enumerate(rows) if c.component in row.action.changed} for c in group
        ]
        assert all(numbers == where[0] for numbers in where)
    wasted = [sum(c.wasted_s for c in group) for group in groups]
    assert wasted == sorted(wasted, reverse=True)


def test_a_ranking_says_who_and_shows_an_example() -> None:
    rows = [
        miss("a", "x", 3.0, ("argv", "source a"), True, (Difference("argv", "1", "2"),)),
        miss("b", "y", 1.0, ("argv",), False, (Difference("argv", "2", "3"),)),
    ]
    first, second = ranking(rows)
    assert (first.component, first.seconds, first.wasted_s, first.alone) == ("argv", 2.5, 1.5, 1)
    assert (first.stages, first.programs) == (("x", "y"), ("a", "b"))
    assert (first.old, first.new) == ("1", "2")  # that of the one for nothing
    assert (second.kind, second.seconds, second.wasted, second.old) == ("source", 1.5, 1, None)


def causes(report: Any) -> dict[str, tuple[list[str], bool]]:
    """PROGRAM STAGE of what was executed -> what changed, and whether it was for nothing."""
    return {
        f"{row['program']} {row['stage']}": (row["changed"], row["wasted"])
        for row in report["actions"]
        if row["status"] == "executed"
    }


def test_each_execution_says_what_it_was_for(toys: Project) -> None:
    first = ([FIRST_BUILD], False)
    assert causes(toys.build("one")) == {"one translate": first, "one assemble": first}

    toys.write("programs/one.toy", "one says hello # another comment\n")
    report = toys.build("one")
    assert causes(report) == {"one translate": (["source one.toy"], True)}
    stages = report["attribution"]["stages"]
    assert (stages["translate"]["misses"], stages["assemble"]["up_to_date"]) == (1, 1)
    [component] = report["attribution"]["components"]
    assert (component["component"], component["kind"]) == ("source one.toy", "source")
    assert (component["count"], component["alone"], component["wasted"]) == (1, 1, 1)
    assert component["wasted_s"] == component["seconds"] == report["attribution"]["seconds"] > 0
    assert component["old"] != component["new"]

    toys.replace("manifests/toolchains/toy.toml", '["-v"]', '["-vv"]')
    toys.write("programs/one.toy", "one says goodbye\n")
    report = toys.build("one")
    assert causes(report) == {
        "one translate": (["argv", "source one.toy"], False),
        "one assemble": (["input one.text"], False),
    }
    shares = {c["component"]: c for c in report["attribution"]["components"]}
    assert shares["argv"]["seconds"] == shares["source one.toy"]["seconds"]
    assert shares["argv"]["alone"] == 0 and shares["input one.text"]["alone"] == 1


def test_executions_without_a_difference(toys: Project) -> None:
    toys.build("one")
    off = toys.build("one", env={"MOLT_BUILD_CACHE": "off"})
    assert set(map(str, causes(off).values())) == {"(['(store off)'], False)"}
    for path in toys.cache.glob("store/entries/*/*.json"):
        path.unlink()
    toys.output("one/one.sh").unlink()
    report = toys.build("one")
    assert "one assemble" in executed(report)
    assert set(map(str, causes(report).values())) == {"(['(entry gone)'], False)"}
    for path in toys.cache.glob("store/blobs/*/*"):
        path.write_bytes(b"damaged")
    toys.output("one/one.sh").unlink()
    report = toys.build("one")
    assert causes(report)["one assemble"] == (["(output lost)"], False)


def test_a_failure_has_no_cause_but_is_counted(toys: Project) -> None:
    toys.write("programs/one.toy", "FAIL\n")
    report = toys.build("one", code=1)
    assert report["attribution"]["stages"]["translate"]["failed"] == 1
    assert report["attribution"]["components"] == []
    [build] = read_builds(toys.root, 10, print)
    assert [(a.status, a.changed) for a in build.actions] == [("failed", ())]


def test_waste_is_said_and_ranked_over_the_history(toys: Project) -> None:
    assert "no build is recorded" in toys.run("cache", "waste").out
    toys.build()
    result = toys.run("build")
    assert "wasted" not in result.out
    for number in range(2):
        toys.write("programs/one.toy", f"one says hello # comment {number}\n")
        result = toys.run("build")
        assert "wasted: 1 of 1 executed action made the same bytes again" in result.out
        assert "molt-build cache waste" in result.out
    compiler = toys.root / "tools/toyc"
    compiler.write_text(compiler.read_text() + "# a new version\n")
    result = toys.run("build")
    assert "wasted: 6 of 6" in result.out

    facts = json.loads(toys.run("cache", "waste", "--json").out)
    assert (facts["builds"], facts["executed"], facts["wasted"]) == (4, 14, 8)
    assert 0 < facts["wasted_share"] < 1
    assert facts["wasted_s"] == pytest.approx(facts["wasted_share"] * facts["seconds"], rel=1e-3)
    of = {row["component"]: row for row in facts["components"]}
    tool = of["toy toyc executable"]
    assert (tool["wasted"], tool["stages"]) == (6, ["assemble", "translate"])
    assert tool["programs"] == ["one", "three", "two"] and tool["old"] != tool["new"]
    assert of["source one.toy"]["wasted"] == 2
    assert of[FIRST_BUILD]["wasted"] == 0
    text = toys.run("cache", "waste").out
    assert "toy toyc executable" in text and "source one.toy" in text
    assert FIRST_BUILD not in text
    facts = json.loads(toys.run("cache", "waste", "--last", "1", "--json").out)
    assert (facts["builds"], facts["wasted_share"]) == (1, 1.0)
    assert toys.run("cache", "waste", "--last", "0").code == 2


def test_hits_are_recorded_and_nothing_is_when_nothing_happens(
    toys: Project, tmp_path: Path
) -> None:
    toys.build("one")
    warm = toys.build("one")["attribution"]
    assert warm["stages"]["assemble"]["up_to_date"] == 1
    assert (warm["components"], warm["seconds"], warm["wasted"]) == ([], 0.0, 0)
    assert len(read_builds(toys.root, 10, print)) == 1
    copy = toys.copy(tmp_path / "copy")
    copy.build("one")
    [build] = read_builds(copy.root, 10, print)
    assert (build.hits, build.executed, build.actions) == (2, 0, ())
    assert build.stages["translate"]["hits"] == 1
    assert toys.run("build", "--dry-run", "two").code == 0
    assert len(read_builds(toys.root, 10, print)) == 1


def test_a_warm_build_loads_no_database(toys: Project) -> None:
    toys.build("one")
    words = ["-X", "importtime", "-m", "molt_build", "build", "one"]
    words += ["--toolchain", "toy", "--profile", "dev"]
    ran = subprocess.run(
        [sys.executable, *words],
        cwd=toys.root,
        env=toys.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "all up to date" in ran.stdout
    assert "molt_build.plan.warm" in ran.stderr
    assert "sqlite3" not in ran.stderr
    assert "attribution" not in ran.stderr


def test_a_history_that_cannot_be_written_fails_no_build(toys: Project) -> None:
    (toys.root / HISTORY_FILE).mkdir(parents=True)
    result = toys.run("build", "one")
    assert result.code == 0
    [line] = [line for line in result.err.splitlines() if "history" in line]
    assert "cannot be written" in line and "not recorded" in line
    assert toys.output("one/one.sh").exists()


def test_a_history_of_a_newer_version_is_left_alone(toys: Project) -> None:
    toys.build("one")
    connection = sqlite3.connect(toys.root / HISTORY_FILE)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    result = toys.run("build", "two")
    assert result.code == 0 and "newer" in result.err
    connection = sqlite3.connect(toys.root / HISTORY_FILE)
    assert connection.execute("SELECT count(*) FROM builds").fetchone() == (1,)
    connection.close()


def test_a_damaged_history_is_set_aside_by_a_build(toys: Project) -> None:
    (toys.root / HISTORY_FILE).parent.mkdir()
    (toys.root / HISTORY_FILE).write_bytes(b"this is no database" * 100)
    result = toys.run("build", "one")
    assert result.code == 0 and "set aside" in result.err
    assert len(read_builds(toys.root, 10, print)) == 1


def some_build(number: int, **facts: Any) -> Build:
    """A build with one action."""
    difference = ("argv", "x" * 5000, None)
    action = BuildAction("p", "s", "executed", "k", 1.0, 0.5, True, ("argv",), (difference,))
    row: dict[str, Any] = {"started": f"2026-01-01T00:00:{number % 60:02}Z", "actions": (action,)}
    row |= {"toolchain": "t", "profile": "dev", "target": "native", "seconds": float(number)}
    row |= {"executed": 1, "hits": 0, "up_to_date": 0, "failed": 0, "stages": {"s": {"misses": 1}}}
    return Build(**{**row, **facts})


def test_the_history_of_builds_is_bounded(tmp_path: Path) -> None:
    warnings: list[str] = []
    with open_history(tmp_path, warnings.append) as history:
        assert history is not None
        row = "2026-01-01T00:00:00Z", "t", "dev", "native", 1.0, 0, 0, 0, 0, "{}"
        rows = [(n, *row) for n in range(1, BUILDS_KEPT + 6)]
        with history:
            history.executemany(f"INSERT INTO builds VALUES ({', '.join('?' * 11)})", rows)
            actions = [(n, "p", "s", "executed", "k", 1.0, 0.0, 0, "[]", "[]") for n in (1, 9)]
            history.executemany(
                f"INSERT INTO build_actions VALUES ({', '.join('?' * 10)})", actions
            )
    record_build(tmp_path, some_build(1), warnings.append)
    builds = read_builds(tmp_path, BUILDS_KEPT + 100, warnings.append)
    assert len(builds) == BUILDS_KEPT
    assert sum(len(build.actions) for build in builds) == 2  # that of build 1 went with it
    [action] = builds[-1].actions
    assert (action.waited_s, action.is_wasted, action.changed) == (0.5, True, ("argv",))
    [(name, old, new)] = action.differences
    assert (name, len(old or ""), new) == ("argv", VALUE_LIMIT, None)
    assert [b.seconds for b in read_builds(tmp_path, 1, warnings.append)] == [1.0]
    assert warnings == []


def test_builds_side_by_side_all_get_their_row(toys: Project) -> None:
    processes = [toys.start("build", name) for name in ("one", "two", "three")]
    said = [end_of(process)[1] for process in processes]
    assert all(process.returncode == 0 for process in processes), said
    assert not any("history" in text for text in said)
    assert len(read_builds(toys.root, 10, print)) == 3
