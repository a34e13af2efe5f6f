"""How much a command says, and whether in colours: `-v`, `-q` and `--color` of every command.

What was asked for (results), warnings and errors are always said. News (how far it is, what is
being installed, where a result lies) are not with `-q`; details (each action, which project, how
long it took) only with `-v`. News and details go to standard error, so that standard output has
the result alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from molt_build.interrupts import say

Colour = Literal["auto", "always", "never"]
COLOURS: tuple[Colour, ...] = ("auto", "always", "never")
QUIET, USUAL, VERBOSE = -1, 0, 1

_WARNINGS = (
    "damaged",
    "warning",
    "error",
    "no room",
)  # what begins so is no mere news


@dataclass
class _Voice:
    loudness: int = USUAL
    colour: Colour = "auto"


_now = _Voice()


def set_voice(loudness: int, colour: Colour) -> None:
    """What the command line says; from now on."""
    _now.loudness, _now.colour = loudness, colour


def is_quiet() -> bool:
    """Whether news are not to be said."""
    return _now.loudness <= QUIET


def is_verbose() -> bool:
    """Whether details are to be said."""
    return _now.loudness >= VERBOSE


def colour() -> Colour:
    """Whether to print in colours; `auto`: on a terminal, unless `NO_COLOR` is set."""
    return _now.colour


def tell(line: str) -> None:
    """A line of news; it is said with `-q` too where it is a warning."""
    if is_heard(line):
        say(line)


def is_heard(line: str) -> bool:
    """Whether a line of news is to be said."""
    return not is_quiet() or line.startswith(_WARNINGS)


def warn(line: str) -> None:
    """What is wrong, and goes on; it is always said."""
    say(f"warning: {line}")


def detail(line: str) -> None:
    """A line for who wants to know more."""
    if is_verbose():
        say(line)
