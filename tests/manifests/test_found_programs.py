"""Workloads whose programs a glob finds: names, findings, and what is noticed without reading."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_projects import ManifestProject, lone_project

from molt_build.errors import ManifestError
from molt_build.manifests import found, loading, validation
from molt_build.stat_data import Clocks

TOYS = "manifests/workloads/toys.toml"
LANE = "manifests/lanes/toy_lane.toml"
CASE = "manifests/cases/shard.toml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    """The valid project with its programs found: `tests/**/*.py` below `programs`."""
    project = lone_project(tmp_path / "project", monkeypatch)
    text, _, _ = project.read(TOYS).partition("\n[[programs]]")
    project.write(TOYS, text.replace('["data/*.json"]', '["data/*.json"]\nprograms = "**/*.py"'))
    return project


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


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The entries of programs that were opened."""
    seen: list[str] = []
    read = found._read

    def counted(file: found.FoundFile) -> Any:
        seen.append(file.entry)
        return read(file)

    monkeypatch.setattr(found, "_read", counted)
    return seen


def lines(project: ManifestProject) -> list[str]:
    return [str(one) for one in project.diagnostics()]


def test_programs_are_found_and_named_after_their_paths(project: ManifestProject) -> None:
    project.write("programs/a/B-1.py", "# molt-build: exit 3\n# molt-build: env A=b\n")
    project.write("programs/a/b/c.d.py", "# molt-build: skip it waits\n")
    assert lines(project) == []
    workload = loading.load(project.root).workloads["toys"]
    assert workload.found_by == "**/*.py"
    assert {one.name: one.entry for one in workload.programs} == {
        "a_b-1": "a/B-1.py",
        "a_b_c_d": "a/b/c.d.py",
        "empty": "empty.py",
        "toy_sum": "toy_sum.py",
    }
    programs = {one.name: one for one in workload.programs}
    assert programs["a_b-1"].exit_status == 3
    assert programs["a_b-1"].environment == {"A": "b"}
    assert programs["a_b_c_d"].skip == "it waits"
    assert (programs["empty"].exit_status, programs["empty"].skip) == (0, "")


def test_the_same_is_said_by_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = lone_project(tmp_path / "project", monkeypatch)
    more = 'name = "toy_sum"\nenvironment = { A = "b" }\nexit_status = 3\nskip = "it waits"'
    project.replace(TOYS, 'name = "toy_sum"', more)
    program = loading.load(project.root).programs["toy_sum"][0]
    assert (program.environment, program.exit_status, program.skip) == ({"A": "b"}, 3, "it waits")
    project.replace(TOYS, "exit_status = 3", "exit_status = 256\nskipped = 3")
    assert [line.partition(": ")[2] for line in lines(project)] == [
        "programs[0].exit_status: 256 must be at most 255",
        "programs[0].skipped: unknown key (hint: allowed: entry, form, kernel, repetitions, size)",
    ]


def test_two_files_that_make_one_name_are_both_named(project: ManifestProject) -> None:
    project.write("programs/a/b.py", "")
    project.write("programs/a_B.py", "")
    assert lines(project) == [
        "programs/a_B.py:1:1: the program 'a_b' is defined twice (hint: also at programs/a/b.py)"
    ]


def test_a_name_of_another_workload(project: ManifestProject) -> None:
    other = project.read(TOYS).replace('"toys"', '"more"').replace('"**/*.py"', "[]")
    project.write(
        "manifests/workloads/more.toml",
        other.replace("programs = []", "") + '\n[[programs]]\nname = "empty"\n',
    )
    (line,) = lines(project)
    assert line == (
        "programs/empty.py:1:1: the program 'empty' is defined twice "
        "(hint: also at manifests/workloads/more.toml:14)"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("001.py", "its path makes '001', which is no name"),
        ("_private.py", "its path makes '_private', which is no name"),
        ("été.py", "its path makes '_t_', which is no name"),
        (f"a/{'b' * 130}.py", "its path makes a name of 132 characters, more than 120"),
    ],
)
def test_a_file_that_makes_no_name(project: ManifestProject, path: str, message: str) -> None:
    project.write(f"programs/{path}", "")
    (line,) = lines(project)
    assert line.startswith(f"programs/{path}:1:1: {message}")
    project.replace(TOYS, 'programs = "**', f'exclude = ["{path}"]\nprograms = "**')
    assert lines(project) == []


