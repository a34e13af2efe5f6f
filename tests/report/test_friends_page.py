"""The page, pictures and tables of the friend suites, from results made here: what a user sees."""

from __future__ import annotations

import io
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from friend_results import Made, result, suite, typical, unreachable
from markdown_pages import check_tables, headings, rows_of, section, table_of
from rich.console import Console
from saved_results import saved
from written_pages import suites_page

from molt_build.cli.command_line import run as molt_build
from molt_build.errors import UsageError
from molt_build.measure.statistics import RatioEstimate
from molt_build.report.lane_table import print_run
from molt_build.report.latest import NothingToPublish, NotTaken, suite_runs
from molt_build.report.phrases import largest_loss, winner
from molt_build.report.ratio_picture import Row, ratio_svg
from molt_build.report.scorecard import scorecard
from molt_build.results.bench import BenchResult, LaneResult, Narrowed, Outcome
from molt_build.results.files import from_json

DATA = Path(__file__).parents[1] / "data"
SUITE = """\
#:schema ../../schemas/suite.schema.json
kind = "suite"
schema_version = 1
name = "NAME"
description = "Programs of NAME."
friend = "NAME"
licence = "MIT"
present = ["*.py"]

[source]
git = "https://example.org/NAME"
commit = "0123456789abcdef0123456789abcdef01234567"
ref = "v1"

[default]
mode = "runs_unmodified"

[[programs]]
entry = "*.py"
"""
SVG = "{http://www.w3.org/2000/svg}"


def page_of(project: Path, *results: BenchResult) -> str:
    page = suites_page(project, scorecard(results or [typical()]))
    assert page == project / "docs" / "benchmarks" / "friend_summary.md"
    written = page.read_text()
    check_tables(written)
    return written


