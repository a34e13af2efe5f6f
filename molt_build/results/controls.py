"""Programs that ran unchanged on both sides of a comparison: its controls.

Whatever a comparison finds to differ where the same artifacts ran is a false alarm, of noise that
it does not know of: a machine that became another, a layout that is no part of what was measured.
So these programs are not judged, and take no part in the correction for many; how many of them
would have been called different, had they been judged beside the others, stands with the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from molt_build.measure.significance import ChangeEstimate


def is_unchanged(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether two cells' artifacts are the same; not where they are not recorded."""
    return bool(before) and before == after


def with_controls(
    programs: Iterable[str],
    unchanged: Collection[str],
    judge: Callable[[Sequence[str]], list[ChangeEstimate]],
) -> tuple[dict[str, ChangeEstimate], tuple[str, ...]]:
    """The changes of the programs, and the false alarms among those that are unchanged.

    `judge` finds the changes of some programs, corrected for as many.
    """
    names = list(programs)
    together = {one.program: one for one in judge(names)}
    apart = judge([name for name in names if name not in unchanged])
    alarms = tuple(name for name in unchanged if name in together and together[name].is_real)
    return {**together, **{one.program: one for one in apart}}, alarms
