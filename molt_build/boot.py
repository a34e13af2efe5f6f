"""Which start of the system this is.

Files are not synced when they are written. After a power loss one may have the size and the times
it was given, and other content; so what stat data vouch for holds until the system starts anew.
Imports nothing.
"""

from __future__ import annotations


def boot_id() -> str:
    """An identifier that changes with each start; "" where the system does not tell.

    Source: Linux, `random(4)`, /proc/sys/kernel/random/boot_id.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb", buffering=0) as stream:
            return stream.read(64).decode("ascii", "replace").strip()
    except OSError:
        return ""
