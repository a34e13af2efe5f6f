"""Cells from cases: shards, clients, KPIs over recorded runs; manifests that do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from case_projects import WARM, case_project
from case_results import cell, kpi, ratio, run_of
from hypothesis import given
from hypothesis import strategies as st

from molt_build.history.database import memory_history
from molt_build.history.kpis import KpiKey, kpi_series, streak
from molt_build.history.runs import write_run
from molt_build.latency.selection import deal, shard_programs
from molt_build.latency.summary import metric
from molt_build.manifests.case_checks import METRICS
from molt_build.manifests.loading import check
from molt_build.manifests.model import Shard
from molt_build.results.cases import CasesResult, ShardComparison
from molt_build.runs.history_rows import Place, rows_of

NAMES = st.lists(st.text("abcdefgh_", min_size=1, max_size=6), unique=True, max_size=60)


@given(NAMES, st.integers(1, 12))
def test_the_shards_of_a_workload_are_all_its_programs_each_once(names: list[str], of: int) -> None:
    parts = [shard_programs(names, Shard(number, of)) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert parts == [
        shard_programs(names[::-1], Shard(number, of)) for number in range(1, of + 1)
    ], "the order of the manifest decides what a shard holds"


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.integers(1, 8),
)
def test_clients_build_something_of_their_own_while_there_is_enough(
    sizes: list[int], clients: int
) -> None:
    parts = [
        [f"{number}.{program}" for program in range(size)] for number, size in enumerate(sizes)
    ]
    deals = deal(parts, clients)
    assert len(deals) == clients
    assert all(deals)
    dealt = [name for programs in deals for name in programs]
    assert set(dealt) == {name for part in parts for name in part}
    sharing = -(-clients // len(parts))
    if all(size >= sharing for size in sizes):
        assert len(dealt) == len(set(dealt))


def result(day: int, *kpis: tuple[str, float | None, bool | None]) -> CasesResult:
    """A result with one cell and these KPIs: name, value, verdict."""
    judged = tuple(kpi(name, value, 1.0, is_green=green) for name, value, green in kpis)
    return run_of(day, [cell("warm", toolchain="toy", workload="w", shard="1/4", kpis=judged)])


def test_a_streak_ends_at_the_last_run_that_was_not_green() -> None:
    runs = [
        result(1, ("fast", 0.5, True), ("small", 0.5, True)),
        result(2, ("fast", 1.5, False), ("small", 0.5, True)),
        result(3, ("fast", 0.7, True), ("small", None, None)),  # not measured
        result(4, ("fast", 0.8, True), ("small", 0.6, True)),
    ]
    key = KpiKey("warm", "toy", "w 1/4", "fast")
    with memory_history() as history:

        def record(one: CasesResult) -> None:
            write_run(history, rows_of(one, Place(one.job, one.timestamp, "x")))

        assert kpi_series(history) == {}
        for one in [*runs[::-1], runs[0]]:  # in any order, and one again
            record(one)
        unrecorded = "compile_progress/20260206T080000Z"
        record(replace(runs[1], run=unrecorded, unrecorded_because="it was quick"))
        series = kpi_series(history)
        assert [tuple(point) for point in series[key]] == [
            ("20260201T080000Z", 0.5, True),
            ("20260202T080000Z", 1.5, False),
            ("20260203T080000Z", 0.7, True),
            ("20260204T080000Z", 0.8, True),
        ]
        assert streak(series[key]) == 2
        assert streak(series[key._replace(kpi="small")]) == 3, (
            "a run without it neither counts nor ends"
        )
        earlier = kpi_series(history, before="20260204T080000Z")
        assert [point.value for point in earlier[key]] == [0.5, 1.5, 0.7]
        record(result(5, ("fast", None, False), ("small", 0.1, True)))
        series = kpi_series(history)
        assert (streak(series[key]), series[key][-1].value) == (0, None)
        assert streak([]) == 0
        assert kpi_series(history, runs[0].environment.machine_class) == series
        assert kpi_series(history, "x86_64 / another / 2") == {}


def test_every_metric_of_kpis_is_one_of_a_cell() -> None:
    """The manifests' words for metrics are those that a measured cell can be asked for."""
    compared = ShardComparison(ratio(0.5), 0.2, 2.5, ratio(0.08))
    whole = cell("warm", 2.0, 20, comparison=compared, lock_wait_p95_s=0.2)
    found = {name: metric(name, whole) for name in METRICS}
    assert found == {
        "median_s": 2.0,
        "p95_s": 2.5,
        "ratio_to_interpreter": 3.4,
        "hit_ratio": 1.0,
        "executed_actions": 0,
        "lock_wait_p95_s": 0.2,
        "timeouts": 0,
        "retries": 0,
        "wall_ratio": 0.5,
        "lock_wait_ratio": 0.08,
    }
    few = cell("warm", 2.0, 6)
    assert metric("p95_s", few) == 2.5, "below twenty samples the maximum"
    assert metric("wall_ratio", few) is None
    assert metric("median_s", cell("warm", n=0)) is None


