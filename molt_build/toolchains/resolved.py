"""A toolchain on this machine: the value of each placeholder it defines, and its identity.

For each placeholder it also holds the *components* of the identity that the value stands on. A
stage's key takes the components of the placeholders it uses and no others: a new C compiler changes
no translate stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from molt_build.manifests.model import Toolchain
from molt_build.manifests.placeholders import names
from molt_build.store.digest import digest_value
from molt_build.toolchains.roots import Roots
from molt_build.trails import Trail, trail

TOOL_PATH = "/usr/local/bin:/usr/bin:/bin"  # the PATH of stages and of what is run

Value = str | tuple[str, ...]


@dataclass(frozen=True)
class ResolvedToolchain:
    """A toolchain on this machine."""

    manifest: Toolchain
    values: Mapping[str, Value]  # placeholder -> absolute value
    parts: Mapping[str, Mapping[str, str]]  # placeholder -> identity components
    always: Mapping[str, str]  # components that every use depends on
    roles: Mapping[str, ResolvedToolchain]
    roots: Roots
    environment: str | None  # its Python environment's directory
    guard: Mapping[str, Trail]  # files that vouch for all of the above, as they were at first
    guard_absent: tuple[str, ...]  # files that would have been found first
    built_from: tuple[str, ...]  # files and folders that its built executables stand on
    built_without: tuple[str, ...]  # paths that would change those by appearing
    versions: Mapping[str, str]  # executable -> first line

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name

    @property
    def locks(self) -> tuple[str, ...]:
        """The lock files it stands on, as manifests name them."""
        own = () if self.manifest.python is None else (self.manifest.python.lock,)
        return (*own, *(lock for used in self.roles.values() for lock in used.locks))

    @property
    def identity(self) -> str:
        """The digest of every component, those of the toolchains it uses included."""
        return digest_value(self.components())

    def components(self) -> dict[str, str]:
        """All identity components, flat."""
        merged = dict(self.always)
        for part in self.parts.values():
            merged.update(part)
        return merged


@dataclass(frozen=True)
class Built:
    """An executable that an action made, and what it stands on."""

    path: str
    watched: tuple[str, ...]  # files and folders: as they were, it is up to date
    watched_absent: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """What was looked at on the way to a toolchain, found or not: its guard."""

    files: dict[str, Trail] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)  # where something would have been found

    def look_at(self, path: str) -> None:
        """Note what a path leads to before it is used for anything: the first look counts."""
        if path not in self.files:
            self.files[path] = trail(path)

    def take(self, other: Evidence) -> None:
        """Stand on all that other evidence stands on."""
        self.files.update(other.files)
        self.absent.extend(other.absent)


def names_in(templates: Iterable[str]) -> set[str]:
    """The placeholders that a list of words mentions."""
    return {name for template in templates for name in names(template)}
