"""What is measured: lanes and suites with their engines, narrowed and widened by what was asked.

An engine is measured under its name in the lane (`molt_build.engines`); the reference may be
measured a second time (A/A), which shows how far apart two measurements of the same thing lie.
What is said of a lane below holds for a suite too, which is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from molt_build.engines import AGAIN, REVISION_SIGN, Engine, parse
from molt_build.errors import UsageError
from molt_build.manifests.model import EnginePair, Lane, Manifests
from molt_build.manifests.suite import Suite
from molt_build.measure.process import Metric
from molt_build.names import known, matching, name_hint
from molt_build.results.bench import metric_named
from molt_build.toolchains.wanted import check as check_builds

LANGUAGE, TARGET = "python", "native"  # of suites
QUICK_BLOCKS, QUICK_BLOCKS_OF_SUITES = 12, 3  # the most of a run in a hurry


@dataclass(frozen=True)
class Asked:
    """What was asked for; what the manifests say holds where nothing was."""

    lanes: tuple[str, ...] = ()  # lanes or suites; () means every suite
    # NAME or a pattern of names, of a suite also SUITE/NAME; () means all
    programs: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()  # instead of the lane's own
    also: tuple[str, ...] = ()  # engines that join the lane's own
    reference: str | None = None  # an engine
    subject: str | None = None  # the engine that suites are scored for
    against: str | None = None  # a revision: each engine is measured as it was then, too
    profile: str | None = None
    budget_s: float | None = None  # for all lanes together
    # The median half-width of intervals, on the log scale, that fixes the blocks; not with a budget
    precision: float | None = None
    is_quick: bool = False
    is_again: bool = False  # measure the reference against itself too
    columns: tuple[str, ...] = ()  # instead of the lane's own
    layouts: int = 0  # sizes of the environment, spread over the blocks; 0: it is as it is


@dataclass(frozen=True)
class NamedEngine:
    """An engine, all of it said, under a name that is unique in the result."""

    name: str
    engine: Engine
    then_of: str | None = None  # the engine that it is the earlier state of


@dataclass(frozen=True)
class Selection:
    """A lane or a suite, and the engines that it is measured with."""

    lane: Lane | Suite
    asked: Asked
    reference: NamedEngine
    engines: tuple[NamedEngine, ...]  # without the reference
    subject: Engine  # what it is about; a lane's is a toolchain alone
    friend: str | None  # the engine whose suite it is; None: it is the reference, or no suite
    jit_engines: tuple[str, ...]  # those that compile while they run
    profile: str
    target: str
    columns: tuple[Metric, ...]
    is_judged: bool  # whether cells that fail are failures of the command
    pairs: tuple[EnginePair, ...] = ()  # engines against one another, by their names here

    @property
    def name(self) -> str:
        """The lane's name."""
        return self.lane.name

    @property
    def suite(self) -> Suite | None:
        """The suite, where it is one."""
        return self.lane if isinstance(self.lane, Suite) else None

    @property
    def budget_s(self) -> float:
        """What measuring may take where the command has no budget for all lanes."""
        return self.lane.quick_budget_s if self.asked.is_quick else self.lane.budget_s

    @property
    def all_engines(self) -> tuple[NamedEngine, ...]:
        """The reference first, then the others."""
        return (self.reference, *self.engines)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The engines of the subject, as they are now, itself first; () where none is measured."""
        of_it = [one for one in self.engines if one.engine.toolchain == self.subject.toolchain]
        now = [one for one in of_it if one.engine.revision == self.subject.revision]
        return tuple(one.name for one in sorted(now, key=lambda one: one.engine != self.subject))

    @property
    def judged(self) -> tuple[str, ...]:
        """The engines whose failures fail the lane: its subject, else all that were asked for."""
        if not self.is_judged:
            return ()
        return self.subjects or tuple(one.name for one in self.engines if one.then_of is None)

    def takes(self, program: str) -> bool:
        """Whether a suite's program was asked for by name, or none was."""
        names = (program, f"{self.name}/{program}")
        wanted = self.asked.programs
        return not wanted or any(matching(one, names) for one in wanted)


def select(manifests: Manifests, name: str, asked: Asked) -> Selection:
    """A lane or a suite by name; raises `UsageError` for names that do not exist."""
    known("lane", name, (*manifests.lanes, *manifests.suites))
    if name not in manifests.lanes:
        return _suite(manifests, manifests.suites[name], asked, is_judged=True)
    lane = manifests.lanes[name]
    profile = known("profile", asked.profile or lane.profile, manifests.profiles)
    languages = [manifests.workloads[name].language for name in lane.workloads]
    named = _naming(manifests, lane.name, profile, lane.target, languages)
    reference, engines = _engines(named, asked, asked.reference or lane.reference, lane.engines)
    return Selection(
        lane=lane,
        asked=asked,
        reference=reference,
        engines=engines,
        subject=Engine(lane.subject),
        friend=None,
        jit_engines=(),
        profile=profile,
        target=lane.target,
        columns=_columns(asked, lane.columns),
        is_judged=True,
        pairs=tuple(_named_pairs(lane, profile)),
    )


def _columns(asked: Asked, own: Sequence[str]) -> tuple[Metric, ...]:
    return tuple(dict.fromkeys(map(metric_named, asked.columns or own)))


