"""What no schema can say of a cache manifest: names that do not exist, rules that never apply."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from molt_build.manifests.definitions import Definitions, Loaded, table, tables, words
from molt_build.manifests.diagnostics import near_miss, quote
from molt_build.manifests.model import LockTimes
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import RELATIVE, leaves

# What every stage is given by molt_build itself, whatever the builder's environment says.
OWN_VARIABLES = (
    "HOME",
    "TMPDIR",
    "PATH",
    "LANG",
    "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE",
    "SOURCE_DATE_EPOCH",
)
_PARTS = ("toolchain", "profile", "workload")


def findings(manifest: Loaded, definitions: Definitions, project: str | None) -> Iterator[Finding]:
    """Every dangling reference; with a `project` folder also every missing key file."""
    raw = manifest.raw
    key, locks = table(raw.get("key")), table(raw.get("locks"))
    for index, name in words(key.get("environment")):
        if name in OWN_VARIABLES:
            message = f"{quote(name)} is the same for every stage, and never the builder's"
            yield ("key", "environment", index), message, None
    for index, file in words(key.get("files")):
        path = ("key", "files", index)
        if leaves(file):
            yield path, f"{quote(file)} leaves the project", RELATIVE
        elif project is not None and not os.path.isfile(os.path.join(project, file)):
            yield path, f"there is no file {quote(file)}", None
    yield from _rules(raw, definitions)
    low, high = (
        locks.get(key, getattr(LockTimes, key)) for key in ("backoff_min_s", "backoff_max_s")
    )
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        at = "backoff_max_s" if "backoff_max_s" in locks else "backoff_min_s"
        message = f"the longest sleep, {high:g} s, is less than the shortest, {low:g} s"
        yield ("locks", at), message, None


def _rules(raw: Mapping[str, Any], definitions: Definitions) -> Iterator[Finding]:
    earlier: list[tuple[object, ...]] = []
    for index, rule in tables(raw.get("shards")):
        names = tuple(rule.get(part, "*") for part in _PARTS)
        for part, name in zip(_PARTS, names, strict=True):
            if isinstance(name, str) and name != "*" and not definitions.is_known(part, name):
                hint = near_miss(name, definitions.names(part), f"{part}s")
                yield ("shards", index, part), f"there is no {part} {quote(name)}", hint
        for number, other in enumerate(earlier):
            if all(wanted in ("*", name) for wanted, name in zip(other, names, strict=True)):
                message = f"never applies: shards[{number}] fits all that it fits, and comes first"
                yield ("shards", index), message, "put the rule for more shards last"
                break
        earlier.append(names)
