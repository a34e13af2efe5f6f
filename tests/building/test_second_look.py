"""What changes while a compiler runs: the build says so, stores nothing, and the next one is right.

The compiler is a script that runs a piece of shell before the real compiler and another one after
it, so that each change happens at a moment that is known. Each state that follows is compared with
a build of a copy that has the cache switched off.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, workload
from other_processes import end_of, wait_for

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "hooked"
description = "gcc, with something before and after it."
engine = "compiler"
accepts = ["c"]

[executables.cc]
path = "{project}/tools/cc"

[[stages]]
name = "compile"
argv = [
    "{cc}", "-O1", "-g0", "-IOUTSIDE/early", "-IOUTSIDE/link", "-Ilocal",
    "-MD", "-MF", "d", "-c", "{entry}", "-o", "{object}",
]
outputs = { object = "{module}.o" }
candidates = ["local/*.h"]
depfile = { path = "d", format = "make" }
includes = "c"
looks_above = ["hooked.ini"]

[targets.native]
results = ["compile.object"]
run = ["true", "{object}"]
"""
CACHE = """\
#:schema ../schemas/cache.schema.json
kind = "cache"
schema_version = 1
name = "cache"
description = "What lies in the project and belongs to every key."

[key]
files = ["VERSION", "SETTINGS"]
"""
CC = """\
#!/bin/sh
cd_back=$PWD
test -f OUTSIDE/before && { cd OUTSIDE; . ./before; cd "$cd_back"; }
gcc "$@"
code=$?
test -f OUTSIDE/after && { cd OUTSIDE; . ./after; }
exit $code
"""
SOURCE = """\
#include "near.h"
#include <far.h>
#if __has_include(<extra.h>)
const char *extra = "there is more";
#endif
const char *text = NEAR FAR;
"""


class Hooked:
    """A C project whose headers lie outside of it, and the moments around its compiler."""

    def __init__(self, project: Project, outside: Path) -> None:
        self.project = project
        self.outside = outside

    def hooks(self, before: str = "", after: str = "") -> None:
        """What the compiler does, in the folder outside, before and after its work."""
        for name, text in (("before", before), ("after", after)):
            (self.outside / name).write_text(text.replace("PROJECT", str(self.project.root)) + "\n")

    def object(self) -> bytes:
        """What was built."""
        return self.project.output("prog/main.o", "hooked").read_bytes()

    def uncached(self) -> bytes:
        """What a build without cache gives for the state as it is now."""
        copy = self.project.root.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        other = self.project.copy(copy)
        other.build(env={"MOLT_BUILD_CACHE": "off"})
        return other.output("prog/main.o", "hooked").read_bytes()


