"""Checks that manifests of several kinds share: of what schemas mark, of names, of files.

Each gives what is wrong at a path. What is not of the right type is passed over: the schema has
reported it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from molt_build import patterns
from molt_build.manifests.definitions import Definitions, Loaded, subtables, tables, text
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding

_PINNED = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*==\d+(\.\d+)*", re.ASCII)
RELATIVE = "a path here is relative and has no '..'"


def of_marks(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """What is wrong with the values of which the schema says more than it can check."""
    for mark in manifest.marks:
        yield from _MARKS[mark.keyword](mark.value, mark.path, mark.wanted, definitions)


def known(
    name: str | None, path: KeyPath, kind: str, definitions: Definitions
) -> Iterator[Finding]:
    """The name of something of that kind, which must exist; "*" stands for every one."""
    if name not in (None, "*") and not definitions.is_known(kind, name):
        hint = near_miss(name, definitions.names(kind), f"{kind}s")
        yield path, f"there is no {kind} {quote(name)}", hint


def _inside(path: str, where: KeyPath, folder: str, _: Definitions) -> Iterator[Finding]:
    if leaves(path):
        yield where, f"{quote(path)} leaves {folder}", RELATIVE


def _regex(pattern: str, path: KeyPath, syntax: str, _: Definitions) -> Iterator[Finding]:
    found = patterns.fault(pattern) if syntax == "RE2" else patterns.fault_of_lines(pattern)
    if found is not None:
        yield path, f"is not a regular expression for RE2: {found.words}", found.hint


def _requirement(requirement: str, path: KeyPath, *_: object) -> Iterator[Finding]:
    if _PINNED.fullmatch(requirement):
        return  # as nearly all are written; the import takes longer than all other checks
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(requirement)
    except InvalidRequirement as error:
        reason = str(error).split("\n", 1)[0]
        yield path, f"is not a requirement: {reason}", None


_MARKS: Mapping[str, Callable[..., Iterator[Finding]]] = {
    "x-name-of": known,
    "x-stays-in": _inside,
    "x-regex": _regex,
    "x-requirement": _requirement,
}


def leaves(path: str) -> bool:
    """Whether a relative path (or glob, or template) points out of the folder it is relative to."""
    return path.startswith(("/", "~")) or ".." in path.split("/")


def among(
    word: str, allowed: Iterable[str], path: KeyPath, message: str, noun: str, none: str = ""
) -> Iterator[Finding]:
    """The word must be one of those; the hint is a near miss, or `none` where there are none."""
    if word not in allowed:
        yield path, message, near_miss(word, allowed, noun) or none or None


def once(
    items: object, key: str, path: KeyPath, noun: str, hint: str = "first as element {}"
) -> Iterator[Finding]:
    """No two tables of a list may have the same name under `key`."""
    seen: dict[str, int] = {}
    for index, item in tables(items):
        name = text(item.get(key))
        if name is not None and seen.setdefault(name, index) != index:
            message = f"the {noun} {quote(name)} is defined twice"
            yield (*path, index, key), message, hint.format(seen[name])


def has_target(toolchain: Loaded, target: object, path: KeyPath) -> Iterator[Finding]:
    """The toolchain must lead to the target."""
    if isinstance(target, str):
        targets = subtables(toolchain.raw.get("targets"))
        message = f"{quote(toolchain.name)} has no target {quote(target)}"
        yield from among(target, targets, path, message, "its targets", "it has no target at all")


def interpreter(name: object, definitions: Definitions) -> Iterator[Finding]:
    """The `reference`, with which outputs are compared, must not be a compiler."""
    reference = definitions.get("toolchain", text(name) or "")
    if reference is not None and reference.raw.get("engine") == "compiler":
        message = f"{quote(reference.name)} is a compiler, and the reference an interpreter"
        yield ("reference",), message, None


def there(folder: str, path: str, where: KeyPath, beside: str = "") -> Iterator[Finding]:
    """There must be such a file in the folder; the hint is one there with a similar name."""
    shown, whole = os.path.normpath(path), os.path.join(folder, path)
    if os.path.isfile(whole):
        return
    try:
        names = os.listdir(os.path.dirname(whole))
    except OSError:
        names = []
    hint = near_miss(os.path.basename(whole), names, "files there")
    yield where, f"there is no file {quote(shown)}{beside}", hint
