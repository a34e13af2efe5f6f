"""Our environment variables, looked at before any command begins: a typing error has no effect
otherwise, and nobody would know.

What their values mean is said where they are used; each is only asked here whether it means
anything. What depends on manifests (the roles of `MOLT_BUILD_USE`) is asked where these are read.
"""

from __future__ import annotations

import importlib
import os

from molt_build import VARIABLES
from molt_build.errors import UsageError
from molt_build.names import name_hint

PREFIX = "MOLT_BUILD_"
# Who raises for a value that is none: imported only where the variable is set.
_ASKED = {
    "MOLT_BUILD_CACHE": ("molt_build.store.location", "cache_is_on"),
    "MOLT_BUILD_KEY_SCOPE": ("molt_build.actions.scope", "is_coarse"),
    "MOLT_BUILD_PYTHON": ("molt_build.toolchains.host_python", "check_chosen"),
    "MOLT_BUILD_RUN": ("molt_build.runs.folder", "given_name"),
    "MOLT_BUILD_SHARDS": ("molt_build.building.shards", "are_on"),
    "MOLT_BUILD_USE": ("molt_build.toolchains.choices", "choices"),
}


def check_variables() -> None:
    """Raise `UsageError` for one that there is not, or whose value says nothing."""
    ours = [name for name in os.environ if name.startswith(PREFIX)]
    for name in sorted(ours):
        if name not in VARIABLES:
            message = f"there is no environment variable {name}"
            raise UsageError(message, name_hint(name, VARIABLES))
    for name in sorted(ours):
        if os.environ[name] and name in _ASKED:
            module, function = _ASKED[name]
            getattr(importlib.import_module(module), function)()
