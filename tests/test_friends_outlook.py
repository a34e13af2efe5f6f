"""What suites may take, and what is said to be left."""

from __future__ import annotations

import pytest

from molt_build.suites.outlook import BUDGET_S, QUICK_BUDGET_S, Outlook, SuiteWatch


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_shared_by_the_suites_that_are_left() -> None:
    clock = Clock()
    outlook = Outlook(4, 100.0, is_quick=False, clock=clock)
    assert outlook.share_s() == 25
    outlook.begin()
    outlook.measured(10.0)
    outlook.end(is_typical=True)
    assert outlook.share_s() == 30  # what the first left is the others'
    outlook.measured(95.0)
    outlook.end(is_typical=True)
    assert outlook.share_s() == 0


@pytest.mark.parametrize(("is_quick", "budget_s"), [(False, BUDGET_S), (True, QUICK_BUDGET_S)])
def test_without_a_budget_each_suite_has_its_own(is_quick: bool, budget_s: float) -> None:
    outlook = Outlook(3, None, is_quick=is_quick)
    outlook.measured(1000.0)
    outlook.end(is_typical=False)
    assert outlook.share_s() == budget_s


def test_what_is_left_follows_the_plan_and_the_suites_that_are_done() -> None:
    clock = Clock()
    outlook = Outlook(3, 90.0, is_quick=False, clock=clock)
    outlook.begin()
    assert outlook.left_s() == 90
    clock.now += 20
    assert outlook.left_s() == 90  # it is not measured yet, however long it was built
    outlook.planned(50.0)
    assert outlook.left_s() == 50 + 2 * 30
    clock.now += 60
    outlook.measured(60.0)
    assert outlook.left_s() == 2 * 10  # the plan's end has passed: only the others are left
    outlook.end(is_typical=True)
    outlook.begin()
    assert outlook.left_s() == 2 * 80  # as long as the first, building included


def test_phases_say_which_suite_and_what_is_left() -> None:
    said = []

    class Said:
        def phase(self, title: str, steps: int) -> None:
            said.append((title, steps))

        def step(self, what: str = "") -> None:
            said.append((what, 1))

        def note(self, line: str) -> None:
            said.append((line, 0))

    watch = SuiteWatch(Said(), Outlook(2, 60.0, is_quick=False, clock=Clock()))
    watch.phase("pilot", 3)
    watch.step("fib cython")
    watch.note("hm")
    expected = ("[1/2] pilot (about 1 min 0 s left in all)", 3)
    assert said == [expected, ("fib cython", 1), ("hm", 0)]
