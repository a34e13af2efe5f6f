"""Sessions from lane manifests, with Nox and nothing else installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("tomlkit", "jsonschema", "re2", "xxhash", "rich", "psutil")
NOXFILE = f"""\
import sys

sys.path.insert(0, {str(REPOSITORY)!r})
from molt_build.nox import register_sessions

names = register_sessions("manifests")
print("registered", *names, file=sys.stderr)
print("loaded", *sys.modules, file=sys.stderr)
"""
LANE = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "quick_lane"
description = "Programs against a reference."
workloads = ["programs"]
reference = "cpython"
subject = "cython"
engines = ["cython"]
profile = "release"
target = "native"
tags = ["bench", "nightly"]
"""


@pytest.fixture(scope="module")
def only_nox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that has Nox and what Nox needs; its bin folder."""
    folder = tmp_path_factory.mktemp("only-nox")
    bare = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(bare, check=True, capture_output=True)
    python = str(folder / "bin/python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    install = [*pip, "install", "--quiet", "--no-compile", "nox"]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"Nox cannot be installed here: {installed.stderr[-300:]}")
    code = "import sys, importlib.util as u; print(*filter(u.find_spec, sys.argv[1:]))"
    look = [python, "-c", code, *HEAVY]
    brought = subprocess.run(look, capture_output=True, text=True, check=True).stdout.split()
    assert not brought, f"Nox brings {brought} along"
    return folder / "bin"


def nox(bin_folder: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(bin_folder / "python"), "-m", "nox", *words]
    clean = {k: v for k, v in os.environ.items() if "MOLT_BUILD_" not in k}
    return subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "manifests/lanes").mkdir(parents=True)
    (tmp_path / "manifests/lanes/quick_lane.toml").write_text(LANE)
    (tmp_path / "noxfile.py").write_text(NOXFILE)
    return tmp_path


def listed(result: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert result.returncode == 0, result.stderr
    return {row["name"]: row for row in json.loads(result.stdout)}


def test_a_lane_is_a_session(only_nox: Path, project: Path) -> None:
    rows = listed(nox(only_nox, project, "-l", "--json"))
    assert set(rows) == {"quick_lane"}
    assert rows["quick_lane"]["description"] == "Programs against a reference."
    assert rows["quick_lane"]["tags"] == ["bench", "nightly"]
    text = nox(only_nox, project, "-l").stdout
    assert "quick_lane [bench,nightly] -> Programs against a reference." in text


def test_listing_imports_nothing_heavy(only_nox: Path, project: Path) -> None:
    err = nox(only_nox, project, "-l", "--json").stderr
    [line] = [line for line in err.splitlines() if line.startswith("loaded ")]
    loaded = set(line.split()[1:])
    assert "molt_build.nox" in loaded
    assert not loaded & set(HEAVY)
    ours = {name for name in loaded if name.startswith("molt_build")}
    assert ours == {"molt_build", "molt_build.nox"}


def test_this_projects_own_sessions(only_nox: Path) -> None:
    rows = listed(nox(only_nox, REPOSITORY, "-l", "--json"))
    assert {"tests", "lint"} <= {name for name, row in rows.items() if "ci" in row["tags"]}
    [lane] = listed(nox(only_nox, REPOSITORY, "-l", "--json", "-s", "bench_native")).values()
    assert lane["description"]
    assert "bench_native" in nox(only_nox, REPOSITORY, "-l").stdout


def test_tracks_give_a_dashboard(only_nox: Path, project: Path) -> None:
    track = 'kind = "track"\nschema_version = 1\nname = "OPT-1"\n'
    (project / "manifests/OPT-1.toml").write_text(track)
    rows = listed(nox(only_nox, project, "-l", "--json"))
    assert set(rows) == {"quick_lane", "dashboard"}


def test_what_a_project_compares_is_a_session(only_nox: Path, project: Path) -> None:
    manifest = project / "manifests/project.toml"
    manifest.write_text('kind = "project"\nname = "own"\n')
    assert set(listed(nox(only_nox, project, "-l", "--json"))) == {"quick_lane"}
    manifest.write_text(manifest.read_text() + '[differential]\ntags = ["nightly"]\n')
    rows = listed(nox(only_nox, project, "-l", "--json"))
    assert set(rows) == {"quick_lane", "differential"}
    assert rows["differential"]["tags"] == ["nightly"]
    result = nox(Path(sys.executable).parent, project, "-s", "differential", "--", "--no-such")
    assert result.returncode == 1
    assert "differential --no-such" in result.stderr


def test_a_manifest_that_cannot_be_read_does_not_hide_the_others(
    only_nox: Path, project: Path
) -> None:
    (project / "manifests/broken.toml").write_text("kind = [")
    (project / "manifests/bytes.toml").write_bytes(b"\xff")
    (project / "manifests/nameless.toml").write_text('kind = "lane"\nname = 3\n')
    result = nox(only_nox, project, "-l", "--json")
    assert set(listed(result)) == {"quick_lane"}
    assert "broken.toml: not read" in result.stderr
    assert "molt-build check" in result.stderr


def test_a_folder_without_manifests(only_nox: Path, project: Path) -> None:
    (project / "manifests/lanes/quick_lane.toml").unlink()
    result = nox(only_nox, project, "-l", "--json")
    assert "No sessions found" in result.stderr
    assert "Traceback" not in result.stderr


def test_arguments_after_the_dashes_go_to_the_command(project: Path) -> None:
    """With an interpreter that has everything, the session runs in it."""
    result = nox(Path(sys.executable).parent, project, "-s", "quick_lane", "--", "--no-such-word")
    assert result.returncode == 1
    assert "--no-such-word" in result.stderr
    assert "bench quick_lane" in result.stderr


CASE = """\
kind = "case"
schema_version = 1
name = "NAME"
description = "A scenario."
"""


def test_all_cases_together_are_one_session(only_nox: Path, project: Path) -> None:
    (project / "manifests/cases").mkdir()
    for name in ("cold", "warm"):
        text = CASE.replace("NAME", name)
        (project / f"manifests/cases/{name}.toml").write_text(text)
    rows = listed(nox(only_nox, project, "-l", "--json"))
    assert set(rows) == {"quick_lane", "compile_progress"}
    assert "build latency" in rows["compile_progress"]["description"]


def test_the_session_of_the_cases_runs_their_command(project: Path) -> None:
    (project / "manifests/cases").mkdir()
    (project / "manifests/cases/warm.toml").write_text(CASE.replace("NAME", "warm"))
    result = nox(Path(sys.executable).parent, project, "-s", "compile_progress", "--", "--no-such")
    assert result.returncode == 1
    assert "compile_progress --no-such" in result.stderr


def register(project: Path, arguments: str) -> None:
    """The noxfile of a project that says more to `register_sessions`."""
    text = NOXFILE.replace('sessions("manifests")', f'sessions("manifests", {arguments})')
    (project / "noxfile.py").write_text(text)


def test_a_noxfile_adds_tags_and_chooses_environments(only_nox: Path, project: Path) -> None:
    more = 'tags={"quick_lane": ["ci", "bench"]}, python=["3.11", "3.12"], venv_backend="venv"'
    register(project, more)
    result = nox(only_nox, project, "-l", "--json", "--tags", "ci")
    rows = json.loads(result.stdout)
    assert [(row["session"], row["python"]) for row in rows] == [
        ("quick_lane-3.11", "3.11"),
        ("quick_lane-3.12", "3.12"),
    ]
    assert rows[0]["tags"] == ["bench", "nightly", "ci"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('options={"quick_lan": ["--quick"]}', "options of quick_lan: no manifest gives"),
        ('tags={"fast": ["ci"]}', "of that name; there are: quick_lane"),
    ],
)
def test_a_noxfile_that_names_no_session_hears_of_it(
    only_nox: Path, project: Path, arguments: str, said: str
) -> None:
    register(project, arguments)
    result = nox(only_nox, project, "-l")
    assert result.returncode != 0
    assert said in result.stderr


def test_options_of_the_noxfile_come_before_those_of_the_command_line(project: Path) -> None:
    register(project, 'options={"quick_lane": ["--budget", "no-number"]}')
    words = ("-s", "quick_lane", "--", "--budget", "1")
    result = nox(Path(sys.executable).parent, project, *words)
    assert result.returncode == 1
    assert "bench quick_lane --budget no-number --budget 1\n" in result.stderr
    assert "--budget" in result.stderr


def test_a_session_shows_the_help_of_its_command(project: Path) -> None:
    result = nox(Path(sys.executable).parent, project, "-s", "quick_lane", "--", "--help")
    assert result.returncode == 0, result.stderr
    assert "usage: molt-build bench" in result.stdout and "--wait" in result.stdout


def test_suites_that_nox_starts_in_processes_of_their_own_add_to_one_run(project: Path) -> None:
    (project / "manifests/suites").mkdir()
    for name in ("one", "two"):
        text = f'kind = "suite"\nschema_version = 1\nname = "{name}"\n'
        (project / f"manifests/suites/{name}.toml").write_text(text)
    here = Path(sys.executable).parent
    if "--parallel" not in nox(here, project, "--help").stdout:
        pytest.skip("this Nox runs no sessions side by side")
    result = nox(here, project, "-s", "friends", "-j", "2", "--", "--no-such-word")
    said = result.stdout + result.stderr
    runs = re.findall(r"friends --suite (\w+) --run (\w+) --no-such-word\n", said)
    assert {suite for suite, _ in runs} == {"one", "two"}
    assert len({run for _, run in runs}) == 1
