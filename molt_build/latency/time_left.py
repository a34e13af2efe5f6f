"""How long the cells that are left will take, from what steps of the same kind took so far.

A guess for people who wait, and for nothing else: no decision rests on it. A cell has steps of
several kinds, which differ by orders of magnitude: what sets it up (checkouts, the first build,
the comparison with the reference), builds of everything, builds after an edit, and builds that find
everything up to date. So a step is only ever guessed from steps of its kind: of the same cell where
there were any, else of the same toolchain and workload, else of all, as long for each program.

Nothing is said while nothing of what is left is known; where only some of it is, it takes at least
so long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from molt_build.latency.selection import Cell
from molt_build.results.cases import CaseCell, Sample

Kind = Literal["set-up", "everything", "edited", "nothing"]  # what a step builds
OVERHEAD_S = 0.1  # of a sample besides its own seconds: what is cleaned up


def sample_kind(cell: Cell) -> Kind:
    """What a sample of the cell builds."""
    if cell.case.cache_state in ("cold", "nocache"):
        return "everything"
    return "edited" if cell.case.edits else "nothing"


def warm_up_kind(cell: Cell) -> Kind:
    """What a warm-up builds: the cache has what the first build left."""
    if cell.case.cache_state == "nocache":
        return "everything"
    return "edited" if cell.case.edits else "nothing"


def warm_up_count(cell: Cell) -> int:
    """How many builds warm a cell up."""
    return cell.case.warm_ups * (2 if cell.case.compare_shards else 1)


@dataclass(frozen=True)
class _Seen:
    """A step that was done."""

    cell: str
    of: tuple[str, str]  # toolchain, workload
    kind: Kind
    seconds: float
    programs: int

    @property
    def each_s(self) -> float:
        """For a program: to find that nothing is to be done takes about as long for many."""
        return self.seconds if self.kind == "nothing" else self.seconds / self.programs


class TimeLeft:
    """What steps took, and which are left; a step is timed from the end of the one before it."""

    def __init__(
        self,
        cells: Iterable[Cell],
        done: Mapping[str, Sequence[Sample]],  # of each cell, from an earlier part of the run
        complete: Iterable[CaseCell] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._last = clock()
        self._seen: list[_Seen] = []
        self._left: dict[str, tuple[Cell, list[Kind]]] = {}
        finished = {one.name for one in complete}
        for cell in cells:
            samples = done.get(cell.name, ())
            for sample in samples:
                seconds = sample.wall_s + sample.interpreter_s + OVERHEAD_S
                self._note(cell, sample_kind(cell), seconds)
            if not cell.skip_reason and cell.name not in finished:
                self._left[cell.name] = (cell, list(_steps(cell, len(samples))))

    def begin(self) -> None:
        """A cell begins, and its first step."""
        self._last = self._clock()

    def did(self, cell: Cell, kind: Kind) -> None:
        """A step of that kind is done."""
        now = self._clock()
        self._note(cell, kind, now - self._last)
        self._last = now
        _, left = self._left.get(cell.name, (cell, []))
        if kind in left:
            left.remove(kind)

    def end(self, cell: Cell) -> None:
        """The cell is done, whatever was left of it."""
        self._left.pop(cell.name, None)

    def left_s(self) -> float | None:
        """Seconds that what is known of will take; None where nothing is."""
        found = [one for one in self._guesses() if one is not None]
        return sum(found) if found else None

    def is_all_known(self) -> bool:
        """Whether everything that is left could be guessed."""
        return None not in list(self._guesses())

    def _note(self, cell: Cell, kind: Kind, seconds: float) -> None:
        of = (cell.toolchain, cell.label)
        self._seen.append(_Seen(cell.name, of, kind, seconds, max(1, len(cell.programs))))

    def _guesses(self) -> Iterator[float | None]:
        for cell, kinds in self._left.values():
            guesses = {kind: self._guess(cell, kind) for kind in dict.fromkeys(kinds)}
            yield from (guesses[kind] for kind in kinds)

    def _guess(self, cell: Cell, kind: Kind) -> float | None:
        alike = [one for one in self._seen if one.kind == kind]
        of = (cell.toolchain, cell.label)
        for nearest in (
            [one.seconds for one in alike if one.cell == cell.name],
            [one.seconds for one in alike if one.of == of],
        ):
            if nearest:
                return median(nearest)
        if not alike:
            return None
        each_s = fmean(one.each_s for one in alike)
        return each_s if kind == "nothing" else each_s * len(cell.programs)


def _steps(cell: Cell, samples_done: int) -> Iterator[Kind]:
    yield "set-up"
    yield from [warm_up_kind(cell)] * warm_up_count(cell)
    yield from [sample_kind(cell)] * (cell.sample_count - samples_done)
