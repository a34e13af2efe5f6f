"""The page of compile_progress, from results made here: its numbers, and where they stand."""

from __future__ import annotations

import io
import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from case_results import cell, kpi, ratio, run_of
from rich.console import Console
from saved_results import saved
from written_pages import cases_page

from molt_build.errors import UsageError
from molt_build.measure.statistics import RatioFromZero
from molt_build.report.case_table import footer, print_cases
from molt_build.report.kpi_trends import kpi_key
from molt_build.results.cases import (
    CaseCell,
    CasesResult,
    Equality,
    ShardComparison,
)
from molt_build.results.costs import Attribution, ComponentCost
from molt_build.results.files import RESULT_FILE, read_cases

VERSION_1 = Path(__file__).parents[1] / "data" / "result_1_cases.json"
FEWER = "it had fewer samples than its cases ask for"


def written(project: Path, *runs: CasesResult, run: str | None = None) -> str:
    """The page that is written when these runs are there too."""
    for result in runs:
        saved(project, result)
    page = cases_page(project, run)
    assert page == project / "docs" / "benchmarks" / "compile_progress.md"
    return page.read_text()


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    section = page.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines[2:]]


def row(page: str, heading: str, words: str) -> list[str]:
    """The first row with these words in the table under a heading."""
    return next(row for row in table(page, heading) if words in " | ".join(row))


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.*)", page, re.M)


def test_a_red_kpi_is_the_first_that_is_seen(tmp_path: Path) -> None:
    page = written(tmp_path, run_of(1, [cell("dev_warm"), cell("release_warm", 4.5)]))
    assert re.search(r"1 of 2 KPIs .*1 red", page.split("## KPIs")[0])
    red, green = table(page, "KPIs")
    assert red[:4] == ["**FAIL**", "release_warm (median)", "release_warm", "cython"]
    assert red[5:] == ["4.50 s", "≤ 3.00 s", "0 of 7", "program"]
    assert green[0] == "pass"
    assert green[5:8] == ["70.0 ms", "≤ 3.00 s", "1 of 7"]


def test_the_streak_is_counted_back_from_the_latest_run(tmp_path: Path) -> None:
    red, green = cell("dev_warm", 9.0), cell("dev_warm")
    other = replace(run_of(1, []).environment, machine_class="another")
    page = written(
        tmp_path,
        run_of(1, [green]),
        run_of(2, [red]),
        run_of(3, [green]),
        run_of(4, [green]),
        run_of(5, [red], unrecorded_because=FEWER),
        run_of(6, [red], is_complete=False, unrecorded_because="it is not complete"),
        run_of(7, [red], environment=other),
        run_of(8, [cell("other")]),  # did not measure it: neither adds nor ends
        run_of(9, [green]),
    )
    assert row(page, "KPIs", "dev_warm")[7] == "3 of 7"
    assert "shortest streak is 3 of 7" in page
    unrecorded = written(tmp_path, run="20260205T080000Z")
    assert row(unrecorded, "KPIs", "dev_warm")[7] == "2 of 7"  # that of the runs before it
    assert FEWER in unrecorded and FEWER not in page
    earlier = written(tmp_path, run="20260202T080000Z")
    assert row(earlier, "KPIs", "dev_warm")[7] == "0 of 7"


def test_a_failed_cell_ends_the_streak_and_is_shown(tmp_path: Path) -> None:
    judged = kpi("dev_warm", None, is_green=False)
    reason = "gcc failed with exit status 1"
    failed = cell("dev_warm", status="failed", reason=reason, n=0, kpis=(judged,))
    page = written(tmp_path, run_of(1, [cell("dev_warm")]), run_of(2, [failed]))
    assert row(page, "KPIs", "dev_warm")[5:8] == ["failed", "≤ 3.00 s", "0 of 7"]
    assert row(page, "Cases", "dev_warm")[3] == "**failed**"
    assert row(page, "Failed and skipped", "dev_warm")[3] == reason
    passed = run_of(3, [cell("dev_warm")])
    assert row(written(tmp_path, passed), "KPIs", "dev_warm")[7] == "1 of 7"


