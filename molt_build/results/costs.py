"""What builds executed and what that cost, by stages and by components of keys.

Apart from the other types of results, as every build has these: nothing else is imported with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from molt_build.json_schema import Count, Seconds


@dataclass(frozen=True)
class StageCounts:
    """How often a stage was what in a build."""

    hits: Annotated[Count, "Actions that were answered by the store."]
    up_to_date: Annotated[Count, "Actions that were up to date."]
    misses: Annotated[Count, "Actions that were executed."]
    failed: Annotated[Count, "Actions that failed."]
    seconds: Annotated[Seconds, "What its commands took now."]


@dataclass(frozen=True)
class ComponentCost:
    """What misses cost that a component of keys is blamed for."""

    component: Annotated[str, "The component, or in parentheses why there is none."]
    kind: Annotated[str, "The kind of component."]
    count: Annotated[Count, "Misses in which it changed."]
    alone: Annotated[Count, "Misses in which nothing else had changed."]
    seconds: Annotated[float, "Its share of their seconds, equal where several had changed."]
    wasted: Annotated[Count, "Misses in which it changed that gave the same bytes again."]
    wasted_s: Annotated[float, "Its share of their seconds."]
    stages: Annotated[tuple[str, ...], "The stages that missed."]
    toolchains: Annotated[tuple[str, ...], "Their toolchains."]
    programs: Annotated[tuple[str, ...], "Their programs."]
    old: Annotated[str | None, "An example: its digest before."]
    new: Annotated[str | None, "And after."]


@dataclass(frozen=True)
class Attribution:
    """Which components of keys had changed when actions were executed, in the last build."""

    stages: Annotated[Mapping[str, StageCounts], "By stage."]
    components: Annotated[tuple[ComponentCost, ...], "The most wasteful first."]
