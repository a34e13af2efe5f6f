"""The floors of the house: a file imports only from floors below its own, or from its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "molt_build"
# From the bottom; what is not named here is a leaf below them all.
FLOORS = (
    ("manifests",),
    ("store", "history"),
    ("measure",),
    ("results",),
    ("sources",),
    ("toolchains",),
    ("actions",),
    ("plan",),
    ("building",),
    ("runs",),
    ("signals",),
    ("bench", "latency", "differential"),
    ("conformance",),
    ("governance",),
    ("report",),
    ("cli", "nox", "__main__"),
)
LEVELS = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import anywhere in a file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)


def test_nothing_imports_upwards() -> None:
    upwards = []
    for file in sorted(HOUSE.rglob("*.py")):
        path = file.relative_to(HOUSE)
        own = path.parts[0].removesuffix(".py")
        for line, name in imported(file):
            package, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            is_above = LEVELS.get(room, -1) > LEVELS.get(own, -1)
            if package == "molt_build" and is_above:
                upwards.append(f"{path}:{line}: {name}")
    assert upwards == []
