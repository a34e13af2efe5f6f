"""The scope of keys: narrow, or coarse as the way back.

Narrow keys hold what an action really read: sources by tokens where the stage says so, candidates
only when a depfile names them, upstream outputs by content. Coarse keys hold the text of all that
it may have read, and the upstream's key instead of its outputs: they take nobody's word, rebuild
more, and have a component `scope`, so that entries of the two never mix. Files outside the project
(headers, say) are known from depfiles alone, and are components in both.
"""

from __future__ import annotations

import os

from molt_build.errors import UsageError

VARIABLE = "MOLT_BUILD_KEY_SCOPE"
NARROW = "narrow"
COARSE = "coarse"
# What an import of a Python program can lead to, wherever it lies below the source root.
COARSE_PATTERNS = ("**/*.py", "**/*.pyi", "**/*.pxd")
# The same below an import root that is read in place, where extension modules are found as well.
IN_PLACE_PATTERNS = (*COARSE_PATTERNS, "**/*.so", "**/*.pyd")


def is_coarse() -> bool:
    """Whether keys are coarse; raises `UsageError` for a value that is no scope."""
    value = os.environ.get(VARIABLE) or NARROW
    if value not in (NARROW, COARSE):
        message = f"{VARIABLE} is {value!r}, which is no scope of keys"
        raise UsageError(message, f"set it to {NARROW} (the default) or {COARSE}")
    return value == COARSE
