"""Opening a build session: manifests, cache directory, store and stat cache of one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from molt_build.actions import scope
from molt_build.actions.ambient import ambient
from molt_build.building.commands import Processes
from molt_build.building.compilers import Compilers
from molt_build.building.session import Session
from molt_build.building.shards import prune_shards
from molt_build.building.staging import Staging
from molt_build.building.trace import Trace
from molt_build.errors import EnvironmentFailed
from molt_build.manifests.loading import load_guarded, state_dir
from molt_build.store.admission import Admission
from molt_build.store.backoff import Backoff
from molt_build.store.blob_files import check_compression
from molt_build.store.digest import StatCache
from molt_build.store.leftovers import remove_leftovers, remove_unfinished
from molt_build.store.location import cache_dir, cache_is_on, tools_dir
from molt_build.store.lock_log import LockLog
from molt_build.store.locks import Waiting
from molt_build.store.pruning import keep_within
from molt_build.store.registry import register, running_builds
from molt_build.store.store import Store
from molt_build.temporary import remove_abandoned_files
from molt_build.toolchains.environments import Environments
from molt_build.toolchains.host_python import host_python, required_by
from molt_build.toolchains.resolution import Host
from molt_build.toolchains.resolver import Resolver


@contextmanager
def open_session(
    project: Path,
    progress: Callable[[str], None],
    *,
    install: bool = True,
    assume_installed: bool = False,
    assume_built: bool = False,
    jobs: int = 1,
    keep_staging: bool = False,
    to_pin: bool = False,
    trace: Trace | None = None,
) -> Iterator[Session]:
    """A session for the project; what it learnt is saved when the block is left.

    `install` and `assume_installed` are those of `Environments`; `assume_built` says the second of
    what toolchains are built by, which so many `jobs` build (`molt_build.building.compilers`), and
    `keep_staging` leaves the directory of an action of theirs that fails. `to_pin` is
    that of `load`. Its actions, locks and waits are written to the `trace`, which stays open.
    Raises `ManifestError` for invalid manifests, `EnvironmentFailed` for an unusable cache.
    """
    is_coarse = scope.is_coarse()
    state = state_dir(project)
    manifests, guard = load_guarded(project, progress, to_pin=to_pin)
    cache, tools = cache_dir(), tools_dir()
    log = LockLog(trace.lock if trace is not None else None)
    times, processes = manifests.cache.locks, Processes()
    bounds = (times.backoff_min_s, times.backoff_max_s)
    flights = Waiting(log, Backoff(times.flight_timeout_s, *bounds), processes.pause)
    slots = Waiting(log, Backoff(times.slot_timeout_s, *bounds), processes.pause)
    store: Store | None = None
    admission = Admission(cache, manifests.cache.store_size_limit_bytes)
    with ExitStack() as at_end:

        def make_room() -> None:
            try:
                prune_shards(cache, manifests.cache.shards_size_limit_bytes, log.uses())
            except (OSError, EnvironmentFailed) as error:
                progress(f"no room could be made in the shards: {error}")
            if told := admission.stayed_out():
                progress(told)
            if store is not None:
                limit_bytes = manifests.cache.store_size_limit_bytes
                try:
                    keep_within(cache, limit_bytes, admission.unnoted_bytes)
                except (OSError, EnvironmentFailed) as error:
                    progress(f"no room could be made in the store: {error}")

        at_end.callback(make_room)  # once this build counts as ended
        registration = register(cache)
        at_end.callback(registration.end)
        began = [build.began_ns for build in running_builds(cache)]
        remove_leftovers(cache, min([registration.began_ns, *began]))
        remove_unfinished(tools)
        remove_abandoned_files(state, state / "plans", is_deep=True)
        if cache_is_on():
            compression = manifests.cache.compression
            check_compression(compression)
            store = Store(cache, progress, registration.began_ns, compression, admission)
        stat_cache = StatCache(cache / "stat-cache", (cache, state), progress)
        at_end.callback(stat_cache.save)
        staging = Staging(cache)
        at_end.callback(staging.close)

        compilers = Compilers(
            lambda: session,
            jobs,
            only_look=not install,
            is_assumed=assume_built,
            keep_staging=keep_staging,
        )
        at_end.callback(compilers.close)
        python = host_python(stat_cache, required_by(manifests, project))
        environments = Environments(tools, python, progress, flights, install, assume_installed)
        host = Host(str(project), stat_cache, environments, compilers.build, compilers.built)
        session = Session(
            manifests=manifests,
            project=project,
            cache=cache,
            tools=tools,
            store=store,
            staging=staging,
            stat_cache=stat_cache,
            resolver=Resolver(manifests, host),
            progress=progress,
            guard=guard,
            flights=flights,
            slots=slots,
            ambient=ambient(project, cache, manifests.cache, is_coarse=is_coarse),
            processes=processes,
            trace=trace,
        )
        yield session
