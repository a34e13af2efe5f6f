"""Entries as builds see them: the one that fits the files as they are, the nearest that does not.

To look up is to decide: an entry that fits is a hit; none, and the action must be executed, for the
cause that the nearest entry tells. Nothing here takes a lock or writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from molt_build.actions.action import Action, key_of
from molt_build.actions.inputs import staged_component
from molt_build.building.attribution import (
    ENTRY_GONE,
    FIRST_BUILD,
    STORE_OFF,
    Cause,
    Difference,
    differences,
)
from molt_build.building.reads import DEPFILE, described_components, full_components, telling
from molt_build.store.digest import StatCache, digest_value
from molt_build.store.store import Entry, Reads, Store


def find_entry(action: Action, store: Store, stat_cache: StatCache) -> Entry | None:
    """The entry of an earlier run that read what this one would read; None is a miss."""
    for recipe in store.recipes(action.static_key):
        components = full_components(action, recipe, stat_cache)
        if components is None:
            continue
        entry = store.entry(key_of(components))
        if entry is not None:
            return entry
    return None


def expected_components(
    action: Action, previous: Reads | None, store: Store | None, stat_cache: StatCache
) -> Mapping[str, str]:
    """The components a run would have if it read what the nearest earlier one read.

    That is `previous`, the checkout's last run, where there is one.
    """
    known = previous
    if store is not None and known is None:
        recipes = store.recipes(action.static_key)
        entries = store.nearest(action.program, action.stage.name, action.toolchain.name)
        known = next(iter(recipes), None)
        if known is None and entries:
            known = entries[0].reads
    if known is None:
        return action.components
    return described_components(action, known, stat_cache)


def cause_of(
    action: Action, components: Mapping[str, str], store: Store | None, lost: str | None
) -> Cause:
    """Why the action with these components must be executed, before its entry is published.

    The nearest of the entries last used for the stage of the program is the one with the fewest
    differences, of the same scope where there is one; the latest of equals. `lost` is the word for
    why an output that was looked for is not there, if one was.
    """
    if store is None:
        return Cause(STORE_OFF)
    if lost is not None and store.entry(key_of(components)) is not None:
        return Cause(lost)
    known = (action.program, action.stage.name, action.toolchain.name)
    keys = store.nearest_keys(*known)
    if not keys:
        return Cause(FIRST_BUILD)
    key = key_of(components)
    entries = [] if key in keys else store.nearest(*known)
    if not entries:
        entry, told = store.entry(key), telling(action)
        if entry is None or entry.reads.told in ("", told):
            return Cause(ENTRY_GONE)
        anew = Difference(DEPFILE, entry.reads.told, told)
        return Cause(differences=(anew,), nearest_key=key, nearest_outputs=_digests(entry))
    same_scope = [e for e in entries if e.components.get("scope") == components.get("scope")]
    found = [(differences(e.components, components), e) for e in same_scope or entries]
    nearest = min(found, key=lambda pair: len(pair[0]))
    return Cause(
        differences=nearest[0],
        nearest_key=nearest[1].key,
        nearest_outputs=_digests(nearest[1]),
    )


def _digests(entry: Entry) -> dict[str, str]:
    return {name: blob.xxh3 for name, blob in entry.outputs.items()}


def inputs_digest(action: Action, stat_cache: StatCache) -> str:
    """A digest of all that the action would stage now, whether it is keyed or not.

    Raises `OSError`.
    """
    files = {**action.inputs.unkeyed, **action.inputs.sources, **action.inputs.candidates}
    staged = {p: staged_component(action.stage, file, stat_cache) for p, file in files.items()}
    upstream = {path: blob.xxh3 for path, blob in action.upstream.items()}
    return digest_value([staged, upstream])
