"""What the reader `modules` of signal manifests declares: how modules are classified and bound.

*Marks* say what is looked for in every module, each under a name. *Classes* are rules over marks,
in order of precedence: the first that fits decides. *Closures* bind what some modules import,
transitively, to classes; *fallbacks* forbid imports that another import stands in for. How they are
read is written in `molt_build.signals.modules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# Where in a module something stands. "module" is neither in a function nor in a class; "try" is the
# body of a `try` that has handlers (or of a `with suppress(...)`), "except" a handler; "condition"
# a branch of an `if` or a case of a `match`; "fallback" a `try` or handler that takes the failure
# of an import.
Place = Literal[
    "module", "class", "function", "try", "except", "condition", "fallback", "type-checking"
]


@dataclass(frozen=True)
class LiteralTest:
    """Which texts fit: exactly one of these is not None."""

    prefix: str | None = None
    equals: tuple[str, ...] | None = None
    pattern: str | None = None  # a regular expression, found anywhere in the text


@dataclass(frozen=True)
class Mark:
    """Something that is looked for in a module: exactly one of the first six is said."""

    name: str
    calls: tuple[str, ...] = ()  # functions, by the last part of what is called or by all of it
    imports: tuple[str, ...] = ()  # modules, and what lies in them; may be globs
    decorators: tuple[str, ...] = ()  # as calls
    names: tuple[str, ...] = ()  # that are assigned, defined or bound by an import; may be globs
    literal: LiteralTest | None = None  # texts in quotes, wherever they stand
    text: str | None = None  # a regular expression over the file's text
    argument: LiteralTest | None = None  # of calls: the first argument is such a text in quotes
    inside: tuple[Place, ...] = ()  # only what stands in all of these places
    outside: tuple[Place, ...] = ()  # only what stands in none of them
    unparsed: str | None = None  # a regular expression in the mark's place if nothing parses


@dataclass(frozen=True)
class ClassRule:
    """A rule that puts modules into a class: those for which all that is said holds."""

    name: str  # of the class; several rules may have it
    because: str = ""  # one line, shown beside each module that it decides
    files: tuple[str, ...] = ()  # globs, relative to the root
    has: tuple[str, ...] = ()  # marks that are there
    lacks: tuple[str, ...] = ()  # marks that are not
    only: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # mark -> its values, no others
    at_least: Mapping[str, int] = field(default_factory=dict)  # mark -> how often
    at_most: Mapping[str, int] = field(default_factory=dict)
    parses: bool | None = None  # whether the module parses; None: does not matter

    @property
    def marks(self) -> frozenset[str]:
        """All marks that it asks for."""
        return frozenset((*self.has, *self.lacks, *self.only, *self.at_least, *self.at_most))


@dataclass(frozen=True)
class Closure:
    """What some modules may import, and what that imports, all the way."""

    name: str
    allowed: tuple[str, ...]  # classes
    roots: tuple[str, ...] = ()  # modules that are held to it, themselves as well; may be globs
    classes: tuple[str, ...] = ()  # all modules of these classes are roots
    outside: tuple[str, ...] = ()  # modules outside the tree that may be imported; may be globs
    ignored: tuple[Place, ...] = ("type-checking",)  # imports there do not count


@dataclass(frozen=True)
class FallbackRule:
    """Where no import may stand in for another that fails."""

    name: str
    modules: tuple[str, ...] = ()  # in these modules; may be globs
    classes: tuple[str, ...] = ()  # in all modules of these classes
    imports: tuple[str, ...] = ("*",)  # of these, and of what lies in them; may be globs


@dataclass(frozen=True)
class ModulesReader:
    """How many modules of a tree are of some classes, or break a rule of what they may import."""

    like: str | None = None  # another signal, from which all is taken that is not said
    marks: tuple[Mark, ...] = ()
    classes: tuple[ClassRule, ...] = ()
    root: str = "."  # the folder whose modules are at the top, relative to the project
    package: str = ""  # the dotted name of the root, where it is itself (in) a package
    take: Literal["modules", "share", "violations"] = "modules"
    of: tuple[str, ...] = ()  # classes that are counted; (): all
    closures: tuple[Closure, ...] = ()
    fallbacks: tuple[FallbackRule, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, each once, in order of precedence."""
        return tuple(dict.fromkeys(rule.name for rule in self.classes))
