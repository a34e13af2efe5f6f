"""Empty folders for the programs that are measured: HOME, TMPDIR and the working directory.

They have the same paths for all engines, as even the length of a path can change a time, and are
emptied between runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from molt_build import interrupts
from molt_build.files import empty_folder
from molt_build.temporary import new_folder

PADDING = "ENVIRONMENT_PADDING"  # a variable that says nothing, and moves what lies below it
SCRATCH_FOLDERS = ("home", "tmp", "work")


@contextmanager
def scratch_folders(prefix: str) -> Iterator[Path]:
    """A new folder that holds the three, until the block is left."""
    with ExitStack() as made:
        with interrupts.held():  # until it is known what is to be removed
            scratch = made.enter_context(new_folder(prefix))
        empty(scratch)
        yield scratch


def private_environment(scratch: Path) -> dict[str, str]:
    """The variables that every measured program gets; PYTHONHASHSEED is its block's."""
    return {
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def empty(scratch: Path) -> None:
    """Nothing that a run leaves is there for the next.

    Least of all a link in the place of one of the three, through which what lies elsewhere would
    be removed. Raises `OSError` for what stays.
    """
    for name in SCRATCH_FOLDERS:
        empty_folder(scratch, scratch / name)
