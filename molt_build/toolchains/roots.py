"""Symbolic roots: how paths are written so that keys and entries hold on any checkout.

{stage} and {shard} stand for the directories an action runs in, {env} for the toolchain's Python
environment, {here} for the folder of its manifest, {base} for the host interpreter's installation,
{sources} for what was fetched and lies under its pin, {project} for the checkout, {system} for
everything else. The longest root that contains a path names it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

EACH_TIME = ("stage", "shard", "home")  # known when a stage runs, and symbolic until then
_SHARED_PREFIXES = ("/", "/usr", "/usr/local", "/opt")


class Roots:
    """A two-way mapping between absolute paths and paths under symbolic roots."""

    def __init__(self, roots: Mapping[str, str | None]) -> None:
        pairs: list[tuple[str, str]] = []
        for name, path in roots.items():
            if path is None or path in _SHARED_PREFIXES:
                continue
            for form in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
                pairs.append((form, name))
        self._pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
        self._paths = {name: path for path, name in reversed(self._pairs)}
        alternatives = "|".join(re.escape(path) for path, _ in self._pairs)
        self._pattern = re.compile(rf"({alternatives})(?=$|[/:,=;'\"\s])") if pairs else None
        self._names = dict(self._pairs)

    def text(self, text: str) -> str:
        """`text` with every root's absolute path replaced by the root's name in braces."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: "{" + self._names[match.group(1)] + "}", text)

    def symbolic(self, path: str) -> str:
        """An absolute path under its root: `{base}/include/python3.11/Python.h`."""
        for root, name in self._pairs:
            if path == root or path.startswith(root + "/"):
                return "{" + name + "}" + path[len(root) :]
        return "{system}" + path

    def absolute(self, symbolic: str) -> str:
        """The inverse of `symbolic`; raises `FileNotFoundError` for a root that is not here."""
        name, _, rest = symbolic[1:].partition("}")
        if name != "system" and name not in self._paths:
            raise FileNotFoundError(symbolic)
        return rest if name == "system" else self._paths[name] + rest
