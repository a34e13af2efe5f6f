"""What a Python program imports, found by reading it, without running anything.

Every `import` statement anywhere in a file counts, also those inside functions and `try`. Absolute
imports are looked for on *import roots*, folders in an order; relative ones in the package of the
file that spells them. What is found is an input, and is searched in turn. For what would have been
found instead, had it existed, there is a trace of the search: where files are staged, the paths
that were looked at in vain (*absences*), since only files of these forms are ever staged; where
they are read in place, the names of the modules that were looked for in each folder, since there a
file of any form counts. A module that is found nowhere belongs to the toolchain (a module that is
built in, an installed package), and all that could hide it was looked for in vain.

Which of several a name leads to is what Python's path finder does (`importlib._bootstrap_external`,
PEP 420), and a little more, as compilers and type checkers differ:

- The first root with a package or a module of that name ends the search. A folder without an
  `__init__` ends nothing: a package or a module on a later root is preferred to it; only where
  there is none are all such folders together the package, its *portions*, in the roots' order.
- A package is looked for in its own folder, or in its portions; relative imports too.
- Stubs (`.pyi`) are inputs, and end nothing: type checkers take them, interpreters go on.
- What lies below a folder that a lock vouches for, the toolchain's own environment, is neither an
  input nor looked for in vain; found there, it ends the search.

A file that this interpreter cannot parse (it may be of a newer Python, which is the one that will
run it) is searched for what looks like an import: rather one too many than one not seen.

Imports by computed names are not seen. Where files are staged such a build fails, and never lies;
where they are read in place, a depfile tells of them (`molt_build.building.reads`).
"""

from __future__ import annotations

import ast
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from molt_build.store.digest import StatCache
from molt_build.store.listings import is_file

# What shadows a module, first found first. Stubs come before sources for type checkers.
_FORMS = ("{0}/__init__.pyi", "{0}/__init__.py", "{0}.pyi", "{0}.py")
# Where all that lies there counts: sources, stubs, Cython's, byte code, extension modules.
_SUFFIX = re.compile(r"\.(pyi?|pyc|pyx|pxd|([^/]+\.)?(so|pyd))")
_STUBS = (".pyi", ".pxd", ".pyx")

# What looks like an import in a text without continued lines: its names in parentheses, or as far
# as the line goes.
_GAP = r"[ \t\f]"
_FROM = re.compile(
    rf"\bfrom{_GAP}*(\.[. \t\f]*)?((?:\w+{_GAP}*\.{_GAP}*)*\w+)?{_GAP}*\bimport\b{_GAP}*"
    r"(?:\(((?:[^()#]|#[^\n]*\n)*)\)|([^;#\n]*))"
)
_IMPORT = re.compile(rf"(?:^|[;:]){_GAP}*import{_GAP}+([^;#\n]*)", re.M)
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True)
class Place:
    """A folder in which modules are looked for."""

    folder: str  # below the source root where it is staged, "" for that itself; else absolute
    is_staged: bool
    is_vouched_for: bool = False  # by a lock or a pin: what it holds is known without looking

    def inside(self, name: str) -> Place:
        """A folder in it."""
        folder = f"{self.folder}/{name}" if self.folder else name
        return Place(folder, self.is_staged, self.is_vouched_for)


# The packages that a file lies in, outermost first, each with the folders that it is made of.
_Packages = tuple[tuple[Place, ...], ...]


@dataclass(frozen=True)
class _File:
    """A file to be searched for imports."""

    place: Place
    name: str
    packages: _Packages


_Followable = _File | str  # or a name that is looked for on the roots


@dataclass(frozen=True)
class _Found:
    """What there is of a module in one place."""

    files: tuple[tuple[Place, str], ...]
    is_package: bool  # with an `__init__`, of whatever form
    is_portion: bool  # a folder that may be part of a package without one
    is_end: bool  # later places do not matter to Python


@dataclass(frozen=True)
class Imports:
    """What was found and what was looked for; the entry itself is not among it."""

    inputs: tuple[str, ...]  # of what is staged, relative to the source root, with `/`
    absences: tuple[str, ...]  # of what is staged
    in_place: tuple[str, ...]  # absolute paths of files that are read in place
    names: Mapping[str, tuple[str, ...]]  # folder that is read in place -> what was looked for


def local_imports(
    root: str, entry: str, stat_cache: StatCache, roots: Sequence[Place] = ()
) -> Imports:
    """Find what `entry`, a path below `root`, imports, transitively.

    Without `roots` absolute imports are looked for in its own folder (its `sys.path[0]`).
    """
    search = Search(root, roots or [own_folder(entry)], stat_cache)
    search.follow(own_folder(entry), os.path.basename(entry))
    inputs = set(search.inputs) - {entry}
    return Imports(
        tuple(sorted(inputs)),
        tuple(sorted(set(search.absences) - inputs)),
        tuple(sorted(search.in_place)),
        {folder: tuple(sorted(names)) for folder, names in search.names.items()},
    )


