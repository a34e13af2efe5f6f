"""The register of regressions: what opens an entry, what closes it, and what people write stays."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from gated_projects import LINE, commit, declare, git, kept, measured
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import WORK, LaneProject, lane_project

from molt_build.cli.command_line import run as molt_build
from molt_build.errors import UsageError
from molt_build.governance.register import GREEN_RUNS, green_runs
from molt_build.manifests.editing import with_row, with_values
from molt_build.measure.environment import read_environment
from molt_build.results.gates import (
    Evidence,
    GatesAsked,
    GatesResult,
    GateVerdict,
    Head,
    JudgedGate,
)

FILE = "manifests/register.toml"
ENVIRONMENT = read_environment()


class Command:
    """The command in a project in git whose only gate, g, has a red line."""

    def __init__(self, lane: LaneProject, capsys: pytest.CaptureFixture[str]) -> None:
        self.lane, self.root, self._capsys = lane, lane.root, capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        assert molt_build(list(words)) == code
        said = self._capsys.readouterr()
        return said.out + said.err

    def judged(self, toy_s: float, hours: float, code: int = 0) -> str:
        """What is said of the register once the lane was measured so many hours ago."""
        kept(self.lane, measured(self.lane, toy_s, hours=hours))
        said = self("gates", "--register", code=code)
        return "\n".join(line for line in said.splitlines() if line.startswith(FILE))

    def rows(self) -> list[dict[str, Any]]:
        content = tomllib.loads((self.root / FILE).read_text())
        found: list[dict[str, Any]] = content.get("regressions", [])
        return found


@pytest.fixture
def gates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    declare(lane, g=LINE)
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    commit(lane)
    monkeypatch.chdir(lane.root)
    return Command(lane, capsys)


def test_a_gate_that_fails_opens_an_entry_and_green_runs_close_it(gates: Command) -> None:
    kept(gates.lane, measured(gates.lane, 0.4, hours=0.9))
    gates("gates", code=1)
    assert not (gates.root / FILE).exists()  # judging changes nothing unless that is asked for
    assert gates("gates", "--register", code=1).count(f"{FILE}: g-1 is new") == 1
    (row,) = gates.rows()
    head = git(gates.root, "rev-parse", "HEAD")
    assert (row["id"], row["gate"], row["state"], row["hypothesis"]) == ("g-1", "g", "open", "")
    assert (row["members"], row["commit"]) == (["bench_work"], head)
    assert row["run"].startswith("toys_native/")
    assert gates.lane.run("check").code == 0
    text = (gates.root / FILE).read_text()
    text = text.replace('hypothesis = ""', 'hypothesis = "Moved."  # as seen in a profile')
    text = text.replace('state = "open"', 'state = "mitigated" # and so on')
    (gates.root / FILE).write_text(text)
    commit(gates.lane, "registered")
    assert gates.judged(0.4, 0.8, code=1) == f"{FILE}: g-1 is open"
    assert (gates.root / FILE).read_text() == text.replace('"mitigated"', '"open"')
    (one,) = json.loads(gates("board", "--json"))["regressions"]
    assert (one["id"], one["state"], one["hypothesis"]) == ("g-1", "open", "Moved.")
    assert "g-1" in gates("list", "regressions")
    # A changed register is no reason to measure again; one run judged thrice is no streak.
    for hours in (0.7, 0.6):
        assert gates.judged(0.1, hours) == ""
        assert gates("gates", "--register").count(FILE) == 0
    assert gates.judged(0.1, 0.5) == f"{FILE}: g-1 is closed"
    (row,) = gates.rows()
    assert (row["state"], row["hypothesis"]) == ("closed", "Moved.") and row["closed"]
    assert "# as seen in a profile" in (gates.root / FILE).read_text()
    assert json.loads(gates("board", "--json"))["regressions"] == []
    assert gates.judged(0.4, 0.4, code=1) == f"{FILE}: g-2 is new"
    assert gates.lane.run("check").code == 0


def test_a_waiver_makes_it_waived(gates: Command) -> None:
    assert gates.judged(0.4, 0.9, code=1) == f"{FILE}: g-1 is new"
    waiver = '\n[[waivers]]\nmembers = ["bench_work"]\nreason = "Known."\nexpires = "2999-01-01"\n'
    declare(gates.lane, g=LINE + waiver)
    commit(gates.lane)
    assert gates.judged(0.4, 0.8) == f"{FILE}: g-1 is waived"
    declare(gates.lane, g=LINE)
    commit(gates.lane)
    assert gates.judged(0.4, 0.7, code=1) == f"{FILE}: g-1 is open"


HEAD = """\
#:schema ../schemas/register.schema.json
kind = "register"
schema_version = 1
name = "regressions"
description = "Tested."
"""
ROW = {"id": "a", "gate": "g", "found": "2026-11-28", "state": "open"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW, {**ROW, "gate": "g"}], "the regression 'a' is defined twice"),
        ([ROW, {**ROW, "id": "b"}], "has a regression that is not closed"),
        ([{**ROW, "gate": "gg"}], "there is no gate 'gg'"),
        ([{**ROW, "state": "closed"}], "missing key, which says when"),
        ([{**ROW, "closed": "2026-12-01"}], "it is open, and not closed"),
        ([{**ROW, "found": "2026-02-30"}], "there is no day '2026-02-30'"),
        ([{**ROW, "state": "done"}], "state"),
        ([{**ROW, "state": "closed", "closed": "2026-11-01"}], "is before it was found"),
        ([{**ROW, "gate": "gone", "state": "closed", "closed": "2026-12-01"}], ""),
    ],
)
def test_what_a_register_cannot_say(gates: Command, rows: list[dict[str, str]], said: str) -> None:
    text = HEAD
    for row in rows:
        text = with_row(text, "regressions", row)
    (gates.root / FILE).write_text(text)
    found = gates("check", code=2 if said else 0).replace('"', "'")
    assert said in found and (not said or FILE in found)


def judged(verdict: GateVerdict, run: int) -> GatesResult:
    evidence = Evidence(f"l/{run}", "2026-11-28T10:00:00Z", 0, None, None, None, None, "", None)
    gate = JudgedGate(
        *("g", "", "", "fail", "red-line", "e", verdict, "", "", True, 0, ()),
        *(evidence, None, (), 0, ()),
    )
    return GatesResult(
        run="gates/20261128T100000Z",
        kind="gates",
        schema_version=2,
        command=(),
        started="2026-11-28T10:00:00Z",
        finished="2026-11-28T10:00:00Z",
        asked=GatesAsked(),
        environment=ENVIRONMENT,
        head=Head(None, None, None, None),
        reruns=0,
        gates=(gate,),
    )


WORDS = st.sampled_from(("pass", "fail", "warn", "stale", "unmeasured"))


@given(st.lists(st.tuples(WORDS, st.integers(0, 5)), max_size=12))
def test_green_runs_are_runs_and_not_judgements(found: list[tuple[GateVerdict, int]]) -> None:
    results = [judged(*one) for one in found]
    since = [place for place, (word, _) in enumerate(found) if word in ("fail", "warn")]
    tail = found[since[-1] + 1 if since else 0 :]
    wanted = len({run for word, run in tail if word == "pass"})
    assert green_runs("g", results, "2026-11-28") == wanted
    assert green_runs("g", results, "2026-11-29") == 0
    assert GREEN_RUNS > 1


VALUES = st.dictionaries(st.sampled_from("abc"), st.none() | st.text(max_size=9), min_size=1)


@given(st.integers(0, 2), VALUES)
def test_values_of_a_row_are_changed_and_nothing_else(
    place: int, values: dict[str, str | None]
) -> None:
    text = "# head\n" + "".join(
        f'\n[[rows]]  # row {n}\na = "{n}"  # of it\n# of the next\n' for n in range(3)
    )
    edited = with_values(text, ("rows", place), values)
    for number in range(3):
        assert f"# row {number}" in edited
    rows = tomllib.loads(edited)["rows"]
    wanted = {k: v for k, v in {"a": str(place), **values}.items() if v is not None}
    assert rows[place] == wanted
    assert [rows[n] for n in range(3) if n != place] == [
        {"a": str(n)} for n in range(3) if n != place
    ]
    with pytest.raises((UsageError, IndexError)):
        with_values(text, ("rows", 9), values)
