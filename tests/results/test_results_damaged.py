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
from published import assert_published
from written_pages import cases_page, suites_page

from molt_build.bench.resuming import read_earlier as read_blocks
from molt_build.codec import to_plain
from molt_build.differential.job import read_earlier as read_compared
from molt_build.errors import MoltBuildError, UsageError
from molt_build.governance.compare import compare_results
from molt_build.latency.resuming import read_earlier as read_case_samples
from molt_build.report import bench_summary
from molt_build.report.case_table import print_cases
from molt_build.report.changes import print_comparison
from molt_build.report.headlines import WrittenPage, headline_of_lane, headline_of_suites
from molt_build.report.lane_table import print_run
from molt_build.report.scorecard import scorecard
from molt_build.report.terminal import result_console
from molt_build.results.bench import BenchResult
from molt_build.results.checks import what_is_wrong
from molt_build.results.files import from_json, read_result
from molt_build.results.schema import schema_of
from molt_build.runs.folder import COMPILE_PROGRESS, FRIENDS
from molt_build.runs.recorded import known_runs, read_results

Place = tuple[str | int, ...]

NOTHING = object()  # in the place of a value: its key is gone
VALUES = [NOTHING, None, [], {}, "x", "", 0, -1, 1.5, 1e300, 10**400, math.nan, True, [None]]
JOBS = {"toys_native": "bench", FRIENDS: "bench", COMPILE_PROGRESS: "cases"}  # with their kinds
LANE: Place = ("lanes", "toys_native")
SUITE: Place = ("lanes", "codon")


@lru_cache(maxsize=4)
def whole(job: str) -> str:
    """A result of a job as JSON."""
    if job == "toys_native":
        return json.dumps(to_plain(lane_result()))
    if job == FRIENDS:
        made = to_plain(friend_results.typical())
        return json.dumps({**made, "lanes": {"codon": made["lanes"]["codon"]}})
    return json.dumps(to_plain(run_of(1, [cell("dev_warm"), cell("release_warm", 4.5)])))


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """The paths of all that a result holds; of lists the first entries only, as they are alike."""
    if isinstance(value, dict):
        items: list[tuple[str | int, Any]] = list(value.items())
    else:
        items = list(enumerate(value[:2])) if isinstance(value, list) else []
    for key, item in items:
        yield (*above, key)
        yield from places(item, (*above, key))


def changed(job: str, place: Place, value: object) -> Any:
    result = json.loads(whole(job))
    inside = result
    for key in place[:-1]:
        inside = inside[key]
    if value is NOTHING:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    return result


def wrong_with(job: str, result: Any) -> list[str]:
    """What the checks say."""
    return list(what_is_wrong(JOBS[job], result))


def use(job: str, plain: Any, folder: Path) -> None:
    """All that commands do with a result that they have read."""
    result = from_json(plain)
    with contextlib.redirect_stdout(io.StringIO()):
        if isinstance(result, BenchResult):
            base = from_json(json.loads(whole(job)))
            assert isinstance(base, BenchResult)
            for pair in ((base, result), (result, base)):
                with contextlib.suppress(UsageError):
                    print_comparison(result_console(), compare_results(*pair))
            print_run(result_console(), result)
        if isinstance(result, BenchResult) and job == FRIENDS:
            card = scorecard([result])
            suites_page(folder, card)
            assert_published("report", to_plain(headline_of_suites(card, WrittenPage("page.md"))))
        elif isinstance(result, BenchResult):
            summary = bench_summary.lane_of([result])
            bench_summary.text(summary)
            assert_published("report", to_plain(headline_of_lane(summary, WrittenPage("page.md"))))
        else:
            print_cases(result_console(), result, {})
            runs = folder / "bench/results/compile_progress"
            for number, one in enumerate((json.loads(whole(job)), plain), 1):
                place = runs / f"2026020{number}T080000Z/result.json"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps(one))
            cases_page(folder)


@pytest.mark.parametrize("job", JOBS)
def test_a_whole_result_fits(job: str, tmp_path: Path) -> None:
    result = json.loads(whole(job))
    assert wrong_with(job, result) == []
    use(job, result, tmp_path)


