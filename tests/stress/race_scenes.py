"""What the races are run over: three small projects in one, and what may happen to each.

- `c`: two programs that a C compiler compiles, through a wrapper that the project carries. Headers
  are candidates of the project or lie outside; folder links and file links lead to some. All that
  the wrapper looks at reaches the bytes of the object: its own version, a setting beside it, the
  project's VERSION, the mode bits of the source as it was staged.
- `packed`: a tool in a Python environment of its own gathers a program and what it imports; a C
  compiler compiles that. The lock names one of two releases of the tool, both installed before.
- `cython`: Cython's translation to C, with .pxd and .pxi files beside the program.

The tools say in a file (`events`) where they are. Where another file (`pace`) tells them to, they
sleep or wait (for `go-PLACE`), so that changes meet them there. No output depends on any of these.

Here stand all manifests of the trial. In texts, `OUTSIDE` stands for the folder of what lies
outside of the project, `PACE` for the folder of those files, `WHEELS` for that of the releases.
"""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from race_disk import Chmod, File, Link, Move, Operation, Overwrite, Put, Remove, State, Touch
from trial_project import REPOSITORY

PROJECT = """\
#:schema ../schemas/project.schema.json
kind = "project"
schema_version = 1
name = "races"
description = "A project of races."
default_toolchain = "TOOLCHAIN"
default_profile = "dev"
"""
CACHE = """\
#:schema ../schemas/cache.schema.json
kind = "cache"
schema_version = 1
name = "cache"
description = "What belongs to every key."

[key]
files = ["VERSION"]
"""
RACED = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "raced"
description = "GCC through a wrapper of the project."
engine = "compiler"
accepts = ["c"]
identity_files = ["{project}/tools/cc.conf"]

[executables.cc]
path = "{project}/tools/cc"
version = ["{cc}", "--version"]

[queries.headers]
argv = ["{cc}", "-E", "-Wp,-v", "-xc", "/dev/null", "-o", "/dev/null"]
stream = "stderr"
pattern = "^ (/\\\\S+)$"
list = true

[[stages]]
name = "compile"
argv = [
    "{cc}", "{flags}", "-g0", "-Iover", "-Iinclude", "-I{system}OUTSIDE/first",
    "-I{system}OUTSIDE/current", "-I{system}OUTSIDE/last",
    "-MD", "-MF", "{module}.d", "-c", "{entry}", "-o", "{object}",
]
outputs = { object = "{module}.o" }
candidates = ["**/*.h"]
depfile = { path = "{module}.d", format = "make" }
includes = "c"
search_path = [
    "over", "include", "{system}OUTSIDE/first", "{system}OUTSIDE/current", "{system}OUTSIDE/last",
    "{headers}",
]

[flags.dev]
compile = ["-O0"]

[targets.native]
results = ["compile.object"]
run = ["{python}", "-c", "pass"]
"""
PACKED = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "packed"
description = "Gathers what a program imports, and compiles it."
engine = "compiler"
accepts = ["python"]

[python]
requires = ["gatherer"]

[uses]
cc = ["gcc", "clang"]

[[stages]]
name = "gather"
argv = ["{env_python}", "-I", "-m", "gatherer", "{entry}", "{c}"]
outputs = { c = "{module}.c" }
imports = "python"

[[stages]]
name = "compile"
inputs = { c = "gather.c" }
argv = [
    "{cc}", "{cc.compile}", "-MD", "-MF", "{module}.d", "-c", "{c}", "-o", "{object}",
]
outputs = { object = "{module}.o" }
depfile = { path = "{module}.d", format = "make" }

[targets.native]
results = ["compile.object"]
run = ["{python}", "-c", "pass"]
"""
# The stock manifest of Cython, but for a wrapper that says where it is, and for ending earlier.
CYTHONIZED = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "cythonized"
description = "Cython through a wrapper of the project."
engine = "compiler"
accepts = ["python"]

[python]
requires = ["cython"]

[executables.translate]
path = "{project}/tools/translate"