def test_a_maximum_is_not_passed_off_as_a_percentile(tmp_path: Path) -> None:
    result = run_of(1, [cell("few", n=6), cell("many", n=20)])
    page = written(tmp_path, result)
    assert row(page, "Cases", "few")[4:6] == ["87.5 ms (max)", "6"]
    assert row(page, "Cases", "many")[4:6] == ["87.5 ms", "20"]
    assert footer(result)[0].startswith("*:")
    assert not footer(replace(result, cells=result.cells[1:]))[0].startswith("*:")


def compared(walls: tuple[float, float | None, float | None]) -> ShardComparison:
    return ShardComparison(ratio(*walls), 0.2, 2.5, ratio(0.08, 0.05, 0.2))


def test_shards_that_leave_no_waiting_at_all_are_a_ratio_of_zero(tmp_path: Path) -> None:
    none = replace(compared((0.81, 0.74, 0.9)), lock_wait_p95_on_s=0.0)
    none = replace(none, lock_wait_ratio=RatioFromZero(0.0, 0.0, 0.0, 12))
    page = written(tmp_path, run_of(1, [cell("a", clients=4, comparison=none)]))
    assert "0 ms with shards, 2.50 s without: a ratio of 0 [0, 0]." in " ".join(page.split())


def test_contention_is_said_in_words_with_its_intervals(tmp_path: Path) -> None:
    def line(walls: tuple[float, float | None, float | None]) -> str:
        page = written(
            tmp_path / str(walls), run_of(1, [cell("a", clients=4, comparison=compared(walls))])
        )
        [section] = re.findall(r"^## Contention.*?(?=^## )", page, re.M | re.S)
        assert "200 ms with shards, 2.50 s without" in section
        assert "0.08 [0.05, 0.200]" in section
        [found] = re.findall(r"^- \*\*a, cython, progress\*\*, 4 clients: (.*)", section, re.M)
        return str(found)

    assert re.search(r"0\.810 \[0\.740, 0\.900\].*: shards are faster\.", line((0.81, 0.74, 0.9)))
    assert re.search(r"1\.20 \[1\.10, 1\.30\].*: \*\*shards are slower\*\*", line((1.2, 1.1, 1.3)))
    assert re.search(r"1\.02 \[0\.970, 1\.08\].*holds 1, .*neither", line((1.02, 0.97, 1.08)))
    few = line((0.9, None, None))
    assert "0.900 times" in few and "3 rounds" in few


def test_where_nobody_waited_there_is_no_ratio_of_waits(tmp_path: Path) -> None:
    free = ShardComparison(None, None, None, None)
    page = written(tmp_path, run_of(1, [cell("a", comparison=free), cell("b")]))
    [section] = re.findall(r"^## Contention.*?(?=^## )", page, re.M | re.S)
    assert re.findall(r"^- \*\*(.*?),", section, re.M) == ["a"]
    assert not re.search(r"\d ms|\d s|\[", section.split("\n- ")[1])


def test_waste_is_ranked_and_added_up_over_cells(tmp_path: Path) -> None:
    def facts(name: str, wasted_s: float) -> Attribution:
        empty: tuple[str, ...] = ()
        cost = ComponentCost(name, "kind", 2, 1, 5.0, 1, wasted_s, empty, empty, empty, None, None)
        return Attribution({}, (cost,))

    cells = [
        cell("a", attribution=facts("argv", 1.5)),
        cell("b", attribution=facts("source one.py", 2.0)),
        cell("c", attribution=facts("argv", 1.5)),
    ]
    page = written(tmp_path, run_of(1, cells))
    assert table(page, "What misses") == [
        ["argv", "4", "10.0 s", "2", "3.00 s"],
        ["source one.py", "2", "5.00 s", "1", "2.00 s"],
    ]


