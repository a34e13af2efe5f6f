"""Which placeholders are known at each place of a toolchain, and templates checked against them.

A schema says of a text that it is a template, and of which sort (`x-template`): `words` (a word of
a command, in whose place a list may be put), `word`, `path` (of what a stage writes: it lies in the
staging directory or in the shard), or `none` (it is handed on as it is). The closed sets are those
that `placeholders` documents, filled in with what a toolchain declares and with what the toolchains
and profiles offer that it can meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from molt_build.manifests import placeholders
from molt_build.manifests.diagnostics import Finding, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.value_checks import RELATIVE, leaves

STAYS = f"{RELATIVE}; it may begin with {{shard}}/ where needs_shard = true"

# Placeholder name -> whether its value is a list that may have other than one word.
Known = Mapping[str, bool]


def findings(manifest: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything wrong with the templates of a manifest."""
    templates = [mark for mark in manifest.marks if mark.keyword == "x-template"]
    relative = {mark.path for mark in manifest.marks if mark.keyword == "x-stays-in"}
    for place, marks in groupby(templates, lambda mark: mark.path[:2]):
        owner = manifest.top[place[0]][place[1]]
        known = _known_at(owner, manifest, definitions)
        files = dict.fromkeys([*owner["inputs"].keys, *owner["outputs"].keys], False)
        for mark in marks:
            template = Part(mark.value, mark.path)
            if mark.wanted == "none":
                yield from _plain(template)
            elif mark.wanted == "path":
                yield from list(_fits(template, known)) or _stays(template, manifest.top)
            else:
                own = placeholders.OF_A_DRIVE if "drive" in mark.path[2:3] else files
                faults = list(_fits(template, {**known, **own}, may_splice=mark.wanted == "words"))
                if not faults and place[0] == "stages" and mark.path in relative:
                    faults += _is_of_source(template, manifest.top)
                yield from faults


def _known_at(owner: Part, manifest: Parsed, definitions: Definitions) -> Known:
    """What is known in an executable, a query, a role, a stage or a target of the toolchain."""
    top, place = manifest.top, owner.path[0]
    known = dict(placeholders.EVERYWHERE)
    if manifest.kind == "signal":
        return {**known, **placeholders.OF_A_SIGNAL}
    if "python" in top:
        known |= placeholders.WITH_ENVIRONMENT
    if owner["needs_shard"].value is True:
        known |= placeholders.WITH_SHARD
    known |= dict.fromkeys([*top["executables"].keys, *top["artifacts"].keys], False)
    known |= {query.key: query["list"].value is True for query in top["queries"].named_tables()}
    known |= {role.key: _is_list(role, manifest, definitions) for role in top["uses"].values()}
    if place in ("stages", "targets"):
        known |= placeholders.OF_A_PROGRAM
    if place == "stages":
        known |= placeholders.OF_A_STAGE
        for role in top["uses"].values():
            purposes = _purposes_offered(role, manifest, definitions)
            known |= {f"{role.key}.{purpose}": True for purpose in purposes}
    if place == "targets":
        known |= placeholders.OF_A_TARGET
        results = owner["results"].texts
        known |= {result.split(".", 1)[1]: False for result in results if "." in result}
    return known


def _is_list(role: Part, user: Parsed, definitions: Definitions) -> bool:
    """Whether some toolchain that may play the role has a command of more than one word.

    A bundled toolchain is judged by the bundled ones: nobody can edit it to fit another.
    """
    for name in role.texts:
        provider = definitions.get("toolchain", name)
        if provider is None or (user.file.is_bundled and not provider.file.is_bundled):
            continue
        offered = provider.top["provides"]
        if role.key in offered and len(offered[role.key]["command"].words()) != 1:
            return True
    return False


