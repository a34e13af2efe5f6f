"""Where imports lead to what a manifest does not allow, with the whole path.

A closure is a search from its roots, breadth first, so the path that is told is a shortest one; of
several shortest ones it is that of the earliest import in each file. Each named root is searched
from alone, and is told of as itself. Where all modules of a class are roots, they are searched
from together: what they reach is told once, from the root that is nearest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from molt_build.manifests.module_rules import Closure, FallbackRule
from molt_build.signals.modules.graph import (
    AS_PACKAGE,
    Edge,
    Graph,
    fits_any,
    imported_names,
    lies_in_any,
)
from molt_build.signals.modules.wanted import FALLBACK, bits


@dataclass(frozen=True)
class Violation:
    """Something that a rule does not allow."""

    rule: str  # the name of the closure, or of the rule about fallbacks
    chain: tuple[str, ...]  # modules, from the root to what is not allowed; each imports the next
    places: tuple[str, ...]  # FILE:LINE of each of those imports
    what: str  # what is not allowed, in words

    @property
    def path(self) -> str:
        """The full import path."""
        return " -> ".join(self.chain)


def broken_closures(
    graph: Graph, class_of: Mapping[str, str], closures: Iterable[Closure]
) -> Iterator[Violation]:
    """Every module, of the tree or outside, that a closure's roots reach and may not."""
    for closure in closures:
        of_classes = [name for name in graph.modules if class_of[name] in closure.classes]
        if of_classes:
            yield from _beyond(graph, class_of, closure, of_classes, are_held=False)
        searched: set[str] = set()
        for glob in closure.roots:
            roots = [name for name in graph.modules if fits_any(name, (glob,))]
            for root in roots:
                if root not in searched:
                    searched.add(root)
                    yield from _beyond(graph, class_of, closure, [root], are_held=True)
            if not roots:
                yield Violation(closure.name, (glob,), (), f"there is no module {glob}")


def _beyond(
    graph: Graph,
    class_of: Mapping[str, str],
    closure: Closure,
    roots: Sequence[str],
    *,
    are_held: bool,
) -> Iterator[Violation]:
    """What the roots reach and may not; `are_held`: they must be of an allowed class themselves."""
    ignored = bits(closure.ignored)
    allowed = " and ".join(closure.allowed)

    def wrong(name: str) -> str | None:
        if name not in graph.modules:
            return None if lies_in_any(name, closure.outside) else f"{name} is outside the tree"
        if class_of[name] in closure.allowed:
            return None
        return f"{name} is {class_of[name] or 'undecided'}, not {allowed}"

    # name -> who imports it, by which import; None: it is a root.
    came: dict[str, tuple[str, Edge] | None] = dict.fromkeys(roots)
    queue = list(roots)
    for name in queue:
        is_exempt = came[name] is None and not are_held
        complaint = None if is_exempt else wrong(name)
        if complaint is not None:
            yield _violation(graph, closure.name, name, came, complaint)
        for edge in graph.edges.get(name, ()):
            if edge.name not in came and not edge.places & ignored:
                came[edge.name] = name, edge
                queue.append(edge.name)


def _violation(
    graph: Graph,
    rule: str,
    name: str,
    came: Mapping[str, tuple[str, Edge] | None],
    complaint: str,
) -> Violation:
    chain, places = [name], []
    while (step := came[chain[-1]]) is not None:
        importer, edge = step
        path = graph.modules[importer].path
        places.append(f"{path}:{edge.line}" if edge.line != AS_PACKAGE else f"{path}: its package")
        chain.append(importer)
    return Violation(rule, tuple(chain[::-1]), tuple(places[::-1]), complaint)


def forbidden_fallbacks(
    graph: Graph, class_of: Mapping[str, str], rules: Iterable[FallbackRule]
) -> Iterator[Violation]:
    """Every import in a `try` that takes its failure, or in what stands in for it, where a rule
    forbids that."""
    for rule in rules:
        for name, module in graph.modules.items():
            if not (fits_any(name, rule.modules) or class_of[name] in rule.classes):
                continue
            for one in graph.facts[name].imports:
                names = imported_names(module, one) if one.places & FALLBACK else ()
                for imported in names:
                    if lies_in_any(imported, rule.imports):
                        place = f"{module.path}:{one.line}"
                        what = f"{imported} is imported where an import may fail"
                        yield Violation(rule.name, (name, imported), (place,), what)
        for glob in rule.modules:
            if not any(fits_any(name, (glob,)) for name in graph.modules):
                yield Violation(rule.name, (glob,), (), f"there is no module {glob}")
