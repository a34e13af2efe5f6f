"""The programs of workloads whose `programs` is a glob: found, named, and asked what they say.

A program is named after its path from the source's root, without the file's suffix: in lower case,
with `_` for `/` and for what no name may hold. Two paths may thus make one name: then both are
named as a finding, and so is a path that makes none.

What a file said is kept with the stat data that it had before it was read; while they are equal it
is not opened again. Of thousands of programs that is one look into each folder and one at each
file. Only folders and files of the project are searched: what is fetched is not there before it is
fetched, and manifests are read without fetching anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from molt_build.manifests import globs
from molt_build.manifests.diagnostics import Diagnostic, KeyPath, format_path, quote
from molt_build.manifests.search import shown_path
from molt_build.stat_data import Clocks, Signature

NAME_LIMIT = 120
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")
_OTHER = re.compile(r"[^a-z0-9_-]")

Proving = Signature | tuple[()] | None  # () where stat data prove nothing
Folders = Mapping[str, Proving]  # by path
# Entry -> the stat data of its file before it was read, and what it said: a row without its name.
Said = Mapping[str, tuple[Proving, Mapping[str, Any]]]
Kept = tuple[Folders, Said]
NOTHING: Kept = ({}, {})


@dataclass(frozen=True)
class Glob:
    """Where the programs of a workload are looked for."""

    root: str  # absolute: the folder that holds them
    pattern: str
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class FoundFile:
    """A file that is a program."""

    entry: str  # relative to the source's root
    path: str  # absolute
    shown: str  # relative to the project
    name: str

    def diagnostic(self, path: KeyPath, message: str, hint: str | None) -> Diagnostic:
        """What is wrong with a property of its row, at the directive that says it."""
        from molt_build.manifests import directives

        key = str(path[0]) if path else ""
        try:
            with open(self.path, "rb") as stream:
                place = directives.parse(stream.read()).places.get(key, (1, 1))
        except OSError:
            place = (1, 1)
        word = directives.WORDS.get(key, "")
        return Diagnostic(self.shown, *place, word, message, hint)


@dataclass
class Found:
    """What one glob found; `wrong` files are among the looked at, and no programs."""

    looked: globs.Looked
    files: list[FoundFile] = field(default_factory=list)
    said: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by entry
    wrong: list[Diagnostic] = field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        """Of each file the table that a manifest would have for it."""
        return [{"name": f.name, "entry": f.entry, **self.said[f.entry]} for f in self.files]


def find(project: str, glob: Glob, kept: Kept, clocks: Callable[[], Clocks | None]) -> Found:
    """Look for the programs of a glob, and read what those say that changed since they were kept.

    Files that changed this very moment are waited for, by the clocks that are asked for where
    anything changed at all (None: nothing will be kept). Raises `OSError` for a folder that cannot
    be read.
    """
    found = Found(globs.look(glob.root, glob.pattern, glob.exclude))
    if not is_as_kept(found.looked, kept):
        times = clocks()
        if times is not None and _wait(times, found.looked):
            found.looked = globs.look(glob.root, glob.pattern, glob.exclude)
    for entry, row in found.looked.files.items():
        path = os.path.join(glob.root, entry)
        file = FoundFile(entry, path, shown_path(path, project), program_name(entry))
        if not entry.isprintable():
            shown = file.shown.encode("unicode_escape").decode("ascii")
            message = "its path holds characters that cannot be shown"
            found.wrong.append(Diagnostic(shown, 1, 1, "", message, "rename it, or leave it out"))
            found.said[entry] = {}
            continue
        known_row, said = kept[1].get(entry, ((), {}))
        if known_row != row:
            said, wrong = _read(file)
            found.wrong += wrong
        found.said[entry] = said
        if is_name(file.name):
            found.files.append(file)
        else:
            found.wrong.append(_nameless(file))
    return found


def is_as_kept(looked: globs.Looked, kept: Kept) -> bool:
    """Whether folders and files have the stat data that were kept, all of which prove something."""
    folders, said = kept
    return looked.folders == folders and all(
        said.get(entry, ((), {}))[0] == row for entry, row in looked.files.items()
    )


def _wait(clocks: Clocks, looked: globs.Looked) -> bool:
    """Wait until nothing can change without showing; whether that took any time."""
    rows = [row for row in (*looked.folders.values(), *looked.files.values()) if row]
    racy = [row for row in rows if clocks.is_racy(row[0], row[5])]
    clocks.wait_past(row[5] for row in racy)
    return bool(racy)


def program_name(entry: str) -> str:
    """The name of the program in a file, by its path from the source's root; it may be none."""
    return _OTHER.sub("_", os.path.splitext(entry)[0].lower().replace("/", "_"))


def is_name(name: str) -> bool:
    """Whether a program may have this name."""
    return _NAME.match(name) is not None and len(name) <= NAME_LIMIT


def _nameless(file: FoundFile) -> Diagnostic:
    if len(file.name) > NAME_LIMIT:
        message = f"its path makes a name of {len(file.name)} characters, more than {NAME_LIMIT}"
        hint = "let the source begin nearer to it: [source] project or root"
    else:
        message = f"its path makes {quote(file.name)}, which is no name: those begin with a letter"
        hint = "rename it, leave it out (exclude), or let the source begin in a folder above"
    return Diagnostic(file.shown, 1, 1, "", message, hint)


def _read(file: FoundFile) -> tuple[Mapping[str, Any], list[Diagnostic]]:
    """What a file says of itself, and what is wrong with that."""
    from molt_build.manifests import directives

    try:
        with open(file.path, "rb") as stream:
            told = directives.parse(stream.read())
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        return {}, [Diagnostic(file.shown, 1, 1, "", reason)]
    wrong = [Diagnostic(file.shown, *f.place, f.word, f.message, f.hint) for f in told.faults]
    if told.row:
        from molt_build.manifests import schema

        for path, message, hint in schema.examine_program(told.row):
            key = str(path[0]) if path else ""
            inner = format_path(path[1:])
            shown = f"{inner}: {message}" if inner else message
            word = directives.WORDS.get(key, key)
            place = told.places.get(key, (1, 1))
            wrong.append(Diagnostic(file.shown, *place, word, shown, hint))
    return told.row, wrong
