"""What no schema can say of the reader `modules`: that its rules speak of marks and classes there
are, and that each of them can decide something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.value_checks import once

VIOLATIONS = "violations"
# Keys of a rule that name marks, and those that are tables with marks as keys.
_LISTS, _TABLES = ("has", "lacks"), ("only", "at_least", "at_most")
_CONDITIONS = (*_LISTS, *_TABLES, "files", "parses")


def findings(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a signal's table `modules`, if it has one."""
    modules = signal.top["modules"]
    if not isinstance(modules.value, dict):
        return
    base = Part({})
    if "like" in modules:
        other = definitions.get("signal", modules["like"].text)
        wrong = list(_like(modules["like"], signal, other))
        yield from wrong
        if other is None or wrong:
            return
        base = other.top["modules"]
    if "command" in signal.top:
        message = "has no effect: modules are read from files or from outputs that are folders"
        yield signal.top["command"].wrong(message)

    if "outputs" in signal.top and "root" not in modules and "root" not in base:
        message = "missing key: the output whose modules are named without a dot"
        yield modules["root"].wrong(message, "STAGE.OUTPUT, a folder")

    def part(key: str) -> Part:
        """What holds, said here or there."""
        return modules[key] if key in modules else base[key]

    marks = part("marks").keys
    classes = list(dict.fromkeys(rule["name"].text for rule in part("classes").tables()))
    yield from _marks(modules["marks"], part("classes"))
    yield from _rules(modules["classes"], marks)
    yield from _bounds(modules, classes)
    yield from _number(
        modules, part("take").text_or("modules"), (part("closures"), part("fallbacks"))
    )


def _like(like: Part, signal: Parsed, other: Parsed | None) -> Iterator[Finding]:
    if other is None:
        return  # which is reported where names are
    if other.name == signal.name:
        yield like.wrong("a signal cannot be like itself")
    elif "modules" not in other.top:
        yield like.wrong(f"{quote(other.name)} has not the reader 'modules'")
    elif "like" in other.top["modules"]:
        first = other.top["modules"]["like"].text
        message = f"{quote(other.name)} is itself like another"
        yield like.wrong(message, f"name the one whose rules they are: {first}")


def _marks(marks: Part, rules: Part) -> Iterator[Finding]:
    asked: set[str] = set()
    for rule in rules.tables():
        asked.update(*(rule[key].texts for key in _LISTS), *(rule[key].keys for key in _TABLES))
    for mark in marks.named_tables():
        if mark.key not in asked:
            yield mark.wrong(
                "no class asks for it", "name it in has, lacks, only, at_least, at_most"
            )
        if "argument" in mark and "calls" not in mark:
            yield mark["argument"].wrong("has no effect: it is about calls")
        for key in ("inside", "outside", "unparsed") if "text" in mark else ():
            if key in mark:
                message = "has no effect: a text is looked for in the whole file, whatever it is"
                yield mark[key].wrong(message)
        for place in mark["inside"].words():
            if place.text in mark["outside"].texts:
                yield place.wrong(f"nothing is both inside and outside of {quote(place.text)}")
        if {"module", "function"} <= set(mark["inside"].texts) or {"module", "class"} <= set(
            mark["inside"].texts
        ):
            message = "nothing stands there: 'module' is neither in a function nor in a class"
            yield mark["inside"].wrong(message)


def _rules(rules: Part, marks: Iterable[str]) -> Iterator[Finding]:
    known = list(marks)
    catches_all: str | None = None
    for rule in rules.tables():
        names = [name for key in _LISTS for name in rule[key].words()]
        names += [
            Part(key, (*rule[table].path, key)) for table in _TABLES for key in rule[table].keys
        ]
        for name in names:
            yield from name.among(known, f"there is no mark {quote(name.text)}", "marks")
        for name in rule["has"].words():
            if name.text in rule["lacks"].texts:
                yield name.wrong(f"the rule never fits: no module has and lacks {quote(name.text)}")
        for mark in rule["at_most"].keys:
            low, high = rule["at_least"][mark].value, rule["at_most"][mark]
            if isinstance(low, int) and isinstance(high.value, int) and low > high.value:
                yield high.wrong(f"the rule never fits: at least {low}, at most {high.value}")
        if catches_all is not None:
            yield rule.wrong(f"never decides: classes[{catches_all}] fits every module")
            return
        if not any(key in rule for key in _CONDITIONS):
            catches_all = rule.key


def _bounds(modules: Part, classes: list[str]) -> Iterator[Finding]:
    named = [*modules["of"].words()]
    for bound in (*modules["closures"].tables(), *modules["fallbacks"].tables()):
        named += [*bound["classes"].words(), *bound["allowed"].words()]
    for name in named:
        yield from name.among(classes, f"no rule leads to the class {quote(name.text)}", "classes")
    yield from once(modules["closures"], "name", "closure")
    yield from once(modules["fallbacks"], "name", "rule about fallbacks")


def _number(modules: Part, take: str, bounds: Iterable[Part]) -> Iterator[Finding]:
    """What is counted must be there."""
    has_bounds = any(bound.tables() for bound in bounds)
    if take == VIOLATIONS and not has_bounds:
        message = "nothing can be violated: there are no closures and no fallbacks"
        yield modules["take"].wrong(message)
    if take == VIOLATIONS and "of" in modules:
        yield modules["of"].wrong("has no effect: violations are counted, not modules")
    if take == "share" and "of" not in modules:
        yield modules["take"].wrong("the share of all modules is 1", "name classes in of")
