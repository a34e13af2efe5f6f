"""What all builds of one command share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.actions.ambient import Ambient
from molt_build.actions.inputs import Unit
from molt_build.building.commands import Processes
from molt_build.building.outcome import CompilerBuild
from molt_build.building.staging import Staging
from molt_build.building.trace import Trace
from molt_build.manifests.loading import Guard, state_dir
from molt_build.manifests.model import Manifests
from molt_build.manifests.workload import Program, Source, Workload
from molt_build.measure.environment import Environment, read_environment
from molt_build.sources.source import source_root
from molt_build.store.digest import StatCache
from molt_build.store.locks import Waiting
from molt_build.store.store import Store
from molt_build.toolchains.resolved import ResolvedToolchain
from molt_build.toolchains.resolver import Resolver
from molt_build.toolchains.wanted import Wanted
from molt_build.trails import Own


@dataclass(frozen=True)
class Session:
    """The store, the stat cache and the resolved toolchains of one command."""

    manifests: Manifests
    project: Path
    cache: Path
    tools: Path  # toolchain environments and unpacked sources
    store: Store | None  # None when it is switched off
    staging: Staging
    stat_cache: StatCache
    resolver: Resolver
    progress: Callable[[str], None]
    guard: Guard  # what the manifests were read from, as it was then
    flights: Waiting  # for others that execute the same action
    slots: Waiting  # for a slot of a shard; both log to the same `LockLog`
    ambient: Ambient  # what the keys of all its actions hold
    processes: Processes
    trace: Trace | None = None  # where the command's spans are written, if anywhere
    # What toolchains are made of, as built by now (`molt_build.building.compilers`).
    compilers: dict[Wanted, CompilerBuild] = field(default_factory=dict)

    @cached_property
    def state(self) -> Path:
        """The project's folder of plans and outputs, made if need be."""
        return state_dir(self.project)

    def environment(self) -> Environment:
        """The machine as it is now, and the Python of the project where that is another one."""
        python = self.resolver.python.other_version
        return replace(read_environment(self.project), host_python=python)

    @cached_property
    def own(self) -> Own:
        """The folders that this command itself writes to."""
        return Own(self.cache, self.tools, self.tools / "environments", self.project / STATE_FOLDER)

    def source_root(self, source: Source) -> Path:
        """The folder with a source's files, fetched if need be; raises what that raises."""
        return source_root(source, self.project, self.tools, self.flights)

    def unit(
        self, program: Program, workload: Workload, toolchain: ResolvedToolchain, profile: str
    ) -> Unit:
        """A program as a toolchain builds it; fetches its source, and raises what that raises."""
        root = self.source_root(workload.source)
        of_profile = self.manifests.profiles[profile]
        return Unit(program, workload, toolchain, of_profile, root, self.ambient)
