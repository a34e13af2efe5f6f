"""What pipelines run: our workflows, the action, the hook, and the examples of docs/nox.md.

What they say is checked against the published schemas of GitHub, GitLab and CITATION.cff, which
check-jsonschema carries; what they run in a shell is run, in a project of toys.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY
from gated_projects import LINE, commit, declare, git, kept, measured
from lane_projects import WORK, LaneProject, lane_project
from nox_projects import with_noxfile

from molt_build import __version__
from molt_build.results.bench import BenchResult
from molt_build.results.files import read_bench

pytest.importorskip("check_jsonschema")
from ruamel.yaml import YAML  # check-jsonschema brings it

PAGE = (REPOSITORY / "docs/nox.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
YAMLS = [text for language, text in BLOCKS if language == "yaml"]
WORKFLOWS = [text for text in YAMLS if "runs-on" in text]
[GITLAB] = [text for text in YAMLS if "trigger:" in text]
[MATRIX] = [text for language, text in BLOCKS if language == "sh" and "--json" in text]
NOXFILE = """\
from molt_build.nox import register_sessions

more = ["bench", "nightly"]
register_sessions("manifests", options={"toys_native": ["--quick"]}, tags={"toys_native": more})
"""


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def is_valid(kind: str, *files: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def lane(tmp_path: Path) -> LaneProject:
    return lane_project(tmp_path, {"bench_work": WORK})


def in_shell(
    script: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: the first command that fails ends it."""
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        shell, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def results(lane: LaneProject) -> list[BenchResult]:
    return [read_bench(run) for run in lane.runs()]


def test_workflows_the_action_and_the_citation_say_what_their_readers_know(tmp_path: Path) -> None:
    examples = []
    for number, text in enumerate(WORKFLOWS):
        examples.append(tmp_path / f"{number}.yml")
        examples[-1].write_text(text)
    is_valid("github-workflows", *(REPOSITORY / ".github/workflows").glob("*.yml"), *examples)
    is_valid("github-actions", REPOSITORY / "action.yml")
    is_valid("citation-file-format", REPOSITORY / "CITATION.cff")


def test_who_uses_the_action_gives_it_inputs_that_it_has(tmp_path: Path) -> None:
    known = set(parsed((REPOSITORY / "action.yml").read_text())["inputs"])
    texts = [file.read_text() for file in (REPOSITORY / ".github/workflows").glob("*.yml")]
    uses = 0
    for workflow in map(parsed, [*texts, *WORKFLOWS]):
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith(("./", "molt-build/molt_build@")):
                    uses += 1
                    assert set(step["with"]) <= known
    assert uses >= 5
    table = set(re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("## The action")[2], re.MULTILINE))
    assert table == known


@pytest.mark.parametrize("workflow", ["ci", "nightly"])
def test_the_matrix_of_a_workflow_is_read_from_the_noxfile(workflow: str, tmp_path: Path) -> None:
    text = (REPOSITORY / f".github/workflows/{workflow}.yml").read_text()
    steps = parsed(text)["jobs"]["sessions"]["steps"]
    [script] = [step["run"] for step in steps if step.get("id") == "list"]
    output = tmp_path / "output"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "GITHUB_OUTPUT": str(output), "PATH": programs}
    assert in_shell(script, REPOSITORY, environment).returncode == 0
    name, _, value = output.read_text().partition("=")
    names = {row["session"] for row in json.loads(value)}
    assert name == "matrix"
    wanted = {"ci": {"tests", "lint"}, "nightly": {"bench_native", "compile_progress"}}
    assert names >= wanted[workflow]
    assert ("friends(suite='codon')" in names) == (workflow == "nightly")


def test_the_matrix_in_a_shell_measures_what_is_tagged(lane: LaneProject) -> None:
    done = in_shell(MATRIX, lane.root, with_noxfile(lane, NOXFILE))
    assert done.returncode == 0 and "failed" not in done.stderr, done.stderr
    assert [result.is_quick for result in results(lane)] == [True]


def test_gitlabs_first_job_writes_the_pipeline_of_the_second(lane: LaneProject) -> None:
    file = lane.project.write("gitlab.yml", GITLAB)
    is_valid("gitlab-ci", file)
    pipeline = parsed(GITLAB)
    first, *script = pipeline["sessions"]["script"]
    assert first == "python3 -m pip install --quiet nox"
    done = in_shell("\n".join(script), lane.root, with_noxfile(lane, NOXFILE))
    assert done.returncode == 0, done.stderr
    written = lane.root / "measure.yml"
    assert pipeline["sessions"]["artifacts"]["paths"] == [written.name]
    is_valid("gitlab-ci", written)
    assert parsed(written.read_text())["toys_native"]["script"] == ['nox -s "toys_native"']


def test_versions_are_the_same_wherever_they_are_told() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    told = [one.removeprefix(prefix[:-2]) for one in project["classifiers"] if prefix in one]
    ci = parsed((REPOSITORY / ".github/workflows/ci.yml").read_text())["jobs"]
    assert ci["session"]["strategy"]["matrix"]["python"] == told
    assert project["requires-python"] == f">={told[0]}"
    assert parsed((REPOSITORY / "CITATION.cff").read_text())["version"] == __version__


