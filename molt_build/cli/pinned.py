"""What pinning a source changed in its manifest, in words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from molt_build.sources.pinning import PinnedValue


def print_changes(file: str, changes: Sequence[PinnedValue]) -> None:
    """A line for each key that changed."""
    name = os.path.basename(file)
    for one in changes:
        print(f"{name}: {one.key}: {one.before or '(none)'} -> {one.after or '(none)'}")
    if not changes:
        print(f"{name}: pinned at that already")