@pytest.fixture
def hooked(project: Project, tmp_path: Path) -> Hooked:
    needs("gcc")
    outside = tmp_path / "outside"
    for folder in ("early", "first", "second"):
        (outside / folder).mkdir(parents=True)
        if folder != "early":
            (outside / folder / "far.h").write_text(f'#define FAR "far, {folder}"\n')
    (outside / "link").symlink_to("first")
    project.write("manifests/toolchains/hooked.toml", TOOLCHAIN.replace("OUTSIDE", str(outside)))
    project.replace("manifests/project.toml", '"cython"', '"hooked"')
    project.write("manifests/workloads/programs.toml", workload("c", "prog=main.c"))
    project.write("manifests/cache.toml", CACHE)
    project.write("VERSION", "1\n")
    (tmp_path / "hooked.ini").write_text("fast = true\n")
    project.write("tools/cc", CC.replace("OUTSIDE", str(outside)), executable=True)
    project.write("programs/main.c", SOURCE)
    project.write("programs/local/near.h", '#define NEAR "near, "\n')
    return Hooked(project, outside)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("ln -sfn second link", "ln -sfn first link", id="a link, there and back"),
        pytest.param("", "ln -sfn second link", id="a link, after"),
        pytest.param(
            "mv first kept; mv second first", "mv first second; mv kept first", id="folders"
        ),
        pytest.param(
            "mv first kept; mv second first",
            "mv first second; mv kept first; touch first/new",
            id="folders, and a new name in one",
        ),
        pytest.param("", "rm first/far.h", id="a header goes"),
        pytest.param(
            "cp -p first/far.h kept; echo '#define FAR \"other\"' > first/far.h",
            "cp -p kept first/far.h; touch -r kept first/far.h",
            id="a header, there and back",
        ),
        pytest.param("", "cp second/far.h early/far.h", id="a shadow appears"),
        pytest.param("cp second/far.h early/far.h", "rm early/far.h", id="a shadow goes"),
        pytest.param("touch early/extra.h", "rm early/extra.h", id="what was only asked for"),
        pytest.param("", "touch early/extra.h", id="what was only asked for, after"),
        pytest.param(
            "cp PROJECT/tools/cc new; echo >> new; mv new PROJECT/tools/cc", "", id="the tool"
        ),
        pytest.param(
            "mv PROJECT/tools/cc kept; cp kept PROJECT/tools/cc",
            "mv kept PROJECT/tools/cc",
            id="the tool, there and back",
        ),
        pytest.param(
            "cp -p PROJECT/VERSION kept; echo 2 > PROJECT/VERSION",
            "cp -p kept PROJECT/VERSION",
            id="a file of the key, there and back",
        ),
        pytest.param("touch PROJECT/SETTINGS", "rm PROJECT/SETTINGS", id="an absent one, likewise"),
        pytest.param(
            "cp -p ../hooked.ini kept; echo >> ../hooked.ini",
            "cp -p kept ../hooked.ini",
            id="a file above, there and back",
        ),
        pytest.param("echo >> PROJECT/programs/main.c", "", id="the source"),
        pytest.param("", "chmod +x PROJECT/programs/main.c", id="the source's mode"),
        pytest.param("rm PROJECT/programs/main.c", "", id="the source goes"),
        pytest.param(
            "echo '#define NEAR \"other\"' > PROJECT/programs/local/near.h", "", id="a candidate"
        ),
        pytest.param(
            "",
            "cd PROJECT/programs; touch near.h local/far.h local/extra.h",
            id="candidates that shadow",
        ),
    ],
)
def test_a_change_during_the_run_is_said_and_stores_nothing(
    hooked: Hooked, before: str, after: str
) -> None:
    source = hooked.project.read("programs/main.c")
    hooked.hooks(before, after)
    result = hooked.project.run("build")
    assert result.code == 4, result.err
    assert "build again" in result.err
    assert not list(hooked.project.cache.glob("store/entries/*/*"))
    hooked.hooks()
    if not (hooked.project.root / "programs/main.c").exists():
        hooked.project.write("programs/main.c", source)
    if not (hooked.outside / "link/far.h").exists():
        shutil.copy(hooked.outside / "second/far.h", hooked.outside / "link/far.h")
    assert hooked.project.build()["executed"] == 1
    assert hooked.object() == hooked.uncached()


def test_a_quiet_run_is_stored(hooked: Hooked) -> None:
    hooked.hooks("touch elsewhere", "touch second/unrelated")
    assert hooked.project.build()["executed"] == 1
    report = hooked.project.build()
    assert report["up_to_date"] == 1, report


def test_a_tool_replaced_while_it_runs_does_not_poison_the_store(toys: Project) -> None:
    """The old tool's key never holds the new tool's output."""
    toys.write("programs/one.toy", "HOLD\n")
    toys.write("programs/two.toy", "two\n")
    old = toys.read("tools/toyc")
    process = toys.start("build", "one", "two", "--jobs", "1", "--keep-going")
    wait_for(toys.has_logged, "the compiler's start")
    new = toys.write("tools/new", old.replace("s/.*/echo", "s/.*/echo another"), executable=True)
    os.replace(new, toys.root / "tools/toyc")
    toys.go_on.touch()
    _, err = end_of(process)
    assert process.returncode == 4
    assert "tools/toyc changed while translate ran" in err
    toys.write("tools/toyc", old, executable=True)
    assert len(executed(toys.build("one", "two"))) == 4
    for name, text in (("one", "HOLD\n"), ("two", "two\n")):
        done = subprocess.run([toys.output(f"{name}/{name}.sh")], capture_output=True, text=True)
        assert done.stdout == text


