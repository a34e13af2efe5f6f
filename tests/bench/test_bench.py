"""What lanes and suites have in common: columns, engines, runs of either by either command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from lane_projects import LaneProject, lane_project, with_halving_release
from suite_projects import ADAPTER, TOY, SuiteProject, suite_project
from test_engines import git, two_commits

from molt_build.manifests.loading import load
from molt_build.results.bench import Outcome

MANIFEST = "manifests/lanes/toys.toml"
WORKLOAD = "manifests/workloads/toys.toml"
CALLED = "COMPILED = False\ndef work(size):\n    return sum(range(size)) + (COMPILED and 0)\n"
PRINTS = "print(sum(range(1000)))\n"

# A compiler with a release that does half of the work.
FLAGGED = with_halving_release(TOY)
HALVING = """\
#!/bin/sh
[ "$1" = --version ] && { echo "copyc 1.0"; exit 0; }
sed 's/COMPILED = False/COMPILED = True/' "$1" > "$2"
[ "$3" = --half ] && echo "# half" >> "$2"
exit 0
"""


@pytest.fixture
def suites(tmp_path: Path) -> SuiteProject:
    return suite_project(tmp_path)


def driven_lane(folder: Path) -> LaneProject:
    """A lane of a program that an adapter calls, one that it calls otherwise, and a plain one."""
    programs = {"bench_called": CALLED, "bench_fails": CALLED, "bench_plain": PRINTS}
    lane = lane_project(folder, programs)
    lane.project.write("manifests/toolchains/toy.toml", TOY)
    failing = "\n\ndef bench_fails(bench):\n    return lambda: 1 // (not bench.module().COMPILED)\n"
    lane.project.write("manifests/workloads/adapters/toys.py", ADAPTER + failing)
    adapter = '[adapter]\ndrive = "adapters/toys.py"\n\n[[programs]]\nname = "bench_called"\n'
    text = lane.project.read(WORKLOAD)
    text = text.replace('[[programs]]\nname = "bench_called"\n', adapter + "size = 1000\n", 1)
    text = text.replace('name = "bench_plain"\n', 'name = "bench_plain"\nform = "program"\n')
    text = text.replace(
        'name = "bench_fails"\n', 'name = "bench_fails"\nsize = 9\nkernel = "division"\n'
    )
    lane.project.write(WORKLOAD, text)
    lane.project.replace(MANIFEST, "min_effect", 'columns = ["wall_s", "steady_s"]\nmin_effect')
    return lane


def test_a_lane_has_a_verdict_in_each_of_its_columns(tmp_path: Path) -> None:
    programs = {"bench_small": PRINTS, "bench_large": "COMPILED = False\nheld = bytearray(4)\n"}
    large = programs["bench_large"] + "if COMPILED:\n    held = bytearray(40_000_000)\nprint(1)\n"
    lane = lane_project(tmp_path, {**programs, "bench_large": large})
    columns = 'columns = ["peak_memory_bytes", "wall_s"]\nmin_effect'
    lane.project.replace(MANIFEST, "min_effect", columns)
    found = lane.bench().lane
    assert found.columns == ("peak_memory_bytes", "wall_s") and found.metric == found.columns[0]
    assert set(found.measurements) == {"run"}
    cell = found.cells_by_key["bench_large", "toy"]
    assert cell.verdict("peak_memory_bytes") == "slower"  # it takes more
    assert cell.verdict("wall_s") in ("faster", "slower", "equal", "unclear")
    assert cell.metrics["cpu_s"].verdict is None  # which is no column
    assert set(found.summaries) == {"peak_memory_bytes", "wall_s"}
    assert "bench_large" in found.summaries["peak_memory_bytes"].verdicts["toy"]["slower"]
    shown = lane.run("bench", "toys_native")
    assert shown.code == 0 and "peak" in shown.out, shown.out


def test_driven_programs_of_a_lane_have_a_steady_state(tmp_path: Path) -> None:
    lane = driven_lane(tmp_path)
    result = lane.bench(code=1)
    found = result.lane.cells_by_key
    assert result.lane.columns == ("wall_s", "steady_s")
    assert set(result.lane.measurements) == {"run", "steady"}
    called = result.lane.programs["bench_called"]
    assert (called.form, called.module, called.kernel) == ("driven", "bench_called", "called")
    assert result.lane.programs["bench_fails"].kernel == "division"
    assert result.lane.programs["bench_plain"].form == "program"
    cell = found["bench_called", "toy"]
    assert cell.mode == "requires_adapter" and found["bench_plain", "toy"].mode != cell.mode
    assert cell.outcomes == {"run": Outcome("ok", ""), "steady": Outcome("ok", "")}
    assert cell.metrics["steady_s"].summary.n == 6 and cell.verdict("steady_s") is not None
    assert "--adapter" in cell.argv and cell.argv[cell.argv.index("--size") + 1] == "1000"
    assert found["bench_fails", "toy"].status == "failed"
    assert set(found["bench_plain", "toy"].outcomes) == {"run"}
    steady = result.lane.blocks("steady_s")
    assert {block.program for block in steady} == {"bench_called", "bench_fails"}
    assert all(run.metrics["steady_s"] < run.metrics["wall_s"] for b in steady for run in b.runs)

    folder = lane.runs()[-1]
    for one in (cell, found["bench_plain", "cpython"], result.lane.startup[1]):
        words = {"shell": True, "capture_output": True, "cwd": tmp_path}
        pasted = subprocess.run(one.command, **words)  # type: ignore[call-overload]
        assert pasted.stdout == (folder / one.log).with_suffix(".out").read_bytes()
    log = (folder / cell.log).read_text()
    assert "molt-build bench toys_native --program bench_called" in log
    assert "== steady state, first run: exit status 0" in log and cell.command in log
    # The file that calls the programs is a part of what is measured.
    lane.project.write("manifests/workloads/adapters/toys.py", ADAPTER)
    assert lane.bench("--quick").lane.cells_by_key["bench_fails", "toy"].status == "ok"


def test_engines_of_suites_are_profiles_too(suites: SuiteProject) -> None:
    suites.project.write("manifests/toolchains/toy.toml", FLAGGED)
    suites.project.write("tools/copyc", HALVING, executable=True)
    words = ("--suite", "gits", "--program", "totals", "--quick", "--budget", "20")
    engines = ("--engine", "toy:dev", "--engine", "toy:release", "--subject", "toy:release")
    result = suites.friends(*words, *engines, "--aa")
    lane = result.lane
    assert lane.engines == ("cpython", "toy", "toy:release", "cpython~again")
    assert (lane.subject, lane.judged) == ("toy:release", ())
    assert result.engines["toy:release"].profile == "release"
    found = lane.cells_by_key
    assert all(found["totals", engine].status == "ok" for engine in lane.engines)
    assert (
        "/out/toy/release/native/gits.totals"
        in found["totals", "toy:release"].environment["PYTHONPATH"]
    )
    other = suites.friends(*words, "--reference", "toy", "--engine", "toy:release").lane
    assert (other.reference, other.compared) == ("toy", ("toy:release",))
    exported = suites.run(*words, *engines, "--export", "csv", "x.csv")
    assert exported.code == 0 and (suites.root / "x.csv").exists(), exported.err
    assert not (suites.root / "docs").exists()
    wrong = suites.run("--engine", "toy:relase")
    assert wrong.code == 2 and "did you mean release" in wrong.err


def test_bench_measures_a_suite_by_itself(suites: SuiteProject) -> None:
    lane = LaneProject(suites.project)
    done = lane.run("bench", "gits", "--program", "totals", "crashes", "--aa", "--quick")
    assert done.code == 1, done.err
    assert "crashes under toy: failed: failed with exit status 1: lost" in done.err
    [folder] = (suites.root / "bench/results/gits").iterdir()
    result = json.loads((folder / "result.json").read_text())
    assert result["run"] == f"gits/{folder.name}" and list(result["lanes"]) == ["gits"]
    assert result["lanes"]["gits"]["judged"] == ["toy"]
    assert (folder / "logs/gits/totals.cpython~again.log").exists()
    assert not (suites.root / "bench/results/friends").exists()
    suites.remote.rename(suites.remote.with_name("gone"))
    wrong = lane.run("bench", "git")
    assert wrong.code == 2 and "did you mean gits?" in wrong.err
    assert lane.run("bench", "locals", "--quick").code == 0


def test_a_suite_is_measured_against_a_revision(suites: SuiteProject) -> None:
    root = suites.root.parent
    nowhere = suites.run("--against", "HEAD")
    assert nowhere.code == 2 and "is in no git repository" in nowhere.err
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".gitignore").write_text("/*\n!/project\n.molt-build/\n/project/bench/\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "then")
    suites.project.write("tools/copyc", HALVING, executable=True)
    words = ("--suite", "gits", "--program", "totals", "--program", "cannot", "--engine", "toy")
    lane = suites.friends(*words, "--against", "HEAD", "--budget", "0.5").lane
    assert lane.compared == ("toy", "toy@rev:HEAD")
    assert lane.against is not None and lane.against.metric == "wall_s"
    changes = {change.program: change for change in lane.against.changes}
    assert changes["totals"].change is not None and changes["totals"].change.blocks == 6
    assert not changes["totals"].source_changed and changes["totals"].same_build
    assert changes["cannot"].verdict == "not compared"  # the compiler of then could not
    assert lane.cells_by_key["cannot", "toy"].status == "ok"


def test_old_names_of_properties_are_read(tmp_path: Path) -> None:
    lane = lane_project(tmp_path, {"bench_plain": PRINTS})
    new = load(lane.root).lanes["toys_native"]
    lane.project.replace(MANIFEST, 'engines = ["toy"]', 'toolchains = ["toy"]')
    assert load(lane.root).lanes["toys_native"] == new
    lane.project.replace(MANIFEST, "min_effect", 'metric = "cpu_s"\nmin_effect')
    assert load(lane.root).lanes["toys_native"].columns == ("cpu_s",)
    assert lane.bench("--quick").lane.columns == ("cpu_s",)
    lane.project.replace(MANIFEST, 'toolchains = ["toy"]', 'toolchains = ["toy"]\nengines = []')
    done = lane.run("check")
    assert done.code == 2 and "toolchains: unknown key (hint: Write engines instead.)" in done.err


@pytest.mark.parametrize("command", [("bench", "toys_native"), ("friends",)])
def test_a_run_that_another_version_began_is_refused(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    if command[0] == "bench":
        project = lane_project(tmp_path, {"bench_plain": PRINTS})
    else:
        project = LaneProject(suite_project(tmp_path).project)
    folder = project.root / "bench/results" / (command[1:] or command)[0] / "20260101T000000Z"
    folder.mkdir(parents=True)
    asked = {"suites": [], "programs": [], "is_quick": False}
    events = [
        {"event": "command", "asked": asked, "words": [], "started": "2026-01-01T00:00:00Z"},
        {"event": "start", "fingerprint": {}},
    ]
    (folder / "samples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    done = project.run(*command, "--resume")
    assert done.code == 2, done.err
    assert "20260101T000000Z was begun by another version of molt_build" in done.err
    assert "begin a new run, without --resume" in done.err


def test_a_lane_against_a_revision_has_the_programs_of_then(tmp_path: Path) -> None:
    lane, then = two_commits(tmp_path)
    result = lane.bench("--engine", f"toy@rev:{then}", "--quick", "--program", "new", "same")
    name = f"toy@rev:{then}"
    found = result.lane.cells_by_key
    assert found["bench_new", name].status == "absent"
    assert found["bench_same", name].status == "ok"
    assert (lane.runs()[-1] / found["bench_same", name].log).exists()
