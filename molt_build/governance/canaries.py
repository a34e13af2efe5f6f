"""Canaries: every gate tried with runs that were made up, so that none is silent for ever.

A gate that cannot fire guards nothing, and one that fires at nothing is soon ignored. So each is
judged four times: by a latest run that is surely worse than the gate allows, by one that is not, by
one that is too old, and by none. The rows are read and judged as those of real runs are; of a base,
whose numbers come from a result's blocks, the blocks' ratios are made up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from molt_build.clock import utc
from molt_build.engines import parse
from molt_build.governance.bases import BaseReading, members_of
from molt_build.governance.figures import Figures, bare_run, figure_programs
from molt_build.governance.freshness import Tree
from molt_build.governance.gates import Found, conclude, judge_gate
from molt_build.governance.judging import Limit
from molt_build.governance.made_up import WIDTH, MadeUp
from molt_build.governance.past import MIN_PAST
from molt_build.history.database import memory_history
from molt_build.manifests.figure import (
    BuildsFigure,
    FriendsFigure,
    GatesFigure,
    GreenRunsFigure,
    SignalFigure,
)
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Manifests
from molt_build.results.canaries import Canaries, Canary, Trial
from molt_build.results.gates import GateVerdict
from molt_build.runs.folder import timestamp

_MACHINE = "made up"
_DAY_S = 86400.0
_BLOCKS = 8


def run_canaries(
    project: Path, manifests: Manifests, gates: Sequence[Gate], now: float
) -> Canaries:
    """Four trials of each gate; nothing is read but manifests, and nothing written."""
    found = tuple(one for gate in gates for one in _trials(project, manifests, gate, now))
    return Canaries(found, wrong=sum(not one.is_right for one in found))


def _trials(project: Path, manifests: Manifests, gate: Gate, now: float) -> Iterator[Canary]:
    gate = replace(gate, waivers=(), annotations=())
    fires: GateVerdict = "fail" if gate.severity == "fail" else "warn"
    wanted: dict[Trial, GateVerdict] = {
        "bad": fires,
        "good": "pass",
        "old": "stale",
        "deleted": "unmeasured",
    }
    for trial, word in wanted.items():
        tree = Tree(project, now, is_made_up=True)
        yield Canary(gate.name, trial, word, _said(manifests, gate, tree, trial))


def _said(manifests: Manifests, gate: Gate, tree: Tree, trial: Trial) -> GateVerdict:
    began = tree.now - (gate.max_age_days + 1) * _DAY_S if trial == "old" else tree.now
    with memory_history() as rows:
        figures = Figures(rows, manifests, gate.engine, _unheard)
        if trial != "deleted":
            if gate.against == "base":
                return _beside_base(manifests, gate, figures, tree, began, is_bad=trial == "bad")
            engine = parse(figures.engine).within(manifests.project.default_profile, "native")
            values = _values(gate, figures, manifests, is_bad=trial == "bad")
            MadeUp(manifests, engine, _MACHINE, began).write(rows, gate.source, values)
        judged = judge_gate(rows, manifests, gate, tree, _MACHINE, _unheard)
    return judged.verdict


def _values(gate: Gate, figures: Figures, manifests: Manifests, *, is_bad: bool) -> list[float]:
    """What the figure comes to, run by run."""
    source = gate.source
    series = figures.series(source)  # of no run: what manifests declare
    is_better_low = series.is_lower_better
    if gate.against == "history":
        worse = 2.0 if is_better_low else 0.5
        past = [1 + 0.002 * (place % 3) for place in range(MIN_PAST + 4)]
        return [*past, past[-1] * (worse if is_bad else 1)]
    declared = series.declared
    limit = gate.max if gate.max is not None else gate.min if gate.min is not None else declared
    is_maximum = gate.max is not None or (gate.min is None and is_better_low)
    if limit is None:  # of a signal: what it was before
        return [10.0, 11.0 if is_bad == is_better_low else 9.0 if is_bad else 10.0]
    if isinstance(source, GreenRunsFigure):
        return [*[1.0] * max(math.ceil(limit), 1), 0.0 if is_bad else 1.0]
    if isinstance(source, FriendsFigure) and source.take == "scored":
        return [limit - 1 if is_bad else limit]
    if isinstance(source, GatesFigure) or (
        isinstance(source, BuildsFigure) and source.take == "hit-ratio"
    ):
        return [0.0 if is_bad else 1.0]
    if not is_bad:
        is_exact = isinstance(source, SignalFigure | BuildsFigure)
        room = 0 if is_exact else 2 * WIDTH
        return [limit * (1 - room if is_maximum else 1 + room)]
    return [(limit or 0.5) * 2 if is_maximum else limit / 2]


def _beside_base(
    manifests: Manifests, gate: Gate, figures: Figures, tree: Tree, began: float, *, is_bad: bool
) -> GateVerdict:
    """As a result's blocks would be: the same ratio in each, but for a little."""
    figure = gate.lane
    assert figure is not None  # `molt-build check` allows no other figure
    budget = gate.worse_at_most or 0.0
    times = 1 + 2 * budget + 0.05 if is_bad else 1 + budget / 2
    logs = tuple(-math.log(times) + WIDTH * (block % 3 - 1) for block in range(_BLOCKS))
    programs = figure_programs(manifests, figure)
    limit = Limit(1 + budget, is_maximum=True)
    reading = BaseReading(dict.fromkeys(programs, logs), "", "", {}, {}, None)
    members = members_of(figure, programs, reading)
    run = bare_run(f"{figure.name}/{timestamp(began)}", utc(began), _MACHINE)
    stale = tree.why_stale(run, gate.max_age_days)
    judged = tuple((one, limit) for one in members)
    found = Found(judged, run, reason=stale, is_stale=bool(stale))
    return conclude(gate, figures.engine, found, tree).verdict


def _unheard(line: str) -> None:
    """What is made up is as it was written."""
