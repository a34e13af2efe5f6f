"""Digests, and the stat cache that saves reading a file twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_processes import wait_for

from molt_build.errors import EnvironmentFailed
from molt_build.stat_data import GRANULARITY_NS, Clocks, file_system_clock_ns
from molt_build.store.digest import (
    StatCache,
    canonical,
    digest_bytes,
    digest_value,
    tree_sha256,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=10,
)


def shuffled(value: object) -> object:
    """The same value with every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


@given(json_values)
def test_the_order_of_keys_does_not_matter(value: object) -> None:
    assert digest_value(shuffled(value)) == digest_value(value)
    assert digest_value(json.loads(json.dumps(value))) == digest_value(value)


@given(json_values, json_values)
def test_different_values_have_different_digests(one: object, two: object) -> None:
    is_same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (digest_value(one) == digest_value(two)) == is_same


def test_digests_carry_their_algorithm() -> None:
    assert digest_bytes(b"") == "xxh3:99aa06d3014798d86001c324468d497f"
    assert digest_value("\ud800") != digest_value("\ud801")
    assert digest_value("a") != digest_bytes(b"a")


@pytest.fixture
def cache(tmp_path: Path) -> StatCache:
    return StatCache(tmp_path / "stat-cache", (tmp_path,))


def settled(path: Path, text: str) -> Path:
    """A file whose timestamps lie in the past."""
    path.write_text(text)
    while file_system_clock_ns(path.parent) <= path.stat().st_ctime_ns + 2 * GRANULARITY_NS:
        time.sleep(0.01)
    return path


