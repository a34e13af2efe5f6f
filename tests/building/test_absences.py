"""What a C compiler looked for in vain belongs to the key, whoever spelled it and wherever.

Each change is built with the cache and, in a copy, without it: the objects must be the same bytes,
and where the change is undone, the first object must come back.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, workload
from hypothesis import given
from hypothesis import strategies as st

from molt_build.actions.includes import ANGLED, MADE, NEXT, QUOTED, TEXT, spelled

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "plain"
description = "A C compiler with folders of headers outside of the project."
engine = "compiler"
accepts = ["c"]

[uses]
cc = ["gcc", "clang"]

[[stages]]
name = "compile"
argv = [
    "{cc}", "{cc.compile}", "-iquoteOUT/quoted", "-IOUT/h1", "-I", "OUT/h2", "-isystemOUT/system",
    "-idirafter", "OUT/last", '-DGIVEN="given.h"', "-MD", "-MF", "d", "-c", "{entry}", "-o", "{o}",
]
outputs = { o = "{module}.o" }
candidates = ["**/*.h"]
depfile = { path = "d", format = "make" }

[targets.native]
results = ["compile.o"]
run = ["true", "{o}"]
"""
FILES = {
    "h1/sub/y.h": '#include "x.h"\n',
    "h2/x.h": 'const char *x = "h2/x.h";\n',
    "h2/next.h": 'const char *next = "h2/next.h";\n',
    "h1/next.h": "#include_next <next.h>\n",
    "h2/made.h": 'const char *made = "h2/made.h";\n',
    "system/given.h": 'const char *given = "system/given.h";\n',
    "last/far.h": 'const char *far = "last/far.h";\n',
}
MAIN = """\
#include "sub/y.h"
#include <next.h>
#define STRING(name) #name
#define PASTE(name) STRING(name.h)
#include PASTE(made)
#include GIVEN
# /* a comment */ include <far.h>
#define IS_THERE(name) __has_include(name)
#if __has_include("optional.h") || \\
    __has_include(<sub/optional.h>)
const char *optional = "there";
#endif
#if IS_THERE(<through_a_macro.h>)
const char *through = "there";
#endif
#if 0
#include "never.h"
#endif
"""


class Tree:
    """A C project and a folder of headers outside of it."""

    def __init__(self, project: Project, out: Path) -> None:
        self.project = project
        self.out = out

    def write(self, path: str, text: str) -> Callable[[], None]:
        """Write a header outside; gives what undoes it."""
        whole = self.out / path
        made = [folder for folder in (whole, *whole.parents) if not os.path.lexists(folder)]
        old = whole.read_bytes() if whole.exists() else None
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text(text)

        def undo() -> None:
            if old is not None:
                whole.write_bytes(old)
            for path in made:
                path.unlink() if path.is_file() else path.rmdir()

        return undo

    def object(self) -> bytes:
        """What was built last."""
        return self.project.output("prog/main.o", "plain").read_bytes()

    def built(self) -> bytes:
        """The object of a build with the cache, which must be that of one without."""
        self.project.build()
        found = self.object()
        copy = self.project.root.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        other = self.project.copy(copy)
        other.build(env={"MOLT_BUILD_CACHE": "off"})
        assert other.output("prog/main.o", "plain").read_bytes() == found
        return found


@pytest.fixture
def tree(project: Project, tmp_path: Path) -> Tree:
    needs("gcc")
    out = tmp_path / "out"
    for folder in ("quoted", "h1", "h2", "system", "last"):
        (out / folder).mkdir(parents=True)
    made = Tree(project, out)
    for path, text in FILES.items():
        made.write(path, text)
    project.write("manifests/toolchains/plain.toml", TOOLCHAIN.replace("OUT", str(out)))
    project.replace("manifests/project.toml", '"cython"', '"plain"')
    project.write("manifests/workloads/programs.toml", workload("c", "prog=main.c"))
    project.write("programs/main.c", MAIN)
    return made


def new(name: str, variable: str) -> tuple[str, str]:
    return name, f'const char *{variable} = "{name}, new";\n'


CHANGES = [
    new("h1/sub/x.h", "x"),  # beside an external header that includes it
    new("quoted/x.h", "x"),
    new("h1/x.h", "x"),
    new("quoted/sub/y.h", "y"),
    new("system/next.h", "next"),  # no change: it is found earlier
    new("h1/made.h", "made"),  # a name that macros paste
    new("h2/given.h", "given"),  # a name that the command line gives
    new("h2/far.h", "far"),
    ("h1/optional.h", ""),
    ("h1/sub/optional.h", ""),
    ("last/sub/optional.h", ""),
    ("system/through_a_macro.h", ""),
    new("h2/stdc-predef.h", "implied"),  # glibc's, which nobody spells
]


def test_what_appears_is_seen_and_what_goes_again_is_undone(tree: Tree) -> None:
    before = tree.built()
    for path, text in CHANGES:
        undo = tree.write(path, text)
        after = tree.built()
        assert (after == before) == (path == "system/next.h"), path
        undo()
        tree.project.build()
        assert tree.object() == before, path


def test_a_project_header_that_appears(tree: Tree) -> None:
    """Beside the program, and in folders below it, as anywhere."""
    before = tree.built()
    for path, variable in (("x.h", ""), ("sub/y.h", "y"), ("optional.h", "")):
        header = tree.project.write(f"programs/{path}", new(path, variable or "z")[1])
        tree.built()
        header.unlink()
        if path.startswith("sub/"):
            header.parent.rmdir()
        assert tree.built() == before


