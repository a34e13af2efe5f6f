"""What is known of the files of a tree, read once: several signals ask the same of the same files.

Facts are kept by the content of a file and by what was looked for, in memory for this command and
in the project's state folder for the next ones; the Python that parses is part of what is looked
for (`molt_build.sealed`). Where the folder cannot be written nothing is kept, and with the cache
off nothing is believed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from molt_build import sealed
from molt_build.codec import to_plain
from molt_build.manifests.loading import state_dir
from molt_build.manifests.module_rules import Mark
from molt_build.signals.modules.facts import Facts, read_facts
from molt_build.signals.modules.tree import Module
from molt_build.signals.modules.walk import Import, Occurrence
from molt_build.signals.modules.wanted import Wanted
from molt_build.signals.reading import ReadFile, content
from molt_build.store.digest import digest_bytes, digest_value
from molt_build.store.location import cache_is_on

FOLDER = "modules"  # in the state folder
KEPT = 20_000  # files for each set of marks
SETS = 16  # of marks, those that were written last
_NAME, _FORMAT = "modules", 1

# The facts of a file as they are written down: all of `Facts` in tuples, those of an import too.
_Row = tuple[
    str,
    dict[str, tuple[Occurrence, ...]],
    tuple[tuple[int, int, str, tuple[str, ...] | None, int], ...],
    tuple[str, ...],
]

_of_this_command: dict[str, dict[str, Facts]] = {}  # what is looked for -> content -> facts


def facts_of(modules: Iterable[Module], marks: Sequence[Mark], project: Path) -> dict[str, Facts]:
    """Name of each module -> what its file holds; raises `NotRead`."""
    wanted = Wanted(tuple(marks))
    looked_for = digest_value(to_plain(wanted.marks)).partition(":")[2]
    known = _of_this_command.setdefault(looked_for, {})
    earlier = _kept(project, looked_for)
    found: dict[str, Facts] = {}
    used: dict[str, Facts] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a parser thinks of others' style is not asked
        for module in modules:
            data = content(ReadFile(module.path, module.file))
            digest = digest_bytes(data)
            facts = known.get(digest)
            if facts is None:
                row = earlier.get(digest)
                facts = read_facts(data, wanted) if row is None else _from_row(row)
            found[module.name] = used[digest] = known[digest] = facts
    if not used.keys() <= earlier.keys():
        rows = {**earlier, **{digest: _row(facts) for digest, facts in used.items()}}
        if len(rows) > KEPT:
            rows = {digest: rows[digest] for digest in used}
        _keep(project, looked_for, rows)
    return found


def _kept(project: Path, looked_for: str) -> dict[str, _Row]:
    """What earlier commands found; nothing where that is damaged, or not to be believed."""
    if not cache_is_on():
        return {}
    try:
        path = os.path.join(state_dir(project), FOLDER, looked_for)
        rows: dict[str, _Row] | None = sealed.read(path, _NAME, _FORMAT)
    except (OSError, sealed.Damaged):
        return {}
    return rows or {}


def _keep(project: Path, looked_for: str, rows: dict[str, _Row]) -> None:
    """Write down what is known; what cannot be written is read again next time."""
    if cache_is_on():
        with suppress(OSError):
            state = state_dir(project)
            path = os.path.join(state, FOLDER, looked_for)
            sealed.write(path, str(state), _NAME, _FORMAT, rows)
            with os.scandir(os.path.dirname(path)) as there:
                by_age = sorted(there, key=lambda entry: entry.stat().st_mtime_ns)
            for entry in by_age[:-SETS]:
                os.unlink(entry.path)


def _row(facts: Facts) -> _Row:
    imports = tuple(
        (one.line, one.level, one.module, one.names, one.places) for one in facts.imports
    )
    return facts.problem, dict(facts.marks), imports, facts.exported


def _from_row(row: _Row) -> Facts:
    problem, marks, imports, exported = row
    return Facts(problem, marks, tuple(Import(*one) for one in imports), exported)
