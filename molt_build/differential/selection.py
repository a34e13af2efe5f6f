"""What is compared: programs, engines and references, narrowed and widened by what was asked.

The first reference is what all others are compared with. Further ones (newer versions of Python,
above all) are compared with it as engines are: a program that they answer otherwise is a fact about
the program, and must be declared like any other divergence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from molt_build.bench.selection import NamedEngine, check_engine
from molt_build.engines import parse
from molt_build.errors import UsageError
from molt_build.latency.selection import shard_programs
from molt_build.manifests.model import Differential, Manifests, Shard
from molt_build.manifests.workload import Program, Workload
from molt_build.names import known, matching, name_hint
from molt_build.results.differential import GENERATED, DifferentialAsked
from molt_build.results.facts import by_family
from molt_build.runs.folder import DIFFERENTIAL

TARGET = "native"  # of engines that name none
QUICK_PROGRAMS = 2  # of each family
NOTHING_DECLARED = Differential(workloads=(), engines=())
_HINT = "docs/differential.md shows one: [differential] in manifests/project.toml"


@dataclass(frozen=True)
class Selection:
    """The programs and engines of a run; the first reference is the reference."""

    asked: DifferentialAsked
    settings: Differential
    references: tuple[NamedEngine, ...]
    engines: tuple[NamedEngine, ...]
    programs: tuple[tuple[Program, Workload], ...]
    left_out: int  # programs that were not asked for
    profile: str
    run_timeout_s: float

    @property
    def reference(self) -> NamedEngine:
        """What all others are compared with."""
        return self.references[0]

    @property
    def all_engines(self) -> tuple[NamedEngine, ...]:
        """The references first, then the engines."""
        return (*self.references, *self.engines)

    @property
    def is_named(self) -> bool:
        """Whether the engines were named by who asks: then none of them may be missing."""
        return bool(self.asked.engines or self.asked.also)


def select(manifests: Manifests, asked: DifferentialAsked) -> Selection:
    """The selection; raises `UsageError` for names that do not exist, and where nothing is left."""
    settings = manifests.project.differential or NOTHING_DECLARED
    generated = () if asked.generate is None else (GENERATED,)
    workloads = _workloads(manifests, generated or asked.workloads or settings.workloads)
    default = asked.profile or settings.profile or manifests.project.default_profile
    profile = known("profile", default, manifests.profiles)
    languages = list(dict.fromkeys(one.language for one in workloads))

    def named(texts: Iterable[str]) -> list[NamedEngine]:
        return [_named(manifests, text, profile, languages) for text in dict.fromkeys(texts)]

    references = named(asked.references or settings.references)
    own = named((*(asked.engines or settings.engines), *asked.also))
    engines = [one for one in dict.fromkeys(own) if one not in references]
    if not engines and len(references) < 2:
        message = f"nothing is left to compare with {references[0].name}"
        raise UsageError(message, f"name an engine with --engine; {_HINT}")
    every = [(one, workload) for workload in workloads for one in workload.programs]
    programs = _programs(every, asked)
    return Selection(
        asked=asked,
        settings=settings,
        references=tuple(dict.fromkeys(references)),
        engines=tuple(engines),
        programs=programs,
        left_out=len(every) - len(programs),
        profile=profile,
        run_timeout_s=asked.run_timeout_s or settings.run_timeout_s,
    )


def parsed_shard(text: str) -> Shard:
    """K/N, with K from 1 to N; raises `UsageError` for any other text."""
    number, _, of = text.partition("/")
    if not (number.isascii() and number.isdigit() and of.isascii() and of.isdigit()):
        raise UsageError(f"{text!r} is no part of the programs", "such as 1/4: the first of four")
    if not 1 <= int(number) <= int(of):
        raise UsageError(f"there is no part {number} of {of}", f"they are 1/{of} to {of}/{of}")
    return Shard(int(number), int(of))


def _workloads(manifests: Manifests, names: Sequence[str]) -> list[Workload]:
    if not names:
        raise UsageError("the project does not say what is compared", _HINT)
    return [manifests.workloads[known("workload", name, manifests.workloads)] for name in names]


def _named(manifests: Manifests, text: str, profile: str, languages: Sequence[str]) -> NamedEngine:
    engine = parse(text).within(profile, TARGET)
    if engine.revision is not None:
        message = f"{text}: what is compared is the project as it is"
        raise UsageError(message, "check the revision out, or leave it away")
    check_engine(manifests, engine, DIFFERENTIAL)
    toolchain = manifests.toolchains[engine.toolchain]
    if not any(map(toolchain.takes, languages)):
        raise UsageError(toolchain.why_not(languages[0]) or "")
    return NamedEngine(engine.named(profile, TARGET), engine)


def _programs(
    every: Sequence[tuple[Program, Workload]], asked: DifferentialAsked
) -> tuple[tuple[Program, Workload], ...]:
    """Those that are asked for, in the order of the manifests."""
    names = [program.name for program, _ in every]
    families = dict.fromkeys(program.family for program, _ in every)
    wanted = set(names)
    for family in asked.families:
        known("family", family, families)
    if asked.families:
        wanted &= {program.name for program, _ in every if program.family in asked.families}
    if asked.programs:
        chosen: set[str] = set()
        for name in asked.programs:
            found = matching(name, names)
            if not found:
                raise UsageError(f"there is no program {name}", name_hint(name, names))
            chosen.update(found)
        wanted &= chosen
    if asked.is_quick:
        left = by_family({program.name: program for program, _ in every if program.name in wanted})
        wanted = {name for names in left.values() for name in names[:QUICK_PROGRAMS]}
    if asked.shard is not None:
        wanted &= set(shard_programs(sorted(wanted), parsed_shard(asked.shard)))
    if not wanted:
        raise UsageError("no program is left", "molt-build differential --list shows them all")
    return tuple(row for row in every if row[0].name in wanted)
