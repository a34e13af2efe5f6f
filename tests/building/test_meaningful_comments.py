"""Comments that compilers read: what the stock manifests keep of them, held against the compilers.

Whenever two sources have the same token digest, what a compiler makes of them must be the same.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY, needs, new_project, workload

from molt_build.actions.tokens import token_digest

SPELLINGS = (
    "# {name}: {value}",
    "#{name}:{value}",
    "# {name} : {value}",
    "#\t{name}\t:\t{value}",
    "#   {name}   :{value}",
    "#\xa0{name}\u2003: {value}",
    "#\x0b{name}\x0c: {value}",
    "## {name}: {value}",
    "# words # {name}: {value}",
    "# {NAME}: {value}",
    "# {name}; {value}",
    "# {name} {value}",
    "#!{name}: {value}",
)
PLACES = (
    "{}\n",
    "\n# words\n{}\n",
    '"""Words."""\n{}\n',
    "x = 1 {}\n",
    "if 1:\n    pass\n    {}\n",
)
BODY = "\ndef main() -> None:\n    values = [1, 2]\n    print(values[1])\n"


def translation(toolchain: str) -> dict[str, Any]:
    """The stage that reads the source, as the stock manifest has it."""
    path = REPOSITORY / f"manifests/toolchains/{toolchain}.toml"
    stage: dict[str, Any] = tomllib.loads(path.read_text())["stages"][0]
    return stage


def digest(stage: dict[str, Any], source: str) -> str:
    return token_digest(source.encode(), tuple(stage["meaningful_comments"]))


def without_comments(c: str) -> str:
    """C without the words of its comments; its lines keep their numbers."""
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), c, flags=re.S)


@pytest.fixture(scope="module")
def cython(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> str:
    """The interpreter of Cython's environment."""
    project = new_project(tmp_path_factory.mktemp("project"))
    (project.cache / "environments").symlink_to(environments)
    project.write("manifests/workloads/programs.toml", workload("python", "prog"))
    project.write("programs/prog.py", BODY)
    result = project.run("build", "--toolchain", "cython")
    if result.code == 3:
        pytest.skip(f"cython cannot be installed here: {result.err[-300:]}")
    assert result.code == 0, result.err
    command = min(environments.glob("*/bin/cython"))
    return str(command.with_name("python"))


# Each source is translated in a process of its own, which a fork spares what all have in common.
TRANSLATE = """\
import os, sys
from Cython.Compiler.Main import main
from Cython.Compiler.TreeFragment import parse_from_strings
parse_from_strings("first", "pass\\n")  # makes the tables of the scanner
for folder in sys.argv[1].split(":"):
    if os.fork() == 0:
        os.chdir(folder)
        sys.argv = ["cython", *sys.argv[2:]]
        main(command_line=1)
        os._exit(0)
    os.wait()
"""


def translated(python: str, folder: Path, sources: list[str]) -> list[str]:
    """The C that Cython makes of each source, by the words of the stock manifest."""
    argv = translation("cython")["argv"]
    named = {"{module}": "prog", "{c}": "prog.c", "{entry}": "prog.py"}
    words = [named.get(word, word) for word in argv[argv.index("cython") + 1 :]]
    words.remove("{flags}")
    folders = [folder / str(number) for number in range(len(sources))]
    for each, source in zip(folders, sources, strict=True):
        each.mkdir(parents=True)
        (each / "prog.py").write_bytes(source.encode())
    command = [python, "-I", "-c", TRANSLATE, ":".join(map(str, folders)), *words]
    subprocess.run(command, check=True, capture_output=True)
    return [(each / "prog.c").read_text() for each in folders]


