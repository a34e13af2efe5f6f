"""Manifests as they were parsed, by kind and name, and reading of values that may be wrong.

Checks run on files that may already have schema errors, so that all errors are reported at once. So
a value is read as a `Part`: it knows where it stands, gives what is usable of it, and passes over
the rest, which the schema has reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from molt_build.json_schema import Violation
from molt_build.manifests.diagnostics import Diagnostic, Finding, KeyPath, near_miss
from molt_build.manifests.found import FoundFile
from molt_build.manifests.search import ManifestFile
from molt_build.manifests.toml import Document


class Part:
    """What stands at a path of a manifest; the value is None where nothing does."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: KeyPath = ()) -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str | int) -> Part:
        """What stands under a key of this table, or at a place of this list."""
        value = self.value
        if isinstance(value, dict):
            return Part(value.get(key), (*self.path, key))
        is_there = isinstance(value, list) and isinstance(key, int) and key < len(value)
        return Part(value[key] if is_there else None, (*self.path, key))

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    @property
    def key(self) -> str:
        """The key under which it stands."""
        return str(self.path[-1])

    @property
    def keys(self) -> list[str]:
        """The keys of a table."""
        return list(self.value) if isinstance(self.value, dict) else []

    @property
    def text(self) -> str:
        """The text that it is; "" for all else."""
        return self.value if isinstance(self.value, str) else ""

    def text_or(self, default: str) -> str:
        """The text that it is, or what holds where nothing is said."""
        return default if self.value is None else self.text

    @property
    def texts(self) -> list[str]:
        """The texts of a list."""
        return [part.text for part in self.words()]

    def values(self) -> list[Part]:
        """The values of a table."""
        return self._parts(dict, object)

    def words(self) -> list[Part]:
        """The texts of a list."""
        return self._parts(list, str)

    def tables(self) -> list[Part]:
        """The tables of a list."""
        return self._parts(list, dict)

    def named_words(self) -> list[Part]:
        """The texts of a table."""
        return self._parts(dict, str)

    def named_tables(self) -> list[Part]:
        """The tables of a table."""
        return self._parts(dict, dict)

    def _parts(self, outer: type, inner: type) -> list[Part]:
        value: Any = self.value if isinstance(self.value, outer) else ()
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [Part(item, (*self.path, key)) for key, item in items if isinstance(item, inner)]

    def wrong(self, message: str, hint: str | None = None) -> Finding:
        """That something is wrong here."""
        return self.path, message, hint

    def among(
        self, allowed: Collection[str], message: str, noun: str, none: str = ""
    ) -> Iterator[Finding]:
        """The text must be one of those; the hint is a near miss, or `none` where none are."""
        if self.text not in allowed:
            yield self.wrong(message, near_miss(self.text, allowed, noun) or none or None)


@dataclass(frozen=True)
class Parsed:
    """One manifest that could be parsed and whose kind is known."""

    file: ManifestFile
    kind: str
    name: str
    document: Document
    marks: tuple[Violation, ...] = ()  # what the schema says of values that no schema can check
    lock_text: str = ""  # the lock of its [python] table, "" while there is none
    found_by: str | None = None  # of a workload: the glob that finds its programs, ...
    found: tuple[FoundFile, ...] = ()  # ... and their files, in the order of the rows made of them

    @property
    def raw(self) -> dict[str, Any]:
        return self.document.values

    @property
    def top(self) -> Part:
        """All that stands in it."""
        return Part(self.raw)

    def diagnostic(self, finding: Finding) -> Diagnostic:
        """What is wrong in it, with its place in the file."""
        path, message, hint = finding
        file = self._found(path)
        if file is not None:
            return file.diagnostic(path[2:], message, hint)
        written = (self.document.written(path), message, hint)
        return Diagnostic.of(self.file.shown, self.document.position(path), written)

    @property
    def place(self) -> str:
        """`file:line` of its name, for hints."""
        return f"{self.file.shown}:{self.document.position(('name',)).line}"

    def where(self, path: KeyPath) -> str:
        """`file:line` of what stands at the path, for hints."""
        file = self._found(path)
        if file is not None:
            return file.shown
        return f"{self.file.shown}:{self.document.position(path).line}"

    def _found(self, path: KeyPath) -> FoundFile | None:
        """The file whose program the path is about, where no manifest lists it."""
        if self.found and path[:1] == ("programs",) and len(path) > 1:
            return self.found[int(path[1])]
        return None

    @property
    def takes(self) -> list[str]:
        """The languages that a toolchain accepts."""
        return self.top["accepts"].texts

    @property
    def what_it_takes(self) -> str:
        """A hint: the languages that a toolchain accepts."""
        return f"it accepts: {', '.join(self.takes) or 'nothing'}"


@dataclass(frozen=True)
class Definitions:
    """What is defined under which name.

    `unreadable` holds the names, guessed from file names, of manifests that could not be parsed:
    references to them are not reported, since the one error is reported already. `project` is the
    folder in which the files that manifests name must exist; None where that is not asked.
    """

    of_kind: Mapping[str, Mapping[str, Parsed]]
    unreadable: frozenset[str] = frozenset()
    project: str | None = None

    def get(self, kind: str, name: str) -> Parsed | None:
        return self.of_kind.get(kind, {}).get(name)

    def all(self, kind: str) -> list[Parsed]:
        return list(self.of_kind.get(kind, {}).values())

    def names(self, kind: str) -> list[str]:
        return sorted(self.programs if kind == "program" else self.of_kind.get(kind, {}))

    def is_known(self, kind: str, name: str) -> bool:
        if kind == "program":  # it may be declared in what could not be read
            return name in self.programs or bool(self.unreadable)
        return name in self.of_kind.get(kind, {}) or name in self.unreadable

    def language_of(self, workload: str) -> str:
        """The language of a workload's programs; "" where it is not known."""
        found = self.get("workload", workload)
        return "" if found is None else found.top["language"].text

    @cached_property
    def programs(self) -> dict[str, list[tuple[Parsed, Part]]]:
        """Name -> the workloads that declare such a program, and where, in the order of files."""
        found: dict[str, list[tuple[Parsed, Part]]] = {}
        for workload in self.all("workload"):
            for program in workload.top["programs"].tables():
                if isinstance(program["name"].value, str):
                    places = found.setdefault(program["name"].text, [])
                    places.append((workload, program))
        return found
