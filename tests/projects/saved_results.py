"""Results as they lie in a project, made by no run of it: for tests of who reads them."""

from __future__ import annotations

from pathlib import Path

from molt_build.results.files import Result, write_result


def saved(project: Path, result: Result) -> str:
    """Write a result into the folder of its run; the folder."""
    folder = project / "bench/results" / result.run
    folder.mkdir(parents=True)
    write_result(folder, result)
    return str(folder)
