"""Nothing outside is removed or overwritten through a link, wherever one is put."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest
from lane_projects import WORK, lane_project
from lane_results import lane_result
from other_processes import PATIENCE_S

from molt_build.history.database import open_history
from molt_build.measure.process import Command, Launcher
from molt_build.measure.scratch import empty, scratch_folders
from molt_build.report.page import Picture, write_page, write_pictures
from molt_build.results.files import read_bench, write_result
from molt_build.runs.folder import create_run, named_run
from molt_build.runs.samples import SamplesFile

# Names that molt_build would meet if it followed the link.
NAMES = (
    *("file", "one/one.sh", "one.sh", "slot-0", "a-b", "toy/dev/native/one/one.sh"),
    *("native/one/one.sh", "dev/native/one/one.sh", "old.svg", "result.json", "samples.jsonl"),
    *("ab/abcdef", "ab/abcdef.json", "native.plan", "one.number", "stage/one/one.toy", "one.toy"),
    *("state/counter", "locks/lock", "tmp/old", "quarantine/old", "FORMAT"),
)
OLD_S = 3 * 86400.0


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of the user's, with files of years ago; it must stay as it is."""
    folder = tmp_path / "victim"
    for name in NAMES:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"their {name}\n")
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (time.time() - OLD_S, time.time() - OLD_S))
    before = facts(folder)
    yield folder
    assert facts(folder) == before


def facts(folder: Path) -> dict[str, tuple[str, int, float]]:
    """What is in a folder: text, mode and time of each file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        is_file = path.is_file()
        text = path.read_text() if is_file else ""
        found[str(path)] = (text, status.st_mode, status.st_mtime if is_file else 0.0)
    return found


def put_link(place: Path, victim: Path) -> None:
    """A link to the victim in the place of what is there."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(victim)


OUT = (".molt-build/out", "/toy", "/dev", "/native", "/one")


@pytest.mark.parametrize("depth", range(1, len(OUT) + 1))
@pytest.mark.parametrize("edit", ("", "another\n"))
def test_a_link_in_the_outputs_is_replaced(
    toys: Project, victim: Path, depth: int, edit: str
) -> None:
    toys.build("one", "two")
    put_link(toys.root / "".join(OUT[:depth]), victim)
    if edit:
        toys.write("programs/one.toy", edit)
    toys.replace("manifests/project.toml", "A project of a test", "Edited: decide by content")
    toys.build("one")
    script = toys.output("one/one.sh")
    assert script.resolve() == script  # there are real folders again
    assert (edit.strip() or "one says hello") in script.read_text()


@pytest.mark.parametrize("name", ("one.sh", ".one.sh.0123456789abcdef.tmp", "sub", "sub/deep"))
def test_a_link_among_the_outputs_is_removed_itself(toys: Project, victim: Path, name: str) -> None:
    toys.build("one")
    put_link(toys.output("one") / name, victim if "sub" in name else victim / "file")
    toys.write("programs/one.toy", "another\n")
    toys.build("one")
    assert "another" in toys.output("one/one.sh").read_text()
    assert not toys.output("one/one.sh").is_symlink()
    if "sub" in name:
        assert not os.path.lexists(toys.output("one") / name)


def test_an_output_that_became_a_link_to_its_like_is_written_anew(
    toys: Project, tmp_path: Path
) -> None:
    toys.build("one")
    script, moved = toys.output("one/one.sh"), tmp_path / "moved"
    script.rename(moved)
    script.symlink_to(moved)
    toys.replace("manifests/project.toml", "A project of a test", "Edited: decide by content")
    toys.build("one")
    assert not script.is_symlink()
    assert script.read_text() == moved.read_text()


@pytest.mark.parametrize("place", ("plans", "plans/toy", "plans/toy/dev", "plans/manifests"))
def test_a_link_among_the_plans_is_replaced(toys: Project, victim: Path, place: str) -> None:
    toys.build("one")
    link = toys.root / ".molt-build" / place
    put_link(link, victim / "file" if place.endswith("manifests") else victim)
    toys.write("programs/one.toy", "another\n")
    toys.build("one")
    assert not link.is_symlink()
    assert toys.build("one")["executed"] == 0