def test_cython_reads_no_comment_that_is_dropped(cython: str, tmp_path: Path) -> None:
    """Each spelling with two values, in each place: equal digests, equal C."""
    stage = translation("cython")
    kept, dropped = [], ["", ""]
    for place, spelling in itertools.product(PLACES, SPELLINGS):
        values = ("boundscheck=False", "boundscheck = True")
        name = {"name": "cython", "NAME": "Cython"}
        one, other = (place.format(spelling.format(value=value, **name)) for value in values)
        if digest(stage, one + BODY) == digest(stage, other + BODY):
            dropped = [dropped[0] + one, dropped[1] + other]
        elif place == PLACES[0]:
            kept += [one, other]
    assert dropped[0].startswith("# Cython: boundscheck=False")
    made = translated(cython, tmp_path, [header + BODY for header in (*dropped, *kept)])
    c = [without_comments(text) for text in made]
    assert c[0] == c[1]
    pairs = zip(kept[::2], c[2::2], c[3::2], strict=True)
    meant = [header.rstrip() for header, one, other in pairs if one != other]
    assert "# cython : boundscheck=False" in meant and "## cython: boundscheck=False" not in meant


def test_an_edited_comment_reaches_no_object(
    cython: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cython copies source lines into C as comments: they change, and nothing that is compiled."""
    stage = translation("cython")
    sources = [
        BODY.replace("[1, 2]", "[1, 2]  # a comment */ /* with \\"),
        BODY.replace("[1, 2]", "[1, 2]  # another"),
        BODY + "# below\n",
        BODY + "# another below, and a longer one\n",
    ]
    made = translated(cython, tmp_path / "c", sources)
    compiled: dict[str, set[bytes]] = defaultdict(set)
    flags = ["-O0", "-w", "-fPIC", f"-I{sysconfig.get_path('include')}"]
    monkeypatch.chdir(tmp_path)
    for source, c in zip(sources, made, strict=True):
        Path("prog.c").write_text(c)
        command = [needs("gcc"), *flags, "-c", "prog.c", "-o", "prog.o"]
        subprocess.run(command, check=True, capture_output=True)
        compiled[digest(stage, source)].add(Path("prog.o").read_bytes())
    assert len(set(made)) == len(sources)
    assert len(compiled) == 2
    assert all(len(objects) == 1 for objects in compiled.values())
    assert len(set.union(*compiled.values())) == 2, "a line more in the source is one more in C"


MYPYC = """\
import os, sys
from mypyc.build import mypycify
for folder in sys.argv[1].split(":"):
    if os.fork() == 0:
        os.chdir(folder)
        words = ["--cache-dir=/dev/null", "--config-file=", "--no-site-packages", "prog.py"]
        mypycify(words, target_dir="generated", opt_level="2", debug_level="0")
        os._exit(0)
    os.wait()
"""


def test_mypyc_reads_no_comment_that_is_dropped(tmp_path: Path) -> None:
    pytest.importorskip("mypyc")
    stage = translation("mypyc")
    source = "def same(x):\n    COMMENT\n    return x\n"
    comments = ("#type:(int)->int", "# some words", "# type of x, and more")
    sources = [source.replace("COMMENT", comment) for comment in comments]
    folders = [tmp_path / str(number) for number in range(len(sources))]
    for folder, text in zip(folders, sources, strict=True):
        folder.mkdir()
        (folder / "prog.py").write_text(text)
    command = [sys.executable, "-I", "-c", MYPYC, ":".join(map(str, folders))]
    subprocess.run(command, check=True, capture_output=True)
    made = [(folder / "generated/__native.c").read_text() for folder in folders]
    digests = [digest(stage, text) for text in sources]
    assert made[0] != made[1] and digests[0] != digests[1]
    assert made[1] == made[2] and digests[1] == digests[2]


@pytest.mark.parametrize(
    ("toolchain", "name", "value"),
    [
        ("mypyc", "type", "ignore"),
        ("mypyc", "mypy", "strict"),
        ("nuitka", "nuitka-project", "--lto=yes"),
        ("nuitka", "nuitka-project-if", "True:"),
        ("nuitka", "nuitka-project-else", ""),
        ("nuitka", "nuitka-project-set", "X = 1"),
        ("cython", "distutils", "language=c++"),
    ],
)
def test_each_spelling_of_a_directive_is_kept(toolchain: str, name: str, value: str) -> None:
    stage = translation(toolchain)
    for spelling, place in itertools.product(SPELLINGS[:9], PLACES):
        source = place.format(spelling.format(name=name, value=value)) + BODY
        edited = place.format(spelling.format(name=name, value=value + "x")) + BODY
        assert digest(stage, source) != digest(stage, edited), source
