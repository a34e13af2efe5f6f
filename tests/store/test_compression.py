"""Blobs that are stored compressed: by whom they are read, and what becomes of torn ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, executed
from hypothesis import given, settings
from hypothesis import strategies as st
from other_processes import end_of

from molt_build.store.blob_files import SUFFIX
from molt_build.store.store import Store

zstandard = pytest.importorskip("zstandard", reason="the package zstandard is not installed")

ZSTD = 'compression = "zstd"\n'
TEXT = "".join(f"line {number} of the program\n" for number in range(2000))


def blobs(project: Project) -> dict[str, int]:
    """The names of the blobs' files, and their sizes."""
    return {path.name: path.stat().st_size for path in project.cache.glob("store/blobs/*/*")}


def forget(project: Project) -> None:
    shutil.rmtree(project.root / ".molt-build")


@pytest.fixture
def texts(toys: Project) -> Project:
    """A program that compresses well, built into a store that compresses."""
    toys.write("programs/one.toy", TEXT)
    cache_manifest(toys, ZSTD)
    assert executed(toys.build("one")) == ["one translate", "one assemble"]
    return toys


def test_they_take_less_room_and_are_read_whatever_is_said_now(texts: Project) -> None:
    script = texts.output("one/one.sh").read_bytes()
    assert len(blobs(texts)) == 2
    assert all(name.endswith(SUFFIX) for name in blobs(texts))
    assert sum(blobs(texts).values()) < len(script) / 4
    counted = (texts.cache / "store/size").read_text()
    assert int(counted.split()[0][1:]) < len(script)  # as they lie on disk
    for said in (ZSTD, "", 'compression = "none"\n'):
        forget(texts)
        cache_manifest(texts, said)
        assert executed(texts.build("one")) == []
        assert texts.output("one/one.sh").read_bytes() == script
    assert os.access(texts.output("one/one.sh"), os.X_OK)
    assert texts.run("cache", "verify").code == 0


def test_what_does_not_shrink_stays_plain(toys: Project) -> None:
    toys.write("tools/noise", os.urandom(100_000))
    toys.replace(
        "tools/toyc", "    sed 's", '    cp "$(dirname "$0")/noise" "$3"; exit\n    sed \'s'
    )
    toys.replace("tools/toyc", "    { echo", '    head -c 2000 "$2" > "$3"; exit\n    { echo')
    cache_manifest(toys, ZSTD)
    toys.build("one")
    assert sorted(blobs(toys).values()) == [2000, 100_000]
    assert not any(name.endswith(SUFFIX) for name in blobs(toys))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_by_one(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def another(path: Path) -> None:
    path.write_bytes(zstandard.compress(b"another content" * 1000))


def doubled(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def plain_text(path: Path) -> None:
    path.write_bytes(zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read())


@pytest.mark.parametrize(
    "damage", [flip, cut, cut_by_one, lengthen, another, doubled, plain_text, os.truncate]
)
def test_a_damaged_one_is_set_aside_and_made_again(
    texts: Project, damage: Callable[..., None]
) -> None:
    script = texts.output("one/one.sh").read_bytes()
    for path in texts.cache.glob("store/blobs/*/*"):
        damage(path, 0) if damage is os.truncate else damage(path)
    assert len(json.loads(texts.run("cache", "verify", "--dry-run", "--json").out)["damaged"]) == 2
    forget(texts)
    result = texts.run("build", "one")
    assert result.code == 0 and "damaged in the store: blob " in result.err
    assert texts.output("one/one.sh").read_bytes() == script
    assert len(list((texts.cache / "store/quarantine").iterdir())) >= 1
    forget(texts)
    result = texts.run("build", "one", "--json")
    assert executed(json.loads(result.out)) == [] and "damaged" not in result.err


def test_without_the_package_they_are_made_again(texts: Project) -> None:
    """Whoever shares the store and cannot read them is told once, and has a miss."""
    script = texts.output("one/one.sh").read_bytes()
    hidden = texts.write("hidden/zstandard.py", "raise ImportError").parent
    without = {"PYTHONPATH": f"{hidden}:{Path(__file__).parents[2]}"}
    forget(texts)
    cache_manifest(texts, "")
    process = texts.start("build", "one", "--json", env=without)
    out, err = end_of(process)
    assert process.returncode == 0, err
    assert err.count("zstandard is not there") == 1
    assert "one assemble" in executed(json.loads(out))
    assert texts.output("one/one.sh").read_bytes() == script
    process = texts.start("cache", "verify", env=without)
    assert "pip install zstandard" in end_of(process)[1]
    assert process.returncode == 3


def test_nothing_is_imported_where_nothing_is_compressed(toys: Project) -> None:
    for _ in range(2):
        process = toys.start("build", "one", env={"PYTHONPROFILEIMPORTTIME": "1"})
        said = end_of(process)[1]
        assert "molt_build.building" in said and "zstandard" not in said
        forget(toys)


@settings(max_examples=60)
@given(
    content=st.one_of(st.binary(max_size=9000), st.binary(max_size=20).map(lambda b: b * 4000)),
    settings_=st.lists(st.sampled_from(["none", "zstd"]), min_size=1, max_size=4),
)
def test_what_is_put_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, settings_: list[str]
) -> None:
    """In whatever order the setting changed, and with both forms of a blob there."""
    folder = tmp_path_factory.mktemp("store")
    made, back = folder / "made", folder / "out/back"
    made.write_bytes(content)
    for compression in settings_:
        store = Store(folder, lambda line: None, compression=compression)  # type: ignore[arg-type]
        blob = store.put_file(made, "made")
        assert blob.size_bytes == len(content)
        on_disk = store.added_bytes
        assert on_disk <= len(content)
        assert store.materialise(blob, back, folder)
        assert back.read_bytes() == content