[[stages]]
name = "translate"
argv = [
    "{translate}", "{env_python}", "-I", "-m", "cython", "-3", "-M", "--module-name", "{module}",
    "-o", "{c}", "{entry}",
]
outputs = { c = "{module}.c" }
imports = "python"
absences = ["{module}.pxd"]
candidates = ["**/*.pxd", "**/*.pxi"]
digest = "tokens"
meaningful_comments = ["cython:", "distutils:"]
depfile = { path = "{module}.c.dep", format = "make" }

[targets.native]
results = ["translate.c"]
run = ["{python}", "-c", "pass"]
"""
WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "NAME"
description = "Raced."
language = "LANGUAGE"

[source]
project = "NAME"
"""

READ_PACE = """\
read -r first second third fourth held < PACE/pace
pause() {
    [ "$2" != 0 ] || return 0
    echo "$1" >> PACE/events
    sleep "$2"
    case "$held " in
    *" $1 "*)
        tries=0
        while [ ! -e "PACE/go-$1" ] && [ "$tries" -lt 1000 ]; do
            sleep 0.01
            tries=$((tries + 1))
        done;;
    esac
}
"""
WRAPPER = """\
#!/bin/sh
tool="cc N"
here=${0%/*}
READ_PACEcase "$1" in
--version)
    pause asked "$first"
    echo "$tool"
    exit;;
-E)
    pause asked "$second"
    exec gcc "$@";;
esac
source= object= word=
for next; do
    shift
    last=$word word=$next
    case "$last $next" in
    *.c) source=$next;;
    "-o "*) object=$next next=$next.i;;
    *" -c") next=-E;;
    esac
    set -- "$@" "$next"
done
pause started "$first"
read -r conf < "$here/cc.conf"
read -r version < "$here/../VERSION"
mode=$(stat -c %a "$source")
pause looked "$second"
gcc "$@" "-DTOOL=\\"$tool $conf $version $mode\\"" || exit
pause preprocessed "$third"
gcc -g0 -fpreprocessed -c "$object.i" -o "$object" || exit
pause ended "$fourth"
"""
TRANSLATE = """\
#!/bin/sh
READ_PACEpause started "$first"
pause looked "$second"
"$@" || exit
pause preprocessed "$third"
pause ended "$fourth"
"""
GATHERER = '''\
"""Writes a program and what it imports into a C file."""

import json
import os
import re
import sys
import time

FORMS = ("{0}/__init__.pyi", "{0}/__init__.py", "{0}.pyi", "{0}.py")
IMPORT = re.compile(r"^(?:from (\\S+) import (\\w+)|import (\\S+))", re.MULTILINE)


HELD = []


def pause(name, seconds):
    if float(seconds):
        with open("PACE/events", "a") as stream:
            stream.write(name + "\\n")
        time.sleep(float(seconds))
        late = time.monotonic() + 10
        while name in HELD and not os.path.exists(f"PACE/go-{name}") and time.monotonic() < late:
            time.sleep(0.01)


def names(text):
    for module, member, whole in IMPORT.findall(text):
        parts = (whole or f"{module}.{member}").split(".")
        for depth in range(len(parts)):
            yield "/".join(parts[: depth + 1])


def main(entry, output):
    first, second, third, fourth, *HELD[:] = open("PACE/pace").read().split()
    pause("started", first)
    todo, texts = [entry], {}
    while todo:
        path = todo.pop()
        if path in texts:
            continue
        with open(path) as stream:
            texts[path] = stream.read()
        if path == entry:
            pause("looked", second)
        for name in names(texts[path]):
            todo += [form.format(name) for form in FORMS if os.path.isfile(form.format(name))]
    pause("preprocessed", third)
    with open(output, "w") as stream:
        rows = [["gatherer RELEASE"], *sorted(texts.items())]
        for row in rows:
            for text in row:
                name = f"static const char *text{stream.tell()}"
                stream.write(f"__attribute__((used)) {name} = {json.dumps(text)};\\n")
    pause("ended", fourth)


main(*sys.argv[1:])
'''

Chance = random.Random
Kind = Callable[[State, Chance], list[Operation]]


@dataclass(frozen=True)
class Scene:
    """One of the projects: how it is built, how it is at first, and what may happen to it."""

    name: str
    toolchain: str
    outputs: Mapping[str, tuple[str, ...]]  # program -> its results, below its folder
    base: State
    kinds: Mapping[str, Kind]
    edits: tuple[str, ...]  # kinds that make every build a miss: quiet edits before a race
    build_s: float  # about how long a build takes
    places: tuple[str, ...]  # where its tools say that they are, in order


