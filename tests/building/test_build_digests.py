"""Properties of what keys are made of: token digests, depfiles, symbolic roots, local imports."""

from __future__ import annotations

import contextlib
import io
import keyword
import os
import re
import subprocess
import tokenize
from pathlib import Path

import pytest
from build_projects import needs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from molt_build.actions.depfile import parse_depfile
from molt_build.actions.imports import imported_names, local_imports
from molt_build.actions.tokens import token_digest
from molt_build.errors import BuildFailed
from molt_build.store.digest import StatCache, digest_bytes
from molt_build.toolchains.roots import Roots

KEPT = (r"cython\W*:", "type:")
SOURCE = '''\
"""Some words, # not a comment."""
import os


def first(number: int) -> int:
    text = "# neither this"
    values = [
        1,
        2,
    ]
    if number:
        return len(text)

    return sum(values)


class Thing:
    size = 3
'''
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name)
)
comment_texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x0c\x00", exclude_categories=["Cs"]),
    max_size=30,
).filter(lambda text: not any(word in text for word in ("cython", "type:", "coding")))


def digest(text: str) -> str:
    return token_digest(text.encode(), KEPT)


def ends_of_lines(source: str) -> list[int]:
    """The numbers of lines of code that a comment may be appended to."""
    inside = set()
    for token in tokenize.tokenize(io.BytesIO(source.encode()).readline):
        if token.type == tokenize.STRING:
            inside |= set(range(token.start[0], token.end[0]))
    numbered = enumerate(source.splitlines(), start=1)
    return [number for number, line in numbered if line and number not in inside]


@given(line=st.sampled_from(ends_of_lines(SOURCE)), text=comment_texts, gap=st.integers(0, 3))
def test_a_comment_at_a_lines_end_changes_nothing(line: int, text: str, gap: int) -> None:
    lines = SOURCE.split("\n")
    lines[line - 1] += " " * gap + "#" + text
    assert digest("\n".join(lines)) == digest(SOURCE)


@given(st.lists(comment_texts, min_size=1, max_size=3), comment_texts, st.integers(0, 8))
def test_an_edited_comment_on_a_line_of_its_own_changes_nothing(
    texts: list[str], other: str, indent: int
) -> None:
    """Wherever it stands and whatever block it seems to be in; but each is a line."""
    assume(not any(text.startswith("!") for text in (*texts, other)))  # `#!` in the first line
    for place in (0, SOURCE.index("def"), SOURCE.index("    if"), len(SOURCE)):
        before, after = SOURCE[:place], SOURCE[place:]
        lines = [" " * indent + "#" + text + "\n" for text in texts]
        source = before + "".join(lines) + after
        edited = before + "".join([*lines[:-1], " " * indent + "#" + other + "\n"]) + after
        assert digest(edited) == digest(source)
        assert digest(before + "".join(lines[1:]) + after) != digest(source)
        assert digest(before + "\n" * len(lines) + after) != digest(source)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("if x:\n    \ty = 1\n", "if x:\n    \fy = 1\n"),
        ("x\t= 1\n", "x = 1\n"),
        ("f'{x\t=}'\n", "f'{x =}'\n"),
        ('f"""{x # a\n=}"""\n', 'f"""{x # b\n=}"""\n'),
        ("x = 1 + \\\n 2\n", "x = 1 +  \\\n 2\n"),
        ("\\\nx = 1\n", "\nx = 1\n"),
        ("x = 1\n", "x = 1"),
        ("x = 1\n", "x = 1\n# a"),
        ("x = 1\n\f\n", "x = 1\n\n"),
        ("x = 1 # a\0\n", "x = 1 # b\n"),
        ("x = 1 # a\r# b\n", "x = 1 # a# b\n"),
        ("x = 1 # a\r\n", "x = 1 # a\n"),
        ("\ufeffx = 1 # a\n", "x = 1 # a\n"),
        ("# coding: latin-1\nx = 1 # a\n", "# coding: latin-1\nx = 1 # b\n"),
        ("$ # a\n", "$ # b\n"),
    ],
)
def test_what_tokens_do_not_show_changes_the_digest(one: str, other: str) -> None:
    """All that a compiler may see: spaces, line ends, and what the tokenizer is not sure of."""
    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    "comment",
    [
        "# cython: boundscheck=False",
        "#cython:boundscheck=False",
        "# cython : boundscheck=False",
        "#\tcython\t:\tboundscheck=False",
        "#\u2003cython\xa0: boundscheck=False",
        "## cython: boundscheck=False",
        "# words # type: ignore",
        "# cython\\W*: a pattern as it stands",
    ],
)
def test_comments_that_a_pattern_finds(comment: str) -> None:
    edited = comment.replace("False", "True").replace("ignore", "int").replace("stands", "is")
    for place in ("{}\nx = 1\n", "x = 1 {}\n", "if x:\n    y\n    {}\n"):
        assert digest(place.format(comment)) != digest(place.format(edited))
        assert digest(place.format(comment)) != digest(place.format("#"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3\n", "4\n"),
        ("number", "numbers"),
        ("# neither", "# nor"),
        ("# not a comment", "# a comment"),
        ("import os\n", "import os\n\n"),
        ("    if number", "    if  number"),
        ("2,\n", "2\n"),
        ("import os", "import os  # cython: boundscheck=False"),
        ("import os", "import os  # type: ignore"),
        ("import os", "#cython: boundscheck=False\nimport os"),
    ],
)
def test_what_means_something_changes_the_digest(old: str, new: str) -> None:
    changed = SOURCE.replace(old, new)
    assert changed != SOURCE
    assert digest(changed) != digest(SOURCE)


