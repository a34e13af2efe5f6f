"""An engine: what is compared. A toolchain under a profile, for a target, at a revision.

    TOOLCHAIN[:PROFILE][@TARGET][@rev:REVISION]

    cython                     cython:release-fast       cython@wasm
    cython:dev@wasm            molt@rev:HEAD~3           molt:dev@native@rev:origin/main

What is not said is the lane's: its profile, its target, and the project as it is now. A revision
is anything that git resolves to a commit, without spaces; it comes last, so it may hold any of the
signs. The *name* of an engine, in tables, results and the history, leaves out what is equal to the
lane's: `cython:release` is `cython` in a lane whose profile is `release`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from molt_build.errors import UsageError

GRAMMAR = "TOOLCHAIN[:PROFILE][@TARGET][@rev:REVISION]"
REVISION_SIGN = "@rev:"
AGAIN = "~again"  # after the reference's name: measured a second time

_NAME = r"[a-z][a-z0-9_-]*"
_TOOLCHAIN = rf"{_NAME}(?:\.[0-9]+)*"  # cpython-3.12
# schemas/lane.schema.json has the same pattern.
_ENGINE = re.compile(
    rf"({_TOOLCHAIN})(?::({_NAME}))?(?:@({_NAME}))?(?:@rev:([^\s-]\S*))?", re.ASCII
)


@dataclass(frozen=True)
class Engine:
    """A toolchain, and what is said of its profile, target and revision; None: the lane's."""

    toolchain: str
    profile: str | None = None
    target: str | None = None
    revision: str | None = None  # as git is asked for it; None: the project as it is now

    def __str__(self) -> str:
        """As it is written: `parse(str(engine)) == engine`."""
        signs = (("", self.toolchain), (":", self.profile), ("@", self.target))
        parts = (*signs, (REVISION_SIGN, self.revision))
        return "".join(sign + part for sign, part in parts if part is not None)

    def within(self, profile: str, target: str) -> Engine:
        """The engine in a lane of that profile and target: both are said."""
        return replace(self, profile=self.profile or profile, target=self.target or target)

    def named(self, profile: str, target: str) -> str:
        """Its name there: what is equal to the lane's is left out."""
        return str(
            replace(
                self,
                profile=None if self.profile == profile else self.profile,
                target=None if self.target == target else self.target,
            )
        )


def parse(text: str) -> Engine:
    """The engine that is written so; raises `UsageError`, with the grammar, for any other text."""
    found = _ENGINE.fullmatch(text)
    if found is None:
        message = f"{text!r} is not an engine: {GRAMMAR}"
        raise UsageError(message, "cython:release-fast is one, and cython@wasm")
    return Engine(*found.groups())
