"""Whole documents in one another's place, and things that are no files where files should be."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed
from test_build_shards import counting  # noqa: F401

from molt_build import sealed
from molt_build.codec import to_plain
from molt_build.store.layout import as_document, file_path
from molt_build.store.store import SHAPES, Store

KINDS = ("entries", "recipes", "nearest")


def stored(project: Project, kind: str) -> list[Path]:
    return sorted(project.cache.glob(f"store/{kind}/*/*"))


def forget(project: Project) -> None:
    """Leave only the store."""
    shutil.rmtree(project.root / ".molt-build", ignore_errors=True)


def outputs(project: Project) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in project.output("").rglob("*") if p.is_file()}


def folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def replace(path: Path, thing: Callable[[Path], None]) -> None:
    """Put a thing in a file's place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    thing(path)


@pytest.mark.parametrize(
    "places",
    [
        {"recipes": "entries", "entries": "nearest", "nearest": "recipes"},
        {"recipes": "nearest", "nearest": "entries", "entries": "recipes"},
    ],
)
def test_a_document_of_another_kind_is_damage(toys: Project, places: dict[str, str]) -> None:
    toys.build("one")
    wanted = outputs(toys)
    contents = {kind: [path.read_bytes() for path in stored(toys, kind)] for kind in KINDS}
    for kind, other in places.items():
        for path, content in zip(stored(toys, kind), contents[other], strict=True):
            path.write_bytes(content)
    forget(toys)
    assert toys.run("cache", "verify", "--dry-run").out.count("its digest or its place") == 6
    toys.log()
    result = toys.run("build", "one", "--json")
    assert result.code == 0, result.err
    report = json.loads(result.out)
    assert len(executed(report)) == len(toys.log()) == 2
    assert result.err.count("does not match its digest or its place; set aside") >= 4
    assert outputs(toys) == wanted
    assert toys.run("cache", "verify").code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_of_another_key_is_damage(toys: Project, kind: str) -> None:
    """Recipes of another key, or nearest keys of another program, would fit in shape and seal."""
    toys.build("one")
    wanted = outputs(toys)
    first, second = stored(toys, kind)
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    forget(toys)
    result = toys.run("build", "one", "--json")
    assert result.code == 0, result.err
    assert result.err.count("does not match its digest or its place; set aside") == 2
    assert len(executed(json.loads(result.out))) == (0 if kind == "nearest" else 2)
    assert outputs(toys) == wanted
    assert len(list((toys.cache / "store/quarantine").iterdir())) == 2


