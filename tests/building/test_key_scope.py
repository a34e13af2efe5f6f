"""The two scopes of keys: coarse rebuilds more, never less, and shares nothing with narrow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, new_project, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.actions.action import key_of, prepare
from molt_build.actions.inputs import Ambient, Unit
from molt_build.building.builder import find_program
from molt_build.building.opening import open_session
from molt_build.building.reads import full_components
from molt_build.manifests.model import Profile
from molt_build.manifests.workload import Program, Workload
from molt_build.store.digest import StatCache
from molt_build.store.store import Reads
from molt_build.toolchains.resolved import ResolvedToolchain

COARSE = {"MOLT_BUILD_KEY_SCOPE": "coarse"}


def test_entries_of_the_two_scopes_never_mix(toys: Project) -> None:
    both = ["one translate", "one assemble"]
    assert executed(toys.build("one")) == both
    assert executed(toys.build("one", env=COARSE)) == both
    assert toys.build("one", env=COARSE)["up_to_date"] == 2
    assert toys.build("one")["executed"] == 0
    assert toys.build("one", env=COARSE)["executed"] == 0
    assert toys.build("one", env={"MOLT_BUILD_KEY_SCOPE": "narrow"})["executed"] == 0


def test_a_value_that_is_no_scope(toys: Project) -> None:
    toys.build("one")
    for command in ("build", "explain"):
        result = toys.run(command, "one", env={"MOLT_BUILD_KEY_SCOPE": "broad"})
        assert result.code == 2
        assert "'broad'" in result.err and "coarse" in result.err


def test_coarse_has_no_early_cutoff(toys: Project) -> None:
    toys.build("one")
    toys.build("one", env=COARSE)
    toys.write("programs/one.toy", "one says hello # another comment\n")
    assert executed(toys.build("one")) == ["one translate"]
    report = toys.build("one", env=COARSE)
    assert executed(report) == ["one translate", "one assemble"]
    assert [row["changed"] for row in report["actions"]] == [["source one.toy"], ["input one.text"]]
    assert [row["wasted"] for row in report["actions"]] == [True, True]


@pytest.fixture
def c(project: Project, tmp_path: Path) -> Project:
    """A C program that reads a header of its own and one from outside the project."""
    needs("gcc")
    stock = Path(__file__).parents[2] / "manifests/toolchains/gcc.toml"
    outside = tmp_path / "include"
    outside.mkdir()
    (outside / "far.h").write_text("#define FAR 1\n")
    text = stock.read_text().replace('"-MD"', f'"-I{outside}", "-MD"', 1)
    project.write("manifests/toolchains/gcc.toml", text)
    project.replace("manifests/project.toml", '"cython"', '"gcc"')
    manifest = workload("c", "prog=main.c")
    manifest = manifest.replace('language = "c"', 'language = "c"\ncandidates = ["*.h"]')
    project.write("manifests/workloads/programs.toml", manifest)
    main = '#include "own.h"\n#include <far.h>\nint main(void) { return OWN + FAR; }\n'
    project.write("programs/main.c", main)
    project.write("programs/own.h", "#define OWN 1\n")
    project.write("programs/unread.h", "#define UNREAD 1\n")
    return project


def test_coarse_takes_no_depfiles_word_for_candidates(c: Project, tmp_path: Path) -> None:
    c.build()
    assert c.build(env=COARSE)["executed"] == 2
    assert c.build(env=COARSE)["up_to_date"] == 2
    c.write("programs/unread.h", "#define UNREAD 2\n")
    assert c.build()["executed"] == 0
    assert executed(c.build(env=COARSE)) == ["prog compile", "prog link"]
    c.write("programs/new.h", "#define NEW 1\n")
    assert c.build()["executed"] == 0
    assert executed(c.build(env=COARSE)) == ["prog compile", "prog link"]
    # What lies outside the project is known from the depfile alone, and counts in both.
    (tmp_path / "include/far.h").write_text("#define FAR 2\n")
    assert executed(c.build()) == ["prog compile", "prog link"]
    assert executed(c.build(env=COARSE)) == ["prog compile", "prog link"]
    (tmp_path / "include/far.h").write_text("#define FAR 1\n")
    assert executed(c.build(env=COARSE)) == []


PYTHON = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "reader"
description = "Reads Python programs."
engine = "compiler"
accepts = ["python"]

[[stages]]
name = "read"
argv = ["{python}", "{entry}", "{text}"]
outputs = { text = "{module}.text" }
imports = "python"
absences = ["{module}.pxd"]
candidates = ["**/*.pxi"]
digest = "tokens"
depfile = { path = "{module}.d", format = "lines" }

[targets.native]
results = ["read.text"]
run = ["cat", "{text}"]
"""