def test_comments_that_mean_something_by_position() -> None:
    assert digest("#!/bin/x\nx = 1\n") != digest("# !/bin/x\nx = 1\n")
    for line in ("# coding: utf-8", "# vim: set fileencoding=utf-8 :", "#coding=utf-8"):
        assert digest(f"{line}\nx = 1\n") != digest("# a comment\nx = 1\n")
        assert digest(f"#\n{line}\nx = 1\n") != digest("#\n# a comment\nx = 1\n")
        assert digest(f"#\n#\n{line}\nx = 1\n") == digest("#\n#\n# a comment\nx = 1\n")
    assert digest("x = 1\ny = 2\n# coding: latin-1\n") == digest("x = 1\ny = 2\n# a comment\n")
    assert token_digest(b"x = 1 # type: int\n", ()) == token_digest(b"x = 1\n", ())


@given(name=names, value=st.integers(), other=st.integers())
def test_values_are_told_apart(name: str, value: int, other: int) -> None:
    one, two = f"{name} = {value}\n", f"{name} = {other}\n"
    assert (digest(one) == digest(two)) == (value == other)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_have_a_digest(data: bytes) -> None:
    assert token_digest(data, KEPT).startswith("xxh3:")


@pytest.mark.parametrize(
    "data",
    [
        b"# coding: hex\nx = 1\n",
        b"# coding: rot13\nx = 1\n",
        b"# coding: undefined\nx = 1\n",
        b"# coding: no-such-codec\nx = 1\n",
        b"# coding: idna\n\xff = 1\n",
        b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
        b"\xff\xfe",
        b"\x00",
        b"(" * 500,
        b"-" * 20_000 + b"1\n",
        b"if x:\n\ty\n        z\n  q\n",
        b"'''",
        b"\\",
        b"",
    ],
)
def test_awkward_sources(data: bytes, tmp_path: Path) -> None:
    assert token_digest(data, KEPT).startswith("xxh3:")
    (tmp_path / "source.py").write_bytes(data)
    assert isinstance(imported_names(str(tmp_path / "source.py"), stat_cache(tmp_path)), list)