def header(name: str, text: str, more: str = "") -> File:
    """A header that defines a name as a text."""
    return File(f'{more}#undef {name}\n#define {name} "{text}"\n')


def put(path: str, text: str, name: str = "", more: str = "") -> Kind:
    """A kind: a file of this text (a header that defines `name`) takes the place of what is there,
    or appears."""
    node = header(name, text, more) if name else File(text)
    return lambda _state, _chance: [Put(path, node)]


def variant(path: str, old: str, *, in_place: bool = False) -> Kind:
    """A kind: one of two other words of the same length takes the place of `old` in a file."""

    def change(state: State, chance: Chance) -> list[Operation]:
        node = state[path]
        assert isinstance(node, File) and node.text.count(old) == 1, (path, old)
        text = node.text.replace(old, old[:-1] + chance.choice("XY"))
        return [Overwrite(path, text) if in_place else Put(path, File(text, node.mode))]

    return change


def and_back(kind: Kind) -> Kind:
    """A kind: changed, and changed back; files come back under new inodes."""

    def change(state: State, chance: Chance) -> list[Operation]:
        steps = kind(state, chance)
        back: list[Operation] = []
        for step in reversed(steps):
            match step:
                case Put(path, _) if path in state:
                    back.append(Put(path, state[path]))
                case Put(path, _):
                    back.append(Remove(path))
                case Remove(path):
                    back.append(Put(path, state[path]))
                case Overwrite(path, _):
                    node = state[path]
                    assert isinstance(node, File)
                    back.append(Overwrite(path, node.text))
                case Move(old, new):
                    back.append(Move(new, old))
                case Chmod(path, _):
                    node = state[path]
                    assert isinstance(node, File)
                    back.append(Chmod(path, node.mode))
                case Touch(_):
                    back.append(step)
        return [*steps, *back]

    return change


def remove(path: str) -> Kind:
    """A kind: a file goes."""
    return lambda _state, _chance: [Remove(path)]


def swap(one: str, other: str) -> Kind:
    """A kind: two folders exchange their names, by three renames."""
    aside = f"{one}-aside"
    return lambda _state, _chance: [Move(one, aside), Move(other, one), Move(aside, other)]


def retarget(path: str, target: str) -> Kind:
    """A kind: a link leads elsewhere."""
    return lambda _state, _chance: [Put(path, Link(target))]


def again(path: str) -> Kind:
    """A kind: the same text under a new inode."""
    return lambda state, _chance: [Put(path, state[path])]


def touch(path: str) -> Kind:
    """A kind: new times, nothing else."""
    return lambda _state, _chance: [Touch(path)]


def chmod(path: str) -> Kind:
    """A kind: other mode bits."""
    return lambda _state, chance: [Chmod(path, chance.choice([0o755, 0o600, 0o664]))]


C_SOURCE = """\
#include "common.h"
#include "linked.h"
#include <ext.h>
#include <deep/inner.h>
#include <alias.h>
#include <twice.h>
__attribute__((used)) static const char *said[] = {
    "PROGRAM says 0", COMMON, NESTED, LINKED, EXT, BESIDE, INNER, UPPER, ALIAS, TWICE, TOOL,
};
int main(void) { return said[0][0] == 0; }
"""