@pytest.mark.parametrize(
    ("old", "new", "path", "message", "hint"),
    [
        ('profile = "dev"', 'profile = "devv"', "profile", "no profile 'devv'", "'dev'"),
        ('["toy"]', '["toyy"]', "toolchains[0]", "no toolchain 'toyy'", "'toy'"),
        ('["toy"]', '["cpython"]', "toolchains[0]", "builds nothing", ""),
        ('["toy"]', '["cargo"]', "toolchains[0]", "none of the case's workloads", "rust"),
        ('"programs" }', '"program" }', "workloads[0].name", "no workload 'program'", "programs"),
        ('"programs" }', '"programs", shard = "3/2" }', "workloads[0].shard", "no part 3 of 2", ""),
        ('"programs" }', '"programs", shard = "3/4" }', "workloads[0].shard", "is empty", ""),
        ('"programs" }', '"programs", shard = "0/4" }', "workloads[0].shard", "K/N", ""),
        (
            '"programs" }',
            '"programs", programs = ["onne"] }',
            "workloads[0].programs[0]",
            "has no program 'onne'",
            "'one'",
        ),
        (
            '"programs" }',
            '"programs", toolchains = ["absent"] }',
            "workloads[0].toolchains[0]",
            "not among the case's toolchains",
            "",
        ),
        (
            'workloads = [{ name = "programs" }',
            'workloads = [{ name = "programs" }, { name = "programs" }',
            "workloads[1].name",
            "is there twice",
            "",
        ),
        ('state = "warm"', 'state = "hot"', "cache_state", "'hot' is not allowed", "allowed"),
        ('reference = "cpython"', 'reference = "toy"', "reference", "is a compiler", ""),
        ("repeats = 6", "repeats = 0", "repeats", "at least 1", ""),
        ("repeats = 6", "repeats = 6\nclients = 0", "clients", "at least 1", ""),
        ("repeats = 6", "repeats = 6\ncompare_shards = true", "compare_shards", "one client", ""),
        (
            "repeats = 6",
            "repeats = 6\ncompare_shards = true\nclients = 2",
            "compare_shards",
            "needs edits",
            "",
        ),
        ("max = 60", "max = 60\nmin = 1", "kpis[0].min", "exactly one of max, min", ""),
        ("max = 60\n", "", "kpis[0]", "exactly one of max, min", ""),
        ('"median_s"', '"wall_ratio"', "kpis[0].metric", "needs compare_shards", ""),
        ('"median_s"', '"median"', "kpis[0].metric", "'median' is not allowed", "median_s"),
        ('"median_s"', '"copy.parse_s"', "kpis[0].metric", "no stage of toy tells", "none does"),
        ('"median_s"', '"Copy s"', "kpis[0].metric", "is not a metric: a word", ""),
        ('"program"\n', '"program"\nworkloads = ["x"]\n', "kpis[0].workloads[0]", "not among", ""),
        (
            "[[kpis]]",
            '[[edits]]\nlanguage = "rusty"\nreplace = "{number}"\n\n[[kpis]]',
            "edits[0].language",
            "no workload of the case is in 'rusty'",
            "python",
        ),
        (
            "[[kpis]]",
            '[[edits]]\nlanguage = "python"\nfind = "("\nreplace = "{number}"\n\n[[kpis]]',
            "edits[0].find",
            "not a regular expression",
            "",
        ),
        (
            "[[kpis]]",
            '[[edits]]\nlanguage = "python"\nreplace = "X"\n\n[[kpis]]',
            "edits[0].replace",
            "text with {number} in it",
            "",
        ),
    ],
)
def test_a_case_that_does_not_fit(
    tmp_path: Path, old: str, new: str, path: str, message: str, hint: str
) -> None:
    cases = case_project(tmp_path)
    cases.write_case("warm", WARM)
    assert check(cases.root) == []
    cases.project.replace("manifests/cases/warm.toml", old, new)
    found = [one for one in check(cases.root) if one.path == path and message in one.message]
    assert found, [str(one) for one in check(cases.root)]
    assert hint in (found[0].hint or "")
    assert found[0].file == "manifests/cases/warm.toml"
    assert found[0].line > 1
