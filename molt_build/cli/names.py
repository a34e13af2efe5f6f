"""Names on the command line, checked against the manifests."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from molt_build.errors import UsageError
from molt_build.manifests.model import Manifests


def checked_name(kind: str, name: str, known: Iterable[str]) -> str:
    """`name` if it is known; raises `UsageError` with near misses otherwise."""
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, 3)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"there is no {kind} {name}", hint)
    return name


def checked_names(
    manifests: Manifests, toolchain: str | None, profile: str | None, target: str
) -> tuple[str, str]:
    """(toolchain, profile), the project's where not given."""
    project = manifests.project
    chosen = checked_name("toolchain", toolchain or project.default_toolchain, manifests.toolchains)
    targets = [t.name for t in manifests.toolchains[chosen].targets]
    checked_name(f"target of {chosen}", target, targets)
    return chosen, checked_name("profile", profile or project.default_profile, manifests.profiles)
