"""What a conformance run found: plain data, for the command line and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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

    check: str
    question: str
    verdict: Verdict
    found: str
    to_do: str
    details: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class ConformanceResult:
    """A toolchain under a profile, for a target, and all that was checked of it."""

    toolchain: str
    profile: str
    target: str
    engine: str  # "compiler" | "interpreter"
    versions: Mapping[str, str]  # executable -> what it says of itself
    reference: str
    programs: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    passed: int
    failed: int
    skipped: int
    seconds: float
    kept: str  # the folder of the copies; "" where they are gone


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