def c_scene() -> Scene:
    """Two programs and their headers, compiled through the wrapper."""
    base: dict[str, File | Link] = {
        "project/VERSION": File("version 0\n"),
        "project/tools/cc": Link("cc-1"),
        "project/tools/cc-1": File(_script(WRAPPER, "cc 1"), 0o755),
        "project/tools/cc-2": File(_script(WRAPPER, "cc 2"), 0o755),
        "project/tools/cc.conf": File("conf 0\n"),
        "project/c/p0.c": File(C_SOURCE.replace("PROGRAM", "p0")),
        "project/c/p1.c": File(C_SOURCE.replace("PROGRAM", "p1")),
        "project/c/include/common.h": header("COMMON", "common 0", '#include "nested.h"\n'),
        "project/c/include/nested.h": header("NESTED", "nested 0"),
        "project/c/include/twice.h": header("TWICE", "twice in the project"),
        "project/c/other/common.h": header("COMMON", "other common", '#include "nested.h"\n'),
        "project/c/other/nested.h": header("NESTED", "other nested"),
        "project/c/other/twice.h": header("TWICE", "other twice"),
        "project/c/linked.h": Link("shapes/one.h"),
        "project/c/shapes/one.h": header("LINKED", "shape one"),
        "project/c/shapes/two.h": header("LINKED", "shape two"),
        "outside/first/alias.h": Link("../real/alias-1.h"),
        "outside/real/alias-1.h": header("ALIAS", "alias 1"),
        "outside/real/alias-2.h": header("ALIAS", "alias 2"),
        "outside/current": Link("v1"),
        "outside/last/beside.h": header("BESIDE", "beside, last"),
        "outside/last/ext.h": header("EXT", "ext, last", '#include "beside.h"\n'),
        "outside/last/twice.h": header("TWICE", "twice, last"),
    }
    for release in ("v1", "v2"):
        base |= {
            f"outside/{release}/ext.h": header("EXT", f"ext {release}", '#include "beside.h"\n'),
            f"outside/{release}/deep/inner.h": header(
                "INNER", f"inner {release}", '#include "../upper.h"\n'
            ),
            f"outside/{release}/upper.h": header("UPPER", f"upper {release}"),
        }
    rows = "".join(f'\n[[programs]]\nname = "{p}"\nentry = "{p}.c"\n' for p in ("p0", "p1"))
    workload = WORKLOAD.replace("NAME", "c").replace("LANGUAGE", "c") + rows
    base["project/manifests/workloads/c.toml"] = File(workload)
    base |= _manifests("raced", RACED)
    common, ext = "project/c/include/common.h", "outside/v1/ext.h"
    tool = "project/tools/cc-1"
    kinds: dict[str, Kind] = {
        "edit a source": variant("project/c/p0.c", "says 0"),
        "edit a source in place": variant("project/c/p1.c", "says 0", in_place=True),
        "edit a header": variant(common, "common 0"),
        "edit a header in place": variant(common, "common 0", in_place=True),
        "edit a nested header": variant("project/c/include/nested.h", "nested 0"),
        "edit a header outside": variant(ext, "ext v1"),
        "edit a header outside in place": variant(ext, "ext v1", in_place=True),
        "edit a nested header outside": variant("outside/v1/upper.h", "upper v1"),
        "edit what a link leads to": variant("project/c/shapes/one.h", "shape one"),
        "edit what a link outside leads to": variant("outside/real/alias-1.h", "alias 1"),
        "replace the tool": variant(tool, "cc 1"),
        "edit the tool in place": variant(tool, "cc 1", in_place=True),
        "retarget the link to the tool": retarget("project/tools/cc", "cc-2"),
        "edit an identity file": variant("project/tools/cc.conf", "conf 0"),
        "edit an identity file in place": variant("project/tools/cc.conf", "conf 0", in_place=True),
        "edit a file of [key]": variant("project/VERSION", "version 0"),
        "retarget a link to a header": retarget("project/c/linked.h", "shapes/two.h"),
        "retarget a link to a header outside": retarget(
            "outside/first/alias.h", "../real/alias-2.h"
        ),
        "retarget a folder link": retarget("outside/current", "v2"),
        "remove a header": remove("project/c/include/twice.h"),
        "remove a header outside": remove(ext),
        "remove the only header": remove("project/c/include/nested.h"),
        "shadow earlier on the path": put("project/c/over/common.h", "over", "COMMON"),
        "shadow beside the source": put("project/c/common.h", "beside p0", "COMMON"),
        "shadow earlier outside": put("outside/first/ext.h", "first", "EXT"),
        "shadow an outer header by one of the project": put(
            "project/c/over/ext.h", "over ext", "EXT"
        ),
        "shadow beside a header outside": put("outside/v1/beside.h", "beside, v1", "BESIDE"),
        "swap folders": swap("project/c/include", "project/c/other"),
        "swap folders outside": swap("outside/v1", "outside/v2"),
        "mode of a source": chmod("project/c/p0.c"),
        "mode of a header": chmod(common),
        "touch a source": touch("project/c/p0.c"),
        "touch a header outside": touch(ext),
        "touch the tool": touch(tool),
        "the same header again": again(common),
        "the same header outside again": again(ext),
    }
    for name in (
        "edit a source",
        "edit a source in place",
        "edit a header",
        "edit a header in place",
        "edit a header outside",
        "edit a header outside in place",
        "replace the tool",
        "edit the tool in place",
        "retarget the link to the tool",
        "edit an identity file",
        "edit a file of [key]",
        "retarget a link to a header outside",
        "retarget a folder link",
        "remove a header outside",
        "shadow earlier on the path",
        "shadow earlier outside",
        "shadow beside a header outside",
        "swap folders outside",
        "mode of a source",
    ):
        kinds[f"{name}, and back"] = and_back(kinds[name])
    return Scene(
        name="c",
        toolchain="raced",
        outputs={"p0": ("p0.o",), "p1": ("p1.o",)},
        base=base,
        kinds=kinds,
        edits=("edit a nested header", "edit what a link leads to"),
        build_s=0.8,
        places=("asked", "started", "looked", "preprocessed", "ended"),
    )


