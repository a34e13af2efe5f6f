"""Checks of single values that manifests of several kinds share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from molt_build import patterns
from molt_build.manifests.definitions import Definitions, table, words
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding
from molt_build.patterns import Fault

OUTSIDE = "leaves the project"
RELATIVE = "a path here is relative and has no '..'"


def leaves(path: str) -> bool:
    """Whether a relative path (or glob, or template) points out of the folder it is relative to."""
    return path.startswith(("/", "~")) or ".." in path.split("/")


def known(value: object, kind: str, path: KeyPath, definitions: Definitions) -> Iterator[Finding]:
    """The value must be the name of something of that kind."""
    if isinstance(value, str) and not definitions.is_known(kind, value):
        hint = near_miss(value, definitions.names(kind), f"{kind}s")
        yield path, f"there is no {kind} {quote(value)}", hint


def inside(value: object, path: KeyPath, what: str = OUTSIDE) -> Iterator[Finding]:
    """The path must not lead out of the folder that it is relative to."""
    if isinstance(value, str) and leaves(value):
        yield path, f"{quote(value)} {what}", RELATIVE


def regex(
    value: object, path: KeyPath, fault: Callable[[str], Fault | None] = patterns.fault
) -> Iterator[Finding]:
    """The value must be a regular expression, as RE2 has them."""
    found = fault(value) if isinstance(value, str) else None
    if found is not None:
        yield path, f"is not a regular expression for RE2: {found.words}", found.hint


def requirements(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """What the Python environment is made of must be written as packages are asked for."""
    from packaging.requirements import InvalidRequirement, Requirement

    for index, requirement in words(table(raw.get("python")).get("requires")):
        try:
            Requirement(requirement)
        except InvalidRequirement as error:
            reason = str(error).split("\n", 1)[0]
            yield ("python", "requires", index), f"is not a requirement: {reason}", None
