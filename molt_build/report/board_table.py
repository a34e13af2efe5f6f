"""The board on the terminal: a line for each track, with its KPIs below, and the largest losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from molt_build.governance.board import Board
from molt_build.report.board_rows import (
    NUMBERS,
    REGRESSION_TITLES,
    TITLES,
    kpi_rows,
    loss_rows,
    regression_rows,
)
from molt_build.report.terminal import plain_table, print_table, say

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"met": "green", "missed": "red", "unclear": "yellow", "unmeasured": "dim"}


def print_board(console: Console, board: Board) -> None:
    """All of it, as wide as it is."""
    from rich.text import Text

    say(console, [f"engine: {board.engine}", ""])
    for track in board.tracks:
        say(console, [f"{track.name} {track.title}: {track.priority}, {track.state}"])
    table = plain_table(TITLES, NUMBERS)
    for track in board.tracks:
        for place, row in enumerate(kpi_rows(track)):
            name, kpi, verdict, *rest = row
            cells = [Text("" if place else name), Text(kpi), Text(verdict, COLOURS[verdict])]
            table.add_row(*cells, *map(Text, rest))
    console.print()
    print_table(console, table)
    if board.regressions:
        regressions = plain_table(REGRESSION_TITLES, ())
        for row in regression_rows(board):
            regressions.add_row(*map(Text, row))
        console.print()
        print_table(console, regressions)
    if board.losses:
        titles = ("losses of", "where", "family", "cost", "programs", "worst", "run")
        losses = plain_table(titles, ("cost", "worst"))
        for row in loss_rows(board):
            losses.add_row(*map(Text, row))
        console.print()
        print_table(console, losses)
