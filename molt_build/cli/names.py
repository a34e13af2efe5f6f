"""Names on the command line, checked against the manifests."""

from __future__ import annotations

from molt_build.manifests.model import Manifests
from molt_build.names import known


def checked_names(
    manifests: Manifests, toolchain: str | None, profile: str | None, target: str
) -> tuple[str, str]:
    """(toolchain, profile), the project's where not given."""
    project = manifests.project
    chosen = known("toolchain", toolchain or project.default_toolchain, manifests.toolchains)
    targets = [t.name for t in manifests.toolchains[chosen].targets]
    known(f"target of {chosen}", target, targets)
    return chosen, known("profile", profile or project.default_profile, manifests.profiles)
