"""Published pages and their raw results: the same bytes anywhere, and told apart when edited."""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from build_projects import REPOSITORY, Project, new_project
from case_results import cell, run_of
from friend_results import Made, suite, typical
from friend_results import result as suites_result
from lane_results import lane_result
from markdown_pages import rows_of, section
from saved_results import saved

from molt_build.cli import main as molt_build
from molt_build.measure.blocks import BlockRun
from molt_build.measure.statistics import ratio_estimate
from molt_build.report.bench_summary import lane_of, page_of
from molt_build.report.published_pages import cases_page, check_pages, friends_page, publish
from molt_build.results.bench import BenchResult, Cell, Measured
from molt_build.results.cases import CasesResult
from molt_build.results.files import Result, as_text, read_result
from molt_build.results.scoring import log_ratios, with_summaries
from molt_build.results.verdicts import verdict

AGAIN = "cpython~again"
PAGE = "docs/benchmarks/toys_summary.md"
RAW = "bench/published/toys_native/20260201T080000Z/result.json.xz"
README = f"# Toys\n\n<!-- molt-build report: {PAGE} -->\n<!-- end of {PAGE} -->\n\nThe end.\n"


def of_python(result: BenchResult, version: str | None, run: str) -> BenchResult:
    environment = replace(result.environment, host_python=version)
    return replace(result, environment=environment, run=run)


def with_again(result: BenchResult) -> BenchResult:
    """The result with the reference measured twice: the same but for a little."""
    lane = result.lane
    blocks = []
    for block in lane.measurements["run"].blocks:
        own = next(run for run in block.runs if run.engine == "cpython")
        shift = 1 + (block.index % 5 - 2) / 100
        if block.program == "tidy":
            shift = 1.1 + block.index / 1000
        metrics = {name: value * shift for name, value in own.metrics.items()}
        blocks.append(replace(block, runs=(*block.runs, BlockRun(AGAIN, metrics))))

    def again(cell: Cell) -> Cell:
        found = {}
        for metric, measured in cell.metrics.items():
            logs = log_ratios(blocks, AGAIN, "cpython", metric)[cell.program]
            speedup = ratio_estimate(logs)
            found[metric] = Measured(measured.summary, speedup, verdict(speedup, 0.02))
        return replace(cell, engine=AGAIN, metrics=found)

    cells = [again(one) for one in lane.cells if one.engine == "cpython"]
    startup = [again(one) for one in lane.startup if one.engine == "cpython"]
    more = replace(
        lane,
        engines=(*lane.engines, AGAIN),
        measurements={"run": replace(lane.measurements["run"], blocks=tuple(blocks))},
        cells=(*lane.cells, *cells),
        startup=(*lane.startup, *startup),
    )
    engines = {**result.engines, AGAIN: result.engines["cpython"]}
    return replace(result, engines=engines, lanes={lane.name: with_summaries(more)})


def states(project: Project) -> dict[str, str]:
    return {one.page: one.state for one in check_pages(project.root)}


def report(project: Project, *words: str, code: int = 0) -> None:
    assert molt_build(["report", *words, "--project", str(project.root)]) == code


