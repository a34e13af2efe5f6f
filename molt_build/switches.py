"""Switches: environment variables, each of which turns one clever thing off (docs/switches.md)."""

from __future__ import annotations

import os

from molt_build.errors import UsageError

_ON, _OFF = ("on", "1", "yes", "true"), ("off", "0", "no", "false")


def is_on(variable: str) -> bool:
    """Whether a switch is on, as it is where it is not set.

    Raises `UsageError` for a value that says neither: a typing error must not pass for "on".
    """
    value = os.environ.get(variable) or "on"
    if value.lower() in _ON:
        return True
    if value.lower() in _OFF:
        return False
    message = f"{variable} is {value!r}, which is neither on nor off"
    raise UsageError(message, f"set it to one of {', '.join((*_ON, *_OFF))}")
