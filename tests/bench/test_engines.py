"""Engines: how they are written, and toolchains measured against themselves."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import shutil
import sqlite3
import string
import subprocess
from contextlib import closing
from pathlib import Path
from statistics import median

import pytest
from build_projects import REPOSITORY
from hypothesis import given
from hypothesis import strategies as st
from lane_projects import COPYC, TOY, LaneProject, lane_project, with_halving_release
from other_processes import end_of, wait_for

from molt_build.engines import Engine, parse
from molt_build.errors import UsageError
from molt_build.measure.significance import paired_changes, signed_rank_p_value
from molt_build.results.bench import BenchResult
from molt_build.results.changes import RevisionChange
from molt_build.sources.revisions import at_commit, find_commit
from molt_build.store.backoff import Backoff
from molt_build.store.lock_log import LockLog
from molt_build.store.locks import Waiting

TOOLCHAIN = "manifests/toolchains/toy.toml"
MANIFEST = "manifests/lanes/toys.toml"

# Its release does half of the work, and what is made for wasm says so where nobody compares it.
FLAGGED = (
    with_halving_release(TOY)
    + """\

[targets.wasm]
results = ["copy.made"]
run = ["{python}", "{made}", "{args}"]
environment = { MADE_BY = "toy for wasm" }
"""
)
HALVING = (
    COPYC
    + """\
[ "$3" = --half ] && sed -i 's/range(400)/range(200)/' "$2"
exit 0
"""
)
PROGRAM = """\
for _ in range(400):
    sum(range(1000))