def overview(page: str) -> dict[tuple[str, str], dict[str, str]]:
    """The first tables: rows by suite and what was measured."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for title in ("Who wins", "Means", "Programs and files"):
        head, *rows = rows_of(section(page, title))
        for row in rows:
            named = dict(zip(head, row, strict=True))
            found.setdefault((named["suite"], named["measured"]), {}).update(
                {f"{title}: {name}": cell for name, cell in named.items()}
            )
    return found


def project_with_suites(folder: Path, *names: str) -> None:
    """Manifests of a project with suites of these names."""
    (folder / "manifests/suites").mkdir(parents=True)
    directive = "#:schema ../schemas/project.schema.json\n"
    project = directive + 'kind = "project"\nschema_version = 1\nname = "p"\ndescription = "p"\n'
    defaults = 'default_toolchain = "cython"\ndefault_profile = "release"\n'
    (folder / "manifests/project.toml").write_text(project + defaults)
    for name in names:
        text = SUITE.replace("NAME", name)
        (folder / f"manifests/suites/{name}.toml").write_text(text)


def printed(made: BenchResult, width: int = 200) -> str:
    stream = io.StringIO()
    print_run(Console(file=stream, width=width), made)
    return stream.getvalue()


def test_the_first_table_answers_for_every_suite(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    table = section(page, "Who wins").lstrip().partition("\n\n")[0].splitlines()
    assert max(map(len, table)) <= 100
    assert rows_of("\n".join(table)) == [
        ["suite", "measured", "winner", "against", "times as fast", "how sure"],
        ["codon", "whole run", "**codon**", "cython", "2.39 [2.39, 2.40]", "sure"],
        ["pypy", "whole run", *rows_of("\n".join(table))[2][2:]],
        ["pypy", "steady state", *rows_of("\n".join(table))[3][2:]],
        ["cython", "whole run", "**cython**", "cpython", *rows_of("\n".join(table))[4][4:]],
        ["pyperformance", "whole run", *rows_of("\n".join(table))[5][2:]],
        ["nuitka", "source not reachable", "-", "-", "-", "-"],
    ]
    rows = overview(page)
    codon = rows["codon", "whole run"]
    assert codon["Means: cython vs cpython"] == "1.31 [1.31, 1.31]"
    assert codon["Means: friend vs cpython"] == "3.13 [3.13, 3.15]"
    assert codon["Means: cython vs friend"] == "0.418 [0.416, 0.419]"
    counts = [codon[f"Programs and files: {name}"] for name in ("scored", "left out", "against")]
    assert counts == ["4 of 6", "2 of 8", "codon"]
    verdicts = ("faster", "slower", "equal", "unclear")
    assert [codon[f"Programs and files: {word}"] for word in verdicts] == ["1", "2", "1", "0"]
    steady, whole = rows["pypy", "steady state"], rows["pypy", "whole run"]
    assert steady["Means: friend vs cpython"] != whole["Means: friend vs cpython"]
    reference = rows["pyperformance", "whole run"]
    friend = [reference[f"Means: {pair}"] for pair in ("friend vs cpython", "cython vs friend")]
    assert friend == ["-", "-"]
    losses = rows_of(section(page, "Largest losses"))
    nbody = ["codon", "whole run", "codon", "nbody", "0.0703", "OPT-1002 primitive lowering"]
    assert nbody in losses
    assert [row[2:5:2] for row in losses if row[0] == "codon"][1][0] == "cpython"


def test_the_page_begins_with_its_contents(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    top = page.partition("\n## ")[0]
    listed = re.findall(r"\[[^]]+\]\(#([\w-]+)\)", top)
    anchors = [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings(page)]
    assert [name for name in anchors if name not in listed] == ["suites-not-measured"]
    assert set(listed) <= set(anchors)
    words = top.split("-->")[1].partition("**Made")[0]
    assert len(words.splitlines()) < 14


def test_words_of_the_first_table_are_explained_where_they_stand(tmp_path: Path) -> None:
    programs = {n: Made({"cython": 1.0, "codon": 1.0}) for n in ("nbody", "chaos")}
    equal = section(
        page_of(tmp_path, result(suite("codon", programs, noise=0.001, seed=7))), "Who wins"
    )
    assert "they are *equal*" in " ".join(equal.split())
    assert "steady state" not in equal
    page = page_of(tmp_path)
    assert "*equal*" not in section(page, "Who wins")
    assert "*steady state*" in section(page, "Who wins")
    marks = re.search(r"^Marks: .*", section(page, "pyperformance"), re.MULTILINE)
    assert marks is not None
    for sign in re.findall(r"[,:] (.) ", marks[0]):
        assert f"] {sign} |" in section(page, "pyperformance")


def test_a_suite_says_who_wins_and_where_it_loses(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    codon = section(page, "codon")
    for words in (
        "4 of 6 programs",
        "2 of the suite's 8 files",
        "cython (the subject) is 1.31 times [1.31, 1.31]",
        "codon (the friend) is 3.13 times [3.13, 3.15]",
        "**codon wins**: codon is 2.39 times [2.39, 2.40]",
        "1 faster, 2 slower, 1 equal",
        "**nbody**, where it takes 14.2 [14.1, 14.3] times",
        "OPT-1002 primitive lowering; it costs 48.5% of the mean, which would be 0.757 without it",
        "no sure loss against cpython",
        "Integers have 64 bits",
        "licence Apache-2.0",
        "commit `74516368e3a2f7ddaa22181e7c1493bf70362192`",
        "`manifests/suites/adapters/codon.py`",
    ):
        assert words in codon
    missing = rows_of(section(codon, "codon: what is not scored", 3))
    assert ["set_partition", "codon", "other output", "line 3: 12 is not 13"] in missing
    assert ["taq", "codon", "not built", "error: taq.codon: no such method"] in missing
    assert ["`bench/codon/x.codon`", "1", "no Python"] in missing
    assert "codon: 4 scored, 1 other output, 1 not built." in codon
    assert "its friend is cython itself, the subject" in section(page, "cython").lower()
    assert "no column of a friend" in section(page, "pyperformance")
    assert "could not resolve host" in section(page, "Suites not measured")


def test_a_suite_has_its_programs_and_losses_in_tables(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    programs = table_of(section(page, "codon: programs, whole run", 3))
    assert list(programs) == [
        *("nbody", "fannkuch", "word_count", "primes", "set_partition †", "taq †")
    ]
    nbody = programs["nbody"]
    assert nbody["codon: median (p95)"] == "25.4 ms (25.6 ms max)"
    assert nbody["codon vs cpython"] == "19.9 [19.8, 20.3] +"
    assert nbody["cython vs codon"] == "0.0703 [0.0699, 0.0708] -"
    assert (nbody["kernel"], nbody["run as"]) == ("nbody", "adapter")
    assert programs["set_partition †"]["codon: median (p95)"] == "other output"
    assert programs["set_partition †"]["cython vs cpython"].startswith("1.20")
    assert programs["set_partition †"]["cython vs codon"] == "-"
    losses = rows_of(section(page, "codon: losses by impact, whole run", 3))
    assert losses[1] == [
        *("nbody", "cython vs codon", "0.0703 [0.0699, 0.0708]", "-48.5%", "0.757"),
        "OPT-1002 primitive lowering",
    ]
    assert [row[0] for row in losses[1:]] == ["nbody", "fannkuch"]


def test_sections_hold_what_they_should(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    assert headings(page) == [
        *("Who wins", "Means", "Programs and files", "Largest losses", "Suites not measured"),
        *("Over all suites, each kernel once", "Losses by track"),
        *("codon", "pypy", "cython", "pyperformance"),
        *("Build times", "Start-up and memory", "Method", "Environment", "Reproduce"),
    ]
    kernels = rows_of(section(page, "Over all suites, each kernel once"))
    suites = "codon, pypy, cython, pyperformance"
    assert ["cython vs cpython", "whole run", "1.16 [1.15, 1.16]", "10", "13", suites] in kernels
    (shared,) = [row for row in kernels if row[0] == "nbody"]
    assert shared[1:3] == ["1.35", "1.37"] and shared[3].startswith("codon 1.40")
    tracks = section(page, "Losses by track")
    assert ["OPT-1006 data kernels", "-1.8%", "1", "meteor_contest 0.800 (cython)"] in rows_of(
        tracks
    )
    assert tracks.count("| track |") == 4  # against the reference and friends, whole and steady
    built = rows_of(section(page, "Build times"))
    assert ["codon", "codon", "5", "1", "11.7 s", "2.30 s", "2.80 s (set_partition)"] in built
    assert "pypy: programs, steady state" in headings(page, 3)
    assert "codon: programs, steady state" not in headings(page, 3)
    assert "$ molt-build report --friends" in section(page, "Reproduce")
    sources = {row[0]: row[1:] for row in rows_of(section(page, "Reproduce"))}
    assert sources["nuitka"][1:] == ["Apache-2.0", "friends/20260203T040506Z"]
    assert "kvm" in section(page, "Environment")
    for private in (str(tmp_path), str(Path.home()), "/tmp/"):
        assert private not in page


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
    with pytest.raises(ValueError, match="6 engines apart, not 7"):
        ratio_svg("", "", dict.fromkeys("abcdefg", ""), rows, "cpython")


def test_old_pictures_go(tmp_path: Path) -> None:
    page_of(tmp_path)
    folder = tmp_path / "docs" / "benchmarks" / "friends"
    page_of(tmp_path, result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})))
    assert sorted(file.name for file in folder.iterdir()) == ["all-suites.svg", "codon.svg"]


@pytest.mark.parametrize(
    ("speedup", "noise", "said", "short"),
    [
        (0.5, 0.005, "**codon wins**: codon is 2.", "codon, 2."),
        (2.0, 0.005, "**cython wins**: cython is 2.", "cython, 2."),
        (1.0, 0.001, "**Neither wins**: the whole interval is within 2%", "neither: equal, sure"),
        (1.0, 0.3, "**Not told**", "neither surely"),
        (1.015, 0.0005, "of equal", "neither: equal, sure"),
        (1.0195, 0.008, "**Neither wins clearly**", "neither surely"),
    ],
)
def test_a_winner_is_named_only_where_the_interval_says_so(
    tmp_path: Path, speedup: float, noise: float, said: str, short: str
) -> None:
    programs = {n: Made({"cython": speedup, "codon": 1.0}) for n in ("nbody", "chaos")}
    made = result(suite("codon", programs, noise=noise, seed=7))
    ((_, score),) = scorecard([made]).measured
    assert winner(score.main.between("cython", "codon")).startswith(short)
    assert said in section(page_of(tmp_path, made), "codon")


def test_a_quick_run_says_that_it_proves_nothing(tmp_path: Path) -> None:
    quick = result(
        suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}, blocks=2), is_quick=True
    )
    page = page_of(tmp_path, quick)
    assert "Made from quick runs (friends/20260203T040506Z)" in page
    codon = overview(page)["codon", "whole run"]
    assert [codon[f"Who wins: {name}"] for name in ("winner", "against", "how sure")] == [
        *("not told", "cython vs codon", "no interval")
    ]
    assert "fewer than six blocks: codon." in page
    assert "from 2 blocks only: an interval takes 6" in page
    assert "No intervals and no verdicts" in page
    assert "[1.9" not in page and "in brackets" not in section(page, "Who wins")
    assert "not told without intervals" in section(page, "Losses by track")
    assert "$ molt-build report --friends --output friends.md\n" in section(page, "Reproduce")
    assert "quick: few" in printed(quick)


def test_each_suite_is_taken_from_the_first_run_that_measured_it(tmp_path: Path) -> None:
    fast = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})
    slow = suite("codon", {"nbody": Made({"cython": 0.5, "codon": 4.0})})
    mypyc = suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})})
    first = result(fast, unreachable("mypyc", "it is away"), run="20260203T000000Z")
    second = result(slow, mypyc, run="20260202T000000Z")
    card = scorecard([first, second])
    assert {one.name: one.results[0].run for one in card.lanes} == {
        "codon": "friends/20260203T000000Z",
        "mypyc": "friends/20260202T000000Z",
    }
    assert all(one.score is not None for one in card.lanes)
    page = page_of(tmp_path, first, second)
    assert "it is away" not in page
    assert page.count("\n- friends/2026020") == 2


def test_runs_that_cannot_be_compared_are_refused() -> None:
    one = result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}))
    other = result(replace(one.lanes["codon"], subject="mypyc"))
    with pytest.raises(UsageError, match="differ in their subject"):
        scorecard([one, other])


def test_a_page_of_several_machines_says_so(tmp_path: Path) -> None:
    one = result(suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}))
    other = result(suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})}))
    machine = replace(other.environment, machine_class="arm64 / Other / 4 cores")
    other = replace(other, environment=machine)
    assert "on 2 classes of machines" in page_of(tmp_path, one, other)
    assert "classes of machines" not in page_of(tmp_path, one)


def test_the_latest_full_run_is_taken_and_completed(tmp_path: Path) -> None:
    def part(name: str) -> LaneResult:
        return suite(name, {"nbody": Made({"cython": 2.0, name: 4.0})})

    def chosen(*suites: str, is_published: bool = True) -> list[str]:
        references = dict.fromkeys(suites, "cpython")
        choice = suite_runs(tmp_path, references, is_published=is_published)
        return [one.timestamp for one in choice.results]

    with pytest.raises(UsageError, match="no run of friend suites"):
        chosen()
    saved(tmp_path, result(part("codon"), part("mypyc"), run="20260201T000000Z"))
    saved(tmp_path, result(part("codon"), run="20260202T000000Z"))
    saved(tmp_path, result(part("codon"), part("numba"), run="20260203T000000Z", is_quick=True))
    broken = tmp_path / "bench" / "results" / "friends" / "20260204T000000Z"
    broken.mkdir()
    (broken / "result.json").write_text("{")
    assert chosen("codon", "mypyc") == ["20260202T000000Z", "20260201T000000Z"]
    with pytest.raises(NothingToPublish, match="no full run measured the suites numba") as caught:
        chosen("codon", "mypyc", "numba")
    assert "molt-build friends --suite numba measures them; --from RUN" in (caught.value.hint or "")
    assert NotTaken("friends/20260203T000000Z", "it is quick") in caught.value.passed
    every = ["20260202T000000Z", "20260201T000000Z", "20260203T000000Z"]
    assert chosen("codon", "mypyc", "numba", is_published=False) == every


def test_a_published_page_is_not_replaced_by_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quick run, one of some programs, one of another engine, and one of a suite alone."""
    monkeypatch.chdir(tmp_path)
    project_with_suites(tmp_path, "codon", "mypyc")
    codon = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})
    mypyc = suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})})
    saved(tmp_path, result(codon, mypyc, run="20260201T000000Z"))
    assert molt_build(["report", "--friends"]) == 0
    pages = tmp_path / "docs/benchmarks"
    published = {path: path.read_bytes() for path in pages.rglob("*") if path.is_file()}
    assert {path.name for path in published} >= {"friend_summary.md", "codon.svg", "mypyc.svg"}
    saved(tmp_path, result(codon, mypyc, run="20260202T000000Z", is_quick=True))
    some = replace(mypyc, asked=Narrowed(programs=("go",), engines=()))
    saved(tmp_path, result(codon, some, run="20260203T000000Z"))
    saved(tmp_path, result(codon, mypyc, run="20260204T000000Z", is_interrupted=True))
    capsys.readouterr()
    assert molt_build(["report", "--friends"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == (
        "docs/benchmarks/friend_summary.md: written from friends/20260201T000000Z"
    )
    assert err.splitlines() == [
        "not taken: friends/20260204T000000Z: it was interrupted",
        "not taken: friends/20260203T000000Z: it has only some programs of mypyc",
        "not taken: friends/20260202T000000Z: it is quick",
    ]
    assert {path: path.read_bytes() for path in pages.rglob("*") if path.is_file()} == published

    shutil.rmtree(tmp_path / "bench/results/friends/20260201T000000Z")
    saved(tmp_path, result(codon, run="20260205T000000Z"))
    assert molt_build(["report", "--friends"]) == 2
    err = capsys.readouterr().err
    assert "not taken: friends/20260205T000000Z: by itself it has only codon" in err
    assert "error: no full run measured the suites mypyc" in err
    assert {path: path.read_bytes() for path in pages.rglob("*") if path.is_file()} == published
    assert molt_build(["report", "--friends", "--output", "docs/benchmarks/mine.md"]) == 0
    mine = (pages / "mine.md").read_text()
    assert "](mine_pictures/codon.svg)" in mine and (pages / "mine_pictures/codon.svg").is_file()
    assert {path: path.read_bytes() for path in published} == published
    assert molt_build(["report", "--friends", "--from", "20260202T000000Z"]) == 0
    assert "Made from quick runs" in (pages / "friend_summary.md").read_text()


def test_the_lines_that_make_the_page_again(tmp_path: Path) -> None:
    """A run that was made by a command for each suite, and a suite that was measured later."""
    codon = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})})
    mypyc = suite("mypyc", {"go": Made({"cython": 1.5, "mypyc": 3.0})})
    numba = suite("numba", {"sum": Made({"cython": 1.5, "numba": 3.0})})
    last = ("molt-build", "friends", "--suite", "mypyc", "--run", "20260203T040506Z")
    several = result(codon, mypyc, command=(*last, "--budget", "60", "--resume"))
    later = result(numba, run="20260204T000000Z", command=("molt-build", "friends", "--suite=x"))
    later = replace(later, command=("molt-build", "friends", "--suite", "numba"))
    later = replace(later, environment=replace(later.environment, git_commit="f" * 40))
    page = page_of(tmp_path, several, later)
    console = section(page, "Reproduce").partition("```console\n")[2].partition("```")[0]
    assert console.splitlines() == [
        "$ git checkout 0123456789abcdef0123456789abcdef01234567",
        "$ molt-build friends --budget 60 --suite codon",
        "$ molt-build friends --budget 60 --suite mypyc",
        "$ git checkout " + "f" * 40,
        "$ molt-build friends --suite numba",
        "$ molt-build report --friends",
    ]
    whole = section(page_of(tmp_path, result(codon, mypyc)), "Reproduce")
    assert "\n$ molt-build friends\n" in whole
    assert "not committed" not in page
    one = result(codon, mypyc)
    dirty = replace(one, environment=replace(one.environment, git_is_dirty=True))
    top = page_of(tmp_path, dirty).partition("\n## ")[0]
    assert (
        "**Made with files that are not committed**: the numbers of friends/20260203T040506Z "
        "(on top of 0123456789ab) cannot be made again by anybody else."
    ) in " ".join(top.split())


