"""Which alternative serves a role where the user says it: `MOLT_BUILD_USE=cc=zig,linker=lld`."""

from __future__ import annotations

import os

from molt_build.errors import UsageError
from molt_build.manifests.model import Manifests
from molt_build.names import name_hint

USE_VARIABLE = "MOLT_BUILD_USE"


def choices() -> dict[str, str]:
    """Role -> toolchain; raises `UsageError` for a word that says no such thing."""
    found = {}
    for word in os.environ.get(USE_VARIABLE, "").replace(",", " ").split():
        role, equals, name = word.partition("=")
        if not (role and equals and name):
            message = f"{USE_VARIABLE} has {word!r}, which is no choice for a role"
            raise UsageError(message, "write ROLE=TOOLCHAIN, such as cc=zig; several with commas")
        found[role] = name
    return found


def check_choices(manifests: Manifests) -> None:
    """Raises `UsageError` for roles that no toolchain has, and what is no alternative in any."""
    alternatives: dict[str, dict[str, None]] = {}
    for toolchain in manifests.toolchains.values():
        for role, names in toolchain.uses.items():
            alternatives.setdefault(role, {}).update(dict.fromkeys(names))
    for role, name in choices().items():
        if role not in alternatives:
            message = f"{USE_VARIABLE} has {role}={name}, and no toolchain has a role {role}"
            raise UsageError(message, name_hint(role, [*alternatives]))
        if name not in alternatives[role]:
            message = f"{USE_VARIABLE} has {role}={name}, and no toolchain can use {name} as {role}"
            raise UsageError(message, f"it may say {role}={'|'.join(alternatives[role])}")