@pytest.mark.parametrize("name", [b"a\xff.py", b"a\n.py", b"a\x1b[2J.py"])
def test_a_file_whose_name_cannot_be_shown(project: ManifestProject, name: bytes) -> None:
    with open(os.fsencode(project.root / "programs") + b"/" + name, "wb"):
        pass
    (line,) = lines(project)
    assert "its path holds characters that cannot be shown" in line
    assert line.isprintable()


ODD_VALUES: list[Any] = [
    *("", "a\0b/*", "**", "[", "/", "../*", 3, [], ["", "*"], {}),
    *({"project": "a\0"}, {"project": ".", "root": 3}, {"git": "https://x/y"}, {"drive": "x"}),
]


@given(
    st.dictionaries(
        st.sampled_from(["programs", "exclude", "source", "name", "language", "adapter"]),
        st.sampled_from(ODD_VALUES),
    )
)
def test_whatever_stands_there_is_told(
    project: ManifestProject, changes: Mapping[str, Any]
) -> None:
    values = {
        "kind": "workload",
        "schema_version": 1,
        "name": "toys",
        "description": "Tested.",
        "language": "python",
        "programs": "**/*.py",
        "source": {"project": "programs"},
        **changes,
    }
    text = "#:schema ../../schemas/workload.schema.json\n" + tomlkit.dumps(values)
    project.write(TOYS, text)
    assert all(isinstance(line, str) for line in lines(project))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "x\n# molt-build: exti 3\n",
            "2:15: there is no directive 'exti' (hint: did you mean 'exit'?)",
        ),
        ("# molt-build: exit 256\n", "1:15: exit: 256 must be at most 255"),
        ("# molt-build: tags Slow\n", "1:15: tags: [0]: 'Slow' is not a name"),
        ("# molt-build: family X\n", "1:15: family: 'X' is not a family"),
        ("# molt-build: env PYTHONPATH=.\n", "1:15: env: 'PYTHONPATH' is set by whoever runs"),
    ],
)
def test_a_wrong_directive_is_found_where_it_stands(
    project: ManifestProject, text: str, wanted: str
) -> None:
    project.write("programs/a.py", text)
    (line,) = lines(project)
    assert line.startswith(f"programs/a.py:{wanted}")
    with pytest.raises(ManifestError, match=r"programs/a\.py:"):
        loading.load(project.root)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('"**/*.py"', '"**/*.js"', "programs: finds no file in 'programs'"),
        ('"**/*.py"', '"../*.py"', "programs: '../*.py' leaves the source"),
        ('"**/*.py"', "3", "programs: expected a glob, or a table for each program"),
        (
            'project = "programs"',
            'archive = "a.tgz"\nsha256 = "' + "0" * 64 + '"',
            "programs: a glob finds programs of a [source] project only",
        ),
    ],
)
def test_a_glob_that_finds_nothing(
    project: ManifestProject, old: str, new: str, wanted: str
) -> None:
    project.replace(TOYS, old, new)
    found_here = [line.partition(": ")[2] for line in lines(project) if line.startswith(TOYS)]
    assert any(line.startswith(wanted) for line in found_here), found_here


def test_exclude_needs_a_glob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = lone_project(tmp_path / "project", monkeypatch)
    project.replace(TOYS, 'language = "python"', 'language = "python"\nexclude = ["a.py"]')
    assert [line.partition(": ")[2] for line in lines(project)] == [
        "exclude: has no effect: only a glob finds what could be left out"
    ]


def test_a_driven_program_has_no_exit_status(project: ManifestProject) -> None:
    project.write("programs/empty.py", "# molt-build: exit 3\n")
    adapter = '\n[adapter]\ndrive = "drive.py"\n'
    project.write("manifests/workloads/drive.py", "")
    project.write(TOYS, project.read(TOYS) + adapter)
    assert lines(project) == [
        "programs/empty.py:1:15: exit: a driven program is called, and has no exit status"
    ]


def test_what_did_not_change_is_not_read_again(
    project: ManifestProject, examinations: list[str], reads: list[str]
) -> None:
    first = loading.load(project.root)
    assert sorted(reads) == ["empty.py", "toy_sum.py"]
    assert loading.load(project.root) == first
    assert (len(examinations), len(reads)) == (1, 2)
    # An edit that changes no directive: the one file is read, and no manifest is examined.
    project.write("programs/empty.py", "def main() -> None: pass\n")
    assert loading.load(project.root) == first
    assert (len(examinations), reads[2:]) == (1, ["empty.py"])
    assert loading.load(project.root) == first
    assert (len(examinations), reads[3:]) == (1, [])


