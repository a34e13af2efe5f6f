"""Checks of what is built and what it answers: ready, builds, right, quick the second time."""

from __future__ import annotations

import json
from dataclasses import replace

from molt_build.building.attribution import KEPT_OUT
from molt_build.building.outcome import BuildReport
from molt_build.conformance.context import Context, why_failed
from molt_build.conformance.results import Finding, NotApplicable, failed, passed, skipped
from molt_build.errors import MoltBuildError, UsageError
from molt_build.plan.warm import EXECUTED, FAILED
from molt_build.toolchains.wanted import check
from molt_build.watch import counted


def programs_build(context: Context) -> Finding:
    """The programs build, or are declared not to be taken."""
    report = context.first
    refused = {name: one for name, one in report.programs.items() if one.is_unsupported}
    declared = [
        f"not taken: {', '.join(name for name in refused if refused[name].reason == reason)} "
        f"({reason})"
        for reason in dict.fromkeys(one.reason for one in refused.values())
    ]
    taken = len(context.programs) - len(refused)
    found = f"{_of(len(context.built), taken)} {'builds' if taken == 1 else 'build'}"
    if context.startup:
        one = "is the project's start-up program"
        found += f"; {' and '.join(sorted(context.startup))} {one}"
    if wrong := [_with_tags(context, line) for line in why_failed(report)]:
        return failed(
            found,
            "mend the stages or the compiler. --keep leaves the copy, where `molt-build build "
            "PROGRAM --keep-staging` shows more. What it is not meant to take is declared in its "
            "manifest, as here, with the reason:\n" + _declaration(context, report),
            *wrong,
        )
    if not taken:
        return failed(
            "every program is declared not to be taken", "--program names one that is", *declared
        )
    return passed(found, *declared)


def _with_tags(context: Context, line: str) -> str:
    """A line of `why_failed` with the program's tags behind its name."""
    name, _, rest = line.partition(" ")
    tags = context.tags(name)
    return f"{name} ({', '.join(tags)}) {rest}" if tags else line


def _declaration(context: Context, report: BuildReport) -> str:
    """TOML that declares what failed: by tags, but for those that a program that builds has."""
    taken = {tag for name in context.built for tag in context.tags(name)}
    tags: dict[str, None] = {}
    programs = []
    for name in dict.fromkeys(one.program for one in report.actions if one.status == FAILED):
        own = [tag for tag in context.tags(name) if tag not in taken]
        tags |= dict.fromkeys(own[:1])
        programs += [] if own else [name]
    return "\n\n".join(
        f'[[unsupported]]\n{by} = {json.dumps(names, ensure_ascii=False)}\nreason = "say why"'
        for by, names in (("tags", list(tags)), ("programs", programs))
        if names
    )


def answers_are_right(context: Context) -> Finding:
    """What was built prints what the reference prints, and ends as it does."""
    if not context.target.run:
        return skipped(f"what it makes for {context.asked.target} is a library: nothing is run")
    names = context.built
    trials = [context.first_trial(name) for name in names if name in context.right]
    if not trials:
        _built(context)
        return skipped(f"{context.reference} and it have no program in common")
    wrong = [f"{one.program}: {one.difference}" for one in trials if one.difference]
    verbs = "prints and ends" if len(trials) == 1 else "print and end"
    found = f"{_of(len(trials) - len(wrong), len(trials))} {verbs} as with {context.reference}"
    if any(one.elsewhere for one in trials):
        return failed(
            found,
            "the interpreter finds the program's source where it does not find what was built: "
            "the output that is imported has the name of a module "
            '("{module}{ext_suffix}", with a query for ext_suffix), and its folder comes first '
            "on the path",
            *wrong,
        )
    if wrong:
        return failed(
            found,
            "compilers import the module and call main(), or run an executable that does; "
            "interpreters run the file as a script: see `run` of the target. Arguments are "
            "{args}, and the output is UTF-8",
            *wrong,
        )
    return passed(found)


def second_build_is_free(context: Context) -> Finding:
    """Building again executes nothing."""
    again = context.build(_built(context))
    if ran := _executed(again):
        return failed(
            f"a second build executed {counted(len(ran), 'action')}",
            "what changed from one build to the next is named here: keep it out of the command, "
            "its environment and the answers of queries",
            *ran,
        )
    return passed(f"{counted(len(again.actions), 'action')} up to date")


def another_checkout_is_free(context: Context) -> Finding:
    """A second checkout, with the same store, finds everything there."""
    beside = replace(context.other, cache=context.place.cache)
    report = context.build(_built(context), place=beside)
    if ran := _executed(report):
        return failed(
            f"in another checkout {counted(len(ran), 'action')} ran again",
            "name what lies in the project by {project}, so that no path of this checkout gets "
            "into a key; take paths out of what earlier stages make",
            *ran,
        )
    return passed(f"{counted(len(report.actions), 'action')} found in the store")


def profiles_build(context: Context) -> Finding:
    """Each profile that it has flags for, and the project's own, builds."""
    under = dict.fromkeys([*context.toolchain.flags, *context.manifests.profiles])
    taken, wrong = [], []
    for profile in under:
        try:
            check(context.manifests, context.asked.toolchain, profile, context.asked.target)
        except UsageError:
            continue  # what it is made of has no such profile, which its manifest says
        try:
            wrong += [f"{profile}: {line}" for line in why_failed(_under(context, profile))]
        except MoltBuildError as error:
            wrong.append(f"{profile}: {error.message}")
        taken.append(profile)
    found = f"{context.base} under {', '.join(taken)}"
    if wrong:
        to_do = "mend [flags.PROFILE] of the toolchain, or the profile's flags of the role"
        return failed(f"a profile does not build: {found}", to_do, *wrong)
    return passed(f"{found} builds")


def _built(context: Context) -> list[str]:
    """Those that could be built; raises `NotApplicable` where none could."""
    if not context.built:
        raise NotApplicable("no program could be built")
    return context.built


def _of(count: int, total: int) -> str:
    return f"{count} of {counted(total, 'program')}"


def _under(context: Context, profile: str) -> BuildReport:
    return context.build([context.base], profile=profile)


def _executed(report: BuildReport) -> list[str]:
    """What ran although it was built before, and why; what is never kept does not count."""
    return [
        f"{action.program} {action.stage}: {', '.join(action.cause.changed) or 'unknown'}"
        for action in report.actions
        if action.status == EXECUTED and KEPT_OUT not in action.cause.changed
    ]