def test_what_was_skipped_and_what_differs_is_named(tmp_path: Path) -> None:
    reason = "no build daemon yet"
    skipped = cell(
        "dev_nocache_daemon_on", n=0, status="skipped", reason=reason, kpis=(kpi("d", None, 15),)
    )
    different = cell("dev_warm", equality=Equality(6, ("diff_x",)))
    result = run_of(1, [skipped, different])
    page = written(tmp_path, result)
    assert row(page, "Failed and skipped", "daemon_on")[0::3] == ["skipped", reason]
    assert row(page, "KPIs", "d (")[0] == "not judged"
    assert "1 could not be judged" in page
    assert table(page, "Output") == [["dev_warm", "cython", "progress", "6", "5", "diff_x"]]
    assert [one[0] for one in table(page, "Cases")] == ["dev_warm"]
    assert f"not measured: dev_nocache_daemon_on: {reason}" in footer(result)
    # What equals is counted, and no table.
    equal = written(tmp_path, run_of(2, [cell("a"), cell("b")]))
    assert re.search(r"12 comparisons in 2 cells", equal.split("## Output")[1])


def test_the_pictures_are_there_and_say_what_the_page_says(tmp_path: Path) -> None:
    stale = tmp_path / "docs" / "benchmarks" / "compile_progress" / "gone-kpi.svg"
    stale.parent.mkdir(parents=True)
    stale.write_text("<svg/>")
    runs = [run_of(day, [cell("dev_warm", 0.05 * day)]) for day in range(1, 8)]
    page = written(tmp_path, *runs, run_of(8, [cell("dev_warm", 3.5)]))
    assert not stale.exists()
    found = re.findall(r"!\[(.*?)\]\((.*?)\)", page)
    assert [path for _, path in found] == ["compile_progress/dev_warm-cython.svg"]
    assert "8 runs: progress 3.50 s; limit 3.00 s" in found[0][0]
    svg = (tmp_path / "docs" / "benchmarks" / found[0][1]).read_text()
    root = ElementTree.fromstring(svg)
    said = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "limit 3.00 s" in said
    assert "3.50 s progress" in said
    circles = [e for e in root.iter() if e.tag.endswith("circle")]
    assert [c.get("class") for c in circles] == ["dot"] * 7 + ["red"]
    heights = [float(c.get("cy", "")) for c in circles]
    assert heights == sorted(heights, reverse=True)  # more seconds stand higher
    assert "prefers-color-scheme: dark" in svg


def test_a_trend_is_drawn_from_three_runs_on(tmp_path: Path) -> None:
    page = written(tmp_path, run_of(1, [cell("dev_warm", 0.5)]))
    assert "](compile_progress/" not in page
    assert "the only recorded run on this class of machine" in page
    page = written(tmp_path, run_of(2, [cell("dev_warm", 0.25)]))
    assert "](compile_progress/" not in page
    assert "1 KPI has a value in both:" in page
    assert "the largest fall is dev_warm of cython progress, from 500 ms to 250 ms." in page
    assert "largest rise" not in page
    page = written(tmp_path, run_of(3, [cell("dev_warm", 0.5), cell("dev_new", 1.0)]))
    assert re.findall(r"\]\((.*?)\)", page.split("## Trend")[1].split("\n## ")[0]) == [
        "compile_progress/dev_warm-cython.svg"
    ]
    assert "Not drawn, since fewer than 3 runs have a value: dev_new of cython." in page


def test_the_page_explains_what_it_shows_and_how_it_is_made_again(tmp_path: Path) -> None:
    run = run_of(1, [cell("few", n=3), cell("warm", n=20)])
    commit = "0123456789abcdef0123456789abcdef01234567"
    machine = replace(run.environment, git_commit=commit)
    page = written(tmp_path, replace(run, environment=machine, command=("molt-build", "a b")))
    assert "(max): below 20 samples" in page
    console = page.split("## Reproduce")[1].split("```console\n")[1].split("```")[0]
    assert console.splitlines() == [f"$ git checkout {commit}", "$ molt-build 'a b'"]
    assert "by `python -m molt_build`" in page
    later = replace(run_of(2, [cell("warm", n=20)]), started_by="script")
    page = written(tmp_path, later)
    assert "(max)" not in page
    assert "In parentheses" not in page
    assert "started as start scripts do" in page and "python -m" not in page


