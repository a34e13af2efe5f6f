"""One word for one thing on every command line; the words of before are understood, with a note."""

from __future__ import annotations

import json

import pytest
from build_projects import Project
from case_projects import WARM, CaseProject, case_project

from molt_build.cli.old_words import COMMANDS, OPTIONS

NOTE = "note: {} is now {}; the old word works until the next version"


@pytest.mark.parametrize(
    "words",
    [
        ("--engine", "toy", "one"),
        ("one", "--engine", "toy:dev"),
        ("--engine=toy:dev@native", "--program", "one"),
        ("--program=one", "--engine", "toy", "--profile", "dev", "--target", "native"),
        ("--toolchain", "toy", "--profile", "dev", "--program", "one"),
    ],
)
def test_a_build_is_asked_for_in_the_same_words_warm_or_not(
    toys: Project, words: tuple[str, ...]
) -> None:
    first = toys.build(*words)
    assert (first["toolchain"], first["profile"], first["executed"]) == ("toy", "dev", 2)
    toys.log()
    warm = toys.run("build", *words)
    assert "1 program, 2 actions: all up to date" in warm.out
    assert toys.log() == []
    assert {row["program"] for row in toys.explain(*words)} == {"one"}
    (toys.root / ".molt-build/plans/toy/dev/native.plan").unlink()
    assert toys.build(*words)["up_to_date"] == 2


def test_programs_are_named_by_the_option_and_without_it(toys: Project) -> None:
    for _ in range(2):  # the second time it is warm
        report = toys.build("two", "--program", "three", "one", "--engine", "toy")
        assert [row["program"] for row in report["actions"]][::2] == ["two", "three", "one"]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("--engine", "toy:dve"), "there is no profile dve", "did you mean dev?"),
        (("--engine", "toyy"), "there is no toolchain toyy", "did you mean toy?"),
        (("--engine", "toy@nativ"), "no target nativ", "native"),
        (("--engine", "toy:"), "'toy:' is not an engine: TOOLCHAIN[:PROFILE]", "cython@wasm"),
        (("--engine", "toy@rev:HEAD~1"), "about the project as it is", "molt-build bench LANE"),
        (
            ("--toolchain", "toy:dev"),
            "there is no toolchain toy:dev",
            "say --engine toy:dev, or --toolchain toy --profile dev",
        ),
        (("--engine", "toy", "--toolchain", "gcc"), "do not go together", "say the toolchain once"),
    ],
)
def test_engines_that_cannot_be_built(
    toys: Project, words: tuple[str, ...], message: str, hint: str
) -> None:
    toys.build("one")
    for command in ("build", "explain"):
        result = toys.run(command, "one", *words)
        assert (result.code, result.out) == (2, "")
        said, below = result.err.splitlines()
        assert message in said and hint in below


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> CaseProject:
    made = case_project(tmp_path_factory.mktemp("cases"))
    made.write_case("warm", WARM)
    return made


OLD_OPTIONS = [(name, old, new) for name, some in OPTIONS.items() for old, new in some.items()]


@pytest.mark.parametrize(("command", "old", "new"), OLD_OPTIONS)
def test_an_old_option_means_the_new_one(
    cases: CaseProject, command: str, old: str, new: str
) -> None:
    """What is asked for does not exist: both words are answered alike, the old one with a note."""
    needed = {"bench": ["lane"], "compare": ["latest~1", "latest"], "export": ["latest"]}
    words = [command, *needed.get(command, ())]
    then, now = (cases.project.run(*words, option, "nonesuch") for option in (old, new))
    assert now.code == then.code == 2 and "note:" not in now.err
    assert then.err == f"{NOTE.format(old, new)}\n{now.err}"
    assert cases.project.run(*words, f"{old}=nonesuch", "-q").err == now.err
    shown = cases.project.run(command, "--help").out
    assert f"{new} " in shown
    assert f"{old} " not in shown


def test_an_old_command_means_the_new_one(cases: CaseProject) -> None:
    for old, new in COMMANDS.items():
        then, now = (cases.project.run(word, "--list") for word in (old, new))
        assert now.code == then.code == 0 and now.out == then.out
        assert (then.err, now.err) == (f"{NOTE.format(old, new)}\n", "")
        assert old not in cases.project.run("--help").out


def test_cases_are_chosen_by_case_program_and_engine(cases: CaseProject) -> None:
    def listed(*words: str) -> set[tuple[str, str, str]]:
        found = cases.run("--list", "--json", *words)
        assert found.code == 0, found.err
        cells = json.loads(found.out)["cells"]
        return {(cell["case"], cell["toolchain"], cell["workload"]) for cell in cells}

    every = listed()
    case, toolchain, workload = min(every)
    assert listed("--case", case) == {cell for cell in every if cell[0] == case}
    assert listed("--program", workload) == {cell for cell in every if cell[2] == workload}
    for engine in (toolchain, f"{toolchain}:dev", f"{toolchain}:dev@native"):
        assert listed("--engine", engine) == {cell for cell in every if cell[1] == toolchain}
    for words, said in (
        (("--case", "wram"), "did you mean warm?"),
        (("--engine", f"{toolchain}:rel"), "there is no profile of a case rel"),
        (("--engine", f"{toolchain}@rev:HEAD"), "cases are about the project as it is"),
    ):
        refused = cases.run("--list", *words)
        assert refused.code == 2 and said in refused.err
