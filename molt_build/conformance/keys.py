"""Checks of keys: what must be seen is seen, and what means nothing costs nothing."""

from __future__ import annotations

from molt_build.building.audit import LEAK, NONDETERMINISTIC
from molt_build.building.outcome import BuildReport
from molt_build.conformance import texts
from molt_build.conformance.context import Context, why_failed
from molt_build.conformance.outputs import differing, differing_stages
from molt_build.conformance.place import COUNTING, IMPORTING
from molt_build.conformance.results import Finding, NotApplicable, failed, passed, skipped
from molt_build.plan.warm import EXECUTED
from molt_build.watch import counted


def code_is_seen(context: Context) -> Finding:
    """An edit of what a program does is built, and answered."""
    base = context.base
    file = context.source(base)
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        sign = "//" if file.suffix in (".rs", ".c", ".cc", ".cpp", ".h") else "#"
        with context.edited(file, f"{text.rstrip()}\n{sign} conformance\n"):
            return _seen(context.build([base]), f"a line at the end of {file.name}")
    edited = text.replace("* 7", "* 11") if base == COUNTING.name else None
    edited = edited or texts.with_another_number(text)
    if edited is None:
        return skipped(f"{base} has no number that could be another one")
    # Asked before the edit, of which the reference's answer is not.
    if context.is_ours(base) and (why_not := context.why_not_right(base)):
        return skipped(why_not)
    with context.edited(file, edited):
        report = context.build([base])
        if wrong := why_failed(report):
            raise NotApplicable(f"{base} does not build once it is edited: {wrong[0]}")
        finding = _seen(report, f"another number in {file.name}")
        if finding.verdict == "failed" or not context.is_ours(base) or not context.target.run:
            return finding
        return _answered(context, base, finding)


def _seen(report: BuildReport, edit: str) -> Finding:
    ran = [action.stage for action in report.actions if action.status == EXECUTED]
    if not ran:
        return failed(
            f"{edit}: nothing was executed",
            "no stage has the program as its input: the first one needs takes_source",
        )
    return passed(f"{edit}: {', '.join(ran)} executed")


def _answered(context: Context, name: str, finding: Finding) -> Finding:
    """The same finding, if the edited program answers as the reference says."""
    trial = context.trial(name)
    if trial.difference:
        to_do = "a stage must see what was edited: take the outputs of the earlier one as inputs"
        return failed(f"an edited {name} answers as before", to_do, trial.difference)
    return finding


def comments_cost_nothing(context: Context) -> Finding:
    """With `digest = "tokens"` an edited comment executes nothing, and would change nothing."""
    by_tokens = [stage.name for stage in context.stages if stage.digest == "tokens"]
    if not by_tokens:
        return skipped(
            'it keys sources by text: with digest = "tokens" edited comments would cost nothing'
        )
    base = context.base
    file = context.source(base)
    edited = texts.with_comment(file.read_text(encoding="utf-8"), "a comment of no meaning")
    if file.suffix != ".py" or edited is None:
        return skipped("comments are edited in Python programs alone")
    with context.edited(file, edited):
        report = context.build([base])
    ran = [action.stage for action in report.actions if action.status == EXECUTED]
    if ran:
        return failed(
            f"an edited comment executed {', '.join(ran)}",
            "molt-build explain says which component changed",
        )
    place = context.fresh()
    with context.edited(context.source(base, place), edited):
        anew = context.build([base], place=place)
    results = {name.partition(".")[0] for name in context.target.results}
    first = {one.stage: one for one in context.first.actions if one.program == base}
    for action in anew.actions:
        names = differing(first[action.stage], action) if action.stage in results else []
        if names and not _differs_anyway(context, base, action.stage):
            return failed(
                f"an edited comment executes nothing, and would change {', '.join(names)} of "
                f"{action.stage}",
                'the compiler looks at comments: digest = "text", or meaningful_comments for '
                "those that it reads",
            )
    return passed("an edited comment executes nothing, and would change no result")


