"""`.molt-build/` in the project: materialised outputs, plans and the history, ignored by git."""

from __future__ import annotations

from pathlib import Path

from molt_build.build.warm import STATE_FOLDER


def state_dir(project: Path) -> Path:
    """The folder, made with its own `.gitignore` when it is not there."""
    folder = project / STATE_FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
    return folder
