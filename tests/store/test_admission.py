"""A working set larger than the store: what stays, what is refused, and what is told of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from build_projects import Project, cache_manifest, statuses, workload
from hypothesis import given, settings
from hypothesis import strategies as st

from molt_build.store.admission import FULL_SHARE, Admission
from molt_build.store.blob import Blob
from molt_build.store.digest import both_digests, digest_value
from molt_build.store.pruning import keep_within, prune
from molt_build.store.registry import register
from molt_build.store.size import stored_files
from molt_build.store.store import Entry, Reads, Store

SIZE = 10_000


class Builds:
    """Builds of programs by a store's own parts, each as if it were an hour after the last."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.cache = folder
        self.limit_bytes = limit_bytes
        self.told: list[str] = []

    def build(self, programs: Iterable[str]) -> int:
        """One command that wants these; the hits."""
        for path, status in stored_files(self.cache / "store"):
            os.utime(path, ns=(0, status.st_mtime_ns - 3600 * 10**9))
        registration = register(self.cache)
        admission = Admission(self.cache, self.limit_bytes)
        store = Store(self.cache, self.told.append, registration.began_ns, "none", admission)
        hits = sum(self._want(store, program) for program in programs)
        self.told += [said] if (said := admission.stayed_out()) else []
        registration.end()
        keep_within(self.cache, self.limit_bytes, admission.unnoted_bytes)
        return hits

    def _want(self, store: Store, program: str) -> bool:
        program, _, content = program.partition("=")
        components = {"source": program + content}
        key = digest_value(components)
        entry = store.entry(key)
        if entry is not None:
            store.remember(entry)
            if store.has(entry.outputs["out"]):
                return True
        made = self.cache / "made"
        made.write_bytes((program + content).encode().ljust(SIZE, b"."))
        wanted_ns = store.last_wanted_ns(key, program, "link", "toy")
        with store.room_for(SIZE, wanted_ns) as is_let_in:
            blob = store.put_file(made, "out") if is_let_in else None
        if blob is None:
            xxh3, sha256 = both_digests(made.read_bytes())
            blob = Blob("out", xxh3, sha256, SIZE, False, is_stored=False)
        store.publish(
            digest_value(program),
            Entry(
                key,
                "",
                program,
                "link",
                "toy",
                components,
                Reads(),
                {"out": blob},
                0,
                "",
                "",
                1.0,
                1,
            ),
        )
        return False

    @property
    def size_bytes(self) -> int:
        return sum(status.st_size for _, status in stored_files(self.cache / "store"))

    @property
    def room(self) -> int:
        """For how many outputs there is room beside the entries."""
        documents = sum(
            status.st_size
            for path, status in stored_files(self.cache / "store")
            if "/blobs/" not in path
        )
        return int((FULL_SHARE * self.limit_bytes - documents) / SIZE)


def names(count: int, letter: str = "p") -> list[str]:
    return [f"{letter}{number:03}" for number in range(count)]


@pytest.mark.parametrize("are_apart", [True, False], ids=["a command each", "one command"])
def test_a_set_that_comes_round_has_hits_for_what_the_store_holds(
    tmp_path: Path, are_apart: bool
) -> None:
    """Least recently used first would give none at all, where each is a command of its own."""
    builds = Builds(tmp_path, 20 * SIZE)
    programs = names(30)
    hits = []
    for _ in range(4):
        groups = [[name] for name in programs] if are_apart else [programs]
        hits.append(sum(map(builds.build, groups)))
        assert builds.size_bytes <= builds.limit_bytes
    assert hits[0] == 0
    assert builds.room > 14 and abs(hits[-1] - builds.room) <= 2
    assert all(builds.room - 6 <= found <= builds.room + 3 for found in hits[1:])
    why = "0 kB) stays out and is built again" if are_apart else "this build's outputs are 300 kB: "
    assert why in builds.told[-1]


def test_a_set_that_fits_is_all_hits_soon_after_another_did_not(tmp_path: Path) -> None:
    builds = Builds(tmp_path, 20 * SIZE)
    for name in names(30) * 2:
        builds.build([name])
    new = names(10, "q")
    assert builds.build(new) == 0  # what was never built enters as ever: the oldest goes
    assert builds.build(new) == 10
    old = names(10)
    builds.build(old)
    builds.build(old)  # from now on, what the other set left is unused for longer
    assert builds.build(old) == 10


