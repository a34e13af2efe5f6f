"""What suites may take, and what is said to be left."""

from __future__ import annotations

from pathlib import Path

from molt_build.bench.schedule import Schedule
from molt_build.bench.selection import Asked, select
from molt_build.manifests.loading import load
from molt_build.manifests.suite import Suite
from molt_build.runs.progress import PieceWatch
from tests.projects.manifest_projects import make_project

OWN_S = Suite.budget_s


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_shared_by_the_suites_that_are_left() -> None:
    clock = Clock()
    schedule = Schedule([OWN_S] * 4, 100.0, clock=clock)
    assert schedule.share_s() == 25
    schedule.begin()
    schedule.measured(10.0)
    schedule.end(is_typical=True)
    assert schedule.share_s() == 30  # what the first left is the others'
    schedule.measured(95.0)
    schedule.end(is_typical=True)
    assert schedule.share_s() == 0


def test_without_a_budget_each_suite_has_its_own() -> None:
    schedule = Schedule([OWN_S, 30.0, 20.0], None)
    assert (schedule.share_s(), schedule.left_s()) == (OWN_S, OWN_S + 50)
    schedule.measured(1000.0)
    schedule.end(is_typical=False)
    assert (schedule.share_s(), schedule.left_s()) == (30, 50)
    schedule.end(is_typical=False)
    assert schedule.share_s() == 20


def test_what_is_left_follows_the_plan_and_the_suites_that_are_done() -> None:
    clock = Clock()
    schedule = Schedule([OWN_S] * 3, 90.0, clock=clock)
    schedule.begin()
    assert schedule.left_s() == 90
    clock.now += 20
    assert schedule.left_s() == 90  # it is not measured yet, however long it was built
    schedule.planned(50.0)
    assert schedule.left_s() == 50 + 2 * 30
    clock.now += 60
    schedule.measured(60.0)
    assert schedule.left_s() == 2 * 10  # the plan's end has passed: only the others are left
    schedule.end(is_typical=True)
    schedule.begin()
    assert schedule.left_s() == 2 * 80  # as long as the first, building included


def test_phases_say_which_suite_and_what_is_left() -> None:
    said = []

    class Said:
        def phase(self, title: str, steps: int) -> None:
            said.append((title, steps))

        def step(self, what: str = "") -> None:
            said.append((what, 1))

        def note(self, line: str) -> None:
            said.append((line, 0))

    schedule = Schedule([OWN_S] * 2, 60.0, clock=Clock())
    watch = PieceWatch(Said(), schedule.place, schedule.left_s)
    watch.phase("pilot", 3)
    watch.step("fib cython")
    watch.note("hm")
    expected = ("[1/2] pilot (about 1 min 0 s left in all)", 3)
    assert said == [expected, ("fib cython", 1), ("hm", 0)]


def test_a_suite_may_say_its_budgets_and_its_smallest_effect(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    own = "budget_s = 90\nquick_budget_s = 5.5\nmin_effect = 0.05\n"
    project.replace("manifests/suites/games.toml", "volatile = ", f"{own}volatile = ")
    manifests = load(project.root)
    full, quick = (
        select(manifests, "games", Asked(is_quick=is_quick)) for is_quick in (False, True)
    )
    assert (full.budget_s, quick.budget_s, full.lane.min_effect) == (90, 5.5, 0.05)
