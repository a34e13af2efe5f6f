"""Which placeholders are known at each place of a toolchain, and templates checked against them.

The closed sets are those that `placeholders` documents, filled in with what a toolchain declares
and with what the toolchains and profiles offer that it can meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from molt_build.manifests import placeholders
from molt_build.manifests.definitions import (
    Definitions,
    Loaded,
    string_items,
    subtables,
    table,
    tables,
    words,
)
from molt_build.manifests.diagnostics import KeyPath, near_miss, quote
from molt_build.manifests.schema import Finding

# Placeholder name -> whether its value is a list that may have other than one word.
Known = Mapping[str, bool]


def in_questions(
    raw: Mapping[str, Any], definitions: Definitions, *, needs_shard: bool = False
) -> dict[str, bool]:
    """What is known in executables and queries, and so everywhere in the toolchain."""
    known = dict(placeholders.EVERYWHERE)
    if "python" in raw:
        known.update(placeholders.WITH_ENVIRONMENT)
    if needs_shard:
        known.update(placeholders.WITH_SHARD)
    known.update(dict.fromkeys(table(raw.get("executables")), False))
    known.update(
        {name: query.get("list") is True for name, query in subtables(raw.get("queries")).items()}
    )
    known.update({role: _is_list(raw, role, definitions) for role in table(raw.get("uses"))})
    return known


def _is_list(raw: Mapping[str, Any], role: str, definitions: Definitions) -> bool:
    """Whether some toolchain that may play the role has a command of more than one word.

    A bundled toolchain is judged by the bundled ones: nobody can edit it to fit another.
    """
    user = definitions.get("toolchain", str(raw.get("name")))
    for _, name in words(table(raw.get("uses")).get(role)):
        provider = definitions.get("toolchain", name)
        if provider is None or (user and user.file.is_bundled and not provider.file.is_bundled):
            continue
        offered = subtables(provider.raw.get("provides"))
        if role in offered and len(words(offered[role].get("command"))) != 1:
            return True
    return False


def of_roles(raw: Mapping[str, Any], definitions: Definitions) -> dict[str, bool]:
    """{ROLE.PURPOSE} for each role that is used, from the providers and the profiles."""
    known: dict[str, bool] = {}
    for role, names in table(raw.get("uses")).items():
        if any(definitions.unreadable.values()):
            # What could not be read may have flags for whatever purpose is asked for.
            known.update({f"{role}.{purpose}": True for purpose in _asked_by(raw, role)})
        for _, name in words(names):
            provider = definitions.get("toolchain", name)
            for purpose in [] if provider is None else _provider_purposes(provider, role):
                known[f"{role}.{purpose}"] = True
        for profile in definitions.all("profile"):
            for purpose in subtables(profile.raw.get("roles")).get(role, {}):
                known[f"{role}.{purpose}"] = True
    return known


def _provider_purposes(provider: Loaded, role: str) -> list[str]:
    offered = subtables(provider.raw.get("provides")).get(role, {})
    return list(table(offered.get("flags")))


def provided_roles(definitions: Definitions) -> set[str]:
    """The roles that some toolchain provides."""
    return {
        role
        for toolchain in definitions.all("toolchain")
        for role in subtables(toolchain.raw.get("provides"))
    }


def purposes_asked_for(role: str, definitions: Definitions) -> set[str]:
    """The purposes of a role that some stage names, or some provider has flags for."""
    asked: set[str] = set()
    for toolchain in definitions.all("toolchain"):
        asked.update(_provider_purposes(toolchain, role))
        if role in table(toolchain.raw.get("uses")):
            asked.update(_asked_by(toolchain.raw, role))
    return asked


def _asked_by(raw: Mapping[str, Any], role: str) -> set[str]:
    """The purposes of a role that the stages of a toolchain name."""
    asked: set[str] = set()
    for _, stage in tables(raw.get("stages")):
        for _, word in [*words(stage.get("argv")), *words(stage.get("search_path"))]:
            named = [name.partition(".") for name in names_in(word)]
            asked.update(purpose for owner, _, purpose in named if owner == role and purpose)
    return asked


def check_argv(value: object, path: KeyPath, known: Known) -> Iterator[Finding]:
    """Each word of a command, in which lists may be spliced."""
    for index, word in words(value):
        yield from check_word(word, (*path, index), known, may_splice=True)


def check_environment(raw: Mapping[str, Any], path: KeyPath, known: Known) -> Iterator[Finding]:
    """The variables of a table's `environment`, each of one word."""
    for name, value in string_items(raw.get("environment")).items():
        yield from check_word(value, (*path, "environment", name), known)


def check_word(
    template: str, path: KeyPath, known: Known, *, may_splice: bool = False
) -> Iterator[Finding]:
    """A template must be well formed, know its names, and have lists only as whole words."""
    try:
        parts = placeholders.parse(template)
    except placeholders.PlaceholderError as error:
        yield path, error.message, error.hint
        return
    is_whole = len(parts) == 1 and may_splice
    for part in parts:
        if isinstance(part, str):
            continue
        if part.name not in known:
            yield path, f"unknown placeholder {{{part.name}}}", _why_unknown(part.name, known)
        elif known[part.name] and not is_whole:
            hint = "let it be a word of its own" if may_splice else "one word is wanted here"
            yield path, f"{{{part.name}}} is a list and cannot be part of a word", hint


def check_plain(value: object, path: KeyPath) -> Iterator[Finding]:
    """Flags that are handed on as they are must not look as if something were put into them."""
    for index, word in words(value):
        for name in names_in(word):
            message = f"flags are not expanded, and {quote(word)} holds {{{name}}}"
            yield (*path, index), message, "put the placeholder into the argv of a stage"
            break


def names_in(template: str) -> tuple[str, ...]:
    """The placeholders of a template; none when it is malformed, which is reported elsewhere."""
    try:
        return placeholders.names(template)
    except placeholders.PlaceholderError:
        return ()


def _why_unknown(name: str, known: Known) -> str | None:
    if name in placeholders.WITH_SHARD:
        return "{shard} is known where needs_shard = true"
    if name in placeholders.WITH_ENVIRONMENT:
        return f"{{{name}}} is known when the toolchain has a [python] table"
    return near_miss(name, known, "known here")