def test_edits_of_all_programs_enter_in_place_of_what_was(tmp_path: Path) -> None:
    """The versions of yesterday go, those of today are there."""
    builds = Builds(tmp_path, 20 * SIZE)
    for edit in range(5):
        edited = [f"{name}={edit}" for name in names(12)]
        assert builds.build(edited) == 0
        assert builds.build(edited) == 12
    assert builds.told == []


def test_nothing_goes_that_a_running_build_uses(tmp_path: Path) -> None:
    builds = Builds(tmp_path, 20 * SIZE)
    builds.build(names(12))
    running = register(tmp_path)
    used = Store(tmp_path, lambda line: None, running.began_ns)
    entries = [digest_value({"source": name}) for name in names(12)]
    blobs = [entry.outputs["out"] for key in entries if (entry := used.entry(key)) is not None]
    for path, _ in stored_files(tmp_path / "store"):
        os.utime(path, ns=(0, running.began_ns))
    builds_beside = Builds(tmp_path, 20 * SIZE)
    registration = register(tmp_path)
    admission = Admission(tmp_path, 20 * SIZE)
    store = Store(tmp_path, lambda line: None, registration.began_ns, "none", admission)
    for name in names(30, "q"):
        builds_beside._want(store, name)
    assert admission.refused > 10
    assert len(blobs) == 12 and all(map(used.has, blobs))
    registration.end()
    running.end()


@settings(max_examples=10)
@given(
    wants=st.lists(
        st.lists(st.integers(0, 12).map(lambda n: f"p{n:02}"), min_size=1, max_size=8, unique=True),
        min_size=1,
        max_size=12,
    ),
    limit=st.integers(1, 8),
)
def test_whatever_is_wanted_the_limit_is_kept(
    tmp_path_factory: pytest.TempPathFactory, wants: list[list[str]], limit: int
) -> None:
    """And a command that wants again what it wanted before finds what was let in."""
    builds = Builds(tmp_path_factory.mktemp("cache"), limit * SIZE)
    for programs in wants:
        builds.build(programs)
        assert builds.size_bytes <= builds.limit_bytes


def test_an_output_larger_than_the_store_removes_nothing(tmp_path: Path) -> None:
    builds = Builds(tmp_path, 5 * SIZE)
    builds.build(names(2))
    admission = Admission(tmp_path, 5 * SIZE)
    assert not admission.lets_in(6 * SIZE, None)
    assert builds.build(names(2)) == 2


@pytest.fixture
def large(toys: Project) -> tuple[Project, list[str]]:
    """Programs whose outputs are 72 kB each, and a store that holds five of eight."""
    programs = names(8)
    rows = (f"{name}={name}.toy" for name in programs)
    toys.write("manifests/workloads/programs.toml", workload("toy", *rows))
    for name in programs:
        toys.write(f"programs/{name}.toy", name + "\n")
    much = '    yes "$2" | head -c 72000 > "$3"; exit\n'
    toys.replace("tools/toyc", "    { echo", much + "    { echo")
    cache_manifest(toys, 'store_size_limit = "450 kB"\n')
    return toys, programs


def test_what_stays_out_is_told_once_and_made_again(large: tuple[Project, list[str]]) -> None:
    toys, programs = large
    out = []
    for number in range(3):
        shutil.rmtree(toys.root / ".molt-build", ignore_errors=True)
        result = toys.run("build", "--json", "--jobs", "2")
        assert result.code == 0
        [told] = [line for line in result.err.splitlines() if "the store holds at most" in line]
        assert "450 kB, this build's outputs are 576 kB: " in told
        assert 'raise store_size_limit, set compression = "zstd", or store = false' in told
        report = json.loads(result.out)
        found = statuses(report)
        out.append([name for name in programs if found[f"{name} assemble"] == "executed"])
        kept = [row["program"] for row in report["actions"] if row.get("kept_out") == ["script"]]
        assert kept == (out[number] if number else kept)
    assert len(out[0]) == 8 and out[1] == out[2] and 2 <= len(out[1]) <= 5
    assert toys.build()["up_to_date"] == 16
    _, row = toys.copy(toys.root.parent / "twin").explain(out[1][0])
    assert row["changed"] == ["(kept out of the store)"]


def test_pruning_to_nothing_still_works(tmp_path: Path) -> None:
    builds = Builds(tmp_path, 20 * SIZE)
    builds.build(names(5))
    assert prune(tmp_path, 0).kept_bytes == 0
    assert builds.build(names(5)) == 0
