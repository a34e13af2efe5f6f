"""Opening a build session: manifests, cache directory, store and stat cache of one command."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from molt_build.build import scope, warm
from molt_build.build.builder import build_executable
from molt_build.build.request import Session
from molt_build.build.toolchains import Built, Resolver
from molt_build.manifests.cache import guard, load
from molt_build.manifests.model import BuiltBy
from molt_build.store.digest import GRANULARITY_NS, StatCache, file_system_clock_ns
from molt_build.store.location import cache_dir, cache_is_on, remove_leftovers
from molt_build.store.store import Store


@contextmanager
def open_session(
    project: Path,
    progress: Callable[[str], None],
    *,
    install: bool = True,
    foresee: bool = False,
) -> Iterator[Session]:
    """A session for the project; what it learnt is saved when the block is left.

    `install` and `foresee` are those of `Resolver`.
    Raises `ManifestError` for invalid manifests, `EnvironmentFailed` for an unusable cache.
    """
    is_coarse = scope.is_coarse()
    state = warm.state_dir(project)
    guard_rows = {path: warm.stat_row(path) for path, _ in guard(project)}
    newest = max((max(row[4:6]) for row in guard_rows.values() if row), default=0)
    wait_ns = newest + GRANULARITY_NS - file_system_clock_ns(state)
    if 0 < wait_ns < 2 * GRANULARITY_NS:
        # A manifest edited this very moment: let its timestamp become one that cannot recur.
        time.sleep(wait_ns / 1e9)
        guard_rows = {path: warm.stat_row(path) for path, _ in guard(project)}
    manifests = load(project)
    cache = cache_dir()
    remove_leftovers(cache)
    store = Store(cache, progress) if cache_is_on() else None
    stat_cache = StatCache(cache / "stat-cache.json", (cache, state))

    def built(built_by: BuiltBy) -> Built:
        return build_executable(session, built_by, only_look=not install)

    session = Session(
        manifests=manifests,
        project=project,
        cache=cache,
        store=store,
        stat_cache=stat_cache,
        resolver=Resolver(
            manifests,
            project,
            cache,
            stat_cache,
            built,
            progress,
            install=install,
            foresee=foresee,
        ),
        progress=progress,
        guard_rows=guard_rows,
        is_coarse=is_coarse,
    )
    try:
        yield session
    finally:
        stat_cache.save()
        if store is not None:
            store.prune(manifests.project.store_size_limit_bytes)
            store.close()
