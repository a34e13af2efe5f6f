"""Gates: they fire at what is surely worse, at nothing else, and are never green by neglect."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from build_projects import REPOSITORY
from counters import with_counter
from gated_projects import BASE, LANE, LINE, PROGRAMS, commit, declare, git, kept, measured
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import COPYC, WORK, LaneProject, lane_project
from published import assert_published
from suite_projects import TRACK

from molt_build.codec import to_plain
from molt_build.governance.canaries import run_canaries
from molt_build.governance.figures import Member
from molt_build.governance.gates import run_gates
from molt_build.governance.judging import Limit, judge
from molt_build.governance.past import MIN_PAST, beside_past, fences
from molt_build.manifests.figure import LaneFigure
from molt_build.manifests.gate import Gate, Waiver
from molt_build.manifests.loading import load
from molt_build.measure.blocks import BlockRun
from molt_build.results.bench import BenchResult, Outcome
from molt_build.results.changes import Against, RevisionChange
from molt_build.results.gates import GatesAsked

THEN = "toy@rev:HEAD~1"
DAY = date(2026, 2, 1)


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    """A project in git whose only gate, g, has a red line."""
    made = lane_project(tmp_path, dict.fromkeys(PROGRAMS, WORK))
    declare(made, g=LINE)
    git(made.root, "init", "--quiet", "--initial-branch=main")
    commit(made)
    return made


def gates(lane: LaneProject, *names: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """What the command finds and records, without a process of its own."""
    asked, heard = GatesAsked(names), []
    _, result = run_gates(lane.root, load(lane.root), asked, heard.append, command=("gates",))
    assert (bool(result.of("fail")), heard) == (bool(code), [])
    plain = to_plain(result)
    assert_published("gates", plain)
    return {one["gate"]: one for one in plain["gates"]}


def test_a_gate_passes_or_fails_by_a_run_of_this_tree(lane: LaneProject) -> None:
    kept(lane, measured(lane))
    found = gates(lane)["g"]
    assert (found["verdict"], found["judged"], found["reason"]) == ("pass", 2, "")
    evidence = found["evidence"]
    head = git(lane.root, "rev-parse", "HEAD")
    assert (evidence["git_commit"], evidence["git_is_dirty"]) == (head, False)
    assert (evidence["git_parent"], evidence["commits_behind"]) == (None, 0)
    assert len(evidence["digest"]) == 64 and 0 < evidence["age_days"] < 1
    then, now = head, commit(lane, "two")
    kept(lane, measured(lane, 0.4, hours=0.5))
    found = gates(lane, code=1)["g"]
    assert (found["verdict"], len(found["members"])) == ("fail", 2)
    assert found["members"][0]["high"] < found["members"][0]["limit"] == 1
    assert (found["evidence"]["git_commit"], found["evidence"]["git_parent"]) == (now, then)
    declare(lane, g=LINE.replace("min = 1", 'min = 1\nseverity = "warn"'))
    commit(lane, "three")
    found = gates(lane)["g"]
    assert (found["verdict"], found["evidence"]["commits_behind"]) == ("warn", 1)


def test_reports_for_other_tools(lane: LaneProject) -> None:
    declare(lane, quiet=LINE, base=BASE)
    commit(lane)
    kept(lane, measured(lane, 0.4))
    files = ("--junit", "gates.xml", "--summary", "gates.md")
    done = lane.run("gates", "--annotations", *files)
    assert done.code == 1
    levels = [line.partition(" ")[0] for line in done.out.splitlines()]
    assert levels == ["::error", "::notice"]  # however many gates there are
    assert "2 gates fail" in done.out and "base%3A" not in done.out
    suite = ElementTree.parse(lane.root / "gates.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "2", "1")
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {"base": ["skipped"], "g": ["failure"], "quiet": ["failure"]}
    assert "0 of 3 gates pass: 2 fail, 1 unmeasured" in (lane.root / "gates.md").read_text()


def test_what_was_not_measured_of_this_tree_is_told_apart(lane: LaneProject) -> None:
    def said(code: int = 0) -> tuple[str, str]:
        found = gates(lane, code=code)["g"]
        return found["verdict"], found["reason"]

    assert said() == (
        "unmeasured",
        "no full run of toys_native has toy on 2 programs on this class of machine",
    )
    assert lane.run("gates", "--strict").code == 1
    folder = kept(lane, measured(lane, hours=24 * 15))
    assert said()[0] == "stale" and "is 15 days old, and may be 14" in said()[1]
    kept(lane, measured(lane, git_is_dirty=True, hours=9))
    assert said()[0] == "stale" and "made of files that differed" in said()[1]
    git(lane.root, "checkout", "--quiet", "-b", "other")
    other = commit(lane, "elsewhere")
    kept(lane, measured(lane, hours=8))
    assert said() == ("pass", "")
    git(lane.root, "checkout", "--quiet", "main")
    assert said()[0] == "stale" and f"{other[:12]}, which is no ancestor" in said()[1]
    kept(lane, measured(lane, hours=7))
    assert said() == ("pass", "")
    lane.project.replace("programs/bench_work.py", "100_000", "100_001")
    assert said()[0] == "stale" and "files differ from their commit now" in said()[1]
    git(lane.root, "checkout", "--quiet", "programs")
    latest = kept(lane, measured(lane, hours=6)) / "result.json"
    assert said() == ("pass", "")
    latest.write_text(latest.read_text().replace('"seconds": 20.0', '"seconds": 21.0'))
    assert said()[0] == "unmeasured" and "its digest is another" in said()[1]
    (latest.parent / "result.json.sha256").unlink()
    assert said()[0] == "unmeasured" and "result.json.sha256 is not there" in said()[1]
    latest.unlink()
    assert said()[0] == "unmeasured" and "is not there any more" in said()[1]
    assert folder.is_dir()


def beside_base(result: BenchResult, times: float, changed: Mapping[str, bool]) -> BenchResult:
    """The run with the engine as it was at a base, which took so much less."""
    blocks = []
    for block in result.lane.measurements["run"].blocks:
        now = next(run for run in block.runs if run.engine == "toy")
        shift = times * (1 + (block.index % 3 - 1) / 500)
        metrics = {name: value / shift for name, value in now.metrics.items()}
        blocks.append(replace(block, runs=(*block.runs, BlockRun(THEN, metrics))))
    estimate = next(cell.speedup("wall_s") for cell in result.lane.cells if cell.engine == "toy")
    changes = [
        RevisionChange(name, "toy", estimate, None, "same", "", THEN, is_changed, False)
        for name, is_changed in changed.items()
    ]
    against = Against("HEAD~1", "b" * 40, "wall_s", 0.05, {}, tuple(changes))
    one = result.lane
    one = replace(
        one,
        engines=(*one.engines, THEN),
        cells=(*one.cells, *(replace(c, engine=THEN) for c in one.cells if c.engine == "toy")),
        measurements={"run": replace(one.measurements["run"], blocks=tuple(blocks))},
        against=against,
    )
    engines = {**result.engines, THEN: replace(result.engines["toy"], revision="b" * 40)}
    return replace(result, engines=engines, lanes={"toys_native": one})


def test_a_budget_is_beside_a_base_in_the_same_blocks(lane: LaneProject) -> None:
    declare(lane, g=BASE, mean=BASE.replace('" }', '", take = "mean" }'))
    commit(lane)
    missing = gates(lane)["g"]
    assert missing["verdict"] == "unmeasured" and "--base REV makes one" in missing["reason"]
    own = dict.fromkeys(PROGRAMS, False)
    for hours, times, word in ((4, 1.05, "pass"), (3, 1.1, "warn"), (2, 1.2, "fail")):
        kept(lane, beside_base(measured(lane, hours=hours), times, own))
        found = gates(lane, code=word == "fail")
        assert {name: one["verdict"] for name, one in found.items()} == {"g": word, "mean": word}
        assert (found["g"]["judged"], found["mean"]["judged"]) == (2, 1)
        assert (found["g"]["base"], found["g"]["members"][0]["limit"]) == ("b" * 40, 1.1)
        commit(lane)  # what was measured of another commit is not put together with it
    changed = {**own, "bench_tidy": True}
    kept(lane, beside_base(measured(lane, hours=1), 1.2, changed))
    found = gates(lane, code=1)["g"]
    assert (found["judged"], found["notes"]) == (
        1,
        ["bench_tidy is left out: the program itself changed"],
    )


def test_blocks_of_one_commit_are_put_together_and_none_is_missing(lane: LaneProject) -> None:
    declare(lane, g=BASE)
    commit(lane)
    part = beside_base(measured(lane, hours=3), 1.0, {"bench_work": False})
    kept(lane, part)
    found = gates(lane)["g"]
    assert (found["verdict"], found["reason"]) == (
        "unmeasured",
        "it was not measured beside that base",
    )
    kept(lane, beside_base(measured(lane, hours=2), 1.0, dict.fromkeys(PROGRAMS, False)))
    kept(lane, beside_base(measured(lane, hours=1), 1.0, {"bench_work": False}))
    found = gates(lane)["g"]
    assert (found["verdict"], found["judged"], len(found["pooled"])) == ("pass", 2, 3)
    commit(lane)
    for hours in (0.5, 0.4):
        kept(lane, beside_base(measured(lane, hours=hours), 1.3, {"bench_work": False}))
    (worst, *_) = gates(lane, code=1)["g"]["members"]
    assert (worst["of"], worst["verdict"], worst["blocks"]) == ("bench_work", "fail", 16)
    assert worst["value"] == pytest.approx(1.3, rel=0.02)


def test_a_program_of_which_the_same_ran_then_and_now_is_not_worse(lane: LaneProject) -> None:
    declare(lane, g=BASE)
    commit(lane)
    result = beside_base(measured(lane, hours=2), 1.4, dict.fromkeys(PROGRAMS, False))
    against = result.lane.against
    assert against is not None
    work, tidy = against.changes
    same = replace(tidy, verdict="control")  # the same artifacts ran then and now
    for first, word in ((work, "fail"), (replace(work, verdict="control"), "pass")):
        rows = replace(against, changes=(first, same))
        one = replace(result, lanes={"toys_native": replace(result.lane, against=rows)})
        hours = 2.0 if word == "fail" else 1.0
        kept(lane, replace(one, run=measured(lane, hours=hours).run))
        found = gates(lane, code=word == "fail")["g"]
        assert (found["verdict"], found["judged"]) == (word, 2)
        commit(lane)
        environment = measured(lane).environment
        result = replace(result, environment=environment)


def test_a_program_that_fails_now_and_did_not_then_fails_the_gate(lane: LaneProject) -> None:
    declare(lane, g=BASE)
    commit(lane)
    result = beside_base(measured(lane), 1.0, dict.fromkeys(PROGRAMS, False))
    outcomes = {"run": Outcome("failed", "it crashed")}
    one, against = result.lane, result.lane.against
    assert against is not None
    work, tidy = against.changes
    cells = tuple(
        replace(cell, outcomes=outcomes, metrics={})
        if (cell.program, cell.engine) == ("bench_work", "toy")
        else cell
        for cell in one.cells
    )
    changes = (replace(work, change=None, verdict="not compared", reason="toy: failed"), tidy)
    one = replace(one, cells=cells, against=replace(against, changes=changes))
    kept(lane, replace(result, lanes={"toys_native": one}))
    (worst, *_) = gates(lane, code=1)["g"]["members"]
    assert (worst["of"], worst["note"]) == ("bench_work", "failed: it crashed")


def test_a_history_is_this_machines_and_without_annotated_days(lane: LaneProject) -> None:
    words = 'against = "history"\n' + LANE
    declare(lane, g=words)
    commit(lane)
    for number in range(MIN_PAST + 1):
        if number == MIN_PAST:
            assert "7 earlier runs have it: a past begins with 8" in gates(lane)["g"]["reason"]
        kept(lane, measured(lane, 0.1 + number % 3 / 500, hours=50 - number))
    other = measured(lane, 0.4, hours=3)
    environment = replace(other.environment, machine_class="another")
    kept(lane, replace(other, environment=environment))
    found = gates(lane)["g"]
    assert (found["verdict"], found["past"]) == ("pass", MIN_PAST)
    latest = measured(lane, 0.15, hours=1)
    kept(lane, latest)
    found = gates(lane, code=1)["g"]
    assert found["verdict"] == "fail" and found["members"][0]["value"] > 1.4
    day = latest.started[:10]
    range_of_days = f'[[annotations]]\nsince = "{day}"\nuntil = "{day}"\nreason = "Moved."\n'
    declare(lane, g=words + "\n" + range_of_days)
    commit(lane)
    assert f"{day} to {day}: Moved." in gates(lane, code=1)["g"]["notes"]


def test_canaries_of_all_gates_of_this_repository() -> None:
    manifests = load(REPOSITORY)
    every = list(manifests.gates.values())
    found = run_canaries(REPOSITORY, manifests, every, time.time())
    assert [one for one in found.canaries if not one.is_right] == []
    assert len(found.canaries) == 4 * len(every) > 40
    budgets = {
        one.lane.families: one.worse_at_most for one in every if one.against == "base" and one.lane
    }
    assert budgets == {
        ("vector",): 0.05,
        ("string",): 0.07,
        ("matrix/buffer",): 0.05,
        ("loop",): 0.1,
    }


def test_a_gate_that_cannot_fire_is_found_by_its_canary(lane: LaneProject) -> None:
    assert lane.run("gates", "--canary").code == 0
    declare(lane, deaf=LINE.replace("min = 1", "min = 0"))  # nothing is below it
    done = lane.run("gates", "--canary", "--json")
    plain = json.loads(done.out)
    assert_published("gates --canary", plain)
    assert (done.code, plain["wrong"]) == (1, 1)
    assert lane.run("gates", "--canary", "g").code == 0


def test_the_board_says_whether_gates_are_enforced(lane: LaneProject) -> None:
    text = TRACK.replace("NAME", "OPT-1").replace("TITLE", "gates")
    kpi = '\n[[kpis]]\nname = "{0}"\ndescription = "Tested."\nmin = 1\ngates = {{ take = "{0}" }}\n'
    lane.project.write(
        "manifests/tracks/OPT-1.toml", text + kpi.format("judged") + kpi.format("passed")
    )
    declare(lane, base=BASE)
    commit(lane)
    kept(lane, measured(lane))
    gates(lane)
    (track,) = json.loads(lane.run("board", "--json").out)["tracks"]
    assert [(kpi["value"], kpi["verdict"]) for kpi in track["kpis"]] == [(0.5, "missed")] * 2
    assert lane.run("report", "--board").code == 0
    assert lane.run("report", "--check").code == 0
    gates(lane, "g")  # of one gate alone: no record
    (track,) = json.loads(lane.run("board", "--json").out)["tracks"]
    assert track["kpis"][0]["value"] == 0.5


def gate(**facts: Any) -> Gate:
    known = {"name": "g", "description": "d", "owner": "o", "against": "red-line"}
    return Gate(**{**known, "lane": LaneFigure("l"), **facts})


ends = st.floats(0.5, 2)


@given(ends, ends, ends, ends, st.booleans())
def test_a_verdict_is_the_intervals(
    first: float, second: float, third: float, bound: float, is_maximum: bool
) -> None:
    low, value, high = sorted((first, second, third))
    one = Member("x", value, low, high)
    limit = Limit(bound, is_maximum)
    said = judge(gate(steady_within=10), one, limit, DAY).verdict
    within = high <= bound if is_maximum else low >= bound
    beyond = low > bound if is_maximum else high < bound
    assert said == ("pass" if within else "fail" if beyond else "warn")
    assert judge(gate(steady_within=10, severity="warn"), one, limit, DAY).verdict in (
        "pass",
        "warn",
    )
    waived = gate(steady_within=10, waivers=(Waiver("known", "2026-02-01"),))
    assert judge(waived, one, limit, DAY).verdict in ("pass", "warn")
    over = gate(
        steady_within=10, waivers=(Waiver("known", "2026-01-31"), Waiver("k", "2027-01-01", ("y",)))
    )
    assert judge(over, one, limit, DAY).verdict == said
    is_wide = (math.log(high) - math.log(low)) / 2 > 0.1
    assert judge(gate(), one, limit, DAY).verdict == ("warn" if beyond and is_wide else said)
    without = replace(one, low=None, high=None)
    assert judge(gate(), without, limit, DAY).verdict == "unmeasured"


def test_a_past_seldom_cries_wolf_and_sees_a_step() -> None:
    """Of 300 runs each, so few false alarms that no series of a year would be ignored for them."""
    chance = random.Random(7)
    false = found = 0
    for _ in range(300):
        values = [math.exp(chance.gauss(0, 0.02)) for _ in range(13)]
        limit = fences(values[:-1], is_lower_better=True, least=0.02)
        for shift in (1.0, 1.2):
            latest = Member("x", values[-1] * shift)
            seen = beside_past(latest, values[:-1], is_lower_better=True)
            assert seen.value is not None
            is_beyond = limit.is_beyond(seen.value)
            false += is_beyond and shift == 1.0
            found += is_beyond and shift > 1
    assert false <= 9 and found >= 285


@given(st.lists(st.floats(0.1, 10), min_size=MIN_PAST, max_size=30), st.floats(0.1, 10))
def test_higher_is_better_is_lower_is_better_of_the_inverse(
    past: list[float], latest: float
) -> None:
    inverse = [1 / value for value in past]
    one = beside_past(Member("x", latest, latest / 1.1, latest * 1.1), past, is_lower_better=True)
    other = beside_past(
        Member("x", 1 / latest, 1 / latest / 1.1, 1.1 / latest), inverse, is_lower_better=False
    )
    for key in ("value", "low", "high"):
        assert getattr(one, key) == pytest.approx(getattr(other, key))
    limits = [
        fences(rows, is_lower_better=lower, least=0.02)
        for rows, lower in ((past, True), (inverse, False))
    ]
    assert limits[0].value == pytest.approx(limits[1].value)
    assert limits[0].outer is not None and limits[0].outer >= limits[0].value >= 1.02


@pytest.mark.long
def test_a_base_is_measured_and_judged_at_once(tmp_path: Path) -> None:
    """The compiler makes programs do twice the work: their own sources stay as they are."""
    much = "for _ in range(4000):\n    sum(range(1000))\nprint(1)\n"
    lane = lane_project(tmp_path, {"bench_work": much})
    slow = COPYC + "sed -i 's/range(4000)/range(8000)/' \"$2\"\n"
    base = "steady_within = 9\n" + BASE  # however crowded the machine is
    declare(lane, g=base, one=base.replace('" }', '", programs = ["bench_work"] }'))
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    (lane.root / ".gitignore").write_text(".molt-build/\nbench/\n")
    git(lane.root, "add", "-A")
    git(lane.root, "commit", "--quiet", "-m", "then")
    lane.project.write("tools/copyc", slow, executable=True)
    done = lane.run("gates", "--base", "HEAD", "--json")  # not committed
    assert done.code == 1, (done.out, done.err)
    plain = json.loads(done.out)
    assert_published("gates", plain)
    assert [one["verdict"] for one in plain["gates"]] == ["fail", "fail"]
    assert plain["head"]["is_dirty"] and plain["gates"][0]["evidence"]["git_is_dirty"]
    assert plain["reruns"] <= 2  # a crowded machine may leave something unclear at first
    assert plain["gates"][0]["base"] == git(lane.root, "rev-parse", "HEAD")
    assert plain["gates"][0]["members"][0]["value"] > 1.3, plain["gates"]
    (again,) = {one["verdict"] for one in gates(lane).values()}
    assert again == "stale"  # what another command measured of changed files


@pytest.mark.long
def test_what_is_unclear_is_measured_again_with_fresh_blocks(tmp_path: Path) -> None:
    """Nothing differs, and a budget of nothing is held by every interval."""
    lane = lane_project(tmp_path, {"bench_work": WORK.replace("100_000", "3_000_000")})
    words = 'against = "base"\nworse_at_most = 0\nsteady_within = 9\n' + LANE
    declare(lane, g=words)
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    (lane.root / ".gitignore").write_text(".molt-build/\nbench/\n")
    git(lane.root, "add", "-A")
    git(lane.root, "commit", "--quiet", "-m", "then")
    copyc = lane.project.read("tools/copyc")
    lane.project.write("tools/copyc", f"{copyc}echo '# made anew' >> $2\n", executable=True)
    git(lane.root, "commit", "--quiet", "-a", "-m", "now")
    done = lane.run("gates", "--base", "HEAD~1", "--reruns", "1", "--json")
    plain = json.loads(done.out)
    (found,) = plain["gates"]
    assert len(found["pooled"]) == 1 + plain["reruns"] <= 2, done.err
    if plain["reruns"]:  # nearly always: it could be surely faster or slower by chance
        assert found["members"][0]["blocks"] >= 12
        assert "1 program unclear, measured again" in done.err


def test_quick_holds_times_to_counted_instructions(tmp_path: Path) -> None:
    """A counter that counts letters: the compiler's output is longer, and not slower."""
    lane = lane_project(tmp_path, {"bench_work": WORK})
    declare(lane, g=BASE)
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    (lane.root / ".gitignore").write_text(".molt-build/\nbench/\ntools/perf\n")
    git(lane.root, "add", "-A")
    git(lane.root, "commit", "--quiet", "-m", "then")
    copyc = lane.project.read("tools/copyc")
    longer = f"{copyc}head -c 9999 /dev/zero | tr '\\0' '#' >> $2\n"
    lane.project.write("tools/copyc", longer, executable=True)
    path = {"PATH": with_counter(tmp_path / "tools")}
    done = lane.run("gates", "g", "--base", "HEAD", "--quick", "--json", env=path)
    assert done.code == 1, (done.out, done.err)
    plain = json.loads(done.out)
    (found,) = plain["gates"]
    assert found["verdict"] == "fail" and found["notes"] == ["held to counted instructions"]
    (member,) = found["members"]
    assert member["low"] == member["value"] == member["high"] == pytest.approx(1.99, abs=0.02)
    assert plain["reruns"] == 0
    assert "--base" in lane.run("gates", "--quick").err