def _purposes_offered(role: Part, user: Parsed, definitions: Definitions) -> set[str]:
    """The purposes for which providers of a role, or profiles, have flags."""
    # What could not be read may have flags for whatever purpose is asked for.
    offered = _purposes_asked_by(user, role.key) if definitions.unreadable else set()
    for name in role.texts:
        provider = definitions.get("toolchain", name)
        offered.update([] if provider is None else _purposes_of(provider, role.key))
    for profile in definitions.all("profile"):
        offered.update(profile.top["roles"][role.key].keys)
    return offered


def purposes_asked_for(role: str, definitions: Definitions) -> set[str]:
    """The purposes of a role that some stage names, or some provider has flags for."""
    asked: set[str] = set()
    for toolchain in definitions.all("toolchain"):
        asked.update(_purposes_of(toolchain, role))
        if role in toolchain.top["uses"]:
            asked |= _purposes_asked_by(toolchain, role)
    return asked


def _purposes_of(provider: Parsed, role: str) -> list[str]:
    return provider.top["provides"][role]["flags"].keys


def _purposes_asked_by(toolchain: Parsed, role: str) -> set[str]:
    """The purposes of a role that the stages of a toolchain name."""
    asked: set[str] = set()
    for stage in toolchain.top["stages"].tables():
        for word in [*stage["argv"].texts, *stage["search_path"].texts]:
            named = [name.partition(".") for name in names_in(word)]
            asked.update(purpose for owner, _, purpose in named if owner == role and purpose)
    return asked


def _fits(template: Part, known: Known, *, may_splice: bool = False) -> Iterator[Finding]:
    """A template must be well formed, know its names, and have lists only as whole words."""
    try:
        parts = placeholders.parse(template.text)
    except placeholders.PlaceholderError as error:
        yield template.wrong(error.message, error.hint)
        return
    is_whole = len(parts) == 1 and may_splice
    for part in parts:
        if isinstance(part, str):
            continue
        if part.name not in known:
            hint = _why_unknown(part.name, known)
            yield template.wrong(f"unknown placeholder {{{part.name}}}", hint)
        elif known[part.name] and not is_whole:
            hint = "let it be a word of its own" if may_splice else "one word is wanted here"
            yield template.wrong(f"{{{part.name}}} is a list and cannot be part of a word", hint)


def _plain(flag: Part) -> Iterator[Finding]:
    """Flags that are handed on as they are must not look as if something were put into them."""
    for name in names_in(flag.text)[:1]:
        message = f"flags are not expanded, and {quote(flag.text)} holds {{{name}}}"
        yield flag.wrong(message, "put the placeholder into the argv of a stage")


def _is_of_source(template: Part, top: Part) -> Iterator[Finding]:
    """What is staged of a program lies in its source."""
    for name in _elsewhere(template, top)[:1]:
        message = f"{quote(template.text)} is not a path of the source: {{{name}}} is absolute"
        yield template.wrong(message, RELATIVE)


def _elsewhere(template: Part, top: Part) -> list[str]:
    """The names in a template that stand for absolute paths."""
    tools = {*top["executables"].keys, *top["artifacts"].keys, *top["uses"].keys}
    names = names_in(template.text)
    return [name for name in names if name in placeholders.FOLDERS or name in tools]


def _stays(template: Part, top: Part) -> Iterator[Finding]:
    """What a stage writes lies in its staging directory, or in its shard; nowhere else."""
    elsewhere = _elsewhere(template, top)
    in_shard = template.text.removeprefix("{shard}/")
    if in_shard != template.text and elsewhere == ["shard"]:
        elsewhere = []
    if elsewhere:
        message = f"{{{elsewhere[0]}}} leads out of the staging directory"
        if elsewhere[0] in ("stage", "shard"):
            message = f"{{{elsewhere[0]}}} has no place here"
        yield template.wrong(f"{quote(template.text)}: {message}", STAYS)
    elif leaves(in_shard):
        yield template.wrong(f"{quote(template.text)} leaves the staging directory", STAYS)


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
