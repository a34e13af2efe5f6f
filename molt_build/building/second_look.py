"""The second look: has anything that a key depends on changed while its command ran?

A key is made of what was seen before the command and of what it says it read; the result is made
of what was there while it ran. The two belong together only if nothing moved between the first look
and the end of the run. So before an entry is published, everything is looked at again:

- the tools of the toolchain and of those it uses, their lock files, and the paths at which other
  tools would have been found: each path's trail (`molt_build.trails`) is compared with
  the one noted before the tool was digested or asked;
- the action is prepared a second time, with folders listed and recent files read anew, and must
  have the same components: sources, candidates, imports, absences, declared files, folders above;
- what was copied into staging must be what the key names;
- what lies outside of staging may have been another thing during the run and be the same again
  afterwards, and of what only the depfile told there is no earlier look. There each step on its way
  must have stayed as it is since before the command began: its status change time, which no program
  can set, lies outside of that span. So must the names in each folder where something was absent,
  or was found and not read.

What changed meanwhile is named, and is exit code 4: build again. Nothing was stored.

Whoever sets the clock back and changes a file in the same breath can still deceive the last of
these; a writer through a shared mapping (`mmap`) too, since that moves no time before the pages are
written back. See docs/trust.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping

from molt_build.actions.action import Action
from molt_build.building.execute import Execution
from molt_build.building.reads import absolute_path, full_components, outside_folders, staged_name
from molt_build.building.session import Session
from molt_build.errors import EnvironmentFailed, UsageError
from molt_build.plan.warm import stat_row
from molt_build.store.store import Reads
from molt_build.trails import Own, Trails, changed_in, exchanged, names_changed_in

# Another file system's clock may be ahead of this machine's by so much.
CLOCK_SLACK_NS = 2_000_000_000


def must_agree(action: Action, session: Session, run: Execution, reads: Reads) -> dict[str, str]:
    """The components of the key of a run that has just ended.

    Raises `EnvironmentFailed` when they are not, or not for sure, those of what ran.
    """
    components = full_components(action, reads, session.stat_cache)
    if components is None:
        raise _failure(action, _first_otherwise(action, reads))
    changed = changed_since(action, session, run, reads, components)
    if changed is not None:
        raise _failure(action, changed)
    return components


def must_agree_on_inputs(action: Action, session: Session) -> None:
    """The same for a run that failed, and so left no word of what it read."""
    changed = tools_changed(action, session) or inputs_changed(
        action, session, Reads(), action.components
    )
    if changed is not None:
        raise _failure(action, changed)


def changed_since(
    action: Action,
    session: Session,
    run: Execution,
    reads: Reads,
    components: Mapping[str, str],
) -> str | None:
    """What is no longer what the key of these components says, or may not have been while the
    command ran; None: nothing. Raises `OSError` where something cannot be looked at any more.
    """
    return (
        tools_changed(action, session)
        or _staged_otherwise(run, components)
        or inputs_changed(action, session, reads, components)
        or _changed_outside(action, session.own, run, reads)
    )


def tools_changed(action: Action, session: Session) -> str | None:
    """The first of the toolchain's files that is not the one that was digested; None for none."""
    toolchain = action.toolchain
    locks = tuple(f"/{lock}" for lock in toolchain.locks)
    for path, row in session.guard.rows.items():
        if path.endswith(locks) and stat_row(path) != row:
            return path
    trails = Trails()
    for path, before in toolchain.guard.items():
        if exchanged(before, trails.of(path), session.own) is not None:
            return path
    for component, held in toolchain.artifacts.items():
        if component in action.components:
            changed = held.changed(session.own, session.stat_cache)
            if changed is not None:
                return changed
    return next((path for path in toolchain.guard_absent if os.path.lexists(path)), None)


def inputs_changed(
    action: Action, session: Session, reads: Reads, components: Mapping[str, str]
) -> str | None:
    """The first component that differs when all is looked at anew; None when none does."""
    stat_cache = session.stat_cache.again()
    try:
        anew = action.again(stat_cache)
    except UsageError:  # its entry is gone
        return "its entry"
    now = full_components(anew, reads, stat_cache)
    if now is None:
        return _first_otherwise(anew, reads)
    return next((n for n in sorted({*now, *components}) if now.get(n) != components.get(n)), None)


def _failure(action: Action, changed: str) -> EnvironmentFailed:
    message = f"{action.program}: {changed} changed while {action.stage.name} ran"
    return EnvironmentFailed(message, "nothing of it was stored: build again")


def _first_otherwise(action: Action, reads: Reads) -> str:
    """The first path that was read and is gone, or was absent and is there."""
    for symbolic in (*reads.files, *reads.presences, *reads.absences):
        if os.path.exists(absolute_path(action, symbolic)) == (symbolic in reads.absences):
            return symbolic
    return "a file that it read"


def _staged_otherwise(run: Execution, components: Mapping[str, str]) -> str | None:
    for path, staged in run.staged.items():
        for name in (f"read {{stage}}/{path}", f"source {path}"):
            if components.get(name, staged) != staged:
                return path
    return None


def _changed_outside(action: Action, own: Own, run: Execution, reads: Reads) -> str | None:
    """The first step on the way to what was read, or looked for, that moved during the run."""
    now_ns, ended_ns = time.time_ns(), run.started_ns + int(run.command.seconds * 1e9)
    first_ns = run.started_ns - max(0, ended_ns - now_ns)  # a clock that was set back widens it
    last_ns = max(now_ns, ended_ns) + CLOCK_SLACK_NS
    trails = Trails()
    inputs, in_place = action.inputs, action.in_place
    for path in (*in_place.there, *inputs.imported, *_outside(action, reads.files)):
        changed = changed_in(trails.of(path), own, first_ns, last_ns)
        if changed is not None:
            return changed
    named = _outside(action, (*reads.absences, *reads.presences))
    listed = _outside(action, outside_folders(reads))
    folders = [*inputs.names, *listed, *map(os.path.dirname, (*in_place.absent, *named))]
    for folder in dict.fromkeys(folders):
        steps = trails.of(folder)
        there = steps if steps[-1].row is not None else steps[:-1]
        changed = names_changed_in(there, first_ns, last_ns) or changed_in(
            there, own, first_ns, last_ns
        )
        if changed is not None:
            return changed
    return None


def _outside(action: Action, symbolic_paths: Iterable[str]) -> list[str]:
    """Where those of the paths lie that are not in staging."""
    return [absolute_path(action, s) for s in symbolic_paths if staged_name(s) is None]