def own_folder(entry: str) -> Place:
    """The folder of a program's entry."""
    return Place(os.path.dirname(entry), is_staged=True)


class Search:
    """A search on import roots, and what it has come across."""

    def __init__(self, root: str, roots: Iterable[Place], stat_cache: StatCache) -> None:
        self._root = root
        self._roots = tuple(roots)
        self._stat_cache = stat_cache
        self.inputs: dict[str, None] = {}
        self.absences: dict[str, None] = {}
        self.in_place: dict[str, None] = {}
        self.names: dict[str, set[str]] = {}

    def follow(self, place: Place, name: str) -> None:
        """Look for all that a file imports, transitively."""
        known = self._stat_cache.listings.known(_Followed, self._root, self._roots)
        todo = [known.number(_File(place, name, ()))]
        done = set()
        while todo:
            number = todo.pop()
            if number in done:
                continue
            done.add(number)
            found, following = known.step(number, self._step)
            self._take(found)
            todo += following

    def _step(self, of: _Followable) -> tuple[Search, list[_Followable]]:
        """What was come across for a file or for an absolute name, and what to follow next."""
        found = Search(self._root, self._roots, self._stat_cache)
        following: list[_Followable] = []
        if isinstance(of, str):
            following += found._look(of, (), self._roots)
        else:
            for level, dotted in imported_names(self._path(of), self._stat_cache):
                if level:
                    following += found._look(dotted, *_around(of, level))
                else:
                    following.append(dotted)
        return found, following

    def _take(self, other: Search) -> None:
        self.inputs.update(other.inputs)
        self.absences.update(other.absences)
        self.in_place.update(other.in_place)
        for folder, names in other.names.items():
            self.names.setdefault(folder, set()).update(names)

    def look(self, name: str) -> None:
        """Look for a dotted name on the roots."""
        self._look(name, (), self._roots)

    def _look(self, name: str, packages: _Packages, places: tuple[Place, ...]) -> list[_File]:
        """Look for a name in places that belong to these packages: the files to search next."""
        found: list[_File] = []
        for part in name.split(".") if name else []:
            files, inner = self._look_for(part, places)
            for place, file in files:
                around = packages
                if file.startswith("__init__."):
                    around = (*packages, inner or (place,))
                if file.endswith((".py", ".pyi")):
                    found.append(_File(place, file, around))
            # Nothing found does not end it: a folder without `__init__` is a package too, and
            # one that appears later is news only by what lies in it. A module ends it.
            if not inner:
                break
            packages, places = (*packages, inner), inner
        return found

    def _look_for(
        self, name: str, places: tuple[Place, ...]
    ) -> tuple[list[tuple[Place, str]], tuple[Place, ...]]:
        """The files of a module in some places, and the folders of what lies in it."""
        files: list[tuple[Place, str]] = []
        packages: list[Place] = []
        folders: list[Place] = []
        for place in places:
            look = self._in_staging if place.is_staged else self._in_place
            found = look(name, place)
            if not place.is_vouched_for:
                files += found.files
            packages += [place.inside(name)] if found.is_package else []
            folders += [place.inside(name)] if found.is_package or found.is_portion else []
            if found.is_end:
                return files, tuple(packages)
        return files, tuple(folders)

    def _in_staging(self, name: str, place: Place) -> _Found:
        inside = place.inside(name)
        found: list[tuple[Place, str]] = []
        for form in _FORMS:
            path = form.format(inside.folder)
            if os.path.isfile(f"{self._root}/{path}"):
                self.inputs[path] = None
                found.append((inside if "/__init__." in form else place, os.path.basename(path)))
                if path.endswith(".py"):
                    break
            else:
                self.absences[path] = None
        is_package = bool(found) and all(where == inside for where, _ in found)
        return _Found(tuple(found), is_package, is_portion=not found, is_end=_ends(found))

    def _in_place(self, name: str, place: Place) -> _Found:
        inside = place.inside(name)
        found: list[tuple[Place, str]] = []
        is_folder = name in self._names(place, name) and os.path.isdir(inside.folder)
        if is_folder:
            found += [(inside, file) for file in self._files(inside, "__init__")]
        is_package = bool(found)
        if not _ends(found):
            found += [(place, file) for file in self._files(place, name)]
        if not place.is_vouched_for:
            self.in_place |= {f"{where.folder}/{file}": None for where, file in found}
        return _Found(tuple(found), is_package, is_portion=is_folder, is_end=_ends(found))

    def _names(self, place: Place, name: str) -> tuple[str, ...]:
        """What in a folder has a module's name, with or without something behind a dot."""
        if not place.is_vouched_for:
            self.names.setdefault(place.folder, set()).add(name)
        stem = name.partition(".")[0]
        return module_names(self._stat_cache.listings.by_stem(place.folder).get(stem, ()), name)

    def _files(self, place: Place, name: str) -> list[str]:
        names = self._names(place, name)
        return [one for one in names if one != name and is_file(f"{place.folder}/{one}")]

    def _path(self, file: _File) -> str:
        path = f"{file.place.folder}/{file.name}" if file.place.folder else file.name
        return os.path.join(self._root, path) if file.place.is_staged else path


