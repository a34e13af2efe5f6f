"""`molt-build friends`: suites of toys, fetched, built and measured by the real command."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from build_projects import REPOSITORY
from other_processes import end_of, running, wait_for
from suite_projects import SECRET, Measured, SuiteProject, cells, measured, suite_project

from molt_build.results.bench import Outcome

# Two programs, and blocks enough to be interrupted among them.
LONG = ("--suite", "gits", "--program", "totals", "--program", "quotes", "--budget", "4")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured(tmp_path_factory)


@pytest.fixture
def suites(tmp_path: Path) -> SuiteProject:
    return suite_project(tmp_path)


def test_a_run_of_suites_has_them_in_order(run: Measured) -> None:
    _, result, done = run
    assert done.code == 0, done.err
    assert list(result.lanes) == ["gits", "locals"]
    assert not result.is_interrupted
    assert result.command == ("molt-build", "friends", "--budget", "0.5")


def test_cells_say_what_became_of_them_and_only_ok_ones_are_scored(run: Measured) -> None:
    result = run[1]
    found = cells(result, "gits")
    statuses = {
        program: cell.status for (program, engine), cell in found.items() if engine == "toy"
    }
    assert statuses == {
        "totals": "ok",
        "quotes": "ok",
        "differs": "differs",
        "crashes": "failed",
        "hangs": "timeout",
        "cannot": "build-failed",
        "sorts_in_c": "c_accelerated",
        "silent": "unchecked",
        "refused": "unsupported",
    }
    assert "'plain'" in found["differs", "toy"].reason
    assert found["crashes", "toy"].reason == "failed with exit status 1: lost"
    assert found["crashes", "toy"].exit_status == 1
    assert found["hangs", "toy"].exit_status is None
    assert found["refused", "toy"].reason == "by hand"
    assert found["sorts_in_c", "cpython"].status == "c_accelerated"
    for (_, engine), cell in found.items():
        is_scored = cell.status == "ok" and engine != "cpython"
        assert (cell.speedup("wall_s") is not None) == is_scored
        assert bool(cell.metrics) == (cell.status == "ok")
    coverage = result.lanes["gits"].coverage
    assert (coverage.present, coverage.programs) == (10, 9)
    assert (coverage.scored, coverage.quick_left_out) == (2, 0)
    [exclusion] = result.lanes["gits"].exclusions
    assert (exclusion.entry, exclusion.reason) == ("bench/util.py", "support code")


def test_programs_have_the_first_track_with_one_of_their_tags(run: Measured) -> None:
    programs = run[1].lanes["gits"].programs
    assert programs["totals"].track == "OPT-1" and programs["totals"].kernel == "sums"
    assert programs["quotes"].track == "OPT-2" and programs["quotes"].kernel == "quotes"


def test_builds_are_told_apart_from_runs(run: Measured) -> None:
    found = cells(run[1], "gits")
    build = found["totals", "toy"].build
    assert build is not None and build.status == "ok" and (build.seconds or 0) > 0
    [command] = build.commands
    assert command.stage == "copy" and command.exit_status == 0
    assert command.argv[0] == "{project}/tools/copyc"
    assert found["totals", "cpython"].build is None
    failed = found["cannot", "toy"].build
    assert failed is not None and failed.status == "build-failed"


def test_the_steady_state_is_measured_apart_where_a_jit_is_among_the_engines(
    run: Measured,
) -> None:
    result = run[1]
    gits, without = result.lanes["gits"], result.lanes["locals"]
    assert gits.suite is not None and gits.suite.jit_engines == ("warm",)
    assert gits.measurements["steady"].plan.blocks == 6
    assert gits.columns == ("wall_s", "steady_s") and without.columns == ("wall_s",)
    assert "steady" not in without.measurements
    assert all("steady_s" not in row.metrics for b in gits.blocks("wall_s") for row in b.runs)
    steady = gits.blocks("steady_s")
    rows = [row for block in steady for row in block.runs]
    # What failed whole is not run again and again in one process.
    assert not {"crashes", "differs"} & {
        block.program for block in steady if "toy" in [row.engine for row in block.runs]
    }
    assert {row.engine for row in rows} == {"cpython", "toy", "warm"}
    assert all(0 <= row.metrics["steady_s"] < row.metrics["wall_s"] for row in rows)
    found = cells(result, "gits")
    assert found["totals", "warm"].outcomes["steady"] == Outcome("ok", "")
    assert found["totals", "warm"].metrics["steady_s"].summary.n == 6
    ratio = found["totals", "warm"].speedup("steady_s")
    assert ratio is not None and ratio.low is not None
    assert found["totals", "warm"].verdict("steady_s") is not None
    assert "steady_s" not in found["crashes", "toy"].metrics
    assert "steady_s" not in cells(result, "locals")["prints", "toy"].metrics


def test_a_pasted_command_prints_the_same_bytes(run: Measured, tmp_path: Path) -> None:
    suites, result, _ = run
    folder = suites.runs()[-1]
    compared = 0
    for suite in result.lanes:
        for cell in cells(result, suite).values():
            if cell.status not in ("ok", "differs", "failed"):
                continue
            assert "\n" not in cell.command
            pasted = subprocess.run(
                ["sh", "-c", cell.command],
                cwd=tmp_path,
                capture_output=True,
                env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "LANG": "de_DE.UTF-8"},
            )
            kept = (folder / cell.log).with_suffix(".out").read_bytes()
            assert pasted.stdout == kept, cell.command
            compared += 1
    assert compared > 12
    kept = (folder / "logs/locals/prints.toy.out").read_bytes()
    assert kept == b"six 6\n"


def test_logs_hold_builds_runs_and_lines_to_paste(run: Measured, tmp_path: Path) -> None:
    suites, result, _ = run
    folder = suites.runs()[-1]
    text = (folder / "logs/gits/quotes.toy.log").read_text()
    assert cells(result, "gits")["quotes", "toy"].command in text
    assert "molt-build friends --suite gits --program quotes" in text
    assert "{project}/tools/copyc" in text and "a word to stderr\n" in text
    [steady] = [line for line in text.splitlines() if "--times times.json" in line]
    assert "== steady state, first run: exit status 0" in text
    again = subprocess.run(["sh", "-c", steady], capture_output=True, text=True, cwd=tmp_path)
    assert again.returncode == 0 and again.stdout in text
    assert "CANNOT" not in text
    log = (folder / "logs/gits/cannot.toy.log").read_text()
    assert "build-failed: " in log and "== first run" not in log


def test_the_command_that_a_log_names_rebuilds_the_cell(suites: SuiteProject) -> None:
    suites.friends("--suite", "gits", "--quick")
    log = suites.runs()[-1] / "logs/gits/totals.toy.log"
    built = suites.root / ".molt-build/out/toy/dev/native/gits.totals/made/totals.py"
    assert built.is_file()
    built.unlink()
    [line] = re.findall(r"^molt-build friends (.*)$", log.read_text(), re.MULTILINE)
    assert suites.run(*line.split()).code == 0
    assert built.is_file()


def test_nothing_of_the_callers_environment_is_kept(run: Measured) -> None:
    files = [path for path in run[0].runs()[-1].rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
    for cell in cells(run[1], "gits").values():
        private = {"HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"}
        assert set(cell.environment) <= {"PATH", "LANG", "PYTHONPATH", "GIVEN", *private}


def test_a_whole_run_writes_the_page(run: Measured) -> None:
    assert "report: docs/benchmarks/friend_summary.md" in run[2].err
    assert (run[0].root / "docs/benchmarks/friend_summary.md").read_text().startswith("#")


def test_progress_says_which_suite_and_what_is_left(run: Measured) -> None:
    err = run[2].err
    assert re.search(r"^\[1/2\] building gits with toy \(about .* left in all\)", err, re.M)
    assert re.search(r"^\[2/2\] measuring locals: 6 blocks of 1 program", err, re.M)


def test_an_unreachable_suite_is_said_and_the_others_run(suites: SuiteProject) -> None:
    suites.remote.rename(suites.remote.with_name("gone"))
    done = suites.run("--quick", "--budget", "20")
    assert done.code == 0, done.err
    result = suites.result()
    assert result.lanes["gits"].status == "unreachable"
    assert "friend.git" in result.lanes["gits"].reason
    assert result.lanes["locals"].status == "measured"
    strict = suites.run("--quick", "--budget", "20", "--strict")
    assert strict.code == 1 and "gits: unreachable" in strict.err


def test_a_rerun_without_the_network_has_the_same_coverage(suites: SuiteProject) -> None:
    before = suites.friends("--suite", "gits", "--quick")
    suites.remote.rename(suites.remote.with_name("gone"))
    after = suites.friends("--suite", "gits", "--quick")
    assert after.lanes["gits"].status == "measured"
    assert after.lanes["gits"].coverage == before.lanes["gits"].coverage
    assert after.lanes["gits"].programs == before.lanes["gits"].programs
    assert after.run != before.run


def test_a_source_that_is_not_what_was_pinned_is_refused(suites: SuiteProject) -> None:
    suites.project.write("mine.tar.gz", b"something else")
    archive = f'archive = "mine.tar.gz"\nsha256 = "{"0" * 64}"'
    suites.project.replace("manifests/suites/locals.toml", 'project = "mine"', archive)
    result = suites.friends("--quick", "--budget", "20", code=1)
    assert result.lanes["locals"].status == "refused"
    assert result.lanes["gits"].status == "measured"


def test_a_missing_subject_exits_with_3(suites: SuiteProject) -> None:
    suites.project.write(
        "manifests/toolchains/toy.toml",
        suites.project.read("manifests/toolchains/toy.toml").replace('copyc"\nv', 'absent"\nv'),
    )
    done = suites.run("--quick")
    assert done.code == 3 and "toy" in done.err
    assert suites.runs() == []


def test_a_quick_run_has_few_programs_and_blocks(suites: SuiteProject) -> None:
    result = suites.friends("--quick", "--budget", "20")
    gits = result.lanes["gits"]
    assert list(gits.programs) == ["totals"] and gits.coverage.quick_left_out == 8
    assert 1 <= gits.measurements["run"].plan.blocks <= 3
    ratio = cells(result, "gits")["totals", "toy"].speedup("wall_s")
    assert ratio is not None and ratio.low is None
    assert not (suites.root / "docs").exists()


def test_a_run_is_added_to(suites: SuiteProject) -> None:
    name = "20260101T000000Z"
    quick = ("--quick", "--budget", "20", "--run", name)
    suites.friends("--suite", "gits", *quick)
    result = suites.friends("--suite", "locals", *quick)
    assert [folder.name for folder in suites.runs()] == [name]
    assert list(result.lanes) == ["gits", "locals"]
    assert set(result.engines) == {"cpython", "toy", "warm"}
    other = suites.run("--suite", "locals", "--run", name)
    assert other.code == 2 and "is_quick" in other.err
    assert suites.run("--run", "mine").code == 2


def test_only_the_programs_and_engines_that_were_asked_for(suites: SuiteProject) -> None:
    words = ("--program", "gits/totals", "--engine", "warm", "--budget", "0.5")
    result = suites.friends(*words)
    assert list(result.lanes) == ["gits"]
    gits = result.lanes["gits"]
    assert list(gits.programs) == ["totals"] and gits.engines == ("cpython", "warm")
    assert (gits.asked.programs, gits.asked.engines) == (("gits/totals",), ("warm",))
    assert not (suites.root / "docs").exists()


def test_listing_fetches_nothing(suites: SuiteProject) -> None:
    suites.remote.rename(suites.remote.with_name("gone"))
    done = suites.run("--list")
    assert done.code == 0
    assert "totals [sums] (quick); cpython: requires_adapter" in done.out
    assert "refused" in done.out and "unsupported (by hand)" in done.out
    assert "left out: bench/util.py: support code" in done.out
    [gits, _] = json.loads(suites.run("--list", "--json").out)["suites"]
    assert gits["programs"][0]["name"] == "totals"
    assert not (suites.root / "bench").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--suite", "git"), "did you mean gits?"),
        (("--program", "total"), "did you mean totals?"),
        (("--engine", "worm"), "did you mean warm?"),
        (("--resume",), "no run"),
    ],
)
def test_names_that_are_wrong_are_said(
    suites: SuiteProject, words: tuple[str, ...], said: str
) -> None:
    done = suites.run(*words)
    assert done.code == 2 and said in done.err, done.err


def interrupted(suites: SuiteProject, number: int, how: signal.Signals) -> None:
    """Begin a run and end it when it has so many blocks."""
    process = suites.start(*LONG)
    suites.wait_for_blocks(number)
    process.send_signal(how)
    _, err = end_of(process)
    assert "Traceback" not in err, err
    if how == signal.SIGINT:
        assert process.returncode == 130 and "--resume" in err
    wait_for(lambda: not running(str(suites.root)), "the end of all that ran")


def test_ctrl_c_keeps_what_is_measured_and_resume_goes_on(suites: SuiteProject) -> None:
    interrupted(suites, 3, signal.SIGINT)
    part = suites.result()
    gits = part.lanes["gits"]
    assert part.is_interrupted and gits.status == "interrupted"
    planned = gits.measurements["run"].plan.blocks
    kept = gits.blocks("wall_s")
    assert 3 <= len(kept) < 2 * planned
    result = suites.friends("--resume")
    gits = result.lanes["gits"]
    assert result.run == part.run and not result.is_interrupted
    assert gits.status == "measured" and len(gits.parts) == 2
    blocks = gits.blocks("wall_s")
    assert blocks[: len(kept)] == kept and len(blocks) == 2 * planned
    assert len(suites.events("plan")) == 2  # one for each column: the pilot was not run again
    again = suites.run("--resume")
    assert again.code == 0 and "gits is kept: 2 of 2 programs scored" in again.err
    assert len(suites.events("start")) == 1


@pytest.mark.long
def test_a_killed_run_goes_on(suites: SuiteProject) -> None:
    interrupted(suites, 3, signal.SIGKILL)
    kept = suites.events("block")
    assert not (suites.runs()[-1] / "result.json").exists()
    result = suites.friends("--resume")
    gits = result.lanes["gits"]
    assert gits.status == "measured"
    blocks = gits.blocks("wall_s")
    indices = [(block.program, block.index) for block in blocks]
    assert len(set(indices)) == len(indices) == 2 * gits.measurements["run"].plan.blocks
    times = [row["runs"][0]["metrics"]["wall_s"] for row in kept]
    assert [block.runs[0].metrics["wall_s"] for block in blocks][: len(kept)] == times


def test_a_run_of_something_else_does_not_go_on(suites: SuiteProject) -> None:
    interrupted(suites, 1, signal.SIGKILL)
    other = suites.run("--resume", "--quick")
    assert other.code == 2 and "other options" in other.err
    suites.project.replace("manifests/suites/adapters/toys.py", "work(bench", "work( bench")
    suites.project.replace("manifests/suites/gits.toml", "size = 1000", "size = 1001")
    done = suites.run("--resume")
    assert done.code == 2
    assert "adapter (drive)" in done.err and "parameters (totals)" in done.err
    assert suites.events("block")


def test_a_complete_suite_with_another_pin_is_not_kept_and_stops_no_other(
    suites: SuiteProject,
) -> None:
    assert suites.run("--quick", "--budget", "20").code == 0
    file = suites.runs()[-1] / "result.json"
    whole = suites.result()
    part = json.loads(file.read_text())
    del part["lanes"]["locals"]
    file.write_text(json.dumps(part))
    manifest = suites.project.read("manifests/suites/gits.toml")
    pin = re.findall(r'commit = "(.*)"', manifest)[0]
    suites.project.replace("manifests/suites/gits.toml", pin, "0" * 40)
    done = suites.run("--resume")
    assert done.code == 2 and "gits is kept" not in done.err
    assert "gits of " in done.err and "cannot go on, since these changed: source\n" in done.err
    result = suites.result()
    assert result.lanes["gits"] == whole.lanes["gits"]
    assert result.lanes["locals"].status == "measured"


def test_sessions_of_one_nox_process_add_to_one_run(suites: SuiteProject) -> None:
    lines = ["import sys", f"sys.path.insert(0, {str(REPOSITORY)!r})"]
    lines += ["from molt_build.nox import register_sessions", "register_sessions('manifests')"]
    suites.project.write("noxfile.py", "\n".join(lines))
    nox = [sys.executable, "-m", "nox", "-f", str(suites.root / "noxfile.py")]

    def run(*words: str) -> tuple[str, list[str]]:
        done = subprocess.run(
            [*nox, *words], capture_output=True, text=True, env=suites.project.variables()
        )
        said = re.findall(r"-m molt_build --project \S+ (friends .*)", done.stderr)
        return done.stdout + done.stderr, [line for line in said if "failed" not in line]

    text, _ = run("-l")
    assert "friends(suite='gits')" in text and "friends(suite='locals')" in text
    _, commands = run("-s", "friends", "--", "--list")
    assert [line.split()[1:3] for line in commands] == [["--suite", "gits"], ["--suite", "locals"]]
    assert len({line.split()[4] for line in commands}) == 1 and "--run" in commands[0]
    text, commands = run("-s", "friends", "--", "--suite", "locals", "--resume", "--list")
    assert commands == ["friends --suite locals --resume --list"]
    assert "only locals was asked for" in text
    _, [command] = run("-s", "friends(suite='gits')", "--", "--run", "20260101T000000Z", "--list")
    assert command == "friends --suite gits --run 20260101T000000Z --list"


def test_packages_that_cannot_be_installed_fail_their_suite_alone(suites: SuiteProject) -> None:
    lines = '[python]\nrequires = ["molt-build-has-no-such-package==1"]\n\n[default]'
    suites.project.replace("manifests/suites/locals.toml", "[default]", lines)
    lock = f"molt-build-has-no-such-package==1 --hash=sha256:{'0' * 64}\n"
    suites.project.write("manifests/suites/locks/locals.txt", lock)
    done = suites.run("--quick", env={"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"})
    assert done.code == 0, done.err
    result = suites.result()
    assert result.lanes["locals"].status == "failed"
    assert result.lanes["locals"].reason
    assert result.lanes["gits"].status == "measured"


def test_a_run_that_is_named_goes_on(suites: SuiteProject) -> None:
    """As --resume RUN; --run beside --resume, which said it before, is understood with a note."""
    name, later = "20260101T000000Z", "20260102T000000Z"
    quick = ("--suite", "gits", "--program", "totals", "--quick", "--budget", "20")
    for one in (name, later):
        suites.friends(*quick, "--run", one)
    for words in (("--resume", name), ("--resume", f"friends/{name}"), ("--resume", "--run", name)):
        done = suites.run(*words)
        assert done.code == 0, done.err
        assert f"going on with {name}" in done.err
        assert "gits is kept" in done.err
        is_old = "--run" in words
        assert (f"note: --run with --resume is now --resume {name}" in done.err) is is_old
    gone = suites.run("--resume", "20260103T000000Z")
    assert gone.code == 2 and f"did you mean {later}" in gone.err
    both = suites.run("--resume", name, "--run", later)
    assert both.code == 2 and "both name a run" in both.err
