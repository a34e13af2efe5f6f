"""Which class a module is of: the first rule that fits decides, and says why.

Of a module that does not parse some marks cannot be known. A rule that asks for one of those does
not fit: nothing is taken to be absent because it could not be looked for. A module that no rule
fits is `UNDECIDED`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molt_build.manifests.globs import is_found
from molt_build.manifests.module_rules import ClassRule, Mark
from molt_build.signals.modules.facts import Facts
from molt_build.signals.modules.graph import imported_names, lies_in_any
from molt_build.signals.modules.tree import Module
from molt_build.signals.modules.walk import Occurrence
from molt_build.signals.modules.wanted import stands
from molt_build.watch import counted

UNDECIDED = ""


@dataclass(frozen=True)
class Decided:
    """The class of a module."""

    name: str  # of the class, or UNDECIDED
    rule: int | None  # which of the rules, from 0; None: none
    why: str  # what the rule asks for, with where that stands in the module


def classify(
    module: Module, facts: Facts, marks: Sequence[Mark], rules: Sequence[ClassRule]
) -> Decided:
    """The class of one module."""
    found = _found(module, facts, marks)
    for number, rule in enumerate(rules):
        if _fits(rule, module, facts, found):
            return Decided(rule.name, number, _why(rule, facts, found))
    problem = f"; it does not parse: {facts.problem}" if facts.problem else ""
    return Decided(UNDECIDED, None, f"no rule fits{problem}")


def _found(
    module: Module, facts: Facts, marks: Sequence[Mark]
) -> Mapping[str, tuple[Occurrence, ...]]:
    """Mark -> where it is, with those of imports; without those of which nothing is known."""
    found = dict(facts.marks)
    for mark in marks:
        if mark.imports and not facts.problem:
            found[mark.name] = tuple(_imports(module, facts, mark))
    return found


def _imports(module: Module, facts: Facts, mark: Mark) -> Iterator[Occurrence]:
    for one in facts.imports:
        if stands(mark, one.places):
            for name in imported_names(module, one):
                if lies_in_any(name, mark.imports):
                    yield one.line, name


def _fits(
    rule: ClassRule, module: Module, facts: Facts, found: Mapping[str, tuple[Occurrence, ...]]
) -> bool:
    if rule.files and not any(is_found(glob, module.path) for glob in rule.files):
        return False
    if rule.parses is not None and rule.parses == bool(facts.problem):
        return False
    if not rule.marks <= found.keys():
        return False
    return (
        all(found[mark] for mark in rule.has)
        and not any(found[mark] for mark in rule.lacks)
        and all(_holds_only(found[mark], values) for mark, values in rule.only.items())
        and all(len(found[mark]) >= count for mark, count in rule.at_least.items())
        and all(len(found[mark]) <= count for mark, count in rule.at_most.items())
    )


def _holds_only(occurrences: Sequence[Occurrence], values: Sequence[str]) -> bool:
    return bool(occurrences) and all(value in values for _, value in occurrences)


def _why(rule: ClassRule, facts: Facts, found: Mapping[str, tuple[Occurrence, ...]]) -> str:
    """What a rule asks for, in words; the first place of what is there."""
    words = []
    if rule.files:
        words.append("its file")
    if rule.parses is not None or facts.problem:
        words.append(f"does not parse ({facts.problem})" if facts.problem else "parses")
    words += [f"has {mark} ({_place(found[mark])})" for mark in rule.has]
    words += [
        f"only {', '.join(values)} of {mark} ({_place(found[mark])})"
        for mark, values in rule.only.items()
    ]
    words += [f"lacks {mark}" for mark in rule.lacks]
    counts = dict.fromkeys((*rule.at_least, *rule.at_most))
    words += [f"{mark} {counted(len(found[mark]), 'time')}" for mark in counts]
    said = "; ".join(words) or "all others"
    return f"{rule.because}: {said}" if rule.because else said


def _place(occurrences: Sequence[Occurrence]) -> str:
    line, value = occurrences[0]
    more = f", {len(occurrences)} in all" if len(occurrences) > 1 else ""
    return f"line {line}: {value}{more}"