def test_a_dangling_link_whose_target_appears(tree: Tree) -> None:
    (tree.out / "h1/x.h").symlink_to(tree.out / "elsewhere.h")
    (tree.out / "h1/sub/optional.h").symlink_to("../../elsewhere.h")
    before = tree.built()
    assert tree.project.build()["up_to_date"] == 1
    undo = tree.write("elsewhere.h", 'const char *x = "elsewhere";\n')
    assert tree.built() != before
    undo()
    assert tree.built() == before


def test_a_link_that_leads_to_itself_stops_the_compiler(tree: Tree) -> None:
    before = tree.built()
    link = tree.out / "h1/x.h"
    link.symlink_to("x.h")
    assert tree.project.run("build").code == 1
    link.unlink()
    assert tree.built() == before


def test_a_folder_in_the_way_becomes_a_file(tree: Tree) -> None:
    (tree.out / "h1/x.h").mkdir()
    before = tree.built()
    (tree.out / "h1/x.h").rmdir()
    undo = tree.write("h1/x.h", 'const char *x = "h1";\n')
    assert tree.built() != before
    undo()
    assert tree.built() == before


def test_a_folder_link_that_leads_elsewhere(tree: Tree) -> None:
    """Also where `..` follows the link: what that means is the link's affair."""
    tree.write("other/deep/z.h", 'const char *z = "other";\n')
    tree.write("third/deep/z.h", 'const char *z = "third, deep";\n')
    tree.write("other/z.h", 'const char *zz = "other";\n')
    tree.write("third/z.h", 'const char *zz = "third, above";\n')
    link = tree.out / "h1/link"
    link.symlink_to("../other/deep")
    tree.project.write("programs/main.c", '#include "link/z.h"\n#include "link/../z.h"\n')
    before = tree.built()
    link.unlink()
    link.symlink_to("../third/deep")
    assert tree.built() != before
    link.unlink()
    link.symlink_to("../other/deep")
    assert tree.built() == before
    tree.write("other/z.h", 'const char *zz = "other, edited";\n')
    assert tree.built() != before


def test_a_way_through_a_folder_that_becomes_a_link(tree: Tree) -> None:
    """`..` leads out of whatever the name before it is."""
    tree.write("h1/inner/x.h", "")
    tree.write("elsewhere/inner/x.h", "")
    tree.write("h1/y.h", 'const char *y = "h1/y.h";\n')
    tree.project.write(
        "programs/main.c",
        "#if __has_include(<inner/../y.h>)\n#include <inner/../y.h>\n#endif\nint program;\n",
    )
    before = tree.built()
    assert b"h1/y.h" in before
    (tree.out / "h1/inner").rename(tree.out / "h1/kept")
    (tree.out / "h1/inner").symlink_to("../elsewhere/inner")
    assert b"h1/y.h" not in tree.built()
    (tree.out / "elsewhere/y.h").write_text('const char *y = "elsewhere/y.h";\n')
    assert b"elsewhere/y.h" in tree.built()
    (tree.out / "h1/inner").unlink()
    (tree.out / "h1/kept").rename(tree.out / "h1/inner")
    assert tree.built() == before


def test_a_way_through_a_folder_of_the_project(tree: Tree) -> None:
    """It is there in staging when a candidate lies in it."""
    tree.project.write("programs/near.h", 'const char *near = "near.h";\n')
    tree.project.write(
        "programs/main.c",
        '#if __has_include("way/../near.h")\n#include "way/../near.h"\n#endif\nint program;\n',
    )
    before = tree.built()
    assert b"near.h" not in before
    tree.project.write("programs/way/other.h", "")
    assert b"near.h" in tree.built()
    assert tree.project.build()["up_to_date"] == 1
    (tree.project.root / "programs/way/other.h").unlink()
    assert tree.built() == before


def test_what_was_only_asked_for_may_go(tree: Tree) -> None:
    before = tree.built()
    undo = tree.write("h1/optional.h", "")
    tree.built()
    tree.project.build()
    tree.write("h1/optional.h", "an edit of what is not read\n")
    assert executed(tree.project.build()) == []
    undo()
    (tree.out / "h1/optional.h").unlink(missing_ok=True)
    assert tree.built() == before


def test_a_file_that_the_assembler_includes(tree: Tree) -> None:
    tree.write("h2/data.bin", "first")
    tree.project.write("programs/main.c", '__asm__(".incbin \\"data.bin\\"");\n')
    before = tree.built()
    tree.write("h2/data.bin", "second")
    assert tree.built() != before


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["include", "include_next", "import", "embed"]),
            st.sampled_from(["", " ", "\t", "/* c */", " /* two\nlines */ ", "\\\n"]),
            st.sampled_from(["", " ", "  ", "/**/", "\\\n", "\\ \n"]),
            st.sampled_from(["#", "%:", "??="]),
            st.text("abc/._- é", min_size=1).filter(lambda name: name.strip() != ""),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_directives_are_found_in_any_spelling(
    rows: list[tuple[str, str, str, str, str, bool]],
) -> None:
    lines = []
    for word, before, between, hash_sign, name, is_quoted in rows:
        operand = f'"{name}"' if is_quoted else f"<{name}>"
        lines.append(f"int x;\n{before}{hash_sign}{between}{word}{between}{operand}\n")
    found = spelled("".join(lines).encode())
    for word, _, _, _, name, is_quoted in rows:
        how = NEXT if word == "include_next" else QUOTED if is_quoted else ANGLED
        assert [how, name] in json.loads(found)


def test_names_that_macros_make() -> None:
    found = spelled(b'#define H "a.h"\n#define G <b.h>\n#include H\n#if HAS("c.h")\n#endif\n')
    rows = [tuple(row) for row in json.loads(found)]
    assert (MADE, "") in rows
    assert {name for how, name in rows if how == TEXT} == {"a.h", "b.h", "c.h"}
