"""What of a quick run's programs fits its budget, by a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.measure.fitting import Room, fair_order, run_limit_s


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.integers(0, 9), max_size=9))
def test_the_order_has_every_program_once_and_every_family_from_the_front(
    sizes: list[int],
) -> None:
    families = [[(family, n) for n in range(size)] for family, size in enumerate(sizes)]
    ordered = fair_order(families)
    assert sorted(ordered) == [one for family in families for one in family]
    for end in range(len(ordered) + 1):
        taken = [sum(one[0] == family for one in ordered[:end]) for family in range(len(sizes))]
        most = max(taken, default=0)
        # Nobody is more than one turn ahead of whoever has something left.
        assert all(
            most - count <= 1 for count, size in zip(taken, sizes, strict=True) if count < size
        )


def test_what_is_taken_of_a_family_lies_evenly_over_it() -> None:
    assert fair_order([list(range(8))]) == [0, 4, 2, 6, 1, 5, 3, 7]
    assert fair_order([["a"], ["b1", "b2", "b3"], ["c"]]) == ["a", "c", "b1", "b3", "b2"]
    assert fair_order([]) == []


@pytest.mark.parametrize(
    ("budget_s", "runs", "limit_s"),
    [(120, 192, 6.0), (30, 192, 1.5), (10, 192, 1.0), (45, 4, 5.625), (8, 1, 4.0), (8, 0, 4.0)],
)
def test_a_run_may_take_its_share(budget_s: float, runs: int, limit_s: float) -> None:
    assert run_limit_s(budget_s, runs) == pytest.approx(limit_s)


# Seconds of a program's pilot, and whether it can be scored; `None` ends the test's programs.
PROGRAMS = st.lists(st.tuples(st.floats(0.001, 3.0), st.booleans()), min_size=1, max_size=200)


@given(PROGRAMS, st.floats(0.1, 60.0))
def test_pilot_and_a_block_of_what_was_taken_fit_the_budget(
    programs: list[tuple[float, bool]], budget_s: float
) -> None:
    clock = Clock()
    room = Room(budget_s, clock=clock)
    sweep_s = 0.0
    tried: list[float] = []
    taken = 0
    for seconds, is_scored in programs:
        if not room.has_place():
            break
        clock.now += seconds
        tried.append(seconds)
        if room.takes(seconds if is_scored else 0.0) and is_scored:
            sweep_s += seconds
            taken += 1
    spent_s = clock.now - 1000.0
    assert tried  # something is tried, however small the budget is
    # The last that was tried may be dearer than those before: it alone is more than was foreseen.
    over_s = max(tried) * 2 if taken == 1 else tried[-1]
    assert spent_s + sweep_s <= budget_s + over_s + 1e-9


def test_who_hangs_leaves_less_room_and_no_second_place() -> None:
    def tried(seconds: Iterator[float]) -> int:
        clock = Clock()
        room = Room(30.0, clock=clock)
        count = 0
        while room.has_place():
            took_s = next(seconds)
            clock.now += took_s
            room.takes(0.0 if took_s >= 1.5 else took_s)
            count += 1
        return count

    assert tried(iter([0.1] * 500)) == pytest.approx(150, abs=2)
    assert tried(iter([0.1, *[1.5] * 5, *[0.1] * 500])) == pytest.approx(117, abs=3)
    assert tried(iter([1.5] * 500)) == 21  # they do not end: the whole budget, and no more
