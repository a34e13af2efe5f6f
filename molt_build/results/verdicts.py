"""Verdicts: what a ratio with its interval says of a program, or of its change.

A program under an engine is faster, slower or equal; where the interval does not tell, unclear. A
change is faster or slower where it is real (`molt_build.measure.significance`), else the same or
inconclusive. Both leave out what is closer to 1 than the minimum effect.
"""

from __future__ import annotations

from molt_build.measure.statistics import RatioEstimate
from molt_build.results.bench import Verdict
from molt_build.results.changes import ChangeVerdict

FALSE_DISCOVERY_RATE = 0.05  # among the changes of an engine that are called real


def verdict(estimate: RatioEstimate | None, min_effect: float) -> Verdict | None:
    """faster, slower or equal, as far as the interval tells; unclear where it does not.

    faster: the whole interval is above 1 and the ratio by at least the minimum effect; equal: the
    whole interval is closer to 1 than that. None without an interval.
    """
    if estimate is None or estimate.low is None or estimate.high is None:
        return None
    effect = 1 + min_effect
    if estimate.low > 1 and estimate.ratio >= effect:
        return "faster"
    if estimate.high < 1 and estimate.ratio <= 1 / effect:
        return "slower"
    return "equal" if estimate.low >= 1 / effect and estimate.high <= effect else "unclear"


def change_verdict(change: RatioEstimate, min_effect: float, *, is_real: bool) -> ChangeVerdict:
    """faster or slower where the change is real; same where the interval says so."""
    if is_real:
        return "faster" if change.ratio > 1 else "slower"
    if change.low is None or change.high is None:
        return "inconclusive"
    limit = 1 + min_effect
    return "same" if change.low >= 1 / limit and change.high <= limit else "inconclusive"
