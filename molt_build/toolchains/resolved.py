"""A toolchain on this machine: the value of each placeholder it defines, and its identity.

For each placeholder it also holds the *components* of the identity that the value stands on. A
stage's key takes the components of the placeholders it uses and no others: a new C compiler changes
no translate stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from molt_build.errors import ToolMissing
from molt_build.manifests.placeholders import names
from molt_build.manifests.toolchain import Provides, Toolchain
from molt_build.store.digest import digest_value
from molt_build.toolchains.artifacts import Contents
from molt_build.toolchains.pinned import Pinned
from molt_build.toolchains.roots import Roots
from molt_build.toolchains.wanted import Wanted
from molt_build.trails import Trail, trail

TOOL_PATH = "/usr/local/bin:/usr/bin:/bin"  # the PATH of stages and of what is run

NOT_BUILT = "(not built yet)"  # stands for what a build will make, and for what it will answer

Value = str | tuple[str, ...]


@dataclass(frozen=True)
class Watched:
    """Absolute paths that something stands on: while they are as they were, so is it."""

    files: tuple[str, ...] = ()  # and folders
    absent: tuple[str, ...] = ()  # what would change it by appearing

    @classmethod
    def all_of(cls, parts: Iterable[Watched]) -> Watched:
        """What stands on all of these."""
        files: dict[str, None] = {}
        absent: dict[str, None] = {}
        for part in parts:
            files |= dict.fromkeys(part.files)
            absent |= dict.fromkeys(part.absent)
        return cls(tuple(files), tuple(absent))


@dataclass(frozen=True)
class ResolvedToolchain:
    """A toolchain on this machine."""

    manifest: Toolchain
    values: Mapping[str, Value]  # placeholder -> absolute value
    parts: Mapping[str, Mapping[str, str]]  # placeholder -> identity components
    always: Mapping[str, str]  # components that every use depends on
    roles: Mapping[str, ResolvedToolchain]
    roots: Roots
    guard: Mapping[str, Trail]  # files that vouch for all of the above, as they were at first
    guard_absent: tuple[str, ...]  # files that would have been found first
    artifacts: Mapping[str, Contents]  # component -> what an artifact held when it was looked at
    pinned: Mapping[str, Pinned]  # component -> an artifact that is a pinned source
    built_on: Watched  # what its built executables stand on
    compilers: tuple[Wanted, ...]  # the builds that it is made of, in the order of their making
    versions: Mapping[str, str]  # executable -> first line
    packages: tuple[str, ...]  # NAME==VERSION of what it requires, as its lock has it

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name

    @property
    def provides(self) -> Provides:
        """What it offers to others; asked of those alone that are used in a role."""
        assert self.manifest.provides is not None
        return self.manifest.provides

    @property
    def watched(self) -> Watched:
        """What all that is built with it stands on."""
        artifacts = [Watched(tuple(one.rows), one.absent) for one in self.artifacts.values()]
        guard = Watched(tuple(self.guard), self.guard_absent)
        return Watched.all_of([guard, *artifacts, self.built_on])

    @property
    def vouched_for(self) -> dict[str, Mapping[str, str]]:
        """The folders of which nothing is looked at, and the components that vouch for what is
        there: those of a lock or of a pin."""
        environment = self.values.get("env")
        found: dict[str, Mapping[str, str]] = {}
        if isinstance(environment, str):
            found[environment] = self.parts["env"]
        for component, one in self.pinned.items():
            found |= {folder: {component: one.identity} for folder in one.folders}
        return found

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


class NotBuilt(ToolMissing):
    """A part of a toolchain is not built, and may not be built now; no other takes its place."""


@dataclass(frozen=True)
class Built:
    """An output of an action that is part of a toolchain, and what it stands on.

    Where builds are only looked at it need not lie at its path yet. What the store has of it can
    then be laid out elsewhere, to be asked.
    """

    path: str
    watched: Watched
    component: str  # what stands for it in keys, which may be that it is not built yet
    is_folder: bool = False
    is_there: bool = True
    copy: Callable[[], str | None] | None = None  # lays it out; None when that cannot be
    compilers: tuple[Wanted, ...] = ()  # the builds that it took, its own the last


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
