"""Sizes as people read them."""

from __future__ import annotations


def shown_size(size_bytes: float) -> str:
    """Three digits and a decimal unit: 1.23 GB."""
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    digits = 0 if unit == "B" else max(0, 3 - len(str(int(size))))
    return f"{size:.{digits}f} {unit}"
