"""Builds that had nothing to do, counted: how many there were, and the seconds that they saved.

They are what a cache is for, and they write no row to the history: opening it would take longer
than all the rest of them. Each adds a line to a text file, by one write at its end, which no other
can split. A line is the seconds that the build's actions took when they were executed; where many
lines were made one, their sum and after it how many they were. What is no such line is passed over:
nothing depends on this. A kill in the moment of making many lines one may count them twice.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from molt_build import NOTHING_DONE
from molt_build.files import append_to

FOLD_BYTES = 2**20  # some hundred thousand builds


def read_nothing_done(project: Path) -> tuple[int, float]:
    """How many builds of a project had nothing to do, and the seconds that they saved."""
    return _sum(_files(project))


def fold_nothing_done(project: Path) -> None:
    """Make one line of many, where they are very many; what cannot be is left as it is."""
    file = project / NOTHING_DONE
    try:
        if file.stat().st_size < FOLD_BYTES:
            return
        os.replace(file, file.with_name(f"{file.name}.{os.getpid()}"))
        aside = [path for path in _files(project) if path != file]
        builds, saved_s = _sum(aside)
        descriptor = append_to(file)
        try:
            os.write(descriptor, f"{saved_s:.3f} {builds}\n".encode())
        finally:
            os.close(descriptor)
        for path in aside:
            path.unlink(missing_ok=True)
    except OSError:
        return


def _files(project: Path) -> list[Path]:
    file = project / NOTHING_DONE
    return sorted(file.parent.glob(f"{file.name}*"))


def _sum(files: list[Path]) -> tuple[int, float]:
    builds, saved_s = 0, 0.0
    for file in files:
        try:
            is_ours = file.is_file() and not file.is_symlink()
            lines = file.read_bytes().splitlines() if is_ours else []
        except OSError:
            continue
        for line in lines:
            first, *count = line.split()[:2] or [b""]
            try:
                seconds, number = float(first), int(count[0]) if count else 1
            except ValueError:
                continue
            if math.isfinite(seconds) and seconds >= 0 and number > 0:
                builds, saved_s = builds + number, saved_s + seconds
    return builds, saved_s
