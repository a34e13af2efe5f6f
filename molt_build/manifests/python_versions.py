"""Versions of Python that toolchains require, as packages do: ">=3.12", ">=3.11,<3.14".

The specifiers are those of `packaging`, which is imported where there is one to read.
"""

from __future__ import annotations

from functools import lru_cache

MINORS, MICROS = range(6, 41), range(31)  # of the versions 3.x.y in which one is looked for


def fault(specifier: str) -> str | None:
    """What is wrong with a specifier; None where nothing is."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        return "is not a version specifier"
    return None


@lru_cache
def is_satisfied(specifiers: tuple[str, ...], version: str) -> bool:
    """Whether a version of Python, as "3.12.1", is one that all of the specifiers allow."""
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(",".join(specifiers)).contains(version)


@lru_cache
def is_possible(specifiers: tuple[str, ...]) -> bool:
    """Whether any version of Python 3 that there is, or may be one day, satisfies them all."""
    from packaging.specifiers import SpecifierSet

    every = SpecifierSet(",".join(specifiers))
    named = [one.version for one in every if not one.version.endswith("*")]
    return any(every.contains(version, prereleases=True) for version in named) or bool(
        possible_minors(specifiers)
    )


def possible_minors(specifiers: tuple[str, ...]) -> list[str]:
    """The minor versions, as "3.12", of which one satisfies them all; the newest first."""
    from packaging.specifiers import SpecifierSet

    every = SpecifierSet(",".join(specifiers))
    return [
        f"3.{minor}"
        for minor in reversed(MINORS)
        if any(every.contains(f"3.{minor}.{micro}") for micro in MICROS)
    ]
