"""What holds for every command: which project it is about, what variables say, how it ends."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
from pathlib import Path

import pytest
from build_projects import Project
from other_processes import PATIENCE_S

from molt_build import VARIABLES, errors
from molt_build.cli import cache, command_line, friends, history
from molt_build.cli.command_line import COMMANDS, WITHOUT_A_PROJECT, parser_for
from molt_build.cli.exit_codes import FAILS_FOR
from molt_build.errors import EXIT_CODES

# What a command line needs beside the command's name to be read at all.
NEEDED = {
    ("bench",): ("lane",),
    ("compare",): ("latest~1", "latest"),
    ("completion",): ("bash",),
    ("conformance",): ("cython",),
    ("explain",): ("program",),
    ("export",): ("latest",),
    ("friends", "pin"): ("suite", "v1"),
    ("history", "annotate"): ("gate", "--since", "2026-02-01", "--reason", "r"),
    ("history", "prune"): ("--keep", "1"),
    ("history", "show"): ("latest",),
    ("cache", "clear"): ("--all",),
    ("pin",): ("cython",),
    ("prepare",): ("cython",),
    ("reproduce",): ("latest",),
    ("reduce",): ("program", "--engine", "cython"),
}


def every_command() -> list[tuple[str, ...]]:
    """All commands with their subcommands."""
    below = {"cache": cache.SUBCOMMANDS, "history": history.SUBCOMMANDS}
    found = [("friends", "pin")]
    for name in COMMANDS:
        found += [(name, sub) for sub in below[name]] if name in below else [(name,)]
    return found


ABOUT_A_PROJECT = [words for words in every_command() if words[0] not in WITHOUT_A_PROJECT]


def nowhere(folder: Path) -> Project:
    """A folder that is no project, and a cache folder that is not there yet."""
    root = folder / "nowhere"
    root.mkdir()
    environment = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "home/cache")}
    return Project(root, folder / "cache", folder / "log", environment)


def assert_nothing_is_left(folder: Path) -> None:
    assert [str(path.relative_to(folder)) for path in folder.rglob("*")] == ["nowhere"]


@pytest.mark.parametrize("words", ABOUT_A_PROJECT, ids=" ".join)
def test_outside_of_a_project(tmp_path: Path, words: tuple[str, ...]) -> None:
    place = nowhere(tmp_path)
    more = NEEDED.get(words, ())
    result = place.run(*words, *more)
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"error: there is no project here: neither {place.root} nor a folder above has manifests\n"
        "  molt-build init makes one; --project DIR says where one is\n"
    )
    for line in (("--project", "gone", *words, *more), (*words, *more, "--project=gone")):
        result = place.run(*line)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: --project: there is no folder gone\n")
    result = place.run(*words, *more, env={"MOLT_BUILD_PROJECT": "."})
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: there is no project in .: it has no manifests/*.toml\n")
    result = place.run(*words, *more, env={"MOLT_BUILD_PROJECT": "gone"})
    assert result.err.startswith("error: MOLT_BUILD_PROJECT: there is no folder gone\n")
    assert_nothing_is_left(tmp_path)


def test_other_manifests_are_no_project(tmp_path: Path) -> None:
    """Neither here nor above: the folder of that name may be another tool's."""
    place = nowhere(tmp_path)
    (place.root / "manifests").mkdir()
    (place.root / "manifests/service.yaml").write_text("kind: Service\n")
    result = place.run("build")
    assert (result.code, result.out) == (2, "")
    assert "there is no project here" in result.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "manifests",
        "nowhere",
        "service.yaml",
    ]


def test_the_project_is_said_before_or_after_the_command_or_by_a_variable(
    toys: Project, tmp_path: Path
) -> None:
    elsewhere = Project(tmp_path, toys.cache, toys.log_file, toys.environment)
    assert toys.build("one")["executed"] == 2
    toys.log()
    variable = {"MOLT_BUILD_PROJECT": "project"}
    for words, env in (
        (("--project", "project", "build", "one"), {}),
        (("--project=project", "build", "one"), {}),
        (("build", "one", "--project", "project"), {}),
        (("build", "--project=project", "one"), {}),
        (("--project", "gone", "build", "one", "--project", "project"), {}),
        (("build", "one"), variable),
        (("build", "one", "--project", str(toys.root)), {"MOLT_BUILD_PROJECT": "gone"}),
        (("build", "one", "--jobs", "2", "--dry-run", "--project", "project"), {}),
    ):
        result = elsewhere.run(*words, "--json", env=env)
        assert result.code == 0, result.err
        assert json.loads(result.out)["up_to_date"] == 2
    assert elsewhere.run("check", env=variable).code == 0
    assert elsewhere.run("history", "list", "--project", "project").code == 0
    assert elsewhere.run("cache", "stats", "--project", "project").code == 0
    assert sorted(os.listdir(tmp_path)) == ["cache", "project"]


