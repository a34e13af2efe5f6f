"""The cases that this project itself measures are those that the program asks for."""

from __future__ import annotations

from build_projects import REPOSITORY

from molt_build.latency.selection import NO_DAEMON, select
from molt_build.manifests.loading import load
from molt_build.results.cases import CasesAsked


def test_this_projects_own_cases() -> None:
    manifests = load(REPOSITORY)
    cells = select(manifests, CasesAsked())
    assert {cell.case.name for cell in cells} == {
        *("dev_cold", "dev_warm", "dev_nocache", "dev_contended"),
        *("release_cold", "release_warm", "release_nocache_warm"),
        *("release_fast_cold", "release_fast_warm", "release_fast_nocache_warm"),
        *("dev_nocache_daemon_on", "dev_nocache_daemon_off"),
        *("dev_queue_daemon_on", "dev_queue_daemon_off"),
    }
    assert {cell.toolchain for cell in cells} == {"cython", "cargo"}
    assert {c.case.name for c in cells if c.skip_reason == NO_DAEMON} == {
        "dev_nocache_daemon_on",
        "dev_queue_daemon_on",
    }
    limits = {
        kpi.name: (case.name, kpi.metric, kpi.limit)
        for case in manifests.cases.values()
        for kpi in case.kpis
        if kpi.source == "program"
    }
    assert limits == {
        "dev_warm": ("dev_warm", "median_s", 3.0),
        "dev_nocache_daemon_on": ("dev_nocache_daemon_on", "median_s", 15.0),
        "release_nocache_warm": ("release_nocache_warm", "median_s", 18.0),
        "release_fast_warm": ("release_fast_warm", "median_s", 6.0),
    }
    for cell in cells:
        if cell.case.name == "dev_contended":
            assert cell.case.compare_shards and cell.case.repeats >= 6 and len(cell.deals) == 4
            assert len({name for programs in cell.deals for name in programs}) >= 4
        if cell.case.cache_state == "warm" and not cell.case.edits:
            assert cell.repeats >= 20, "too few samples for a 95th percentile"
