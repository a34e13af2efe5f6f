"""What is looked for in the modules of a tree: marks, sorted by how a walk comes across them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from molt_build import patterns
from molt_build.manifests.globs import is_glob
from molt_build.manifests.module_rules import LiteralTest, Mark, Place

MODULE, CLASS, FUNCTION, TRY, EXCEPT, CONDITION, FALLBACK, TYPE_CHECKING = (
    1 << bit for bit in range(8)
)
BITS: Mapping[Place, int] = {
    "module": MODULE,
    "class": CLASS,
    "function": FUNCTION,
    "try": TRY,
    "except": EXCEPT,
    "condition": CONDITION,
    "fallback": FALLBACK,
    "type-checking": TYPE_CHECKING,
}
_CODING = re.compile(rb"coding[:=]")  # PEP 263; in a comment of one of the first two lines


def bits(places: Iterable[Place]) -> int:
    """All of those places."""
    together = 0
    for place in places:
        together |= BITS[place]
    return together


def stands(mark: Mark, places: int) -> bool:
    """Whether what stands in those places is where the mark looks for it."""
    inside = bits(mark.inside)
    return places & inside == inside and not places & bits(mark.outside)


def fits(test: LiteralTest | None, text: str) -> bool:
    """Whether a text is one that is looked for; without a test, any is."""
    if test is None:
        return True
    if test.prefix is not None:
        return text.startswith(test.prefix)
    if test.equals is not None:
        return text in test.equals
    return patterns.is_in(test.pattern or "", text)


@dataclass(frozen=True)
class Wanted:
    """What is looked for in every file, sorted by how it is found."""

    marks: tuple[Mark, ...]

    @cached_property
    def calls(self) -> Mapping[str, list[tuple[Mark, list[str]]]]:
        """Last part of a function's name -> the marks, with the whole name from its end."""
        return _by_last_part((mark, mark.calls) for mark in self.marks)

    @cached_property
    def decorators(self) -> Mapping[str, list[tuple[Mark, list[str]]]]:
        """As `calls`, of decorators."""
        return _by_last_part((mark, mark.decorators) for mark in self.marks)

    @cached_property
    def names(self) -> Mapping[str, list[Mark]]:
        """A name that is no glob -> its marks."""
        found: dict[str, list[Mark]] = {}
        for mark in self.marks:
            for name in mark.names:
                if not is_glob(name):
                    found.setdefault(name, []).append(mark)
        return found

    @cached_property
    def globs(self) -> Sequence[tuple[str, Mark]]:
        """The names that are globs."""
        return [(one, mark) for mark in self.marks for one in mark.names if is_glob(one)]

    @cached_property
    def literals(self) -> Sequence[Mark]:
        return [mark for mark in self.marks if mark.literal is not None]

    @cached_property
    def texts(self) -> Sequence[Mark]:
        return [mark for mark in self.marks if mark.text is not None]

    @cached_property
    def has_names(self) -> bool:
        """Whether names are looked for that are bound anywhere."""
        return bool(self.names or self.globs)

    @cached_property
    def _needles(self) -> Sequence[bytes]:
        names = (*self.calls, *self.decorators, *self.names)
        return [name.encode() for name in names]

    def may_be_in(self, data: bytes) -> bool:
        """Whether more than imports may be found in a file.

        Python spells identifiers in one form (NFKC) that their letters beyond ASCII may not have,
        and a coding line may say that bytes mean other letters: there, they may be anything.
        """
        if self.literals or self.globs:
            return True
        if not self._needles:
            return False
        if not data.isascii() or has_coding_line(data):
            return True
        return any(needle in data for needle in self._needles)


def _by_last_part(
    names: Iterable[tuple[Mark, Iterable[str]]],
) -> dict[str, list[tuple[Mark, list[str]]]]:
    found: dict[str, list[tuple[Mark, list[str]]]] = {}
    for mark, each in names:
        for name in each:
            parts = name.split(".")[::-1]
            found.setdefault(parts[0], []).append((mark, parts))
    return found


def has_coding_line(data: bytes) -> bool:
    first, _, rest = data.partition(b"\n")
    second = rest.partition(b"\n")[0]
    return any(line.lstrip().startswith(b"#") and _CODING.search(line) for line in (first, second))
