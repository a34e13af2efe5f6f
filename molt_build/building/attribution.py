"""What rebuilding cost, and which components of keys caused it.

A *miss* is an action that was executed: none of its earlier entries fitted. What differs from the
nearest of them is why; where nothing differs, a word in parentheses says what else it was. A miss
is *wasted* when its key was new and its outputs were the same bytes as before: the component that
changed is then one that the key could have done without. Nothing here reads a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from molt_build.results.costs import ComponentCost

if TYPE_CHECKING:
    from molt_build.history.builds import BuildAction

FIRST_BUILD = "(first build)"  # there is no earlier entry
ENTRY_GONE = "(entry gone)"  # it was there, and was pruned or set aside as damaged
OUTPUT_LOST = "(output lost)"  # the entry is there, and a blob of it is not
KEPT_OUT = "(kept out of the store)"  # the entry is there; its outputs stayed out, and are needed
STORE_OFF = "(store off)"


class Difference(NamedTuple):
    """A component that is not what it was; None where it is on one side only."""

    component: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Cause:
    """Why an action has to be executed."""

    word: str = ""  # in parentheses, where no component tells
    differences: tuple[Difference, ...] = ()
    nearest_key: str | None = None  # of the earlier entry that it was compared with
    nearest_outputs: Mapping[str, str] = field(default_factory=dict)  # name -> digest

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the components that differ, sorted; or the word."""
        names = tuple(difference.component for difference in self.differences)
        return names or ((self.word,) if self.word else ())

    def is_wasted(self, outputs: Mapping[str, str]) -> bool:
        """Whether outputs (name -> digest) of a run for this cause are what was there before."""
        return bool(self.differences) and dict(outputs) == dict(self.nearest_outputs)


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Difference, ...]:
    """What differs between the components of two keys, by name."""
    return tuple(
        Difference(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


@dataclass(frozen=True)
class Miss:
    """One action that was executed, as the history has it."""

    toolchain: str
    action: BuildAction


def ranking(misses: Sequence[Miss]) -> list[ComponentCost]:
    """Components by the seconds they wasted, then by those they cost, then by name.

    A miss m took t(m) seconds and has the changed components C(m). A component c costs
    sum of t(m) / |C(m)| over the misses with c in C(m): equal shares, since nothing tells which of
    several changes would have been enough. So the costs of all components sum to the seconds of all
    misses. The same sum over the wasted ones alone is what c wasted. `alone` counts |C(m)| = 1.
    """
    of: dict[str, list[Miss]] = {}
    for miss in misses:
        for component in miss.action.changed:
            of.setdefault(component, []).append(miss)
    costs = [_cost(component, rows) for component, rows in of.items()]
    return sorted(costs, key=lambda cost: (-cost.wasted_s, -cost.seconds, cost.component))


def published(costs: Iterable[ComponentCost]) -> tuple[ComponentCost, ...]:
    """The same, to the microsecond."""
    return tuple(
        replace(cost, seconds=round(cost.seconds, 6), wasted_s=round(cost.wasted_s, 6))
        for cost in costs
    )


def gathered(misses: Sequence[Miss]) -> list[list[ComponentCost]]:
    """The ranking with components side by side that changed in the same misses.

    Nothing in the misses tells such components apart; their shares are meant to be added up.
    """
    where: dict[str, list[int]] = {}
    for number, miss in enumerate(misses):
        for component in miss.action.changed:
            where.setdefault(component, []).append(number)
    groups: dict[tuple[int, ...], list[ComponentCost]] = {}
    for cost in ranking(misses):
        groups.setdefault(tuple(where[cost.component]), []).append(cost)
    return sorted(
        groups.values(),
        key=lambda group: (-sum(c.wasted_s for c in group), -sum(c.seconds for c in group)),
    )


def _cost(component: str, misses: Sequence[Miss]) -> ComponentCost:
    actions = [miss.action for miss in misses]
    wasted = [action for action in actions if action.is_wasted]
    shown = [*reversed(wasted), *reversed(actions)]
    examples = (Difference(*row) for action in shown for row in action.differences)
    example = next((d for d in examples if d.component == component), None)
    return ComponentCost(
        component=component,
        kind=component if component[:1] == "(" else component.split(" ", 1)[0],
        count=len(misses),
        alone=sum(len(action.changed) == 1 for action in actions),
        seconds=math.fsum(action.seconds / len(action.changed) for action in actions),
        wasted=len(wasted),
        wasted_s=math.fsum(action.seconds / len(action.changed) for action in wasted),
        stages=_each(action.stage for action in actions),
        toolchains=_each(miss.toolchain for miss in misses),
        programs=_each(action.program for action in actions),
        old=example.old if example else None,
        new=example.new if example else None,
    )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