class _Followed:
    """What the files of one root and its import roots import, as it was when first looked at.

    Programs share most of what they import, such as a standard library. May be used by any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[_Followable, int] = {}
        self._followed: list[_Followable] = []
        self._steps: dict[int, tuple[Search, tuple[int, ...]]] = {}

    def number(self, of: _Followable) -> int:
        """By what a file or a name is known here."""
        with self._lock:
            return self._number(of)

    def step(
        self, number: int, take: Callable[[_Followable], tuple[Search, list[_Followable]]]
    ) -> tuple[Search, tuple[int, ...]]:
        """What was come across for it, and the numbers of what to follow."""
        step = self._steps.get(number)
        if step is None:
            found, following = take(self._followed[number])
            with self._lock:
                numbers = tuple({self._number(each): None for each in following})
                step = self._steps[number] = (found, numbers)
        return step

    def _number(self, of: _Followable) -> int:
        number = self._numbers.setdefault(of, len(self._followed))
        if number == len(self._followed):
            self._followed.append(of)
        return number


def module_names(names: Iterable[str], module: str) -> tuple[str, ...]:
    """Those of the names in a folder that a module may be found by; of a package its own."""
    end = len(module)
    return tuple(
        name
        for name in names
        if name == module
        or (name.startswith(module + ".") and _SUFFIX.fullmatch(name, end) is not None)
    )


def _ends(found: list[tuple[Place, str]]) -> bool:
    """Whether an interpreter looks no further."""
    return any(not name.endswith(_STUBS) for _, name in found)


def _around(file: _File, level: int) -> tuple[_Packages, tuple[Place, ...]]:
    """The packages around a relative import in a file, and the folders of the innermost."""
    kept = file.packages[: len(file.packages) - level + 1]
    if level <= len(file.packages):
        return kept, kept[-1]
    folder = file.place.folder  # of no package, as far as is known: where it lies decides
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    places = (replace(file.place, folder=folder),)
    return (places,), places


def imported_names(path: str, stat_cache: StatCache) -> list[tuple[int, str]]:
    """(relative level, dotted name) of each import in a file."""
    rows = json.loads(stat_cache.fact("imports 2", path, _names_as_json))
    return [(int(level), str(name)) for level, name in rows]


def _names_as_json(data: bytes) -> str:
    found: dict[tuple[int, str], None] = {}
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # too deep: the parser's limit
        return json.dumps(sorted(names_by_sight(data.decode("utf-8", "replace"))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[(0, alias.name)] = None
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found.update(_names_of_from(node.level, node.module or "", names))
    return json.dumps(sorted(found))


def _names_of_from(level: int, module: str, names: Iterable[str]) -> dict[tuple[int, str], None]:
    found: dict[tuple[int, str], None] = {(level, module): None}
    for name in names:  # `from package import submodule`
        if name != "*":
            found[(level, f"{module}.{name}" if module else name)] = None
    return found


def names_by_sight(text: str) -> dict[tuple[int, str], None]:
    """What a text that does not parse seems to import."""
    found: dict[tuple[int, str], None] = {}
    joined = _CONTINUED.sub(" ", text)
    for match in _IMPORT.finditer(joined):
        found.update({(0, name): None for name in _listed(match[1])})
    for match in _FROM.finditer(joined):
        dots, module, inner, rest = match.groups(default="")
        level, name = dots.count("."), "".join(module.split())
        if level or name:
            found.update(_names_of_from(level, name, _listed(_COMMENT.sub("", inner or rest))))
    return found


def _listed(text: str) -> list[str]:
    """The names in `a.b as c, d`, without what they are bound to."""
    words = (re.split(r"\sas\s", each)[0] for each in text.split(","))
    names = ("".join(word.split()) for word in words)
    return [name for name in names if all(part.isidentifier() for part in name.split("."))]
