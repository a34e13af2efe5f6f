"""What a conformance run found: plain data, for the command line and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What a check came to: a sentence, and where it failed what to do about it."""

    verdict: Verdict
    found: str
    to_do: str = ""
    details: tuple[str, ...] = ()  # one thing that was found each


@dataclass(frozen=True)
class CheckResult:
    """A check that was made, or skipped."""

    check: Annotated[str, "Its name."]
    question: Annotated[str, "What it asks."]
    verdict: Annotated[Verdict, "What came of it."]
    found: Annotated[str, "What was found, in a sentence."]
    to_do: Annotated[str, "Where it failed, what to do."]
    details: Annotated[tuple[str, ...], "One thing that was found each."]
    seconds: Annotated[float, "What it took."]


@dataclass(frozen=True)
class ConformanceResult:
    """A toolchain under a profile, for a target, and all that was checked of it."""

    toolchain: Annotated[str, "The toolchain."]
    profile: Annotated[str, "The profile."]
    target: Annotated[str, "The target."]
    engine: Annotated[str, "compiler or interpreter."]
    versions: Annotated[Mapping[str, str], "By executable, what it says of itself."]
    reference: Annotated[str, "Whose output is right."]
    programs: Annotated[tuple[str, ...], "What it was tried with."]
    checks: Annotated[tuple[CheckResult, ...], "The checks, in their order."]
    passed: Annotated[int, "How many passed."]
    failed: Annotated[int, "How many failed."]
    skipped: Annotated[int, "How many were skipped."]
    seconds: Annotated[float, "What it all took."]
    kept: Annotated[str, "The folder of the copies; empty where they are gone."]


def passed(found: str, *details: str) -> Finding:
    """All is well."""
    return Finding("passed", found, "", details)


def failed(found: str, to_do: str, *details: str) -> Finding:
    """Something is wrong, and `to_do` says how to mend it."""
    return Finding("failed", found, to_do, details)


def skipped(why: str) -> Finding:
    """It does not apply, or cannot be told here."""
    return Finding("skipped", why)


class NotApplicable(Exception):
    """A check cannot be made here: its words say why."""
