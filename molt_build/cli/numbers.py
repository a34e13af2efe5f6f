"""Numbers on the command line."""

from __future__ import annotations

import argparse

_LIMIT = 1_000_000


def positive(text: str) -> int:
    """A whole number from 1 on, for `type=`; raises what argparse shows."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LIMIT:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)
