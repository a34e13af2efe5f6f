"""The page, pictures and tables of the friend suites, from results made here: what a user sees."""

from __future__ import annotations

import copy
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from friend_results import Made, result, suite, typical, unreachable
from rich.console import Console

from molt_build.cli.command_line import run as molt_build
from molt_build.errors import UsageError
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.friend_scores import latest_runs, scorecard
from molt_build.report.friend_summary import write_friend_summary
from molt_build.report.friend_words import largest_loss, outcome, winner
from molt_build.report.friends_table import print_friends
from molt_build.report.ratio_picture import Row, ratio_svg

REPOSITORY = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def page_of(project: Path, *results: dict[str, Any]) -> str:
    page = write_friend_summary(project, scorecard(results or [typical()]))
    assert page == project / "docs" / "benchmarks" / "friend_summary.md"
    return page.read_text()


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows_of(text: str) -> list[list[str]]:
    """The cells of a Markdown text's tables, without their rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-:")]


def saved(project: Path, made: dict[str, Any]) -> dict[str, Any]:
    folder = project / "bench" / "results" / "friends" / made["run"]
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(made))
    return made


def printed(made: dict[str, Any], width: int = 200) -> str:
    stream = io.StringIO()
    print_friends(Console(file=stream, width=width), scorecard([made]))
    return stream.getvalue()


def test_the_first_table_answers_for_every_suite(tmp_path: Path) -> None:
    top = page_of(tmp_path).partition("\n## ")[0]
    table = rows_of(top)
    rows = {(row[0].partition("]")[0].strip("["), row[2]): row for row in table[1:]}
    codon = rows["codon", "whole run"]
    assert codon[3] == "**codon**, 2.39 times, sure"
    assert codon[4:7] == ["1.31 [1.31, 1.31]", "3.13 [3.13, 3.15]", "0.418 [0.416, 0.419]"]
    assert codon[7:9] == ["4 of 6; 2 of 8 files left out", "1 / 2 / 1 / 0 vs codon"]
    assert "vs codon: nbody 0.0703 (OPT-1002 primitive lowering)" in codon[9]
    assert rows["pypy", "steady state"][5] != rows["pypy", "whole run"][5]
    assert rows["cython", "whole run"][1] == "cython (the subject)"
    assert rows["pyperformance", "whole run"][5:7] == ["-", "-"]
    assert rows["nuitka", "source not reachable"][3] == "-"


def test_a_suite_is_told_in_words(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    codon = section(page, "codon")
    for words in (
        "over the 4 of 6 programs that every engine here scored",
        "cython (the subject) is 1.31 times [1.31, 1.31] as fast as cpython",
        "codon (the friend) is 3.13 times [3.13, 3.15] as fast as cpython",
        "**codon wins**: codon is 2.39 times [2.39, 2.40] as fast as cython. This is sure",
        "1 faster, 2 slower, 1 equal, 0 unclear",
        "Largest loss of cython against codon: **nbody**, where it takes 14.2 [14.1, 14.3] times",
        "track: OPT-1002 primitive lowering; it costs 48.5% of the mean",
        "cython has no sure loss against cpython",
        "Integers have 64 bits",
        "licence Apache-2.0",
        "commit `74516368e3a2f7ddaa22181e7c1493bf70362192`",
        "| set_partition | codon | other output | line 3: 12 is not 13 |",
        "| `bench/codon/x.codon` | 1 | no Python |",
    ):
        assert words in codon
    assert "its friend is cython itself, the subject" in section(page, "cython").lower()
    assert "no column of a friend" in section(page, "pyperformance")
    assert "could not resolve host" in section(page, "Suites not measured")


def test_sections_hold_what_they_should(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        *("Suites not measured", "Over all suites, each kernel once", "Losses of cython by track"),
        *("codon", "pypy", "cython", "pyperformance"),
        *("Build times", "Method", "Environment", "Reproduce"),
    ]
    kernels = section(page, "Over all suites, each kernel once")
    assert "| cython vs cpython | whole run | 1.16 [1.15, 1.16] | 10 | 13 |" in kernels
    assert "| nbody | 1.35 | 1.37 | codon 1.40" in kernels
    assert "| codon | codon | 5 | 1 | 11.7 s | 2.30 s | 2.80 s (set_partition) |" in section(
        page, "Build times"
    )
    assert "### pypy: programs, steady state" in page
    assert "### codon: programs, steady state" not in page
    assert "$ molt-build report --friends" in page
    for private in (str(tmp_path), str(Path.home()), "/tmp/"):
        assert private not in page


def test_tables_are_well_formed_and_lines_begin_no_list_by_chance(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    width: int | None = None
    for line in page.splitlines():
        if not line.startswith("|"):
            width = None
            assert not re.match(r"(\d+[.)]|[+*]) ", line), line
            continue
        assert line.endswith("|")
        cells = len(re.split(r"(?<!\\)\|", line)) - 2
        assert width in (None, cells), line
        width = cells
    anchors = {line[3:] for line in page.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= anchors


def test_pictures_are_xml_that_the_page_shows(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    folder = tmp_path / "docs" / "benchmarks"
    shown = re.findall(r"!\[.+\]\((friends/[\w-]+\.svg)\)", page)
    assert sorted(shown) == sorted(
        f"friends/{file.name}" for file in (folder / "friends").iterdir()
    )
    assert shown[0] == "friends/all-suites.svg"
    assert "friends/pypy-steady.svg" in shown
    for name in shown:
        root = ElementTree.parse(folder / name).getroot()
        words = [element.text or "" for element in root.iter(f"{SVG}text")]
        assert "1x: as fast as cpython" in words
        assert "faster →" in words
        assert "line through a mark: 95 % interval" in words
        assert any("logarithmic scale" in line for line in words)
        assert root.find(f"{SVG}title") is not None
        assert "prefers-color-scheme: dark" in (folder / name).read_text()
    codon = (folder / "friends" / "codon.svg").read_text()
    for words in ("nbody", "19.9x", "cython: the subject", "codon: the friend, whose suite it is"):
        assert words in codon


def test_marks_stand_where_their_ratios_are() -> None:
    def estimate(ratio: float) -> RatioEstimate:
        return RatioEstimate(ratio, ratio / 1.1, ratio * 1.1, 8)

    rows = [Row("a & b", {"x": estimate(0.1), "y": estimate(10.0)}), Row("c", {"x": estimate(1)})]
    drawn = ratio_svg("title <1>", "more", {"x": "one", "y": "other"}, rows, "cpython")
    root = ElementTree.fromstring(drawn)
    circles = [float(mark.get("cx", "")) for mark in root.iter(f"{SVG}circle")][1:]
    one = next(line for line in root.iter(f"{SVG}line") if line.get("class") == "one")
    assert circles[1] == float(one.get("x1", ""))
    (diamond,) = list(root.iter(f"{SVG}polygon"))[1:]
    right = float(diamond.get("points", "").split(",")[0])
    assert right - circles[1] == pytest.approx(circles[1] - circles[0], abs=0.2)
    assert (
        len([line for line in root.iter(f"{SVG}line") if "whisker" in line.get("class", "")]) == 3
    )
    with pytest.raises(ValueError, match="2 engines apart"):
        ratio_svg("", "", {"x": "", "y": "", "z": ""}, rows, "cpython")


def test_old_pictures_go(tmp_path: Path) -> None:
    page_of(tmp_path)
    folder = tmp_path / "docs" / "benchmarks" / "friends"
    page_of(tmp_path, result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})))
    assert sorted(file.name for file in folder.iterdir()) == ["all-suites.svg", "codon.svg"]


@pytest.mark.parametrize(
    ("speedup", "noise", "said", "short"),
    [
        (0.5, 0.005, "**codon wins**: codon is 2.", "**codon**, 2."),
        (2.0, 0.005, "**cython wins**: cython is 2.", "**cython**, 2."),
        (1.0, 0.001, "**Neither wins**: the whole interval is within 2%", "neither: equal, sure"),
        (1.0, 0.3, "**Not told**", "neither surely"),
        (1.015, 0.0005, "of equal", "neither: equal, sure"),
        (1.0195, 0.008, "**Neither wins clearly**", "neither surely"),
    ],
)
def test_a_winner_is_named_only_where_the_interval_says_so(
    speedup: float, noise: float, said: str, short: str
) -> None:
    programs = {n: Made({"cython": speedup, "codon": 1.0}) for n in ("nbody", "chaos")}
    card = scorecard([result(suite("codon", programs, noise=noise, seed=7))])
    ((_, score),) = card.measured
    comparison = score.run.between("cython", "codon")
    assert comparison is not None
    assert said in outcome(comparison, card.min_effect)
    assert winner(comparison).startswith(short)


def test_a_quick_run_says_that_it_proves_nothing(tmp_path: Path) -> None:
    quick = result(
        suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}, blocks=2), is_quick=True
    )
    page = page_of(tmp_path, quick)
    assert "Made from quick runs" in page
    assert "not told: no interval" in page
    assert "No interval, since there were fewer than six blocks: codon." in page
    assert "from 2 blocks only: an interval takes 6, so nothing is sure" in page
    assert "No intervals and no verdicts" in page
    assert "[1.9" not in page
    assert "quick: few programs" in printed(quick)


def test_each_suite_is_taken_from_the_first_run_that_measured_it(tmp_path: Path) -> None:
    fast = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})
    slow = suite("codon", {"nbody": Made({"cython": 0.5, "codon": 4.0})})
    mypyc = suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})})
    first = result(fast, unreachable("mypyc", "it is away"), run="20260203T000000Z")
    second = result(slow, mypyc, run="20260202T000000Z")
    card = scorecard([first, second])
    assert {one.name: one.result["run"] for one in card.suites} == {
        "codon": "20260203T000000Z",
        "mypyc": "20260202T000000Z",
    }
    assert all(one.score is not None for one in card.suites)
    page = page_of(tmp_path, first, second)
    assert "it is away" not in page
    assert page.count("- 2026020") == 2


def test_runs_that_cannot_be_compared_are_refused() -> None:
    one = result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}))
    other = copy.deepcopy(one)
    other["subject"] = "mypyc"
    with pytest.raises(UsageError, match="differ in their subject"):
        scorecard([one, other])


def test_a_page_of_several_machines_says_so(tmp_path: Path) -> None:
    one = result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}))
    other = result(suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})}))
    other["environment"] = {**other["environment"], "machine_class": "arm64 / Other / 4 cores"}
    assert "on 2 classes of machines" in page_of(tmp_path, one, other)
    assert "classes of machines" not in page_of(tmp_path, one)


def test_the_latest_full_run_is_taken_and_completed(tmp_path: Path) -> None:
    def part(name: str) -> dict[str, Any]:
        return suite(name, {"nbody": Made({"cython": 2.0, name: 4.0})})

    with pytest.raises(UsageError, match="no run of friend suites"):
        latest_runs(tmp_path)
    saved(tmp_path, result(part("codon"), part("mypyc"), run="20260201T000000Z"))
    saved(tmp_path, result(part("codon"), run="20260202T000000Z"))
    saved(tmp_path, result(part("codon"), part("numba"), run="20260203T000000Z", is_quick=True))
    broken = tmp_path / "bench" / "results" / "friends" / "20260204T000000Z"
    broken.mkdir()
    (broken / "result.json").write_text("{")
    runs = [one["run"] for one in latest_runs(tmp_path)]
    assert runs == ["20260202T000000Z", "20260201T000000Z", "20260203T000000Z"]


def test_the_command_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, typical())
    (tmp_path / "manifests").mkdir()
    project = 'kind = "project"\nschema_version = 1\nname = "p"\ndescription = "p"\n'
    defaults = 'default_toolchain = "cython"\ndefault_profile = "release"\n'
    (tmp_path / "manifests" / "project.toml").write_text(project + defaults)
    assert molt_build(["report", "--friends"]) == 0
    assert capsys.readouterr().out == (
        "docs/benchmarks/friend_summary.md: written from 20260203T040506Z\n"
    )
    assert molt_build(["report", "--friends", "20260203T040506Z", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    codon = facts["suites"]["codon"]["whole_run"]["comparisons"]
    assert [(row["first"], row["second"]) for row in codon] == [
        *(("cython", "cpython"), ("codon", "cpython"), ("cython", "codon")),
    ]
    assert codon[2]["mean"]["ratio"] == pytest.approx(0.418, abs=0.001)
    assert codon[2]["losses"][0]["program"] == "nbody"
    assert facts["suites"]["nuitka"]["status"] == "unreachable"
    assert "could not resolve" in facts["suites"]["nuitka"]["reason"]
    assert molt_build(["report", "--friends", "latest~5"]) == 2
    assert "there are 1 runs of friends" in capsys.readouterr().err


def test_the_terminal_shows_every_program_and_what_it_means() -> None:
    shown = printed(typical())
    assert "\x1b[" not in shown
    for words in (
        "codon, whole run (8 blocks)",
        "pypy, steady state (8 blocks)",
        "1.40 [1.39, 1.42] +",
        "0.0703 [0.0699, 0.0708] -",
        "codon, not built: taq",
        "left out (1 file): no Python",
        "all suites",
        "codon, 2.39 times, sure",
        "each kernel once: cython vs cpython, whole run: 1.16 [1.15, 1.16] over 10 kernels",
        "largest losses: vs codon: nbody 0.0703 (OPT-1002 primitive lowering)",
        "nuitka: unreachable: git",
        "adapter",
    ):
        assert words in shown
    narrow = printed(typical(), width=80)
    assert "1.40 ±1% +" in narrow
    assert "0.0703 ±1% -" in narrow
    assert "…" not in narrow


def test_a_suite_that_nobody_scored_is_still_shown(tmp_path: Path) -> None:
    none = suite("codon", {"nbody": Made({}, statuses={"codon": ("failed", "it stopped")})})
    page = page_of(tmp_path, result(none))
    assert "0 of 1" in page
    assert "No program was scored by every engine compared" in page
    assert "it stopped" in page
    assert "0 of 1 program" in printed(result(none))
    nothing = result(unreachable("codon", "away"))
    assert "source not reachable: away" in page_of(tmp_path, nothing)
    assert "codon: unreachable: away" in printed(nothing)


def test_what_tools_say_is_no_markup(tmp_path: Path) -> None:
    said = "File <stdin>, in *f*: `__x__`\nis | not here " + "and on " * 100
    bad = Made({}, statuses={"codon": ("failed", said)})
    page = page_of(tmp_path, result(suite("codon", {"nbody": bad})))
    assert r"File \<stdin>, in \*f\*: \`\_\_x\_\_\` is \| not here and on" in page
    assert "and on " * 50 not in page


def test_a_cell_that_fails_when_warm_shows_so_in_the_steady_table(tmp_path: Path) -> None:
    programs = {name: Made({"cython": 1.5, "pypy": 2.0}) for name in ("nbody", "chaos")}
    part = suite("pypy", programs, jit_engines=["pypy"])
    for cell in part["cells"]:
        if (cell["program"], cell["engine"]) == ("chaos", "pypy"):
            cell["steady_status"] = ["timeout", "too long"]
    page = page_of(tmp_path, result(part))
    run, steady = (page.partition(f"### pypy: programs, {what}")[2] for what in ("whole", "steady"))
    assert re.search(r"\| chaos \|.* ms \(", run.partition("###")[0])
    assert re.search(r"\| chaos † \|.*\| timeout \|", steady.partition("###")[0])
    assert "steady state: too long" in page


def test_a_loss_outside_the_mean_is_marked() -> None:
    programs = {
        "nbody": Made({"cython": 2.0, "codon": 4.0}),
        "go": Made({"cython": 0.5}, statuses={"codon": ("failed", "it stopped")}),
    }
    card = scorecard([result(suite("codon", programs))])
    ((_, score),) = card.measured
    said = largest_loss(score.run.between("cython", "cpython"), card.tracks)
    assert said == "go 0.500 (OPT-1002 primitive lowering; outside the mean)"


def test_made_results_are_like_real_ones() -> None:
    file = REPOSITORY / "schemas" / "friends_result.schema.json"
    jsonschema.validate(typical(), json.loads(file.read_text()))
