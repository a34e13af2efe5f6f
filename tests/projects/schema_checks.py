"""What the tests of every published schema ask of it."""

from __future__ import annotations

from typing import Any


def assert_described(node: Any, path: str) -> None:
    """That every property below the node has a description."""
    if not isinstance(node, dict):
        return
    for name, part in node.get("properties", {}).items():
        assert part.get("description"), f"{path}.{name} has no description"
    for name, part in node.items():
        for one in part.values() if name in ("properties", "$defs") else [part]:
            assert_described(one, f"{path}.{name}")
