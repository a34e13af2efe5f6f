"""What of a program's stages need not be executed: known from before, and at hand.

Three sources, in this order: what was executed in this very build; what this checkout's last build
recorded; the store's entries. An entry says what a stage gave; whether its outputs can be had is
another question. One that *stayed out* of the store (`store = false`, `blob_size_limit`) lies where
it was materialised, or in this build's own directory, or nowhere. It is asked for only where it is
needed: as a result of the target, or as an input of a stage that has to be executed. So a chain of
stages whose keys are all known is a chain of hits, whatever became of the files in its middle.

A stage whose output is needed and not there is *lost*: it is executed again, under the word that
says why. What was executed in this build stands for the rest of it, so no stage is executed twice,
unless what it made is lost a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from molt_build.actions.action import Action, key_of
from molt_build.building.attribution import KEPT_OUT, OUTPUT_LOST
from molt_build.building.lookup import find_entry
from molt_build.building.outcome import StageResult
from molt_build.building.outputs import BlobLost, Outputs
from molt_build.building.reads import full_components
from molt_build.plan.warm import HIT, UP_TO_DATE
from molt_build.store.blob import Blob
from molt_build.store.digest import StatCache
from molt_build.store.store import Entry, Store


class Known:
    """What is known of one program's stages, and which of them are lost."""

    def __init__(
        self,
        previous: Mapping[str, Entry],  # stage -> what it gave in this checkout's last build
        results: Collection[str],  # STAGE.OUTPUT of the target's results
        outputs: Outputs,
        stat_cache: StatCache,
    ) -> None:
        self.lost: dict[str, str] = {}  # stage -> the word for why it is executed again
        self.previous = previous
        self._results = results
        self._outputs = outputs
        self._stat_cache = stat_cache
        self._executed: dict[str, StageResult] = {}

    def note_executed(self, result: StageResult) -> None:
        """This is what its stage gives in this build."""
        self._executed[result.stage] = result

    def note_lost(self, blobs: Sequence[Blob], entries: Mapping[str, Entry]) -> None:
        """The stages of `entries` that made these outputs are to be executed again."""
        self._outputs.forget(blobs)
        for stage, entry in entries.items():
            for blob in entry.outputs.values():
                if blob in blobs:
                    self.lost[stage] = _why_lost(blob)
                    self._executed.pop(stage, None)

    def executed(self, action: Action) -> StageResult | None:
        """How it was executed in this build, where that is what it would be now."""
        result = self._executed.get(action.stage.name)
        if result is None or result.entry is None:
            return None
        components = full_components(action, result.entry.reads, self._stat_cache)
        is_same = components is not None and key_of(components) == result.key
        return result if is_same else None

    def recorded(self, action: Action, store: Store) -> tuple[str, Entry] | None:
        """What the last build recorded, and its status, if it is still so; None when it is not."""
        stage = action.stage.name
        recorded = self.previous.get(stage)
        if recorded is None or stage in self.lost:
            return None
        components = full_components(action, recorded.reads, self._stat_cache)
        if components is None or key_of(components) != recorded.key:
            return None
        status = self._status_of_recorded(stage, recorded, store)
        return None if status is None else (status, replace(recorded, components=components))

    def _status_of_recorded(self, stage: str, recorded: Entry, store: Store) -> str | None:
        """UP_TO_DATE, HIT when an output must be put back, None when it cannot be."""
        status = UP_TO_DATE
        stored: Entry | None = None
        for name, blob in recorded.outputs.items():
            if f"{stage}.{name}" in self._results:
                if self._outputs.is_as_written(blob):
                    continue
                if not self._outputs.is_at_hand(blob):
                    return None
                status = HIT
            stored = stored or store.entry(recorded.key)
            if stored is not None and stored.outputs[name].xxh3 != blob.xxh3:
                return None  # executed again since, with other bytes: take all of that run's
            if stored is None and status == HIT:
                return None
        return status

    def entry(self, action: Action, store: Store) -> Entry | None:
        """The store's entry that fits; a stage whose result is not to be had becomes lost."""
        stage = action.stage.name
        entry = None if stage in self.lost else find_entry(action, store, self._stat_cache)
        for name, blob in entry.outputs.items() if entry is not None else ():
            if f"{stage}.{name}" not in self._results or self._outputs.is_at_hand(blob):
                continue
            if not self._outputs.is_as_written(blob):
                self.lost[stage] = _why_lost(blob)
                return None
        return entry

    def must_be_at_hand(self, action: Action) -> None:
        """Raise `BlobLost` for inputs that are neither in the store nor here."""
        gone = [blob for blob in action.upstream.values() if not self._outputs.is_at_hand(blob)]
        if gone:
            raise BlobLost(*gone)


def _why_lost(blob: Blob) -> str:
    return OUTPUT_LOST if blob.is_stored else KEPT_OUT