def test_a_published_page_keeps_its_raw_results_and_says_their_size(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("README.md", README)
    result = with_again(lane_result())
    folder = saved(project.root, result)
    report(project, "--from", folder)
    raw = (project.root / RAW).read_bytes()
    said = capsys.readouterr().out
    assert f"bench/published/{result.run}: {len(raw) / 1000:.3g}"[:50] in said and "kB" in said
    assert lzma.decompress(raw).decode() == as_text(result)
    assert read_result(project.root / RAW) == result == read_result((project.root / RAW).parent)
    assert states(project) == {PAGE: "same", f"README.md, on {PAGE}": "same"}
    readme = (project.root / "README.md").read_text()
    assert readme.startswith("# Toys\n\n<!--") and readme.endswith("-->\n\nThe end.\n")
    assert "| **all that each scored** | 2 | **2.00 [2.00, 2.00]** (2) |" in readme
    assert "| **those that all scored** | 2 | 2.00 [2.00, 2.00] |" in readme
    assert "![" in readme and "(docs/benchmarks/toys_summary_pictures/families.svg)" in readme
    # Another run is published: the raw results of the first serve no page any more.
    later = replace(result, run="toys_native/20260301T080000Z")
    report(project, "--from", saved(project.root, later))
    assert not (project.root / RAW).exists() and "removed: no page" in capsys.readouterr().out
    # Elsewhere, and where it is not wanted, nothing is kept.
    report(project, "--from", folder, "--output", str(project.root / "elsewhere.md"))
    report(project, "--from", folder, "--no-raw")
    assert not (project.root / RAW).exists()
    why = [one.reason for one in check_pages(project.root) if one.page == PAGE]
    assert why == ["the raw results of toys_native/20260201T080000Z are not there"]


def test_nobody_is_told_where_it_was_measured(project: Project) -> None:
    result, there = lane_result(), "/somewhere/a checkout"
    home, cache = os.path.expanduser("~"), project.cache
    source = f"{project.root}/programs/tidy.py"
    words = (f"{home}/bin/python", source, f"{home}ward", f"-c{cache}", f"PATH={cache}/x:{home}")
    lane = result.lane
    failed = f"{there}/.molt-build/out/a failed; {there}/x; /mnt{project.root}"
    cells = [
        replace(cell, argv=words, note=failed.replace("a checkout", "checkout"))
        for cell in lane.cells
    ]
    with_words = replace(lane, cells=tuple(cells))
    saved(project.root, replace(result, lanes={lane.name: with_words}))
    report(project, "--from", str(project.root / "bench/results" / result.run))
    found = read_result(project.root / RAW)
    assert isinstance(found, BenchResult)
    for one in found.lane.cells:
        assert one.argv[:3] == ("{home}/bin/python", "{project}/programs/tidy.py", f"{home}ward")
        assert one.note == (
            f"{{project}}/.molt-build/out/a failed; {{project}}/x; /mnt{project.root}"
        )
    assert states(project)[PAGE] == "same"
    page = (project.root / PAGE).read_text()
    assert "/somewhere" not in page


@pytest.mark.parametrize("job", ["friends", "compile_progress"])
def test_a_page_that_a_job_writes_itself_says_what_its_raw_results_give(
    project: Project, job: str
) -> None:
    """Those jobs publish what they have just measured, and nobody asks for a report."""
    home = os.path.expanduser("~")
    said = f"{home}/bin/tool stopped"
    if job == "friends":
        bad = Made({"cython": 2.0}, statuses={"codon": ("failed", said)})
        codon = suite("codon", {"nbody": bad, "go": Made({"cython": 2.0, "codon": 4.0})})
        published = publish(project.root, friends_page, [suites_result(codon)])
    else:
        bad_cell = cell("dev_cold", n=0, status="failed", reason=said)
        published = publish(project.root, cases_page, [run_of(3, [cell("dev_warm"), bad_cell])])
    assert "{home}tool stopped" in published.file.read_text()  # of a path no folders, on a page
    assert [one.run for one in published.kept] == [one.run for one in published.made.results]
    for one in published.kept:
        assert home not in as_text(read_result(project.root / "bench/published" / one.run))
    assert set(states(project).values()) == {"same"}


def test_where_the_interpreter_of_the_cases_lay_is_not_published(tmp_path: Path) -> None:
    result = run_of(1, [cell("dev_warm")])
    there = replace(result.interpreter, executable="/opt/mine/bin/python3")
    publish(tmp_path, cases_page, [replace(result, interpreter=there)])
    kept = read_result(tmp_path / "bench/published" / result.run)
    assert isinstance(kept, CasesResult)
    assert kept.interpreter.executable == "{python}/python3"


def test_a_page_that_is_not_what_its_results_give_is_shown(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("README.md", README)
    report(project, "--from", saved(project.root, lane_result()))
    report(project, "--check")
    page, picture = project.root / PAGE, "docs/benchmarks/toys_summary_pictures/families.svg"
    page.write_text(page.read_text().replace("2.00 times", "3.00 times"))
    project.write(picture, project.read(picture).replace("2.00x", "3.00x"))
    project.write("docs/benchmarks/toys_summary_pictures/other.svg", "<svg/>")
    project.write("README.md", project.read("README.md").replace("**2.00 [", "**4.00 ["))
    capsys.readouterr()
    report(project, "--check", code=1)
    said = capsys.readouterr().out
    for words in ("-- **toy** (toy 1.2.3) is **3.00", "3.00x", "other.svg: it is no", "**4.00 ["):
        assert words in said, words
    assert molt_build(["report", "--check", "--json", "--project", str(project.root)]) == 1
    rows = json.loads(capsys.readouterr().out)["pages"]
    assert [row["state"] for row in rows] == ["differs", "differs"]
    project.write("docs/benchmarks/old.md", "<!-- Written by `molt-build report`; do not edit. -->")
    assert states(project)["docs/benchmarks/old.md"] == "unchecked"
    page.write_text(
        page.read_text().replace("`molt-build report`;", "`molt-build report --cases`;")
    )
    assert molt_build(["report", "--check", "--project", str(project.root)]) == 2
    assert f"{PAGE} is no page of `molt-build report --cases`" in capsys.readouterr().err


def run_elsewhere(root: Path, page: Path, raw: Path, more: Mapping[str, str]) -> bytes:
    """The page that another process makes of raw results in a folder and with other habits."""
    words = ["report", "--from", str(raw), "--output", str(page)]
    if "friends" in raw.parts:
        words.insert(1, "--friends")
    if "compile_progress" in raw.parts:
        words.insert(1, "--cases")
    subprocess.run(
        [sys.executable, "-m", "molt_build", *words, "--project", str(root)],
        cwd=page.parent,
        env={**os.environ, **more},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return page.read_bytes()


@pytest.mark.parametrize("kind", ["lane", "friends", "cases"])
def test_a_page_is_the_same_in_another_checkout_at_another_time(
    kind: str, project: Project, tmp_path: Path
) -> None:
    made = {
        "lane": with_again(lane_result()),
        "friends": typical(),
        "cases": run_of(3, [cell("dev_warm")]),
    }
    result: Result = made[kind]  # type: ignore[assignment]
    words = {"lane": (), "friends": ("--friends",), "cases": ("--cases",)}[kind]
    report(project, *words, "--from", saved(project.root, result))
    name = {"lane": "toys_summary", "friends": "friend_summary", "cases": "compile_progress"}[kind]
    page = project.root / f"docs/benchmarks/{name}.md"
    assert states(project) == {f"docs/benchmarks/{name}.md": "same"}
    # Another project, which declares nothing of this one, somewhere else.
    other = new_project(tmp_path / "some where/else")
    raw = other.root / "bench/published" / result.run / "result.json.xz"
    raw.parent.mkdir(parents=True)
    raw.write_bytes((project.root / "bench/published" / result.run / raw.name).read_bytes())
    habits = {"TZ": "Pacific/Auckland", "COLUMNS": "40", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    again = run_elsewhere(other.root, other.root / f"{name}.md", raw, habits)
    folder = {"friends": b"friends/", "cases": b"compile_progress/"}.get(kind, b"")
    own = f"{name}_pictures/".encode()
    assert again == page.read_bytes().replace(b"](" + folder, b"](" + own if folder else b"](")
    # And published there, from the name of the run alone, it is the same byte for byte.
    report(other, *words, "--from", result.run)
    for file in page.parent.rglob("*"):
        if file.is_file():
            there = other.root / file.relative_to(project.root)
            assert there.read_bytes() == file.read_bytes(), file
    assert raw.read_bytes() == (project.root / raw.relative_to(other.root)).read_bytes()


def test_published_runs_are_runs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    saved(project.root, lane_result())
    report(project, "--from", "toys_native/20260201T080000Z")
    for file in (project.root / "bench/results").rglob("*"):
        file.unlink() if file.is_file() else None
    at = ["--project", str(project.root)]
    capsys.readouterr()
    folder = str((project.root / RAW).parent)
    assert molt_build(["export", "20260201T080000Z", "--format", "csv", *at]) == 0
    assert capsys.readouterr().out.count("\n") > 4
    assert molt_build(["compare", folder, RAW, "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["after"] == "toys_native/20260201T080000Z"
    assert molt_build(["history", "show", folder, *at]) == 0
    assert "toys_native/20260201T080000Z: lane" in capsys.readouterr().out
    damaged = project.root / RAW
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert molt_build(["export", folder, *at]) == 2
    assert "it is damaged" in capsys.readouterr().err


def test_versions_of_python_have_pages_of_their_own_and_are_never_mixed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "docs/benchmarks/toys_summary_3.13.md"
    own = lane_result()
    new = of_python(own, "3.13.0", "toys_native/20260201T090000Z")
    folders = [saved(project.root, own), saved(project.root, new)]
    project.write("README.md", README + README.replace(PAGE, other))
    for folder in folders:
        report(project, "--from", folder)
    assert set(states(project).values()) == {"same"} and len(states(project)) == 4
    assert "Python 3.13.0" in project.read(other) and "3.13" not in project.read(PAGE)
    assert "on Python 3.13.0" in project.read("README.md")
    again = section(project.read(other), "Reproduce")
    assert '$ MOLT_BUILD_PYTHON="$(command -v python3.13)" molt-build bench toys_native\n' in again
    assert "$ molt-build report --lane toys_native --python 3.13.0\n" in again
    capsys.readouterr()
    report(project, "--from", *folders, code=2)
    assert "differ in their Python" in capsys.readouterr().err


def test_the_page_shows_the_reference_against_itself() -> None:
    page = page_of(lane_of([with_again(lane_result())]), "toys_summary").text
    head = page.partition("\n## ")[0]
    # tidy is 10 % slower the second time, which is a verdict, and false.
    assert "- **cpython against itself**: 0.9" in head and "false verdicts: 1 of 2 (tidy)" in head
    rows = {(row[0], row[1]): row for row in rows_of(head)}
    assert rows["toy", "whole run"][9:] == ["0.0 %", "2 of 2"]
    again = rows[AGAIN, "whole run"]
    assert again[2] == "2 of 2" and again[5:9] == ["0", "1", "0", "1"]
    assert float(again[9].removesuffix(" %")) > 0.1
    programs = rows_of(section(page, "Programs"))
    place = programs[0].index(f"{AGAIN} vs cpython")
    marks = {row[0]: row[place][-1] for row in programs[1:3]}
    assert marks == {"tidy": "-", "work": "?"}
    # It is no engine: nothing is won or lost by it, and no mean is over what it scored.
    assert AGAIN not in section(page, "Wins") + section(page, "Losses")
    assert AGAIN not in page.partition("![")[2].partition("]")[0]


def test_suites_show_the_reference_against_itself_and_nothing_else_changes() -> None:
    made = typical()
    lanes = {}
    for name, lane in made.lanes.items():
        ways = {}
        for way, measured in lane.measurements.items():
            blocks = []
            for block in measured.blocks:
                own = [run for run in block.runs if run.engine == "cpython"]
                blocks.append(
                    replace(block, runs=(*block.runs, *(replace(run, engine=AGAIN) for run in own)))
                )
            ways[way] = replace(measured, blocks=tuple(blocks))
        cells = [replace(one, engine=AGAIN) for one in lane.cells if one.engine == "cpython"]
        lanes[name] = replace(
            lane,
            engines=(*lane.engines, AGAIN),
            measurements=ways,
            cells=(*lane.cells, *cells),
        )
    engines = {**made.engines, AGAIN: made.engines["cpython"]}
    twice = friends_page([replace(made, engines=engines, lanes=lanes)], "friends").page
    once = friends_page([made], "friends").page
    assert twice.pictures == once.pictures
    more = [line for line in twice.text.splitlines() if line.startswith("- **cpython against")]
    assert len(more) == 5 and all("1.00 [1.00, 1.00]" in line for line in more)

    assert len(rows_of(twice.text)) == len(rows_of(once.text))
    assert section(twice.text, "Losses of cython by track") == section(
        once.text, "Losses of cython by track"
    )


def test_this_project_s_pages_are_what_their_raw_results_give() -> None:
    found = check_pages(REPOSITORY)
    assert found and not [(one.page, one.diff) for one in found if one.state == "differs"]
    unused = [one.page for one in found if one.page.startswith("bench/published")]
    assert not unused, "raw results that no page is made of"
