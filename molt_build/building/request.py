"""What is asked of a build."""

from __future__ import annotations

from dataclasses import dataclass


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
    is_planned: bool = True  # what was looked at is remembered, so that the next build is warm
