"""What is printed on a terminal or into a pipe: lines, and tables that are never cut off.

A table is as wide as its rows. What is too wide for a terminal is shown with less in a row first
(`fitting`), then folded by the terminal itself.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from molt_build import voice

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def result_console() -> Console:
    """Where tables go: in a pipe one is as wide as its rows; a terminal folds only long notes."""
    stream = sys.stdout
    return console_on(stream, None if stream is not None and stream.isatty() else 200)


def console_on(stream: TextIO | None, width: int | None = None) -> Console:
    """Where a stream's tables and bars are drawn, in colours as the command line has it."""
    from rich.console import Console

    if voice.colour() == "never":
        return Console(file=stream, highlight=False, width=width, color_system=None)
    if voice.colour() == "auto":
        return Console(file=stream, highlight=False, width=width)
    return Console(
        file=stream,
        highlight=False,
        width=width,
        color_system="standard",
        force_terminal=True,
        no_color=False,
    )


def folded(line: str, indent: int) -> str:
    """A line for stdout: in a pipe as it is, folded where it is too wide for a terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return line
    import shutil
    import textwrap

    width = max(shutil.get_terminal_size().columns, indent + 20)
    wrapper = textwrap.TextWrapper(
        width,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return wrapper.fill(line)


def say(console: Console, lines: Iterable[str]) -> None:
    """Lines as they are, the long ones folded by the terminal."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def plain_table(
    titles: Sequence[str],
    numbers: Collection[str],
    *,
    dim: Collection[str] = (),
    is_folded: bool = False,
) -> Table:
    """A table without lines and rows; the columns of numbers stand to the right.

    The columns that are `dim` say less than the others. Cells are of one line, unless a table
    `is_folded`: then only those of the first column are.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, title in enumerate(titles):
        table.add_column(
            title,
            justify="right" if title in numbers else "left",
            style="dim" if title in dim else "",
            no_wrap=place == 0 or not is_folded,
        )
    return table


def fitting(console: Console, forms: Sequence[Table]) -> Table:
    """The first of these forms, the widest first, that the terminal is wide enough for."""
    narrow = [table for table in forms if _full_width(console, table) <= console.width]
    return narrow[0] if narrow else forms[-1]


def print_table(console: Console, table: Table) -> None:
    """The table with nothing cut off: what is wider than the terminal is folded by it."""
    width = console.width
    console.width = max(width, _full_width(console, table))
    try:
        console.print(table)
    finally:
        console.width = width


def _full_width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update_width(10_000)).maximum
