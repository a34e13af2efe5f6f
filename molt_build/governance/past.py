"""What a figure may be by its own past, and how the latest value is seen against it.

Let d be the changes of the logarithm from each run to the next, signed so that above 0 is worse. A
change is usual up to Tukey's fences of d (Tukey 1977, Exploratory Data Analysis, 2C):

    inner fence = Q3 + 1.5 (Q3 - Q1)        outer fence = Q3 + 3 (Q3 - Q1)

and at least log(1 + `least`): nobody is woken for less. The latest value is seen against the median
(of logarithms) of the last ten before it, not against the last alone, so that one odd run makes no
alarm of the next. Adjacent changes of independent values vary with twice the variance of a value,
and the distance from such a median with 1.2 times; so the fences are wide: with normal noise 3.5
and 5.9 standard deviations once the quartiles are known well. Simulated, of 4,000 runs in which
nothing changed, in per cent (inner, outer fence), after 8 and after 40 runs:

    normal noise, 2 %                       1.8, 0.4    0.1, 0.0
    Student's t with 4 degrees of freedom   2.5, 0.9    0.8, 0.2
    1 %, and one run in 14 up to 15 % off   5.6, 3.5    4.4, 2.9

and of runs that are 10 % worse, under the first, 77 % are beyond the inner fence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from molt_build.governance.figures import Member
from molt_build.governance.judging import Limit
from molt_build.measure.statistics import quantile

MIN_PAST = 8  # runs before the latest
WINDOW = 10  # of those, whose median the latest is seen against
LEAST = 0.02  # a change that is smaller is none


def fences(past: Sequence[float], *, is_lower_better: bool, least: float) -> Limit:
    """How many times as bad as the median the latest value may be, of at least two values."""
    sign = 1 if is_lower_better else -1
    logs = [sign * math.log(value) for value in past]
    changes = sorted(after - before for before, after in pairwise(logs))
    low, high = quantile(changes, 0.25), quantile(changes, 0.75)
    floor = math.log1p(least)
    inner = max(high + 1.5 * (high - low), floor)
    outer = max(high + 3 * (high - low), floor)
    return Limit(math.exp(inner), is_maximum=True, outer=math.exp(outer))


def beside_past(one: Member, past: Sequence[float], *, is_lower_better: bool) -> Member:
    """The member as how many times as bad it is as the median of its past: above 1 is worse."""
    middle = math.exp(median(map(math.log, past[-WINDOW:])))

    def times(value: float | None) -> float | None:
        if value is None or value <= 0:
            return None
        return value / middle if is_lower_better else middle / value

    ends = (times(one.low), times(one.high))
    low, high = ends if is_lower_better else ends[::-1]
    return replace(one, value=times(one.value), low=low, high=high, is_green=None)
