"""Where the imports of a tree lead: as Python follows them, and as every path in turn says."""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.manifests.module_rules import Closure, FallbackRule
from molt_build.signals.modules.bounds import Violation, broken_closures, forbidden_fallbacks
from molt_build.signals.modules.facts import Facts, read_facts
from molt_build.signals.modules.graph import Edge, Graph, graph_of
from molt_build.signals.modules.tree import Module, Tree, find_modules
from molt_build.signals.modules.wanted import Wanted


def tree_of(folder: Path, files: Mapping[str, str], package: str = "") -> Tree:
    """Write a tree, and find its modules."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    found = [(path, folder / path) for path in files]
    return find_modules(found, ".", package)


def graph(tree: Tree) -> Graph:
    facts = {one.name: read_facts(one.file.read_bytes(), Wanted(())) for one in tree.modules}
    return graph_of(tree.modules, facts)


def reached(of: Graph, root: str) -> set[str]:
    """Each module and each outside name that a root leads to, itself as well."""
    closure = Closure("all", allowed=("none",), roots=(root,))
    found = broken_closures(of, dict.fromkeys(of.modules, "some"), [closure])
    return {one.chain[-1] for one in found}


# What Python does -----------------------------------------------------------------------------

NAMES = ("a", "b", "p", "p.x", "p.y", "p.q", "p.q.z", "n.m")
PLAIN = {"p": "p/__init__.py", "p.q": "p/q/__init__.py"}
counter = itertools.count()


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """A tree with packages, one of them without `__init__.py`, and imports of each form."""
    top = f"t{next(counter)}_{os.getpid()}"
    there = {name for name in NAMES if draw(st.integers(0, 4))}
    if "p" in there and "p.q" not in there:
        there.discard("p.q.z")
    files = {}
    for name in sorted(there):
        lines = []
        for target in draw(st.lists(st.sampled_from(sorted(there)), max_size=3)):
            package, _, last = target.rpartition(".")
            inside = draw(st.booleans())
            line = f"import {top}.{target}"
            if not inside:
                line = f"from {top}{'.' * bool(package)}{package} import {last}"
            own = name if name in PLAIN else name.rpartition(".")[0]
            if draw(st.booleans()) and own == package and not inside:
                line = f"from . import {last}"
            lines.append(f"if 1:\n    {line}" if draw(st.booleans()) else line)
        files[PLAIN.get(name, f"{name.replace('.', '/')}.py")] = "\n".join(lines)
    return {f"{top}/{path}": text for path, text in files.items()}


@settings(max_examples=40)
@given(files=trees())
def test_a_module_leads_to_what_python_imports_with_it(
    files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tree", numbered=True)
    tree = tree_of(folder, files)
    of, names = graph(tree), [one.name for one in tree.modules]
    sys.path.insert(0, str(folder))
    try:
        for name in names:
            for each in [one for one in sys.modules if one.split(".")[0] == names[0].split(".")[0]]:
                del sys.modules[each]
            importlib.invalidate_caches()
            importlib.import_module(name)
            assert reached(of, name) == set(names) & set(sys.modules), (name, files)
    finally:
        sys.path.remove(str(folder))


def test_imports_of_each_form(tmp_path: Path) -> None:
    files = {
        "main.py": "import a.b.c\nfrom p import *\nfrom q import r, missing\nimport os.path\n"
        "from __future__ import annotations\n",
        "a/__init__.py": "from .b import c as d\n",
        "a/b/__init__.py": "",
        "a/b/c.py": "from ... import far\nfrom ..e import x\nfrom ....far import gone\n",
        "a/e.py": "from a import b\n",
        "p/__init__.py": '__all__ = ["x"] + ["y"]\n__all__ += ["f"]\ndef f(): import later\n',
        "p/x.py": "", "p/y.py": "", "p/z.py": "",
        "q/r.py": "import q.s.t\n", "q/s/t.py": "", "later.py": "import main\n", "far.py": "",
    }  # fmt: skip
    of = graph(tree_of(tmp_path, files))
    assert reached(of, "main") == {
        "main", "a", "a.b", "a.b.c", "a.e", "p", "p.x", "p.y", "q.r", "q.s.t", "later", "far",
        "os.path", "....far",
    }  # fmt: skip
    assert reached(of, "p.z") == {"p", "p.z", "later"} | reached(of, "main")
    inside = graph(tree_of(tmp_path, files, package="lib.std"))
    assert reached(inside, "lib.std.a.e") == {"lib.std.a.e", "a"} | reached(inside, "lib.std.a")
    assert "lib.std.far" in reached(inside, "lib.std.a.b.c")


def test_what_hides_what(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("a.py", "a/__init__.py", "b.py", "b/c.py", "d/e.py", "not-a-name.py", "x/1.py"), ""
    )
    tree = tree_of(tmp_path, files)
    assert [(one.name, one.path) for one in tree.modules] == [
        ("a", "a/__init__.py"), ("b", "b.py"), ("d.e", "d/e.py"),
    ]  # fmt: skip
    assert tree.hidden == (("a.py", "a/__init__.py"), ("b/c.py", "b.py"))
    assert tree.unnamed == ("not-a-name.py", "x/1.py")


# What every path says -------------------------------------------------------------------------


def abstract(edges: Mapping[str, list[str]]) -> Graph:
    """A graph of modules without files; what has no edges of its own is outside."""
    modules = {name: Module(name, f"{name}.py", Path(f"{name}.py")) for name in edges}
    facts = {name: Facts("", {}, (), ()) for name in edges}
    rows = {
        name: tuple(Edge(to, line, 1) for line, to in enumerate(of, 1))
        for name, of in edges.items()
    }
    return Graph(modules, facts, rows)


def paths(edges: Mapping[str, list[str]], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every path without a repetition that begins so."""
    yield path
    for to in edges.get(path[-1], ()):
        if to not in path:
            yield from paths(edges, (*path, to))


