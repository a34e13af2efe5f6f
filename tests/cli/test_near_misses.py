"""Everywhere a name is given: one that there is not is answered by the likeliest that there is."""

from __future__ import annotations

import shutil

import pytest
from build_projects import REPOSITORY, Project

from molt_build.names import near_misses, programs_named


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with all that this repository declares, and a cache of its own."""
    folder = tmp_path_factory.mktemp("stock")
    root = folder / "project"
    for name in ("manifests", "schemas"):
        shutil.copytree(REPOSITORY / name, root / name)
    (root / "benchmarks").symlink_to(REPOSITORY / "benchmarks")
    return Project(root, folder / "cache", folder / "log")


COMMANDS = [
    ("biuld", "command", "build"),
    ("compile_progres", "command", "compile_progress"),
    ("compile-progres", "command", "compile_progress"),
    ("cache statz", "cache subcommand", "stats"),
    ("history lits", "history subcommand", "list"),
    ("friends pim", "friends subcommand", "pin"),
]
NAMES = [
    *((f"{command} bench_fbi", "bench_fib") for command in ("build", "explain", "cache audit")),
    ("build fbi", "bench_fib"),
    ("build bench_fib --engine cyhton", "cython"),
    ("build bench_fib --engine cython:realese", "release"),
    ("build bench_fib --engine cython@natve", "native"),
    ("build bench_fib --toolchain cyhton", "cython"),
    ("build bench_fib --profile relaese", "release"),
    ("build bench_fib --target natve", "native"),
    ("build --program bench_fbi", "bench_fib"),
    ("bench bench_natve", "bench_native"),
    ("bench cyton", "cython"),
    ("bench bench_native --program fbi", "fib"),
    ("bench bench_native --engine cyhton", "cython"),
    ("bench bench_native --engine cython:relaese", "release"),
    ("bench bench_native --engine cython@natve", "native"),
    ("bench bench_native --add-engine nuitak", "nuitka"),
    ("bench bench_native --reference cpyhton", "cpython"),
    ("bench bench_native --profile relaese", "release"),
    ("bench bench_native --export pyprf x.json", "pyperf"),
    ("friends --suite myppc", "mypyc"),
    ("friends --suite mypyc --program mypyc/nquens", "mypyc/nqueens"),
    ("friends --engine cyhton", "cython"),
    ("friends --subject cyhton", "cython"),
    ("friends --profile relaese", "release"),
    ("friends pin myppc v1", "mypyc"),
    ("compile_progress --case dev_wrm", "dev_warm"),
    ("compile_progress --program progress_helo", "progress_hello"),
    ("compile_progress --engine cyhton", "cython"),
    ("compile_progress --engine cython:relaese", "release"),
    ("list progams", "programs"),
    ("list programs fbi", "bench_fib"),
    ("list cases dev_wrm", "dev_warm"),
    ("list lanes bench_natve", "bench_native"),
    ("list suites myppc", "mypyc"),
    ("list profiles relaese", "release"),
    ("list toolchains cyhton", "cython"),
    ("list workloads benc", "bench"),
    ("doctor cyhton", "cython"),
    ("doctor cython --profile relaese", "release"),
    ("pin cyhton", "cython"),
    ("pin --suite myppc", "mypyc"),
    ("prepare cyhton", "cython"),
    ("prepare cython:relaese", "release"),
    ("prepare cython@natve", "native"),
    ("prepare --lane bench_natve", "bench_native"),
    ("conformance cyhton", "cython"),
    ("conformance cython --program fbi", "bench_fib"),
    ("conformance cython --check determinstic", "deterministic"),
    ("init toolchain my --pattern one-stp", "one-step"),
    ("schema toolchian", "toolchain"),
    ("report --lane bench_natve", "bench_native"),
    ("check --format githb", "github"),
    ("export latest --format pyprf", "pyperf"),
    ("history export --format cvs", "csv"),
    ("history list --color allways", "always"),
    ("compare latest~1 latest --metric wal_s", "wall_s"),
]


@pytest.mark.parametrize(("line", "kind", "meant"), COMMANDS)
def test_commands(stock: Project, line: str, kind: str, meant: str) -> None:
    result = stock.run(*line.split())
    wrong = line.split()[-1]
    assert (result.code, result.out) == (2, "")
    said, hint = result.err.splitlines()
    assert said == f"error: there is no {kind} {wrong}"
    assert hint == f"  did you mean {meant}?"


@pytest.mark.parametrize(("line", "meant"), NAMES, ids=[line for line, _ in NAMES])
def test_names(stock: Project, line: str, meant: str) -> None:
    result = stock.run(*line.split())
    assert (result.code, result.out) == (2, ""), result.err
    said, hint = result.err.splitlines()[-2:]
    assert said.startswith("error: ")
    assert hint.replace("'", "").startswith(f"  did you mean {meant}"), hint


def test_runs(stock: Project) -> None:
    folder = stock.root / "bench/results"
    for job in ("bench_native", "compile_progress"):
        file = folder / job / "20260201T080000Z/result.json"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    for words, hint in (
        ("history show bench_native/latst", "bench_native/latest?"),
        ("history show 20260201T080010Z --job bench_native", "20260201T080000Z"),
        ("history list --job bench_natve", "bench_native?"),
        ("history export --job compile_progres", "compile_progress?"),
        ("history show latest --job bench_natve", "bench_native?"),
        ("history import bench_natve/20260201T080000Z", "bench_native/20260201T080000Z"),
        ("export bench_natve/latest", "bench_native?"),
        ("compare bench_natve/latest latest", "bench_native?"),
        ("report --from bench_native/latst", "bench_native/latest?"),
    ):
        result = stock.run(*words.split())
        assert (result.code, result.out) == (2, "")
        assert f"  did you mean {hint}" in result.err.splitlines()[-1], result.err


def test_options_and_words_that_a_command_does_not_take(stock: Project) -> None:
    for words, said, hint in (
        ("build --tolchain x", "molt-build build has no option --tolchain", "mean --toolchain?"),
        ("cache stats --jsn", "molt-build cache stats has no option --jsn", "mean --json?"),
        ("bench x --lane y", "molt-build bench has no option --lane", "molt-build bench --help"),
        ("bench x --zzz", "molt-build bench has no option --zzz", "molt-build bench --help lists"),
        ("check x", "x is one word too many for molt-build check", "--help says what it takes"),
        ("compare", "the following arguments are required: RUN, RUN", "molt-build compare --help"),
        ("build --jobs x", "--jobs: must be a whole number from 1 on", "molt-build build --help"),
        ("bench --engine cython bench_native", "no lane is named", "LANE goes first: --engine"),
    ):
        result = stock.run(*words.split())
        assert (result.code, result.out) == (2, "")
        first, second = result.err.splitlines()
        assert first == f"error: {said}" and hint in second


def test_options_may_stand_between_programs(toys: Project) -> None:
    for _ in range(2):  # the second time it is warm
        report = toys.build("one", "--engine", "toy", "two", "--jobs", "2", "three")
        assert list(dict.fromkeys(row["program"] for row in report["actions"])) == [
            *("one", "two", "three")
        ]


@pytest.mark.parametrize(
    ("name", "there", "meant"),
    [
        ("fib", ["bench_fib", "bench_fibre", "sum"], ["bench_fib", "bench_fibre"]),
        ("fbi", ["bench_fib", "bench_sum"], ["bench_fib"]),
        ("FIB", ["bench_fib", "bench_sum"], ["bench_fib"]),
        ("csv_parse", ["bench_csv_parse", "bench_parse_csv_file"], ["bench_csv_parse"]),
        ("str-find", ["bench_str_find", "bench_str_count"], ["bench_str_find"]),
        ("a", ["bench_a", "bench_b"], []),
        ("***", ["bench_a"], []),
        ("release_fast", ["release-fast", "dev"], ["release-fast"]),
    ],
)
def test_what_may_have_been_meant(name: str, there: list[str], meant: list[str]) -> None:
    assert near_misses(name, there) == meant


def test_a_program_may_be_named_without_its_prefix() -> None:
    there = ["bench_fib", "bench_sum", "bench_a_fib", "fibs"]
    assert programs_named("fib", there) == ["bench_fib"]
    assert programs_named("s*", there) == ["bench_sum"]
    assert programs_named("fib*", there) == ["fibs"]
    assert programs_named("nothing", there) == []
