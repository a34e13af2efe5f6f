"""The largest losses of an engine, put together by where they are, their track and their family.

A loss is a program on which the engine is surely slower than the reference, by at least the lane's
minimum effect (`molt_build.results.verdicts`). What a cluster costs is how much lower the mean over
the lane's or suite's scored programs is than if the engine ran its programs as fast as the
reference does: 1 - exp(sum of their log ratios / number of scored programs).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from molt_build.governance.figures import SCORED, Figures
from molt_build.history.runs import CellRow, Run
from molt_build.manifests.model import Manifests
from molt_build.manifests.suite import Suite
from molt_build.measure.counts import effect_of
from molt_build.measure.statistics import RatioEstimate
from molt_build.results.bench import metric_named
from molt_build.results.scoring import track_of, track_rows
from molt_build.results.verdicts import verdict
from molt_build.runs.folder import FRIENDS

MOST_CLUSTERS = 10
_Kinds = Mapping[str, tuple[str, tuple[str, ...]]]  # program -> family, tags


@dataclass(frozen=True)
class LossCluster:
    """Losses of one family in one lane or suite that belong to one track."""

    track: Annotated[str | None, "The track that can change them; null: none has their tags."]
    where: Annotated[str, "The lane or suite."]
    family: Annotated[str, "The family of its programs; of suites what they exercise most."]
    engine: Annotated[str, "The engine."]
    cost: Annotated[float, "How much lower the mean is for them: 0.03 is 3 %."]
    programs: Annotated[tuple[str, ...], "The programs, the largest loss first."]
    worst: Annotated[RatioEstimate, "The first one's speed-up against the reference."]
    scored: Annotated[int, "Over how many programs the mean is."]
    run: Annotated[str, "The run that it is of."]


def loss_clusters(figures: Figures, manifests: Manifests) -> list[LossCluster]:
    """All clusters of the latest run of each lane and of each suite, the costliest first."""
    found: list[LossCluster] = []
    kinds: _Kinds
    for lane in manifests.lanes.values():
        kinds = {
            program.name: (program.family, program.tags)
            for program, _ in manifests.of_lane(lane.name)
        }
        engine = figures.named(lane.profile, lane.target)
        for run in figures.runs(lane.name)[::-1]:
            cells = list(figures.cells(run, engine, lane.columns[0]).values())
            if cells:
                effect = effect_of(metric_named(lane.columns[0]), lane.min_effect)
                found += _clusters(manifests, run, lane.name, engine, cells, kinds, effect)
                break
    engine = figures.named(manifests.project.default_profile, "native")
    wanted = dict(manifests.suites)
    for run in figures.runs(FRIENDS)[::-1]:
        of_suite = figures.cells_by_workload(run, engine)
        for name in [name for name in wanted if name in of_suite]:
            suite = wanted.pop(name)
            metric = next(iter(suite.columns), "wall_s")
            cells = [cell for cell in of_suite[name] if cell.metric == metric]
            kinds = _kinds(suite)
            effect = effect_of(metric_named(metric), suite.min_effect)
            found += _clusters(manifests, run, name, engine, cells, kinds, effect)
    return sorted(found, key=lambda one: (-one.cost, one.where, one.family))


def _kinds(suite: Suite) -> _Kinds:
    return {one.name: (one.tags[0] if one.tags else "", one.tags) for one in suite.programs}


def _clusters(
    manifests: Manifests,
    run: Run,
    where: str,
    engine: str,
    cells: Sequence[CellRow],
    kinds: _Kinds,
    min_effect: float,
) -> Iterator[LossCluster]:
    tracks = track_rows(manifests)
    ratios = {
        cell.program: RatioEstimate(cell.ratio, cell.low, cell.high, cell.blocks or 0)
        for cell in cells
        if cell.status == SCORED and cell.ratio is not None
    }
    lost = [name for name, row in ratios.items() if verdict(row, min_effect) == "slower"]
    groups: dict[tuple[str | None, str], list[str]] = {}
    for name in sorted(lost, key=lambda name: (ratios[name].ratio, name)):
        family, tags = kinds.get(name, ("", ()))
        groups.setdefault((track_of(tags, tracks), family), []).append(name)
    for (track, family), names in groups.items():
        impact = math.fsum(math.log(ratios[name].ratio) for name in names) / len(ratios)
        yield LossCluster(
            track=track,
            where=where,
            family=family,
            engine=engine,
            cost=1 - math.exp(impact),
            programs=tuple(names),
            worst=ratios[names[0]],
            scored=len(ratios),
            run=run.id,
        )
