"""A published page: made from a template, written with its pictures whole or not at all.

Python computes the values of a page, a template in `templates/` has its words. A name that a
template has and its values have not is an error; numbers are written by the filters, which are
`molt_build.report.formatting`'s functions, so that all pages and the terminal write them alike.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from molt_build.files import real_folder, remove_files
from molt_build.report import beside_speed, formatting, pair_words, phrases, table_rows
from molt_build.report.program_table import program_table
from molt_build.report.reproducing import reporting, reproducing
from molt_build.results.facts import NamedRun
from molt_build.results.scoring import has_intervals
from molt_build.temporary import write_whole
from molt_build.watch import counted

if TYPE_CHECKING:
    from jinja2 import Environment

PAGES = Path("docs") / "benchmarks"  # in the project
TEMPLATES = Path(__file__).with_name("templates")

_MODE = 0o644  # for everybody to read, whatever the umask


@dataclass(frozen=True)
class Picture:
    """An SVG file in a folder beside a page, and what it shows in words."""

    file: str
    svg: str
    words: str


@dataclass(frozen=True)
class Page:
    """A page, with the pictures that lie in a folder beside it which is its own."""

    text: str
    folder: str
    pictures: tuple[Picture, ...] = ()

    def write(self, file: Path) -> None:
        """Write it, the pictures first; raises `OSError`, and `LinkInTheWay` for the folder."""
        if self.pictures or (file.parent / self.folder).is_dir():
            write_pictures(file.parent / self.folder, self.pictures)
        write_page(file, self.text)


def made_of(runs: Iterable[NamedRun]) -> str:
    """What a page says of its runs, in the order in which it was made of them."""
    return ", ".join(run.run for run in runs)


def rendered(template: str, **values: object) -> str:
    """The page that a template makes of the values, with no more than one empty line in a row."""
    page = environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


@lru_cache
def environment() -> Environment:
    """What all templates share. Pages are Markdown, so nothing is escaped as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    found.filters |= {
        "number": formatting.number,
        "interval": formatting.interval,
        "seconds": formatting.seconds,
        "mebibytes": formatting.mebibytes,
        "metric_value": formatting.metric_value,
        "counted": counted,
        "plain": formatting.plain,
        "quoted": formatting.quoted,
        "machine_words": formatting.machine_words,
        "column_title": formatting.COLUMN_TITLES.__getitem__,
        "status_words": formatting.STATUS_WORDS.__getitem__,
        "shell": shlex.join,
        "cell": formatting.markdown_cell,
        "table": _table,
    }
    found.globals |= {"table_rows": table_rows, "phrases": phrases, "pair_words": pair_words}
    found.globals["beside_speed"] = beside_speed
    found.globals |= {"program_table": program_table, "has_intervals": has_intervals}
    found.globals |= {"reproducing": reproducing, "reporting": reporting, "made_of": made_of}
    return found


def write_page(file: Path, content: str) -> None:
    """Write the file by a temporary one beside it and a rename; its folder is made."""
    write_whole(file, content, mode=_MODE)


def write_pictures(folder: Path, pictures: Iterable[Picture]) -> None:
    """Write the pictures; those in the folder that are none of them are removed.

    The folder belongs to the page beside it: raises `LinkInTheWay` when it is a link.
    """
    real_folder(folder.parent, folder)
    files = {one.file: one.svg for one in pictures}
    for name, svg in files.items():
        write_whole(folder / name, svg, folder.parent, mode=_MODE)
    remove_files(folder.parent, folder, lambda path: path in files or not _is_picture(path))


def _table(body: Sequence[Sequence[str]], head: Sequence[str], *, is_text: bool = False) -> str:
    """A filter: `rows | table(["program", "median"])`."""
    return "\n".join(formatting.markdown_table([head, *body], is_text=is_text))


def _is_picture(path: str) -> bool:
    return path.endswith(".svg") and "/" not in path
