"""Entries as builds see them: finding the one that fits the files as they are, making a new one."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from molt_build.build.actions import (
    Action,
    absolute_path,
    full_components,
    key_of,
    key_sha256,
)
from molt_build.build.execute import Execution
from molt_build.store.digest import StatCache
from molt_build.store.store import Blob, Entry, Store

# Another file system's clock may be ahead of this machine's by so much.
CLOCK_SLACK_NS = 2_000_000_000


def find_entry(action: Action, store: Store, stat_cache: StatCache) -> Entry | None:
    """The entry of an earlier run that read what this one would read; None is a miss."""
    for recipe in store.recipes(action.static_key):
        components = full_components(action, recipe.discovered, recipe.absences, stat_cache)
        if components is None:
            continue
        entry = store.entry(key_of(components))
        if entry is not None:
            return entry
    return None


def has_changed(action: Action, components: Mapping[str, str], run: Execution) -> bool:
    """Whether what the command read may be other than what the key says.

    A file outside of staging counts as changed when its status change time lies between the
    beginning of the run and now. That time cannot be set by hand, and a change now cannot give it
    any other, so a file from the future (unpacked so, or from before the clock was set back) is
    no change. A clock that was set back during the run widens the span.
    """
    for path, digest in run.staged.items():
        keyed = components.get(f"read {{stage}}/{path}")
        if keyed is not None and keyed != digest:
            return True
    now_ns, ended_ns = time.time_ns(), run.started_ns + int(run.seconds * 1e9)
    first_ns = run.started_ns - max(0, ended_ns - now_ns)
    last_ns = max(now_ns, ended_ns) + CLOCK_SLACK_NS
    for symbolic in run.discovered:
        if not symbolic.startswith("{stage}/"):
            status = os.stat(absolute_path(action, symbolic))
            if first_ns <= status.st_ctime_ns <= last_ns:
                return True
    return False


def new_entry(
    action: Action,
    key: str,
    components: Mapping[str, str],
    blobs: Mapping[str, Blob],
    run: Execution,
) -> Entry:
    """The entry that says all there is to say of one execution."""
    return Entry(
        key=key,
        key_sha256=key_sha256(components),
        program=action.program,
        stage=action.stage.name,
        toolchain=action.toolchain.name,
        components=components,
        discovered=run.discovered,
        absences=run.absences,
        outputs=blobs,
        exit_status=run.exit_status,
        stdout=run.stdout,
        stderr=run.stderr,
        seconds=run.seconds,
        peak_memory_bytes=run.peak_memory_bytes,
    )
