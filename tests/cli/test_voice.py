"""-v, -q and --color of every command, and what is wrong in the forms of other tools."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from build_projects import Project
from terminals import shown_on_a_terminal
from test_every_command import NEEDED, every_command, nowhere

ESCAPE = "\x1b["


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_takes_them_before_and_after(tmp_path: Path, words: tuple[str, ...]) -> None:
    place = nowhere(tmp_path)
    more = (*NEEDED.get(words, ()), "--help")
    for options in (("-v",), ("-q",), ("--color", "never"), ("--color=always",)):
        for line in ((*options, *words, *more), (*words, *options, *more)):
            shown = place.run(*line)
            assert (shown.code, shown.err) == (0, "")
            assert "--color {auto,always,never}" in shown.out
            assert "-v, --verbose" in shown.out and "-q, --quiet" in shown.out
    refused = place.run(*words, "-q", "-v", *NEEDED.get(words, ()))
    assert refused.code == 2 and "not allowed with" in refused.err
    refused = place.run(*words, "--color", "often", *NEEDED.get(words, ()))
    assert refused.code == 2 and "--color cannot be often" in refused.err


def test_a_quiet_build_says_what_must_be_said(toys: Project) -> None:
    toys.write("programs/two.toy", "WARN\n")
    toys.write("programs/three.toy", "FAIL\n")
    done = toys.run("build", "one", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    toys.log()
    for words in (("build", "one", "-q"), ("build", "-q", "one", "--color", "always")):
        again = toys.run(*words)
        assert (again.code, again.out, again.err) == (0, "", "")
    assert toys.log() == []
    assert toys.run("build", "two", "--quiet").err == "two translate: two.toy:1: warning: dubious\n"
    failed = toys.run("-q", "build", "three")
    assert failed.code == 1 and failed.out == ""
    assert "toyc: error: it's too" in failed.err and "[1/1]" not in failed.err
    assert toys.build("one", "-q")["up_to_date"] == 2  # with --json it is the result


def test_a_quiet_check_and_init(toys: Project, tmp_path: Path) -> None:
    assert toys.run("check", "-q").out == ""
    made = toys.run("init", str(tmp_path / "new"), "-q")
    assert (made.code, made.out, made.err) == (0, "", "")
    assert (tmp_path / "new/manifests/project.toml").is_file()


def test_details_are_told_on_standard_error(toys: Project) -> None:
    toys.build("one")
    plain = toys.run("build", "one", "two")
    told = toys.run("build", "one", "two", "-v")
    assert re.search(r"^molt-build \S+, project " + re.escape(str(toys.root)), told.err, re.M)
    assert re.search(r"^one translate: up-to-date, \d+\.\d\d s saved$", told.err, re.M)
    assert re.search(r"^exit code 0 after \d+\.\d\d s$", told.err, re.M)
    assert "exit code" not in plain.err
    executed = toys.run("build", "three", "--verbose")
    assert re.search(r"^three assemble: executed, \d+\.\d\d s$", executed.err, re.M)
    assert json.loads(toys.run("-v", "build", "one", "--json").out)["up_to_date"] == 2


def test_the_cause_of_an_error_is_told_to_who_wants_it(toys: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"MOLT_BUILD_CACHE_DIR": str(tmp_path / "file")}
    assert "caused by" not in toys.run("build", "one", env=env).err
    assert "caused by FileExistsError" in toys.run("build", "one", "-v", env=env).err


@pytest.mark.parametrize(
    ("options", "variables", "is_coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "auto"), {"FORCE_COLOR": ""}, False),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_in_a_pipe(
    toys: Project, options: tuple[str, ...], variables: dict[str, str], is_coloured: bool
) -> None:
    shown = toys.run("doctor", "toy", *options, env=variables)
    assert shown.code == 0
    assert (ESCAPE in shown.out) == is_coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", shown.out).startswith("Python ")


def test_no_colours_on_a_terminal_that_says_never(toys: Project) -> None:
    def shown(colour: str) -> tuple[str, int]:
        words = [sys.executable, "-m", "molt_build", "doctor", "toy", "--color", colour]
        env = toys.variables({"TERM": "xterm-256color"})
        return shown_on_a_terminal(
            lambda terminal: subprocess.Popen(words, cwd=toys.root, env=env, stdout=terminal)
        )

    coloured, plain = shown("auto"), shown("never")
    assert (coloured[1], plain[1]) == (0, 0)
    assert "\x1b[" in coloured[0]
    assert "\x1b[" not in plain[0]


def broken(toys: Project) -> None:
    toys.replace("manifests/toolchains/toy.toml", '"{entry}", "{text}"', '"{enter}", "{text}"')
    (toys.root / "manifests/workloads/50% off, all: here.toml").write_text("kind = 3\n")


def test_annotations_for_github(toys: Project) -> None:
    assert toys.run("check", "--format", "github").out == ""
    broken(toys)
    found = json.loads(toys.run("check", "--json").out)["diagnostics"]
    shown = toys.run("check", "--format", "github")
    assert (shown.code, shown.err) == (2, "")
    lines = shown.out.splitlines()
    assert len(lines) == len(found)
    row = next(row for row in found if row["file"].endswith("toy.toml"))
    assert (
        f"::error file=manifests/toolchains/toy.toml,line={row['line']},col={row['column']},"
        "title=molt-build check::stages[0].argv[2]: unknown placeholder {enter} "
        "(hint: did you mean 'entry'?)"
    ) in lines
    assert any("file=manifests/workloads/50%25 off%2C all%3A here.toml,line=1" in x for x in lines)
    # From a folder above, and from one below, as it is seen from there.
    above = Project(toys.root.parent, toys.cache, toys.log_file, toys.environment)
    said = above.run("check", "--format", "github", "--project", "project").out
    assert "::error file=project/manifests/toolchains/toy.toml,line=" in said


def test_sarif(toys: Project) -> None:
    whole = json.loads(toys.run("check", "--format", "sarif").out)
    assert whole["version"] == "2.1.0" and whole["runs"][0]["results"] == []
    broken(toys)
    found = json.loads(toys.run("check", "--json").out)["diagnostics"]
    shown = toys.run("check", "--format", "sarif")
    assert (shown.code, shown.err) == (2, "")
    [run] = json.loads(shown.out)["runs"]
    assert run["tool"]["driver"]["name"] == "molt-build"
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    places = []
    for result in run["results"]:
        assert result["ruleId"] in rules and result["level"] == "error"
        [location] = result["locations"]
        place = location["physicalLocation"]
        region = place["region"]
        uri = place["artifactLocation"]["uri"]
        places.append((uri, region["startLine"], region["startColumn"]))
    assert {unquote(uri) for uri, _, _ in places} == {row["file"] for row in found}
    assert any("/50%25%20off%2C%20all%3A%20here.toml" in uri for uri, _, _ in places)
    assert sorted(p[1:] for p in places) == sorted((row["line"], row["column"]) for row in found)
