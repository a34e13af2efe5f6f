"""Switches: environment variables, each of which turns one clever thing off (docs/switches.md)."""

from __future__ import annotations

import os


def is_on(variable: str) -> bool:
    """Whether a switch is on, as it is unless it says `off`, `0`, `no` or `false`."""
    return os.environ.get(variable, "on").lower() not in ("off", "0", "no", "false")
