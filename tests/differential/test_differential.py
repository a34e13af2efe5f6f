"""`molt-build differential`: what engines say beside the reference, what is declared of that, and
what a lane makes of it. A toy compiler turns `COMPILED = False` into `COMPILED = True`, so each
program says itself how it diverges."""

from __future__ import annotations

import datetime
import json
import re
import signal
from pathlib import Path

import pytest
from build_projects import Result
from jsonschema import Draft202012Validator
from lane_projects import LANE, SCHEMA, LaneProject, lane_project
from other_processes import end_of, wait_for

from molt_build.results.differential import ComparedCell, DifferentialResult
from molt_build.results.files import from_json, write_result

EQUAL = "print(sum(range(1000)))\n"
PROGRAMS = {  # the family is what follows diff_, where nothing else is said
    "diff_equal": EQUAL,
    "diff_output": "COMPILED = False\nfor n in range(9):\n    print(n, COMPILED and n > 5)\n",
    "diff_status": "COMPILED = False\nraise SystemExit(COMPILED * 3)\n",
    "diff_killed": "import os\nCOMPILED = False\nif COMPILED:\n    os.kill(os.getpid(), 11)\n",
    "diff_late": "import time\nCOMPILED = False\nprint(1)\nif COMPILED:\n    time.sleep(600)\n",
    "diff_cannot": "# CANNOT\nprint(1)\n",
    "diff_refused": "print(2)\n",
    "diff_random": "import os\nprint(os.getpid())\n",
    "diff_broken": "raise KeyError('in every case')\n",
}
TRACE = """\
class Wrong(Exception):
    pass

COMPILED = False
def main():
    raise Wrong("compiled" if COMPILED else "as it is")

main()
"""
ONCE = """\
from pathlib import Path
COMPILED = False
seen = Path({seen!r})
if COMPILED and not seen.exists():
    seen.write_text("")
    print("another thing, once")
print("the same")
"""
DECLARED = """
[[divergences]]
programs = ["{programs}"]
reason = "it says more once it is compiled"
expires = "{expires}"
affects = ["work"]
"""
TABLE = """
[differential]
workloads = ["language"]
engines = ["toy", "absent"]
run_timeout_s = {timeout}
affects = {{ output = ["more"] }}
tags = ["nightly"]
"""
WORKLOAD = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "language"
description = "What engines are compared on."
language = "python"

[source]
project = "language"
"""


def differential_project(
    folder: Path, programs: dict[str, str], timeout: float = 120
) -> LaneProject:
    """A project that compares these programs, beside its lane of two."""
    one = lane_project(folder, {"bench_work": EQUAL, "bench_more": EQUAL})
    project, rows = one.project, WORKLOAD
    for name, text in programs.items():
        status = 1 if name == "diff_trace" else 0
        rows += f'\n[[programs]]\nname = "{name}"\nfamily = "{name[5:]}"\nexit_status = {status}\n'
        project.write(f"language/{name}.py", text)
    project.write("manifests/workloads/language.toml", rows)
    manifest = project.read("manifests/project.toml") + TABLE.format(timeout=timeout)
    project.write("manifests/project.toml", manifest)
    return one


def declare(one: LaneProject, program: str, expires: str = "2999-12-31") -> None:
    """Let the toy's manifest declare a divergence."""
    text = one.project.read("manifests/toolchains/toy.toml").partition("\n[[divergences]]")[0]
    text = text.replace('"bench_refused"', '"diff_refused"')
    row = DECLARED.format(programs=program, expires=expires) if program else ""
    one.project.write("manifests/toolchains/toy.toml", text + row)


def compared(one: LaneProject, *words: str, code: int = 0) -> DifferentialResult:
    """`molt-build differential --json`: the result, which the published schema allows."""
    done = one.run("differential", *words, "--json")
    assert done.code == code, done.err
    plain = json.loads(done.out)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(plain))
    assert not errors, [f"{list(error.path)}: {error.message[:200]}" for error in errors[:3]]
    result = from_json(plain)
    assert isinstance(result, DifferentialResult)
    return result