@given(
    edges=st.fixed_dictionaries(
        {name: st.lists(st.sampled_from("abcdexy"), max_size=4, unique=True) for name in "abcde"}
    ),
    good=st.sets(st.sampled_from("abcde")),
    roots=st.sets(st.sampled_from("abcde"), min_size=1),
    outside=st.sets(st.sampled_from("xy"), min_size=1),
    by_class=st.booleans(),
)
def test_a_closure_is_what_all_paths_together_say(
    edges: dict[str, list[str]],
    good: set[str],
    roots: set[str],
    outside: set[str],
    by_class: bool,
) -> None:
    kind = {n: "good" if n in good else "root" if by_class and n in roots else "bad" for n in edges}
    roots = {n for n in edges if kind[n] == "root"} if by_class else roots
    closure = Closure(
        "c",
        allowed=("good",),
        roots=() if by_class else tuple(sorted(roots)),
        classes=("root",) if by_class else (),
        outside=tuple(sorted(outside)),
    )
    found = list(broken_closures(abstract(edges), kind, [closure]))
    starts = [roots] if by_class else [{root} for root in sorted(roots)]
    expected: set[tuple[str, int]] = set()  # what is not allowed, and the length of its path
    told: list[tuple[str, int]] = []
    for together in starts:
        every = [path for root in together for path in paths(edges, (root,))]
        for end in {path[-1] for path in every} - good - outside:
            if not (by_class and end in roots):
                shortest = min(len(path) for path in every if path[-1] == end)
                told.append((end, shortest))
                expected.add((end, shortest))
    assert sorted((one.chain[-1], len(one.chain)) for one in found) == sorted(told)
    for one in found:
        assert one.chain[0] in roots
        for step, (name, to) in enumerate(itertools.pairwise(one.chain)):
            assert one.places[step] == f"{name}.py:{edges[name].index(to) + 1}"


def violations(tmp_path: Path, files: dict[str, str], *closures: Closure) -> list[Violation]:
    of = graph(tree_of(tmp_path, files))
    kinds = {name: "bad" if "bad" in name else "good" for name in of.modules}
    return list(broken_closures(of, kinds, closures))


def test_imports_that_do_not_count(tmp_path: Path) -> None:
    files = {
        "root.py": "def f():\n    import bad\nif TYPE_CHECKING:\n    import bad_types\n",
        "bad.py": "",
        "bad_types.py": "",
    }
    strict = Closure("strict", allowed=("good",), roots=("root",))
    assert [one.path for one in violations(tmp_path, files, strict)] == ["root -> bad"]
    eager = Closure("eager", ("good",), ("root",), ignored=("function", "type-checking"))
    assert violations(tmp_path, files, eager) == []
    every = Closure("every", allowed=("good",), roots=("root",), ignored=())
    found = violations(tmp_path, files, every)
    assert {(one.path, one.places) for one in found} == {
        ("root -> bad", ("root.py:2",)),
        ("root -> bad_types", ("root.py:4",)),
    }


def test_roots_are_held_to_it_themselves_and_must_be_there(tmp_path: Path) -> None:
    files = {"bad.py": "", "p/__init__.py": "import elsewhere.deep", "p/x.py": "", "y.py": ""}
    closure = Closure("strict", ("good",), ("bad", "p.*", "gone"), outside=("other",))
    found = violations(tmp_path, files, closure)
    assert [(one.path, one.what, one.places) for one in found] == [
        ("bad", "bad is bad, not good", ()),
        (
            "p.x -> p -> elsewhere.deep",
            "elsewhere.deep is outside the tree",
            ("p/x.py: its package", "p/__init__.py:1"),
        ),
        ("gone", "there is no module gone", ()),
    ]
    twice = Closure("strict", ("good",), ("bad", "b*"))
    assert [one.path for one in violations(tmp_path, files, twice)] == ["bad"], "a root is one root"
    allowed = Closure("strict", ("good",), ("p.*",), outside=("elsewhere",))
    assert violations(tmp_path, files, allowed) == []


def test_import_fallbacks_can_be_forbidden(tmp_path: Path) -> None:
    files = {
        "a.py": "try:\n    import fast.x, other\nexcept ImportError:\n    from slow import y\n",
        "b.py": "from contextlib import suppress\nwith suppress(Exception):\n    import fast\n",
        "c.py": "try:\n    import fast\nexcept ValueError:\n    import slow\n",
        "d.py": "try:\n    import fast\nexcept ImportError: pass\n",
    }
    of = graph(tree_of(tmp_path, files))
    kinds = {"a": "some", "b": "some", "c": "some", "d": "none"}
    rule = FallbackRule("no", classes=("some",), imports=("fast", "slow.*"))
    found = list(forbidden_fallbacks(of, kinds, [rule]))
    assert [(one.path, one.places) for one in found] == [
        ("a -> fast.x", ("a.py:2",)),
        ("a -> slow.y", ("a.py:4",)),
        ("b -> fast", ("b.py:3",)),
    ]
    missing = FallbackRule("no", modules=("d", "e"))
    assert [one.what for one in forbidden_fallbacks(of, kinds, [missing])] == [
        "fast is imported where an import may fail",
        "there is no module e",
    ]
