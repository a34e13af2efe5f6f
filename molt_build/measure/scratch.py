"""Empty folders for the programs that are measured: HOME, TMPDIR and the working directory.

They have the same paths for all engines, as even the length of a path can change a time, and are
emptied between runs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molt_build import interrupts

SCRATCH_FOLDERS = ("home", "tmp", "work")


@contextmanager
def scratch_folders(prefix: str) -> Iterator[Path]:
    """A new folder that holds the three, until the block is left."""
    folder: Path | None = None
    try:
        with interrupts.held():
            folder = Path(os.path.realpath(tempfile.mkdtemp(prefix=prefix)))
        for name in SCRATCH_FOLDERS:
            (folder / name).mkdir(mode=0o700)
        yield folder
    finally:
        with interrupts.held():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def private_environment(scratch: Path) -> dict[str, str]:
    """The variables that every measured program gets; PYTHONHASHSEED is its block's."""
    return {
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def empty(scratch: Path) -> None:
    """Nothing that a run leaves is there for the next."""
    for name in SCRATCH_FOLDERS:
        for entry in os.scandir(scratch / name):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