@pytest.mark.parametrize("job", JOBS)
def test_every_key_that_is_gone_is_named(job: str) -> None:
    """The path is that of the key; what has no key of its own in the schema may go."""
    named = 0
    each = list(places(json.loads(whole(job))))
    for place in each[:: len(each) // 100 or 1]:
        if isinstance(place[-1], str):
            shown = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
            wrong = wrong_with(job, changed(job, place, NOTHING))
            named += wrong == [f"{shown}: is missing"]
    assert named > 20


@given(st.data())
@settings(max_examples=40)
def test_the_checks_say_what_jsonschema_says(data: st.DataObject) -> None:
    job = data.draw(st.sampled_from(list(JOBS)))
    place = data.draw(st.sampled_from(list(places(json.loads(whole(job))))))
    value = data.draw(st.sampled_from(VALUES) | st.integers(-3, 3) | st.text(max_size=3))
    result = changed(job, place, value)
    wrong = wrong_with(job, result)
    assert all(line.startswith("$") for line in wrong)
    violations = [error.message for error in validator(JOBS[job]).iter_errors(result)]
    if violations:
        assert wrong, violations
    # What else is wrong is said of no shape: numbers that are none, and rows that name nothing.
    beyond = ("is not in ", "has no run", "no number", "one end", "though the cell")
    beyond += (", and is 1e+300", ", and is nan")  # whole, and at least as large, for JSON Schema
    assert bool(violations) or all(any(word in line for word in beyond) for line in wrong), wrong


@lru_cache(maxsize=4)
def validator(kind: str) -> Draft202012Validator:
    published = json.loads((REPOSITORY / "schemas/result.schema.json").read_text())
    assert schema_of(kind)["$ref"] in [form["$ref"] for form in published["oneOf"]]
    return Draft202012Validator({**schema_of(kind), "$defs": published["$defs"]})


@pytest.mark.parametrize("job", JOBS)
@given(data=st.data())
@settings(max_examples=20)
def test_what_fits_can_be_used(
    tmp_path_factory: pytest.TempPathFactory, job: str, data: st.DataObject
) -> None:
    """Every mutation is refused in words, or does no harm."""
    folder = tmp_path_factory.getbasetemp() / "used"
    folder.mkdir(exist_ok=True)
    place = data.draw(st.sampled_from(list(places(json.loads(whole(job))))))
    result = changed(job, place, data.draw(st.sampled_from(VALUES)))
    if place[0] in ("kind", "schema_version") or wrong_with(job, result):
        return
    with contextlib.suppress(MoltBuildError):
        use(job, result, folder)


# Mutations of the kinds that were found to end in tracebacks, by what they do.
FATAL: list[tuple[str, Place, object]] = [
    ("toys_native", (*LANE, "cells", 0, "metrics"), NOTHING),
    ("toys_native", (*LANE, "cells", 0, "program"), "unknown"),
    ("toys_native", (*LANE, "cells", 0, "outcomes", "run"), NOTHING),
    ("toys_native", (*LANE, "cells", 1, "metrics", "wall_s", "speedup", "low"), None),
    ("toys_native", (*LANE, "measurements", "run", "blocks", 0, "runs"), "fast"),
    ("toys_native", (*LANE, "measurements", "run", "blocks", 0, "program"), "unknown"),
    ("toys_native", (*LANE, "reference"), "unknown"),
    ("toys_native", (*LANE, "columns"), []),
    ("toys_native", (*LANE, "columns", 0), "speed"),
    ("toys_native", ("engines", "toy"), NOTHING),
    ("toys_native", ("lanes",), {}),
    (FRIENDS, (*SUITE, "programs", "fannkuch"), NOTHING),
    (FRIENDS, (*SUITE, "measurements", "run", "plan"), None),
    (
        FRIENDS,
        (*SUITE, "measurements", "run", "blocks", 0, "runs", 0, "metrics", "wall_s"),
        math.nan,
    ),
    (FRIENDS, (*SUITE, "measurements", "run", "blocks", 0, "runs", 0, "metrics", "wall_s"), -1),
    (COMPILE_PROGRESS, ("cells", 0, "wall_s"), None),
    (COMPILE_PROGRESS, ("cells", 0, "ratio_to_interpreter", "high"), None),
]


@pytest.mark.parametrize(("job", "place", "value"), FATAL)
def test_what_does_not_fit_is_said(job: str, place: Place, value: object, tmp_path: Path) -> None:
    file = tmp_path / "bench/results" / job / "20260201T080000Z/result.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(changed(job, place, value)))
    with pytest.raises(UsageError) as caught:
        read_result(file.parent)
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
        (b"null", "it is no result of a run"),
        (b'{"kind": [], "schema_version": 1}', "it is no result of a run"),
        (b'{"kind": {}, "schema_version": 2}', "it is no result of a run"),
        (b'{"kind": "bench"}', "result version null is not 2"),
        (b'{"kind": "bench", "schema_version": 3}', "read it with the molt_build that wrote it"),
        (b'{"kind": "bench", "schema_version": 2}', "$.run: is missing"),
        (b'{"kind": "result", "schema_version": 1}', "not what version 1 of a result was"),
    ],
)
def test_what_is_no_result(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_result(tmp_path)
    assert said in caught.value.message


def test_commands_say_where_it_is(project: Project) -> None:
    spoiled: Place = (*LANE, "cells", 1, "metrics", "wall_s", "summary", "median")
    for number, place in enumerate([("is_quick",), spoiled], 1):
        result = changed("toys_native", place, "slow" if number == 2 else False)
        folder = project.root / f"bench/results/toys_native/2026020{number}T080000Z"
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result))
    where = "$.lanes.toys_native.cells[1].metrics.wall_s.summary.median"
    where += ': should be a number, and is "slow"'
    for words in (["compare", "latest~1", "latest"], ["report", "--from", "latest"]):
        ended: Result = project.run(*words)
        assert ended.code == 2
        assert where in ended.err
        assert "measure again, or restore it" in ended.err


@pytest.mark.parametrize(
    ("event", "read"),
    [
        ({"event": "start", "asked": 3}, lambda folder: read_case_samples(folder, {})),
        ({"event": "cell", "row": []}, lambda folder: read_case_samples(folder, {})),
        ({"event": "start", "suite": "s"}, lambda folder: read_blocks(folder, suite="s")),
        ({"event": "block"}, read_blocks),
        ({"event": "program"}, lambda folder: read_compared(folder, {})),
        ({"event": "reduced", "reduced": {}}, lambda folder: read_compared(folder, {})),
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
