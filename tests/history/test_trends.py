"""Figures over runs, ranges of days that are no part of a past, and what pruning spares."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from gated_projects import LANE, LINE, commit, declare, git, kept, measured
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import WORK, LaneProject, lane_project
from published import assert_published

from molt_build.cli.command_line import run as molt_build
from molt_build.errors import UsageError
from molt_build.governance.past import MIN_PAST, WINDOW
from molt_build.manifests.editing import with_row
from molt_build.report.trend_table import COLUMNS, NO_COLUMN, sparkline

HISTORY = 'against = "history"\n' + LANE


class Command:
    """The command in a project in git whose only gate, g, is against its own past."""

    def __init__(self, lane: LaneProject, capsys: pytest.CaptureFixture[str]) -> None:
        self.lane, self.root, self._capsys = lane, lane.root, capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        assert molt_build(["history", *words]) == code
        said = self._capsys.readouterr()
        return said.out if code == 0 else said.err

    def json(self, name: str, *words: str) -> Any:
        plain = json.loads(self(name, *words, "--json"))
        assert_published(f"history {name}", plain)
        return plain

    def trend(self, *words: str) -> Any:
        return self.json("trend", *words)["trends"][0]


@pytest.fixture
def history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    lane = lane_project(tmp_path, dict.fromkeys(("bench_work", "bench_tidy"), WORK))
    declare(lane, g=HISTORY)
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    commit(lane)
    monkeypatch.chdir(lane.root)
    return Command(lane, capsys)


def past(lane: LaneProject, runs: int, since_hours: float = 400) -> list[str]:
    """So many runs of the lane, none of which is unusual."""
    found = []
    for number in range(runs):
        result = measured(lane, 0.1 + number % 3 / 2000, hours=since_hours - number)
        kept(lane, result)
        found.append(result.run)
    return found


def test_a_figure_over_runs_is_seen_against_its_past(history: Command) -> None:
    assert "no full run of toys_native" in history.trend("g")["reason"]
    past(history.lane, MIN_PAST)
    found = history.trend("g")
    assert (found["verdict"], len(found["points"])) == ("unknown", MIN_PAST)
    for hours, toy_s, word in ((3, 0.1005, "usual"), (2, 0.15, "worse"), (1, 0.06, "better")):
        kept(history.lane, measured(history.lane, toy_s, hours=hours))
        for name in ("g", "toys_native"):
            assert history.trend(name)["verdict"] == word, name
    found = history.trend("toys_native", "--last", "2")
    assert [point["git_commit"] for point in found["points"]] == [
        git(history.root, "rev-parse", "HEAD")
    ] * 2
    assert found["beside"] == pytest.approx(0.6, rel=0.05)
    rows = history("trend", "toys_native", "--program", "bench_*", "--engine", "toy").splitlines()
    assert [row.split()[:2] for row in rows[1:3]] == [
        ["toys_native", "bench_work"],
        ["toys_native", "bench_tidy"],
    ]
    assert "better" in rows[1] and COLUMNS[-1] in rows[1]
    short = history("trend", "toys_native", "--program", "tidy", "--engine", "toy").splitlines()
    assert [row.split()[1] for row in short[1:2]] == ["bench_tidy"]
    missing = history("trend", "toys_native", "--program", "tidi", code=2)
    assert "toys_native has no program tidi" in missing and "tidy" in missing
    assert "no lane" in history("trend", "g", "--program", "bench_work", code=2)
    assert "did you mean toys_native" in history("trend", "toys_nativ", code=2)


def test_annotated_days_are_no_past_and_stand_in_the_gates_manifest(history: Command) -> None:
    runs = past(history.lane, MIN_PAST)
    file = history.root / "manifests/gates/g.toml"
    file.write_text(file.read_text() + "\n# The end.  \n")
    day = runs[0].partition("/")[2][:8]
    day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    words = ("annotate", "g", "--run", runs[0], "--reason", "Other memory.")
    before = file.read_text()
    assert history.json(*words, "--dry-run")["gates"][0]["is_changed"] is True
    assert file.read_text() == before
    assert history(*words) == f"manifests/gates/g.toml: {day} to {day}: written\n"
    assert file.read_text().startswith(before.rstrip())  # nothing that people wrote is touched
    assert history.lane.run("check").code == 0
    assert history(*words) == f"manifests/gates/g.toml: {day} to {day}: as it was\n"
    found = history.trend("g")
    said = {point["run"]: point["annotation"] for point in found["points"]}
    assert said[runs[0]] == "Other memory." and set(said.values()) >= {"Other memory."}
    assert f"{runs[0]} is no part of its past: Other memory." in history("trend", "g")
    for wrong in (("--since", "2026-02-30"), ("--since", "2026-02-03", "--until", "2026-02-01")):
        history("annotate", "g", *wrong, "--reason", "x", code=2)
    history("annotate", "nosuch", "--since", "2026-02-01", "--reason", "x", code=2)


def test_what_gates_rest_on_and_what_is_published_is_not_pruned(history: Command) -> None:
    runs = past(history.lane, WINDOW + 4)
    words = ("prune", "--keep", "1", "--folders")
    found = history.json(*words, "--dry-run")
    assert found["pruned"] == runs[:3] and found["freed_bytes"] > 3000
    assert {one["reason"] for one in found["spared"]} == {"the gate g rests on it"}
    published = history.root / "bench/published" / runs[0]
    published.mkdir(parents=True)
    (published / "result.json.xz").write_bytes(b"")
    said = history(*words)
    assert f"{runs[0]}: stays, it is published" in said and "freed" in said
    assert not (history.root / "bench/results" / runs[1]).exists()
    declare(history.lane, g=LINE)  # which rests on the latest, and on the one before
    assert len(history.json(*words)["pruned"]) == WINDOW - 1
    assert history.json(*words, "--all")["spared"] == []
    assert history.trend("g")["points"][-1]["run"] == runs[-1]


values = st.lists(st.none() | st.floats(1e-6, 1e6), min_size=1, max_size=30)


@given(values)
def test_a_line_of_columns_has_one_for_each_value_and_keeps_their_order(
    found: list[float | None],
) -> None:
    drawn = sparkline(found)
    assert len(drawn) == len(found)
    assert [mark == NO_COLUMN for mark in drawn] == [value is None for value in found]
    pairs = [(v, COLUMNS.index(m)) for v, m in zip(found, drawn, strict=True) if v is not None]
    heights = [height for _, height in sorted(pairs)]
    assert heights == sorted(heights)


NAMES = st.sampled_from(["since", "until", "reason", "members"])
ROW = st.dictionaries(NAMES, st.text(max_size=20) | st.integers(0, 9), min_size=1)


@given(ROW, st.lists(ROW, max_size=2), st.booleans())
def test_a_row_is_added_to_a_manifest_and_nothing_else_changes(
    row: dict[str, Any], before: list[dict[str, Any]], has_table: bool
) -> None:
    text = "# A comment.\nkind = 'gate' # another\n"
    for one in before:
        text = with_row(text, "rows", one)
    text += "\n[lane]\nname = 'l'\n" if has_table else ""
    edited = with_row(text, "rows", row)
    assert edited.startswith(text.rstrip())
    assert tomllib.loads(edited)["rows"] == [*before, row]


def test_a_list_cannot_be_added_to_as_tables() -> None:
    with pytest.raises(UsageError, match="cannot be added to"):
        with_row("rows = [{ a = 1 }]\n", "rows", {"a": 2})
