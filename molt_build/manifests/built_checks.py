"""What no schema can say of a `built_by`: that there is such a build, for whoever asks for it.

A build is of a program, by a toolchain, under a profile, for a target. The last two may be those
of who asks, so whether there is one is known only where a toolchain is asked for: by a lane, a
case, the project's defaults, or another build (`unbuildable`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from molt_build.manifests.diagnostics import Finding, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.toolchain import OF_WHO_ASKS
from molt_build.manifests.value_checks import has_target, known


class _Unbuildable(NamedTuple):
    """Why a toolchain cannot be had, in words that follow its name."""

    message: str
    hint: str | None


def made_by(toolchain: Part) -> dict[str, Part]:
    """The path of every STAGE.OUTPUT of a toolchain."""
    return {
        f"{stage['name'].text}.{path.key}": path
        for stage in toolchain["stages"].tables()
        if stage["name"].text
        for path in stage["outputs"].values()
    }


def built_parts(toolchain: Part) -> list[Part]:
    """Every `built_by` of a toolchain: of its executables, then of its artifacts."""
    parts = [*toolchain["executables"].named_tables(), *toolchain["artifacts"].named_tables()]
    return [part["built_by"] for part in parts if "built_by" in part]


def findings(top: Part, definitions: Definitions) -> Iterator[Finding]:
    """Everything wrong with the builds that a toolchain names."""
    for built in built_parts(top):
        profile, target = built["profile"], built["target"]
        if profile.text and profile.text != OF_WHO_ASKS["profile"]:
            yield from known(profile, "profile", definitions)
        builder = definitions.get("toolchain", built["toolchain"].text)
        if builder is None:
            continue
        yield from _takes_the_program(built, builder, definitions)
        if target.text == OF_WHO_ASKS["target"]:
            output = built["output"]
            message = f"no stage of {quote(builder.name)} makes {quote(output.text)}"
            if output.text:
                yield from output.among(made_by(builder.top), message, "outputs")
        else:
            at = target if target.text else built["toolchain"]
            there = list(has_target(builder, target.text_or("native"), at))
            yield from there or _is_a_result(built, builder, target.text_or("native"))
        for one in profile.named_words() or [profile]:
            if OF_WHO_ASKS["profile"] != one.text and OF_WHO_ASKS["target"] != target.text:
                asked = (one.text, target.text_or("native"))
                yield from unbuildable(builder, *asked, definitions, one)


def unbuildable(
    toolchain: Parsed, profile: str, target: str, definitions: Definitions, at: Part
) -> Iterator[Finding]:
    """What a toolchain is built by must be there under a profile, for a target.

    Of what plays a role only what has no alternative is asked: which of several does so is known
    on a machine alone.
    """
    why = _why_unbuildable(toolchain, profile, target, definitions, {toolchain.name})
    if why is not None:
        yield at.wrong(f"{quote(toolchain.name)} {why.message}", why.hint)


def _takes_the_program(built: Part, builder: Parsed, definitions: Definitions) -> Iterator[Finding]:
    for workload, program in definitions.programs.get(built["program"].text, [])[:1]:
        if program["skip"].text:
            message = f"{quote(built['program'].text)} is skipped, and never built"
            yield built["program"].wrong(message, program["skip"].text)
        language = workload.top["language"].text
        if language and language not in builder.takes:
            message = f"{quote(builder.name)} does not accept {quote(language)}"
            hint = builder.what_it_takes
            yield built["toolchain"].wrong(f"{message}, the program's language", hint)


def _is_a_result(built: Part, builder: Parsed, target: str) -> Iterator[Finding]:
    """The output must be one of the target's results, which alone are put where they are found."""
    output = built["output"]
    made = made_by(builder.top)
    if output.text and output.text not in made:
        message = f"no stage of {quote(builder.name)} makes {quote(output.text)}"
        yield from output.among(made, message, "outputs", "it has no stages")
    elif output.text:
        results = builder.top["targets"][target]["results"].texts
        message = f"{quote(output.text)} is no result of {quote(builder.name)} for {quote(target)}"
        yield from output.among(results, message, "its results", "it has no results")
        if _noun(built) == "executable" and made[output.text].text.endswith("/"):
            yield output.wrong(f"{quote(output.text)} is a folder", "an artifact may be one")


def _why_unbuildable(
    toolchain: Parsed, profile: str, target: str, definitions: Definitions, seen: set[str]
) -> _Unbuildable | None:
    for built in built_parts(toolchain.top):
        why = _why_not_built(built, profile, target, definitions, seen)
        if why is not None:
            return why
    for role in toolchain.top["uses"].values():
        used = definitions.get("toolchain", role.texts[0]) if len(role.texts) == 1 else None
        if used is None or used.name in seen:
            continue
        why = _why_unbuildable(used, profile, target, definitions, {*seen, used.name})
        if why is not None:
            return _Unbuildable(f"uses {quote(used.name)}, which {why.message}", why.hint)
    return None


def _why_not_built(
    built: Part, profile: str, target: str, definitions: Definitions, seen: set[str]
) -> _Unbuildable | None:
    chosen, named = built["profile"], [one.key for one in built["profile"].named_words()]
    what = f"has the {_noun(built)} {quote(str(built.path[1]))}, "
    if named and profile and profile not in named:
        message = f"{what}which is built under no profile for {quote(profile)}"
        return _Unbuildable(message, near_miss(profile, named, "profiles that it names"))
    builder = definitions.get("toolchain", built["toolchain"].text)
    if builder is None or builder.name in seen or not profile:
        return None  # reported where it is said
    targets = [one.key for one in builder.top["targets"].named_tables()]
    of_asker = built["target"].text == OF_WHO_ASKS["target"]
    for_target = target if of_asker else built["target"].text_or("native")
    what += f"built by {quote(builder.name)}, "
    if of_asker and for_target not in targets:
        message = f"{what}which has no target {quote(for_target)}"
        return _Unbuildable(message, near_miss(for_target, targets, "its targets"))
    if of_asker and built["output"].text in made_by(builder.top):
        results = builder.top["targets"][for_target]["results"].texts
        if built["output"].text not in results:
            message = f"{what}and {quote(built['output'].text)} is no result of that"
            message += f" for {quote(for_target)}"
            return _Unbuildable(message, near_miss(built["output"].text, results, "its results"))
    under = chosen[profile].text if named else chosen.text
    under = profile if under == OF_WHO_ASKS["profile"] else under
    why = _why_unbuildable(builder, under, for_target, definitions, {*seen, builder.name})
    return None if why is None else _Unbuildable(f"{what}which {why.message}", why.hint)


def _noun(built: Part) -> str:
    return "executable" if built.path[0] == "executables" else "artifact"
