"""What no schema can say of a cache manifest: files that do not exist, rules that never apply."""

from __future__ import annotations

import os
from collections.abc import Iterator

from molt_build.manifests.definitions import Definitions, Loaded, table, tables, words
from molt_build.manifests.diagnostics import quote
from molt_build.manifests.model import LockTimes
from molt_build.manifests.schema import Finding
from molt_build.manifests.value_checks import leaves

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


def findings(manifest: Loaded, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting; with a project's folder also every missing key file."""
    key, locks = table(manifest.raw.get("key")), table(manifest.raw.get("locks"))
    for index, name in words(key.get("environment")):
        if name in OWN_VARIABLES:
            message = f"{quote(name)} is the same for every stage, and never the builder's"
            yield ("key", "environment", index), message, None
    project = definitions.project
    for index, file in words(key.get("files")):
        if (
            project is not None
            and not leaves(file)
            and not os.path.isfile(os.path.join(project, file))
        ):
            yield ("key", "files", index), f"there is no file {quote(file)}", None
    yield from _rules(manifest.raw.get("shards"))
    low = locks.get("backoff_min_s", LockTimes.backoff_min_s)
    high = locks.get("backoff_max_s", LockTimes.backoff_max_s)
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        at = "backoff_max_s" if "backoff_max_s" in locks else "backoff_min_s"
        message = f"the longest sleep, {high:g} s, is less than the shortest, {low:g} s"
        yield ("locks", at), message, None


def _rules(rules: object) -> Iterator[Finding]:
    earlier: list[list[object]] = []
    for index, rule in tables(rules):
        names = [rule.get(part, "*") for part in ("toolchain", "profile", "workload")]
        for number, other in enumerate(earlier):
            if all(wanted in ("*", name) for wanted, name in zip(other, names, strict=True)):
                message = f"never applies: shards[{number}] fits all that it fits, and comes first"
                yield ("shards", index), message, "put the rule for more shards last"
                break
        earlier.append(names)