def test_a_linked_state_and_cache_folder_are_followed(toys: Project, tmp_path: Path) -> None:
    """Who puts them on another disk may do so."""
    for place in (toys.root / ".molt-build", toys.cache):
        away = tmp_path / "disk" / place.name
        away.mkdir(parents=True)
        put_link(place, away)
    toys.build("one")
    assert (tmp_path / "disk/.molt-build/out/toy/dev/native/one/one.sh").is_file()
    assert (tmp_path / "disk/cache/store/blobs").is_dir()
    assert (toys.root / ".molt-build").is_symlink() and toys.cache.is_symlink()
    assert toys.build("one")["up_to_date"] == 2


def test_a_linked_history_is_left_alone(toys: Project, victim: Path) -> None:
    toys.build("one")
    put_link(toys.root / ".molt-build/history.sqlite", victim / "file")
    toys.write("programs/one.toy", "another\n")
    result = toys.run("build", "one")
    assert result.code == 0
    assert "history.sqlite is a symbolic link" in result.err
    waste = toys.run("cache", "waste")
    assert waste.code == 4
    assert "history.sqlite is a symbolic link" in waste.err


@pytest.mark.parametrize("place", ("running", "staging", "store"))
def test_a_link_in_the_cache_is_refused_and_named(toys: Project, victim: Path, place: str) -> None:
    toys.build("one")
    put_link(toys.cache / place, victim)
    toys.write("programs/one.toy", "another\n")
    result = toys.run("build", "one")
    assert result.code == 4, result.err
    assert f"{toys.cache / place} is a symbolic link" in result.err


@pytest.mark.parametrize(
    "name", ("blobs", "tmp", "locks", "quarantine", "entries", "hold-times", "recipes", "nearest")
)
def test_a_link_in_the_store_is_set_aside_itself(toys: Project, victim: Path, name: str) -> None:
    toys.build("one")
    put_link(toys.cache / "store" / name, victim)
    toys.write("programs/one.toy", "another\n")
    result = toys.run("build", "one")
    assert result.code == 0, result.err
    assert f"damaged in the store: {name} is a link" in result.err
    assert not (toys.cache / "store" / name).is_symlink()


def test_nothing_is_pruned_behind_a_link(toys: Project, victim: Path) -> None:
    toys.build("one")
    put_link(toys.cache / "store/blobs/ab", victim / "ab")
    assert toys.run("cache", "prune", "--to", "0").code == 0
    assert not [path for path in (toys.cache / "store/entries").rglob("*") if path.is_file()]
    put_link(toys.cache / "store/entries", victim)
    toys.run("cache", "verify")
    assert toys.run("cache", "clear", "--all").code == 0
    assert not (toys.cache / "store").exists()


def test_lock_files_are_not_written_through_a_link(toys: Project, victim: Path) -> None:
    toys.build("one")
    for path in list((toys.cache / "store/hold-times").iterdir()):
        put_link(path, victim / "file")
    put_link(toys.cache / "running/gate", victim / "file")
    toys.write("programs/one.toy", "another\n")
    assert toys.run("build", "one").code == 4
    (toys.cache / "running/gate").unlink()
    put_link(toys.cache / "store/size", victim / "file")
    toys.build("one")


SLOT = (
    *("slot-0/state", "slot-0/stage", "slot-0/stage/one", "slot-0"),
    *("slot-0.busy", "slot-0.ended", "slot-0.size"),
)


@pytest.mark.parametrize("place", SLOT)
def test_a_link_in_a_slot_is_replaced(toys: Project, victim: Path, place: str) -> None:
    shard = sharded(toys)
    toys.build("one", "--jobs", "1", "--toolchain", "careless")
    is_file = place.startswith("slot-0.")
    put_link(shard / place, victim / "file" if is_file else victim)
    toys.write("programs/one.toy", "another\n")
    toys.build("one", "--jobs", "1", "--toolchain", "careless")
    assert "another" in toys.output("one/one.made", "careless").read_text()
    assert not (shard / place).is_symlink()


@pytest.mark.parametrize("place", ("toolchain", "profile", "workload"))
def test_a_link_above_the_slots_is_refused(toys: Project, victim: Path, place: str) -> None:
    shard = sharded(toys)
    toys.build("one", "--jobs", "1", "--toolchain", "careless")
    level = {"toolchain": shard.parents[1], "profile": shard.parent, "workload": shard}[place]
    put_link(level, victim)
    toys.write("programs/one.toy", "another\n")
    result = toys.run("build", "one", "--jobs", "1", "--toolchain", "careless")
    assert result.code == 4
    assert f"{level} is a symbolic link" in result.err


