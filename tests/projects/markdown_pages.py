"""Markdown pages as tests read them: sections, and the cells of tables."""

from __future__ import annotations

import re


def headings(page: str, level: int = 2) -> list[str]:
    """The titles of its sections."""
    sign = "#" * level + " "
    return [line.removeprefix(sign) for line in page.splitlines() if line.startswith(sign)]


def section(page: str, title: str, level: int = 2) -> str:
    """What stands under a heading, to the next of its level or above."""
    rest = page.partition(f"\n{'#' * level} {title}\n")[2]
    return re.split(rf"\n#{{1,{level}}} ", rest)[0]


def rows_of(text: str) -> list[list[str]]:
    """The cells of all tables in a text, their heads too, without their rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-:")]


def table_of(text: str) -> dict[str, dict[str, str]]:
    """The first table of a text: by a row's first cell, its cells by the names in the head."""
    first = text[text.index("\n|") :].lstrip().partition("\n\n")[0]
    head, *rows = rows_of(first)
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def check_tables(page: str) -> None:
    """All rows of a table have as many cells, and no line begins a list by chance."""
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
