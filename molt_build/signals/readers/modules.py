"""How many modules of a tree are of some classes, or how often imports go too far.

Every module is a row beside the number, with its class and the rule that decided; so is every
violation, with the full import path. A row counts in the number or not: it is 1 (of a share, its
part of it) or 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from molt_build.manifests.module_rules import ModulesReader
from molt_build.names import some
from molt_build.results.signals import SignalPart
from molt_build.signals.modules.bounds import Violation, broken_closures, forbidden_fallbacks
from molt_build.signals.modules.classifying import UNDECIDED, Decided, classify
from molt_build.signals.modules.facts import Facts
from molt_build.signals.modules.graph import graph_of
from molt_build.signals.modules.kept import facts_of
from molt_build.signals.modules.tree import Module, Tree, find_modules
from molt_build.signals.reading import Material, NotRead, Reading, plain_files
from molt_build.watch import counted

NAMES_SHOWN = 5
NO_CLASS = "(undecided)"  # no class is called so


def read(how: ModulesReader, material: Material) -> Reading:
    """The number of modules, or of violations, with every module; raises `NotRead`."""
    files = [(file.name, file.path) for file in plain_files(material.files)]
    tree = find_modules(files, how.root, how.package)
    if not tree.modules:
        raise NotRead(f"no module lies in {how.root}")
    facts = facts_of(tree.modules, how.marks, material.project)
    decided = {
        module.name: classify(module, facts[module.name], how.marks, how.classes)
        for module in tree.modules
    }
    class_of = {name: one.name for name, one in decided.items()}
    graph = graph_of(tree.modules, facts)
    violations = [
        *broken_closures(graph, class_of, how.closures),
        *forbidden_fallbacks(graph, class_of, how.fallbacks),
    ]
    wanted = set(how.of or (*how.class_names, UNDECIDED))
    if how.take == "violations":
        wanted = set()
    weight = 1 / len(tree.modules) if how.take == "share" else 1
    modules = list(_modules(tree.modules, decided, wanted, weight, how.class_names))
    counted_here = sum(name in wanted for name in class_of.values())
    numbers = {
        "modules": counted_here,
        "share": counted_here / len(tree.modules),
        "violations": len(violations),
    }
    is_number = how.take == "violations"
    parts = (*(_violation(one, is_number) for one in violations), *modules)
    notes = _notes(how, tree, facts, class_of, violations)
    return Reading(numbers[how.take], parts, tuple(notes))


def _modules(
    modules: Sequence[Module],
    decided: Mapping[str, Decided],
    wanted: set[str],
    weight: float,
    classes: Sequence[str],
) -> Iterator[SignalPart]:
    """A row for each module: those that count first, then by class in the order of the rules."""
    place = {name: number for number, name in enumerate((*classes, UNDECIDED))}

    def order(module: Module) -> tuple[bool, int, str]:
        name = decided[module.name].name
        return name not in wanted, place[name], module.name

    for module in sorted(modules, key=order):
        one = decided[module.name]
        value = weight if one.name in wanted else 0
        note = f"{module.path}: {one.why}"
        yield SignalPart(module.name, value, one.name or NO_CLASS, note)


def _violation(one: Violation, is_number: bool) -> SignalPart:
    places = f" ({', '.join(one.places)})" if one.places else ""
    return SignalPart(one.path, int(is_number), f"violation: {one.rule}", f"{one.what}{places}")


def _notes(
    how: ModulesReader,
    tree: Tree,
    facts: Mapping[str, Facts],
    class_of: Mapping[str, str],
    violations: Sequence[Violation],
) -> Iterator[str]:
    counts = Counter(class_of.values())
    yield ", ".join(f"{counts[name]} {name}" for name in how.class_names)
    if how.closures or how.fallbacks:
        yield counted(len(violations), "violation")
    undecided = [name for name, of in class_of.items() if of == UNDECIDED]
    if undecided:
        yield f"{counted(len(undecided), 'module')} undecided: {some(undecided, NAMES_SHOWN)}"
    unparsed = [name for name, one in facts.items() if one.problem]
    if unparsed:
        yield f"{counted(len(unparsed), 'module')} not parsed: {some(unparsed, NAMES_SHOWN)}"
    if tree.hidden:
        hidden = [f"{path} by {other}" for path, other in tree.hidden]
        yield f"{counted(len(hidden), 'file')} hidden: {some(hidden, NAMES_SHOWN)}"
    if tree.unnamed:
        unnamed = some(list(tree.unnamed), NAMES_SHOWN)
        yield f"{counted(len(tree.unnamed), 'file')} no module by name: {unnamed}"
