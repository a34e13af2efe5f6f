"""Loading: defaults, inheritance, and a cache that is fast and never wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_projects import ManifestProject, lone_project

import molt_build
from molt_build import sealed
from molt_build.codec import from_plain, to_plain
from molt_build.errors import ManifestError
from molt_build.manifests import loading, resolve, search, validation
from molt_build.manifests.model import LockTimes, Manifests, ShardRule
from molt_build.manifests.parsed import Definitions
from molt_build.manifests.resolve import size_bytes
from molt_build.manifests.toolchain import Stage, Toolchain
from molt_build.manifests.workload import Program
from molt_build.stat_data import GRANULARITY_NS, Clocks, file_system_clock_ns

GCC = "manifests/toolchains/gcc.toml"
TOYC = "manifests/toolchains/toyc.toml"
KEPT = ".molt-build/plans/manifests"


def kept(project: ManifestProject) -> dict[str, Any]:
    """What the cache file holds."""
    value = sealed.read(str(project.root / KEPT), loading.NAME, loading.FORMAT)
    assert isinstance(value, dict)
    return value


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "a project", monkeypatch)


@pytest.fixture
def examinations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one each time that manifests are parsed and validated."""
    seen: list[str] = []
    examine = validation.examine

    def counted(project: str, **options: Any) -> validation.Examined:
        seen.append(project)
        return examine(project, **options)

    monkeypatch.setattr(validation, "examine", counted)
    return seen


def test_a_project_needs_no_cache_manifest(project: ManifestProject) -> None:
    (project.root / "manifests/cache.toml").unlink()
    loaded = loading.load(project.root).cache
    assert (loaded.store_size_limit_bytes, loaded.shards) == (5_000_000_000, ())
    assert loaded.locks == LockTimes(3600.0, 1800.0, 0.005, 1.0)


def test_defaults_are_filled_in(project: ManifestProject) -> None:
    loaded = loading.load(project.root)
    assert loaded.cache.store_size_limit_bytes == 1_500_000_000
    assert loaded.cache.shards_size_limit_bytes == 10_000_000_000
    assert loaded.cache.key.environment == ("TOY_HOME",)
    assert loaded.cache.shards == (
        ShardRule(3, "toyc", "release", "toys"),
        ShardRule(2, "*", "*", "*"),
    )
    assert loaded.cache.locks == LockTimes(3600.0, 60.0, 0.005, 0.5)
    translate, compile_, link = loaded.toolchains["toyc"].stages
    assert (translate.takes_source, compile_.takes_source, link.takes_source) == (
        True,
        False,
        False,
    )
    assert (translate.timeout_s, compile_.timeout_s) == (30.0, 600.0)
    assert (translate.digest, compile_.digest, translate.imports) == ("tokens", "text", "python")
    assert link.environment == {"LC_ALL": "C"}
    assert compile_.depfile is not None
    assert compile_.depfile.format == "make"
    assert loaded.toolchains["cpython"].targets[0].stages == ()
    assert loaded.toolchains["toyc"].queries[0].is_list
    assert loaded.toolchains["gcc"].queries[0].is_file
    provides = loaded.toolchains["gcc"].provides
    assert provides is not None
    assert (provides.role, provides.needs_shard) == ("cc", True)
    python = loaded.toolchains["toyc"].python
    assert python is not None
    assert (python.lock, python.lock_text) == ("locks/toyc.txt", "")
    first, second = loaded.workloads["toys"].programs
    assert first == Program(
        "toy_sum", "toy_sum.py", "matrix/buffer", "Sums numbers.", ("10",), ("fast",)
    )
    assert (second.entry, second.family) == ("empty.py", "other")
    lane = loaded.lanes["toy_lane"]
    assert (lane.quick_budget_s, lane.run_timeout_s, lane.optional) == (6.5, 60.0, ())
    assert loaded.files["toolchain:gcc"] == str(project.root / GCC)


def test_a_lane_takes_the_projects_default_profile(project: ManifestProject) -> None:
    project.replace("manifests/lanes/toy_lane.toml", 'profile = "release"\n', "")
    assert loading.load(project.root).lanes["toy_lane"].profile == "release"