def test_what_does_not_tokenize_is_digested_as_text() -> None:
    assert token_digest(b"(", KEPT) == digest_bytes(b"(")


# Depfiles.

paths = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["Cs"])
    | st.sampled_from("\\ \t#$:%"),
    min_size=1,
    max_size=20,
).filter(lambda path: path.strip() and not path.endswith("\\"))


def escaped(path: str) -> str:
    """As gcc writes a path."""
    spaces = re.sub(r"(\\*)([ \t])", r"\1\1\\\2", path)
    return spaces.replace("$", "$$").replace("#", "\\#")


@given(st.lists(paths, unique=True), st.booleans())
def test_make_depfiles(wanted: list[str], is_folded: bool) -> None:
    separator = " \\\n  " if is_folded else " "
    text = "target.o:" + "".join(separator + escaped(path) for path in wanted) + "\n"
    assert parse_depfile(text, "make") == wanted


@given(st.lists(paths.filter(lambda p: p == p.strip()), unique=True))
def test_line_depfiles(wanted: list[str]) -> None:
    assert parse_depfile("\n".join(wanted) + "\n", "lines") == wanted


def test_depfiles_of_real_tools() -> None:
    gcc = "main.o: main.c /usr/include/stdc-predef.h \\\n second/a\\ b.h\nsecond/a\\ b.h:\n"
    assert parse_depfile(gcc, "make") == ["main.c", "/usr/include/stdc-predef.h", "second/a b.h"]
    cargo = "/s/target/debug/x: /s/src/lib.rs /s/src/main.rs\n\n# env-dep:CARGO\n"
    assert parse_depfile(cargo, "make") == ["/s/src/lib.rs", "/s/src/main.rs"]
    windows = "c:\\x.o: c:\\a.c d:/b.h\r\n"
    assert parse_depfile(windows, "make") == ["c:\\a.c", "d:/b.h"]
    assert parse_depfile('["a", "b", "a"]', "json") == ["a", "b"]
    assert parse_depfile("", "make") == []


LONG = 1 << 18
NAMES = [
    "sp ace.h",
    "ta\tb.h",
    "  two.h",
    "end ",
    "ha#sh.h",
    "h\\#b.h",
    "dol$lar.h",
    "dollar$$two.h",
    "b\\$d.h",
    "per%cent.h",
    "co:lon.h",
    "a:\tb.h",
    "back\\slash.h",
    "back\\ space.h",
    "dbl\\\\ space.h",
    "x\\\tt.h",
]


def test_every_name_that_gcc_can_write_is_read(tmp_path: Path) -> None:
    needs("gcc")
    for name in NAMES:
        (tmp_path / name).write_text("")
    includes = "".join(f'#include "{name}"\n' for name in NAMES)
    (tmp_path / "main.c").write_text(includes)
    command = ["gcc", "-nostdinc", "-MD", "-MF", "out.d", "-c", "main.c", "-o", "main.o"]
    subprocess.run(command, cwd=tmp_path, check=True)
    read = parse_depfile((tmp_path / "out.d").read_text(), "make")
    assert [path for path in read if "stdc-predef" not in path] == ["main.c", *NAMES]


def test_names_that_cython_writes() -> None:
    text = "a.c: \\\n  a.py \\\n  with\\ space.pxd \\\n  dol$lar.pxd \\\n  ha#sh.pxd\n"
    read = parse_depfile(text, "make")
    assert read == ["a.py", "with space.pxd", "dol$lar.pxd", "ha#sh.pxd"]