def test_a_settled_file_is_read_once(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", "text")
    asked = []

    def compute(data: bytes) -> str:
        asked.append(data)
        return data.decode().upper()

    for _ in range(3):
        cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
        assert cache.fact("upper", str(path), compute) == "TEXT"
        assert cache.fact("upper", str(path), compute) == "TEXT"
        cache.save()
    assert asked == [b"text"]
    path.write_text("TEXt")
    assert StatCache(tmp_path / "stat-cache", (tmp_path,)).digest(str(path)) == digest_bytes(
        b"TEXt"
    )


def test_what_is_made_of_digests_has_a_sha256(tmp_path: Path) -> None:
    """Also where the digests are of another command, and nothing is read."""
    path = settled(tmp_path / "file", "text")
    sha256 = "sha256:" + hashlib.sha256(b"text").hexdigest()
    for _ in range(2):
        cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
        value = {"x": f"{cache.digest(str(path))} executable"}
        wanted = hashlib.sha256(canonical({"x": f"{sha256} executable"})).hexdigest()
        assert cache.sha256_of(value) == f"sha256:{wanted}"
        outer = cache.digest_value(value)
        assert outer == digest_value(value)
        wanted = hashlib.sha256(canonical([f"sha256:{wanted}"])).hexdigest()
        assert cache.sha256_of([outer]) == f"sha256:{wanted}"
        assert cache.sha256_of([outer, "xxh3:" + "0" * 32]) is None
        upper = cache.digest_of("upper", str(path), bytes.upper)
        assert upper == digest_bytes(b"TEXT")
        assert cache.sha256_of(upper) == cache.sha256_of(
            "sha256:" + hashlib.sha256(b"TEXT").hexdigest()
        )
        cache.save()


def test_two_contents_of_one_digest_are_told(tmp_path: Path, cache: StatCache) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    digest = cache.digest(str(path))
    cache.pair(digest, "sha256:" + hashlib.sha256(b"one").hexdigest())
    with pytest.raises(EnvironmentFailed, match=f"two different contents .* {digest}"):
        cache.again().pair(digest, "sha256:" + hashlib.sha256(b"two").hexdigest())


def test_a_fresh_file_is_not_remembered(tmp_path: Path) -> None:
    """Its content may change again under the same timestamps."""
    path = tmp_path / "file"

    def is_looked_at_just_now() -> bool:
        nonlocal cache
        path.write_text("one")
        cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
        assert cache.digest(str(path)) == digest_bytes(b"one")
        return cache.clocks.is_racy(path.stat().st_dev, path.stat().st_ctime_ns)

    cache: StatCache | None = None
    wait_for(is_looked_at_just_now, "a look within hundredths of a second")
    assert cache is not None
    cache.save()
    assert not (tmp_path / "stat-cache").exists()


def test_settling_finds_what_changed(
    tmp_path: Path, cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    with monkeypatch.context() as context:
        context.setattr(Clocks, "is_racy", lambda *_: True)  # however long it takes
        for path in (same, other):
            path.write_text("one")
            cache.digest(str(path))
    other.write_text("two")
    assert cache.settle() == {str(other)}
    cache.save()
    assert cache.settle() == set()
    again = StatCache(tmp_path / "stat-cache", (tmp_path,))
    assert again.fact("xxh3", str(same), lambda data: pytest.fail("read again")) == digest_bytes(
        b"one"
    )


def test_settling_a_file_that_vanished(
    tmp_path: Path, cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    with monkeypatch.context() as context:
        context.setattr(Clocks, "is_racy", lambda *_: True)  # however long it takes
        cache.digest(str(path))
    path.unlink()
    assert cache.settle() == {str(path)}


def test_restored_times_do_not_deceive(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", "one")
    cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
    assert cache.digest(str(path)) == digest_bytes(b"one")
    before = path.stat()
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cache.digest(str(path)) == digest_bytes(b"two")


def test_a_replaced_file_is_seen(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", "one")
    other = settled(tmp_path / "other", "two")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
    cache.digest(str(path))
    os.replace(other, path)
    assert cache.digest(str(path)) == digest_bytes(b"two")


def test_a_folders_digest_is_over_names_and_contents(tmp_path: Path) -> None:
    def digest(*left_out: str) -> str:
        return tree_sha256(tree, lambda folder, names: set(names) & set(left_out))

    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "one").write_text("1")
    (tree / "below/two").write_text("2")
    seen = [digest(), digest("below"), digest("two"), tree_sha256(tree / "one")]
    assert seen[1] == seen[2] and len(set(seen)) == 3
    tree = tree.rename(tmp_path / "moved")
    assert digest() == seen[0]
    (tree / "below/two").rename(tree / "below/three")
    assert digest("below") == seen[1] and digest() != seen[0]
    (tree / "gone").symlink_to("nowhere")
    assert digest("below") != seen[1] == digest("below", "gone")


def test_missing_files_and_folders(tmp_path: Path, cache: StatCache) -> None:
    with pytest.raises(FileNotFoundError):
        cache.digest(str(tmp_path / "nothing"))
    with pytest.raises(IsADirectoryError):
        cache.digest(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b'{"format": 2}', b"[" * 100_000])
def test_a_damaged_cache_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stat-cache").write_bytes(content)
    path = settled(tmp_path / "file", "one")
    told: list[str] = []
    cache = StatCache(tmp_path / "stat-cache", (tmp_path,), told.append)
    assert cache.digest(str(path)) == digest_bytes(b"one")
    assert told == ["damaged: stat-cache; it is not used, and written anew"]
    cache.save()
    again = StatCache(tmp_path / "stat-cache", (tmp_path,))
    assert again.fact("xxh3", str(path), lambda data: pytest.fail("read again"))


def test_two_processes_keep_what_both_learnt(tmp_path: Path) -> None:
    one, two = settled(tmp_path / "one", "1"), settled(tmp_path / "two", "2")
    caches = [StatCache(tmp_path / "stat-cache", (tmp_path,)) for _ in range(2)]
    for cache, path in zip(caches, (one, two), strict=True):
        cache.digest(str(path))
        cache.save()
    again = StatCache(tmp_path / "stat-cache", (tmp_path,))
    for path in (one, two):
        assert again.fact("xxh3", str(path), lambda data: pytest.fail("read again"))


def test_a_folder_listed_just_after_it_changed_proves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"

    def is_unsure() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        cache = StatCache(tmp_path / "stat-cache", (tmp_path,))
        cache.look(str(folder))
        return str(folder) in cache.unsure()

    wait_for(is_unsure, "a look within hundredths of a second")


def test_what_a_file_was_before_this_process_wrote_it_is_not_settled(
    tmp_path: Path, cache: StatCache
) -> None:
    path = tmp_path / "file"
    for is_read_again in (False, True):
        path.write_text("before")
        cache.digest(str(path))
        cache.forget(str(path))
        path.write_text("written")
        if is_read_again:
            assert cache.digest(str(path)) == digest_bytes(b"written")
        assert cache.settle() == set()
        assert cache.moved() == set()


def test_a_cache_that_cannot_be_saved_is_no_error(tmp_path: Path) -> None:
    path = settled(tmp_path / "file", "one")
    cache = StatCache(tmp_path / "no folder" / "stat-cache", (tmp_path,))
    cache.digest(str(path))
    cache.save()


def test_a_second_look_while_other_threads_learn(tmp_path: Path, cache: StatCache) -> None:
    files = [tmp_path / f"file{number}" for number in range(3000)]
    for file in files:
        file.write_text(file.name)
    ended = threading.Event()

    def learn() -> None:
        try:
            for file in files:
                cache.digest(str(file))
        finally:
            ended.set()

    learner = threading.Thread(target=learn)
    learner.start()
    looks = 0
    while not ended.is_set():
        assert cache.again().digest(str(files[0])) == digest_bytes(b"file0")
        looks += 1
    learner.join()
    assert looks > 1