def test_the_command_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, typical())
    project_with_suites(tmp_path)
    assert molt_build(["report", "--friends"]) == 0
    page, raw = capsys.readouterr().out.splitlines()
    assert page == "docs/benchmarks/friend_summary.md: written from friends/20260203T040506Z"
    assert re.fullmatch(r"bench/published/friends/20260203T040506Z: .* kB of raw results", raw)
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
    assert "there is 1 run of friends" in capsys.readouterr().err


def test_the_terminal_shows_every_program_and_what_it_means() -> None:
    shown = printed(typical())
    assert "\x1b[" not in shown
    for words in (
        "codon, whole run, profile release (8 blocks)",
        "pypy, steady state, profile release (8 blocks)",
        "1.40 [1.39, 1.42] +",
        "0.0703 [0.0699, 0.0708] -",
        "codon, not built: taq",
        "left out (1 file): no Python",
        "all lanes",
        "codon, 2.39 times, sure",
        "each kernel once: cython vs cpython, whole run: 1.16 [1.15, 1.16] over 10 kernels",
        "nuitka: unreachable: git",
        "adapter",
        "build time, apart: codon 11.7 s for 5 programs",
    ):
        assert words in shown
    codon = next(line for line in shown.splitlines() if line.startswith("cython vs codon: "))
    assert "0.418 [0.416, 0.419] over 4 programs (1 faster, 2 slower, 1 equal)" in codon
    assert "largest loss: nbody 0.0703 (OPT-1002 primitive lowering)" in codon
    own = next(line for line in shown.splitlines() if line.startswith("cython vs cpython: "))
    assert "over 6 programs (5 faster, 1 equal)" in own
    assert "1.31 [1.31, 1.31] over the 4 that all scored (3 faster, 1 equal)" in own
    narrow = printed(typical(), width=80)
    assert "1.40 ±1% +" in narrow
    assert "0.0703 ±1% -" in narrow
    assert "…" not in narrow