def test_a_folder_further_below_belongs_to_the_project(toys: Project) -> None:
    below = toys.root / "services/manifests"
    below.mkdir(parents=True)
    inside = Project(below.parent, toys.cache, toys.log_file, toys.environment)
    assert inside.build("one")["executed"] == 2
    assert not (below.parent / ".molt-build").exists()


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_a_misspelt_variable_is_an_error_of_every_command(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    place = nowhere(tmp_path)
    line = (*words, *NEEDED.get(words, ()))
    result = place.run(*line, env={"MOLT_BUILD_CAHCE": "off"})
    assert (result.code, result.out) == (2, "")
    said, hint = result.err.splitlines()
    assert said == "error: there is no environment variable MOLT_BUILD_CAHCE"
    assert hint.startswith("  did you mean MOLT_BUILD_CACHE, ")
    result = place.run(*line, env={"MOLT_BUILD_SHARDS": "offf"})
    assert (result.code, result.out) == (2, "")
    assert "MOLT_BUILD_SHARDS is 'offf', which is neither on nor off" in result.err
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "code", "said"),
    [
        ("MOLT_BUILD_CACHE", "maybe", 2, "set it to one of on, 1, yes, true, off"),
        ("MOLT_BUILD_KEY_SCOPE", "wide", 2, "set it to narrow (the default) or coarse"),
        ("MOLT_BUILD_USE", "zig", 2, "has 'zig', which is no choice for a role"),
        ("MOLT_BUILD_USE", "cc=", 2, "write ROLE=TOOLCHAIN"),
        ("MOLT_BUILD_USE", "cd=gcc", 2, "no toolchain has a role cd\n  there are: cc"),
        ("MOLT_BUILD_USE", "cc=gc", 2, "it may say cc=gcc|clang|zig"),
        ("MOLT_BUILD_PYTHON", "/no/python", 3, "set MOLT_BUILD_PYTHON to an interpreter"),
    ],
)
def test_a_value_that_says_nothing_is_an_error(
    toys: Project, variable: str, value: str, code: int, said: str
) -> None:
    toys.build("one")
    result = toys.run("build", "one", env={variable: value})
    assert (result.code, result.out) == (code, "")
    assert variable in result.err and said in result.err
    assert toys.run("build", "one", env={variable: ""}).code == 0


def test_a_warm_build_hears_of_them_too(toys: Project) -> None:
    toys.build("one")
    for variable, value in (("MOLT_BUILD_CACHE_DRI", "x"), ("MOLT_BUILD_SHARDS", "x")):
        assert toys.run("build", "one", env={variable: value}).code == 2


def test_the_docs_and_the_code_name_the_same_variables() -> None:
    repository = Path(__file__).parents[2]
    table = (repository / "docs/switches.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted([*VARIABLES, "NO_COLOR"])
    used = set()
    for file in (repository / "molt_build").rglob("*.py"):
        if file.name != "__init__.py" or file.parent.name != "molt_build":
            used |= set(re.findall(r"MOLT_BUILD_[A-Z_]+\b", file.read_text())) - {"MOLT_BUILD_"}
    assert used == set(VARIABLES)


REPOSITORY = Path(__file__).parents[2]


def test_the_exit_codes_are_the_same_everywhere() -> None:
    rows = [(str(code), meaning) for code, meaning in EXIT_CODES.items()]
    for page in ("README.md", "docs/exit_codes.md"):
        text = (REPOSITORY / page).read_text()
        assert re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE) == rows, page
    text = (REPOSITORY / "docs/exit_codes.md").read_text()
    assert dict(re.findall(r"^\| `(.+)` \| (.+) \|$", text, re.MULTILINE)) == FAILS_FOR
    assert {" ".join(words) for words in every_command()} >= set(FAILS_FOR)
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert [value for value in codes if isinstance(value, int)] == list(EXIT_CODES)


def test_help_says_how_a_command_ends(tmp_path: Path) -> None:
    place = nowhere(tmp_path)
    shown = place.run("--help")
    assert shown.code == 0
    for code, meaning in EXIT_CODES.items():
        assert f"  {code:>3}  {meaning}\n" in shown.out
    for words in every_command():
        shown = place.run(*words, "--help")
        assert (shown.code, shown.err) == (0, "")
        said = " ".join(shown.out.split())
        meaning = FAILS_FOR.get(" ".join(words))
        assert ("Exit code 1: " in said) is (meaning is not None)
        assert meaning is None or f"Exit code 1: {meaning} (all codes: " in said


def examples_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The examples of a command, as its module has them."""
    if words == ("friends", "pin"):
        return friends.PIN_EXAMPLES
    module = importlib.import_module("molt_build.cli." + "_".join(words).replace("-", "_"))
    examples: tuple[str, ...] = module.EXAMPLES
    return examples


@pytest.mark.parametrize("words", [(), ("cache",), ("history",), *every_command()], ids=" ".join)
def test_help_ends_with_examples_that_the_command_takes(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    examples = examples_of(words) if words else command_line.EXAMPLES
    with pytest.raises(SystemExit) as ended:
        command_line.run([*words, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    said = [line.strip() for line in shown.splitlines() if line.startswith("  molt-build ")]
    assert said and tuple(said) == examples
    for line in said:
        program, *rest = shlex.split(line)
        assert program == "molt-build" and tuple(rest[: len(words)]) == words
        parser_for(rest).parse_args(rest)  # or it says what is wrong, and exits


def test_a_reader_that_goes_away_is_no_error(toys: Project) -> None:
    """One that reads nothing at all, so that every write finds it gone."""
    toys.build("one")
    toys.write("programs/two.toy", "FAIL\n")
    for words, code in (
        (("explain", "one", "--all"), 0),
        (("build", "one"), 0),
        (("build", "one", "--json"), 0),
        (("build", "one", "two", "--keep-going"), 1),
        (("check",), 0),
        (("cache", "stats", "--json"), 0),
        (("schema", "toolchain"), 0),
        (("history", "list"), 0),
        (("doctor", "toy"), 0),
        (("--help",), 0),
        (("build", "--help"), 0),
    ):
        process = toys.start(*words)
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(PATIENCE_S) == code, (words, err)
        assert "Broken" not in err and "Traceback" not in err, (words, err)
