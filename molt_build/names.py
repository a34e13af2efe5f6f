"""Names that a user gives, checked against those there are."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Collection, Iterable, Sequence

from molt_build.errors import UsageError

LISTED = 20  # names in a message: of thousands of programs nobody reads all
SIGNS = frozenset("*?[")
PROGRAM_PREFIX = "bench_"  # of programs: may be left out on the command line

SHORTEST_WORD = 3  # that may say which name was meant
LONGER_OR_SHORTER = 2  # letters by which a word may differ from one that was meant
ALIKE = 0.65  # of 1: how alike two words are that may be the same, as difflib reckons
_SEPARATORS = re.compile(r"[\W_]+")


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """`name`, if it is one of `names`; raises `UsageError` with near misses."""
    there = list(names)
    if name in there:
        return name
    engine = engine_in_parts(name, there) if kind == "toolchain" else None
    hint = f"that is an engine: {engine}" if engine else name_hint(name, there)
    raise UsageError(f"there is no {kind} {name}", hint)


def name_hint(name: str, there: Sequence[str]) -> str:
    """What may have been meant: near misses, else all there are."""
    listed = f"there are: {some(there)}" if there else "there are none"
    return did_you_mean(name, there) or listed


def engine_in_parts(name: str, there: Collection[str]) -> str | None:
    """An engine that is given for a toolchain, `cython:dev`: `cython --profile dev`; else None."""
    toolchain, *parts = re.split("(?=[:@])", name)
    options = {":": "--profile", "@": "--target"}
    if not parts or toolchain not in there or any(part.startswith("@rev:") for part in parts):
        return None
    return " ".join([toolchain, *(f"{options[part[0]]} {part[1:]}" for part in parts if part[1:])])


def some(names: Sequence[str], limit: int = LISTED) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def matching(name: str, there: Sequence[str]) -> list[str]:
    """The names that are meant by one, which may be a pattern such as `tests_*`; [] for none."""
    if SIGNS.isdisjoint(name):
        return [name] if name in there else []
    return [one for one in there if fnmatch.fnmatchcase(one, name)]


def programs_named(name: str, there: Sequence[str]) -> list[str]:
    """The programs that are meant by a name or a pattern, without its prefix too; [] for none."""
    return matching(name, there) or matching(PROGRAM_PREFIX + name, there)


def did_you_mean(name: str, there: Sequence[str]) -> str | None:
    """Near misses, as a question."""
    near = near_misses(name, there)
    return f"did you mean {', '.join(near)}?" if near else None


def near_misses(name: str, there: Sequence[str], count: int = 3) -> list[str]:
    """The likeliest names first: those that are written alike, else those with a word of it.

    One given in capitals may have been meant in small letters, and `fib`, or `fbi`, be a part of
    `bench_fib`.
    """
    alike = difflib.get_close_matches(name, there, count) or difflib.get_close_matches(
        name.lower(), there, count
    )
    return alike or _with_a_word_of(name, there)[:count]


def _with_a_word_of(name: str, there: Sequence[str]) -> list[str]:
    """The names that have the name's words among their own, as they are or written alike."""
    wanted = _words(name)
    if not wanted or max(map(len, wanted)) < SHORTEST_WORD:
        return []
    words = {one: _words(one) for one in there}
    found = [one for one in there if wanted <= words[one]]
    found += [one for one in there if any(word.startswith(name.lower()) for word in words[one])]
    if not found and len(wanted) == 1:
        every = dict.fromkeys(word for some in words.values() for word in some)
        said = name.lower().strip("_-")
        # `driver` is no slip of `dir`: a part that lacks half of the letters says nothing.
        long = [word for word in every if abs(len(word) - len(said)) <= LONGER_OR_SHORTER]
        near = difflib.get_close_matches(said, long, 3, ALIKE)
        found = [one for word in near for one in there if word in words[one]]
    return list(dict.fromkeys(found))


def _words(name: str) -> set[str]:
    return set(_SEPARATORS.sub(" ", name.lower()).split())
