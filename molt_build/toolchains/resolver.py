"""Choosing this machine's toolchains: each once, with the toolchains that it uses in roles.

A role's alternatives are tried in order. What was looked at for those that are not there is
evidence too: were one of them to appear, it would be chosen.
"""

from __future__ import annotations

from molt_build.errors import MoltBuildError, ToolMissing
from molt_build.manifests.model import Manifests
from molt_build.manifests.toolchain import Toolchain
from molt_build.toolchains.choices import USE_VARIABLE, check_choices, choices
from molt_build.toolchains.resolution import Host, Resolution
from molt_build.toolchains.resolved import Evidence, ResolvedToolchain


class Resolver:
    """Resolves toolchains, each once; raises `UsageError` where the user chose what is not."""

    def __init__(self, manifests: Manifests, host: Host) -> None:
        check_choices(manifests)
        self.environments = host.environments
        self.python = host.environments.python
        self._host = host
        self._manifests = manifests
        self._known: dict[str, ResolvedToolchain | MoltBuildError] = {}
        self._evidence: dict[str, Evidence] = {}

    def resolve(self, name: str) -> ResolvedToolchain:
        """The toolchain on this machine; raises `ToolMissing` when a part is absent."""
        if name not in self._known:
            evidence = self._evidence[name] = Evidence(dict(self.python.files))
            try:
                self._known[name] = self._resolve(self._manifests.toolchains[name], evidence)
            except MoltBuildError as error:
                self._known[name] = error
        known = self._known[name]
        if isinstance(known, MoltBuildError):
            raise known
        return known

    def _resolve(self, manifest: Toolchain, evidence: Evidence) -> ResolvedToolchain:
        resolution = Resolution(manifest, self._host, evidence)
        for role, alternatives in manifest.uses.items():
            resolution.use(role, self._choose(manifest, role, alternatives, evidence))
        return resolution.finish()

    def _choose(
        self, manifest: Toolchain, role: str, alternatives: tuple[str, ...], evidence: Evidence
    ) -> ResolvedToolchain:
        """The first alternative that is there."""
        wanted = choices().get(role)
        if wanted is not None and wanted not in alternatives:
            hint = f"{USE_VARIABLE} may say {role}={'|'.join(alternatives)}"
            raise ToolMissing(f"{manifest.name} cannot use {wanted} as {role}", hint)
        reasons = []
        for name in alternatives if wanted is None else (wanted,):
            try:
                return self.resolve(name)
            except ToolMissing as error:
                if wanted is not None:
                    raise
                reasons.append(f"{name}: {error.message}")
            finally:
                evidence.take(self._evidence[name])
        message = f"{manifest.name} needs a {role}, and none was found ({'; '.join(reasons)})"
        executables = (
            e for name in alternatives for e in self._manifests.toolchains[name].executables
        )
        hints = (executable.install_hint for executable in executables)
        raise ToolMissing(message, next(filter(None, hints), None))
