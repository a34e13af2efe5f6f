"""The dashboard, as a browser shows it from the disk, and what it is made of."""

from __future__ import annotations

import importlib.util
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import friend_results
import pytest
from browser import Browser, open_browser
from case_results import cell, run_of
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import LaneProject, lane_project
from lane_results import lane_result
from published import assert_published
from recorded_year import STEP, year_project
from saved_results import saved

from molt_build.governance.past import WINDOW, fences
from molt_build.report.dashboard.packing import aside, in_steps, rounded, steps_for
from molt_build.results.files import read_environment

PHONE, DESKTOP = 390, 1280
VIEWS = ("board", "lanes", "histories", "latency", "locks", "friends", "signals", "runs")
IS_SHOWN = "document.documentElement && document.documentElement.dataset.shown"
CHARTS = "[...document.querySelectorAll('.chart svg')].length"


def lane_of(folder: Path) -> LaneProject:
    """A project with a run of each kind: a lane whose text is markup, friends, cases."""
    lane = lane_project(folder)
    result = lane_result()
    markup = "</script><script>document.title = 'run'</script>"
    toys = replace(result.lane, description=markup, warnings=(markup,))
    saved(lane.root, replace(result, lanes={"toys_native": toys}))
    saved(lane.root, friend_results.typical())
    saved(lane.root, run_of(3, [cell("warm")]))
    return lane


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small project."""
    pytest.importorskip("vl_convert")
    lane = lane_of(tmp_path_factory.mktemp("small"))
    file = lane.root / "page.html"
    printed = lane.run("dashboard", "--output", str(file), "--json")
    assert printed.code == 0, printed.err
    assert_published("dashboard", json.loads(printed.out))
    return file


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the published results and of 400 made-up runs before them."""
    pytest.importorskip("vl_convert")
    from molt_build.manifests.loading import load
    from molt_build.report.dashboard.page import write_dashboard

    project = year_project(tmp_path_factory.mktemp("year"), 400)
    file = project / "page.html"
    written = write_dashboard(project, load(project), file, pytest.fail)
    assert written.runs >= 400
    return file


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with open_browser(tmp_path / "profile") as found:
        yield found


def show(
    browser: Browser, page: Path, words: str, *, width: int = DESKTOP, dark: bool = False
) -> None:
    """Open the page at an address, as anew."""
    browser.size(width)
    theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.call("Emulation.setEmulatedMedia", features=[theme])
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=f"{page.as_uri()}#{words}")
    browser.wait_for(IS_SHOWN)


