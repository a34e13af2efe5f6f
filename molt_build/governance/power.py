"""Whether so few blocks can show a change: what a verdict that says little must say too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molt_build.measure.significance import smallest_p_value
from molt_build.measure.statistics import MIN_BLOCKS
from molt_build.watch import counted


def weakness(
    engine: str, compared: int, tested: Sequence[tuple[int, ...]], rate: float
) -> Iterator[str]:
    """Why a change in one program of an engine alone may stay unseen, where it may.

    `tested` has, for each compared program with a p value, its blocks: of the pairs, or of each of
    two runs. `rate` is that of false discoveries.
    """
    few = compared - len(tested)
    if few:
        yield (
            f"{engine}: {few} of {counted(compared, 'program')} {'has' if few == 1 else 'have'} "
            f"under {MIN_BLOCKS} blocks; a verdict needs {MIN_BLOCKS} blocks, and a larger "
            f"--budget gives more"
        )
    if tested and smallest_p_value(*max(tested)) > rate / len(tested):
        yield (
            f"{engine}: with {' and '.join(map(str, max(tested)))} blocks a change in one program "
            f"of {len(tested)} alone cannot be told from chance; a larger --budget gives more"
        )