def test_a_failure_of_what_is_no_more_is_the_environments(toys: Project) -> None:
    toys.write("programs/one.toy", "HOLD FAIL\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the compiler's start")
    toys.write("programs/one.toy", "fine\n")
    toys.go_on.touch()
    _, err = end_of(process)
    assert process.returncode == 4
    assert "changed while translate ran" in err
    assert toys.build("one")["executed"] == 2


def test_a_lock_file_edited_meanwhile(toys: Project) -> None:
    """The lock that a toolchain stands on is looked at again as its tools are."""
    toys.replace(
        "manifests/toolchains/toy.toml",
        "[executables.toyc]",
        "[python]\nrequires = [\"nothing==1; python_version < '3'\"]\n\n[executables.toyc]",
    )
    lock = toys.write("manifests/toolchains/locks/toy.txt", "# nothing is required\n")
    toys.write("programs/one.toy", "HOLD\n")
    process = toys.start("build", "one")
    wait_for(toys.has_logged, "the compiler's start")
    lock.write_text("# nothing at all is required\n")
    toys.go_on.touch()
    _, err = end_of(process)
    assert process.returncode == 4
    assert "locks/toy.txt changed while translate ran" in err


def test_what_a_depfile_names_and_nobody_finds(hooked: Hooked) -> None:
    """gcc writes a name that ends with a backslash so that it goes on in what follows."""
    (hooked.outside / "first" / "trail\\").write_text('#define NEAR "odd"\n')
    hooked.project.write(
        "programs/main.c", "#include <trail\\>\n#include <far.h>\nchar *x = NEAR;\n"
    )
    result = hooked.project.run("build")
    assert result.code == 1
    assert "left a depfile that names" in result.err
    assert "which is not there" in result.err
    assert not list(hooked.project.cache.glob("store/entries/*/*"))


@pytest.mark.parametrize("umask", [0o077, 0o022, 0o002])
def test_modes_are_those_of_the_present_umask(toys: Project, umask: int) -> None:
    """A source is staged, and keyed, as executable or not; an output gets what the umask leaves."""
    text = toys.read("tools/toyc")
    shown = 'stat -c %a "$2" > "$3"; exit 0'
    toys.write("tools/toyc", text.replace('text=$(cat "$2")', shown), executable=True)
    toys.build("one")
    assert 'echo "644"' in toys.output("one/one.sh").read_text()
    source = toys.root / "programs/one.toy"
    source.chmod(0o640)
    assert executed(toys.build("one")) == []
    source.chmod(0o750)
    assert executed(toys.build("one")) == ["one translate", "one assemble"]
    assert 'echo "755"' in toys.output("one/one.sh").read_text()
    copy = toys.copy(toys.root.with_name("copy"))
    process = copy.start("build", "one", "--json", preexec_fn=lambda: os.umask(umask) and None)
    out, err = end_of(process)
    assert process.returncode == 0, err
    assert '"executed": 0' in out
    assert copy.output("one/one.sh").stat().st_mode & 0o777 == 0o777 & ~umask


def test_an_output_does_not_carry_the_first_builders_umask(toys: Project) -> None:
    process = toys.start("build", "one", preexec_fn=lambda: os.umask(0o077) and None)
    end_of(process)
    assert toys.output("one/one.sh").stat().st_mode & 0o777 == 0o700
    copy = toys.copy(toys.root.with_name("copy"))
    process = copy.start("build", "one", "--json", preexec_fn=lambda: os.umask(0o022) and None)
    assert json.loads(end_of(process)[0])["executed"] == 0
    assert copy.output("one/one.sh").stat().st_mode & 0o777 == 0o755
