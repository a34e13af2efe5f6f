"""What a bisection is about: a lane, a gate or a signal, as figures of one engine.

A gate stands for its lane, its programs and engine, or for its signal; the least effect is what it
allows, where it is against a base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from molt_build.bench.programs import chosen_programs
from molt_build.bench.selection import Asked, Selection, check_engine, select
from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.governance.figures import figure_programs
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Lane, Manifests
from molt_build.manifests.signal import OF_HISTORY
from molt_build.measure.counts import LEAST_EFFECT
from molt_build.measure.process import METRIC_WAYS, RUN_TIMES, Metric
from molt_build.names import known
from molt_build.results.bench import metric_named
from molt_build.results.bisect import BisectAsked, SubjectKind
from molt_build.results.signals import SignalsAsked
from molt_build.signals import selection as signals


@dataclass(frozen=True)
class LaneSubject:
    """Programs under an engine, in a column."""

    kind: SubjectKind
    selection: Selection  # of the engine at the good revision beside that at the bad one
    engine: Engine  # all of it said, but for its revision
    metric: Metric
    effect: float
    is_counted_first: bool  # counts are compared where they differ by the effect

    @property
    def name(self) -> str:
        """What the engine is called in the lane."""
        return self.engine.named(self.selection.profile, self.selection.target)


@dataclass(frozen=True)
class SignalSubject:
    """A number that is read."""

    kind: SubjectKind
    selection: signals.Selection
    name: str
    engine: str  # "": it is the project's
    program: str  # "": of all programs together


def find_subject(
    manifests: Manifests, asked: BisectAsked, good: str, bad: str
) -> LaneSubject | SignalSubject:
    """What was asked for, between two commits; raises `UsageError` for names that do not exist."""
    kind, name = _named(manifests, asked.subject)
    if kind == "lane":
        return _lane(manifests, asked, "lane", name, good, bad)
    if kind == "signal":
        return _signal(manifests, asked, "signal", name)
    gate = manifests.gates[name]
    asked = replace(asked, engine=asked.engine or gate.engine or manifests.project.subject)
    if gate.signal is not None:
        return _signal(manifests, asked, "gate", gate.signal.name)
    if gate.lane is None:
        message = f"{name} is about neither a lane nor a signal"
        raise UsageError(message, "name a lane or a signal that shows it")
    asked = replace(
        asked,
        programs=asked.programs or tuple(figure_programs(manifests, gate.lane)),
    )
    return _lane(manifests, asked, "gate", gate.lane.name, good, bad, gate)


def _named(manifests: Manifests, text: str) -> tuple[SubjectKind, str]:
    """lane:NAME says which is meant where several have one name."""
    every: Mapping[SubjectKind, list[str]] = {
        "lane": [*manifests.lanes, *manifests.suites],
        "gate": [*manifests.gates],
        "signal": [*manifests.signals],
    }
    said, _, rest = text.partition(":")
    for kind, names in every.items():
        if rest and said == kind:
            return kind, known(kind, rest, names)
    found = [kind for kind, names in every.items() if text in names]
    if not found:
        known("lane, gate or signal", text, [name for names in every.values() for name in names])
    if len(found) > 1:
        ways = " or ".join(f"{kind}:{text}" for kind in found)
        raise UsageError(f"there is more than one {text}", f"say {ways}")
    return found[0], text


def _lane(
    manifests: Manifests,
    asked: BisectAsked,
    kind: SubjectKind,
    name: str,
    good: str,
    bad: str,
    gate: Gate | None = None,
) -> LaneSubject:
    own = select(manifests, name, Asked(programs=asked.programs))  # profile, target and columns
    if isinstance(own.lane, Lane):
        chosen_programs(own.lane, manifests, asked.programs)
    engine = parse(asked.engine or str(own.subject)).within(own.profile, own.target)
    if engine.revision is not None:
        message = f"{engine} is of one revision, and bisect is about several"
        raise UsageError(message, "leave out its revision")
    check_engine(manifests, engine, name)
    at_good, at_bad = (str(replace(engine, revision=one)) for one in (good, bad))
    column = asked.column or (gate.lane.metric if gate is not None and gate.lane else None)
    chosen = Asked(
        programs=asked.programs,
        engines=(at_bad,),
        reference=at_good,
        columns=(column,) if column is not None else (),
    )
    selection = select(manifests, name, chosen)
    metric = selection.columns[0] if asked.column is None else metric_named(asked.column)
    if METRIC_WAYS[metric] == "steady":
        message = f"{metric} is of repetitions inside a process, which are not bisected"
        raise UsageError(message, "--column wall_s is of whole runs")
    is_counted = METRIC_WAYS[metric] == "counted"
    effect = LEAST_EFFECT if is_counted else own.lane.min_effect
    if gate is not None and gate.against == "base" and gate.worse_at_most is not None:
        effect = gate.worse_at_most
    return LaneSubject(
        kind=kind,
        selection=selection,
        engine=engine,
        metric=metric,
        effect=effect,
        is_counted_first=is_counted or (asked.column is None and metric in RUN_TIMES),
    )


def _signal(
    manifests: Manifests, asked: BisectAsked, kind: SubjectKind, name: str
) -> SignalSubject:
    signal = manifests.signals[name]
    if signal.is_measured or signal.reader in OF_HISTORY:
        message = f"{name} is read from the history, which has no more than what was measured"
        raise UsageError(message, "bisect the lane that it is of")
    if asked.column is not None:
        raise UsageError(f"{name} is a signal, and has no column", "leave out --column")
    engine = "" if signal.scope == "project" else asked.engine or manifests.project.subject
    wanted = SignalsAsked(
        engines=(engine,) if engine else (), programs=asked.programs, signals=(name,)
    )
    selection = signals.select(manifests, wanted)
    program = ""
    if len(asked.programs) == 1 and signal.scope == "program":
        (program,) = selection.tasks[0].signals[name]
    elif signal.scope == "program" and signal.total == "none" and signal.per is None:
        raise UsageError(f"{name} has no number of all programs", "name one with --program")
    return SignalSubject(kind, selection, name, engine and selection.tasks[0].name, program)
