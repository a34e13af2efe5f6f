"""What is measured: suites and their engines, narrowed and widened by what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from molt_build.errors import UsageError
from molt_build.manifests.model import Manifests, Suite
from molt_build.names import known, name_hint


@dataclass(frozen=True)
class Asked:
    """What was asked for; what the manifests say holds where nothing was."""

    suites: tuple[str, ...] = ()  # () means all
    programs: tuple[str, ...] = ()  # PROGRAM or SUITE/PROGRAM; () means all
    engines: tuple[str, ...] = ()  # instead of subject and friend
    subject: str | None = None
    profile: str | None = None
    budget_s: float | None = None  # for all suites together
    is_quick: bool = False


@dataclass(frozen=True)
class SuiteSelection:
    """A suite and the engines that it is measured with."""

    suite: Suite
    asked: Asked
    reference: str
    subject: str
    friend: str | None  # None where the friend is the reference
    engines: tuple[str, ...]  # the reference first
    profile: str
    jit_engines: tuple[str, ...]  # those of `engines` that compile while they run

    def takes(self, program: str) -> bool:
        """Whether the program was asked for by name, or none was."""
        wanted = self.asked.programs
        return not wanted or program in wanted or f"{self.suite.name}/{program}" in wanted


def select(manifests: Manifests, asked: Asked) -> tuple[SuiteSelection, ...]:
    """The suites asked for; raises `UsageError` for names that do not exist, with near misses."""
    if not manifests.suites:
        raise UsageError("there is no suite", "declare one: manifests/suites/NAME.toml")
    names = asked.suites or tuple(manifests.suites)
    suites = [manifests.suites[known("suite", name, manifests.suites)] for name in names]
    suites = list({suite.name: suite for suite in suites}.values())
    profile = known(
        "profile", asked.profile or manifests.project.default_profile, manifests.profiles
    )
    wanted_subject = asked.subject or manifests.project.subject
    subject = known("toolchain", wanted_subject, manifests.toolchains)
    for name in asked.engines:
        known("toolchain", name, manifests.toolchains)
    chosen = [_selection(manifests, suite, asked, subject, profile) for suite in suites]
    if asked.programs:
        _check_programs(suites, asked.programs)
        chosen = [one for one in chosen if _may_have_any(one)]
    return tuple(chosen)


def _selection(
    manifests: Manifests, suite: Suite, asked: Asked, subject: str, profile: str
) -> SuiteSelection:
    if subject == suite.reference:
        message = f"{subject} cannot be the subject of {suite.name}: it is the reference there"
        raise UsageError(message, "name another with --subject")
    friend = suite.friend if suite.friend != suite.reference else None
    wanted = asked.engines or tuple(filter(None, (subject, friend)))
    engines = tuple(dict.fromkeys((suite.reference, *wanted)))
    return SuiteSelection(
        suite=suite,
        asked=asked,
        reference=suite.reference,
        subject=subject,
        friend=friend,
        engines=engines,
        profile=profile,
        jit_engines=tuple(name for name in engines if manifests.toolchains[name].is_jit),
    )


def _names(suite: Suite) -> list[str]:
    return [program.name for program in suite.programs if program.name]


def _has_globs(suite: Suite) -> bool:
    """Whether the names of some programs are known only once the source is there."""
    return any(not program.name for program in suite.programs)


def _may_have_any(selection: SuiteSelection) -> bool:
    suite = selection.suite
    return _has_globs(suite) or any(selection.takes(name) for name in _names(suite))


def _check_programs(suites: Sequence[Suite], wanted: Iterable[str]) -> None:
    if any(map(_has_globs, suites)):
        return
    there = [name for suite in suites for name in _names(suite)]
    full = [f"{suite.name}/{name}" for suite in suites for name in _names(suite)]
    for name in wanted:
        if name not in there and name not in full:
            among = full if "/" in name else there
            raise UsageError(f"there is no program {name} in these suites", name_hint(name, among))
