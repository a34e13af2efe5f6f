"""Checks that manifests of several kinds share: of what schemas mark, of names, of files.

Each gives what is wrong with a part. What is not of the right type is passed over: the schema has
reported it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from molt_build import patterns
from molt_build.manifests.diagnostics import Finding, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.python_versions import fault

_PINNED = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*==\d+(\.\d+)*", re.ASCII)
RELATIVE = "a path here is relative and has no '..'"


def of_marks(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """What is wrong with the values of which the schema says more than it can check."""
    for mark in manifest.marks:
        if mark.keyword in _MARKS:
            part = Part(mark.value, mark.path)
            yield from _MARKS[mark.keyword](part, mark.wanted, definitions)


def known(name: Part, kind: str, definitions: Definitions) -> Iterator[Finding]:
    """The name of something of that kind, which must exist; "*" stands for every one."""
    if (
        isinstance(name.value, str)
        and name.text != "*"
        and not definitions.is_known(kind, name.text)
    ):
        hint = near_miss(name.text, definitions.names(kind), f"{kind}s")
        yield name.wrong(f"there is no {kind} {quote(name.text)}", hint)


def _inside(path: Part, folder: str, _: Definitions) -> Iterator[Finding]:
    if leaves(path.text):
        yield path.wrong(f"{quote(path.text)} leaves {folder}", RELATIVE)


def _regex(pattern: Part, syntax: str, _: Definitions) -> Iterator[Finding]:
    fault = patterns.fault if syntax == "RE2" else patterns.fault_of_lines
    found = fault(pattern.text)
    if found is not None:
        yield pattern.wrong(f"is not a regular expression for RE2: {found.words}", found.hint)


def _requirement(requirement: Part, *_: object) -> Iterator[Finding]:
    if _PINNED.fullmatch(requirement.text):
        return  # as nearly all are written; the import takes longer than all other checks
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement.text)
    except InvalidRequirement as error:
        reason = str(error).split("\n", 1)[0]
        yield requirement.wrong(f"is not a requirement: {reason}")


def _specifier(specifier: Part, *_: object) -> Iterator[Finding]:
    found = fault(specifier.text)
    if found is not None:
        yield specifier.wrong(
            f"{quote(specifier.text)} {found}", 'such as ">=3.12" or ">=3.11,<3.14"'
        )


_MARKS: Mapping[str, Callable[..., Iterator[Finding]]] = {
    "x-name-of": known,
    "x-stays-in": _inside,
    "x-regex": _regex,
    "x-requirement": _requirement,
    "x-specifier": _specifier,
}


def leaves(path: str) -> bool:
    """Whether a relative path (or glob, or template) points out of the folder it is relative to."""
    return path.startswith(("/", "~")) or ".." in path.split("/")


def day(written: Part) -> Iterator[Finding]:
    """A date of which the schema has the shape must be one."""
    try:
        date.fromisoformat(written.text or "2026-01-01")
    except ValueError:
        yield written.wrong(f"there is no day {quote(written.text)}")


def once(items: Part, key: str, noun: str, hint: str = "first as element {}") -> Iterator[Finding]:
    """No two tables of a list may have the same name under `key`."""
    seen: dict[str, str] = {}
    for item in items.tables():
        name = item[key]
        if name.value is not None and seen.setdefault(name.text, item.key) != item.key:
            message = f"the {noun} {quote(name.text)} is defined twice"
            yield name.wrong(message, hint.format(seen[name.text]))


def has_target(toolchain: Parsed, target: str, at: Part) -> Iterator[Finding]:
    """The toolchain must lead to the target."""
    if target:
        targets = [one.key for one in toolchain.top["targets"].named_tables()]
        message, none = (
            f"{quote(toolchain.name)} has no target {quote(target)}",
            "it has no target at all",
        )
        yield from Part(target, at.path).among(targets, message, "its targets", none)


def runs(toolchain: Parsed, target: str, at: Part) -> Iterator[Finding]:
    """What the toolchain makes for the target must be something to run."""
    targets = toolchain.top["targets"]
    if target in targets and "run" not in targets[target]:
        message = f"what {quote(toolchain.name)} makes for {quote(target)} is a library"
        yield at.wrong(f"{message}: there is nothing to run", "a target that is run says how: run")


def interpreter(reference: Part, definitions: Definitions) -> Iterator[Finding]:
    """The `reference`, with which outputs are compared, must not be a compiler."""
    found = definitions.get("toolchain", reference.text)
    if found is not None and found.top["engine"].text == "compiler":
        yield reference.wrong(
            f"{quote(found.name)} is a compiler, and the reference an interpreter"
        )


def there(folder: str, path: str, at: Part, beside: str = "") -> Iterator[Finding]:
    """There must be such a file in the folder; the hint is one there with a similar name."""
    shown, whole = os.path.normpath(path), os.path.join(folder, path)
    if os.path.isfile(whole):
        return
    try:
        names = os.listdir(os.path.dirname(whole))
    except OSError:
        names = []
    hint = near_miss(os.path.basename(whole), names, "files there")
    yield at.wrong(f"there is no file {quote(shown)}{beside}", hint)
