"""Sizes as people write them."""

from __future__ import annotations

import argparse


def size_argument(text: str) -> int:
    """A size on the command line, as manifests have it; `0` is one too."""
    from molt_build.manifests.resolve import size_bytes

    if text == "0":
        return 0
    try:
        return size_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
