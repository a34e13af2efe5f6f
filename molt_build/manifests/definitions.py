"""The manifests of a project by kind and name, and tolerant reading of values that may be wrong.

Reference checks run on files that may already have schema errors, so that all errors are reported
at once. The functions here give what is usable of a value and pass over the rest, which the
schema has reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from molt_build.json_schema import Violation
from molt_build.manifests.search import ManifestFile
from molt_build.manifests.toml import Document


@dataclass(frozen=True)
class Loaded:
    """One manifest that could be parsed and whose kind is known."""

    file: ManifestFile
    kind: str
    name: str
    document: Document
    marks: tuple[Violation, ...] = ()  # what the schema says of values that no schema can check

    @property
    def raw(self) -> dict[str, Any]:
        return self.document.values

    @property
    def place(self) -> str:
        """`file:line` of its name, for hints."""
        return f"{self.file.shown}:{self.document.position(('name',)).line}"


@dataclass(frozen=True)
class Definitions:
    """What is defined under which name.

    `unreadable` holds the names, guessed from file names, of manifests that could not be parsed:
    references to them are not reported, since the one error is reported already. `project` is the
    folder in which the files that manifests name must exist; None where that is not asked.
    """

    of_kind: Mapping[str, Mapping[str, Loaded]]
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    project: str | None = None

    def get(self, kind: str, name: str) -> Loaded | None:
        return self.of_kind.get(kind, {}).get(name)

    def all(self, kind: str) -> list[Loaded]:
        return list(self.of_kind.get(kind, {}).values())

    def names(self, kind: str) -> list[str]:
        return sorted(self.programs if kind == "program" else self.of_kind.get(kind, {}))

    def is_known(self, kind: str, name: str) -> bool:
        if kind == "program":  # it may be declared in what could not be read
            return name in self.programs or bool(self.unreadable.get("workload"))
        return name in self.of_kind.get(kind, {}) or name in self.unreadable.get(kind, ())

    @cached_property
    def programs(self) -> dict[str, list[tuple[Loaded, int]]]:
        """Program name -> the workloads and indices that declare it, in the order of files."""
        found: dict[str, list[tuple[Loaded, int]]] = {}
        for workload in self.all("workload"):
            for index, program in tables(workload.raw.get("programs")):
                name = program.get("name")
                if isinstance(name, str):
                    found.setdefault(name, []).append((workload, index))
        return found


def accepted(toolchain: Loaded) -> list[str]:
    """The languages that a toolchain takes."""
    return [word for _, word in words(toolchain.raw.get("accepts"))]


def it_accepts(toolchain: Loaded) -> str:
    """A hint: the languages that a toolchain takes."""
    return f"it accepts: {', '.join(accepted(toolchain)) or 'nothing'}"


def language_of(workload: Loaded | None) -> str | None:
    """The language of a workload's programs; None where it is not known."""
    return None if workload is None else text(workload.raw.get("language"))


def table(value: object) -> dict[str, Any]:
    """The value when it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def subtables(value: object) -> dict[str, dict[str, Any]]:
    """Those values of a table that are tables."""
    return {key: item for key, item in table(value).items() if isinstance(item, dict)}


def tables(value: object) -> list[tuple[int, dict[str, Any]]]:
    """The tables of a list, with their indices."""
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, dict)]


def words(value: object) -> list[tuple[int, str]]:
    """The strings of a list, with their indices."""
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, str)]


def string_items(value: object) -> dict[str, str]:
    """Those values of a table that are strings."""
    return {key: item for key, item in table(value).items() if isinstance(item, str)}


def text(value: object) -> str | None:
    """The value when it is a string."""
    return value if isinstance(value, str) else None
