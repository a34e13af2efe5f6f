"""The trace that a build writes, read as its format says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def events_of(trace: Path) -> list[Event]:
    """All events, by a strict parser; the array is closed as the documentation says."""
    text = trace.read_text()
    assert text.startswith("[\n")
    events: list[Event] = json.loads(text.rstrip().rstrip(",") + "]")
    return events


def spans_of(events: list[Event], category: str = "") -> list[Event]:
    return [e for e in events if e["ph"] == "X" and category in ("", e["cat"])]


def statuses_of_actions(trace: Path) -> dict[str, list[str]]:
    """What became of each action, each time that it was asked for, in order."""
    found: dict[str, list[str]] = {}
    for event in sorted(spans_of(events_of(trace), "action"), key=lambda e: int(e["ts"])):
        found.setdefault(event["name"], []).append(event["args"]["status"])
    return found
