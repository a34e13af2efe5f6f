"""Builds the documentation site: `python docs/site/build.py [FOLDER]` (default: site/).

Its pages are README.md as the front page, the other pages beside it and all of docs/, as they are:
plain Markdown, which a code host shows as well. What only the site has is added to copies: the
contents at its side, which are those of README's section "More", and the Python API. A page that
README does not list, a link that leads nowhere and every other warning is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PAGES = [page.name for page in REPOSITORY.glob("*.md")]
_LINK = re.compile(r"\]\(([^)#\s:]+\.md)\)")


def build_site(folder: Path) -> int:
    """Build the site into a folder; the exit status of Sphinx, 0 when all is well."""
    with tempfile.TemporaryDirectory(prefix="molt-build-docs-") as scratch:
        sources = Path(scratch) / "sources"
        write_sources(sources)
        return run_sphinx(sources, folder)


def run_sphinx(sources: Path, folder: Path) -> int:
    """Build pages as they were written into a folder; nothing of an earlier build is trusted."""
    strict = ["-q", "-E", "-W", "--keep-going"]  # a warning is an error, and each is shown
    with tempfile.TemporaryDirectory(prefix="molt-build-doctrees-") as doctrees:
        status: int = build_main(
            [*strict, "-b", "html", "-c", str(HERE), "-d", doctrees, str(sources), str(folder)]
        )
    return status


def write_sources(sources: Path) -> None:
    """Write the pages as Sphinx reads them."""
    sources.mkdir(parents=True)
    for entry in REPOSITORY.iterdir():  # pages may link any file of the repository
        if entry.name not in ("docs", *PAGES) and not entry.name.startswith("."):
            (sources / entry.name).symlink_to(entry)
    shutil.copytree(REPOSITORY / "docs", sources / "docs", ignore=shutil.ignore_patterns("site"))
    for page in PAGES:
        shutil.copy(REPOSITORY / page, sources / page)
    (sources / "README.md").rename(sources / "index.md")
    for page in sources.glob("*.md"):
        _lead_home(page, "README.md")
    for page in (sources / "docs").rglob("*.md"):
        up = os.path.relpath(sources, page.parent)
        _lead_home(page, f"{up}/README.md")
    _add(sources / "index.md", "\n".join(_contents((sources / "index.md").read_text())))
    reference = sources / "docs/reference"
    names = [link[1] for link in _LINK.finditer((reference / "README.md").read_text())]
    _add(reference / "README.md", "\n".join(_tree("", names)))
    _add(sources / "docs/python.md", (HERE / "api.md").read_text())


def _lead_home(page: Path, home: str) -> None:
    """Links to README.md lead to the front page."""
    text = page.read_text()
    page.write_text(text.replace(f"]({home}", f"]({home.removesuffix('README.md')}index.md"))


def _contents(front: str) -> Iterator[str]:
    """The site's contents: a group for each list of the section "More", titled as there."""
    more = front.partition("\n## More\n")[2].partition("\n## ")[0]
    for title, listed in re.findall(r"^(\S[^\n]*):\n\n((?:- [^\n]*\n)+)", more, re.MULTILINE):
        pages = [link[1] for link in _LINK.finditer(listed)]
        yield from _tree(title, [one for page in pages for one in (page, *_of_other_pythons(page))])


def _of_other_pythons(page: str) -> list[str]:
    """The pages beside it that are of other versions of Python: bench_summary_3.13.md."""
    beside = (REPOSITORY / page).parent.glob(f"{Path(page).stem}_[0-9]*.md")
    return sorted(one.relative_to(REPOSITORY).as_posix() for one in beside)


def _tree(title: str, pages: list[str]) -> Iterator[str]:
    yield from (
        "",
        "```{toctree}",
        ":hidden:",
        ":titlesonly:",
        *([f":caption: {title}"] if title else []),
        "",
    )
    yield from (*pages, "```", "")


def _add(page: Path, text: str) -> None:
    page.write_text(f"{page.read_text()}\n{text}")


if __name__ == "__main__":
    sys.exit(build_site(Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / "site")))
