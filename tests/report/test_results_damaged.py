"""Results and histories that are not as they were written: sentences, and never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import friend_results
import pytest
from build_projects import REPOSITORY, Project, Result
from case_results import cell, run_of
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lane_results import lane_result

from molt_build.cli.compare import _print
from molt_build.errors import MoltBuildError, UsageError
from molt_build.governance.compare import compare_results
from molt_build.lanes.columns import read_earlier as read_blocks
from molt_build.latency.resuming import read_earlier as read_case_samples
from molt_build.report import bench_summary, friend_summary
from molt_build.report.case_table import print_cases
from molt_build.report.columns import summarise_runs
from molt_build.report.compile_progress import write_report
from molt_build.report.friend_scores import scorecard
from molt_build.report.table import result_console
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS, FRIENDS_RESULT, read_result
from molt_build.runs.recorded import known_runs, read_results
from molt_build.runs.result_checks import _FILES, what_is_wrong

Place = tuple[str | int, ...]

NOTHING = object()  # in the place of a value: its key is gone
VALUES = [NOTHING, None, [], {}, "x", "", 0, -1, 1.5, 1e300, 10**400, math.nan, True, [None]]


@lru_cache(maxsize=4)
def whole(kind: str) -> str:
    if kind == "result":
        return json.dumps(lane_result())
    if kind == "friends-result":
        made = friend_results.typical()
        return json.dumps({**made, "suites": {"codon": made["suites"]["codon"]}})
    return json.dumps(run_of(1, [cell("dev_warm"), cell("release_warm", 4.5)]))


KINDS = tuple(_FILES)


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """The paths of all that a result holds; of lists the first entries only, as they are alike."""
    if isinstance(value, dict):
        items: list[tuple[str | int, Any]] = list(value.items())
    else:
        items = list(enumerate(value[:2])) if isinstance(value, list) else []
    for key, item in items:
        yield (*above, key)
        yield from places(item, (*above, key))


def changed(kind: str, place: Place, value: object) -> Any:
    result = json.loads(whole(kind))
    inside = result
    for key in place[:-1]:
        inside = inside[key]
    if value is NOTHING:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    return result


def use(kind: str, result: Any, folder: Path) -> None:
    """All that commands do with a result that they have read."""
    with contextlib.redirect_stdout(io.StringIO()):
        if kind == "result":
            base = json.loads(whole(kind))
            _print(compare_results(base, result))
            _print(compare_results(result, base))
            summary = summarise_runs([result])
            bench_summary.text(summary)
            json.dumps(bench_summary.facts(summary))
        elif kind == "friends-result":
            card = scorecard([result])
            friend_summary.write_friend_summary(folder, card)
            json.dumps(friend_summary.facts(card))
        else:
            print_cases(result_console(), result, {})
            runs = folder / "bench/results/compile_progress"
            for number, one in enumerate((json.loads(whole(kind)), result), 1):
                place = runs / f"2026020{number}T080000Z/result.json"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(one))
            write_report(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_result_fits(kind: str, tmp_path: Path) -> None:
    result = json.loads(whole(kind))
    assert list(what_is_wrong(kind, result)) == []
    use(kind, result, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_that_is_gone_is_named(kind: str) -> None:
    """The path is that of the key; what has no key of its own in the schema may go."""
    named = 0
    each = list(places(json.loads(whole(kind))))
    for place in each[:: len(each) // 100 or 1]:
        if isinstance(place[-1], str):
            shown = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
            wrong = list(what_is_wrong(kind, changed(kind, place, NOTHING)))
            named += wrong == [f"{shown}: is missing"]
    assert named > 20


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_checks_say_what_jsonschema_says(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    place = data.draw(st.sampled_from(list(places(json.loads(whole(kind))))))
    value = data.draw(st.sampled_from(VALUES) | st.integers(-3, 3) | st.text(max_size=3))
    result = changed(kind, place, value)
    wrong = list(what_is_wrong(kind, result))
    assert all(line.startswith("$") for line in wrong)
    violations = [error.message for error in validator(kind).iter_errors(result)]
    if violations:
        assert wrong, violations
    # What else is wrong is said of no shape: numbers that are none, and rows that name nothing.
    beyond = ("is not in $", "there is none", "no number", "one end", "though the cell")
    beyond += (", and is 1e+300",)  # a whole number, for JSON Schema
    assert bool(violations) or all(any(word in line for word in beyond) for line in wrong), wrong


@lru_cache(maxsize=4)
def validator(kind: str) -> Draft202012Validator:
    schema = json.loads((REPOSITORY / "schemas" / _FILES[kind]).read_text())
    return Draft202012Validator(schema)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_what_fits_can_be_used(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    """Every mutation is refused in words, or does no harm."""
    folder = tmp_path_factory.getbasetemp() / "used"
    folder.mkdir(exist_ok=True)
    place = data.draw(st.sampled_from(list(places(json.loads(whole(kind))))))
    result = changed(kind, place, data.draw(st.sampled_from(VALUES)))
    if place[0] in ("kind", "schema_version") or list(what_is_wrong(kind, result)):
        return
    with contextlib.suppress(MoltBuildError):
        use(kind, result, folder)


# The mutations that were found to end in tracebacks, by what they do.
FATAL: list[tuple[str, Place, object]] = [
    ("result", ("cells", 0), NOTHING),
    ("result", ("cells", 0, "metrics"), NOTHING),
    ("result", ("cells", 0, "program"), "unknown"),
    ("result", ("blocks", 0, "runs", 0, "wall_s"), "fast"),
    ("result", ("blocks", 0, "runs", 0, "wall_s"), math.nan),
    ("result", ("builds",), {}),
    ("result", ("toolchains", "toy"), NOTHING),
    ("result", ("summaries", "peak_memory_bytes", "toy"), NOTHING),
    ("result", ("summaries", "verdicts", "toy"), NOTHING),
    ("result", ("summaries", "verdicts", "toy", "faster", 0), "unknown"),
    ("result", ("cells", 1, "ratios", "wall_s"), None),
    ("friends-result", ("suites", "codon", "programs", "fannkuch"), NOTHING),
    ("friends-result", ("suites", "codon", "plan"), None),
    ("friends-result", ("suites", "codon", "blocks", 0, "runs", 0, "wall_s"), -1),
    ("compile_progress", ("cells", 0, "median_s"), None),
    ("compile_progress", ("cells", 0, "ratio_to_interpreter", "high"), None),
]


@pytest.mark.parametrize(("kind", "place", "value"), FATAL)
def test_what_does_not_fit_is_said(kind: str, place: Place, value: object, tmp_path: Path) -> None:
    job = {FRIENDS_RESULT: FRIENDS, COMPILE_PROGRESS: COMPILE_PROGRESS}.get(kind, "toys_native")
    file = tmp_path / "bench/results" / job / "20260201T080000Z/result.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(changed(kind, place, value)))
    with pytest.raises(UsageError) as caught:
        read_result(file.parent, kind)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f"{file}: $.")
    said: list[str] = []
    with known_runs(tmp_path, pytest.fail) as history:
        assert read_results(history, tmp_path, job, said.append) == []
    assert said[0].startswith(f"passed over: {file.relative_to(tmp_path)}: $.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a result: "),
        (b"[" * 100_000, "is not a result: "),
        (b"\xff\xfe{", "is not a result: "),
        (b"null", "is not a result of this kind: result"),
        (b'{"kind": "result"}', "has result version null, not 1"),
        (b'{"kind": "result", "schema_version": 1}', "$.run: is missing"),
    ],
)
def test_what_is_no_result(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_result(tmp_path)
    assert said in caught.value.message


def test_commands_say_where_it_is(project: Project) -> None:
    for number, place in enumerate([(), ("cells", 1, "metrics", "wall_s", "median")], 1):
        result = changed("result", place, "slow") if place else lane_result()
        folder = project.root / f"bench/results/toys_native/2026020{number}T080000Z"
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result))
    where = '$.cells[1].metrics.wall_s.median: should be a number, and is "slow"'
    for words in (["compare", "latest~1", "latest"], ["report", "--run", "latest"]):
        ended: Result = project.run(*words)
        assert ended.code == 2
        assert where in ended.err
        assert "measure again, or restore it" in ended.err


@pytest.mark.parametrize(
    ("event", "read"),
    [
        ({"event": "start", "asked": 3}, read_case_samples),
        ({"event": "cell", "row": []}, read_case_samples),
        ({"event": "start", "suite": "s"}, lambda folder: read_blocks(folder, suite="s")),
        ({"event": "block"}, read_blocks),
    ],
)
def test_an_event_that_no_run_writes_is_said(
    event: dict[str, Any], read: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "samples.jsonl").write_text(json.dumps(event) + "\n" + '{"event": "torn')
    with pytest.raises(UsageError, match="has an event that no run writes"):
        read(tmp_path)


BREAKS: list[Callable[[sqlite3.Connection], object]] = [
    lambda db: db.execute("UPDATE build_actions SET changed = 'no json'"),
    lambda db: db.execute("UPDATE build_actions SET differences = '[[1, 2]]'"),
    lambda db: db.execute("UPDATE build_actions SET seconds = 9e999"),
    lambda db: db.execute("UPDATE builds SET stages = '[]'"),
    lambda db: db.execute("UPDATE builds SET stages = '[" + "[" * 5000 + "'"),
    lambda db: db.execute("UPDATE builds SET hits = 9223372036854775807, seconds = -9e999"),
    lambda db: db.execute("ALTER TABLE build_actions DROP COLUMN differences"),
]


@pytest.mark.parametrize("number", range(len(BREAKS)))
def test_broken_rows_are_counted_and_passed_over(toys: Project, number: int) -> None:
    toys.build("one")
    with contextlib.closing(sqlite3.connect(toys.root / ".molt-build/history.sqlite")) as history:
        BREAKS[number](history)
        history.commit()
    wasted = toys.run("cache", "waste")
    assert wasted.code == 0, wasted.err
    assert "not as written, and passed over" in wasted.err
    assert toys.run("cache", "stats").code == 0
