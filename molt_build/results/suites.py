"""What a friend's suite has beside what every lane has: whose it is, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal


@dataclass(frozen=True)
class Source:
    """Where a suite's programs come from."""

    kind: Annotated[Literal["pypi", "npm", "git", "archive", "project"], "Which kind."]
    location: Annotated[str, "The package, URL or path."]
    pin: Annotated[str | None, "SHA-256 or full commit id; null for a folder of the project."]
    ref: Annotated[str | None, "The tag or branch that it was pinned from."]


@dataclass(frozen=True)
class Adapter:
    """Files of the project's own that stand between a suite's programs and engines."""

    drive: Annotated[str | None, "What calls the programs."]
    prepare: Annotated[str | None, "What edits their files."]
    note: Annotated[str, "What they do, and why."]
    digests: Annotated[Mapping[str, str], "SHA-256 of the files of ours that take part."]


@dataclass(frozen=True)
class SuiteFacts:
    """What a friend's suite has besides."""

    friend: Annotated[str | None, "The engine whose suite it is; null: it is the reference."]
    licence: Annotated[str, "Its licence, as an SPDX expression."]
    source: Annotated[Source, "Where its programs come from."]
    adapter: Annotated[Adapter | None, "Between its programs and engines; null: nothing."]
    jit_engines: Annotated[tuple[str, ...], "The engines that compile while they run."]
