"""Moments as text."""

from __future__ import annotations

import time


def utc(seconds: float) -> str:
    """Seconds of the epoch in ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