def test_profiles_inherit_flags(project: ManifestProject) -> None:
    project.replace(TOYC, "[flags.release]\ntranslate", "[flags.release]\nlink = ['-s']\n#")
    loaded = loading.load(project.root)
    assert loaded.profiles["dev"].roles == {"cc": {"compile": ("-O0",), "link": ("-g",)}}
    assert loaded.profiles["release"].roles == {"cc": {"compile": ("-O2",), "link": ("-g",)}}
    assert loaded.toolchains["toyc"].flags == {
        "dev": {"translate": ("-v",)},
        "release": {"translate": ("-v",), "link": ("-s",)},
    }


def test_profiles_inherit_what_their_parents_inherit(project: ManifestProject) -> None:
    for name, parent, roles in (
        ("fast", "release", "compile = []"),
        ("plain", "fast", "link = ['-s']"),
    ):
        text = '#:schema ../../schemas/profile.schema.json\nkind = "profile"\nschema_version = 1\n'
        text += f'name = "{name}"\ndescription = "A."\ninherits = "{parent}"\n[roles.cc]\n{roles}\n'
        project.write(f"manifests/profiles/{name}.toml", text)
    project.replace(TOYC, "[flags.release]", "[flags.fast]\nlink = ['-s']\n[flags.release]")
    loaded = loading.load(project.root)
    assert loaded.profiles["fast"].roles == {"cc": {"compile": (), "link": ("-g",)}}
    assert loaded.profiles["plain"].roles == {"cc": {"compile": (), "link": ("-s",)}}
    flags = loaded.toolchains["toyc"].flags
    assert flags["plain"] == flags["fast"] == {**flags["release"], "link": ("-s",)}