def test_a_suite_that_nobody_scored_is_still_shown(tmp_path: Path) -> None:
    none = suite("codon", {"nbody": Made({}, statuses={"codon": ("failed", "it stopped")})})
    page = page_of(tmp_path, result(none))
    assert overview(page)["codon", "whole run"]["Programs and files: scored"] == "0 of 1"
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
    late = Outcome("timeout", "too long")
    cells = tuple(
        replace(cell, outcomes={**cell.outcomes, "steady": late})
        if (cell.program, cell.engine) == ("chaos", "pypy")
        else cell
        for cell in part.cells
    )
    page = page_of(tmp_path, result(replace(part, cells=cells)))
    run, steady = (
        table_of(section(page, f"pypy: programs, {what}", 3))
        for what in ("whole run", "steady state")
    )
    assert " ms (" in run["chaos"]["pypy: median (p95)"]
    assert steady["chaos †"]["pypy: median (p95)"] == "timeout"
    assert "steady state: too long" in page


def test_a_loss_outside_the_mean_is_marked() -> None:
    programs = {
        "nbody": Made({"cython": 2.0, "codon": 4.0}),
        "go": Made({"cython": 0.5}, statuses={"codon": ("failed", "it stopped")}),
    }
    card = scorecard([result(suite("codon", programs))])
    ((_, score),) = card.measured
    comparison = score.main.between("cython", "cpython")
    assert comparison is not None
    said = largest_loss(comparison, card.tracks)
    assert said == "go 0.500 (OPT-1002 primitive lowering; outside the mean)"


