"""The policy of gates: what an interval says of a limit, and what tempers it.

A verdict is the interval's, never the estimate's:

    pass        the whole interval is within the limit
    fail        the whole interval is beyond it, or the member was tried and failed
    warn        the interval holds the limit; or it is wholly beyond, and may only warn: the gate's
                severity says so, a waiver holds, or the interval is wider than `steady_within`
    unmeasured  there is no interval

A figure that is exact has its value at both ends. One that has neither an interval nor is exact (a
KPI of a case) is as it was judged when it was measured; against a history its own spread stands for
the interval (`molt_build.governance.past`): beyond the inner fence it warns, beyond the outer one
it fails. A gate is what its worst member is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from molt_build.governance.figures import Member
from molt_build.manifests.gate import Gate
from molt_build.results.gates import GateVerdict, JudgedMember

_ORDER: Mapping[GateVerdict, int] = {
    "fail": 0,
    "warn": 1,
    "stale": 2,
    "unmeasured": 3,
    "pass": 4,
}
NO_INTERVAL = "it has no interval: six blocks make one"
HOLDS_THE_LIMIT = "its interval holds the limit"


@dataclass(frozen=True)
class Limit:
    """What a member may be; `outer` is where one without an interval fails, if it is another."""

    value: float
    is_maximum: bool
    outer: float | None = None

    def is_beyond(self, value: float, limit: float | None = None) -> bool:
        """Whether a value is worse than the limit, or than another one."""
        bound = self.value if limit is None else limit
        return value > bound if self.is_maximum else value < bound


def judge(gate: Gate, one: Member, limit: Limit | None, day: date) -> JudgedMember:
    """The verdict of a member on a day, for which waivers hold or not."""
    word, note = _said(one, limit)
    if word == "fail":
        word, note = _tempered(gate, one, day, note)
    elif waiver := next((row for row in gate.waivers if row.holds(one.of, day)), None):
        note = note or f"a waiver holds until {waiver.expires}"
    shown = None if limit is None else limit.value
    return JudgedMember(one.of, word, one.value, one.low, one.high, shown, one.blocks, note)


def _said(one: Member, limit: Limit | None) -> tuple[GateVerdict, str]:
    if one.is_failed:
        return "fail", one.reason
    if one.value is None or limit is None:
        return "unmeasured", one.reason
    if one.low is None or one.high is None:
        if one.is_green is not None and limit.outer is None:
            return ("pass", "") if one.is_green else ("fail", "")
        if limit.outer is None:
            return "unmeasured", NO_INTERVAL
        if limit.is_beyond(one.value, limit.outer):
            return "fail", ""
        return ("warn", "beyond its usual changes") if limit.is_beyond(one.value) else ("pass", "")
    better, worse = (one.low, one.high) if limit.is_maximum else (one.high, one.low)
    if limit.is_beyond(better):
        return "fail", ""
    return ("warn", HOLDS_THE_LIMIT) if limit.is_beyond(worse) else ("pass", "")


def _tempered(gate: Gate, one: Member, day: date, note: str) -> tuple[GateVerdict, str]:
    """What becomes of one that is surely worse than it may be."""
    waiver = next((row for row in gate.waivers if row.holds(one.of, day)), None)
    if waiver is not None:
        return "warn", f"waived until {waiver.expires}: {waiver.reason}"
    width = half_width(one)
    if width is not None and width > gate.steady_within:
        return "warn", f"its interval of ±{width:.0%} is too wide to fail"
    return ("warn", note) if gate.severity == "warn" else ("fail", note)


def half_width(one: Member) -> float | None:
    """Half of the interval's length on the log scale; None where it has none."""
    if one.low is None or one.high is None or one.low <= 0:
        return None
    return (math.log(one.high) - math.log(one.low)) / 2


def in_order(members: Iterable[JudgedMember], *, is_maximum: bool) -> list[JudgedMember]:
    """The worst first: by verdict, then by how far beyond or near its limit."""

    def distance(one: JudgedMember) -> float:
        if one.value is None or one.limit is None:
            return 0.0
        return (one.value - one.limit) * (-1 if is_maximum else 1)

    return sorted(members, key=lambda one: (_ORDER[one.verdict], distance(one), one.of))


def of_all(members: Sequence[JudgedMember]) -> GateVerdict:
    """The verdict of a gate with these members."""
    return min((one.verdict for one in members), key=_ORDER.__getitem__, default="unmeasured")