@pytest.mark.parametrize("text", ["\\", "\\ ", "x\\:", ": "])
def test_a_long_depfile_is_read_in_time_that_grows_with_it(text: str) -> None:
    """A quarter of a megabyte of anything: a pattern that goes back would take hours."""
    for line in (text * (LONG // len(text)), "t: " + text * (LONG // len(text))):
        with contextlib.suppress(BuildFailed):
            parse_depfile(line, "make")


@pytest.mark.parametrize(
    ("text", "format"), [("no rule here", "make"), ("{", "json"), ('{"a": 1}', "json")]
)
def test_what_is_no_depfile(text: str, format: str) -> None:
    with pytest.raises(BuildFailed):
        parse_depfile(text, format)


@given(st.text(max_size=60), st.sampled_from(["make", "lines", "json"]))
def test_any_depfile_text(text: str, format: str) -> None:
    with contextlib.suppress(BuildFailed):
        assert all(isinstance(path, str) for path in parse_depfile(text, format))


# Roots.

parts = st.lists(st.from_regex(r"[a-zA-Z0-9_.{} -]{1,8}", fullmatch=True), min_size=1, max_size=4)
ROOTS = Roots({"project": "/home/me/project", "env": "/home/me/project/env", "base": "/usr"})


@given(st.sampled_from(["/home/me/project", "/home/me/project/env", "/usr", "/etc", ""]), parts)
def test_symbolic_paths_there_and_back(root: str, rest: list[str]) -> None:
    path = "/".join([root, *rest])
    symbolic = ROOTS.symbolic(path)
    assert symbolic.startswith(("{project}", "{env}", "{system}"))
    assert ROOTS.absolute(symbolic) == path


def test_the_longest_root_names_a_path() -> None:
    assert ROOTS.symbolic("/home/me/project/env/x") == "{env}/x"
    assert ROOTS.symbolic("/home/me/project/x") == "{project}/x"
    assert ROOTS.symbolic("/home/me/project-two/x") == "{system}/home/me/project-two/x"
    assert ROOTS.text("-I/home/me/project/env/x:/home/me/project") == "-I{env}/x:{project}"
    assert ROOTS.text("/home/me/project-two") == "/home/me/project-two"
    assert Roots({}).text("/a") == "/a"


@given(parts)
def test_text_and_symbolic_agree(rest: list[str]) -> None:
    path = "/".join(["/home/me/project", *rest])
    if ROOTS.symbolic(path).startswith("{project}"):
        assert ROOTS.text(path) == ROOTS.symbolic(path)


def test_a_root_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    roots = Roots({"env": str(tmp_path / "link")})
    assert roots.symbolic(str(tmp_path / "real/x")) == "{env}/x"
    assert os.path.realpath(roots.absolute("{env}/x")) == str(tmp_path / "real/x")


# Imports.


def stat_cache(folder: Path) -> StatCache:
    return StatCache(folder / "stat-cache.json", (folder,))


def imports(
    folder: Path, files: dict[str, str], entry: str = "main.py"
) -> tuple[set[str], set[str]]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    found = local_imports(str(folder), entry, stat_cache(folder))
    return set(found.inputs), set(found.absences)


def test_local_imports_are_found_transitively(tmp_path: Path) -> None:
    files = {
        "main.py": "import a\nif True:\n    def f():\n        from p.q import r, name\n",
        "a.py": "import b as c, main\n",
        "b.py": "try:\n    import nowhere\nexcept ImportError:\n    pass\n",
        "p/__init__.py": "from . import sibling\nfrom .deep.er import *\n",
        "p/q/__init__.py": "",
        "p/q/r.py": "from .. import other\nfrom ...x import y\n",
        "p/sibling.py": "",
        "p/other.py": "",
        "p/deep/er.py": "",
        "unrelated.py": "import a\n",
    }
    inputs, absences = imports(tmp_path, files)
    assert inputs == set(files) - {"main.py", "unrelated.py"}
    assert {"nowhere.py", "nowhere/__init__.py", "a/__init__.py", "a.pyi", "p.pyi"} & absences == {
        "nowhere.py",
        "nowhere/__init__.py",
        "a/__init__.py",
        "a.pyi",
    }
    assert not inputs & absences


def test_installed_modules_leave_absences(tmp_path: Path) -> None:
    inputs, absences = imports(tmp_path, {"main.py": "import os.path\nimport json\n"})
    assert inputs == set()
    assert {"os.py", "os/__init__.py", "json.py", "json/__init__.py", "json.pyi"} <= absences


def test_what_a_stub_imports_is_an_input(tmp_path: Path) -> None:
    files = {"main.py": "import a\n", "a.py": "", "a.pyi": "from b import T\n", "b.pyi": "T = int"}
    inputs, absences = imports(tmp_path, files)
    assert inputs == {"a.py", "a.pyi", "b.pyi"}
    assert "b.py" in absences and "b/__init__.pyi" in absences


def test_a_folder_without_init_may_appear_later(tmp_path: Path) -> None:
    """The folder itself says nothing; what an import would find in it does."""
    _, absences = imports(tmp_path, {"main.py": "import a.b.c\nfrom d import e\n"})
    assert {"a.py", "a/b.py", "a/b/__init__.py", "a/b/c.py", "a/b/c.pyi", "d/e.py"} <= absences
    inputs, absences = imports(tmp_path, {"a/b/c.py": "from . import f\n", "a/b/f.py": ""})
    assert inputs == {"a/b/c.py", "a/b/f.py"}
    assert {"a/__init__.py", "a/b/__init__.py"} <= absences


def test_a_module_ends_the_search(tmp_path: Path) -> None:
    """`import a.b` where a is a module finds no b, whatever lies in a folder a."""
    files = {"main.py": "import a.b\nfrom a import c\n", "a.py": "", "a/b.py": "", "a/c.py": ""}
    inputs, absences = imports(tmp_path, files)
    assert inputs == {"a.py"}
    assert not any(path.startswith(("a/b", "a/c")) for path in absences)
    assert "a/__init__.py" in absences


def test_relative_imports_find_their_own_package_only(tmp_path: Path) -> None:
    files = {
        "main.py": "import p.q.r\n",
        "p/__init__.py": "",
        "p/q/__init__.py": "",
        "p/q/r.py": "from .s import t\nfrom ..u import v\nfrom ... import w\nimport x\n",
        "p/q/s.py": "",
        "p/u/__init__.py": "from . import v\n",
        "p/u/v.py": "",
        **dict.fromkeys(("s.py", "u.py", "v.py", "p/s.py", "p/q/x.py", "p/q/u.py"), ""),
    }
    inputs, absences = imports(tmp_path, files)
    named = {"p/__init__.py", "p/q/__init__.py", "p/q/r.py", "p/q/s.py", "p/u/__init__.py"}
    assert inputs == named | {"p/u/v.py"}
    assert {"p/q/s/__init__.py", "p/u/__init__.pyi", "x.py", "w.py"} <= absences


def test_imports_of_an_entry_in_a_folder(tmp_path: Path) -> None:
    """sys.path[0] is the entry's folder, not the root."""
    files = {"sub/main.py": "import a\n", "sub/a.py": "", "a.py": "import b\n", "b.py": ""}
    inputs, absences = imports(tmp_path, files, "sub/main.py")
    assert inputs == {"sub/a.py"}
    assert "sub/a/__init__.py" in absences


def test_import_circles_and_broken_files(tmp_path: Path) -> None:
    files = {"main.py": "import a\n", "a.py": "import b\n", "b.py": "import a, broken, main\n"}
    inputs, _ = imports(tmp_path, {**files, "broken.py": "def (\n"})
    assert inputs == {"a.py", "b.py", "broken.py"}


@given(st.lists(names, unique=True, max_size=5))
@settings(max_examples=30)
def test_each_import_is_an_input_or_an_absence(modules: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = "".join(f"import {module}\n" for module in modules)
        present = {m for m in modules[::2] if m != "main"}
        inputs, absences = imports(folder, {"main.py": text, **{f"{m}.py": "" for m in present}})
        assert inputs == {f"{m}.py" for m in present}
        assert {f"{m}.py" for m in modules} - {"main.py"} <= inputs | absences