class Action:
    """The steps of action.yml that run in a shell, run as GitHub runs them."""

    def __init__(self, lane: LaneProject) -> None:
        self.lane = lane
        action = parsed((REPOSITORY / "action.yml").read_text())
        self.steps = action["runs"]["steps"]
        self.defaults = {name: one["default"] for name, one in action["inputs"].items()}
        self.output, self.summary = lane.root / "output", lane.root / "summary.md"
        self.installed = lane.root / "installed"
        installing = f'[ "$1 $2" = "-m pip" ] && exec echo "$@" > "{self.installed}"'
        shim = f'#!/bin/sh\n{installing}\nexec "{sys.executable}" "$@"\n'
        lane.project.write("bin/python", shim, executable=True)

    def run(self, **given: str) -> list[subprocess.CompletedProcess[str]]:
        """The steps whose conditions hold, up to the first that fails."""
        inputs = {**self.defaults, **given}
        environment = with_noxfile(self.lane, NOXFILE)
        environment["PATH"] = f"{self.lane.root / 'bin'}{os.pathsep}{environment['PATH']}"
        environment["GITHUB_OUTPUT"] = str(self.output)
        environment["GITHUB_STEP_SUMMARY"] = str(self.summary)
        done: list[subprocess.CompletedProcess[str]] = []
        for step in self.steps:
            is_for_sessions = "inputs.session != ''" in step.get("if", "")
            if "run" in step and (inputs["session"] or not is_for_sessions):
                given_to_it = step.get("env", {})
                own = {name: self.filled(text, inputs) for name, text in given_to_it.items()}
                done.append(in_shell(step["run"], self.lane.root, {**environment, **own}))
                if done[-1].returncode != 0:
                    break
        return done

    def filled(self, text: str, inputs: Mapping[str, str]) -> str:
        """A value of a step's environment: what stands between ${{ and }} is filled in."""
        facts = {f"inputs.{name}": value for name, value in inputs.items()}
        facts |= {f"steps.prepare.outputs.{k}": value for k, value in self.outputs().items()}
        facts |= {"github.action_path": "/action", "runner.temp": str(self.lane.root.parent)}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: facts[found[1]], text)

    def outputs(self) -> dict[str, str]:
        """Those of the step that prepares."""
        lines = self.output.read_text().splitlines() if self.output.exists() else []
        return dict(line.split("=") for line in lines)


def test_the_action_runs_a_session_and_shows_its_numbers(lane: LaneProject) -> None:
    action = Action(lane)
    done = action.run(session="toys_native", arguments="--reference 'cpython'")
    assert [one.returncode for one in done] == [0, 0, 0, 0], done
    assert action.installed.read_text() == "-m pip install --quiet /action\n"
    assert "bench toys_native --quick --reference cpython\n" in done[2].stderr
    outputs = action.outputs()
    assert outputs["artifact"] == "molt-build-toys_native"
    [result] = results(lane)
    assert result.run == f"toys_native/{outputs['run']}"
    shown = action.summary.read_text()
    assert f"## toys_native/{outputs['run']}\n" in shown and "\n| bench_work |" in shown


def test_the_action_shows_errors_of_manifests_beside_their_lines(lane: LaneProject) -> None:
    lane.project.replace("manifests/lanes/toys.toml", 'reference = "cpython"', 'reference = "no"')
    action = Action(lane)
    install = "molt-build nox>=2026"
    for given in ({"command": "check --format github"}, {"session": "toys_native"}):
        prepared, checked = action.run(**given, install=install)
        assert action.installed.read_text() == f"-m pip install --quiet {install}\n"
        assert (prepared.returncode, checked.returncode) == (0, 2)
        assert "::error file=manifests/lanes/toys.toml,line=" in checked.stdout


def test_the_action_shows_what_gates_say_and_fails_with_them(lane: LaneProject) -> None:
    """Of a pull request from a fork, too: nothing but the checkout is asked for."""
    declare(lane, g=LINE)
    git(lane.root, "init", "--quiet", "--initial-branch=main")
    commit(lane)
    kept(lane, measured(lane, 0.4))
    action = Action(lane)
    *_, ran = action.run(session="gates", arguments="--annotations --junit gates.xml")
    assert ran.returncode != 0 and "::error title=" in ran.stdout
    assert (lane.root / "gates.xml").is_file()
    kept(lane, measured(lane, 0.1, hours=0.5))
    action.output.unlink()
    done = action.run(session="gates")
    assert [one.returncode for one in done] == [0, 0, 0, 0], done
    assert "## Gates: 1 of 1 gate pass" in action.summary.read_text()


def test_a_pull_request_is_judged_without_a_token() -> None:
    workflow = parsed((REPOSITORY / ".github/workflows/ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    job = workflow["jobs"]["gates"]
    assert "permissions" not in job and "secrets" not in json.dumps(job)
    checkout, _, own, *_ = job["steps"]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    words = own["with"]["arguments"].split()
    assert words[:2] == ["--base", "origin/${{"] and {"--annotations", "--quick"} <= set(words)


@pytest.mark.parametrize("given", [{}, {"session": "x", "command": "y"}])
def test_the_action_wants_a_session_or_a_command(lane: LaneProject, given: dict[str, str]) -> None:
    [only] = Action(lane).run(**given)
    assert only.returncode == 2
    assert only.stdout.startswith("::error ") and "a session or a command" in only.stdout


def hook() -> Mapping[str, Any]:
    [one] = parsed((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    assert one["id"] == "molt-build-check"
    assert f"id: {one['id']}" in PAGE and one["entry"] == "molt-build check"
    return one  # type: ignore[no-any-return]


def test_the_hook_is_for_commits_of_manifests() -> None:
    listing = ["git", "ls-files"]
    files = subprocess.run(listing, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    chosen = [name for name in files.stdout.splitlines() if re.search(hook()["files"], name)]
    manifests = {str(p.relative_to(REPOSITORY)) for p in (REPOSITORY / "manifests").rglob("*.toml")}
    assert manifests <= set(chosen)
    assert not [name for name in chosen if name.endswith((".py", ".md", ".txt"))]
    assert "pyproject.toml" not in chosen