def packed_scene(wheels: Path) -> Scene:
    """A program and what it imports; `wheels` is where the two releases of the tool are written."""
    locks = [_release(wheels, number) for number in (1, 2)]
    base: dict[str, File | Link] = {
        "project/VERSION": File("version 0\n"),
        "project/packed/main.py": File(
            "import helper\nimport string\nfrom parts import first\n# main 0\n"
        ),
        "project/packed/helper.py": File("import inner\n# helper 0\n"),
        "project/packed/inner.py": File("# inner 0\n"),
        "project/packed/parts/first.py": File("# first 0\n"),
        "project/packed/other/first.py": File("# other first\n"),
        "project/manifests/toolchains/locks/packed.txt": File(locks[0]),
        "project/manifests/workloads/packed.toml": File(
            WORKLOAD.replace("NAME", "packed").replace("LANGUAGE", "python")
            + '\n[[programs]]\nname = "main"\n'
        ),
    }
    base |= _manifests("packed", PACKED)
    lock = "project/manifests/toolchains/locks/packed.txt"
    kinds: dict[str, Kind] = {
        "edit a program": variant("project/packed/main.py", "main 0"),
        "edit a program in place": variant("project/packed/main.py", "main 0", in_place=True),
        "edit a local import": variant("project/packed/helper.py", "helper 0"),
        "edit a local import in place": variant(
            "project/packed/helper.py", "helper 0", in_place=True
        ),
        "edit an import's import": variant("project/packed/inner.py", "inner 0"),
        "edit a lock": put(lock, locks[1]),
        "a new import": put("project/packed/helper.py", "import inner\nimport late\n"),
        "shadow the standard library": put("project/packed/string.py", "# local string\n"),
        "shadow a module by a stub": put("project/packed/helper.pyi", "# stub\n"),
        "shadow a module by a package": put("project/packed/helper/__init__.py", "# a package\n"),
        "a folder becomes a package": put("project/packed/parts/__init__.py", "# parts\n"),
        "remove a local import": remove("project/packed/inner.py"),
        "swap packages": swap("project/packed/parts", "project/packed/other"),
        "touch a local import": touch("project/packed/helper.py"),
        "the same local import again": again("project/packed/helper.py"),
    }
    for name in (
        "edit a program",
        "edit a local import",
        "edit a local import in place",
        "edit a lock",
        "shadow the standard library",
        "shadow a module by a package",
        "remove a local import",
    ):
        kinds[f"{name}, and back"] = and_back(kinds[name])
    return Scene(
        name="packed",
        toolchain="packed",
        outputs={"main": ("main.o",)},
        base=base,
        kinds=kinds,
        edits=("edit an import's import",),
        build_s=0.7,
        places=("started", "looked", "preprocessed", "ended"),
    )


