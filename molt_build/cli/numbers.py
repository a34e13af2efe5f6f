"""Numbers on the command line."""

from __future__ import annotations

import argparse
import os

_LIMIT = 1_000_000
_DAY_S = 86400
_AGES_S = {"h": 3600, "d": _DAY_S, "w": 7 * _DAY_S}


def positive(text: str) -> int:
    """A whole number from 1 on, for `type=`; raises what argparse shows."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LIMIT:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)


def whole(text: str) -> int:
    """A whole number from 0 on, for `type=`; raises what argparse shows."""
    if not text.isascii() or not text.isdigit() or int(text) > _LIMIT:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {_LIMIT}")
    return int(text)


def add_jobs(parser: argparse.ArgumentParser, more: str = "") -> None:
    """The option --jobs; `more` ends its help."""
    parser.add_argument(
        "--jobs",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help=f"programs built side by side (default: one for each CPU){more}",
    )


def seconds(text: str) -> float:
    """Seconds above 0, at most a day, for `type=`; raises what argparse shows."""
    number = float(text)
    if not 0 < number <= _DAY_S:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most a day ({_DAY_S})")
    return number


def share(text: str) -> float:
    """A share such as 3% or 0.03, at most a half, for `type=`; raises what argparse shows."""
    is_percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%")) / (100 if is_percent else 1)
    except ValueError:
        number = 0.0
    if not 0 < number <= 0.5:
        raise argparse.ArgumentTypeError("must be a share above 0, at most a half: 3%, or 0.03")
    return number


def age_s(text: str) -> float:
    """An age such as 12h, 90d or 8w in seconds, for `type=`; raises what argparse shows."""
    unit = _AGES_S.get(text[-1:])
    if unit is None:
        raise argparse.ArgumentTypeError("must be a number of hours, days or weeks: 12h, 90d, 8w")
    return positive(text[:-1]) * unit
