"""Whether a series of measurements lies above or below a line, asked after each of them.

To look after each block and to stop as soon as the answer is there would make an ordinary test err
far more often than it says. This one may be asked as often as one likes. Of values of which `k` lie
on one side and `n - k` on the other,

    M = sum(C(n + 1, j), j = 0..k) / ((n + 1) C(n, k))

is what a gambler has who staked 1 on that side and mixed all chances from 1/2 to 1 evenly: where
the next value lies on it with a chance of at most 1/2, whatever came before, M is a
supermartingale, and ever reaches 1/e with a chance of at most e (Ville 1939, "Etude critique de la
notion de collectif"; tests by such mixtures: Robbins 1970, Annals of Mathematical Statistics 41,
1397-1409; by signs: Darling and Robbins 1968, PNAS 61, 804-809). Nothing is assumed of how values
are spread: it is about their median, and a value on the line says nothing.

Two questions are asked so. Of two engines, whether the log ratios of their blocks lie beyond the
least effect (`difference`). Of a third between them, whether it is nearer to the one or the other
(`nearer`): in each block its log ratio to the one, less that of the other to it, is above 0 where
it is nearer to the other. All three are of the same block, so what the machine does meanwhile
cancels.

Simulated at most 60 blocks with an error of 0.05 / 7 for each answer, 1000 trials each, in per
cent; spreads and differences in standard deviations of one log time. A third engine that is the
one, where the other is so much slower: wrong, not decided, and the blocks of the middle one
decided:

    slower by                         1                2                4
    normal                0.0, 77, 40     0.0,  6, 28     0.0, 0, 10
    t2                    0.0, 77, 40     0.0, 11, 28     0.0, 0, 14
    spikes of 15          0.1, 79, 40     0.0, 24, 31     0.0, 0, 18
    two speeds, 1/5       0.0, 89, 31     0.0, 60, 34     0.0, 9, 25
    autocorrelated times  0.0, 83, 31     0.0, 23, 31     0.0, 0, 14
    ratios by 0.3         0.1, 66, 31     0.0, 10, 25     0.0, 0, 10
    ratios by 0.5         0.4, 57, 28     0.0, 12, 21     0.0, 0, 10

Half way between the two it is called either in 0.7 to 4.1 % (12.6 % where ratios go together by
0.5). `difference` with a least effect of 1: of what does not differ 0.0 to 0.1 % is called
different, of what differs by 4 nothing is called the same; what differs by the effect itself is
called different in 0.1 to 2.9 % (5.1 %). Too little is known then, and that is what it says.

Tried and left: Wald's test of signs (1945, Annals of Mathematical Statistics 16, 117-186) with
chances of 1/4 and 3/4 decides after 5 blocks that agree, in the place of 10; but where noise is so
large that the chance is 2/5, it errs in 12 % of all cases (1 / (1 + 1.5^5)) and not in 0.7 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

Difference = Literal["different", "same", "unknown"]
Side = Literal["above", "below"]


def evidence(on_it: int, off_it: int) -> float:
    """What a stake of 1 on a side has become, where so many values lie on it, and so many off."""
    count = on_it + off_it
    sums = sum(math.comb(count + 1, j) for j in range(on_it + 1))
    return sums / ((count + 1) * math.comb(count, on_it))


def side(values: Iterable[float], line: float, error: float) -> Side | None:
    """Where the values lie, once that is sure; None where it is not.

    Each of the two answers is wrong with a chance of at most `error`.
    """
    above = below = 0
    for value in values:
        above += value > line
        below += value < line
        if evidence(above, below) >= 1 / error:
            return "above"
        if evidence(below, above) >= 1 / error:
            return "below"
    return None


def difference(log_ratios: Sequence[float], effect: float, error: float) -> Difference:
    """Whether ratios are at least so far from 1, on the log scale, to either side.

    unknown: not decided yet. Each of the others is wrong with a chance of at most `error`.
    """
    upper, lower = (side(log_ratios, line, error) for line in (effect, -effect))
    if upper == "above" or lower == "below":
        return "different"
    return "same" if (upper, lower) == ("below", "above") else "unknown"


def nearer(leanings: Sequence[float], error: float) -> Difference:
    """different: nearer to the other, where leanings are above 0; same: nearer to the one."""
    found = side(leanings, 0.0, error)
    return "unknown" if found is None else "different" if found == "above" else "same"
