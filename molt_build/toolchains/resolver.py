"""Choosing this machine's toolchains: each once, with the toolchains that it uses in roles.

A toolchain is asked for under a profile, for a target. Where something that it is made of is built,
or what it needs is not the same for each of its targets, those decide what it is; else one serves
all who ask (`molt_build.toolchains.wanted`).

A role's alternatives are tried in order. What was looked at for those that are not there is
evidence too: were one of them to appear, it would be chosen.
"""

from __future__ import annotations

import os

from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.manifests.model import Manifests
from molt_build.manifests.target_parts import for_target
from molt_build.manifests.toolchain import Toolchain
from molt_build.toolchains.choices import USE_VARIABLE, check_choices, choices
from molt_build.toolchains.resolution import Host, Resolution
from molt_build.toolchains.resolved import Evidence, NotBuilt, ResolvedToolchain
from molt_build.toolchains.wanted import Asked, asked, check


class Resolver:
    """Resolves toolchains, each once; raises `UsageError` where the user chose what is not."""

    def __init__(self, manifests: Manifests, host: Host) -> None:
        check_choices(manifests)
        self.environments = host.environments
        self.python = host.environments.python
        self._host = host
        self._manifests = manifests
        self._known: dict[Asked, ResolvedToolchain | MoltBuildError] = {}
        self._evidence: dict[Asked, Evidence] = {}

    def resolve(self, name: str, profile: str, target: str) -> ResolvedToolchain:
        """The toolchain on this machine, for a profile and a target.

        Raises `ToolMissing` when a part is absent, `UsageError` when one has no build for that
        profile, and what a build of one raises.
        """
        place = asked(self._manifests, name, profile, target)
        if place not in self._known:
            evidence = self._evidence[place] = Evidence(
                dict(self.python.files), list(self.python.absent)
            )
            manifest = for_target(self._manifests.toolchains[name], target)
            try:
                check(self._manifests, name, profile, target)
                self._known[place] = self._resolve(manifest, evidence, profile, target)
            except MoltBuildError as error:
                self._known[place] = error
        known = self._known[place]
        if isinstance(known, MoltBuildError):
            raise known
        return known

    def _resolve(
        self, manifest: Toolchain, evidence: Evidence, profile: str, target: str
    ) -> ResolvedToolchain:
        self.python.check(manifest, self._host.stat_cache)
        here = os.path.dirname(self._manifests.files[f"toolchain:{manifest.name}"])
        resolution = Resolution(manifest, here, self._host, evidence, profile, target)
        for role, alternatives in manifest.uses.items():
            used = self._choose(manifest, role, alternatives, evidence, profile, target)
            resolution.use(role, used)
        return resolution.finish()

    def _choose(
        self,
        manifest: Toolchain,
        role: str,
        alternatives: tuple[str, ...],
        evidence: Evidence,
        profile: str,
        target: str,
    ) -> ResolvedToolchain:
        """The first alternative that is there."""
        wanted = choices().get(role)
        if wanted is not None and wanted not in alternatives:
            hint = f"{USE_VARIABLE} may say {role}={'|'.join(alternatives)}"
            raise ToolMissing(f"{manifest.name} cannot use {wanted} as {role}", hint)
        reasons = []
        for name in alternatives if wanted is None else (wanted,):
            try:
                return self.resolve(name, profile, target)
            except ToolMissing as error:
                if wanted is not None or isinstance(error, NotBuilt):
                    raise
                reasons.append(f"{name}: {error.message}")
            finally:
                evidence.take(self._evidence[asked(self._manifests, name, profile, target)])
        message = f"{manifest.name} needs a {role}, and none was found ({'; '.join(reasons)})"
        executables = (
            e for name in alternatives for e in self._manifests.toolchains[name].executables
        )
        hints = (executable.install_hint for executable in executables)
        raise ToolMissing(message, next(filter(None, hints), None))