def test_nothing_of_the_machine_but_its_class_is_published(tmp_path: Path) -> None:
    failed = cell("x", n=0, status="failed", reason="cd /home/someone/stage && gcc", kpis=())
    page = written(tmp_path, run_of(1, [failed]))
    assert "/home/someone" not in page
    assert table(page, "KPIs") == []
    assert "0 of 0" not in page
    assert "x86_64 / Some CPU / 2 cores" in page


def test_without_a_complete_run_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no complete run"):
        written(tmp_path, run_of(1, [cell("a")], is_complete=False))
    only = run_of(2, [cell("a")], is_complete=False, is_resumed=True)
    page = written(tmp_path, only, run=only.timestamp)
    head = page.split("## KPIs")[0]
    assert "not complete" in head and "resumed" in head
    whole = written(tmp_path, run_of(3, [cell("a")])).split("## KPIs")[0]
    assert "not complete" not in whole and "resumed" not in whole


def taken_in(project: Path) -> CasesResult:
    """A run of version 1 in a project, as it was read."""
    folder = project / "bench/results/compile_progress/20260131T080000Z"
    folder.mkdir(parents=True)
    shutil.copy(VERSION_1, folder / RESULT_FILE)
    return read_cases(folder)


def test_a_run_of_version_1_is_read_and_rendered(tmp_path: Path) -> None:
    old = taken_in(tmp_path)
    assert (old.run, old.is_recorded) == ("compile_progress/20260131T080000Z", True)
    contended, served, warm = old.cells
    assert warm.wall_s is not None and warm.wall_s.n == len(warm.samples) == 6
    assert warm.wall_s.maximum == max(sample.wall_s for sample in warm.samples)
    assert warm.kpis[0].value == warm.wall_s.median
    assert served.status == "skipped" and served.wall_s is None
    assert contended.comparison is not None and contended.comparison.wall_ratio is not None
    assert contended.comparison.wall_ratio.blocks == 6
    page = written(tmp_path)
    assert [one[0] for one in table(page, "KPIs")] == ["not judged", "pass", "pass"]
    assert row(page, "Cases", "warm")[3:9] == [
        *("62.3 ms", "79.7 ms (max)", "6", "2.09 [1.92, 3.54]", "100%", "0"),
    ]
    assert row(page, "KPIs", "wall")[5:8] == ["0.957x", "≤ 100x", "1 of 7"]
    assert headings(page) == [
        *("KPIs", "Cases", "Contention: shards on and off", "Trend"),
        *("What misses are attributed to", "Output", "Failed and skipped"),
        *("Environment", "Method", "Reproduce"),
    ]
    assert "0123456789ab" in page and "2026-01-31T08:00:30Z" in page


def test_runs_of_both_versions_are_one_history(tmp_path: Path) -> None:
    warm: CaseCell = taken_in(tmp_path).cells[2]
    [limit] = warm.kpis
    slow = replace(warm, kpis=(replace(limit, value=61.0, is_green=False),))
    page = written(tmp_path, run_of(1, [warm]), run_of(2, [warm]))
    assert row(page, "KPIs", "warm")[7] == "3 of 7"
    history = "20260131T080000Z, 20260201T080000Z, 20260202T080000Z"
    assert f"- history: {history}" in page
    assert "over 3 runs" in re.findall(r"!\[(.*?)\]", page)[0]
    assert row(written(tmp_path, run_of(3, [slow])), "KPIs", "warm")[7] == "0 of 7"
    assert row(written(tmp_path, run="20260131T080000Z"), "KPIs", "| warm")[7] == "1 of 7"


def test_the_terminal_shows_a_run_of_version_1(tmp_path: Path) -> None:
    old = taken_in(tmp_path)
    console = Console(file=io.StringIO(), width=200)
    print_cases(console, old, {kpi_key(old.cells[2], old.cells[2].kpis[0]): ()})
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"^warm +toy +programs +6 +62\.3 ms +79\.7 ms\* +2\.09 .* 100%", shown, re.M)
    assert re.search(r"^warm +warm +toy +programs +0\.0623 +<= 60 +green +0$", shown, re.M)
    assert "those of the reference: 2 of 2" in shown and "wall 0.957 [0.576, 1.17]" in shown