def _named_pairs(lane: Lane, profile: str) -> Iterator[EnginePair]:
    """The lane's pairs with the names of engines under that profile, where they are still two."""
    for pair in lane.pairs:
        engine, over = (parse(one).named(profile, lane.target) for one in (pair.engine, pair.over))
        if engine != over:
            yield replace(pair, engine=engine, over=over)


def select_suites(manifests: Manifests, asked: Asked) -> tuple[Selection, ...]:
    """The suites asked for; raises `UsageError` for names that do not exist, with near misses."""
    if not manifests.suites:
        raise UsageError("there is no suite", "declare one: manifests/suites/NAME.toml")
    names = dict.fromkeys(asked.lanes or manifests.suites)
    suites = [manifests.suites[known("suite", name, manifests.suites)] for name in names]
    chosen = [_suite(manifests, suite, asked, is_judged=False) for suite in suites]
    if asked.programs:
        _check_programs(suites, asked.programs)
        chosen = [one for one in chosen if _may_have_any(one)]
    return tuple(chosen)


def check_engine(
    manifests: Manifests, engine: Engine, lane: str, languages: Iterable[str] = ()
) -> None:
    """Raise `UsageError` where the manifests do not have it, or it does not take the languages."""
    name = known("toolchain", engine.toolchain, manifests.toolchains)
    toolchain = manifests.toolchains[name]
    known("profile", engine.profile or "", manifests.profiles)
    toolchain.run_target(engine.target or "")
    check_builds(manifests, name, engine.profile or "", engine.target or "")
    for language in languages:
        if why_not := toolchain.why_not(language):
            raise UsageError(f"{lane}: {why_not}")


def _suite(manifests: Manifests, suite: Suite, asked: Asked, *, is_judged: bool) -> Selection:
    project = manifests.project
    profile = known("profile", asked.profile or project.default_profile, manifests.profiles)
    named = _naming(manifests, suite.name, profile, TARGET)
    subject = named(asked.subject or project.subject)
    reference = named(asked.reference or suite.reference)
    if subject == reference and not asked.engines:
        message = f"{subject.name} cannot be the subject of {suite.name}: it is the reference there"
        raise UsageError(message, "name another with --subject")
    friend = suite.friend if suite.friend != reference.name else None
    own = [name for name in (subject.name, friend) if name is not None]
    reference, engines = _engines(named, asked, reference.name, own)
    toolchains = manifests.toolchains
    jit = [
        one.name
        for one in (reference, *engines)
        if one.engine.toolchain in toolchains and toolchains[one.engine.toolchain].is_jit
    ]
    return Selection(
        lane=suite,
        asked=asked,
        reference=reference,
        engines=engines,
        subject=subject.engine,
        friend=friend,
        jit_engines=tuple(jit),
        profile=profile,
        target=TARGET,
        columns=_columns(asked, suite.columns_with(a_jit=bool(jit))),
        is_judged=is_judged,
    )


def _naming(
    manifests: Manifests, lane: str, profile: str, target: str, languages: Sequence[str] = ()
) -> Callable[[str], NamedEngine]:
    """What makes engines of a lane of texts; what it makes raises `UsageError`."""

    def named(text: str) -> NamedEngine:
        engine = parse(text).within(profile, target)
        if engine.revision is None:  # else the manifests of that revision say what there is
            check_engine(manifests, engine, lane, languages)
        return NamedEngine(engine.named(profile, target), engine)

    return named


def _engines(
    named: Callable[[str], NamedEngine], asked: Asked, reference: str, own: Sequence[str]
) -> tuple[NamedEngine, tuple[NamedEngine, ...]]:
    """The reference, and the engines that are compared with it."""
    first = named(reference)
    wanted = (*(asked.engines or own), *asked.also)
    engines: list[NamedEngine] = []
    for one in dict.fromkeys(map(named, wanted)):
        if one == first:
            continue
        engines.append(one)
        if asked.against is not None and one.engine.revision is None:
            then = replace(one.engine, revision=asked.against)
            name = one.name + REVISION_SIGN + asked.against
            engines.append(NamedEngine(name, then, one.name))
    if asked.is_again:
        engines.append(NamedEngine(first.name + AGAIN, first.engine))
    if not engines:
        message = f"nothing is left to compare with {first.name}"
        raise UsageError(message, "name an engine, or use --aa to measure it against itself")
    return first, tuple(engines)


def _names(suite: Suite) -> list[str]:
    return [program.name for program in suite.programs if program.name]


def _has_globs(suite: Suite) -> bool:
    """Whether the names of some programs are known only once the source is there."""
    return any(not program.name for program in suite.programs)


def _may_have_any(selection: Selection) -> bool:
    suite = selection.suite
    assert suite is not None
    return _has_globs(suite) or any(selection.takes(name) for name in _names(suite))


def _check_programs(suites: Sequence[Suite], wanted: Iterable[str]) -> None:
    if any(map(_has_globs, suites)):
        return
    there = [name for suite in suites for name in _names(suite)]
    full = [f"{suite.name}/{name}" for suite in suites for name in _names(suite)]
    for name in wanted:
        if not matching(name, [*there, *full]):
            among = full if "/" in name else there
            raise UsageError(f"there is no program {name} in these suites", name_hint(name, among))