Found = tuple[LaneProject, DifferentialResult, Result]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Every kind of program, compared once: project, result, how the command ended."""
    folder = tmp_path_factory.mktemp("differential")
    once = ONCE.format(seen=str(folder / "seen"))
    programs = {**PROGRAMS, "diff_trace": TRACE, "diff_once": once}
    one = differential_project(folder, programs, timeout=4)
    declare(one, "diff_output")
    done = one.run("differential")
    [folder] = (one.root / "bench/results/differential").iterdir()
    result = from_json(json.loads((folder / "result.json").read_text()))
    assert isinstance(result, DifferentialResult)
    return one, result, done


def cell_of(result: DifferentialResult, program: str) -> ComparedCell:
    return next(c for c in result.cells_of("toy") if c.program == program)


def test_every_program_says_what_came_of_it(found: Found) -> None:
    _, result, done = found
    statuses = {cell.program: cell.status for cell in result.cells_of("toy")}
    assert statuses == {
        "diff_equal": "equal",
        "diff_output": "declared",
        "diff_status": "unexplained",
        "diff_killed": "unexplained",
        "diff_late": "unexplained",
        "diff_cannot": "unexplained",
        "diff_refused": "refused",
        "diff_random": "flaky",
        "diff_broken": "unchecked",
        "diff_trace": "unexplained",
        "diff_once": "flaky",
    }
    assert done.code == 1
    assert [skipped.engine for skipped in result.skipped] == ["absent"]


@pytest.mark.parametrize(
    ("program", "reason", "runs"),
    [
        ("diff_output", "it says more once it is compiled", 2),
        (
            "diff_status",
            "it ended with exit status 3, and the reference ended with exit status 0",
            2,
        ),
        ("diff_killed", "it was killed by signal 11 (SIGSEGV), and the reference ended", 2),
        ("diff_late", r"it was ended after \d+\.\d s", 2),
        ("diff_cannot", "it does not build: cannot take /tmp/some/folder/diff_cannot.py", 0),
        ("diff_refused", "it is refused by hand", 0),
        ("diff_random", "cpython does not say the same each time: line 1 of its output is", 2),
        (
            "diff_broken",
            r"cpython is no reference here: it failed with exit status 1 \(KeyError:",
            0,
        ),
        (
            "diff_trace",
            "it ended with 'Wrong: compiled', and the reference with 'Wrong: as it is'",
            2,
        ),
        ("diff_once", "it diverged once, and not the second time: line 1 of its output is", 2),
    ],
)
def test_reasons_are_in_plain_words(found: Found, program: str, reason: str, runs: int) -> None:
    cell = cell_of(found[1], program)
    assert re.match(reason if "\\" in reason else re.escape(reason), cell.reason), cell.reason
    assert cell.runs == runs


def test_the_first_differing_lines_are_shown_as_a_diff(found: Found) -> None:
    cell = cell_of(found[1], "diff_output")
    assert cell.diff == (
        "--- cpython",
        "+++ toy",
        "@@ from line 5 on @@",
        " 4 False",
        " 5 False",
        "-6 False",
        "-7 False",
        "-8 False",
        "+6 True",
        "+7 True",
        "+8 True",
    )


def test_the_terminal_counts_in_plain_words_and_names_what_fails(found: Found) -> None:
    _, _, done = found
    line = "toy: 1 equal, 1 diverge as declared, 5 unexplained, 2 flaky, 1 not taken, as declared"
    assert f"{line}, 1 without a reference\n" in done.out
    assert "diff_trace (trace) under toy, unexplained: it ended with 'Wrong: compiled'" in done.out
    assert "absent skipped: " in done.out
    unexplained = "diff_status, diff_killed, diff_late, diff_cannot, diff_trace"
    assert f"toy: 5 programs are unexplained: {unexplained}\n" in done.err
    assert "cpython does not end as these programs say they end: diff_broken\n" in done.err


def test_the_shown_command_runs_a_program_again(found: Found) -> None:
    import subprocess

    cell = cell_of(found[1], "diff_output")
    again = subprocess.run(["sh", "-c", cell.command], capture_output=True, text=True, check=True)
    assert "6 True\n" in again.stdout


def test_rows_of_the_history_are_the_cells(found: Found) -> None:
    one, result, _ = found
    shown = one.run("history", "show", "differential/latest", "--json")
    rows = {row["program"]: row for row in json.loads(shown.out)["cells"]}
    assert {name: row["status"] for name, row in rows.items()} == {
        cell.program: cell.status for cell in result.cells
    }
    assert rows["diff_equal"]["metric"] == "equality" and rows["diff_equal"]["n"] == 1
    assert "differential/" in one.run("history", "list", "--job", "differential").out
    written = one.run("export", "differential/latest", "--format", "csv")
    assert written.out.count("\r\n") == 1 + len(result.cells)
    refused = one.run("export", "differential/latest", "--format", "pyperf")
    assert refused.code == 2 and "nothing in it is timed" in refused.err
    summary = one.run("export", "differential/latest", "--format", "md").out
    assert "| toy | 1 | 1 | 5 | 2 | 1 | 1 |" in summary


def test_what_was_asked_for_narrows_it(found: Found) -> None:
    one = found[0]
    parts = [one.run("differential", "--list", "--shard", f"{k}/3", "--json") for k in (1, 2, 3)]
    names = [row["name"] for part in parts for row in json.loads(part.out)["programs"]]
    assert sorted(names) == sorted(found[1].programs)
    listed = one.run("differential", "--list", "--family", "equal", "late")
    assert listed.out.startswith("2 programs (9 left out): toy, absent against cpython\n")
    for words, said in (
        (("--family", "eqal"), "did you mean equal?"),
        (("--program", "diff_out"), "did you mean diff_output, "),
        (("--engine", "tyo"), "there is no toolchain tyo"),
        (("--engine", "toy@rev:HEAD"), "what is compared is the project as it is"),
        (("--shard", "4/3"), "there is no part 4 of 3"),
        (("--shard", "half"), "is no part of the programs"),
        (("--engine", "cpython"), "nothing is left to compare with cpython"),
    ):
        refused = one.run("differential", *words)
        assert refused.code == 2 and said in refused.err, refused.err
    missing = one.run("differential", "--engine", "absent", "--program", "diff_equal")
    assert missing.code == 3 and "nothing installs it" in missing.err


def test_the_blocks_to_paste_declare_what_was_found(tmp_path: Path) -> None:
    names = ("diff_equal", "diff_output", "diff_cannot")
    one = differential_project(tmp_path, {name: PROGRAMS[name] for name in names})
    declare(one, "")
    words = ("differential", "--engine", "toy")
    done = one.run(*words, "--declare")
    assert done.code == 1
    blocks = done.out.partition("# for toy\n")[2]
    assert blocks.count("[[unsupported]]") == blocks.count("[[divergences]]") == 1
    text = one.project.read("manifests/toolchains/toy.toml")
    one.project.write("manifests/toolchains/toy.toml", text + "\n" + blocks)
    assert one.run("check").code == 0
    assert one.run(*words).code == 0


def test_a_narrowed_run_is_no_record_and_declares_nothing_gone(found: Found) -> None:
    one = found[0]
    result = compared(one, "--program", "diff_equal", "--engine", "toy")
    assert not result.is_recorded
    assert [row.state for row in result.divergences] == ["unseen"]
    quick = compared(one, "--quick", "--family", "equal", "--engine", "toy")
    assert quick.is_quick and not quick.is_recorded


def test_another_reference_is_compared_as_an_engine_is(found: Found) -> None:
    one = found[0]
    words = ("--program", "diff_output", "diff_status", "--engine", "toy:release")
    result = compared(one, *words, "--reference", "cpython", "toy:dev", code=1)
    assert result.references == ("cpython", "toy")
    assert result.compared == ("toy", "toy:release")
    cells = {(c.program, c.engine): c for c in result.cells}
    assert cells["diff_status", "toy"].status == "unexplained"
    assert cells["diff_status", "toy:release"].same_as == ("toy",)
    assert cells["diff_output", "toy:release"].status == "declared"


def test_a_declaration_that_is_gone_or_over_fails(tmp_path: Path) -> None:
    programs = {name: PROGRAMS[name] for name in ("diff_equal", "diff_output")}
    one = differential_project(tmp_path, programs)
    words = ("--engine", "toy")
    declare(one, "")
    assert compared(one, *words, code=1).counts("toy")["unexplained"] == 1
    today = datetime.datetime.now(datetime.UTC).date()
    declare(one, "diff_output", expires=today.isoformat())
    assert [row.state for row in compared(one, *words).divergences] == ["holds"]
    declare(one, "diff_output", expires="2020-02-28")
    over = one.run("differential", *words)
    assert over.code == 1
    assert "toy: declared until 2020-02-28, and over: diff_output (it says more" in over.err
    declare(one, "diff_output")
    one.project.write("language/diff_output.py", "# CANNOT\n")  # a refusal is no divergence
    assert "toy: 1 program is unexplained: diff_output\n" in one.run("differential", *words).err
    one.project.write("language/diff_output.py", PROGRAMS["diff_output"])
    declare(one, "diff_equal")
    gone = one.run("differential", *words)
    assert gone.code == 1
    assert "toy: declared, and gone: diff_equal under toy (it says more" in gone.err
    assert "toy: 1 program is unexplained: diff_output\n" in gone.err


def test_check_finds_declarations_that_cannot_be(tmp_path: Path) -> None:
    programs = {name: PROGRAMS[name] for name in ("diff_equal", "diff_output")}
    one = differential_project(tmp_path, programs)
    for old, new, said in (
        ("diff_equal", "diff_eqal", "there is no program 'diff_eqal' (hint: did you mean 'diff_eq"),
        ("2999-12-31", "2999-02-30", "there is no day '2999-02-30'"),
        ('"2999-12-31"', "2999-12-31", "a date stands in quotes here"),
        ('["work"]', '["wrok"]', "no lane has a program of the family 'wrok'"),
        ("expires", 'targets = ["wasm"]\nexpires', "'toy' has no target 'wasm'"),
        ('["diff_equal"]', "[]", "must have at least 1 element"),
    ):
        declare(one, "diff_equal")
        one.project.replace("manifests/toolchains/toy.toml", old, new)
        checked = one.run("check")
        assert checked.code == 2 and said in checked.out + checked.err, (said, checked)
    declare(one, "diff_equal")
    twice = DECLARED.format(programs="diff_equal", expires="2999-12-31")
    text = one.project.read("manifests/toolchains/toy.toml")
    one.project.write("manifests/toolchains/toy.toml", text + twice)
    checked = one.run("check")
    assert "'diff_equal' diverges for two reasons" in checked.out + checked.err
    declare(one, "")
    one.project.replace("manifests/project.toml", "output = ", "outptu = ")
    checked = one.run("check")
    assert "no program of these workloads is of the family" in checked.out + checked.err


def test_an_interrupted_run_goes_on_with_what_is_left(tmp_path: Path) -> None:
    naps = {f"diff_nap{n}": "import time\ntime.sleep(0.4)\nprint(1)\n" for n in range(4)}
    one = differential_project(tmp_path, {"diff_equal": EQUAL, **naps})
    process = one.start("differential", "--engine", "toy", "--jobs", "1")
    results = one.root / "bench/results/differential"

    def is_under_way() -> bool:
        return any('"program"' in f.read_text() for f in results.glob("*/samples.jsonl"))

    wait_for(is_under_way, "the first program")
    process.send_signal(signal.SIGINT)
    _, err = end_of(process)
    assert process.returncode == 130, err
    assert "molt-build differential --resume" in err
    [folder] = results.iterdir()
    partly = from_json(json.loads((folder / "result.json").read_text()))
    assert isinstance(partly, DifferentialResult) and partly.is_interrupted
    assert 0 < len(partly.programs) < 5
    result = compared(one, "--resume")
    assert result.run == partly.run and not result.is_interrupted
    assert len(result.cells_of("toy")) == 5
    refused = one.run("differential", "--resume")
    assert refused.code == 2 and "no unfinished run of differential" in refused.err


def test_a_lane_leaves_out_of_its_scores_what_a_divergence_touches(tmp_path: Path) -> None:
    programs = {name: PROGRAMS[name] for name in ("diff_equal", "diff_output")}
    one = differential_project(tmp_path, programs)
    declare(one, "")
    one.project.write("manifests/lanes/toys.toml", LANE)

    def page() -> str:
        one.run("report", "--from", "toys_native/latest", "--output", "page.md")
        return (one.root / "page.md").read_text()

    before = one.bench("--quick").lane
    assert before.meanings["toy"].run is None
    assert "| toy | - | - | - | - | - | nobody compared this engine as it was measured |" in page()
    compared(one, "--engine", "toy", "--program", "diff_output", code=1)  # no record
    assert one.bench("--quick").lane.meanings["toy"].run is None
    undeclared = compared(one, "--engine", "toy", code=1)
    assert undeclared.affected["toy"] == {
        "more": ("diff_output: " + cell_of(undeclared, "diff_output").reason,)
    }
    lane = one.bench("--quick").lane
    cells = lane.cells_by_key
    assert cells["bench_work", "toy"].status == "ok"
    assert (
        cells["bench_more", "toy"].status == "diverges" and not cells["bench_more", "toy"].metrics
    )
    assert cells["bench_more", "toy"].reason.startswith("diff_output: line 7 of its output is ")
    assert cells["bench_more", "toy"].reason.endswith(f"({undeclared.run})")
    own = lane.summaries["wall_s"].own["toy"]
    assert own is not None and own.programs == 1
    text = page()
    assert f"| toy | 2 | 1 | 0 | 1 | more | {undeclared.run} |" in text
    assert "| bench_more | toy | diverges | diff\\_output: line 7" in text
    declare(one, "diff_output")  # which says that it touches `work`
    declared = compared(one, "--engine", "toy")
    lane = one.bench("--quick").lane
    assert lane.cells_by_key["bench_work", "toy"].status == "diverges"
    assert lane.cells_by_key["bench_more", "toy"].status == "ok"
    assert f"diff\\_output: it says more once it is compiled ({declared.run})" in page()
    manifest = one.project.read("manifests/toolchains/toy.toml")
    for row, touched in (("", {"more"}), ("affects = []\n", set())):  # nobody judged; somebody did
        text = manifest.replace('affects = ["work"]\n', row)
        one.project.write("manifests/toolchains/toy.toml", text)
        result = compared(one, "--engine", "toy")
        assert set(result.affected.get("toy", {})) == touched
        assert [set(row.affects) for row in result.divergences] == [touched]


def test_the_page_is_made_of_the_result_alone_and_checked(found: Found) -> None:
    one, result, _ = found
    made = one.run("report", "--differential", "--from", result.run)
    assert made.code == 0, made.err
    page = (one.root / "docs/benchmarks/differential_summary.md").read_text()
    for line in (
        "| toy | 1 | 1 | 5 | 2 | 1 | 1 |",
        "| output | 1 | 0 / 1 / 0 |",
        "| equal | 1 | 1 / 0 / 0 |",
        "| toy | diff_output | it says more once it is compiled | 2999-12-31 | work | diverges |",
        "| toy | work | diff\\_output: it says more once it is compiled |",
        "| toy | diff_refused | it is refused by hand |",
    ):
        assert line in page
    compared(one, "--engine", "toy", code=1)  # says less, and is not taken
    again = one.run("report", "--differential", "--output", "again.md")
    assert again.code == 0 and "other engines than the project's own" in again.err
    assert (one.root / "again.md").read_text() == page
    checked = one.run("report", "--check")
    name = "docs/benchmarks/differential_summary.md"
    assert f"{name}: is what its raw results give" in checked.out
    headline = json.loads(one.run("report", "--differential", "--json").out)
    assert headline["engines"]["toy"]["declared"] == 1


def test_a_result_that_was_edited_is_refused(found: Found, tmp_path: Path) -> None:
    _, result, _ = found
    folder = tmp_path / "bench/results/differential/20260101T000000Z"
    folder.mkdir(parents=True)
    file = write_result(folder, result)
    text = file.read_text()
    file.write_text(text.replace('"program": "diff_equal"', '"program": "diff_lost"'))
    refused = found[0].run("history", "show", str(folder))
    assert refused.code == 2 and "diff_lost is not in $.programs" in refused.err
