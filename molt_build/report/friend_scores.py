"""The suites of one or several runs of friend suites, read, chosen and scored.

Each suite is taken from the first run that measured it; a suite that none measured is kept with the
reason. All runs must be of one subject and profile. They may be of several machines, which the page
says: nothing is ever divided by a time of another run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molt_build.errors import UsageError
from molt_build.runs.folder import FRIENDS
from molt_build.runs.recorded import known_runs, read_results
from molt_build.suites.combined import Combined, combine
from molt_build.suites.scoring import RUN, STEADY, SuiteScore, score_suite

MEASURED = ("measured", "interrupted")


@dataclass(frozen=True)
class Scored:
    """A suite as one run measured it; `score` is None where its source was not had."""

    suite: Mapping[str, Any]
    result: Mapping[str, Any]
    score: SuiteScore | None

    @property
    def name(self) -> str:
        """The suite's name."""
        return str(self.suite["name"])


@dataclass(frozen=True)
class Scorecard:
    """All suites, with what is said once for all of them."""

    results: tuple[Mapping[str, Any], ...]  # only those that a suite was taken from
    suites: tuple[Scored, ...]
    combined: tuple[Combined, ...]
    subject: str
    min_effect: float
    tracks: Mapping[str, str]  # id -> title

    @property
    def machines(self) -> list[str]:
        """The classes of machines that suites were measured on."""
        return list(dict.fromkeys(_machine(one.result) for one, _ in self.measured))

    @property
    def measured(self) -> list[tuple[Scored, SuiteScore]]:
        """The suites that have a score."""
        return [(one, one.score) for one in self.suites if one.score is not None]


def scorecard(results: Sequence[Mapping[str, Any]]) -> Scorecard:
    """The scorecard of at least one result, the preferred first.

    Raises `UsageError` where the runs differ in what makes numbers comparable.
    """
    first = results[0]
    for result in results[1:]:
        for what, own, other in _differences(first, result):
            message = f"{first['run']} and {result['run']} differ in their {what}"
            raise UsageError(message, f"{own} and {other}: no page holds both")
    taken: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for result in results:
        for name, suite in result["suites"].items():
            if name not in taken or (_is_measured(suite) and not _is_measured(taken[name][0])):
                taken[name] = (suite, result)
    min_effect = first["min_effect"]
    suites = tuple(
        Scored(
            suite,
            result,
            score_suite(suite, result["tracks"], min_effect) if _is_measured(suite) else None,
        )
        for suite, result in taken.values()
    )
    used = [result for result in results if any(one.result is result for one in suites)]
    scores = [one.score for one in suites if one.score is not None]
    return Scorecard(
        results=tuple(used or results[:1]),
        suites=suites,
        combined=tuple(_combined(scores)),
        subject=first["subject"],
        min_effect=min_effect,
        tracks={track["id"]: track["title"] for result in results for track in result["tracks"]},
    )


def latest_runs(
    project: Path, warn: Callable[[str], None] = lambda line: None
) -> list[dict[str, Any]]:
    """The latest run that is not quick, and for suites that it did not measure the latest others.

    The others are of the same subject, profile and class of machine. Runs of all programs go before
    those of some, full ones before quick ones, complete ones before interrupted ones. One that
    cannot be read is passed over, and `warn` hears of it. Raises `UsageError` when there is no run.
    """
    with known_runs(project, warn) as history:
        results = read_results(history, project, FRIENDS, warn)[::-1]
    if not results:
        raise UsageError("no run of friend suites has a result", "molt-build friends makes one")
    # The sort is stable: among equals the latest stays first.
    results.sort(key=lambda r: (_is_narrowed(r), r["is_quick"], r["is_interrupted"]))
    chosen, seen = results[:1], _measured_suites(results[0])
    for result in results[1:]:
        is_alike = not _differences(results[0], result) and _machine(results[0]) == _machine(result)
        if is_alike and _measured_suites(result) - seen:
            chosen.append(result)
            seen |= _measured_suites(result)
    return chosen


def _differences(
    first: Mapping[str, Any], other: Mapping[str, Any]
) -> list[tuple[str, object, object]]:
    def facts(result: Mapping[str, Any]) -> dict[str, object]:
        return {what: result[what] for what in ("subject", "profile", "min_effect")}

    theirs = facts(other)
    return [(what, own, theirs[what]) for what, own in facts(first).items() if own != theirs[what]]


def _machine(result: Mapping[str, Any]) -> str:
    return str(result["environment"]["machine_class"])


def _is_narrowed(result: Mapping[str, Any]) -> bool:
    """Whether only some programs or other engines were asked for."""
    return any(
        suite["asked"]["programs"] or suite["asked"]["engines"]
        for suite in result["suites"].values()
    )


def _is_measured(suite: Mapping[str, Any]) -> bool:
    return suite["status"] in MEASURED


def _measured_suites(result: Mapping[str, Any]) -> set[str]:
    return {name for name, suite in result["suites"].items() if _is_measured(suite)}


def _combined(scores: Sequence[SuiteScore]) -> list[Combined]:
    """The subject against the reference over all suites, then against each friend."""
    pairs = dict.fromkeys((s.subject, s.reference) for s in scores if s.subject is not None)
    pairs |= dict.fromkeys((s.subject, s.friend) for s in scores if s.subject and s.friend)
    return [
        found
        for metric in (RUN, STEADY)
        for first, second in pairs
        if first is not None and second is not None
        if (found := combine(scores, first, second, metric)) is not None
    ]
