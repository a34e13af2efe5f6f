"""The page of compile-progress, from results made here: what a reader sees."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from case_results import cell, kpi, ratio, run_of

from molt_build.errors import UsageError
from molt_build.report.compile_progress import write_report


def written(project: Path, *runs: dict[str, Any], run: str | None = None) -> str:
    for result in runs:
        folder = project / "bench" / "results" / "compile_progress" / result["run"]
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result))
    page = write_report(project, run)
    assert page == project / "docs" / "benchmarks" / "compile_progress.md"
    return page.read_text()


def row(page: str, heading: str, words: str) -> list[str]:
    """The cells of the first row with these words in the table under a heading."""
    section = page.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    line = next(line for line in section.splitlines() if line.startswith("|") and words in line)
    return [part.strip() for part in line.strip("|").split("|")]


def test_a_red_kpi_is_the_first_that_is_seen(tmp_path: Path) -> None:
    page = written(tmp_path, run_of(1, [cell("dev_warm"), cell("release_warm", 4.5)]))
    assert "**1 of 2 KPIs are green, 1 red**" in page
    kpis = page.split("## KPIs", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in kpis.splitlines() if line.startswith("| ")][2:]
    assert rows[0].startswith("| **FAIL** | release_warm (median) | release_warm | cython |")
    assert "| 4.50 s | ≤ 3.00 s | 0 of 7 |" in rows[0]
    assert "| 70.0 ms | ≤ 3.00 s | 1 of 7 |" in rows[1]


def test_the_streak_is_counted_back_from_the_latest_run(tmp_path: Path) -> None:
    red, green = cell("dev_warm", 9.0), cell("dev_warm")
    page = written(
        tmp_path,
        run_of(1, [green]),
        run_of(2, [red]),
        run_of(3, [green]),
        run_of(4, [green]),
        run_of(5, [red], is_recorded=False),  # asked for fewer samples
        run_of(6, [red], is_complete=False, is_recorded=False),
        run_of(7, [red], environment={"machine_class": "another"}),
        run_of(8, [cell("other")]),  # did not measure it: neither adds nor ends
        run_of(9, [green]),
    )
    assert row(page, "KPIs", "dev_warm")[7] == "3 of 7"
    assert "the shortest streak is 3 of 7" in page
    unrecorded = written(tmp_path, run="20260205T080000Z")
    assert row(unrecorded, "KPIs", "dev_warm")[7] == "2 of 7"  # that of the runs before it
    assert "This run is no record, since it had fewer samples" in unrecorded
    earlier = written(tmp_path, run="20260202T080000Z")
    assert row(earlier, "KPIs", "dev_warm")[7] == "0 of 7"


def test_a_failed_cell_ends_the_streak_and_is_shown(tmp_path: Path) -> None:
    judged = kpi("dev_warm", None, 3.0) | {"is_green": False}
    reason = "gcc failed with exit status 1"
    failed = cell("dev_warm", status="failed", reason=reason, n=0, kpis=[judged])
    page = written(tmp_path, run_of(1, [cell("dev_warm")]), run_of(2, [failed]))
    assert row(page, "KPIs", "dev_warm")[5:8] == ["failed", "≤ 3.00 s", "0 of 7"]
    assert row(page, "Cases", "dev_warm")[3] == "**failed**"
    assert row(page, "Failed and skipped", "dev_warm")[3] == reason
    passed = run_of(3, [cell("dev_warm")])
    assert row(written(tmp_path, passed), "KPIs", "dev_warm")[7] == "1 of 7"


def test_a_maximum_is_not_passed_off_as_a_percentile(tmp_path: Path) -> None:
    page = written(tmp_path, run_of(1, [cell("few", n=6), cell("many", n=20)]))
    assert row(page, "Cases", "few")[4:6] == ["87.5 ms (max)", "6"]
    assert row(page, "Cases", "many")[4:6] == ["87.5 ms", "20"]


def test_contention_is_said_in_words_with_its_intervals(tmp_path: Path) -> None:
    compared = {
        "wall_ratio": ratio(0.81, 0.74, 0.9),
        "lock_wait_p95_on_s": 0.2,
        "lock_wait_p95_off_s": 2.5,
        "lock_wait_ratio": ratio(0.08, 0.05, 0.2),
    }
    unclear = {**compared, "wall_ratio": ratio(1.02, 0.97, 1.08)}
    page = written(
        tmp_path,
        run_of(1, [cell("a", clients=4, comparison=compared), cell("b", comparison=unclear)]),
    )
    assert "0.810 [0.740, 0.900] times that without shards: shards are faster" in page
    assert "200 ms with shards, 2.50 s without: a ratio of 0.08 [0.05, 0.200]" in page
    assert "the interval holds 1, so neither is shown to be faster" in page


def test_waste_is_ranked_and_added_up_over_cells(tmp_path: Path) -> None:
    def facts(name: str, wasted_s: float) -> dict[str, Any]:
        costs = {"count": 2, "seconds": 5.0, "wasted": 1, "wasted_s": wasted_s}
        return {"stages": {}, "components": [{"component": name, **costs}]}

    cells = [
        cell("a", attribution=facts("argv", 1.5)),
        cell("b", attribution=facts("source one.py", 2.0)),
        cell("c", attribution=facts("argv", 1.5)),
    ]
    page = written(tmp_path, run_of(1, cells))
    assert page.index("| argv |") < page.index("| source one.py |")
    assert row(page, "What misses", "argv") == ["argv", "4", "10.0 s", "2", "3.00 s"]


def test_what_was_skipped_and_what_differs_is_named(tmp_path: Path) -> None:
    reason = "no build daemon yet"
    skipped = cell(
        "dev_nocache_daemon_on", status="skipped", reason=reason, kpis=[kpi("d", None, 15)]
    )
    different = cell("dev_warm", equality={"checked": 6, "equal": 5, "different": ["diff_x"]})
    page = written(tmp_path, run_of(1, [skipped, different]))
    assert row(page, "Failed and skipped", "daemon_on")[0::3] == ["skipped", reason]
    assert row(page, "KPIs", "| d (")[0] == "not judged"
    assert "1 could not be judged" in page
    assert row(page, "Output", "dev_warm")[3:] == ["6", "5", "diff_x"]
    assert "dev_nocache_daemon_on" not in page.split("## Cases")[1].split("## ")[0]


def test_the_pictures_are_there_and_say_what_the_page_says(tmp_path: Path) -> None:
    stale = tmp_path / "docs" / "benchmarks" / "compile_progress" / "gone-kpi.svg"
    stale.parent.mkdir(parents=True)
    stale.write_text("<svg/>")
    runs = [run_of(day, [cell("dev_warm", 0.05 * day)]) for day in range(1, 8)]
    page = written(tmp_path, *runs, run_of(8, [cell("dev_warm", 3.5)]))
    assert not stale.exists()
    found = re.findall(r"!\[(.*?)\]\((.*?)\)", page)
    assert [path for _, path in found] == ["compile_progress/dev_warm-cython.svg"]
    assert "over 8 runs: progress 3.50 s; limit 3.00 s" in found[0][0]
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


def test_nothing_of_the_machine_but_its_class_is_published(tmp_path: Path) -> None:
    failed = cell("x", status="failed", reason="cd /home/someone/stage && gcc", kpis=[])
    page = written(tmp_path, run_of(1, [failed]))
    assert "/home/someone" not in page
    assert "The cases of this run have no KPI." in page
    assert "0 of 0" not in page


def test_without_a_complete_run_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no complete run"):
        written(tmp_path, run_of(1, [cell("a")], is_complete=False))
    only = copy.deepcopy(run_of(2, [cell("a")], is_complete=False, is_resumed=True))
    page = written(tmp_path, only, run=only["run"])
    assert "**This run is not complete" in page
