"""The documentation site: built without a warning, and as a browser shows it from the disk."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from browser import Browser, open_browser
from build_projects import REPOSITORY
from other_processes import PATIENCE_S

BUILD = REPOSITORY / "docs/site/build.py"
PHONE, DESKTOP = 390, 1280  # widths in pixels
WIDE = (
    "index.html",
    "docs/manifests.html",
    "docs/reference/commands.html",
    "docs/reference/toolchain.html",
    "docs/benchmarks/bench_summary.html",
    "docs/benchmarks/friend_summary.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `nox -s docs` builds it."""
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name)
    folder = tmp_path_factory.mktemp("docs") / "site"
    built = subprocess.run(
        [sys.executable, str(BUILD), str(folder)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return folder


def test_the_site_has_every_page(site: Path) -> None:
    pages = {path.relative_to(REPOSITORY) for path in (REPOSITORY / "docs").rglob("*.md")}
    pages = {page for page in pages if page.parts[1] != "site"}
    pages |= {page.relative_to(REPOSITORY) for page in REPOSITORY.glob("*.md")}
    pages = pages - {Path("README.md")} | {Path("index.md")}
    assert {page for page in pages if not (site / page.with_suffix(".html")).exists()} == set()


def test_the_public_functions_are_described(site: Path) -> None:
    text = (site / "docs/python.html").read_text()
    for name in ("nox.register_sessions", "results.files.read_bench", "engines.Engine"):
        assert f'id="molt_build.{name}"' in text
    assert "Listing sessions" not in text  # what a module says of itself is for who reads it


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r'<(?:script|img|link)\b[^>]*?(?:src|href)="(https?:[^"]+|//[^"]+)"')
    assert {page: loaded.findall(page.read_text()) for page in site.rglob("*.html")} == {
        page: [] for page in site.rglob("*.html")
    }
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", sheet.read_text()), sheet


def test_what_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("furo")
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "CHANGELOG.md").write_text("# Changelog\n")
    leads = ("gone.md", "#away", "CHANGELOG.md#left", "CHANGELOG.md#changelog")
    links = "".join(f"[a link]({lead})\n" for lead in leads)
    page = f"# A page\n\n{links}![a picture](lost.svg)\n\n```{{toctree}}\nCHANGELOG.md\n```\n"
    (sources / "index.md").write_text(page)
    (sources / "unlisted.md").write_text("# In no list\n")
    program = "import sys; sys.path.insert(0, sys.argv[1]); from build import run_sphinx as run; "
    program += "from pathlib import Path; sys.exit(run(Path(sys.argv[2]), Path(sys.argv[3])))"
    words = [sys.executable, "-c", program, str(BUILD.parent), str(sources), str(tmp_path / "site")]
    built = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S)
    assert built.returncode == 1, built.stderr
    warnings = [line for line in built.stderr.splitlines() if "WARNING" in line]
    for place in ("gone.md", "away", "left", "lost.svg", "unlisted.md"):
        assert [line for line in warnings if place in line], (place, built.stderr)
    assert len(warnings) == 5


def test_a_browser_shows_it_from_the_disk(site: Path, tmp_path: Path) -> None:
    with open_browser(tmp_path / "profile") as browser:
        browser.size(PHONE)
        for page in WIDE:
            browser.open(f"file://{site}/{page}")
            width = browser.evaluate("document.documentElement.scrollWidth")
            assert width == PHONE, page  # what is wider scrolls within itself
        tables = "[...document.querySelectorAll('.table-wrapper')]"
        is_wide = f"{tables}.some(one => one.scrollWidth > one.clientWidth)"
        assert browser.evaluate(is_wide)
        pictures = "[...document.querySelectorAll('article img')].map(one => one.naturalWidth)"
        assert all(browser.evaluate(pictures)) and browser.evaluate(pictures)
        browser.size(DESKTOP)
        assert_search_finds(browser, site)
        asked = {address.partition(":")[0] for address in browser.requested}
        assert asked == {"file", "data"}
        assert browser.failed == []


def assert_search_finds(browser: Browser, site: Path) -> None:
    """A key of a manifest leads to its place in the reference."""
    browser.open(f"file://{site}/index.html")
    browser.evaluate("document.querySelector('.sidebar-search').value = 'meaningful_comments'")
    browser.evaluate("document.querySelector('.sidebar-search').form.submit()")
    browser.wait_for("location.pathname.endsWith('search.html')")
    links = "[...document.querySelectorAll('#search-results li a')].map(one => one.href)"
    place = "reference/toolchain.html#stages-meaningful-comments"
    browser.open(browser.wait_for(f"({links}).find(one => one.includes('{place}'))"))
    heading = "document.querySelector(location.hash + ' > h3').textContent"
    assert "stages.meaningful_comments" in browser.evaluate(heading)