def test_noise_is_told_with_its_suite(tmp_path: Path) -> None:
    part = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}, warnings=("it swaps",))
    page = page_of(tmp_path, result(part, unreachable("mypyc", "away")))
    assert "it swaps" in section(page, "codon")
    assert "noise: codon: it swaps" in section(page, "Environment")
    assert "noise: it swaps" in printed(result(part))


def test_a_lane_has_no_place_on_the_page_of_suites(tmp_path: Path) -> None:
    part = suite("codon", {"nbody": Made({"cython": 2.0, "codon": 4.0})}, suite=None)
    with pytest.raises(UsageError, match="is no run of friend suites"):
        page_of(tmp_path, result(part))


def test_results_of_version_1_are_shown(tmp_path: Path) -> None:
    found = from_json(json.loads((DATA / "result_1_friends.json").read_text()))
    assert isinstance(found, BenchResult)
    shown = printed(found)
    assert re.search(r"^nbody +nbody .* 20\.1 \[19\.9, 20\.2\] \+ ", shown, re.M)
    assert "codon, not built: taq" in shown
    page = page_of(tmp_path, found)
    rows = overview(page)
    assert rows["codon", "whole run"]["Means: friend vs cpython"] == "20.1 [19.9, 20.2]"
    counts = rows["codon", "whole run"]
    assert counts["Programs and files: scored"] == "1 of 2"
    assert counts["Programs and files: left out"] == "1 of 3"
    assert rows["pypy", "steady state"]["Who wins: winner"] == "**pypy**"
    steady = table_of(section(page, "pypy: programs, steady state", 3))
    assert list(steady) == ["richards", "nbody"]
    assert (tmp_path / "docs/benchmarks/friends/pypy-steady.svg").is_file()
    assert "Integers have 64 bits." in section(page, "codon: how it is run", 3)
