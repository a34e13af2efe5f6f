"""Names that a user gives, checked against those there are."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence

from molt_build.errors import UsageError

LISTED = 20  # names in a message: of thousands of programs nobody reads all
SIGNS = frozenset("*?[")


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """`name`, if it is one of `names`; raises `UsageError` with near misses."""
    there = list(names)
    if name in there:
        return name
    raise UsageError(f"there is no {kind} {name}", name_hint(name, there))


def name_hint(name: str, there: Sequence[str]) -> str:
    """What may have been meant: near misses, else all there are."""
    listed = f"there are: {some(there)}" if there else "there are none"
    return did_you_mean(name, there) or listed


def some(names: Sequence[str], limit: int = LISTED) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def matching(name: str, there: Sequence[str]) -> list[str]:
    """The names that are meant by one, which may be a pattern such as `tests_*`; [] for none."""
    if SIGNS.isdisjoint(name):
        return [name] if name in there else []
    return [one for one in there if fnmatch.fnmatchcase(one, name)]


def did_you_mean(name: str, there: Sequence[str]) -> str | None:
    """Near misses, as a question."""
    near = near_misses(name, there)
    return f"did you mean {', '.join(near)}?" if near else None


def near_misses(name: str, there: Sequence[str], count: int = 3) -> list[str]:
    """The likeliest names first; one given in capitals may have been meant in small letters."""
    return difflib.get_close_matches(name, there, count) or difflib.get_close_matches(
        name.lower(), there, count
    )