def _differs_anyway(context: Context, program: str, stage: str) -> bool:
    """Whether a stage makes other bytes each time, or in each folder, which other checks tell."""
    return bool(differing_stages(context, program) & {stage})


def meaningful_comments_are_seen(context: Context) -> Finding:
    """A comment that the compiler reads is part of the key."""
    stages = [stage for stage in context.stages if stage.meaningful_comments]
    if not stages:
        return skipped("it declares no meaningful_comments: its compiler reads none")
    base = context.base
    file = context.source(base)
    text = file.read_text(encoding="utf-8")
    unseen, tried, untold = [], [], []
    for stage in stages:
        for pattern in stage.meaningful_comments:
            words = texts.comment_like(pattern)
            edited = words and texts.with_comment(text, words)
            if not edited:
                untold.append(pattern)
                continue
            tried.append(f"# {words}")
            with context.edited(file, edited):
                report = context.build([base], is_dry=True)
            if not any(
                one.status == EXECUTED and one.stage == stage.name for one in report.actions
            ):
                unseen.append(f"# {words} ({pattern}) changes nothing for {stage.name}")
    if unseen:
        to_do = "the pattern must find the whole comment, from its # on; see docs/keys.md"
        return failed("a meaningful comment is not seen", to_do, *unseen)
    if not tried:
        return skipped(f"no comment could be made up for {', '.join(untold)}")
    return passed(f"{', '.join(dict.fromkeys(tried))} would be built")


def imports_are_seen(context: Context) -> Finding:
    """An edit of a module that the program imports reaches what it answers."""
    name = IMPORTING.name
    if name not in context.programs or name not in context.built:
        return skipped("no program that imports was built")
    if not context.target.run:
        return skipped("what it makes is a library: nothing is run")
    if why_not := context.why_not_right(name):
        return skipped(why_not)
    file = context.source(name).with_name("imported_one.py")
    text = file.read_text(encoding="utf-8")
    with context.edited(file, text.replace("* 7", "* 11")):
        report = context.build([name])
        ran = [action.stage for action in report.actions if action.status == EXECUTED]
        trial = context.trial(name)
    if trial.difference:
        return failed(
            "an edited module changes nothing in the program that imports it",
            'imports = "python" of the stage that reads it makes local imports inputs; a depfile '
            "tells what was read besides",
            trial.difference,
        )
    how = f"{', '.join(ran)} executed" if ran else "it is imported when the program runs"
    return passed(f"another number in {file.name}: {how}")


def keys_are_complete(context: Context) -> Finding:
    """Executed again in fresh folders, stages give what the store has, and open nothing else."""
    found = [
        (f"{one.program} {one.stage}: {problem.message}", problem)
        for one in context.audited
        for problem in one.problems
        if problem.kind not in (LEAK, NONDETERMINISTIC)  # which other checks tell
    ]
    problems = [
        words + (f" ({', '.join(problem.files[:5])})" if problem.files else "")
        for words, problem in found
    ]
    if problems:
        hints = {problem.hint for _, problem in found}
        return failed("something is read that no key holds", "; ".join(sorted(hints)), *problems)
    words = f"{counted(len(context.audited), 'action')} executed again, with the same bytes"
    if not all(one.is_traced for one in context.audited):
        words += "; which files were opened is not known (strace is missing, or may not trace)"
    return passed(words)


def no_paths_leak(context: Context) -> Finding:
    """No output holds the path of the folder in which it was made."""
    leaks = [
        f"{one.program} {one.stage}: {problem.message}"
        for one in context.audited
        for problem in one.problems
        if problem.kind == LEAK
    ]
    if leaks:
        to_do = "give the tool relative paths, or a prefix map (-ffile-prefix-map={stage}=.)"
        return failed("an output holds a path of where it was made", to_do, *leaks)
    return passed("no output holds the path of the staging folder, the project or the cache")
