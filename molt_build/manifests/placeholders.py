"""Placeholders: `{name}` in argv, environment and paths, and what may stand for them.

`{{` and `}}` are literal braces. A word that is exactly one placeholder of a list value becomes as
many words as the list has; inside a longer word, or where one word is wanted, a list must have
exactly one. There is no shell, no default value, no expression. Which names are known depends on
where the template stands:

everywhere         project here system python; env env_python with a [python] table; executables,
                   artifacts and queries of the toolchain; the roles it uses: {cc} is the list of
                   words of the provider's command
provides, stages   + shard where needs_shard is true
stages             + program module entry source_dir args, stage home profile flags, the stage's
                   inputs and outputs; {ROLE.PURPOSE}, a list: the provider's flags for that
                   purpose, then the profile's
targets            + program module entry source_dir args, out source source_root, the outputs
                   among the target's results
a target's drive   + driver, the script that imports the program
a signal's command  project system python, and file: each of the files that it is run for
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from molt_build.errors import ManifestError

Values = Mapping[str, str | tuple[str, ...]]

# name -> whether the value is a list
EVERYWHERE: Mapping[str, bool] = {
    "project": False,
    "here": False,
    "system": False,
    "python": False,
}
WITH_ENVIRONMENT: Mapping[str, bool] = {"env": False, "env_python": False}
WITH_SHARD: Mapping[str, bool] = {"shard": False}
OF_A_PROGRAM: Mapping[str, bool] = {
    "program": False,
    "module": False,
    "entry": False,
    "source_dir": False,
    "args": True,
}
OF_A_STAGE: Mapping[str, bool] = {"stage": False, "home": False, "profile": False, "flags": True}
OF_A_TARGET: Mapping[str, bool] = {"out": False, "source": False, "source_root": False}
OF_A_DRIVE: Mapping[str, bool] = {"driver": False}
OF_A_SIGNAL: Mapping[str, bool] = {"file": False}
# Those of a stage that stand for an absolute path.
FOLDERS = frozenset([*EVERYWHERE, *WITH_ENVIRONMENT, *WITH_SHARD, "stage", "home"])
RESERVED = FOLDERS.union(OF_A_PROGRAM, OF_A_STAGE, OF_A_TARGET, OF_A_DRIVE)

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)?\Z")


class PlaceholderError(ManifestError):
    """A template is malformed, or names something that has no value where it is used."""


@dataclass(frozen=True)
class Placeholder:
    """`{name}` in a template."""

    name: str


@lru_cache(maxsize=4096)
def parse(template: str) -> tuple[str | Placeholder, ...]:
    """The literal texts and placeholders of a template, in order; no two literals in a row.

    Raises:
        PlaceholderError: an unbalanced brace, or a name that cannot be one.
    """
    parts: list[str | Placeholder] = []
    literal = ""
    end = 0
    for match in _TOKEN.finditer(template):
        literal += template[end : match.start()]
        end = match.end()
        if match[0] in ("{{", "}}"):
            literal += match[0][0]
        elif match[1] is None:
            msg = f"a lone '{match[0]}' at character {match.start() + 1}"
            raise PlaceholderError(msg, f"a literal brace is written {match[0] * 2}")
        elif not _NAME.match(match[1]):
            msg = f"{match[0]!r} is not a placeholder"
            raise PlaceholderError(msg, "placeholders are {name}; literal braces are {{ and }}")
        else:
            if literal:
                parts.append(literal)
            literal = ""
            parts.append(Placeholder(match[1]))
    literal += template[end:]
    if literal:
        parts.append(literal)
    return tuple(parts)


def names(template: str) -> tuple[str, ...]:
    """The names of the placeholders in a template, in order."""
    return tuple(part.name for part in parse(template) if isinstance(part, Placeholder))


def expand_word(template: str, values: Values) -> str:
    """The template with every placeholder replaced, as one word.

    Raises:
        PlaceholderError: a name without a value, or a list of other than one word.
    """
    text = ""
    for part in parse(template):
        if isinstance(part, str):
            text += part
            continue
        value = _value(part.name, template, values)
        if not isinstance(value, str) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str):
            msg = f"{{{part.name}}} is a list and cannot be part of the word {template!r}"
            raise PlaceholderError(msg, "let it be a word of its own")
        text += value
    return text


def expand(argv: Iterable[str], values: Values) -> list[str]:
    """All words expanded; a word that is exactly one list placeholder becomes its elements.

    Raises:
        PlaceholderError: a name without a value, or a list of other than one word in a longer one.
    """
    words: list[str] = []
    for template in argv:
        parts = parse(template)
        if len(parts) == 1 and isinstance(parts[0], Placeholder):
            value = _value(parts[0].name, template, values)
            if not isinstance(value, str):
                words.extend(value)
                continue
        words.append(expand_word(template, values))
    return words


def _value(name: str, template: str, values: Values) -> str | tuple[str, ...]:
    if name not in values:
        msg = f"{{{name}}} in {template!r} has no value here"
        raise PlaceholderError(msg, "known here: " + ", ".join(sorted(values)))
    return values[name]
