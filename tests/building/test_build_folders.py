"""Folders as outputs: kept as trees, laid down whole, and watched file by file."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, new_project, python_tool, statuses, workload
from other_processes import end_of

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "pages"
description = "Makes a folder of what a recipe says, then a list of what is in it."
engine = "compiler"
accepts = ["recipe"]

[executables.tool]
path = "{project}/tools/tool"

[[stages]]
name = "spread"
argv = ["{tool}", "spread", "{entry}", "{pages}"]
outputs = { pages = "made/pages/" }

[[stages]]
name = "gather"
inputs = { pages = "spread.pages" }
argv = ["{tool}", "gather", "{pages}"]
stdout = "listing"
outputs = { listing = "{program}.txt" }

[targets.native]
results = ["spread.pages", "gather.listing"]
run = ["cat", "{listing}"]
"""

# A recipe is lines: `NAME=TEXT` is a file, `NAME*=TEXT` one to be executed, `NAME/` a folder,
# `NAME->TARGET` a link, `|NAME` a pipe.
TOOL = """\
import os, sys
with open("LOG", "a") as log:
    log.write(sys.argv[1] + "\\n")
if sys.argv[1] == "spread":
    for line in open(sys.argv[2], errors="surrogateescape").read().splitlines():
        name, _, text = line.partition("=")
        path = os.path.join(sys.argv[3], name.rstrip("*"))
        if not line:
            continue
        if "->" in line:
            name, target = line.split("->")
            os.symlink(target, os.path.join(sys.argv[3], name))
        elif line.startswith("|"):
            os.mkfifo(os.path.join(sys.argv[3], line[1:]))
        elif name.endswith("/"):
            os.makedirs(path)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(text)
            os.chmod(path, 0o755 if name.endswith("*") else 0o640)
else:
    for parent, folders, files in sorted(os.walk(sys.argv[2])):
        for name in sorted(files + folders):
            path = os.path.join(parent, name)
            what = "->" + os.readlink(path) if os.path.islink(path) else "/"
            if os.path.isfile(path) and not os.path.islink(path):
                what = " x " if os.access(path, os.X_OK) else " - "
                what += open(path).read()
            print(ascii(os.path.relpath(path, sys.argv[2])) + what)
"""
RECIPE = "a.txt=one\nsub/b.txt=two\nsub/run*=three\nempty=\nnothing/\nlink->sub/b.txt\n"
LISTING = [
    "'a.txt' - one",
    "'empty' - ",
    "'link'->sub/b.txt",
    "'nothing'/",
    "'sub'/",
    "'sub/b.txt' - two",
    "'sub/run' x three",
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = new_project(tmp_path, "pages")
    made.write("manifests/toolchains/pages.toml", TOOLCHAIN)
    made.write("manifests/workloads/programs.toml", workload("recipe", "one=one.recipe"))
    made.write(
        "tools/tool",
        python_tool(TOOL.replace("LOG", str(made.log_file))),
        executable=True,
    )
    made.write("programs/one.recipe", RECIPE)
    return made


def pages(project: Project) -> Path:
    return project.output("one/made/pages", "pages")


def listing(project: Project) -> list[str]:
    return project.output("one/one.txt", "pages").read_text().splitlines()


def snapshot(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Path -> content or target, inode and modification time of all below a folder."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else "/"
            if path.is_file() and not path.is_symlink():
                content = f"{path.read_text()} {status.st_mode & 0o100}"
            found[str(path.relative_to(folder))] = content, status.st_ino, status.st_mtime_ns
    return found


def contents(folder: Path) -> dict[str, str]:
    return {path: row[0] for path, row in snapshot(folder).items()}


def test_a_folder_is_made_kept_and_given_to_the_next_stage(project: Project) -> None:
    assert executed(project.build()) == ["one spread", "one gather"]
    assert listing(project) == LISTING
    made = snapshot(pages(project))
    assert set(made) == {"a.txt", "empty", "link", "nothing", "sub", "sub/b.txt", "sub/run"}
    assert project.log() == ["spread", "gather"]

    assert statuses(project.build()) == {"one spread": "up-to-date", "one gather": "up-to-date"}
    assert snapshot(pages(project)) == made

    elsewhere = project.copy(project.root.parent / "elsewhere")
    assert set(statuses(elsewhere.build()).values()) == {"hit"}
    assert contents(pages(elsewhere)) == contents(pages(project))
    assert project.log() == []


CHANGES = {
    "a file more": lambda folder: (folder / "sub/new").write_text("new"),
    "a file less": lambda folder: (folder / "sub/b.txt").unlink(),
    "another content": lambda folder: (folder / "a.txt").write_text("eno"),
    "another mode": lambda folder: (folder / "a.txt").chmod(0o755),
    "a folder more": lambda folder: (folder / "sub/more").mkdir(),
    "a folder less": lambda folder: (folder / "nothing").rmdir(),
    "another link": lambda folder: (
        (folder / "link").unlink(),
        (folder / "link").symlink_to("a.txt"),
    ),
    "a file for a link": lambda folder: (
        (folder / "link").unlink(),
        (folder / "link").hardlink_to(folder / "sub/b.txt"),
    ),
    "a file for the folder": lambda folder: (shutil.rmtree(folder), folder.write_text("")),
    "nothing at all": lambda folder: shutil.rmtree(folder),
    "a link for the folder": lambda folder: (
        folder.rename(folder.with_name("moved")),
        folder.symlink_to("moved"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_materialised_folder_that_is_not_as_written_is_put_back(
    project: Project, change: str
) -> None:
    project.build()
    as_written = contents(pages(project))
    CHANGES[change](pages(project))
    assert project.build()["executed"] == 0
    assert contents(pages(project)) == as_written
    assert not pages(project).is_symlink()
    others = [path for path in pages(project).parent.iterdir() if path.name != "pages"]
    assert [contents(path) for path in others] in ([], [{"nothing": "/", "sub": "/"}])
    assert statuses(project.build())["one spread"] == "up-to-date"


def test_what_is_as_it_was_written_is_not_written_again(project: Project) -> None:
    project.build()
    before = snapshot(pages(project))
    project.write("programs/one.recipe", RECIPE + "\n")
    assert executed(project.build()) == ["one spread"]  # and cut off: the folder is the same
    assert snapshot(pages(project)) == before


def test_files_that_are_no_longer_made_are_gone_below_too(project: Project) -> None:
    project.build()
    project.write("programs/one.recipe", "a.txt=one\nsub=now a file\n")
    project.build()
    assert contents(pages(project)) == {"a.txt": "one 0", "sub": "now a file 0"}
    assert listing(project) == ["'a.txt' - one", "'sub' - now a file"]


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("x=1\nup->../../x\n", "pages/up, which is a link that leads out"),
        ("x=1\nabsolute->/etc/passwd\n", "pages/absolute, which is a link that leads out"),
        ("x=1\nsub/\nsub/deep->..\nout->sub/deep/../../y\n", "pages/out, which is a link that"),
        ("|pipe\n", "pages/pipe, which is a pipe"),
    ],
)
def test_what_cannot_be_kept_is_named(project: Project, recipe: str, words: str) -> None:
    project.write("programs/one.recipe", recipe)
    result = project.run("build")
    assert result.code == 1
    assert words in result.err


def test_names_that_are_unusual(project: Project) -> None:
    names = [" ", "new\u00e9", "a b'\"$", "-rf", ".hidden", "b\\s", "\udc80raw", "x" * 200]
    recipe = "".join(f"{name}={number}\n" for number, name in enumerate(names))
    project.write("programs/one.recipe", recipe.encode(errors="surrogateescape"))
    project.build()
    assert sorted(os.listdir(pages(project))) == sorted(names)
    assert project.build()["executed"] == 0
    shutil.rmtree(project.root / ".molt-build")
    assert set(statuses(project.build()).values()) == {"hit"}
    assert sorted(os.listdir(pages(project))) == sorted(names)


def test_an_empty_folder_is_a_folder(project: Project) -> None:
    project.write("programs/one.recipe", "")
    project.build()
    assert os.listdir(pages(project)) == []
    assert set(statuses(project.build()).values()) == {"up-to-date"}


def test_many_files_stay_up_to_date(project: Project) -> None:
    lines = [f"folder-{number % 30}/file-{number}={number % 7}" for number in range(3000)]
    project.write("programs/one.recipe", "\n".join(lines))
    assert project.build()["executed"] == 2
    assert set(statuses(project.build()).values()) == {"up-to-date"}
    store = [p for p in (project.cache / "store/blobs").rglob("*") if p.is_file()]
    assert len(store) < 20  # equal files are stored once
    (pages(project) / "folder-7/file-37").write_text("x")
    assert statuses(project.build()) == {"one spread": "hit", "one gather": "up-to-date"}
    assert (pages(project) / "folder-7/file-37").read_text() == "2"


def test_a_lost_or_damaged_part_is_a_miss_of_the_whole(project: Project) -> None:
    for damage in (Path.unlink, lambda blob: blob.write_text("rot")):
        project.write("programs/one.recipe", RECIPE)
        project.build()
        as_written = contents(pages(project))
        project.log()
        for blob in (project.cache / "store/blobs").rglob("*"):
            if blob.is_file() and blob.read_bytes() == b"two":
                damage(blob)
        shutil.rmtree(project.root / ".molt-build")
        assert executed(project.build()) == ["one spread"]
        assert contents(pages(project)) == as_written


def test_verify_knows_what_a_folder_lacks(project: Project) -> None:
    project.build()
    assert project.run("cache", "verify").code == 0
    for blob in (project.cache / "store/blobs").rglob("*"):
        if blob.is_file() and blob.read_bytes() == b"two":
            blob.unlink()
    found = project.run("cache", "verify")
    assert "1 incomplete" in found.out
    shutil.rmtree(project.root / ".molt-build")
    assert executed(project.build()) == ["one spread"]


def test_audit_names_the_file_that_differs(project: Project) -> None:
    project.build()
    assert project.run("cache", "audit").code == 0
    tool = project.read("tools/tool")
    project.replace(
        "tools/tool",
        '            open(path, "w").write(text)',
        "            open(path, \"w\").write(text + str(os.getpid()) * (text == 'two'))",
    )
    project.build()
    found = project.run("cache", "audit")
    assert found.code == 1
    assert "pages/sub/b.txt" in found.out
    project.write("tools/tool", tool)


def test_with_the_store_off(project: Project) -> None:
    off = {"MOLT_BUILD_CACHE": "off"}
    assert project.build(env=off)["executed"] == 2
    assert listing(project) == LISTING
    made = contents(pages(project))
    assert project.build(env=off)["executed"] == 2
    assert contents(pages(project)) == made


def test_pruning_spares_the_files_of_a_folder_in_use(project: Project) -> None:
    project.build()
    old = 10**18
    for path in (project.cache / "store").rglob("*"):
        if path.is_file():
            os.utime(path, ns=(old, old))
    shutil.rmtree(project.root / ".molt-build")
    project.build()  # a hit: all of it is used now
    for blob in (project.cache / "store/blobs").rglob("*"):
        assert not blob.is_file() or blob.stat().st_mtime_ns > old


@pytest.mark.parametrize("in_slot", [False, True])
def test_a_file_takes_the_place_of_a_folder_and_back(toys: Project, in_slot: bool) -> None:
    """A manifest that says otherwise: for results, for inputs that lie in a slot, for sources."""
    manifest, more = "manifests/toolchains/toy.toml", "needs_shard = true\n" if in_slot else ""
    text = toys.read(manifest).replace('["data/*.txt"]', '["data", "data/**"]')
    text = text.replace('results = ["ass', 'results = ["translate.text", "ass')
    text = text.replace("outputs = ", f"{more}outputs = ").replace('{module}.text"', 'made"')
    tool = 'case "$1" in translate) out=$3; [ -d "$3" ] && out=$3/in\n'
    tool += 'cat "$2" $(find data -type f) > "$out";;\n'
    tool += '*) in=$2; [ -d "$2" ] && in=$2/in; cat "$in" > "$3"; chmod +x "$3";; esac\n'
    toys.write("tools/toyc", f"#!/bin/sh\n{tool}", executable=True)
    data = toys.root / "programs/data"
    for number, is_folder in enumerate((True, False, True, False)):
        toys.write(manifest, text.replace('"made"', '"made/"') if is_folder else text)
        shutil.rmtree(data) if data.is_dir() else data.unlink(missing_ok=True)
        toys.write("programs/data/a/b" if is_folder else "programs/data", f"{number}\n")
        toys.build("one", "--jobs", "1")
        assert toys.output("one/one.sh").read_text().endswith(f"\n{number}\n")
        assert toys.output("one/made").is_dir() == is_folder
        assert toys.build("one")["up_to_date"] == 2


def test_a_folder_in_a_slot_keeps_times_where_nothing_changed(project: Project) -> None:
    project.replace(
        "manifests/toolchains/pages.toml",
        'stdout = "listing"\n',
        'stdout = "listing"\nneeds_shard = true\n',
    )
    project.build()
    (slot,) = project.cache.glob("shards/*/*/*/slot-*/stage/one/made/pages")
    before = snapshot(slot)
    project.write("programs/one.recipe", RECIPE.replace("sub/b.txt=two", "sub/c.txt=two"))
    project.build()
    after = snapshot(slot)
    assert after["a.txt"] == before["a.txt"]
    assert after["sub/run"] == before["sub/run"]
    assert "sub/b.txt" not in after
    assert after["sub/c.txt"][0] == "two 0"
    project.write("programs/one.recipe", "a.txt=one\n")
    project.build()
    assert set(snapshot(slot)) == {"a.txt"}


def test_a_folder_that_stays_out_of_the_store(project: Project) -> None:
    project.replace(
        "manifests/toolchains/pages.toml", "outputs = { pages", "store = false\noutputs = { pages"
    )
    project.build()
    made = contents(pages(project))
    assert listing(project) == LISTING
    assert set(statuses(project.build()).values()) == {"up-to-date"}
    assert project.run("cache", "audit").code == 0
    assert project.run("cache", "verify").code == 0
    shutil.rmtree(pages(project))
    assert executed(project.build()) == ["one spread"]
    assert contents(pages(project)) == made


HEADERS = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "headers"
description = "Makes headers, then compiles with them."
engine = "compiler"
accepts = ["c"]

[uses]
cc = ["gcc", "clang"]

[executables.tool]
path = "{project}/tools/tool"

[[stages]]
name = "spread"
argv = ["{tool}", "spread", "headers.recipe", "{made}"]
candidates = ["headers.recipe"]
outputs = { made = "made/" }

[[stages]]
name = "compile"
takes_source = true
inputs = { made = "spread.made" }
argv = [
    "{cc}", "{cc.compile}", "-I{made}", "-I{made}/deep", "-Iown", "-MD", "-MF", "d", "{entry}",
    "-o", "{binary}",
]
outputs = { binary = "{module}" }
candidates = ["own/*.h"]
depfile = { path = "d", format = "make" }

[targets.native]
results = ["compile.binary"]
run = ["{binary}"]
"""


def test_headers_in_a_folder_are_found_first_and_looked_for(project: Project) -> None:
    needs("gcc")
    project.write("manifests/toolchains/headers.toml", HEADERS)
    project.write("manifests/workloads/programs.toml", workload("c", "one=one.c"))
    source = '#include <stdio.h>\n#include "x.h"\nint main(void) { printf("%d\\n", X); }\n'
    project.write("programs/one.c", source)
    project.write("programs/own/x.h", "#define X 1\n")
    project.write("programs/headers.recipe", "deep/y.h=#define Y 2\n")
    words = ("one", "--toolchain", "headers")

    def prints() -> str:
        project.build(*words)
        program = project.root / ".molt-build/out/headers/dev/native/one/one"
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout

    assert prints() == "1\n"
    assert project.build(*words)["executed"] == 0
    project.write("programs/headers.recipe", "deep/x.h=#define X 2\n")
    assert prints() == "2\n"
    project.write("programs/headers.recipe", "deep/x.h=#define X 2\nx.h=#define X 3\n")
    assert prints() == "3\n"
    project.write("programs/headers.recipe", "deep/y.h=#define Y 2\n")
    assert prints() == "1\n"
    project.write("programs/own/x.h", "#define X 4\n")
    assert prints() == "4\n"


def test_builds_of_one_checkout_at_once(project: Project) -> None:
    files = "".join(f"many/{number}={number}\n" for number in range(200))
    project.write("programs/one.recipe", RECIPE + files)
    project.build()
    as_written = contents(pages(project))
    for _ in range(2):
        shutil.rmtree(project.root / ".molt-build")
        builders = [project.start("build") for _ in range(3)]
        for builder in builders:
            _, err = end_of(builder)
            assert builder.returncode == 0, err
        assert contents(pages(project)) == as_written
    assert os.listdir(project.root / ".molt-build/tmp") == []


def test_one_that_is_killed_leaves_the_folder_whole_or_none(project: Project) -> None:
    files = "".join(f"many/{number}={number}\n" for number in range(400))
    project.write("programs/one.recipe", RECIPE + files)
    project.build()
    as_written = contents(pages(project))
    scratch = project.root / ".molt-build/tmp"
    for _ in range(3):
        shutil.rmtree(pages(project), ignore_errors=True)
        builder = project.start("build")
        while builder.poll() is None and not os.listdir(scratch):
            time.sleep(0.005)
        builder.kill()
        builder.communicate()
        assert not pages(project).exists() or contents(pages(project)) == as_written
    project.build()
    assert contents(pages(project)) == as_written
    assert os.listdir(scratch) == []
