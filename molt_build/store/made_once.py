"""Folders that are made once and then shared: unpacked sources, toolchain environments.

Such a folder is made in place, under the lock `FOLDER.lock` beside it, which those who work in it
inherit. It counts only once the file `complete` lies in it, written last: so it is there whole or
not at all. What a maker that failed has begun it removes; what a killed one left, who makes it
next, or the next session (`molt_build.store.leftovers`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from molt_build.files import remove_tree
from molt_build.store.locks import Waiting, locked


def marker(folder: Path) -> Path:
    """The file whose presence says that the folder is whole."""
    return folder / "complete"


def make_once(
    folder: Path,
    make: Callable[[int], str],
    waiting: Waiting,
    *,
    kind: str,
    name: str,
    root: Path | None = None,
) -> None:
    """See that the folder is whole; raises what `make` raises, and `WaitedTooLong`.

    `make` fills the empty folder while it is locked, is given the lock's descriptor for those whom
    it starts, and says what the marker shall hold. No level below the `root` may be a link.
    """
    if marker(folder).exists():
        return
    with locked(folder.with_suffix(".lock"), waiting, kind=kind, name=name) as held:
        if marker(folder).exists():
            return
        remove_tree(folder, root=root, may_fail=True)
        folder.mkdir(mode=0o700)
        try:
            marker(folder).write_text(make(held.descriptor) + "\n")
        except BaseException:
            remove_tree(folder, root=root, may_fail=True)
            raise
