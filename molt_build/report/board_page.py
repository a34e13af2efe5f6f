"""The published page of the board: `docs/benchmarks/board.md`, of results and tracks' manifests.

Unlike other pages it changes when a manifest does: what a track is and which targets it has stands
in no result. It has no now, so ages are left to the terminal; it tells days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from molt_build.errors import UsageError
from molt_build.governance.board import Board, board_of
from molt_build.governance.evidence import evidence, evidence_of
from molt_build.manifests.model import Manifests
from molt_build.report.board_rows import (
    REGRESSION_TITLES,
    TITLES,
    kpi_rows,
    loss_rows,
    regression_rows,
)
from molt_build.report.page import PAGES, Page, rendered
from molt_build.results.files import Result, read_result, result_file
from molt_build.runs.published import published_folder

PAGE = PAGES / "board.md"


def board_results(
    project: Path, manifests: Manifests, warn: Callable[[str], None] = lambda line: None
) -> list[Result]:
    """The results that the board rests on, so far as they are there, the latest last.

    Raises `UsageError` when none is.
    """
    with evidence(project, warn) as rows:
        folders = {}
        for name, folder in rows.execute("SELECT id, folder FROM runs").fetchall():
            places = (project / folder, published_folder(project, name))
            there = [place for place in places if result_file(place) is not None]
            if there:
                folders[name] = there[0]
            else:
                rows.execute("DELETE FROM runs WHERE id = ?", (name,))
        runs = board_of(rows, manifests, warn=warn).runs
    if not runs:
        raise UsageError("no recorded run shows anything of a track", "molt-build bench makes one")
    return [read_result(folders[name]) for name in runs]


def page_of(results: Sequence[Result], manifests: Manifests, stem: str) -> tuple[Page, Board]:
    """The page of these runs alone, and the board that it shows."""
    with evidence_of(results) as rows:
        board = board_of(rows, manifests)
    text = rendered(
        "board.md.j2",
        board=board,
        runs=results,
        titles=TITLES,
        tracks=[
            [f"{one.name} {one.title}", one.priority, one.owner, one.state, one.exit_gate]
            for one in board.tracks
        ],
        kpis=[row for track in board.tracks for row in kpi_rows(track, is_page=True)],
        regression_titles=REGRESSION_TITLES,
        regressions=list(regression_rows(board)),
        losses=list(loss_rows(board)),
    )
    return Page(text, f"{stem}_pictures"), board
