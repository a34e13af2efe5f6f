"""Suites and drivers: what is wrong with them is said in its place; the rest is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_projects import ManifestProject, lone_project

from molt_build.codec import from_plain, to_plain
from molt_build.manifests import loading
from molt_build.manifests.model import Project
from molt_build.manifests.suite import Exclusion, Mode, Suite
from molt_build.manifests.workload import Adapter, Source

PROJECT = "manifests/project.toml"
CPYTHON = "manifests/toolchains/cpython.toml"
TOYC = "manifests/toolchains/toyc.toml"
TOYS = "manifests/workloads/toys.toml"
GAMES = "manifests/suites/games.toml"

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = f'git = "https://example.org/games"\ncommit = "{COMMIT}"\nref = "v1.2"\n'
PATHS = 'paths = ["bench/*", "LICENSE"]\n'
SHA256 = f'sha256 = "{"0" * 64}"\n'
SUBJECT = 'default_toolchain = "toyc"\n'
RUN = 'run = ["{python}", "{source}", "{args}"]\n'
DRIVE = 'drive = ["{python}", "{driver}", "{args}"]\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


# file, what is replaced, by what, and all that is then said.
SPOILED = [
    # Names.
    (
        GAMES,
        'friend = "toyc"',
        'friend = "toy"',
        "6:1: friend: there is no toolchain 'toy' (hint: did you mean 'toyc'?)",
    ),
    (
        GAMES,
        'licence = "Apache-2.0"',
        'licence = "Apache-2.0"\nreference = "cpythno"',
        "8:1: reference: there is no toolchain 'cpythno' (hint: did you mean 'cpython'?)",
    ),
    (
        GAMES,
        'licence = "Apache-2.0"',
        'licence = "Apache-2.0"\nreference = "toyc"',
        "8:1: reference: 'toyc' is a compiler, and the reference an interpreter",
    ),
    (
        GAMES,
        "[environment.toyc]",
        "[environment.tocy]",
        "28:14: environment.tocy: there is no toolchain 'tocy' (hint: did you mean 'toyc'?)",
    ),
    (
        GAMES,
        "\n[engines.toyc]",
        "\n[engines.tocy]",
        "35:10: engines.tocy: there is no toolchain 'tocy' (hint: did you mean 'toyc'?)",
    ),
    (
        GAMES,
        "[programs.engines.toyc]",
        "[programs.engines.tocy]",
        "60:19: programs[1].engines.tocy: there is no toolchain 'tocy' "
        "(hint: did you mean 'toyc'?)",
    ),
    (
        GAMES,
        'tags = ["generators", "sets"]',
        'tags = ["generators", "Sets"]',
        "45:23: programs[0].tags[1]: 'Sets' is not a name: lower-case letters, digits, '_' and "
        "'-', beginning with a letter",
    ),
    (
        GAMES,
        "quick = true",
        "quikc = true",
        "46:1: programs[0].quikc: unknown key (hint: did you mean 'quick'?)",
    ),
    (
        GAMES,
        'form = "script"',
        'form = "scripted"',
        "51:1: programs[1].form: 'scripted' is not allowed (hint: did you mean 'script'?)",
    ),
    # Programs.
    (
        GAMES,
        'name = "words"\n',
        'name = "nqueens"\n',
        "49:1: programs[1].name: the program 'nqueens' is defined twice (hint: first as element 0)",
    ),
    (
        GAMES,
        'entry = "own/*.py"',
        'name = "own"\nentry = "own/*.py"',
        "65:1: programs[2].name: has no effect: the entry is a glob, and each program is named "
        "after its file",
    ),
    (
        GAMES,
        'entry = "own/*.py"',
        'entry = "own/one.py"',
        "64:3: programs[2].name: missing key (hint: only an entry that is a glob names its "
        "programs by itself)",
    ),
    (
        GAMES,
        'entry = "own/*.py"',
        'entry = "../own/*.py"',
        "65:1: programs[2].entry: '../own/*.py' leaves the source (hint: a path here is relative "
        "and has no '..')",
    ),
    (
        GAMES,
        'files = ["bench/util.py"]',
        'files = ["/etc/passwd"]',
        "44:10: programs[0].files[0]: '/etc/passwd' leaves the source (hint: a path here is "
        "relative and has no '..')",
    ),
    (
        GAMES,
        'module = "bm_nqueens"',
        'module = "lambda"',
        "42:1: programs[0].module: 'lambda' is a word of the language",
    ),
    (
        GAMES,
        'module = "bm_nqueens"',
        'module = "bm-nqueens"',
        "42:1: programs[0].module: 'bm-nqueens' is not a Python identifier",
    ),
    (
        GAMES,
        "size = 9",
        "size = 9.0",
        "43:1: programs[0].size: expected a whole number, found the number 9.0",
    ),
    (GAMES, "'^[0-9.]+ s$'", "'^([0-9.]+ s$'", "9:13: volatile[0]: is not a regular expression"),
    (
        GAMES,
        '["bench/util.py"]\nreason = "support code"',
        '["bench/util.py"]',
        "67:3: exclusions[0].reason: missing key (hint: Why they are not measured.)",
    ),
    # The adapter.
    (
        GAMES,
        "adapters/games.py",
        "adapters/game.py",
        "21:1: adapter.drive: there is no file 'adapters/game.py' beside the manifest "
        "(hint: did you mean 'games.py'?)",
    ),
    (
        GAMES,
        "adapters/games_prepare.py",
        "../games_prepare.py",
        "22:1: adapter.prepare: '../games_prepare.py' leaves the folder of the manifest (hint: a "
        "path here is relative and has no '..')",
    ),
    (
        GAMES,
        'note = "The programs print their own times; the adapter calls what they time."\n',
        "",
        "20:2: adapter.note: missing key (hint: What they do, and why it is needed.)",
    ),
    (
        GAMES,
        'prepare = "adapters/games_prepare.py"\n',
        "",
        "51:1: programs[1].prepared: a prepared program needs adapter.prepare, which changes its "
        "files",
    ),
    (
        GAMES,
        'drive = "adapters/games.py"\n',
        "size = 9\n",
        "21:1: adapter.size: unknown key (hint: allowed: drive)",
    ),
    # Modes.
    (
        GAMES,
        'reason = "no files"\n',
        "",
        "60:19: programs[1].engines.toyc.reason: missing key, which 'unsupported' needs (hint: one "
        "line: why)",
    ),
    (
        GAMES,
        '[engines.toyc]\nmode = "requires_adapter"\n',
        '[engines.toyc]\nmode = "requires_adapter"\nreason = "so"\n',
        "37:1: engines.toyc.reason: only what is unsupported needs a reason (hint: what else a "
        "reader should know is a note)",
    ),
    (
        GAMES,
        '[engines.toyc]\nmode = "requires_adapter"\n',
        '[engines.toyc]\nmode = "runs_unmodified"\n',
        "36:1: engines.toyc.mode: runs_unmodified, but the adapter drives or changes 'nqueens' "
        'and 1 more (hint: such programs have mode = "requires_adapter")',
    ),
    (
        GAMES,
        'mode = "requires_adapter"\nnote',
        'mode = "runs_unmodified"\nnote',
        "32:1: default.mode: runs_unmodified, but the adapter drives or changes 'nqueens' and 2 "
        'more (hint: such programs have mode = "requires_adapter")',
    ),
    (
        GAMES,
        'mode = "unsupported"\nreason = "no files"\n',
        'mode = "runs_unmodified"\n',
        "61:1: programs[1].engines.toyc.mode: runs_unmodified, but the adapter drives or changes "
        "'words' (hint: such programs have mode = \"requires_adapter\")",
    ),
    # The source.
    (
        GAMES,
        COMMIT,
        COMMIT[:7],
        "15:1: source.commit: '0123456' is an abbreviated commit id, which can come to mean "
        "another commit (hint: all 40 digits are wanted: git rev-parse prints them)",
    ),
    (
        GAMES,
        COMMIT,
        "main",
        "15:1: source.commit: 'main' is not a commit id: branches and tags can be moved (hint: "
        "git ls-remote prints the commit, 40 hexadecimal digits, of each)",
    ),
    (
        GAMES,
        COMMIT,
        COMMIT.upper(),
        f"15:1: source.commit: '{COMMIT.upper()}' is a commit id in upper case (hint: write it in "
        "lower case)",
    ),
    (
        GAMES,
        COMMIT,
        COMMIT + "0",
        f"15:1: source.commit: '{COMMIT}0' is not a full commit id: 40 hexadecimal digits in "
        "lower case",
    ),
    (
        GAMES,
        GIT,
        GIT + SHA256,
        "17:1: source.sha256: is the digest of an archive or of a package's file (hint: a git "
        "source is pinned by its commit)",
    ),
    (
        GAMES,
        PATHS,
        PATHS.replace("bench", "../bench"),
        "17:10: source.paths[0]: '../bench/*' leaves the source (hint: a path here is relative and "
        "has no '..')",
    ),
    (
        GAMES,
        GIT + PATHS,
        f'pypi = "games"\nversion = "3.3.1"\nfile = "egg"\n{SHA256}',
        "16:1: source.file: 'egg' is not allowed (hint: allowed: sdist, wheel)",
    ),
    (
        GAMES,
        GIT + PATHS,
        f'pypi = "games"\nversion = "new"\n{SHA256}',
        "15:1: source.version: 'new' is not a version of a package",
    ),
    (
        GAMES,
        GIT + PATHS,
        'pypi = "games"\nversion = "3.3.1"\n',
        "13:2: source.sha256: missing key, which 'pypi' needs",
    ),
    (
        GAMES,
        GIT + PATHS,
        'project = "programz"\n',
        "14:1: source.project: there is no folder 'programz'",
    ),
    (
        TOYS,
        'project = "programs"',
        'git = "https://example.org/toys"\ncommit = "0123456"',
        "11:1: source.commit: '0123456' is an abbreviated commit id, which can come to mean "
        "another commit (hint: all 40 digits are wanted: git rev-parse prints them)",
    ),
    # Of a toolchain and of the project.
    (
        CPYTHON,
        RUN,
        RUN + DRIVE.replace("{driver}", "{drive}"),
        "11:22: targets.native.drive[1]: unknown placeholder {drive} (hint: did you mean "
        "'driver'?)",
    ),
    (
        CPYTHON,
        RUN,
        RUN + DRIVE.replace(', "{args}"', ""),
        "11:1: targets.native.drive: {args} is missing: the script's arguments",
    ),
    (
        CPYTHON,
        RUN,
        RUN.replace("{source}", "{driver}"),
        "10:20: targets.native.run[1]: unknown placeholder {driver} (hint: known here: args, "
        "entry, here, module, out, program, project, python, source, source_dir, source_root, "
        "system)",
    ),
    (
        TOYC,
        "[queries.suffix]",
        "[queries.driver]",
        "26:10: queries.driver: {driver} is a placeholder with a meaning of its own",
    ),
    (
        CPYTHON,
        'engine = "interpreter"',
        'engine = "interpreter"\njit = "yes"',
        "7:1: jit: expected true or false, found the text 'yes'",
    ),
    (
        PROJECT,
        SUBJECT,
        SUBJECT + 'subject = "tocy"\n',
        "7:1: subject: there is no toolchain 'tocy' (hint: did you mean 'toyc'?)",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    SPOILED,
    ids=[f"{number}-{one[3].split(': ')[1]}" for number, one in enumerate(SPOILED)],
)
def test_what_is_wrong_is_said_in_its_place(
    project: ManifestProject, file: str, old: str, new: str, said: str
) -> None:
    project.replace(file, old, new)
    lines = [str(one) for one in project.diagnostics() if one.file == file]
    assert any(line.startswith(f"{file}:{said}") for line in lines), lines


def test_a_source_is_exactly_one(project: ManifestProject) -> None:
    project.replace(GAMES, GIT, GIT + f'pypi = "games"\nversion = "1"\n{SHA256}')
    (one,) = project.diagnostics()
    assert (one.line, one.path) == (17, "source.pypi")
    assert one.message == "needs exactly one of project, archive, git, pypi, npm; has git and pypi"


def test_programs_of_the_project_itself_must_exist(project: ManifestProject) -> None:
    project.replace(GAMES, GIT + PATHS, 'project = "programs"\n')
    project.replace(GAMES, "bench/bm_nqueens.py", "empyt.py")
    project.replace(GAMES, '"bench/words.py"', '"empty.py"')
    (one,) = project.diagnostics()
    assert (one.path, one.message) == (
        "programs[0].entry",
        "there is no file 'programs/empyt.py'",
    )
    assert one.hint == "did you mean 'empty.py'?"


def test_a_driven_program_needs_what_drives_it(project: ManifestProject) -> None:
    project.replace(GAMES, 'drive = "adapters/games.py"\n', "")
    assert project.diagnostics() == []
    project.replace(GAMES, "size = 9\n", 'size = 9\nform = "driven"\n')
    (one,) = project.diagnostics()
    assert str(one) == (
        f"{GAMES}:43:1: programs[0].form: a driven program needs adapter.drive, which calls it"
    )


def test_what_is_not_said_has_a_default(project: ManifestProject) -> None:
    loaded = loading.load(project.root)
    suite = loaded.suites["games"]
    folder = project.root / "manifests/suites/adapters"
    assert suite.adapter == Adapter(
        drive=str(folder / "games.py"),
        prepare=str(folder / "games_prepare.py"),
        note="The programs print their own times; the adapter calls what they time.",
    )
    assert suite.source == Source(
        project=None,
        archive=None,
        sha256=None,
        git="https://example.org/games",
        commit=COMMIT,
        root=".",
        ref="v1.2",
        paths=("bench/*", "LICENSE"),
    )
    assert (suite.reference, suite.friend, suite.licence) == ("cpython", "toyc", "Apache-2.0")
    assert suite.environment == {"toyc": {"TOY_QUIET": "1"}}
    assert suite.default == Mode("requires_adapter", "", "Called by the adapter.")
    assert suite.exclusions == (Exclusion(("bench/util.py",), "support code"),)
    assert suite.python is not None
    assert (suite.python.lock, suite.python.lock_text) == ("locks/games.txt", "")
    nqueens, words, own = suite.programs
    assert (nqueens.form, nqueens.kernel, nqueens.is_quick) == ("driven", "nqueens", True)
    assert (nqueens.timeout_s, nqueens.repetitions, nqueens.size) == (30.0, 7, 9)
    assert (words.form, words.kernel, words.is_prepared) == ("script", "word-count", True)
    assert (words.timeout_s, words.repetitions) == (5.0, 3)
    assert words.engines == {"toyc": Mode("unsupported", "no files", "")}
    assert (own.name, own.kernel, own.module, own.entry) == ("", "", None, "own/*.py")
    assert loaded.project.subject == "toyc"
    assert not loaded.toolchains["cpython"].is_jit
    assert loaded.toolchains["cpython"].targets[0].drive == ()


def test_a_package_is_a_source_of_workloads_too(project: ManifestProject) -> None:
    pypi = f'pypi = "toys"\nversion = "1.0"\n{SHA256}root = "toys-1.0"'
    project.replace(TOYS, 'project = "programs"', pypi)
    source = loading.load(project.root).workloads["toys"].source
    assert (source.pypi, source.version, source.file) == ("toys", "1.0", "sdist")
    assert (source.sha256, source.root) == ("0" * 64, "toys-1.0")


def test_without_an_adapter_programs_are_scripts_and_unmodified(project: ManifestProject) -> None:
    text = project.read(GAMES)
    start, end = text.index("[adapter]"), text.index("[python]")
    text = text[:start] + text[end:]
    start, end = text.index("[default]"), text.index("[[programs]]")
    text = (text[:start] + text[end:]).replace("prepared = true\n", "")
    project.write(GAMES, text)
    suite = loading.load(project.root).suites["games"]
    assert (suite.adapter, suite.default) == (None, Mode("runs_unmodified", "", ""))
    assert {program.form for program in suite.programs} == {"script"}


def test_the_lock_of_a_suite_is_read(project: ManifestProject) -> None:
    assert loading.load(project.root).suites["games"].python is not None
    project.write("manifests/suites/locks/games.txt", "numbers==1.0\n")
    python = loading.load(project.root).suites["games"].python
    assert python is not None
    assert python.lock_text == "numbers==1.0\n"


def test_an_adapter_that_goes_away_is_seen(project: ManifestProject) -> None:
    loading.load(project.root)
    (project.root / "manifests/suites/adapters/games.py").unlink()
    (one,) = project.diagnostics()
    assert (one.file, one.path) == (GAMES, "adapter.drive")


def test_drivers_are_loaded(project: ManifestProject) -> None:
    project.replace(PROJECT, SUBJECT, SUBJECT + 'subject = "cpython"\n')
    project.replace(CPYTHON, RUN, RUN + DRIVE)
    project.replace(CPYTHON, 'engine = "interpreter"', 'engine = "interpreter"\njit = true')
    loaded = loading.load(project.root)
    assert loaded.project.subject == "cpython"
    cpython = loaded.toolchains["cpython"]
    assert (cpython.is_jit, cpython.targets[0].drive) == (True, ("{python}", "{driver}", "{args}"))


@settings(max_examples=40)
@given(st.one_of(st.from_type(Suite), st.from_type(Project), st.from_type(Source)))
def test_every_suite_survives_json(value: Suite | Project | Source) -> None:
    plain = json.loads(json.dumps(to_plain(value)))
    again = from_plain(type(value), plain)
    assert type(again) is type(value)
    # By way of text: nan differs from itself, and a mapping may be of another class.
    assert json.dumps(to_plain(again)) == json.dumps(plain)