def cython_scene() -> Scene:
    """Cython's translation, with the stock lock."""
    lock = (REPOSITORY / "manifests/toolchains/locks/cython.txt").read_text()
    base: dict[str, File | Link] = {
        "project/VERSION": File("version 0\n"),
        "project/tools/translate": File(_script(TRANSLATE), 0o755),
        "project/cython/main.py": File(
            "import cython\nimport local\nfrom cython.cimports.shapes import area\n\n\n"
            "def twice(x: cython.int):\n    return 2 * x\n\n\n"
            'def main():\n    print("main 0", area(2), twice(2))\n'
        ),
        "project/cython/local.py": File("NAME = 'local 0'\n"),
        "project/cython/shapes.pxd": File(
            'include "inner.pxi"\ncdef inline int area(int x):\n    return inner(x) * 1110\n'
        ),
        "project/cython/inner.pxi": File("cdef inline int inner(int x):\n    return x + 2220\n"),
        "project/manifests/toolchains/locks/cythonized.txt": File(lock),
        "project/manifests/workloads/cython.toml": File(
            WORKLOAD.replace("NAME", "cython").replace("LANGUAGE", "python")
            + '\n[[programs]]\nname = "main"\n'
        ),
    }
    base |= _manifests("cythonized", CYTHONIZED)
    shapes, inner = "project/cython/shapes.pxd", "project/cython/inner.pxi"

    def number(path: str, old: str, *, in_place: bool = False) -> Kind:
        def change(state: State, chance: Chance) -> list[Operation]:
            node = state[path]
            assert isinstance(node, File) and node.text.count(old) == 1
            text = node.text.replace(old, old[:-1] + chance.choice("56"))
            return [Overwrite(path, text) if in_place else Put(path, File(text))]

        return change

    kinds: dict[str, Kind] = {
        "edit a program for Cython": variant("project/cython/main.py", "main 0"),
        "edit a .pxd": number(shapes, "1110"),
        "edit a .pxd in place": number(shapes, "1110", in_place=True),
        "edit a .pxi": number(inner, "2220"),
        "edit a module beside": variant("project/cython/local.py", "local 0"),
        "a .pxd of the program appears": put("project/cython/main.pxd", "cpdef int twice(int x)\n"),
        "shadow a .pxd by a package": put(
            "project/cython/shapes/__init__.pxd",
            "cdef inline int area(int x):\n    return x * 7777\n",
        ),
        "shadow a module by a stub, for Cython": put("project/cython/local.pyi", "NAME: str\n"),
        "remove a .pxd": remove(shapes),
        "touch a .pxd": touch(shapes),
        "the same .pxd again": again(shapes),
    }
    for name in ("edit a .pxd", "edit a .pxd in place", "a .pxd of the program appears"):
        kinds[f"{name}, and back"] = and_back(kinds[name])
    return Scene(
        name="cython",
        toolchain="cythonized",
        outputs={"main": ("main.c",)},
        base=base,
        kinds=kinds,
        edits=("edit a .pxi",),
        build_s=1.5,
        places=("started", "looked", "preprocessed", "ended"),
    )


def _script(text: str, tool: str = "") -> str:
    return text.replace("READ_PACE", READ_PACE).replace("cc N", tool)


def _manifests(toolchain: str, text: str) -> dict[str, File | Link]:
    return {
        "project/manifests/project.toml": File(PROJECT.replace("TOOLCHAIN", toolchain)),
        "project/manifests/cache.toml": File(CACHE),
        f"project/manifests/toolchains/{toolchain}.toml": File(text),
    }


def _release(wheels: Path, number: int) -> str:
    """Write a release of the gatherer as a wheel; the lock that names it."""
    wheels.mkdir(parents=True, exist_ok=True)
    name = f"gatherer-{number}-py3-none-any.whl"
    code = GATHERER.replace("RELEASE", str(number)).replace("PACE", str(wheels.parent / "pace"))
    about = f"gatherer-{number}.dist-info"
    members = {
        "gatherer.py": code,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: gatherer\nVersion: {number}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: trial\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    members[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in members) + f"{about}/RECORD,,\n"
    with zipfile.ZipFile(wheels / name, "w") as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    digest = hashlib.sha256((wheels / name).read_bytes()).hexdigest()
    return f"gatherer @ file://{wheels / name} --hash=sha256:{digest}\n"