print("done")
"""

NAMES = st.builds(
    str.__add__,
    st.sampled_from(string.ascii_lowercase),
    st.text(string.ascii_lowercase + string.digits + "_-", max_size=8),
)
REVISIONS = st.text("abcdefXYZ0189~^@{}:/.-_", min_size=1).filter(lambda text: text[0] != "-")
ENGINES = st.builds(Engine, NAMES, *[st.none() | NAMES] * 2, st.none() | REVISIONS)


@given(ENGINES)
def test_an_engine_is_read_as_it_is_written(engine: Engine) -> None:
    assert parse(str(engine)) == engine


@given(ENGINES, NAMES, NAMES)
def test_a_name_means_the_same_in_its_lane(engine: Engine, profile: str, target: str) -> None:
    whole = engine.within(profile, target)
    assert parse(whole.named(profile, target)).within(profile, target) == whole
    assert len(whole.named(profile, target)) <= len(str(whole))


def test_what_an_engine_is_made_of() -> None:
    assert parse("cython") == Engine("cython")
    assert parse("cython:release-fast@wasm") == Engine("cython", "release-fast", "wasm")
    assert parse("molt@rev:HEAD~3") == Engine("molt", revision="HEAD~3")
    assert parse("molt:dev@rev:a@{1}:x") == Engine("molt", "dev", None, "a@{1}:x")
    assert parse("molt@rev") == Engine("molt", target="rev")
    assert parse("cython:dev@native").named("dev", "native") == "cython"
    assert parse("cython").within("dev", "native").named("release", "native") == "cython:dev"


NOT_ENGINES = "|Cython|cython:|cython@|:dev|a@b:c|a:b:c|a@rev:|a@rev:-x|a@rev:x y|a\n| a|a@rev:x\n"


@pytest.mark.parametrize("text", NOT_ENGINES.split("|"))
def test_what_is_no_engine(text: str) -> None:
    with pytest.raises(UsageError, match="REVISION"):
        parse(text)


def flagged_lane(folder: Path) -> LaneProject:
    """A lane of one program, whose compiler has two profiles and two targets."""
    lane = lane_project(folder, {"bench_work": PROGRAM})
    lane.project.write(TOOLCHAIN, FLAGGED)
    lane.project.write("tools/copyc", HALVING, executable=True)
    return lane


def test_profiles_and_targets_are_measured_side_by_side(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    words = ("--engine", "toy:dev", "--engine", "toy:release", "toy@wasm", "--reference", "cpython")
    result = lane.bench(*words)
    engines = result.lane.compared
    assert (result.lane.reference, result.lane.profile, result.lane.target) == (
        "cpython",
        "dev",
        "native",
    )
    assert engines == ("toy", "toy:release", "toy@wasm")  # what is the lane's is not said
    assert result.lane.judged == engines
    facts = {name: (one.profile, one.target) for name, one in result.engines.items()}
    assert facts == {
        "cpython": ("dev", "native"),
        "toy": ("dev", "native"),
        "toy:release": ("release", "native"),
        "toy@wasm": ("dev", "wasm"),
    }
    found = result.lane.cells_by_key
    folders = {name: found["bench_work", name].argv[1] for name in engines}
    for name, folder in {"toy": "dev/native", "toy:release": "release/native"}.items():
        assert f"/out/toy/{folder}/bench_work/" in folders[name]
    assert "/out/toy/dev/wasm/" in folders["toy@wasm"]
    assert found["bench_work", "toy@wasm"].environment["MADE_BY"] == "toy for wasm"
    assert all(cell.status == "ok" for cell in result.lane.cells)
    orders = [[run.engine for run in block.runs] for block in result.lane.blocks("wall_s")[:2]]
    assert all(sorted(order) == ["cpython", *engines] for order in orders)
    assert set(result.lane.builds) == {"cpython", *engines}
    typed = " ".join(result.command)
    assert "--engine toy:dev --engine toy:release --engine toy@wasm --reference cpython" in typed
    with closing(sqlite3.connect(lane.root / ".molt-build/history.sqlite")) as history:
        rows = history.execute("SELECT engine, profile, target FROM engines").fetchall()
    assert {name: (profile, target) for name, profile, target in rows} == facts


def test_the_reference_may_be_another_profile_of_the_same_toolchain(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    lane.project.replace(MANIFEST, 'reference = "cpython"', 'reference = "toy:release"')
    lane.project.replace(MANIFEST, 'engines = ["toy"]', 'engines = ["toy", "toy@wasm"]')
    done = lane.run("bench", "toys_native", "--aa")
    assert done.code == 0, done.err
    result = lane.result()
    assert (result.lane.reference, result.lane.compared) == (
        "toy:release",
        ("toy", "toy@wasm", "toy:release~again"),
    )
    assert [done.out.count(f"apart: {name} ") for name in result.lane.builds] == [1, 1, 1, 0]
    for name in ("toy:release", "toy@wasm"):
        assert name in done.out
    reported = lane.run("report")
    assert reported.code == 0, reported.err
    assert "toy:release" in lane.project.read("docs/benchmarks/toys_summary.md")
    exported = lane.run("bench", "toys_native", "--quick", "--export", "csv", "{engine}.csv")
    assert exported.code == 0, exported.err
    assert (lane.root / "toy@wasm.csv").exists()


def test_a_run_with_engines_goes_on(tmp_path: Path) -> None:
    lane = flagged_lane(tmp_path)
    words = ("--engine", "toy:release", "--reference", "toy@wasm", "--budget", "4")
    process = lane.start("bench", "toys_native", *words)
    folder = lane.root / "bench/results/toys_native"
    wait_for(lambda: any('"block"' in f.read_text() for f in folder.glob("*/samples.jsonl")), "it")
    process.terminate()
    end_of(process)
    changed = lane.run("bench", "toys_native", "--resume", "--engine", "toy")
    assert changed.code == 2 and "other options" in changed.err
    samples = next(folder.glob("*/samples.jsonl"))
    plan = next(json.loads(row) for row in samples.read_text().splitlines() if '"plan"' in row)
    result = lane.bench("--resume")
    planned = result.lane.measurements["run"].plan
    assert (planned.budget_s, planned.blocks) == (4, plan["planned"]["plan"]["blocks"])
    assert (result.lane.reference, result.lane.compared) == ("toy@wasm", ("toy:release",))
    assert len(result.lane.parts) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "toy:relase"), "no profile relase; did you mean release"),
        (("--engine", "toy@wsam"), "toolchain toy has no target wsam; did you mean wasm"),
        (("--engine", "cpython@wasm"), "toolchain cpython has no target wasm; there are: native"),
        (("--engine", "tooy@wasm"), "no toolchain tooy; did you mean toy"),
        (("--reference", "toy:"), "'toy:' is not an engine: TOOLCHAIN[:PROFILE][@TARGET]"),
        (("--engine", "cpython:dev"), "nothing is left to compare with cpython"),
    ],
)
def test_engines_that_are_wrong_are_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = flagged_lane(tmp_path).run("bench", "toys_native", *words)
    assert done.code == 2
    assert said in "; ".join(line.strip() for line in done.err.splitlines()), done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('engines = ["toy", "toy:relase"]', "engines[1]: there is no profile 'relase'"),
        ('engines = ["toy", "toy@wsam"]', "engines[1]: 'toy' has no target 'wsam'"),
        ('engines = ["toy", "toy:dev"]', "engines[1]: 'toy:dev' is among the engines"),
        ('engines = ["toy", "toy@rev:"]', "engines[1]: 'toy@rev:' is not an engine: TOOLC"),
    ],
)
def test_engines_of_a_manifest_are_checked_where_they_stand(
    tmp_path: Path, line: str, message: str
) -> None:
    lane = flagged_lane(tmp_path)
    lane.project.replace(MANIFEST, 'engines = ["toy"]', line)
    done = lane.run("check")
    column = line.rindex('"toy') + 1
    assert done.code == 2
    assert f"{MANIFEST}:9:{column}: {message}" in done.out + done.err
    assert "hint" in done.out + done.err or "among" in message or "engine" in message


def test_the_pattern_of_the_schemas_is_the_grammar() -> None:
    schema = json.loads((REPOSITORY / "schemas/lane.schema.json").read_text())
    pattern = re.compile(schema["$defs"]["engine"]["pattern"])
    for text in ("cython", "a:b@c@rev:HEAD~3", "a@rev:x@y:z"):
        assert pattern.search(text) and str(parse(text)) == text
    assert not pattern.search("a@b:c")


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.invalid")
    argv = ["git", *identity, "-C", str(root), *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def two_commits(folder: Path) -> tuple[LaneProject, str]:
    """A lane in a folder of a repository: one program became faster, one slower, one is new."""
    much, little = (PROGRAM.replace("400", number) for number in ("12000", "1200"))
    programs = {"bench_quick": much, "bench_slow": little, "bench_same": PROGRAM}
    lane = lane_project(folder, programs)
    # The time of others is not in what the verdicts are about.
    lane.project.replace(MANIFEST, "min_effect", 'columns = ["cpu_s", "wall_s"]\nmin_effect')
    root = lane.root.parent
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".gitignore").write_text("/cache/\n/lock\n/log\n.molt-build/\n/project/bench/\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "then")
    then = git(root, "rev-parse", "HEAD")
    lane.project.replace("programs/bench_quick.py", "12000", "1200")
    lane.project.replace("programs/bench_slow.py", "1200", "12000")
    lane.project.write("programs/bench_new.py", PROGRAM)
    lane.project.replace(
        "manifests/workloads/toys.toml",
        '[[programs]]\nname = "bench_same"',
        '[[programs]]\nname = "bench_new"\nfamily = "new"\n\n[[programs]]\nname = "bench_same"',
    )
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "now")
    return lane, then


def changes(result: BenchResult) -> dict[str, RevisionChange]:
    against = result.lane.against
    assert against is not None
    return {change.program: change for change in against.changes}


def named(said: str, verdict: str) -> list[str]:
    """The programs that the summary says are really faster, or slower; there may be others, too."""
    [names] = re.findall(rf"programs? (?:is|are) really {verdict} \(([^)]*)\)", said)
    return str(names).split(", ")


def test_now_is_measured_against_then_in_the_same_blocks(tmp_path: Path) -> None:
    lane, then = two_commits(tmp_path)
    done = lane.run("bench", "toys_native", "--against", "HEAD~1", "--budget", "0.5")
    assert done.code == 0, done.err
    result = lane.result()
    found = result.lane.cells_by_key
    assert result.lane.compared == ("toy", "toy@rev:HEAD~1")
    assert result.lane.judged == ("toy",)
    facts = result.engines
    assert (facts["toy"].revision, facts["toy@rev:HEAD~1"].revision) == (None, then)
    against = result.lane.against
    assert against is not None and (against.revision, against.commit) == ("HEAD~1", then)
    rows = changes(result)
    assert rows["bench_quick"].verdict == "faster"
    assert rows["bench_slow"].verdict == "slower"
    assert rows["bench_same"].verdict == "control" and rows["bench_same"].change is not None
    assert against.controls["toy"].programs == ("bench_same",)
    assert re.search(
        r"toy: controls: [01] of 1 program whose artifacts are the same would have", done.out
    )
    assert rows["bench_new"].verdict == "not compared"
    assert rows["bench_new"].reason == "there was no such program at HEAD~1"
    assert found["bench_new", "toy@rev:HEAD~1"].status == "absent"
    assert found["bench_new", "toy"].status == "ok"
    changed = {name: row.source_changed for name, row in rows.items()}
    assert changed == {
        "bench_quick": True,
        "bench_slow": True,
        "bench_same": False,
        "bench_new": False,
    }
    assert rows["bench_same"].same_build and not rows["bench_quick"].same_build
    for program in ("bench_quick", "bench_slow"):
        blocks = [block for block in result.lane.blocks("cpu_s") if block.program == program]
        logs = []
        for block in blocks:
            times = {run.engine: run.metrics["cpu_s"] for run in block.runs}
            assert set(times) == {"cpython", "toy", "toy@rev:HEAD~1"}
            logs.append(math.log(times["toy@rev:HEAD~1"] / times["toy"]))
        change = rows[program].change
        assert change is not None and change.ratio == pytest.approx(math.exp(median(logs)))
        plan = result.lane.measurements["run"].plan
        assert change.blocks == len(logs) == plan.blocks
    assert "bench_quick" in named(done.out, "faster")
    assert "bench_slow" in named(done.out, "slower")
    assert "its source changed" in done.out and "the same build" in done.out
    assert f"then: HEAD~1, which is {then[:12]}" in done.out
    # Programs that did not change come from the store; what the user has checked out is as it was.
    assert result.lane.builds["toy@rev:HEAD~1"].hits >= 1
    assert git(lane.root, "status", "--porcelain") == ""
    assert git(lane.root, "log", "--format=%s") == "now\nthen"
    # The page of the lane is about the project as it is now.
    assert lane.run("report").code == 2


def test_a_worktree_is_found_again_and_its_files_are_those_of_the_commit(tmp_path: Path) -> None:
    lane, then = two_commits(tmp_path)
    words = ("--against", "HEAD~1", "--quick", "--program", "same")
    lane.bench(*words)
    tree = lane.root / ".molt-build/revisions" / then
    assert (tree / "project/programs/bench_same.py").read_text() == PROGRAM
    made = (tree / ".git").stat().st_ino
    lane.project.replace("programs/bench_same.py", "400", "200")  # not committed
    done = lane.run("bench", "toys_native", *words)
    assert "with changes that are not committed" in done.out
    assert (tree / ".git").stat().st_ino == made
    assert changes(lane.result())["bench_same"].source_changed
    (tree / "project/programs/bench_same.py").write_text("print('edited')\n")
    result = lane.bench(*words)
    assert result.lane.cells_by_key["bench_same", "toy@rev:HEAD~1"].status == "ok"
    (tree / ".git").write_text("gitdir: nowhere\n")  # git would look for a repository above
    result = lane.bench("--engine", f"toy@rev:{then[:10]}", "toy", "--quick", "--program", "same")
    assert result.lane.against is None
    assert result.engines[f"toy@rev:{then[:10]}"].revision == then
    assert (lane.root / "programs/bench_same.py").read_text() == PROGRAM.replace("400", "200")
    assert [path.name for path in tree.parent.iterdir()] == [then]


def test_worktrees_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    lane, then = two_commits(tmp_path)
    waiting = Waiting(LockLog(), Backoff(60.0))
    for revision, commit in (("HEAD~1", then), ("main", git(lane.root, "rev-parse", "HEAD"))):
        assert find_commit(lane.root, revision) == commit
        folder = at_commit(lane.root, commit, waiting)
        assert (folder / "programs/bench_new.py").exists() == (revision == "main")
        tree = lane.root / ".molt-build/revisions" / commit
        assert folder == tree / "project"
        os.utime(tree, (0, 0))
    git(lane.root, "rm", "--quiet", "-r", "--cached", ".")
    git(lane.root, "commit", "--quiet", "-m", "elsewhere")
    with pytest.raises(UsageError, match="there is no folder project"):
        at_commit(lane.root, git(lane.root, "rev-parse", "HEAD"), waiting)
    kept = [path.name for path in (lane.root / ".molt-build/revisions").iterdir()]
    assert kept == [git(lane.root, "rev-parse", "HEAD")]
    assert git(lane.root, "worktree", "list").count(".molt-build") == 1


def test_the_reference_may_be_of_another_revision(tmp_path: Path) -> None:
    lane, then = two_commits(tmp_path)
    result = lane.bench("--reference", "toy@rev:main~1", "--quick", "--program", "quick")
    assert (result.lane.reference, result.lane.compared) == ("toy@rev:main~1", ("toy",))
    assert result.engines["toy@rev:main~1"].revision == then


def test_what_stands_against_measuring_a_revision_is_said(tmp_path: Path) -> None:
    lane, _ = two_commits(tmp_path)

    def said(*words: str) -> str:
        done = lane.run("bench", "toys_native", "--quick", *words)
        assert done.code == 2, done.err
        return done.err

    assert "there is no revision mian" in said("--against", "mian")
    assert "did you mean main?" in said("--against", "mian")
    assert "there is no revision HEAD~9" in said("--engine", "toy@rev:HEAD~9")
    assert "at HEAD~1: there is no profile quick" in said("--engine", "toy:quick@rev:HEAD~1")
    assert "is not an engine" in said("--engine", "toy@rev:")
    other = TOY.replace('name = "toy"', 'name = "other"')
    lane.project.write("manifests/toolchains/other.toml", other)
    assert "at HEAD: there is no toolchain other" in said("--engine", "other", "--against", "HEAD")
    lane.project.write(TOOLCHAIN, "kind = 3\n")
    git(lane.root, "add", ".")
    git(lane.root, "commit", "--quiet", "-m", "a broken one")
    lane.project.write(TOOLCHAIN, TOY)
    broken = said("--against", "HEAD")
    assert "the manifests at HEAD are not valid now" in broken and "toy.toml:1:" in broken
    shutil.rmtree(lane.root.parent / ".git")
    assert "is in no git repository" in said("--against", "HEAD~1")


@pytest.mark.long
def test_a_run_against_a_revision_goes_on(tmp_path: Path) -> None:
    lane, _ = two_commits(tmp_path)
    process = lane.start("bench", "toys_native", "--against", "HEAD~1", "--budget", "8")
    folder = lane.root / "bench/results/toys_native"
    wait_for(lambda: any('"block"' in f.read_text() for f in folder.glob("*/samples.jsonl")), "it")
    process.terminate()
    end_of(process)
    git(lane.root, "commit", "--quiet", "--allow-empty", "-m", "later")
    moved = lane.run("bench", "toys_native", "--resume")
    assert moved.code == 2 and "these changed: engines (toy@rev:HEAD~1)" in moved.err
    git(lane.root, "reset", "--quiet", "--soft", "HEAD~1")
    result = lane.bench("--resume")
    against = result.lane.against
    assert against is not None and against.revision == "HEAD~1" and len(result.lane.parts) == 2


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_signed_ranks_are_those_of_all_signs(values: list[float]) -> None:
    p_value = signed_rank_p_value(values)
    assert 0 < p_value <= 1
    assert p_value == signed_rank_p_value([-value for value in values])
    sizes = [abs(value) for value in values]
    if 0 in sizes or len(set(sizes)) < len(sizes):
        return
    ranks = {size: rank for rank, size in enumerate(sorted(sizes), 1)}
    half = len(values) * (len(values) + 1) / 4
    far = abs(sum(ranks[abs(v)] for v in values if v > 0) - half)
    signs = itertools.product((0, 1), repeat=len(values))
    sums = [sum(r for r, s in zip(ranks.values(), one, strict=True) if s) for one in signs]
    assert p_value == pytest.approx(sum(abs(one - half) >= far for one in sums) / len(sums))


def test_pairs_that_do_not_differ_are_seldom_called_real() -> None:
    generator = random.Random(7)
    false, found, trials = 0, 0, 60
    for _ in range(trials):
        noise = {
            str(n): [generator.gauss(0, 0.03) * generator.choice((1, 1, 4)) for _ in range(16)]
            for n in range(20)
        }
        changes = paired_changes(noise, min_effect=0.0)
        false += any(one.is_real for one in changes)
        noise["0"] = [value + math.log(1.15) for value in noise["0"]]
        found += paired_changes(noise, min_effect=0.02)[0].is_real
    assert false <= 0.1 * trials
    assert found >= 0.9 * trials