def reader_project(folder: Path) -> Project:
    """A project with one Python program, its imports, and files that it does not import."""
    project = new_project(folder, "reader")
    project.write("manifests/toolchains/reader.toml", PYTHON)
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write(
        "programs/prog.py", "import helper\nopen('prog.text', 'w')\nopen('prog.d', 'w')\n"
    )
    project.write("programs/helper.py", "# words\n")
    project.write("programs/unrelated.py", "")
    return project


def test_coarse_takes_every_module_below_the_root(tmp_path: Path) -> None:
    project = reader_project(tmp_path)
    assert project.build()["executed"] == 1
    assert project.build(env=COARSE)["executed"] == 1
    assert project.build(env=COARSE)["up_to_date"] == 1
    for path, text in (
        ("unrelated.py", "x = 1\n"),
        ("helper.py", "# a comment\n"),
        ("deep/er/new.py", ""),
        ("new.pyi", ""),
        ("new.pxd", ""),
    ):
        project.write(f"programs/{path}", text)
        assert executed(project.build(env=COARSE)) == ["prog read"], path
        assert project.build()["executed"] == 0, path
    project.write("programs/README", "text")
    assert project.build(env=COARSE)["executed"] == 0


Parts = tuple[ResolvedToolchain, Profile, Program, Workload]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """What `prepare` needs, of a project that is not touched again."""
    project = reader_project(tmp_path_factory.mktemp("reader"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLT_BUILD_CACHE_DIR", str(project.cache))
        with open_session(project.root, print, install=False) as session:
            program, of = find_program(session.manifests, "prog")
            toolchain = session.resolver.resolve("reader", "dev", "native")
            yield toolchain, session.manifests.profiles["dev"], program, of


TEXTS = (
    "import helper\n",
    "import helper  # said\n",
    "import pack.inner\n",
    "from . import helper\n",
    "",
    "x = (\n",
)
PATHS = (
    *("prog.py", "helper.py", "helper.pyi", "helper/__init__.py", "pack/inner.py", "unrelated.py"),
    *("pack/__init__.py", "prog.pxd", "a.pxi", "deep/b.pxi", "README"),
)
trees = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(TEXTS), max_size=len(PATHS))


def keys(parts: Parts, tree: dict[str, str]) -> tuple[str | None, str]:
    """(narrow, coarse) of the program in a tree; the narrow one having read a candidate.

    None for narrow: what an earlier run read is gone, and the action would be executed.
    """
    toolchain, profile, program, of = parts
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in {"prog.py": "import helper\n", **tree}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = []
        for is_coarse in (False, True):
            stat_cache = StatCache(root / "stat-cache.json", (root,))
            ambient = Ambient({}, {}, (), is_coarse)
            unit = Unit(program, of, toolchain, profile, root, ambient)
            action = prepare(unit, toolchain.manifest.stages[0], {}, stat_cache)
            reads = Reads() if is_coarse else Reads(files=("{stage}/a.pxi",))
            components = full_components(action, reads, stat_cache)
            found.append(None if components is None else key_of(components))
    assert found[1] is not None
    return found[0], found[1]


@given(before=trees, edits=trees)
@settings(max_examples=60)
def test_coarse_changes_whenever_narrow_does(
    reader: Parts, before: dict[str, str], edits: dict[str, str]
) -> None:
    one, two = keys(reader, before), keys(reader, {**before, **edits})
    assert one[0] != one[1]
    if one[0] != two[0]:
        assert one[1] != two[1]
    if before == {**before, **edits}:
        assert one == two


@given(tree=trees, gone=st.sampled_from(PATHS[1:]))
@settings(max_examples=30)
def test_and_when_a_file_goes(reader: Parts, tree: dict[str, str], gone: str) -> None:
    one = keys(reader, tree)
    two = keys(reader, {path: text for path, text in tree.items() if path != gone})
    assert one[0] == two[0] or one[1] != two[1]
    is_seen = gone in tree and gone not in ("README", "prog.pxi")
    assert (one[1] != two[1]) == is_seen
