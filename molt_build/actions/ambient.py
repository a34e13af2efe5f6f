"""What surrounds every action of a command and stands in its key, whatever its stage declares.

The cache manifest says what that is (`[key]`): variables of the builder's environment, and files of
the project that are read in place. Folders above the one that stages run in are searched by tools
for their settings (`looks_above` of a stage).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from molt_build.manifests.model import Cache


@dataclass(frozen=True)
class Ambient:
    """What every action of one command depends on, whatever its stage declares."""

    variables: Mapping[str, str]  # of the builder's environment, which every stage gets
    files: Mapping[str, str]  # path in the project -> absolute path
    folders_above: Sequence[str]  # those above the folders that stages run in, nearest first
    is_coarse: bool  # the scope of keys


def ambient(project: Path, cache: Path, rules: Cache, *, is_coarse: bool) -> Ambient:
    """What surrounds the actions of a command that is started now."""
    real = cache.resolve()  # stages run in the cache; a tool walks up from where it is
    given = {name: os.environ.get(name) for name in rules.key.environment}
    return Ambient(
        variables={name: value for name, value in given.items() if value is not None},
        files={path: str(project / path) for path in rules.key.files},
        folders_above=(str(real), *map(str, real.parents)),
        is_coarse=is_coarse,
    )
