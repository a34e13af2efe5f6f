"""Names that a user gives, checked against those there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from molt_build.errors import UsageError


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """`name`, if it is one of `names`; raises `UsageError` with near misses."""
    there = list(names)
    if name in there:
        return name
    raise UsageError(f"there is no {kind} {name}", name_hint(name, there))


def name_hint(name: str, there: Sequence[str]) -> str:
    """What may have been meant: near misses, else all there are."""
    near = difflib.get_close_matches(name, there, 3)
    if near:
        return f"did you mean {', '.join(near)}?"
    return f"there are: {', '.join(there)}" if there else "there are none"
