"""What no schema can say of a suite: that its names and files exist, and that its modes are true.

A mode is a statement about programs. Nobody may read "runs unmodified" of a program that an adapter
drives or changes, and nothing is unsupported without a reason.
"""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterator, Mapping
from typing import Any

from molt_build import patterns
from molt_build.manifests import source_checks
from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    subtables,
    table,
    tables,
    text,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.model import Suite
from molt_build.manifests.resolve import form
from molt_build.manifests.schema import Finding
from molt_build.manifests.source_checks import OUTSIDE_SOURCE
from molt_build.manifests.value_checks import inside, known, leaves, regex, requirements

UNMODIFIED = "runs_unmodified"
UNSUPPORTED = "unsupported"
_GLOB_SIGNS = frozenset("*?[")


def findings(suite: Loaded, definitions: Definitions, project: str | None) -> Iterator[Finding]:
    """Everything ill-fitting in a suite; with a `project` folder also its missing sources."""
    raw = suite.raw
    yield from _toolchains(raw, definitions)
    yield from source_checks.findings(raw, project)
    yield from requirements(raw)
    yield from inside(table(raw.get("python")).get("lock"), ("python", "lock"))
    yield from _adapter(raw, os.path.dirname(suite.file.path))
    for index, value in words(raw.get("volatile")):
        yield from regex(value, ("volatile", index), patterns.fault_of_lines)
    for index, glob in words(raw.get("present")):
        yield from inside(glob, ("present", index), OUTSIDE_SOURCE)
    for number, exclusion in tables(raw.get("exclusions")):
        for index, glob in words(exclusion.get("entries")):
            yield from inside(glob, ("exclusions", number, "entries", index), OUTSIDE_SOURCE)
    for index, program in tables(raw.get("programs")):
        yield from _program(program, ("programs", index), raw, project)
    yield from _twice(raw)
    yield from _modes(raw, definitions)