def test_a_tool_that_leaves_links_in_its_slot(toys: Project, victim: Path) -> None:
    """For its input, for a folder of its inputs, for its output."""
    sharded(toys, f'rm -rf "$1" data "$2.more"; ln -s {victim}/file "$1"; ln -s {victim} data')
    for text in ("first", "second", "third"):
        toys.write("programs/one.toy", f"{text}\n")
        toys.write("programs/data/a.txt", f"{text} data\n")
        toys.build("one", "--jobs", "1", "--toolchain", "careless")
        made = toys.output("one/one.made", "careless").read_text()
        assert f"{text}\n" in made and f"{text} data\n" in made


def test_a_shard_is_cleared_without_following_links(toys: Project, victim: Path) -> None:
    shard = sharded(toys, f'ln -sfn {victim} "$3/link"')
    toys.build("one", "--jobs", "1", "--toolchain", "careless")
    assert (shard / "slot-0/state/link").is_symlink()
    cache_manifest(toys, 'shards_size_limit = "1 B"\n')
    toys.write("programs/one.toy", "another\n")
    toys.build("one", "--jobs", "1", "--toolchain", "careless")
    assert not (shard / "slot-0").exists()


CARELESS = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "careless"
description = "Leaves things in its slot."
engine = "compiler"
accepts = ["toy"]

[executables.careless]
path = "{project}/tools/careless"

[[stages]]
name = "make"
argv = ["{careless}", "{entry}", "{made}", "{shard}"]
outputs = { made = "{module}.made" }
candidates = ["data/*.txt"]
needs_shard = true

