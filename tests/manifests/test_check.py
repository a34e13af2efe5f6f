"""`molt-build check` and `molt-build schema`, as a person and as a program see them."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from manifest_projects import FILES, ManifestProject, lone_project

from molt_build.cli import check as check_command
from molt_build.cli import schema as schema_command
from molt_build.errors import UsageError
from molt_build.manifests import schema, search, validation

REPOSITORY = Path(__file__).parents[2]
TOYC = "manifests/toolchains/toyc.toml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "a project", monkeypatch)


def run(command: Any, project: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args(words)
    arguments.project = project
    status: int = command.run(arguments)
    return status


def test_a_valid_project(project: ManifestProject, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(check_command, project.root) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("10 manifests are valid\n", "")
    assert not (project.root / ".molt-build").exists()


def test_errors_are_lines_on_standard_error(
    project: ManifestProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.replace(TOYC, '"{entry}"', '"{enter}"')
    project.replace("manifests/project.toml", '"toyc"', '"tooyc"')
    assert run(check_command, project.root) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "manifests/project.toml:6:1: default_toolchain: there is no toolchain 'tooyc' "
        "(hint: did you mean 'toyc'?)\n"
        "manifests/toolchains/toyc.toml:32:30: stages[0].argv[2]: unknown placeholder {enter} "
        "(hint: did you mean 'entry'?)\n"
        "2 errors in 2 manifests of 10\n"
    )


def test_the_same_for_programs(
    project: ManifestProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(check_command, project.root, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"valid": True, "files": 10, "diagnostics": []}
    project.replace(TOYC, 'digest = "tokens"', 'digest = "token"')
    project.replace(TOYC, "meaningful_comments", "# meaningful_comments")
    assert run(check_command, project.root, "--json") == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "valid": False,
        "files": 10,
        "diagnostics": [
            {
                "file": TOYC,
                "line": 35,
                "column": 1,
                "path": "stages[0].digest",
                "message": "'token' is not allowed",
                "hint": "did you mean 'tokens'?",
            }
        ],
    }


def test_a_line_stays_one_line(
    project: ManifestProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.replace("manifests/project.toml", '"toyc"', '"a\\nb\\u2028\\u001b[31m"')
    project.replace("manifests/project.toml", "name =", '"k\\ney" = 1\nname =')
    assert run(check_command, project.root) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 3
    assert "\x1b" not in err


def test_the_stock_manifests_are_valid() -> None:
    examined = validation.examine(str(REPOSITORY))
    stock = [file for file in examined.files if "/toolchains/" in file.path]
    assert len(stock) >= 5
    assert [str(one) for one in examined.diagnostics] == []


@pytest.mark.parametrize("kind", schema.KINDS)
def test_schemas_are_schemas_and_describe_everything(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(schema_command, REPOSITORY, kind) == 0
    text = capsys.readouterr().out
    assert text == (REPOSITORY / "schemas" / f"{kind}.schema.json").read_text()
    whole = json.loads(text)
    Draft202012Validator.check_schema(whole)
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert whole["description"]
    version = whole["properties"]["schema_version"]["const"]
    assert whole["$id"] == f"urn:molt-build:schema:{kind}:{version}"  # it lies on no server
    undescribed, open_tables = [], []

    def visit(part: object, path: str) -> None:
        if isinstance(part, dict):
            for name, one in part.get("properties", {}).items():
                if isinstance(one, dict) and not one.get("description"):
                    undescribed.append(f"{path}.{name}")
            if part.get("type") == "object" and "additionalProperties" not in part:
                open_tables.append(path)
            for key, value in part.items():
                visit(value, f"{path}.{key}")
        elif isinstance(part, list):
            for value in part:
                visit(value, path)

    visit(whole, kind)
    assert (undescribed, open_tables) == ([], [])


def test_kinds_are_listed_and_a_near_miss_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [*schema.KINDS, "result", "output"]
    assert run(schema_command, REPOSITORY) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == kinds
    assert run(schema_command, REPOSITORY, "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["kinds"]) == kinds
    with pytest.raises(UsageError) as caught:
        run(schema_command, REPOSITORY, "toolchains")
    assert (caught.value.hint, caught.value.exit_code) == ("did you mean 'toolchain'?", 2)
    with pytest.raises(UsageError, match="no manifest kind"):
        run(schema_command, REPOSITORY, "../project")


@settings(max_examples=60)
@given(data=st.data())
def test_no_mutation_of_the_text_leads_to_a_traceback(
    project: ManifestProject, data: st.DataObject
) -> None:
    manifests = [path for path in FILES if path.endswith(".toml")]
    path = data.draw(st.sampled_from(manifests))
    original = FILES[path].encode()
    start = data.draw(st.integers(0, len(original)))
    length = data.draw(st.integers(0, 12))
    snippets = [b"[", b"]]", b'"', b"{{", b"\xff", b"\0", b"\n[x]\n", b"= nan", b"\r", b"'''", b"."]
    inserted = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from(snippets)))
    project.write(path, original[:start] + inserted + original[start + length :])
    try:
        for one in project.diagnostics():
            assert one.line >= 1
            assert one.column >= 1
            assert one.message
    finally:
        project.write(path, original)


def test_a_large_valid_looking_file_is_checked_in_reasonable_time(
    project: ManifestProject,
) -> None:
    head = FILES[TOYC].replace('name = "toyc"', 'name = "large"')
    lines = "".join(f"key_{number} = {number}\n" for number in range(20_000))
    project.write("manifests/toolchains/large.toml", head + "\n[targets.wasm]\n" + lines)
    found = [one for one in project.diagnostics() if one.message == "unknown key"]
    assert len(found) == 20_000


def test_spoiled_stock_manifests_are_reported_in_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A short run of the stress session; `tests/stress/mutate_manifests.py` makes long ones."""
    path = REPOSITORY / "tests" / "stress" / "mutate_manifests.py"
    spec = importlib.util.spec_from_file_location("mutate_manifests", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.main(["--count", "40", "--seed", "7", "--show-missed"]) == 0, capsys.readouterr()


def test_an_installed_wheel_carries_manifests_and_schemas(
    project: ManifestProject, tmp_path: Path
) -> None:
    package = tmp_path / "site" / "molt_build"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "molt_build", package, ignore=ignored)
    shutil.copytree(REPOSITORY / "schemas", package / "_bundled" / "schemas")
    for folder in search.BUNDLED_FOLDERS:
        bundled = package / "_bundled" / "manifests" / folder
        shutil.copytree(REPOSITORY / "manifests" / folder, bundled)
    program = (
        "import pathlib, sys; from molt_build.manifests.loading import check, load\n"
        "project = pathlib.Path(sys.argv[1]); print(*check(project), sep='\\n')\n"
        "manifests = load(project)\n"
        "print('mypyc' in manifests.toolchains, manifests.files['toolchain:mypyc'])\n"
        "print(manifests.files['toolchain:gcc'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(project.root)],
        env={"PYTHONPATH": str(package.parent), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "",
        f"True {package}/_bundled/manifests/toolchains/mypyc.toml",
        f"{project.root}/manifests/toolchains/gcc.toml",
    ]


@pytest.mark.parametrize("words", [("--project", "build", "check"), ("--project=bench", "check")])
def test_a_folder_that_is_named_like_a_command(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "molt_build", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "molt-build init makes one" in done.stdout + done.stderr