@pytest.mark.parametrize(
    ("text", "size"),
    [("5 GB", 5 * 10**9), ("512MiB", 2**29), ("0.5 kB", 500), ("7 B", 7), ("2 TB", 2 * 10**12)],
)
def test_sizes(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["5", "GB", "-1 GB", "5 gb", "5  GB", "1e3 B", "5 GB\n"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        size_bytes(text)


def test_an_invalid_project_raises_with_every_line(project: ManifestProject) -> None:
    project.replace(TOYC, '"{entry}"', '"{enter}"')
    project.replace(GCC, '"gcc"]\nversion', "3]\nversion")
    with pytest.raises(ManifestError) as caught:
        loading.load(project.root)
    assert len(caught.value.message.splitlines()) == 2
    assert caught.value.exit_code == 2
    assert not (project.root / KEPT).exists()


def test_the_second_load_is_equal_and_examines_nothing(
    project: ManifestProject, examinations: list[str]
) -> None:
    first = loading.load(project.root)
    assert loading.load(project.root) == first
    assert len(examinations) == 1
    assert (project.root / ".molt-build/.gitignore").read_text() == "*\n"


def test_a_warm_load_imports_little(project: ManifestProject) -> None:
    # In a process of its own, with the manifests that come with the package.
    program = (
        "import sys, pathlib; from molt_build.manifests.loading import load, guard\n"
        "load(pathlib.Path(sys.argv[1])); guard(pathlib.Path(sys.argv[1]))\n"
        "print(*sorted(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(molt_build.__file__).parents[1])}
    command = [sys.executable, "-c", program, str(project.root)]
    project.age()
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    heavy = {"jsonschema", "tomlkit", "tomllib", "rich", "platformdirs", "filelock", "psutil"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("aged", [True, False], ids=["settled", "racy"])
@pytest.mark.parametrize("stealthy", [True, False], ids=["same-stat-size", "plain"])
def test_an_edit_is_seen(
    project: ManifestProject, examinations: list[str], aged: bool, stealthy: bool
) -> None:
    if aged:
        project.age()
    before = loading.load(project.root)
    path = project.root / TOYC
    status = path.stat()
    project.replace(TOYC, "timeout_s = 30", "timeout_s = 31" if stealthy else "timeout_s = 301")
    if stealthy:
        # Within one tick of a coarse clock an edit may leave size and mtime as they were.
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = loading.load(project.root)
    assert len(examinations) == 2
    assert before != after
    assert after.toolchains["toyc"].stages[0].timeout_s == (31.0 if stealthy else 301.0)


def test_a_racy_file_is_compared_by_content(
    project: ManifestProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the stat data tells, and still the edit is seen."""
    monkeypatch.setattr(Clocks, "is_racy", lambda *_: True)  # as of another file system
    loading.load(project.root)
    frozen = loading.guard(project.root)
    project.replace(TOYC, "timeout_s = 30", "timeout_s = 31")
    monkeypatch.setattr(loading, "guard", lambda _: frozen)
    assert loading.load(project.root).toolchains["toyc"].stages[0].timeout_s == 31.0


def test_touched_files_are_compared_by_content_once(
    project: ManifestProject, examinations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.age()
    first = loading.load(project.root)
    project.age()  # other times, the same content
    assert loading.load(project.root) == first
    assert len(examinations) == 1
    digested: list[str] = []
    digest = loading._digest

    def counted(path: str) -> str | None:
        if path.endswith(".toml"):
            digested.append(path)
        return digest(path)

    monkeypatch.setattr(loading, "_digest", counted)
    assert loading.load(project.root) == first
    assert digested == []


def test_racy_files_are_digested_until_they_have_come_to_rest(
    project: ManifestProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr(Clocks, "is_racy", lambda *_: True)
        loading.load(project.root)
        loading.load(project.root)
    rows = loading.guard(project.root)
    assert kept(project)["rows"] == {path: () if row else None for path, row in rows.items()}
    loading.load(project.root)
    assert kept(project)["rows"] == rows


def test_files_that_were_just_written_are_waited_for(project: ManifestProject) -> None:
    """Then no later edit can leave their stat data as they are."""
    project.write("manifests/lanes/notes.txt", "")
    rows = loading.load_guarded(project.root, lambda line: None)[1].rows
    clock = file_system_clock_ns(project.root)
    newest = max(row[5] for row in rows.values() if row)
    assert newest + GRANULARITY_NS <= clock
    assert rows == loading.guard(project.root) == kept(project)["rows"]


def test_new_and_removed_files_are_seen(project: ManifestProject, examinations: list[str]) -> None:
    loading.load(project.root)
    text = project.read("manifests/profiles/dev.toml").replace('"dev"', '"fast"')
    project.write("manifests/profiles/more/fast.toml", text.replace("../../", "../../../"))
    assert "fast" in loading.load(project.root).profiles
    (project.root / "manifests/profiles/more/fast.toml").unlink()
    assert "fast" not in loading.load(project.root).profiles
    assert len(examinations) == 3


def test_a_lock_that_appears_or_changes_is_seen(project: ManifestProject) -> None:
    def lock_text() -> str:
        python = loading.load(project.root).toolchains["toyc"].python
        assert python is not None
        return python.lock_text

    assert lock_text() == ""
    project.write("manifests/toolchains/locks/toyc.txt", "toyc==1.0\n")
    assert lock_text() == "toyc==1.0\n"
    project.write("manifests/toolchains/locks/toyc.txt", "toyc==1.0  # again\n")
    assert lock_text() == "toyc==1.0  # again\n"


def test_a_bundled_manifest_that_changes_is_seen(project: ManifestProject, tmp_path: Path) -> None:
    loading.load(project.root)
    bundled = ManifestProject(tmp_path)
    text = project.read("manifests/profiles/dev.toml").replace('"dev"', '"fast"')
    bundled.write("bundled/profiles/fast.toml", text)
    assert "fast" in loading.load(project.root).profiles


@pytest.mark.parametrize("damage", ["", "{", "\x00", "TRUNCATE", "FLIP", "FOLDER", "LOOP", "FIFO"])
def test_a_damaged_cache_is_named_and_none(
    project: ManifestProject, examinations: list[str], damage: str
) -> None:
    first = loading.load(project.root)
    path = project.root / KEPT
    content = path.read_bytes()
    path.unlink()
    if damage == "TRUNCATE":
        path.write_bytes(content[:-100])
    elif damage == "FLIP":  # a flag or a time limit that nobody wrote
        path.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
    elif damage == "FOLDER":
        (path / "inside").mkdir(parents=True)
    elif damage == "LOOP":
        path.symlink_to(path.name)
    elif damage == "FIFO":
        os.mkfifo(path)
    else:
        path.write_text(damage)
    said: list[str] = []
    assert loading.load(project.root, said.append) == first
    assert len(examinations) == 2
    assert said == [f"damaged: {path}; it is not used, and written anew"]
    assert loading.load(project.root, said.append) == first
    assert len(examinations) == 2
    assert len(said) == 1


@pytest.mark.parametrize(
    "change", [{"manifests": {}}, {"manifests": []}, {"rows": {}, "digests": {}}]
)
def test_a_cache_of_another_shape_is_none(
    project: ManifestProject, examinations: list[str], change: dict[str, object]
) -> None:
    first = loading.load(project.root)
    whole = {**kept(project), **change}
    sealed.write(str(project.root / KEPT), str(project.root), loading.NAME, loading.FORMAT, whole)
    assert loading.load(project.root) == first
    assert len(examinations) == 2
    assert kept(project)["manifests"]


def test_another_version_does_not_trust_it(
    project: ManifestProject, examinations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loading.load(project.root)
    monkeypatch.setattr(molt_build, "__version__", "99")
    loading.load(project.root)
    monkeypatch.setattr(sys, "version", "3.99")
    loading.load(project.root)
    assert len(examinations) == 3


def test_a_folder_that_cannot_be_written_is_no_failure(
    project: ManifestProject, examinations: list[str]
) -> None:
    (project.root / ".molt-build").write_text("a file where a folder should be")
    loading.load(project.root)
    loading.load(project.root)
    assert len(examinations) == 2


def test_a_file_that_changes_while_it_is_read_makes_the_cache_stale(
    project: ManifestProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = resolve.manifests

    def slow(definitions: Definitions) -> Manifests:
        project.replace(TOYC, "timeout_s = 30", "timeout_s = 31")
        return resolved(definitions)

    monkeypatch.setattr(resolve, "manifests", slow)
    loading.load(project.root)
    monkeypatch.setattr(resolve, "manifests", resolved)
    assert loading.load(project.root).toolchains["toyc"].stages[0].timeout_s == 31.0


def test_the_guard_names_what_decides(project: ManifestProject) -> None:
    before = dict(loading.guard(project.root))
    for path in ("manifests", "manifests/lanes", TOYC):
        assert before[str(project.root / path)] is not None
    assert before[str(project.root.parent / "bundled/profiles")] is None
    assert str(Path(search.bundled_schemas()) / "lane.schema.json") in before
    project.write("manifests/lanes/new.toml", "")
    after = dict(loading.guard(project.root))
    assert {path for path in after if after[path] != before.get(path)} == {
        str(project.root / "manifests/lanes"),
        str(project.root / "manifests/lanes/new.toml"),
    }


@settings(max_examples=40)
@given(st.one_of(st.from_type(Stage), st.from_type(Toolchain), st.from_type(Program)))
def test_every_model_survives_json(value: Stage | Toolchain | Program) -> None:
    plain = json.loads(json.dumps(to_plain(value)))
    again = from_plain(type(value), plain)
    # By way of text: nan differs from itself, and a mapping may be of another class.
    assert json.dumps(to_plain(again)) == json.dumps(plain)
    assert type(again) is type(value)
    if isinstance(value, Stage) and isinstance(again, Stage):
        assert (again.argv, dict(again.inputs)) == (value.argv, dict(value.inputs))


def test_a_whole_project_survives_json(project: ManifestProject) -> None:
    loaded = loading.load(project.root)
    plain = json.loads(json.dumps(to_plain(loaded)))
    assert from_plain(Manifests, plain) == loaded
