"""What is asked of a build, and what all builds of one command share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from molt_build.build.execute import Processes
from molt_build.build.toolchains import Resolver
from molt_build.manifests.model import Manifests
from molt_build.store.digest import StatCache
from molt_build.store.store import Store


@dataclass(frozen=True)
class Request:
    """What to build."""

    toolchain: str
    profile: str
    target: str
    programs: tuple[str, ...]
    jobs: int = 1
    keep_going: bool = False
    keep_staging: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Session:
    """The store, the stat cache and the resolved toolchains of one command."""

    manifests: Manifests
    project: Path
    cache: Path
    tools: Path  # toolchain environments and unpacked sources
    store: Store | None  # None when it is switched off
    stat_cache: StatCache
    resolver: Resolver
    progress: Callable[[str], None]
    guard_rows: Mapping[str, list[int] | None]  # the manifests' files, as they were when read
    processes: Processes = field(default_factory=Processes)
