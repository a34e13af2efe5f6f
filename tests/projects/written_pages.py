"""Pages as a project has them, without raw results beside them: for tests of pages."""

from __future__ import annotations

from pathlib import Path

from molt_build.report import compile_progress, friend_summary
from molt_build.report.scorecard import Scorecard


def cases_page(project: Path, run: str | None = None) -> Path:
    """The page of a run of the cases, by default of the latest complete one."""
    results = compile_progress.page_results(project, run)
    compile_progress.page_of(results).write(project / compile_progress.PAGE)
    return project / compile_progress.PAGE


def suites_page(project: Path, card: Scorecard) -> Path:
    """The page of suites."""
    friend_summary.page_of(card).write(project / friend_summary.PAGE)
    return project / friend_summary.PAGE