def other_shapes(kind: str, value: Any) -> list[Any]:
    """What another version might have written in the place of a value."""
    shapes: list[Any] = [None, True, 0, "", "xxh3:" + "0" * 32, [], {}, [[]], [{}], {"key": 1}]
    if kind == "nearest":
        shapes = [shape for shape in shapes if shape != []]
        return [*shapes, [1], [None], [*value, {}]]
    if kind == "recipes":
        shapes = [shape for shape in shapes if shape != []]
        row = value[0]
        rows = [{**row, "discovered": "text"}, {**row, "absences": [1]}, {**row, "more": []}]
        return [*shapes, *([row] for row in rows), [{"discovered": []}], row]
    for name, field in value.items():
        shapes.append({k: v for k, v in value.items() if k != name})
        shapes += [{**value, name: new} for new in (None, [field], {"a": 1}, 0.5) if new != field]
    output = next(iter(value["outputs"].values()))
    for name in output:
        shapes.append({**value, "outputs": {"o": {**output, name: None}}})
        less = {k: v for k, v in output.items() if k != name}
        shapes.append({**value, "outputs": {"o": less}})
    return [s for s in [*shapes, {**value, "more": 1}] if s != {**value, "seconds": 0.5}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_another_shape_is_damage(toys: Project, kind: str) -> None:
    """Its seal is right: somebody wrote just this, and meant something else by it."""
    toys.build("one")
    said: list[str] = []
    store = Store(toys.cache, said.append)
    [path, *_] = stored(toys, kind)
    value = json.loads(path.read_bytes())["value"]
    key = f"xxh3:{path.stem}"
    found = {"entries": store.entry, "recipes": store.recipes}
    shapes = other_shapes(kind, value)
    for number, shape in enumerate(shapes, 1):
        path.write_bytes(as_document(path, shape))
        if kind == "nearest":
            got: Any = store._load(kind, path)
        else:
            got = found[kind](key)
        assert not got, shape
        assert not path.exists()
        assert (store.quarantined, len(said)) == (number, number), shape
    path.write_bytes(as_document(path, value))
    whole: Any = store._load(kind, path)
    assert to_plain(whole) == value
    assert len(said) == len(shapes)


@pytest.mark.parametrize("things", [(folder, pipe), (loop, listener), (link, folder)])
def test_what_is_no_file_in_the_place_of_one(
    toys: Project, things: tuple[Callable[[Path], None], Callable[[Path], None]]
) -> None:
    """Of a blob or a document: set aside, and built again."""
    toys.build("one")
    wanted = outputs(toys)
    for kind in ("nearest", "blobs", "recipes", "entries"):
        for path, thing in zip(stored(toys, kind), things, strict=True):
            replace(path, thing)
        forget(toys)
        if kind == "nearest":
            found = json.loads(toys.run("cache", "verify", "--dry-run", "--json").out)["damaged"]
            assert len(found) == 2
        result = toys.run("build", "one")
        assert result.code == 0, result.err
        assert result.err.count("; set aside, and built again") == 2, result.err
        assert outputs(toys) == wanted
    assert toys.run("cache", "verify").code == 0
    assert Path("/etc/hostname").is_file() or link not in things


@pytest.mark.parametrize("thing", [folder, loop, Path.touch])
def test_what_is_no_folder_in_the_place_of_one(
    toys: Project, thing: Callable[[Path], None], tmp_path: Path
) -> None:
    """Of the store's own, or of one of its 256 in each kind."""
    if thing is folder:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()

        def thing(path: Path) -> None:
            path.symlink_to(elsewhere)

    toys.build("one")
    wanted = outputs(toys)
    for pattern in ("blobs/*", "entries/*", "recipes/*", "nearest/*"):
        for path in sorted(toys.cache.glob(f"store/{pattern}")):
            replace(path, thing)
    assert toys.run("cache", "verify", "--dry-run").code == 1
    forget(toys)
    result = toys.run("build", "one")
    assert result.code == 0, result.err
    assert result.err.count("; set aside, and built again") >= 4, result.err
    assert outputs(toys) == wanted
    for name in ("blobs", "entries", "hold-times", "locks", "tmp", "quarantine"):
        replace(toys.cache / "store" / name, thing)
    forget(toys)
    result = toys.run("build", "one")
    assert result.code == 0, result.err
    assert result.err.count("; set aside, and made anew") == 6, result.err
    assert outputs(toys) == wanted
    assert toys.run("cache", "verify").code == 0
    assert not list((tmp_path / "elsewhere").glob("*"))


@pytest.mark.parametrize("thing", [folder, loop, pipe])
def test_small_files_that_are_none(
    counting: Project,  # noqa: F811
    thing: Callable[[Path], None],
) -> None:
    """Marks, sizes, hold times, the notes of a shard, plans, caches of facts: made anew."""
    project = counting
    project.build("one")
    cache, state = project.cache, project.root / ".molt-build"
    small = [
        *(cache / "store" / name for name in ("FORMAT", "size")),
        *(cache / "store/hold-times").iterdir(),
        cache / "stat-cache",
        *(p for p in (state / "plans").rglob("*") if p.is_file()),
        *(p for p in cache.glob("shards/**/*") if p.is_file() and p.parent.name == "programs"),
        *(cache / "shards/counter/dev/programs" / f"slot-{n}.busy" for n in range(4)),
    ]
    small = [path for path in small if path.suffix != ".lock"]
    names = {path.name.partition("-")[0] for path in small}
    assert names >= {"FORMAT", "size", "stat", "native.plan", "native.records", "defaults"}
    assert names >= {"manifests", "last", "slot", "hold"}
    for path in small:
        replace(path, thing)
    (cache / "running").mkdir(exist_ok=True)
    thing(cache / "running" / "12-34")
    project.write("programs/one.toy", "NEW\n")
    result = project.run("build", "one")
    assert result.code == 0, result.err
    for name in ("FORMAT", "stat-cache", "native.plan", "plans/manifests"):
        assert name in "".join(li for li in result.err.splitlines() if "damaged" in li), result.err
    again = project.run("build", "one")
    assert "damaged" not in again.err
    assert "all up to date" in again.out
    assert project.run("cache", "stats").code == 0
    assert project.run("cache", "prune", "--to", "1 MB").code == 0
    assert project.run("cache", "verify").code == 0


@pytest.mark.parametrize("thing", [folder, pipe])
def test_a_lock_that_is_no_file_is_a_sentence(toys: Project, thing: Callable[[Path], None]) -> None:
    """It is not moved: two who both did so would both hold it."""
    toys.build("one")
    replace(toys.cache / "running/gate", thing)
    result = toys.run("build", "two")
    assert result.code == 4
    assert f"{toys.cache}/running/gate cannot be used: it is a" in result.err
    assert "remove it while no build runs" in result.err
    assert toys.run("cache", "clear", "--store").code == 4


def test_a_plan_of_something_else_is_not_taken(toys: Project) -> None:
    """A copy of another profile's plan holds on all counts but whose it is."""
    toys.write(
        "manifests/profiles/fast.toml",
        '#:schema ../../schemas/profile.schema.json\nkind = "profile"\nschema_version = 1\n'
        'name = "fast"\ndescription = "Tested."\n',
    )
    toys.replace("manifests/toolchains/toy.toml", "[flags.dev]", "[flags.fast]\n\n[flags.dev]")
    toys.build("one")
    toys.build("one", "--profile", "fast")
    plans = toys.root / ".molt-build/plans"
    for suffix in (".plan", ".records"):
        source = plans / f"toy/dev/native{suffix}"
        shutil.copy(source, plans / f"toy/fast/native{suffix}")
    shutil.rmtree(toys.root / ".molt-build/out/toy/fast")
    result = toys.run("build", "one", "--profile", "fast")
    assert f"damaged: {plans}/toy/fast/native.plan; it is not used, and written anew" in result.err
    assert (toys.root / ".molt-build/out/toy/fast/native/one/one.sh").is_file()
    assert "up to date" in toys.run("build", "one", "--profile", "fast").out
    shutil.copy(plans / "toy/dev/native.plan", plans / "defaults")
    toys.write("programs/one.toy", "new\n")
    result = toys.run("build", "one")
    assert f"damaged: {plans}/defaults; it is not used, and written anew" in result.err


def test_a_sealed_file_says_what_it_is_of(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    sealed.write(first, str(tmp_path), "thing", 1, ("value",), "gcc dev native")
    shutil.copy(first, second)
    assert sealed.read(second, "thing", 1, "gcc dev native") == ("value",)
    with pytest.raises(sealed.Damaged):
        sealed.read(second, "thing", 1, "gcc dev wasm")
    with pytest.raises(sealed.Damaged):
        sealed.read(second, "other", 1, "gcc dev native")
    assert sealed.read(second, "thing", 2, "gcc dev native") is None


def test_every_kind_has_a_shape() -> None:
    assert set(SHAPES) == set(KINDS)
    assert file_path(Path("/s"), "nearest", "xxh3:abcd") == Path("/s/nearest/ab/abcd.json")
