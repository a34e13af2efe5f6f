"""What no schema can say of a suite: that its files exist, and that its modes are true.

A mode is a statement about programs. Nobody may read "runs unmodified" of a program that an adapter
drives or changes, and nothing is unsupported without a reason.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from molt_build.manifests.diagnostics import Finding, KeyPath, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.suite import ModeName, Suite
from molt_build.manifests.value_checks import interpreter, known, once
from molt_build.manifests.workload_checks import (
    driven,
    entry_there,
    is_driven,
    of_adapter,
    of_source,
)

UNMODIFIED: ModeName = "runs_unmodified"
UNSUPPORTED: ModeName = "unsupported"
_GLOB_SIGNS = frozenset("*?[")


def findings(suite: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a suite; with a project's folder also its missing sources."""
    top = suite.top
    reference = top["reference"]
    if reference.value is None:
        reference = Part(Suite.reference, reference.path)
        yield from known(reference, "toolchain", definitions)
    yield from interpreter(reference, definitions)
    yield from of_source(top, definitions.project)
    yield from of_adapter(suite)
    for program in top["programs"].tables():
        yield from _program(program, top, definitions.project)
    yield from once(top["programs"], "name", "program")
    yield from _reason(top["default"])
    for owner in (top, *top["programs"].tables()):
        for mode in owner["engines"].named_tables():
            yield from _reason(mode)
    yield from _unmodified(top)


def is_glob(entry: str) -> bool:
    """Whether an entry is a pattern that may find several programs."""
    return not _GLOB_SIGNS.isdisjoint(entry)


def _program(program: Part, suite: Part, project: str | None) -> Iterator[Finding]:
    entry, name, module = program["entry"], program["name"], program["module"]
    if entry.text and is_glob(entry.text) and "name" in program:
        message = "has no effect: the entry is a glob, and each program is named after its file"
        yield name.wrong(message)
    if entry.text and not is_glob(entry.text):
        if "name" not in program:
            hint = "only an entry that is a glob names its programs by itself"
            yield name.wrong("missing key", hint)
        yield from entry_there(entry, suite, project)
    if keyword.iskeyword(module.text):
        yield module.wrong(f"{quote(module.text)} is a word of the language")
    yield from driven(program, suite)
    if program["prepared"].value is True and "prepare" not in suite["adapter"]:
        message = "a prepared program needs adapter.prepare, which changes its files"
        yield program["prepared"].wrong(message)


def _reason(mode: Part) -> Iterator[Finding]:
    is_unsupported = mode["mode"].text == UNSUPPORTED
    if is_unsupported and "reason" not in mode:
        message = "missing key, which 'unsupported' needs"
        yield mode["reason"].wrong(message, "one line: why")
    if not is_unsupported and "mode" in mode and "reason" in mode:
        hint = "what else a reader should know is a note"
        yield mode["reason"].wrong("only what is unsupported needs a reason", hint)


def _unmodified(suite: Part) -> Iterator[Finding]:
    """Where it is said that programs run unmodified which the adapter drives or changes."""
    wrong: dict[KeyPath, list[str]] = {}
    for program in suite["programs"].tables():
        if not is_driven(program, suite) and program["prepared"].value is not True:
            continue
        own = {mode.key: mode for mode in program["engines"].named_tables()}
        of_all = [mode for mode in suite["engines"].named_tables() if mode.key not in own]
        for mode in (suite["default"], *own.values(), *of_all):
            if mode["mode"].text == UNMODIFIED:
                shown = program["name"].text or program["entry"].text
                wrong.setdefault(mode["mode"].path, []).append(shown)
    for where, names in wrong.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        message = f"{UNMODIFIED}, but the adapter drives or changes {quote(names[0])}{more}"
        yield where, message, 'such programs have mode = "requires_adapter"'
