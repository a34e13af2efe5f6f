"""What no schema can say of a suite: that its files exist, and that its modes are true.

A mode is a statement about programs. Nobody may read "runs unmodified" of a program that an adapter
drives or changes, and nothing is unsupported without a reason.
"""

from __future__ import annotations

import keyword
import os
from collections.abc import Iterator, Mapping
from typing import Any

from molt_build.manifests.definitions import Definitions, Loaded, subtables, table, tables, text
from molt_build.manifests.diagnostics import KeyPath, quote
from molt_build.manifests.model import Suite
from molt_build.manifests.resolve import form
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import interpreter, known, leaves, once, there
from molt_build.manifests.workload_checks import entry_there, of_source

UNMODIFIED = "runs_unmodified"
UNSUPPORTED = "unsupported"
_GLOB_SIGNS = frozenset("*?[")


def findings(suite: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a suite; with a project's folder also its missing sources."""
    raw = suite.raw
    if "reference" not in raw:
        yield from known(Suite.reference, ("reference",), "toolchain", definitions)
    yield from interpreter(raw.get("reference", Suite.reference), definitions)
    yield from of_source(raw, definitions.project)
    folder = os.path.dirname(suite.file.path)
    for key in ("drive", "prepare"):
        path = text(table(raw.get("adapter")).get(key))
        if path is not None and not leaves(path):
            yield from there(folder, path, ("adapter", key), " beside the manifest")
    for index, program in tables(raw.get("programs")):
        yield from _program(program, ("programs", index), raw, definitions.project)
    yield from once(raw.get("programs"), "name", ("programs",), "program")
    yield from _modes(raw)


def is_glob(entry: str) -> bool:
    """Whether an entry is a pattern that may find several programs."""
    return not _GLOB_SIGNS.isdisjoint(entry)


def _program(
    program: Mapping[str, Any], where: KeyPath, raw: Mapping[str, Any], project: str | None
) -> Iterator[Finding]:
    entry = text(program.get("entry"))
    if entry is not None and is_glob(entry) and "name" in program:
        message = "has no effect: the entry is a glob, and each program is named after its file"
        yield (*where, "name"), message, None
    if entry is not None and not is_glob(entry) and "name" not in program:
        hint = "only an entry that is a glob names its programs by itself"
        yield (*where, "name"), "missing key", hint
    module = text(program.get("module"))
    if module is not None and keyword.iskeyword(module):
        yield (*where, "module"), f"{quote(module)} is a word of the language", None
    adapter = table(raw.get("adapter"))
    if _is_driven(program, raw) and "drive" not in adapter:
        yield (*where, "form"), "a driven program needs adapter.drive, which calls it", None
    if program.get("prepared") is True and "prepare" not in adapter:
        message = "a prepared program needs adapter.prepare, which changes its files"
        yield (*where, "prepared"), message, None
    if entry is not None and not is_glob(entry):
        yield from entry_there(entry, (*where, "entry"), raw, project)


def _is_driven(program: Mapping[str, Any], raw: Mapping[str, Any]) -> bool:
    return form(program, {"adapter": table(raw.get("adapter"))}) == "driven"


def _modes(raw: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _reason(table(raw.get("default")), ("default",))
    owners: list[tuple[KeyPath, Mapping[str, Any]]] = [((), raw)]
    owners += [(("programs", index), one) for index, one in tables(raw.get("programs"))]
    for where, owner in owners:
        for engine, mode in subtables(owner.get("engines")).items():
            yield from _reason(mode, (*where, "engines", engine))
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
