"""Sizes as people read and write them."""

from __future__ import annotations

import argparse


def shown_size(size_bytes: int) -> str:
    """Three digits and a decimal unit: 1.23 GB."""
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    digits = 0 if unit == "B" else max(0, 3 - len(str(int(size))))
    return f"{size:.{digits}f} {unit}"


def size_argument(text: str) -> int:
    """A size on the command line, as manifests have it; `0` is one too."""
    from molt_build.manifests.resolve import size_bytes

    if text == "0":
        return 0
    try:
        return size_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