def axe() -> str:
    """axe-core, as a package brings it; skips the test where that is not there."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-playwright-python, which brings axe-core, is not installed")
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def violations(browser: Browser, script: str) -> Any:
    """What axe-core finds on the page as it is shown."""
    browser.call("Runtime.evaluate", expression=script)
    told = "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).slice(0, 3).join(' ')"
    done = f"axe.run().then(found => {{ window.found = found.violations.map({told}); }})"
    browser.evaluate(f"{done}, 1")
    browser.wait_for("window.found !== undefined")
    return browser.evaluate("window.found")


def test_every_view_is_drawn_from_the_disk(page: Path, browser: Browser) -> None:
    for view in VIEWS:
        show(browser, page, f"view={view}")
        assert (
            browser.evaluate("document.querySelector('nav [aria-current]').hash") == f"#view={view}"
        )
        assert browser.evaluate("document.querySelectorAll('main h2').length") == 1
        if view in ("lanes", "histories", "latency", "friends"):
            assert browser.evaluate(CHARTS) >= 1, view
    assert browser.failed == [] and browser.said == []
    assert {address.partition(":")[0] for address in browser.requested} <= {"file", "data", "about"}


def test_what_results_say_is_no_markup(page: Path, browser: Browser) -> None:
    show(browser, page, "view=lanes")
    assert "run" not in browser.evaluate("document.title").split()
    assert "</script><script>" in browser.evaluate("document.getElementById('main').textContent")
    assert "document.title = 'run'" not in page.read_text()  # it is packed


def test_a_link_shows_another_reader_the_same(page: Path, browser: Browser) -> None:
    words = "view=lanes&metric=peak_memory_bytes&sort=program"
    show(browser, page, words)
    chosen = "document.getElementById('choice-metric').value"
    assert browser.evaluate(chosen) == "peak_memory_bytes"
    first = "document.querySelector('main tbody th').textContent"
    assert browser.evaluate(first) == "tidy"
    browser.evaluate("document.querySelector('[data-sort=program]').click()")
    browser.wait_for("location.hash.includes('sort=-program')")
    browser.wait_for(f"{first} === 'work'")
    browser.evaluate(
        "{ const one = document.getElementById('choice-metric'); one.value = 'wall_s';"
        " one.dispatchEvent(new Event('change')); }"
    )
    browser.wait_for(f"location.hash.includes('metric=wall_s') && {chosen} === 'wall_s'")


def test_numbers_are_those_of_the_result(page: Path, browser: Browser) -> None:
    lane = lane_result().lane
    ratio = lane.cells_by_key["work", "toy"].metrics["wall_s"].speedup
    assert ratio is not None and ratio.low is not None
    show(browser, page, "view=lanes")
    rows = "[...document.querySelectorAll('main tbody tr')].map(row => row.textContent)"
    [row] = [row for row in browser.evaluate(rows) if row.startswith("work")]
    assert f"{ratio.ratio:.2f}\N{MULTIPLICATION SIGN}" in row
    assert lane_result().run in browser.evaluate("document.querySelector('.source').textContent")


def test_without_the_library_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = lane_project(tmp_path)
    lane.project.write("missing/vl_convert.py", "raise ImportError\n")
    parts = [str(lane.root / "missing"), lane.project.variables()["PYTHONPATH"]]
    done = lane.run("dashboard", env={"PYTHONPATH": ":".join(parts)})
    assert done.code == 3
    assert "vl-convert-python" in done.err and "molt-build[dashboard]" in done.err


def test_the_machine_of_a_run_is_read_without_the_rest(tmp_path: Path) -> None:
    results = (lane_result(), friend_results.typical(), run_of(3, [cell("warm")]))
    for result in results:
        folder = Path(saved(tmp_path, result))
        assert read_environment(folder) == result.environment
        (folder / "result.json").write_text('{\n "environment": {"cores": 2}\n}')
        assert read_environment(folder) is None
    assert read_environment(tmp_path) is None


@given(st.lists(st.one_of(st.none(), st.floats(1e-6, 1e6)), min_size=1), st.integers(3, 6))
def test_steps_give_the_values_back(values: list[float | None], k: int) -> None:
    at, found = 0, []
    for step in in_steps(values, k):
        at += step or 0
        found.append(None if step is None else math.exp(at / 10**k))
    for value, again in zip(values, found, strict=True):
        assert (value is None) == (again is None)
        assert value is None or again is None or abs(again / value - 1) < 10**-k


@given(st.floats(0.01, 100), st.floats(1e-5, 0.5))
def test_a_step_is_small_beside_the_interval(ratio: float, half: float) -> None:
    low, high = ratio * math.exp(-half), ratio * math.exp(half)
    k = steps_for([(low, high)])
    assert k == 6 or 10**-k <= half / 10 + 1e-12 or k == 3
    [step] = aside([low], [ratio], k)
    assert step is not None and abs(step / 10**k + half) <= 1.01 * 10**-k


def test_what_is_no_number_is_none() -> None:
    assert [rounded(one) for one in (math.inf, math.nan, None, 1.0, 0.123456)] == [
        *(None, None, None, 1, 0.1235)
    ]


@pytest.mark.parametrize("is_lower_better", [True, False])
def test_bands_are_those_of_the_gates(
    page: Path, browser: Browser, *, is_lower_better: bool
) -> None:
    past = [1 + (number * 7 % 5) / 50 + number / 300 for number in range(25)]
    show(browser, page, "view=board")
    lower = "true" if is_lower_better else "false"
    found = browser.evaluate(f"dashboard.fences({json.dumps(past)}, {lower})")
    limit = fences(past, is_lower_better=is_lower_better, least=0.02)
    assert found["inner"] == pytest.approx(limit.value)
    assert found["outer"] == pytest.approx(limit.outer)
    points = json.dumps([{"value": value} for value in [*past, 1.0]])
    band = browser.evaluate(f"dashboard.withBands({points}).at(-1).band")
    ends = (band["middle"] / band["innerLow"], band["innerHigh"] / band["middle"])
    assert ends[is_lower_better] == pytest.approx(limit.value)
    assert band["middle"] == pytest.approx(math.exp(median(map(math.log, past[-WINDOW:]))))


@pytest.mark.parametrize("stays", [True, False])
def test_a_change_of_level_is_told_from_one_odd_run(
    page: Path, browser: Browser, *, stays: bool
) -> None:
    values = [1 + (number * 7 % 5) / 100 for number in range(20)]
    values += [1.5] * 5 if stays else [1.5, 1.0, 1.01, 1.02, 1.0]
    points = json.dumps([{"value": value} for value in values])
    show(browser, page, "view=board")
    script = f"dashboard.changePoints(dashboard.withBands({points}), false)"
    found = browser.evaluate(script)
    assert [(one["kind"], one["verdict"]) for one in found] == [("stayed", "better")] * stays


@pytest.mark.long
@pytest.mark.parametrize(("width", "dark"), [(DESKTOP, False), (DESKTOP, True), (PHONE, False)])
def test_nobody_is_kept_out(year: Path, browser: Browser, width: int, *, dark: bool) -> None:
    script = axe()
    addresses = [f"view={view}" for view in VIEWS]
    addresses += ["view=histories&job=bench_native&program=bench_fib", "view=latency&rows=all"]
    for words in addresses:
        show(browser, year, words, width=width, dark=dark)
        assert violations(browser, script) == [], words
        assert browser.evaluate("document.documentElement.scrollWidth") == width, words
    assert browser.failed == [] and browser.said == []


@pytest.mark.long
def test_a_year_of_daily_runs_fits(year: Path, browser: Browser) -> None:
    assert year.stat().st_size < 3_000_000
    show(browser, year, "view=histories&job=bench_native&engine=cython&program=bench_fib")
    assert browser.evaluate(CHARTS) == 1
    changes = "[...document.querySelectorAll('main td')].map(one => one.textContent)"
    said = [text for text in browser.evaluate(changes) if text.startswith("worse")]
    assert said
    times = float(re.findall(r"worse ([\d.]+)\D", said[0])[0])
    assert times == pytest.approx(STEP, rel=0.05)
    show(browser, year, "view=histories&of=OPT-1002 loops")
    assert browser.evaluate(CHARTS) == 1
    assert browser.failed == [] and browser.said == []


@pytest.mark.long
def test_keys_reach_everything_that_can_be_done(year: Path, browser: Browser) -> None:
    show(browser, year, "view=lanes")
    reached = set()
    for _ in range(60):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.add(browser.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"A", "BUTTON", "choice-engine", "choice-metric", "choice-sort", "choice-run"} <= reached
