"""Bisection: the guilty commit is found by counts, times and signals; what cannot be, is said."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from bisect_projects import (
    BROKEN,
    COPIER,
    SLOWER,
    Commits,
    Story,
    c_commits,
    commits,
    git,
    story,
    toy_commits,
)
from build_projects import needs
from counters import with_counter
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import COPYC, WORK, lane_project
from other_processes import wait_for
from published import assert_published
from suite_projects import HEAD as SUITE_HEAD
from suite_projects import programs as suite_programs

from molt_build.governance.ladder import Ladder
from molt_build.measure.sequential import difference, evidence, nearer

LANE = "toys_native"
HOPS = {"hops": ("print(1)\n", 'form = "script"\ntags = ["loops"]')}
GATE = """\
#:schema ../../schemas/gate.schema.json
kind = "gate"
schema_version = 1
name = "steady"
description = "Tested."
owner = "toys"
against = "base"
worse_at_most = LIMIT
lane = { name = "toys_native", programs = ["bench_work"] }
"""
SIGNAL = """\
#:schema ../../schemas/signal.schema.json
kind = "signal"
schema_version = 1
name = "made_bytes"
description = "How large the outputs are."
scope = "program"
better = "lower"
outputs = ["results"]

[size]
count = "bytes"
"""


def bisect(
    made: Commits, subject: str, *words: str, good: str = "", path: str, code: int = 0
) -> dict[str, Any]:
    """The result; `main` is bad."""
    ends = ("--good", good or made.ids[0], "--bad", "main")
    done = made.lane.run("bisect", subject, *ends, *words, "--json", env={"PATH": path})
    assert done.code == code, done.err
    found: dict[str, Any] = json.loads(done.out)
    assert_published("bisect", found)
    return found


def judged(result: dict[str, Any]) -> dict[int, str]:
    return {row["place"]: row["verdict"] for row in result["revisions"]}


@pytest.fixture
def counter(tmp_path: Path) -> str:
    return with_counter(tmp_path / "counter")


def test_the_guilty_commit_is_found_by_counts(tmp_path: Path, counter: str) -> None:
    told = story(1)
    made = toy_commits(tmp_path, told)
    done = made.lane.run(
        *("bisect", LANE, "--good", made.ids[0], "--bad", "main"), env={"PATH": counter}
    )
    assert done.code == 0, done.err
    guilty = made.ids[told.guilty]
    assert f"the first bad commit is {guilty}: commit {told.guilty}" in done.out
    [file] = (made.lane.root / "bench/results/bisect").glob("*/result.json")
    result = json.loads(file.read_text())
    assert (result["outcome"], result["first_bad"]) == ("found", guilty)
    assert result["last_good"] == made.ids[told.guilty - 1] and result["suspects"] == [guilty]
    assert (result["ruler"], result["figure"], result["error_rate"]) == (
        "counts",
        "instructions",
        None,
    )
    rows = result["revisions"]
    assert {row["place"] for row in rows if row["verdict"] == "skipped"} <= told.broken
    assert any(row["verdict"] == "skipped" for row in rows) and len(rows) < 14
    # What runs is one of two things, and each was measured once.
    assert len({row["digest"] for row in rows} - {None}) == 2
    assert all(row["same_as"] for row in rows if row["digest"] and row["place"] not in (0, 39))
    changed = {row["name"] for row in result["changes"]}
    assert changed == {"toy copyc executable", "bench_work copy.made"}
    [shown] = result["shown_by"]
    assert "--reference toy@rev:" in shown and shown.endswith("--column instructions")
    listed = made.lane.run("history", "list", "--job", "bisect")
    assert listed.code == 0 and "bisect/" in listed.out


def test_a_gate_and_a_signal_are_bisected(tmp_path: Path, counter: str) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    lane.project.write("manifests/gates/steady.toml", GATE.replace("LIMIT", "0.1"))
    lane.project.write("manifests/signals/made.toml", SIGNAL)
    made = commits(lane, [{"page.md": "1"}, {COPIER: SLOWER}, {"page.md": "3"}])
    by_gate = bisect(made, "steady", path=counter)
    assert (by_gate["first_bad"], by_gate["subject"]) == (made.ids[2], "gate")
    assert by_gate["min_effect"] == 0.1
    by_signal = bisect(made, "made_bytes", "--engine", "toy", path=counter)
    assert (by_signal["first_bad"], by_signal["ruler"]) == (made.ids[2], "signal")
    values = {row["place"]: row["value"] for row in by_signal["revisions"]}
    assert values[0] == values[1] == len(WORK) - 1 and values[3] > values[0]
    checkout, shown = by_signal["shown_by"]
    assert checkout == f"git checkout {made.ids[2][:12]}" and "--signal made_bytes" in shown
    # A gate that allows more than it is worse.
    lane.project.write("manifests/gates/steady.toml", GATE.replace("LIMIT", "0.9"))
    column = ("--column", "instructions")
    allowed = bisect(made, "gate:steady", *column, path=counter, code=1)
    assert (allowed["outcome"], allowed["suspects"]) == ("not different", [])


def test_what_does_not_differ_and_what_does_not_build(tmp_path: Path, counter: str) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    changes = [{COPIER: BROKEN}, {COPIER: SLOWER}, {COPIER: BROKEN}, {COPIER: SLOWER}]
    made = commits(lane, changes)
    border = bisect(made, LANE, path=counter, code=1)
    assert border["outcome"] == "range"
    assert border["suspects"] == list(made.ids[1:3]) and border["first_bad"] == made.ids[2]
    assert judged(border) == {0: "good", 1: "skipped", 2: "bad", 4: "bad"}
    reason = next(row["reason"] for row in border["revisions"] if row["place"] == 1)
    assert reason == "toy: tools/copyc answered with exit status 3"
    same = bisect(made, LANE, good=made.ids[2], path=counter, code=1)
    assert (same["outcome"], same["ruler"], same["revisions"]) == ("not different", None, [])
    told = made.lane.run("bisect", LANE, "--good", made.ids[2], "--bad", "main")
    assert "is not different from" in told.out
    ends = ("--good", made.ids[1], "--bad", "main")
    done = made.lane.run("bisect", LANE, *ends, env={"PATH": counter})
    assert done.code == 1 and f"{made.ids[1][:12]} cannot be judged: toy: tools/copyc" in done.err
    assert len([*(made.lane.root / "bench/results/bisect").iterdir()]) == 3, "nothing is left of it"


def test_times_are_compared_until_it_is_sure(tmp_path: Path) -> None:
    slow = COPYC + "echo 'sum(range(3_000_000))' >> \"$2\"\n"
    lane = lane_project(tmp_path, {"bench_work": WORK})
    made = commits(lane, [{COPIER: slow}, {COPIER: slow + "echo '# another' >> \"$2\"\n"}])
    column = ("--column", "cpu_s", "--blocks", "20")
    found = bisect(made, LANE, *column, path="/usr/local/bin:/usr/bin:/bin")
    assert (found["first_bad"], found["ruler"]) == (made.ids[1], "blocks")
    blocks = [row["blocks"] for row in found["revisions"]]
    assert blocks[0] == 0 and all(6 <= number <= 20 for number in blocks[1:])
    assert 0 < found["error_rate"] <= 0.05


def test_a_search_that_is_killed_goes_on(tmp_path: Path, counter: str) -> None:
    told = story(3)
    made = toy_commits(tmp_path, told)
    ends = ("--good", made.ids[0], "--bad", "main")
    folder = made.lane.root / "bench/results/bisect"

    def judged_so_far() -> int:
        files = [*folder.glob("*/samples.jsonl")]
        return files[0].read_text().count('"event": "revision"') if files else 0

    process = made.lane.start("bisect", LANE, *ends, env={"PATH": counter})
    wait_for(lambda: judged_so_far() >= 3, "a verdict")
    process.kill()
    process.communicate()
    kept = judged_so_far()
    other = made.lane.run("bisect", "--resume", "--blocks", "3", env={"PATH": counter})
    assert other.code == 2 and "other options" in other.err
    done = made.lane.run("bisect", "--resume", "--json", env={"PATH": counter})
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["first_bad"] == made.ids[told.guilty]
    assert judged_so_far() == len(result["revisions"]) >= kept, "each is judged once"
    again = made.lane.run("bisect", "--resume", env={"PATH": counter})
    assert again.code == 2 and "no unfinished run of bisect" in again.err


@pytest.mark.long
def test_a_comparison_that_is_interrupted_goes_on_with_its_blocks(tmp_path: Path) -> None:
    slow = COPYC + "echo 'sum(range(3_000_000))' >> \"$2\"\n"
    lane = lane_project(tmp_path, {"bench_work": WORK})
    other = slow + "echo '# another' >> \"$2\"\n"
    made = commits(lane, [{COPIER: slow}, {COPIER: other}])
    folder = made.lane.root / "bench/results/bisect"

    def events() -> list[dict[str, Any]]:
        files = [*folder.glob("*/samples.jsonl")]
        return [json.loads(row) for row in files[0].read_text().splitlines()] if files else []

    def blocks_of_the_middle() -> list[int]:
        found = [one for one in events() if one["event"] == "block"]
        return [one["block"]["index"] for one in found if one["commit"] == made.ids[1]]

    ends = ("--good", made.ids[0], "--bad", "main", "--column", "cpu_s")
    process = made.lane.start("bisect", LANE, *ends)
    wait_for(lambda: len(blocks_of_the_middle()) >= 2, "blocks of the revision between")
    process.terminate()
    _, err = process.communicate()
    assert process.returncode == 130 and "molt-build bisect --resume" in err
    [file] = folder.glob("*/result.json")
    interrupted = json.loads(file.read_text())
    assert (interrupted["outcome"], interrupted["is_interrupted"]) == ("interrupted", True)
    assert judged(interrupted) == {0: "good", 2: "bad"} and interrupted["suspects"] == []
    done = made.lane.run("bisect", "--resume", "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["first_bad"] == made.ids[1] and not result["is_interrupted"]
    row = next(row for row in result["revisions"] if row["place"] == 1)
    assert blocks_of_the_middle() == [*range(row["blocks"])], "each block is measured once"


def test_a_suite_is_bisected(tmp_path: Path, counter: str) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    head = SUITE_HEAD.replace("NAME", "locals").replace("FRIEND", "toy")
    rest = '\n[source]\nproject = "mine"\n\n[default]\nmode = "runs_unmodified"\n'
    lane.project.write("manifests/suites/locals.toml", head + rest + suite_programs(HOPS))
    for name, (content, _) in HOPS.items():
        lane.project.write(f"mine/bench/{name}.py", content)
    made = commits(lane, [{"page.md": "1"}, {COPIER: SLOWER}])
    engine = ("--engine", "toy", "--column", "instructions")
    found = bisect(made, "locals", *engine, path=counter)
    assert (found["first_bad"], found["lane"]) == (made.ids[2], "locals")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("toys_natve --good main~1 --bad main", "no lane, gate or signal toys_natve; did you mean"),
        ("lane:toys_natve --good main~1 --bad main", "no lane toys_natve; did you mean toys_nativ"),
        ("toys_native --good mian --bad main", "there is no revision mian; did you mean main?"),
        ("toys_native --good main --bad main~1", "the other way round"),
        ("toys_native --good main --bad main", "main and main are the same commit"),
        ("toys_native --good main~1", "--bad is missing"),
        ("toys_native --bad main", "--good is missing"),
        ("toys_native --good main~1 --bad main --program wrok", "did you mean work"),
        ("toys_native --good main~1 --bad main --engine tooy", "no toolchain tooy; did you mean"),
        ("toys_native --good main~1 --bad main --engine toy@rev:main", "leave out its revision"),
        ("toys_native --good main~1 --bad main --column wal_s", "did you mean wall_s"),
        ("toys_native --good main~1 --bad main --column steady_s", "are not bisected"),
    ],
)
def test_what_is_wrong_is_said(small: Commits, words: str, said: str) -> None:
    done = small.lane.run("bisect", *words.split())
    assert done.code == 2
    assert said in "; ".join(line.strip() for line in done.err.splitlines()), done.err
    assert not (small.lane.root / "bench/results/bisect").exists()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Commits:
    return toy_commits(tmp_path_factory.mktemp("small"), Story(3, 1, frozenset()))


def test_a_merge_stands_for_what_it_merged(tmp_path: Path, counter: str) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    made = commits(lane, [{"page.md": "1"}])
    root = lane.root
    git(root, "checkout", "--quiet", "-b", "side", made.ids[0])
    lane.project.write(COPIER, SLOWER, executable=True)
    git(root, "commit", "--quiet", "-am", "slower")
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-edit", "side")
    merge = git(root, "rev-parse", "main")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "after")
    found = bisect(made, LANE, path=counter)
    assert (found["first_bad"], found["commits"]) == (merge, 3)


@given(st.data())
def test_the_line_is_searched_and_what_cannot_be_judged_is_passed(data: st.DataObject) -> None:
    last = data.draw(st.integers(1, 200))
    guilty = data.draw(st.integers(1, last))
    skipped = data.draw(st.sets(st.integers(1, last - 1))) if last > 1 else set()
    ladder, looks = Ladder(last), 0
    while (place := ladder.next()) is not None:
        looks += 1
        if place in skipped:
            ladder.skipped.add(place)
        else:
            ladder.judge(place, is_bad=place >= guilty)
    assert guilty in ladder.suspects
    assert set(ladder.suspects) - {ladder.bad} <= skipped
    assert looks <= ladder.looks + len(skipped)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_stake_is_fair_at_even_chances(on_it: int, off_it: int) -> None:
    after = evidence(on_it + 1, off_it) + evidence(on_it, off_it + 1)
    assert after == pytest.approx(2 * evidence(on_it, off_it))
    assert evidence(0, 0) == 1 and evidence(on_it + 1, off_it) > evidence(on_it, off_it)


def wrong(values: Sequence[Sequence[float]], error: float) -> Fraction:
    """The share of series that are called nearer to the other."""
    found = [nearer(series, error) for series in values]
    return Fraction(sum(one == "different" for one in found), len(found))


def test_looking_after_each_block_errs_no_more_often_than_it_says() -> None:
    generator = random.Random(5)
    # Of no difference at all, where errors are the most frequent; tails as heavy as Cauchy's.
    even = [[generator.gauss(0, 1) / generator.gauss(0, 1) for _ in range(60)] for _ in range(600)]
    assert wrong(even, 0.1) <= Fraction(13, 100)
    assert wrong([[value - 3 for value in series] for series in even], 0.1) == 0
    apart = [generator.gauss(0.1, 0.02) for _ in range(60)]
    assert (
        difference(apart, 0.02, 0.01) == "different" == difference([-x for x in apart], 0.02, 0.1)
    )
    assert difference([x - 0.1 for x in apart[:20]], 0.2, 0.01) == "same"
    assert difference(apart[:3], 0.02, 0.01) == "unknown"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_a_real_compiler_that_became_slower_is_found(tmp_path: Path, seed: int) -> None:
    needs("cc")
    needs("valgrind")
    made, told = c_commits(tmp_path, seed)
    found = bisect(made, LANE, path="/usr/local/bin:/usr/bin:/bin")
    assert (found["outcome"], found["ruler"]) == ("found", "counts")
    assert found["first_bad"] == made.ids[told.guilty]
    if seed == 0:
        words = shlex.split(found["shown_by"][0])[1:]
        shown = made.lane.run(*words, "--json")
        assert shown.code == 0, shown.err
        [lane] = json.loads(shown.out)["lanes"].values()
        [cell] = [one for one in lane["cells"] if one["engine"] != lane["reference"]]
        assert cell["metrics"]["instructions"]["verdict"] == "slower"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_real_compiler_that_became_slower_is_found_by_times(tmp_path: Path, seed: int) -> None:
    needs("cc")
    made, told = c_commits(tmp_path, seed, loops=20_000_000)
    found = bisect(made, LANE, "--column", "cpu_s", path="/usr/local/bin:/usr/bin:/bin")
    assert (found["outcome"], found["ruler"]) == ("found", "blocks")
    assert found["first_bad"] == made.ids[told.guilty]
