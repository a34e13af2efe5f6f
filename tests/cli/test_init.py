"""A new project, from an installed wheel, with a compiler that is added by one manifest."""

from __future__ import annotations

import email
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from molt_build.errors import EnvironmentFailed
from molt_build.measure.machine import measuring

REPOSITORY = Path(__file__).parents[2]
TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "frozen"
description = "Compiles Python to bytecode with the host's own compiler."
engine = "compiler"
accepts = ["python"]

[[stages]]
name = "freeze"
argv = [
    "{python}", "-I", "-c",
    "import sys, py_compile; py_compile.compile(*sys.argv[1:], doraise=True)",
    "{entry}", "{bytecode}",
]
outputs = { bytecode = "{module}.pyc" }
imports = "python"
digest = "tokens"

[targets.native]
results = ["freeze.bytecode"]
run = ["{python}", "{bytecode}", "{args}"]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment with molt_build's wheel installed in it."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY)]
    built = subprocess.run(wheel, capture_output=True, text=True, check=False)
    if built.returncode != 0 and "hatchling" in built.stderr:
        pytest.skip(f"the wheel cannot be built without network: {built.stderr[-300:]}")
    assert built.returncode == 0, built.stderr
    [file] = folder.glob("molt_build-*.whl")
    environment = folder / "environment"
    bare = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(bare, check=True)
    into = ["--python", str(environment / "bin/python")]
    install = [*pip, *into, "install", "--quiet", "--no-compile", str(file)]
    result = subprocess.run(install, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        pytest.skip(f"its dependencies cannot be installed: {result.stderr[-300:]}")
    return environment / "bin"


@pytest.fixture
def started(installed: Path, tmp_path: Path, environments: Path) -> Path:
    """A project begun with `molt-build init`, in a folder with a space in its name."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/environments").symlink_to(environments)
    folder = tmp_path / "my project"
    folder.mkdir()
    result = run(installed, folder, "molt-build", "init")
    assert result.returncode == 0, result.stderr
    return folder


def run(
    installed: Path, folder: Path, program: str, *words: str
) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MOLT_BUILD_"))}
    variables = {
        **inherited,
        "PATH": f"{installed}:{os.environ['PATH']}",
        "MOLT_BUILD_CACHE_DIR": str(folder.parent / "cache"),
    }
    return subprocess.run(
        [str(installed / program), *words],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_project_is_valid(installed: Path, started: Path) -> None:
    result = run(installed, started, "molt-build", "check")
    assert (result.returncode, result.stderr) == (0, "")
    assert (started / "noxfile.py").read_text().count("register_sessions(") == 1
    sessions = run(installed, started, "nox", "-l", "--json")
    assert [row["name"] for row in json.loads(sessions.stdout)] == ["bench"]
    doctor = json.loads(run(installed, started, "molt-build", "doctor", "--json").stdout)
    for manifest in (started / "manifests").rglob("*.toml"):
        directive = manifest.read_text().splitlines()[0].removeprefix("#:schema ")
        kind = tomllib.loads(manifest.read_text())["kind"]
        found = json.loads((manifest.parent / directive).read_text())
        assert found["$id"] == f"urn:molt-build:schema:{kind}:1"  # an editor finds it offline
    lane = tomllib.loads((started / "manifests/lanes/bench.toml").read_text())
    workload = (started / f"manifests/workloads/{lane['workloads'][0]}.toml").read_text()
    assert lane["startup_program"] not in [
        row["name"] for row in tomllib.loads(workload)["programs"]
    ]
    assert "/.molt-build/" in (started / ".gitignore").read_text().splitlines()
    assert (started / "README.md").read_text().startswith("# my-project\n")
    states = {row["name"]: row["ready"] for row in doctor["toolchains"]}
    assert states["cpython"] is True
    assert {"cython", "mypyc", "nuitka", "codon", "pypy", "gcc", "clang", "zig"} <= set(states)


def test_init_overwrites_nothing(installed: Path, started: Path) -> None:
    before = {p: p.read_bytes() for p in started.rglob("*") if p.is_file()}
    result = run(installed, started, "molt-build", "init")
    assert result.returncode == 2
    assert "already has" in result.stderr
    assert {p: p.read_bytes() for p in started.rglob("*") if p.is_file()} == before
    assert run(installed, started, "molt-build", "init", "below/Another One").returncode == 0
    text = (started / "below/Another One/manifests/project.toml").read_text()
    assert 'name = "another-one"' in text


def test_init_keeps_what_a_folder_has(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "README.md").write_text("mine\n")
    (folder / ".gitignore").write_text("*.o\n")
    result = run(installed, folder, "molt-build", "init", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    facts = json.loads(result.stdout)
    assert facts["name"] == "there" and facts["folder"] == str(folder)
    assert sorted(facts["kept"]) == [".gitignore", "README.md"]
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == {*facts["written"], *facts["kept"]}
    assert facts["next"][0] == "molt-build doctor"
    assert (folder / "README.md").read_text() == "mine\n"
    (folder / "manifests/project.toml").unlink()
    again = run(installed, folder, "molt-build", "init")
    assert again.returncode == 2 and "already has" in again.stderr
    assert not (folder / "manifests/project.toml").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("9 lives", "project-9-lives"),
        ("Über-Projekt_", "ber-projekt"),
        ("日本", "project"),
        ('a"b\\c', "a-b-c"),
        ("-_x.y", "x-y"),
    ],
)
def test_odd_names_of_folders(installed: Path, tmp_path: Path, folder: str, name: str) -> None:
    made = run(installed, tmp_path, "molt-build", "init", "--json", "--", folder)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["name"] == name
    check = run(installed, tmp_path / folder, "molt-build", "check")
    assert (check.returncode, check.stderr) == (0, "")


def test_a_name_that_no_project_can_have(installed: Path, tmp_path: Path) -> None:
    result = run(installed, tmp_path, "molt-build", "init", "new", "--name", 'My "Project"')
    assert result.returncode == 2
    assert "is no name of a project" in result.stderr
    assert "such as --name my-project" in result.stderr
    assert not (tmp_path / "new").exists()


def test_all_schemas_are_written(installed: Path, tmp_path: Path) -> None:
    result = run(installed, tmp_path, "molt-build", "schema", "--write", "below/schemas", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    files = json.loads(result.stdout)["written"]
    repository = {p.name: p.read_text() for p in (REPOSITORY / "schemas").glob("*.json")}
    assert {Path(f).name: (tmp_path / f).read_text() for f in files} == repository
    refused = run(installed, tmp_path, "molt-build", "schema", "lane", "--write", "x")
    assert refused.returncode == 2 and not (tmp_path / "x").exists()


def test_a_compiler_by_one_manifest(installed: Path, started: Path) -> None:
    """No Python is written: a TOML file, and programs are checked, built and run with it."""
    (started / "manifests/toolchains").mkdir()
    (started / "manifests/toolchains/frozen.toml").write_text(TOY)
    check = run(installed, started, "molt-build", "check")
    assert (check.returncode, check.stderr) == (0, "")

    words = ("molt-build", "build", "--toolchain", "frozen", "--json")
    first = run(installed, started, *words)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["executed"] == 2
    second = json.loads(run(installed, started, *words).stdout)
    assert (second["executed"], second["up_to_date"]) == (0, 2)
    output = started / ".molt-build/out/frozen/release/native/pi/pi.pyc"
    ran = subprocess.run([sys.executable, str(output)], capture_output=True, text=True, check=True)
    assert ran.stdout == "3141592\n"


def wait_for_the_machine() -> None:
    """Until no other test measures on it; skips the test when it is somebody else who does."""
    ends = time.monotonic() + 60
    while True:
        try:
            with measuring():
                return
        except EnvironmentFailed as error:
            if time.monotonic() > ends:
                pytest.skip(error.message)
            time.sleep(0.5)


def test_it_is_measured_by_the_projects_own_noxfile(installed: Path, started: Path) -> None:
    wait_for_the_machine()
    (started / "manifests/toolchains").mkdir()
    (started / "manifests/toolchains/frozen.toml").write_text(TOY)
    pi = started / "programs/pi.py"  # a tenth: a busy machine takes no run near its limit
    pi.write_text(pi.read_text().replace("6_000_000", "600_000"))
    quick = ("--quick", "--wait", "--budget", "20", "--add-engine", "frozen", "--json")
    bench = run(installed, started, "nox", "-s", "bench", "--", *quick)
    assert bench.returncode == 0, bench.stdout + bench.stderr
    [result] = (started / "bench/results/bench").glob("*/*.json")
    lane = json.loads(result.read_text())["lanes"]["bench"]
    assert list(lane["programs"]) == ["pi"], "what starts only is no program to score"
    assert {"frozen", "cpython"} <= {cell["engine"] for cell in lane["cells"]}
    assert {cell["program"] for cell in lane["startup"]} == {"empty"}


def test_the_wheel_carries_its_data(installed: Path) -> None:
    [package] = installed.parent.glob("lib/python*/site-packages/molt_build")
    for kind in ("toolchains", "profiles", "signals"):
        wanted = {p.name for p in (REPOSITORY / "manifests" / kind).glob("*.toml")}
        assert {p.name for p in (package / "_bundled/manifests" / kind).glob("*.toml")} == wanted
    schemas = {p.name for p in (REPOSITORY / "schemas").glob("*.json")}
    assert {p.name for p in (package / "_bundled/schemas").glob("*.json")} == schemas
    listing = ["git", "ls-files", "molt_build"]
    tracked = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    missing = [f for f in tracked.stdout.split() if not (package.parent / f).exists()]
    assert not missing, "templates, a new project's files, py.typed"
    schema = run(installed, installed, "molt-build", "schema", "toolchain")
    assert json.loads(schema.stdout)["$schema"].endswith("2020-12/schema")
    [info] = installed.parent.glob("lib/python*/site-packages/molt_build-*.dist-info")
    told = email.message_from_string((info / "METADATA").read_text())
    assert (
        told["Author"] == "molt_build contributors" and told["License-Expression"] == "Apache-2.0"
    )
    links = dict(link.split(", ") for link in told.get_all("Project-URL", []))
    assert {"Source", "Documentation", "Changelog", "Issues"} <= set(links)
    # Where an index shows the README there are no files beside it.
    assert "](https://" in told.get_payload() and "](docs/" not in told.get_payload()
    assert (info / "licenses/LICENSE").exists()