[targets.native]
results = ["make.made"]
run = ["cat", "{made}"]
"""


def sharded(project: Project, then: str = ":") -> Path:
    """Add a toolchain that does something in its slot at the end; the folder of its slots."""
    project.write("manifests/toolchains/careless.toml", CARELESS)
    text = f'#!/bin/sh\ncat "$1" data/*.txt > "$2" 2>/dev/null\n{then}\nexit 0\n'
    project.write("tools/careless", text, executable=True)
    return project.cache / "shards/careless/dev/programs"


def test_a_link_in_the_results_is_refused(tmp_path: Path, victim: Path) -> None:
    project = tmp_path / "project"
    put_link(project / "bench/results/lane", victim)
    for begin in (
        lambda: create_run(project, "lane", 0.0),
        lambda: named_run(project, "lane", RUN),
    ):
        with pytest.raises(OSError, match="lane is a symbolic link"):
            begin()
    put_link(project / "bench/results/other" / RUN, victim)
    folder = project / "bench/results/other" / RUN
    with pytest.raises(OSError, match=f"{RUN} is a symbolic link"):
        write_result(folder, lane_result())
    with pytest.raises(OSError, match=f"{RUN} is a symbolic link"):
        SamplesFile(folder)
    named = named_run(project, "third", RUN)
    (named / "samples.jsonl").symlink_to(victim / "file")
    with pytest.raises(OSError, match="is a symbolic link"):
        SamplesFile(named)
    (named / "result.json").symlink_to(victim / "file")
    write_result(named, lane_result())
    assert read_bench(named) == lane_result()


RUN = "20260101T000000Z"


def test_results_on_another_disk_are_followed(tmp_path: Path) -> None:
    project, disk = tmp_path / "project", tmp_path / "disk"
    disk.mkdir()
    put_link(project / "bench/results", disk)
    write_result(create_run(project, "lane", 0.0), lane_result())
    assert (disk / "lane/19700101T000000Z/result.json").is_file()


def test_a_bench_refuses_linked_results(tmp_path: Path, victim: Path) -> None:
    lane = lane_project(tmp_path, {"bench_work": WORK})
    place = lane.project.root / "bench/results/toys_native"
    put_link(place, victim)
    result = lane.run("bench", "toys_native", "--quick")
    assert result.code == 4
    assert f"{place} is a symbolic link" in result.err


def test_pictures_of_a_page_are_not_removed_behind_a_link(tmp_path: Path, victim: Path) -> None:
    new, old = Picture("new.svg", "<svg/>", "new"), Picture("old.svg", "<svg/>", "old")
    put_link(tmp_path / "docs/pictures", victim)
    with pytest.raises(OSError, match="pictures is a symbolic link"):
        write_pictures(tmp_path / "docs/pictures", [new])
    (tmp_path / "docs/pictures").unlink()
    write_pictures(tmp_path / "docs/pictures", [old, new])
    (tmp_path / "docs/pictures/notes.txt").write_text("kept")
    put_link(tmp_path / "docs/pictures/new.svg", victim / "old.svg")
    put_link(tmp_path / "docs/page.md", victim / "file")
    write_pictures(tmp_path / "docs/pictures", [Picture("new.svg", "<svg>2</svg>", "new")])
    write_page(tmp_path / "docs/page.md", "page")
    names = sorted(path.name for path in (tmp_path / "docs/pictures").iterdir())
    assert names == ["new.svg", "notes.txt"]
    assert (tmp_path / "docs/page.md").read_text() == "page"


def test_a_damaged_history_is_set_aside_and_not_what_it_leads_to(
    tmp_path: Path, victim: Path
) -> None:
    put_link(tmp_path / ".molt-build/history.sqlite-wal", victim / "file")
    with (
        pytest.raises(OSError, match="sqlite-wal is a symbolic link"),
        open_history(tmp_path, print),
    ):
        pass


@pytest.mark.parametrize("name", ("home", "tmp", "work"))
def test_a_measured_program_that_leaves_links(victim: Path, name: str) -> None:
    """The folders are emptied for the next run; what a link in their place leads to is not."""
    with scratch_folders("molt-build-tested-") as scratch, Launcher() as launcher:
        script = f"rm -rf ../{name}; ln -s {victim} ../{name}; ln -s {victim}/file link"
        command = Command(("/bin/sh", "-c", script), str(scratch / "work"), {"PATH": os.defpath})
        launcher.run(command, timeout_s=PATIENCE_S)
        assert (scratch / name).is_symlink()
        empty(scratch)
        assert not (scratch / name).is_symlink()
        assert list((scratch / name).iterdir()) == []


LEAVING = (
    ("{project}/programs/{module}.txt", "{project} leads out of the staging directory"),
    ("/tmp/{module}.txt", "leaves the staging directory"),
    ("../{module}.txt", "leaves the staging directory"),
    ("{system}/tmp/x", "{system} leads out of the staging directory"),
    ("{home}/x", "{home} leads out of the staging directory"),
    ("{python}", "{python} leads out of the staging directory"),
    ("{toyc}.txt", "{toyc} leads out of the staging directory"),
    ("{stage}/x.txt", "{stage} has no place here"),
)


@pytest.mark.parametrize(("path", "said"), LEAVING)
def test_an_output_outside_is_refused_by_check(toys: Project, path: str, said: str) -> None:
    toys.replace("manifests/toolchains/toy.toml", '"{module}.sh"', f'"{path}"')
    result = toys.run("check")
    assert result.code == 2
    place = "manifests/toolchains/toy.toml:24:13: stages[1].outputs.script: "
    assert place in result.err + result.out
    assert said in result.err + result.out
    assert "a path here is relative and has no '..'; it may begin with {shard}/" in (
        result.err + result.out
    )


def test_a_module_cannot_lead_an_output_out(toys: Project) -> None:
    toys.write("programs/...toy", "dots\n")  # its stem is ".."
    toys.replace("manifests/workloads/programs.toml", 'entry = "one.toy"', 'entry = "...toy"')
    toys.replace("manifests/toolchains/toy.toml", '"{module}.text"', '"{module}/one.text"')
    toys.log()
    result = toys.run("build", "one")
    assert result.code == 1, result.err
    assert "one: translate would write ../one.text, which is outside of its directory" in result.err
    assert toys.log() == []


@pytest.mark.parametrize("is_folder", (False, True))
def test_an_output_that_is_a_link_out_of_staging_is_refused(
    toys: Project, victim: Path, is_folder: bool
) -> None:
    path = "made/file" if is_folder else "{module}.text"
    toys.replace("manifests/toolchains/toy.toml", '"{module}.text"', f'"{path}"')
    link = f'ln -sfn {victim}{"" if is_folder else "/file"} "$4"'
    if is_folder:
        link = f"rm -rf made; ln -sfn {victim} made"
    toys.write("tools/toyc", f"#!/bin/sh\n{link.replace('$4', '$3')}\n", executable=True)
    result = toys.run("build", "one")
    assert result.code == 1, result.err
    assert "a link that leads out of its directory, to " + str(victim / "file") in result.err


def test_an_output_that_is_a_link_inside_staging_is_what_it_leads_to(toys: Project) -> None:
    toys.replace("tools/toyc", 'sed \'s/[[:space:]]*#.*//\' "$2" > "$3"', 'cp "$2" x; ln -s x "$3"')
    toys.build("one")
    script = toys.output("one/one.sh")
    assert "one says hello" in script.read_text() and not script.is_symlink()