def test_an_edited_directive_is_noticed(
    project: ManifestProject, examinations: list[str], reads: list[str]
) -> None:
    loading.load(project.root)
    path = project.write("programs/empty.py", "# molt-build: exit 3\n")
    assert loading.load(project.root).programs["empty"][0].exit_status == 3
    status = path.stat()
    path.write_text("# molt-build: exit 4\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert loading.load(project.root).programs["empty"][0].exit_status == 4
    assert (len(examinations), set(reads[2:])) == (3, {"empty.py"})


def test_new_removed_and_renamed_files_are_noticed(
    project: ManifestProject, examinations: list[str]
) -> None:
    assert "a_new" not in loading.load(project.root).programs
    path = project.write("programs/a/new.py", "")
    assert "a_new" in loading.load(project.root).programs
    path.rename(path.with_name("newer.py"))
    names = loading.load(project.root).programs
    assert "a_newer" in names
    assert "a_new" not in names
    path.with_name("newer.py").unlink()
    assert "a_newer" not in loading.load(project.root).programs
    assert len(examinations) == 4


def test_the_guard_has_folders_and_each_programs_file(project: ManifestProject) -> None:
    project.write("programs/a/new.py", "")
    _, guard = loading.load_guarded(project.root, lambda line: None)
    folders = {str(project.root / path) for path in ("programs", "programs/a")}
    assert folders <= guard.rows.keys()
    assert guard.programs["a_new"][0] == str(project.root / "programs/a/new.py")
    assert guard.programs.keys() == {"a_new", "empty", "toy_sum"}
    project.write("programs/a/new.py", "# edited\n")
    _, now = loading.load_guarded(project.root, lambda line: None)
    assert now.digest == guard.digest
    assert now.programs["a_new"] != guard.programs["a_new"]


def test_a_folder_that_changed_just_now_is_waited_for(
    project: ManifestProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file that appears in the same moment, and after the look, would never be noticed."""
    loading.load(project.root)
    waited_for: list[int] = []
    wait_past = Clocks.wait_past

    def counted(clocks: Clocks, ctimes_ns: Iterable[int]) -> None:
        times = list(ctimes_ns)
        waited_for.extend(times)
        wait_past(clocks, times)

    monkeypatch.setattr(Clocks, "wait_past", counted)
    (project.root / "programs/toy_sum.py").rename(project.root / "programs/.toy_sum.py")
    _, guard = loading.load_guarded(project.root, lambda line: None)
    row = guard.rows[str(project.root / "programs")]
    assert row is not None
    assert row[5] in waited_for
    assert "toy_sum" not in guard.programs
    waited_for.clear()
    loading.load(project.root)
    assert waited_for == []


def test_what_is_skipped_builds_no_tool_and_tells_no_floor(project: ManifestProject) -> None:
    project.write("programs/empty.py", "# molt-build: skip not yet\n")
    (line,) = lines(project)
    assert line.startswith("manifests/lanes/toy_lane.toml:12:1: startup_program: 'empty' is skip")
    assert line.endswith("(hint: not yet)")


PARTS = st.text(st.sampled_from("aAbB01_-. é"), min_size=1, max_size=4).filter(
    lambda part: not part.startswith(".")
)
ENTRIES = st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".py")


@given(st.lists(ENTRIES, min_size=1, max_size=8, unique=True))
@settings(max_examples=30)
def test_every_file_has_a_name_of_its_own_or_is_named(
    tmp_path_factory: pytest.TempPathFactory, entries: list[str]
) -> None:
    root = tmp_path_factory.mktemp("names")
    written = []
    for entry in entries:
        try:
            (root / entry).parent.mkdir(parents=True, exist_ok=True)
            (root / entry).write_text("")
        except OSError:  # a folder has the name
            continue
        written.append(entry)
    glob = found.Glob(str(root), "**/*.py", ())
    one = found.find(str(root), glob, found.NOTHING, lambda: None)
    assert sorted(one.looked.files) == sorted(written)
    named = {file.entry: file.name for file in one.files}
    nameless = {wrong.file for wrong in one.wrong}
    assert sorted([*named, *nameless]) == sorted(written)
    assert all(found.is_name(name) for name in named.values())
    assert [found.program_name(entry) for entry in named] == list(named.values())