def _toolchains(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    yield from known(raw.get("friend"), "toolchain", ("friend",), definitions)
    reference = raw.get("reference", Suite.reference)
    yield from known(reference, "toolchain", ("reference",), definitions)
    declared = definitions.get("toolchain", text(reference) or "")
    if declared is not None and declared.raw.get("engine") == "compiler":
        message = f"{quote(declared.name)} is a compiler, and the reference an interpreter"
        yield ("reference",), message, None
    for engine in table(raw.get("environment")):
        yield from known(engine, "toolchain", ("environment", engine), definitions)


def _adapter(raw: Mapping[str, Any], folder: str) -> Iterator[Finding]:
    adapter = table(raw.get("adapter"))
    for key in ("drive", "prepare"):
        path, where = text(adapter.get(key)), ("adapter", key)
        if path is None:
            continue
        if leaves(path):
            yield from inside(path, where, "leaves the folder of the manifest")
        elif not os.path.isfile(os.path.join(folder, path)):
            shown = os.path.normpath(path)
            yield (
                where,
                f"there is no file {quote(shown)} beside the manifest",
                _similar(os.path.join(folder, path)),
            )


def _similar(path: str) -> str | None:
    try:
        names = os.listdir(os.path.dirname(path))
    except OSError:
        return None
    return near_miss(os.path.basename(path), names, "files there")


def is_glob(entry: str) -> bool:
    """Whether an entry is a pattern that may find several programs."""
    return not _GLOB_SIGNS.isdisjoint(entry)


def _program(
    program: Mapping[str, Any], where: KeyPath, raw: Mapping[str, Any], project: str | None
) -> Iterator[Finding]:
    entry = text(program.get("entry"))
    yield from inside(entry, (*where, "entry"), OUTSIDE_SOURCE)
    if entry is not None and is_glob(entry) and "name" in program:
        message = "has no effect: the entry is a glob, and each program is named after its file"
        yield (*where, "name"), message, None
    if entry is not None and not is_glob(entry) and "name" not in program:
        hint = "only an entry that is a glob names its programs by itself"
        yield (*where, "name"), "missing key", hint
    for index, glob in words(program.get("files")):
        yield from inside(glob, (*where, "files", index), OUTSIDE_SOURCE)
    module = text(program.get("module"))
    if module is not None and keyword.iskeyword(module):
        yield (*where, "module"), f"{quote(module)} is a word of the language", None
    adapter = table(raw.get("adapter"))
    if _is_driven(program, raw) and "drive" not in adapter:
        yield (*where, "form"), "a driven program needs adapter.drive, which calls it", None
    if program.get("prepared") is True and "prepare" not in adapter:
        message = "a prepared program needs adapter.prepare, which changes its files"
        yield (*where, "prepared"), message, None
    folder = None if project is None else source_checks.folder(raw)
    if project is None or folder is None or entry is None or is_glob(entry) or leaves(entry):
        return
    if os.path.isdir(os.path.join(project, folder)):
        path = os.path.normpath(os.path.join(folder, entry))
        whole = os.path.join(project, path)
        if not os.path.isfile(whole):
            yield (*where, "entry"), f"there is no file {quote(path)}", _similar(whole)


def _is_driven(program: Mapping[str, Any], raw: Mapping[str, Any]) -> bool:
    return form(program, {"adapter": table(raw.get("adapter"))}) == "driven"


def _twice(raw: Mapping[str, Any]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, program in tables(raw.get("programs")):
        name = text(program.get("name"))
        if name is not None and seen.setdefault(name, index) != index:
            message = f"the program {quote(name)} is defined twice"
            yield ("programs", index, "name"), message, f"first as element {seen[name]}"


def _modes(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    places: list[tuple[KeyPath, Mapping[str, Any]]] = [(("default",), table(raw.get("default")))]
    owners: list[tuple[KeyPath, object]] = [(("engines",), raw.get("engines"))]
    owners += [
        (("programs", index, "engines"), program.get("engines"))
        for index, program in tables(raw.get("programs"))
    ]
    for where, engines in owners:
        for engine in table(engines):
            yield from known(engine, "toolchain", (*where, engine), definitions)
        places += [((*where, engine), mode) for engine, mode in subtables(engines).items()]
    for where, mode in places:
        yield from _reason(mode, where)
    yield from _unmodified(raw)


def _reason(mode: Mapping[str, Any], where: KeyPath) -> Iterator[Finding]:
    is_unsupported = mode.get("mode") == UNSUPPORTED
    if is_unsupported and "reason" not in mode:
        yield (*where, "reason"), "missing key, which 'unsupported' needs", "one line: why"
    if not is_unsupported and "mode" in mode and "reason" in mode:
        message = "only what is unsupported needs a reason"
        yield (*where, "reason"), message, "what else a reader should know is a note"


def _unmodified(raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Where it is said that programs run unmodified which the adapter drives or changes."""
    engines = subtables(raw.get("engines"))
    wrong: dict[KeyPath, list[str]] = {}
    for index, program in tables(raw.get("programs")):
        if not _is_driven(program, raw) and program.get("prepared") is not True:
            continue
        own = subtables(program.get("engines"))
        modes: dict[KeyPath, Mapping[str, Any]] = {("default",): table(raw.get("default"))}
        modes |= {("programs", index, "engines", name): mode for name, mode in own.items()}
        modes |= {("engines", name): mode for name, mode in engines.items() if name not in own}
        for where, mode in modes.items():
            if mode.get("mode") == UNMODIFIED:
                shown = text(program.get("name")) or text(program.get("entry")) or ""
                wrong.setdefault((*where, "mode"), []).append(shown)
    for where, names in wrong.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        message = f"{UNMODIFIED}, but the adapter drives or changes {quote(names[0])}{more}"
        yield where, message, 'such programs have mode = "requires_adapter"'
