"""Whether a figure keeps its target: a verdict is the interval's, never the estimate's.

met: the whole interval keeps the target, of each member; missed: no part of the interval of some
member does, or one failed; unclear: anything else. What has no interval, and is not exact, is
unclear, but for KPIs of cases: those were judged when they were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from molt_build.governance.figures import Member

TargetVerdict = Literal["met", "missed", "unclear", "unmeasured"]


def member_verdict(one: Member, limit: float | None, *, is_maximum: bool) -> TargetVerdict:
    """What a member's interval says of a limit; None: it says nothing."""
    if one.is_failed:
        return "missed"
    if one.value is None:
        return "unmeasured"
    if one.is_green is not None:
        return "met" if one.is_green else "missed"
    if limit is None or one.low is None or one.high is None:
        return "unclear"
    if is_maximum:
        return "met" if one.high <= limit else "missed" if one.low > limit else "unclear"
    return "met" if one.low >= limit else "missed" if one.high < limit else "unclear"


def verdict_of(
    members: Sequence[Member], limit: float | None, *, is_maximum: bool
) -> TargetVerdict:
    """What all members say together."""
    said = {member_verdict(one, limit, is_maximum=is_maximum) for one in members}
    for word in ("missed", "unclear", "unmeasured"):
        if word in said:
            return word
    return "met" if said else "unmeasured"


def worst(members: Sequence[Member], *, is_maximum: bool) -> Member:
    """The member that does worst: one that failed, else the one farthest from keeping its limit."""

    def order(one: Member) -> tuple[bool, float, str]:
        value = 0.0 if one.value is None else one.value
        if one.limit:
            value /= one.limit
        return not one.is_failed, -value if is_maximum else value, one.of

    return min(members, key=order)
