"""What is asked of a build."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


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
    is_recorded: bool = True  # in the history, where anything was done
    is_planned: bool = True  # what was looked at is remembered, so that the next build is warm
    copied: Collection[str] = ()  # STAGE.OUTPUT: wanted besides the results ...
    copied_to: Path | None = None  # ... below this folder, in PROGRAM/STAGE/
