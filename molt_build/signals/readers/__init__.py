"""The readers of signals, a file each; `molt_build.signals.reading` says what all have in common.

To add one: its class, its key in `READERS` and its field in `molt_build.manifests.signal`, its
table in `schemas/signal.schema.json`, what no schema can say of it in
`molt_build.manifests.signal_checks`, and its file here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from molt_build.manifests.signal import Signal
from molt_build.signals.reading import Material, Reading


def read(signal: Signal, material: Material) -> Reading:
    """The number of a signal; raises `NotRead`."""
    reader: Callable[[object, Material], Reading] = import_module(
        f"{__name__}.{signal.reader}"
    ).read
    return reader(signal.how, material)
