"""Which builds a toolchain is made of: what its executables and artifacts are built by.

A build is *wanted* for whoever asks for the toolchain under a profile, for a target: one and the
same for all who want the same of it. Where nothing of a toolchain hangs on profile or target, one
of it serves all. What only other targets of it need is none of it (`manifests.target_parts`).
"""

from __future__ import annotations

from typing import NamedTuple

from molt_build.engines import Engine
from molt_build.errors import UsageError
from molt_build.manifests.model import Manifests
from molt_build.manifests.target_parts import differs_by_target, for_target
from molt_build.manifests.toolchain import BuiltBy, Toolchain
from molt_build.names import known, name_hint


class Wanted(NamedTuple):
    """A build of a program, some outputs of which a toolchain is made of."""

    program: str
    toolchain: str
    profile: str
    target: str

    def __str__(self) -> str:
        """As it is spoken of: `backend with cargo (dev)`."""
        target = "" if self.target == "native" else f" for {self.target}"
        return f"{self.program} with {self.toolchain} ({self.profile}){target}"

    @property
    def command(self) -> str:
        """What builds it, as it is typed."""
        target = None if self.target in ("native", "") else self.target
        return f"molt-build build {self.program} --engine " + str(
            Engine(self.toolchain, self.profile, target)
        )


def looking_closer(one: Wanted) -> str:
    """What shows more of a stage that failed."""
    return f"for a look at the stage's directory: {one.command} --keep-staging"


class Asked(NamedTuple):
    """A toolchain under a profile, for a target; "" where nothing of it hangs on that."""

    toolchain: str
    profile: str
    target: str


def wanted(toolchain: str, built_by: BuiltBy, profile: str, target: str) -> Wanted:
    """The build that a toolchain is made of for who asks; raises `UsageError` for a profile that
    is not named."""
    under = built_by.profile_for(profile)
    if under is None:
        message = f"{toolchain} is built under no profile for {profile}: it is made of "
        message += f"{built_by.program}, built by {built_by.toolchain}"
        raise UsageError(message, name_hint(profile, list(built_by.profile)))
    return Wanted(built_by.program, built_by.toolchain, under, built_by.target_for(target))


def wanted_by(toolchain: Toolchain, profile: str, target: str) -> tuple[Wanted, ...]:
    """Every build that the toolchain itself is made of, each once, in the manifest's order.

    Raises `UsageError` as `wanted` does.
    """
    each = (wanted(toolchain.name, one, profile, target) for one in toolchain.built_by)
    return tuple(dict.fromkeys(each))


def check(manifests: Manifests, name: str, profile: str, target: str) -> None:
    """Raise `UsageError` where something that a toolchain is made of has no build for who asks.

    Before anything is built. Of what plays a role only what has no alternative is asked.
    """
    toolchain = for_target(manifests.toolchains[name], target)
    for one in wanted_by(toolchain, profile, target):
        manifests.toolchains[one.toolchain].target(one.target)
        check(manifests, one.toolchain, one.profile, one.target)
    for alternatives in toolchain.uses.values():
        if len(alternatives) == 1:
            check(manifests, alternatives[0], profile, target)


def taken_profile(manifests: Manifests, name: str, profile: str) -> str:
    """A profile that a toolchain can be asked for under: this one, or the first that it takes."""
    for one in dict.fromkeys((profile, *manifests.profiles)):
        try:
            check(manifests, name, one, "native")
        except UsageError:
            continue
        return one
    return profile


def in_full(manifests: Manifests, engine: Engine) -> Asked:
    """An engine of the project as it is, with all its parts.

    What is not said is the project's profile, or the first that the toolchain takes, and native.
    Raises `UsageError` for what there is not.
    """
    name = known("toolchain", engine.toolchain, manifests.toolchains)
    default = taken_profile(manifests, name, manifests.project.default_profile)
    profile = known("profile", engine.profile or default, manifests.profiles)
    target = manifests.toolchains[name].target(engine.target or "native").name
    check(manifests, name, profile, target)
    return Asked(name, profile, target)


def asked(manifests: Manifests, name: str, profile: str, target: str) -> Asked:
    """What tells the toolchain for who asks from all others of its name."""
    by_profile, by_target = _hangs_on(manifests, name)
    return Asked(name, profile if by_profile else "", target if by_target else "")


def _hangs_on(manifests: Manifests, name: str) -> tuple[bool, bool]:
    """Whether something of it hangs on the profile, and on the target, of who asks."""
    toolchain = manifests.toolchains[name]
    parts = [(one.hangs_on_profile, one.hangs_on_target) for one in toolchain.built_by]
    parts.append((False, differs_by_target(toolchain)))
    for alternatives in toolchain.uses.values():
        parts += [_hangs_on(manifests, other) for other in alternatives]
    return any(one for one, _ in parts), any(one for _, one in parts)
